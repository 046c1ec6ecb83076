-- Before anything is installed: one installer at a time, a server that can carry the layer, the
-- schema, the extension. Ends with the search path that the functions' signatures need: the schema
-- that pgvector lives in, whichever it is.

DO $install$
DECLARE
    v_required constant integer[] := ARRAY[0, 8, 0];
    v_installed text;
    v_available text;
    v_release integer[];
    v_owner text;
    v_extension oid := (SELECT e.oid FROM pg_extension AS e WHERE e.extname = 'vecs');
BEGIN
    -- Of several installers at once the others wait here, and then find the work done.
    PERFORM pg_advisory_xact_lock(hashtext('vecs'), hashtext('install'));

    --% if extension
    IF to_regprocedure('vecs.version()') IS NOT NULL AND NOT EXISTS (
        SELECT
        FROM pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass
            AND d.objid = to_regprocedure('vecs.version()')
            AND d.refclassid = 'pg_extension'::regclass
            AND d.refobjid = v_extension
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'the functions of "vecs" are there, and are not of the extension',
            HINT = 'They were installed without CREATE EXTENSION: upgrade them in that way, by '
                'vecs-sql upgrade or psql -f vecs--{{ version }}.sql.';
    END IF;
    --% else
    IF v_extension IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'the schema "vecs" belongs to the extension "vecs"',
            HINT = 'Upgrade it in that way: ALTER EXTENSION vecs UPDATE;';
    END IF;
    --% endif
    --% if since

    IF to_regprocedure('vecs.version()') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = 'this upgrades vecs {{ since }}, and there is none in the database',
            HINT = 'Run vecs--{{ version }}.sql, which installs it.';
    ELSIF vecs.version() <> '{{ since }}' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'this upgrades vecs {{ since }}, and the database has %s', vecs.version()
            ),
            HINT = 'Run vecs--{{ version }}.sql, which upgrades any earlier version.';
    END IF;
    --% endif

    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'vecs needs PostgreSQL 15 or later, this server is %s',
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
                'vecs needs pgvector 0.8 or later, this %s has %s',
                CASE WHEN v_installed IS NULL THEN 'server' ELSE 'database' END,
                coalesce(v_installed, v_available)
            ),
            HINT = CASE
                WHEN v_available <> v_installed
                    THEN 'Run ALTER EXTENSION vector UPDATE, then install again.'
                ELSE 'Upgrade pgvector on the server, then run ALTER EXTENSION vector UPDATE.'
            END;
    END IF;

    SELECT pg_get_userbyid(n.nspowner) INTO v_owner FROM pg_namespace AS n WHERE n.nspname = 'vecs';

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
    ELSIF v_owner IS NOT NULL AND NOT pg_has_role(v_owner, 'USAGE') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'the schema "vecs" belongs to role "%s", not to "%s"', v_owner, current_user
            ),
            HINT = format('Install as role "%s".', v_owner);
    END IF;

    --% if not extension
    -- IF NOT EXISTS would ask for the privilege to create them even where they are there.
    IF v_owner IS NULL THEN
        CREATE SCHEMA vecs;
    END IF;
    IF v_installed IS NULL THEN
        BEGIN
            CREATE EXTENSION vector;
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'insufficient_privilege',
                    MESSAGE = format(
                        'role "%s" may not create the extension pgvector', current_user
                    ),
                    HINT = 'Let a superuser run once in the database: CREATE EXTENSION vector;';
        END;
    END IF;
    --% endif

    PERFORM
        set_config('search_path', format('pg_catalog, %I, pg_temp', n.nspname), true),
        set_config('check_function_bodies', 'off', true)
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';
END
$install$;

COMMENT ON SCHEMA vecs IS
'Collections of vectors (tables) and vecs-sql (functions). Names that start with "_" are private.';

CREATE TABLE IF NOT EXISTS vecs._migration (
    version_num varchar(32) NOT NULL CONSTRAINT _migration_pkc PRIMARY KEY
);

COMMENT ON TABLE vecs._migration IS 'The revision of the schema "vecs", kept by Alembic.';

GRANT SELECT ON vecs._migration TO PUBLIC;

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
            HINT = 'The layer was installed by a newer vecs-sql: upgrade this one.';
    END IF;
END
$install$;
