-- Prepare the installation: wait for other installers, check the server, create the schema, the
-- extension and the version table. The first statement pins the search path, so that no name can
-- mean an object of another role. Nothing that is in the schema already is run.

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL check_function_bodies = off;
-- PostgreSQL stores the settings of a function as text; this keeps the text the same everywhere.
SET LOCAL quote_all_identifiers = off;

DO $install$
DECLARE
    v_required constant integer[] := ARRAY[0, 8, 0];
    v_installed text;
    v_available text;
    v_release integer[];
    v_owner text;
    v_superuser boolean;
    v_table oid;
    v_extension oid;
    v_source text;
BEGIN
    -- Concurrent installers wait here, and then find the work done.
    PERFORM pg_advisory_xact_lock(hashtext('vecs'), hashtext('install'));

    SELECT e.oid INTO v_extension FROM pg_extension AS e WHERE e.extname = 'vecs';
    -- The installed vecs.version() is read, not run.
    SELECT p.prosrc INTO v_source
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = 'vecs' AND p.proname = 'version' AND p.pronargs = 0;

    --% if extension
    IF v_source IS NOT NULL AND NOT EXISTS (
        SELECT
        FROM pg_depend AS d
        JOIN pg_proc AS p ON p.oid = d.objid
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE d.classid = 'pg_proc'::regclass
            AND d.refclassid = 'pg_extension'::regclass
            AND d.refobjid = v_extension
            AND n.nspname = 'vecs'
            AND p.proname = 'version'
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'the functions of the schema "vecs" are not of the extension',
            HINT = 'They were installed without CREATE EXTENSION. Upgrade them without it, too: '
                'vecs-sql upgrade, or psql -f vecs--{{ version }}.sql.';
    END IF;
    --% else
    IF v_extension IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'the schema "vecs" belongs to the extension "vecs"',
            HINT = 'Upgrade the extension: ALTER EXTENSION vecs UPDATE;';
    END IF;
    --% endif
    --% if since

    IF v_source IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'this file upgrades vecs {{ since }}, but the database has no vecs',
            HINT = 'Run vecs--{{ version }}.sql, which installs it.';
    ELSIF substring(v_source FROM $re$'(.*?)'$re$) IS DISTINCT FROM '{{ since }}' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'this file upgrades vecs {{ since }}, but the database has %s',
                substring(v_source FROM $re$'(.*?)'$re$)
            ),
            HINT = 'Run vecs--{{ version }}.sql, which upgrades any earlier version.';
    END IF;
    --% endif

    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'vecs needs PostgreSQL 15 or later, but this server is %s',
                current_setting('server_version')
            ),
            HINT = 'Upgrade the server.';
    END IF;

    SELECT e.extversion INTO v_installed FROM pg_extension AS e WHERE e.extname = 'vector';
    SELECT x.default_version INTO v_available
    FROM pg_available_extensions AS x
    WHERE x.name = 'vector';

    v_release := string_to_array(
        substring(coalesce(v_installed, v_available) FROM '^[0-9.]+'), '.'
    )::integer[];

    IF v_installed IS NULL AND v_available IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'vecs needs the extension pgvector, which this server does not have',
            HINT = 'Install pgvector 0.8 or later on the server: github.com/pgvector/pgvector';
    ELSIF v_release < v_required THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'vecs needs pgvector 0.8 or later, but this %s has %s',
                CASE WHEN v_installed IS NULL THEN 'server' ELSE 'database' END,
                coalesce(v_installed, v_available)
            ),
            HINT = CASE
                WHEN v_available <> v_installed
                    THEN 'Run ALTER EXTENSION vector UPDATE, then install again.'
                ELSE 'Upgrade pgvector on the server, then run ALTER EXTENSION vector UPDATE.'
            END;
    END IF;

    SELECT r.rolname, r.rolsuper INTO v_owner, v_superuser
    FROM pg_namespace AS n
    JOIN pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = 'vecs';

    IF v_owner IS NULL AND NOT has_database_privilege(current_database(), 'CREATE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'role "%s" may not create the schema "vecs" in database "%s"',
                current_user, current_database()
            ),
            HINT = format(
                'Install as the database''s owner, or GRANT CREATE ON DATABASE %I TO %I;',
                current_database(), current_user
            );
    --% if extension
    -- A superuser may, to restore a dump. The objects in the schema are checked below.
    ELSIF v_owner IS NOT NULL AND NOT pg_has_role(v_owner, 'USAGE') THEN
    --% else
    -- Not even as a superuser or a member of that role: the schema's owner could replace each
    -- function that is installed.
    ELSIF v_owner <> current_user AND NOT (v_superuser AND pg_has_role(v_owner, 'USAGE')) THEN
    --% endif
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'the schema "vecs" belongs to role "%s", not to "%s"', v_owner, current_user
            ),
            HINT = format('Install as role "%s".', v_owner);
    END IF;

    SELECT c.oid, r.rolname, r.rolsuper INTO v_table, v_owner, v_superuser
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_roles AS r ON r.oid = c.relowner
    WHERE n.nspname = 'vecs' AND c.relname = '_migration';

    IF v_owner <> current_user AND NOT (v_superuser AND pg_has_role(v_owner, 'USAGE')) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'the table vecs._migration belongs to role "%s", not to "%s"', v_owner, current_user
            ),
            HINT = 'Drop it, and install again: DROP TABLE vecs._migration;';
    ELSIF v_table IS NOT NULL THEN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.unsupported.sqlstate }}',
                MESSAGE = 'an upgrade must see what other installers committed while it waited',
                HINT = 'Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED;';
        END IF;
        -- From here on nobody can add a trigger to it.
        LOCK TABLE vecs._migration IN SHARE ROW EXCLUSIVE MODE;
    END IF;

    --% if not extension
    -- CREATE ... IF NOT EXISTS would require the privilege to create even what exists.
    IF NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'vecs') THEN
        CREATE SCHEMA vecs;
    END IF;
    IF v_installed IS NULL THEN
        BEGIN
            IF EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname = 'public') THEN
                CREATE EXTENSION vector SCHEMA public;
            ELSE
                CREATE EXTENSION vector SCHEMA vecs;
            END IF;
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'insufficient_privilege',
                    MESSAGE = format(
                        'role "%s" may not create the extension pgvector', current_user
                    ),
                    HINT = 'Have a superuser run in the database: CREATE EXTENSION vector;';
        END;
    END IF;
    --% endif
    -- Not IF NOT EXISTS, which would accept a table that another role creates at this moment.
    IF v_table IS NULL THEN
        CREATE TABLE vecs._migration (
            version_num varchar(32) NOT NULL CONSTRAINT _migration_pkc PRIMARY KEY
        );
    END IF;
END
$install$;

{% include 'install/check_owners.sql' %}

{% include 'install/check_version_table.sql' %}

COMMENT ON SCHEMA vecs IS
'Collections of vectors (tables) and vecs-sql (functions). Names that start with "_" are private.';

COMMENT ON TABLE vecs._migration IS 'The revision of the schema "vecs", kept by Alembic.';

GRANT SELECT ON vecs._migration TO PUBLIC;

--% if "0004" not in revisions
-- Development versions before 0.1.0 had the revisions 0001 to 0005. Of the last two the revision
-- after the baseline drops what has changed; private functions are replaced in any case.
UPDATE vecs._migration SET version_num = '{{ revisions[0] }}'
WHERE version_num IN ('0004', '0005');

--% endif
DO $install$
DECLARE
    v_unknown text;
BEGIN
    SELECT m.version_num INTO v_unknown
    FROM vecs._migration AS m
    WHERE m.version_num <> ALL ('{ {{- revisions | join(",") -}} }');

    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'the schema "vecs" is at revision %s, which vecs-sql {{ version }} does not know',
                v_unknown
            ),
            HINT = 'A newer vecs-sql has installed it: upgrade this one. If it was a development'
                ' version before 0.1.0: drop the functions of the schema and the table'
                ' vecs._migration, then install again; the collections stay.';
    END IF;
END
$install$;
