-- vecs-sql 0.1.0: a vector store that is nothing but PostgreSQL, in the schema "vecs".
--
-- This file installs or upgrades it, in one transaction, and can be run again:
--
--   psql -v ON_ERROR_STOP=1 -f THIS_FILE DATABASE
--
-- It needs PostgreSQL 15 or later and pgvector 0.8 or later. `make sql` generates it from the
-- templates in sql/, where each function has a file of its own.
--
--
-- What the schema holds
--
--   vecs."<name>"     A collection: an ordinary table with columns id, vec and metadata. There is
--                     no table of collections: the catalog is the registry.
--   vecs.<name>()     Public functions. SELECT * FROM vecs.help() lists them, and
--                     SELECT vecs.help('query') prints the page of one.
--   vecs._<name>()    Private functions, which the public ones call.
--   vecs._migration   The revision of the schema.
--
-- All functions are SECURITY INVOKER with a pinned search_path. Privileges on the schema and on the
-- collections, and row-level security, decide what a call may do.
--
--
-- Where to begin reading
--
--   create_collection   What a collection is. _collections() recognizes one in the catalog.
--   adopt               How a table that exists becomes one: a view, which is also the registry.
--                       _source() reads from it which table and columns are meant.
--   upsert_many         How a batch is written: _check_rows() names the first row that is wrong,
--                       _write_rows() inserts or replaces the rest.
--   filter_sql          How a filter becomes a predicate: _filter_node() compiles an object of the
--                       filter, _filter_operator() one operator. _check_filter_operator() has the
--                       messages and hints for what is wrong.
--   query               How a search is done: the nearest rows by the vector index; any other
--                       search is planned, by the index or exactly. _search_candidates() reads the
--                       index until enough rows match, or until an exact search takes less time.
--   create_index        How an index is built: a new one first, then the old one is dropped.
--
--
-- The parts of this file, in order
--
--   install             Checks of server and roles, the schema, the version table, revisions.
--   api                 The public functions, by name.
--   internal/adopt      Making a collection of a table that exists.
--   internal/advise     What would make a collection safer, faster or smaller.
--   internal/catalog    What is read of PostgreSQL's catalog: collections and their indexes.
--   internal/check      Arguments, filters and rows, and the errors for wrong ones.
--   internal/explain    How a search was done, and what would make it faster.
--   internal/filter     The filter compiler.
--   internal/help       Text for vecs.help() and vecs.explain_text().
--   internal/index      Building and naming indexes.
--   internal/reembed    Re-embedding a collection while it is read and written.
--   internal/search     Planning and running a search.
--   internal/session    Locks and settings.
--   internal/text       Searching for words, alone and together with a vector.
--   internal/write      Writing rows.
--
--
-- The errors that this layer raises
--
--   VS001  invalid_argument: an argument is missing, malformed or out of range
--   VS002  collection_not_found: there is no collection with that name
--   VS003  collection_already_exists: a collection or another relation of the schema has that name
--   VS004  dimension_mismatch: a vector or a collection does not have the expected dimension or element type
--   VS005  invalid_filter: the metadata filter is not valid; the message has the location of the fault
--   VS006  index_already_exists: the collection has an index for the measure, and replace is false
--   VS007  index_not_found: the collection has no such index
--   VS008  unsupported: the server or pgvector is too old, or lacks a feature
--   VSW01  no_covering_index: notice: no index covers the search, so all rows are compared
--   VSW02  looks_like_operator: notice: a key of a filter is an operator's name without its $
--   VSW03  lost_searches: notice: a new index misses the nearest rows in some searches
--   VSW04  slow_build: notice: a new index does not fit into the memory for its build
--   VSW05  serial_build: notice: shared memory was too small for a parallel build, so a new index was built without workers
--   VSW06  no_words: notice: a text has no word to search for
--   VSW07  no_texts: notice: a new text index is of a key under which no row has a text

BEGIN ISOLATION LEVEL READ COMMITTED;

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

    IF v_extension IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = 'the schema "vecs" belongs to the extension "vecs"',
            HINT = 'Upgrade the extension: ALTER EXTENSION vecs UPDATE;';
    END IF;
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
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
            ERRCODE = 'VS008',
            MESSAGE = 'vecs needs the extension pgvector, which this server does not have',
            HINT = 'Install pgvector 0.8 or later on the server: github.com/pgvector/pgvector';
    ELSIF v_release < v_required THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
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
    -- Not even as a superuser or a member of that role: the schema's owner could replace each
    -- function that is installed.
    ELSIF v_owner <> current_user AND NOT (v_superuser AND pg_has_role(v_owner, 'USAGE')) THEN
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
                ERRCODE = 'VS008',
                MESSAGE = 'an upgrade must see what other installers committed while it waited',
                HINT = 'Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED;';
        END IF;
        -- From here on nobody can add a trigger to it.
        LOCK TABLE vecs._migration IN SHARE ROW EXCLUSIVE MODE;
    END IF;

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
    -- Not IF NOT EXISTS, which would accept a table that another role creates at this moment.
    IF v_table IS NULL THEN
        CREATE TABLE vecs._migration (
            version_num varchar(32) NOT NULL CONSTRAINT _migration_pkc PRIMARY KEY
        );
    END IF;
END
$install$;

-- Check that no function of the schema belongs to another role, which could replace it later. This
-- runs before the installation, and at its end again for what was created in the meantime.

SET LOCAL search_path = pg_catalog, pg_temp;

DO $install$
DECLARE
    v_function regprocedure;
    v_owner text;
BEGIN
    SELECT p.oid, r.rolname INTO v_function, v_owner
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE n.nspname = 'vecs'
        AND (
            NOT (r.rolsuper OR r.rolname = current_user)
            -- A superuser's functions with other names stay: pgvector may be in the schema.
            OR NOT pg_has_role(r.oid, 'USAGE')
                AND p.proname = ANY ('{_add_text_column,_adopted_columns,_adopted_select,_advise_broken,_advise_building,_advise_metadata,_advise_parts,_advise_ranges,_advise_server,_advise_size,_advise_storage,_after_predicate,_approximate_count,_base_type,_binary_recall,_broken_indexes,_build_estimate,_build_index,_build_settings,_build_text_index,_build_vector_index,_candidate_costs,_check_adopted_rows,_check_after,_check_binary,_check_columns,_check_field_operand,_check_field_path,_check_filter_id,_check_filter_node,_check_filter_operator,_check_filter_size,_check_fusion,_check_groups,_check_index,_check_index_arguments,_check_indexable,_check_new_collection,_check_not_building,_check_page_size,_check_partial,_check_path,_check_query_vecs,_check_records,_check_rows,_check_search,_check_source,_check_text,_check_text_index,_check_update,_check_writable,_closest_match,_collection,_collections,_conditions,_copy_privileges,_count_lost_searches,_create_field_index,_create_view,_define_index,_describe_adopted,_diverse_rows,_drop_metadata_index,_estimated_rows,_existing_index,_explain_advice,_explain_index,_explain_page,_explain_step,_explain_text,_explain_why,_expression_index,_farther_recall,_field_operand,_field_sign,_fields,_filter_and,_filter_any,_filter_column,_filter_condition,_filter_contains,_filter_equalities,_filter_field,_filter_field_array,_filter_field_list,_filter_field_pattern,_filter_field_value,_filter_id,_filter_in,_filter_indexed,_filter_indexed_pattern,_filter_indexed_value,_filter_key,_filter_logical,_filter_merge,_filter_node,_filter_operator,_filter_sql,_filter_time,_find_half_overflow,_find_long_id,_find_unreadable_record,_find_unreadable_vector,_finish_index,_function_signature,_fuzzy_rows,_generated_from,_group_filter,_half_recall,_halfvec_to_vector,_hnsw_parameters,_hybrid_rows,_index_age,_index_definition,_index_expression,_index_name,_index_parameters,_indexable_paths,_indexed_form,_indexed_path,_indexed_paths,_instant,_is_on_metadata,_keep_with_index,_key_indexes,_keys_predicate,_known_columns,_late_metadata,_lock_builds,_lock_collection,_lock_names,_measure,_measured_when_built,_metadata_indexes,_name_hash,_nested_document,_notice_bare_operator,_notice_no_index,_notice_serial_build,_notice_slow_build,_only_vector,_operand_type,_operator_schema,_partial_filters,_partial_index,_path_expression,_primary_key,_query_without,_raise_build_error,_readable_keys,_rebuild_pays,_reembed_begin,_reembed_check,_reembed_create,_reembed_dependents,_reembed_index_arguments,_reembed_indexes,_reembed_lock,_reembed_lock_shadow,_reembed_mark,_reembed_page,_reembed_policies,_reembed_publish,_reembed_settings,_reembed_sync,_reembed_table_indexes,_reembed_vector_indexes,_refresh_statistics,_relation_bytes,_remember_recall,_rename_collection,_replaced_indexes,_restorable_indexes,_restore_indexes,_rows_to_index,_rows_when_built,_sampled_matches,_sampled_rows,_sampled_values,_schema,_search_candidates,_search_nearest,_search_order,_search_page,_search_target,_seen_statements,_set_aside_indexes,_set_text_column,_source,_swap_settings,_text_build_settings,_text_config,_text_configs,_text_document,_text_index,_text_keys,_text_rows,_text_search,_text_terms,_text_vector,_text_words,_timed_query,_trigram_schema,_try_built_index,_try_index,_unique_columns,_update_adopted_rows,_vector_bytes,_vector_indexes,_view_origin,_wrap_text,_write_adopted_batch,_write_adopted_rows,_write_rows,_written_fields,adopt,advise,claim_missing,count_rows,create_collection,create_index,create_index_sql,create_metadata_index,create_text_index,delete,describe_collection,drop_collection,drop_index,drop_metadata_index,drop_text_index,explain,explain_text,facet,fetch,filter_sql,has_index,help,hybrid_query,index_progress,list_collections,matches,query,query_by_id,query_by_ids,query_groups,query_many,query_mmr,recall,rename_collection,scan,swap_collections,text_query,truncate_collection,tune,update_metadata,upsert,upsert_many,version}')
        )
    ORDER BY p.proname
    LIMIT 1;

    IF v_function IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'the function %s belongs to role "%s", not to "%s"',
                v_function, v_owner, current_user
            ),
            HINT = format(
                'That role could change it at any time. If it is not needed: DROP ROUTINE %1$s; '
                'otherwise: ALTER ROUTINE %1$s OWNER TO %2$I;',
                v_function, current_user
            );
    END IF;
END
$install$;


-- Check that the version table is plain: no code of others runs when it is read or written.

DO $install$
DECLARE
    v_table oid := (
        SELECT c.oid
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'vecs' AND c.relname = '_migration'
    );
    v_found text := (
        SELECT f.found
        FROM (
            SELECT 'is not a table' FROM pg_class AS c WHERE c.oid = v_table AND c.relkind <> 'r'
            UNION ALL
            SELECT format('has the trigger "%s"', t.tgname)
            FROM pg_trigger AS t
            WHERE t.tgrelid = v_table
            UNION ALL
            SELECT format('has the rule "%s"', r.rulename)
            FROM pg_rewrite AS r
            WHERE r.ev_class = v_table
            UNION ALL
            SELECT format('has the policy "%s"', p.polname)
            FROM pg_policy AS p
            WHERE p.polrelid = v_table
            UNION ALL
            SELECT format('has the constraint "%s"', c.conname)
            FROM pg_constraint AS c
            WHERE c.conrelid = v_table AND c.contype NOT IN ('p', 'n')
            UNION ALL
            SELECT format('has the index "%s"', i.indexrelid::regclass)
            FROM pg_index AS i
            WHERE i.indrelid = v_table AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
            UNION ALL
            SELECT format('has the column "%s" of type %s', a.attname, a.atttypid::regtype)
            FROM pg_attribute AS a
            WHERE a.attrelid = v_table
                AND a.attnum > 0
                AND NOT a.attisdropped
                AND (
                    a.attname <> 'version_num'
                    OR a.atttypid <> 'varchar'::regtype
                    OR a.atthasdef
                )
            UNION ALL
            SELECT format('inherits from or to %s', h.inhrelid::regclass)
            FROM pg_inherits AS h
            WHERE v_table IN (h.inhrelid, h.inhparent)
        ) AS f (found)
        LIMIT 1
    );
BEGIN
    IF v_found IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('vecs._migration %s, which is not of this package', v_found),
            HINT = 'Remove it, or drop vecs._migration, which the next installation creates again.';
    END IF;
END
$install$;


COMMENT ON SCHEMA vecs IS
'Collections of vectors (tables) and vecs-sql (functions). Names that start with "_" are private.';

COMMENT ON TABLE vecs._migration IS 'The revision of the schema "vecs", kept by Alembic.';

GRANT SELECT ON vecs._migration TO PUBLIC;

-- Development versions before 0.1.0 had the revisions 0001 to 0005. Of the last two the revision
-- after the baseline drops what has changed; private functions are replaced in any case.
UPDATE vecs._migration SET version_num = '0001'
WHERE version_num IN ('0004', '0005');

DO $install$
DECLARE
    v_unknown text;
BEGIN
    SELECT m.version_num INTO v_unknown
    FROM vecs._migration AS m
    WHERE m.version_num <> ALL ('{0001,0006}');

    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'the schema "vecs" is at revision %s, which vecs-sql 0.1.0 does not know',
                v_unknown
            ),
            HINT = 'A newer vecs-sql has installed it: upgrade this one. If it was a development'
                ' version before 0.1.0: drop the functions of the schema and the table'
                ' vecs._migration, then install again; the collections stay.';
    END IF;
END
$install$;

-- Revision 0001: The baseline: nothing to change.
DO $revision$
BEGIN
    IF NOT EXISTS (SELECT FROM vecs._migration) THEN

        INSERT INTO vecs._migration (version_num) VALUES ('0001');
    END IF;
END
$revision$;

-- Revision 0006: The searches take one more parameter, `skip`, and create_index two, `if_not_exists` and `filters`.
DO $revision$
BEGIN
    IF EXISTS (SELECT FROM vecs._migration WHERE version_num = '0001') THEN
DO $drop$
        DECLARE
            v_function regprocedure;
            v_dependents text;
        BEGIN
            FOR v_function IN
                SELECT p.oid
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                WHERE n.nspname = 'vecs'
                    AND concat(
                        p.proname, '(',
                        (
                            SELECT string_agg(t.typname, ',' ORDER BY a.position)
                            FROM unnest(CAST(p.proargtypes AS oid[]))
                                WITH ORDINALITY AS a (type, position)
                            JOIN pg_catalog.pg_type AS t ON t.oid = a.type
                        ),
                        ')'
                    ) = ANY (ARRAY['create_index(text,text,text,jsonb,bool)', 'explain(text,vector,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'explain(character_data,halfvec,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'explain_text(text,vector,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'explain_text(character_data,halfvec,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'query(text,vector,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'query(character_data,halfvec,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'query_by_id(text,text,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'query_many(text,_vector,int8,jsonb,text,bool,bool,float8,int8,int8,text)', 'query_many(character_data,_halfvec,int8,jsonb,text,bool,bool,float8,int8,int8,text)'])
            LOOP
                BEGIN
                    EXECUTE concat('DROP FUNCTION ', v_function);
                EXCEPTION
                    WHEN dependent_objects_still_exist THEN
                        GET STACKED DIAGNOSTICS v_dependents = PG_EXCEPTION_DETAIL;
                        RAISE EXCEPTION USING
                            ERRCODE = 'dependent_objects_still_exist',
                            MESSAGE = concat(
                                'the parameters of ', v_function, ' change, and it is in use'
                            ),
                            DETAIL = v_dependents,
                            HINT = 'Drop what depends on it, upgrade, and make that again.';
                END;
            END LOOP;
        END
        $drop$;
        UPDATE vecs._migration SET version_num = '0006';
    END IF;
END
$revision$;

-- Drop private functions that this version does not have, or has with another signature: CREATE OR
-- REPLACE cannot change parameter names, defaults and results. Others stay, since an index may
-- depend on one. This runs between the last revision and the functions.

DO $install$
DECLARE
    v_function regprocedure;
    v_dependents text;
BEGIN
    FOR v_function IN
        SELECT p.oid
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'vecs'
            AND starts_with(p.proname, '_')
            AND NOT EXISTS (
                SELECT
                FROM pg_depend AS d
                WHERE d.classid = 'pg_proc'::regclass
                    AND d.objid = p.oid
                    AND d.deptype = 'e'
                    AND d.refobjid <> (SELECT e.oid FROM pg_extension AS e WHERE e.extname = 'vecs')
            )
            AND concat(
                p.proname, '(',
                (
                    SELECT string_agg(
                        concat_ws(
                            ' ',
                            CASE coalesce(p.proargmodes[a.position], 'i')
                                WHEN 'o' THEN 'OUT' WHEN 't' THEN 'TABLE' WHEN 'i' THEN 'IN'
                            END,
                            nullif(p.proargnames[a.position], ''),
                            y.typname
                        ),
                        ', ' ORDER BY a.position
                    )
                    FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))
                        WITH ORDINALITY AS a (type, position)
                    JOIN pg_type AS y ON y.oid = a.type
                ),
                ') ', p.pronargdefaults, CASE WHEN p.proretset THEN ' SETOF' END,
                ' ', (SELECT y.typname FROM pg_type AS y WHERE y.oid = p.prorettype)
            ) <> ALL (ARRAY[
                '_adopted_columns(IN source regclass, IN id text, IN vec text, IN metadata text, IN fields _text, IN view_id regclass, OUT id_column text, OUT vec_column text, OUT metadata_column text, OUT field_columns _text, OUT text_value text) 0 record',
                '_adopted_select(IN source regclass, IN id_column text, IN vec_column text, IN metadata_column text, IN fields _text, IN text_value text) 0 text',
                '_copy_privileges(IN from_id regclass, IN to_id regclass) 0 void',
                '_create_view(IN name text, IN source regclass, IN view_id regclass, IN id_column text, IN vec_column text, IN metadata_column text, IN field_columns _text, IN text_value text) 0 void',
                '_describe_adopted(IN view_id regclass) 0 jsonb',
                '_known_columns(IN view_id oid, IN table_id oid) 0 int4',
                '_only_vector(IN source regclass, IN types jsonb) 0 text',
                '_primary_key(IN source regclass) 0 text',
                '_set_text_column(IN collection text, IN column_name text) 0 void',
                '_advise_broken(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_building(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_metadata(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_parts(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_ranges(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_server(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_size(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_advise_storage(IN collection text, TABLE severity text, TABLE finding text, TABLE statement text) 0 SETOF record',
                '_half_recall(IN collection text, IN measure text) 0 float8',
                '_sampled_values(IN collection text, TABLE key text, TABLE value jsonb, TABLE row_count int8, TABLE sampled int8) 0 SETOF record',
                '_seen_statements(IN relation text) 0 jsonb',
                '_approximate_count(IN table_id regclass, OUT row_count int8, OUT exact bool) 0 record',
                '_base_type(IN type_id oid) 0 oid',
                '_broken_indexes(IN table_id regclass) 0 SETOF text',
                '_collection(IN collection text, OUT table_id regclass, OUT relation text, OUT element_type text, OUT dimension int4, OUT pgvector text, OUT view_id regclass, OUT vec_column text, OUT id_column text, OUT metadata_column text) 0 record',
                '_collections(IN collection text, TABLE table_id regclass, TABLE name text, TABLE element_type text, TABLE dimension int4, TABLE pgvector text, TABLE view_id regclass, TABLE vec_column text, TABLE id_column text, TABLE metadata_column text) 0 SETOF record',
                '_estimated_rows(IN collection text) 0 int8',
                '_existing_index(IN collection text, IN measure text, IN method text, IN arguments jsonb, IN filters jsonb) 0 text',
                '_expression_index(IN index_id regclass, IN expression text, IN operator_class text, IN vec_column text, IN vec_type regtype, IN dimension int4, OUT index_precision text, OUT ops text) 0 record',
                '_fields(IN view_id regclass, IN filters jsonb) 0 jsonb',
                '_indexed_path(IN index_id regclass) 0 text',
                '_indexed_paths(IN table_id regclass, IN view_id regclass) 0 _text',
                '_is_on_metadata(IN index_id oid, IN table_id oid, IN view_id oid) 0 bool',
                '_key_indexes(IN table_id regclass, IN view_id regclass, IN path _text, IN kind text, TABLE index_id regclass, TABLE name text, TABLE valid bool) 0 SETOF record',
                '_measure(IN measure text, OUT operator text, OUT ops text) 0 record',
                '_measured_when_built(IN index_id regclass) 0 jsonb',
                '_metadata_indexes(IN table_id regclass, IN is_adopted bool, TABLE name text, TABLE definition text, TABLE valid bool, TABLE bytes int8) 0 SETOF record',
                '_operator_schema(IN type_id oid) 0 text',
                '_partial_filters(IN index_id regclass) 0 jsonb',
                '_relation_bytes(IN relation_id regclass, IN with_indexes bool) 0 int8',
                '_rename_collection(IN text, IN text) 0 void',
                '_rows_when_built(IN index_id regclass) 0 int8',
                '_schema(IN table_id regclass) 0 text',
                '_source(IN view_id oid, OUT table_id regclass, OUT vec_number int2, OUT id_number int2, OUT metadata_number int2) 0 record',
                '_trigram_schema() 0 text',
                '_vector_indexes(IN table_id regclass, IN vec_column text, TABLE index_id regclass, TABLE name text, TABLE method text, TABLE measure text, TABLE index_precision text, TABLE filters jsonb, TABLE valid bool, TABLE partition regclass, TABLE missing _regclass) 0 SETOF record',
                '_view_origin(IN view_id oid, IN column_name text) 0 _oid',
                '_check_adopted_rows(IN view_id regclass, IN fields jsonb, IN ids _text, IN metadata jsonb) 0 void',
                '_check_after(IN view_id regclass, IN fields jsonb, IN after text) 0 void',
                '_check_binary(IN collection text, IN measure text, IN min_recall float8) 0 void',
                '_check_columns(IN source regclass, IN types jsonb, IN names _text) 0 void',
                '_check_field_operand(IN operator text, IN value jsonb, IN field jsonb, IN location text) 0 _text',
                '_check_field_path(IN fields jsonb, IN path _text) 0 void',
                '_check_filter_id(IN operator text, IN operand jsonb, IN keys _text, IN location text) 0 _text',
                '_check_filter_node(IN node jsonb, IN keys _text, IN location text, IN depth int4) 0 _text',
                '_check_filter_operator(IN operator text, IN operand jsonb, IN keys _text, IN location text) 0 _text',
                '_check_filter_size(IN operators int4, IN cost int4, IN location text) 0 _text',
                '_check_fusion(IN fusion text, IN weights _float8, IN candidates int8) 0 void',
                '_check_groups(IN group_by text, IN group_size int8) 0 void',
                '_check_index(IN collection text, IN measure text, IN method text, IN arguments jsonb, IN filters jsonb, OUT index_precision text, OUT named jsonb, OUT predicate text) 0 record',
                '_check_index_arguments(IN measure text, IN method text, IN arguments jsonb) 0 void',
                '_check_indexable(IN collection text, IN element_type text, IN dimension int4, IN table_id regclass, IN vec_column text, IN is_adopted bool, IN method text, IN arguments jsonb) 0 text',
                '_check_new_collection(IN name text, IN dimension int8, IN element_type text) 0 void',
                '_check_not_building(IN collection text, IN table_id regclass) 0 void',
                '_check_page_size(IN page_size int8) 0 void',
                '_check_partial(IN collection text, IN table_id regclass, IN view_id regclass, IN index_precision text) 0 void',
                '_check_path(IN key text, IN path _text, IN kind text) 0 _text',
                '_check_query_vecs(IN query_vecs _vector, IN dimension int4, IN collection text) 0 void',
                '_check_records(IN records jsonb) 0 void',
                '_check_rows(IN ids _text, IN vecs _vector, IN metadata jsonb, IN dimension int4, IN element_type text) 0 void',
                '_check_search(IN vector_is_null bool, IN top_k int8, IN skip int8, IN measure text, IN max_distance float8, IN ef_search int8, IN probes int8, IN strategy text) 0 void',
                '_check_source(IN source regclass) 0 void',
                '_check_text(IN collection text, IN query_text text, IN match text, IN filters jsonb) 0 _regconfig',
                '_check_text_index(IN collection text, IN key text, IN config text) 0 jsonb',
                '_check_update(IN patch jsonb, IN ids _text, IN filters jsonb, IN mode text) 0 void',
                '_check_writable(IN table_id regclass) 0 void',
                '_closest_match(IN word text, IN candidates _text) 0 text',
                '_explain_advice(IN collection text, IN measure text, IN filters jsonb, IN estimated_matches float8, IN steps jsonb, IN matching_rows int8) 0 SETOF text',
                '_explain_index(IN collection text, IN plan jsonb) 0 text',
                '_explain_page(IN collection text, IN query_vec vector, IN top_k int8, IN filters jsonb, IN measure text, IN max_distance float8, IN ef_search int8, IN probes int8, IN strategy text, IN skip int8) 0 jsonb',
                '_explain_step(IN text, IN text, IN vector, IN int8, IN float8, IN float8, IN float8, IN bool, IN _text, IN _text) 0 jsonb',
                '_explain_text(IN explained jsonb) 0 SETOF text',
                '_explain_why(IN plan jsonb, IN top_k int8, IN measure text, IN strategy text) 0 text',
                '_indexable_paths(IN filters jsonb, TABLE keys _text, TABLE kind text) 0 SETOF record',
                '_sampled_rows(IN collection text, IN sample int8) 0 text',
                '_timed_query(IN collection text, IN row_id text, IN query_vec vector, IN top_k int8, IN filters jsonb, IN measure text, IN ef_search int8, IN probes int8, IN strategy text, OUT distances _float8, OUT milliseconds float8) 0 record',
                '_after_predicate(IN key jsonb, IN is_given bool) 0 text',
                '_conditions(IN filters jsonb) 0 jsonb',
                '_field_operand(IN field jsonb, IN value jsonb, OUT literal text, OUT type text) 0 record',
                '_field_sign(IN field jsonb, IN sign text) 0 text',
                '_filter_and(IN parts _text) 0 text',
                '_filter_any(IN value text, IN root text, IN keys _text, IN list jsonb) 0 text',
                '_filter_column(IN operator text, IN operand jsonb, IN keys _text, IN location text, IN fields jsonb, OUT predicate text, OUT root text, OUT rest _text, OUT fault _text) 0 record',
                '_filter_condition(IN filter jsonb, IN conjunction bool, IN compares_strings bool, OUT keys _text, OUT operator text, OUT operand jsonb) 0 record',
                '_filter_contains(IN root text, IN keys _text, IN value jsonb) 0 text',
                '_filter_equalities(IN view_id regclass, IN equalities jsonb) 0 text',
                '_filter_field(IN operator text, IN operand jsonb, IN field jsonb, IN location text, OUT predicate text, OUT fault _text) 0 record',
                '_filter_field_array(IN operator text, IN operand jsonb, IN field jsonb, IN location text, OUT predicate text, OUT fault _text) 0 record',
                '_filter_field_list(IN field jsonb, IN sign text, IN literals _text, IN types _text) 0 text',
                '_filter_field_pattern(IN operator text, IN operand text, IN field jsonb) 0 text',
                '_filter_field_value(IN field jsonb, IN sign text, IN literal text, IN type text) 0 text',
                '_filter_id(IN operator text, IN operand jsonb, IN id_column text) 0 text',
                '_filter_in(IN value text, IN root text, IN keys _text, IN list jsonb) 0 text',
                '_filter_indexed(IN operator text, IN operand jsonb, IN value text, IN keys _text, IN indexed_paths _text) 0 text',
                '_filter_indexed_pattern(IN operator text, IN operand text, IN value text) 0 text',
                '_filter_indexed_value(IN operator text, IN operand jsonb, IN value text) 0 text',
                '_filter_key(IN operator text, IN operand jsonb, IN key jsonb) 0 text',
                '_filter_logical(IN operator text, IN filters jsonb, IN location text, IN depth int4, IN weight int4, IN indexed_paths _text, IN id_column text, IN fields jsonb, OUT predicate text, OUT operators int4, OUT cost int4, OUT fault _text) 0 record',
                '_filter_merge(IN operator text, IN filters jsonb, IN compares_strings bool, TABLE node jsonb, TABLE location int8, TABLE copies int8) 0 SETOF record',
                '_filter_node(IN node jsonb, IN keys _text, IN location text, IN depth int4, IN weight int4, IN indexed_paths _text, IN id_column text, IN fields jsonb, OUT predicate text, OUT operators int4, OUT cost int4, OUT fault _text) 0 record',
                '_filter_operator(IN operator text, IN operand jsonb, IN keys _text, IN location text, IN weight int4, IN indexed_paths _text, IN id_column text, IN fields jsonb, OUT predicate text, OUT operators int4, OUT cost int4, OUT fault _text) 0 record',
                '_filter_sql(IN filters jsonb, IN table_id regclass, IN view_id regclass) 0 text',
                '_filter_time(IN operator text, IN operand jsonb, IN root text, IN keys _text, IN value text) 0 text',
                '_instant(IN value text) 0 timestamp',
                '_keys_predicate(IN key jsonb) 0 text',
                '_nested_document(IN keys _text, IN value jsonb) 0 jsonb',
                '_notice_bare_operator(IN filters jsonb) 0 void',
                '_operand_type(IN operand jsonb) 0 text',
                '_path_expression(IN root text, IN keys _text) 0 text',
                '_readable_keys(IN ids _text, IN key jsonb) 0 _text',
                '_function_signature(IN function_id oid) 0 text',
                '_wrap_text(IN content text, IN width int4) 0 SETOF text',
                '_binary_recall(IN collection text, IN measure text) 0 float8',
                '_build_estimate(IN collection text, OUT seconds float8, OUT memory_bytes int8, OUT available_bytes int8) 0 record',
                '_build_index(IN text, IN regclass, IN text) 0 bool',
                '_build_settings(IN vector_bytes int4, IN m int4, IN row_count int8, IN memory text, OUT names _text, OUT settings _text, OUT needed_bytes int8, OUT memory_bytes int8) 0 record',
                '_build_vector_index(IN text, IN text, IN text, IN bool) 0 bool',
                '_candidate_costs(IN collection text, IN measure text, IN index_id regclass, IN index_precision text, IN row_count int8) 0 _numeric',
                '_count_lost_searches(IN collection text, IN measure text, IN index_id regclass, IN index_precision text, IN row_count int8, IN filters jsonb, OUT searches int8, OUT lost int8) 0 record',
                '_create_field_index(IN collection text, IN name text, IN kind text) 0 text',
                '_define_index(IN collection text, IN measure text, IN method text, IN arguments jsonb, IN filters jsonb, IN index_precision text, IN predicate text, OUT name text, OUT definition text, OUT setting_names _text, OUT settings _text, OUT needed_bytes int8, OUT memory_bytes int8) 0 record',
                '_drop_metadata_index(IN table_id regclass, IN view_id regclass, IN path _text, IN kind text) 0 bool',
                '_farther_recall(IN collection text, IN measure text, IN index_precision text, IN vectors _text, IN row_count int8) 0 float8',
                '_finish_index(IN collection text, IN measure text, IN filters jsonb, IN index_precision text, IN min_recall float8, IN new_name text, IN final_name text, IN replaced _text, IN old_names _text) 0 text',
                '_hnsw_parameters(IN vector_bytes int4, IN arguments jsonb, OUT m int4, OUT ef_construction int4) 0 record',
                '_index_age(IN index_id regclass, IN table_id regclass) 0 text',
                '_index_definition(IN method text, IN arguments jsonb, IN vector_bytes int4, IN row_count int8, OUT access_method text, OUT storage_parameters text, OUT label text, OUT m int4, OUT ef_construction int4) 0 record',
                '_index_expression(IN value text, IN kind text) 0 text',
                '_index_name(IN collection text, IN element_type text, IN ops text, IN label text, IN filters jsonb) 0 text',
                '_index_parameters(IN index_id regclass) 0 jsonb',
                '_indexed_form(IN index_precision text, IN vec_column text, IN pgvector text, IN dimension int4) 0 text',
                '_keep_with_index(IN index_id regclass, IN measured jsonb) 0 void',
                '_name_hash(IN element_type text, IN collection text) 0 text',
                '_notice_serial_build(IN table_id regclass) 0 void',
                '_notice_slow_build(IN collection text, IN needed_bytes int8, IN memory_bytes int8) 0 void',
                '_raise_build_error(IN collection text, IN is_partial bool, IN error_code text, IN error_message text) 0 void',
                '_rebuild_pays(IN collection text, IN new_rows int8, IN timeout float8) 0 bool',
                '_refresh_statistics(IN table_id regclass) 0 void',
                '_remember_recall(IN collection text, IN measure text, IN index_id regclass, IN method text, IN filters jsonb, IN most_rows int8) 0 void',
                '_replaced_indexes(IN collection text, IN measure text, IN method text, IN filters jsonb, IN replace bool, OUT replaced _text, OUT kept text) 0 record',
                '_restorable_indexes(IN collection text, TABLE name text, TABLE measure text, TABLE method text, TABLE arguments jsonb, TABLE filters jsonb, TABLE measured jsonb) 0 SETOF record',
                '_restore_indexes(IN collection text, IN dropped jsonb) 0 void',
                '_rows_to_index(IN table_id regclass) 0 int8',
                '_set_aside_indexes(IN collection text, IN wait bool) 0 jsonb',
                '_try_built_index(IN collection text, IN measure text, IN mark text) 0 void',
                '_try_index(IN collection text, IN measure text, IN index_id regclass, IN index_precision text, IN filters jsonb, OUT tried bool, OUT candidate_costs _numeric) 0 record',
                '_vector_bytes(IN element_type text, IN index_precision text, IN dimension int4) 0 int4',
                '_reembed_begin(IN collection text, IN shadow text, IN dimension int8, IN text_key text, IN model text, IN run text, IN restart bool, IN leave_dependents bool, OUT shadow_name text, OUT resumed bool) 0 record',
                '_reembed_check(IN collection text, IN leave_dependents bool) 0 void',
                '_reembed_create(IN collection text, IN shadow text, IN dimension int8) 0 void',
                '_reembed_dependents(IN table_id regclass) 0 SETOF text',
                '_reembed_index_arguments(IN index_id regclass, IN index_precision text, IN element_type text, IN dimension int4, IN min_recall float8) 0 jsonb',
                '_reembed_indexes(IN collection text, IN shadow text, IN run text, IN min_recall float8) 0 SETOF text',
                '_reembed_lock(IN collection text, IN shadow text, IN text_key text, IN run text, IN leave_dependents bool, OUT pending int8, OUT without_text int8, OUT pending_ids _text, OUT ids_without_text _text) 0 record',
                '_reembed_lock_shadow(IN collection text, IN shadow text, IN run text) 0 void',
                '_reembed_mark(IN table_id regclass) 0 jsonb',
                '_reembed_page(IN collection text, IN shadow text, IN text_key text, IN ids _text, IN after text, IN page_size int8, TABLE id text, TABLE content text, TABLE metadata jsonb) 0 SETOF record',
                '_reembed_policies(IN table_id regclass) 0 _text',
                '_reembed_publish(IN collection text, IN shadow text, IN drop_old bool) 0 void',
                '_reembed_settings(IN from_id regclass, IN to_id regclass) 0 void',
                '_reembed_sync(IN collection text, IN shadow text, IN text_key text, OUT pending int8, OUT without_text int8, OUT pending_ids _text, OUT ids_without_text _text) 0 record',
                '_reembed_table_indexes(IN table_id regclass, TABLE index_id regclass, TABLE is_vector bool, TABLE is_unique bool, TABLE definition text) 0 SETOF record',
                '_reembed_vector_indexes(IN collection text, IN shadow text, IN min_recall float8) 0 SETOF text',
                '_diverse_rows(IN collection text, IN candidate_vecs _vector, IN distances _float8, IN measure text, IN lambda_mult float8, IN top_k int8) 0 _int4',
                '_group_filter(IN filters jsonb, IN group_by text, IN group_values _jsonb, IN inside bool) 0 jsonb',
                '_halfvec_to_vector(IN vecs _halfvec) 0 _vector',
                '_late_metadata(IN metadata jsonb) 0 jsonb',
                '_notice_no_index(IN collection text, IN measure text) 0 void',
                '_partial_index(IN table_id regclass, IN filters jsonb, IN measure text, OUT index_id oid, OUT method text, OUT index_precision text, OUT type regtype, OUT dimension int4, OUT predicate text, OUT row_count float8, OUT is_whole bool) 0 record',
                '_query_without(IN collection text, IN query_vec vector, IN left_out _text, IN top_k int8, IN filters jsonb, IN measure text, IN include_metadata bool, IN include_vec bool, IN max_distance float8, IN ef_search int8, IN probes int8, IN strategy text, IN skip int8, TABLE id text, TABLE distance float8, TABLE vec vector, TABLE metadata jsonb) 0 SETOF record',
                '_sampled_matches(IN text, IN regclass, IN regclass, IN text, IN float8, OUT row_count float8, OUT matches float8) 0 record',
                '_search_candidates(IN text, IN vector, IN int8, IN float8, IN float8, IN float8, IN bool, TABLE id text, TABLE distance float8, TABLE vec vector, TABLE metadata jsonb) 0 SETOF record',
                '_search_nearest(IN text, IN vector, IN int8, TABLE id text, TABLE distance float8, TABLE vec vector, TABLE metadata jsonb) 0 SETOF record',
                '_search_order(IN index_precision text, IN row_vec text, IN query_vec text, IN pgvector text, IN dimension int4, IN operator text) 0 text',
                '_search_page(IN collection text, IN query_vec vector, IN top_k int8, IN filters jsonb, IN measure text, IN include_metadata bool, IN include_vec bool, IN max_distance float8, IN ef_search int8, IN probes int8, IN strategy text, IN skip int8, IN first_size int8, IN left_out _text, TABLE id text, TABLE distance float8, TABLE vec vector, TABLE metadata jsonb) 0 SETOF record',
                '_search_target(IN collection text, IN ops text, OUT relation text, OUT table_id regclass, OUT view_id regclass, OUT type regtype, OUT dimension int4, OUT method text, OUT index_precision text, OUT index_id oid) 0 record',
                '_lock_builds(IN collection text) 0 void',
                '_lock_collection(IN collection text, IN purpose text) 0 void',
                '_lock_names(IN names _text) 0 void',
                '_swap_settings(IN names _text, IN settings _text) 0 _text',
                '_add_text_column(IN text, IN text, IN jsonb, IN _int2) 0 void',
                '_build_text_index(IN table_id regclass, IN column_name text) 0 text',
                '_fuzzy_rows(IN text, IN text, IN text, IN text, IN int8, TABLE id text, TABLE score float8) 0 SETOF record',
                '_generated_from(IN table_id regclass, IN column_name text) 0 _int2',
                '_hybrid_rows(IN collection text, IN configs _regconfig, IN query_vec vector, IN query_text text, IN filters jsonb, IN measure text, IN fusion text, IN weights _float8, IN match text, IN ef_search int8, IN probes int8, IN strategy text, IN size int8, TABLE id text, TABLE score float8, TABLE distance float8, TABLE text_score float8, TABLE is_nearest bool) 0 SETOF record',
                '_text_build_settings(IN collection text, OUT names _text, OUT settings _text) 0 record',
                '_text_config(IN language text, IN otherwise regconfig) 0 regconfig',
                '_text_config(IN tag jsonb, IN fallback regconfig) 0 regconfig',
                '_text_configs(IN config jsonb, IN filters jsonb) 0 _regconfig',
                '_text_document(IN collection text, IN key text, OUT column_name text, OUT words_of text, OUT content text, OUT number int2, OUT is_list bool, OUT fault text) 0 record',
                '_text_index(IN collection text, OUT key text, OUT config jsonb, OUT column_name text, OUT is_generated bool, OUT name text, OUT index_id regclass) 0 record',
                '_text_keys(IN collection text) 0 _text',
                '_text_rows(IN collection text, IN configs _regconfig, IN query_text text, IN match text, IN filters jsonb, IN needs_vec bool, IN wanted int8, TABLE id text, TABLE score float8) 0 SETOF record',
                '_text_search(IN text, IN _tsquery, IN _int8, IN _float8, IN tsquery, IN text, IN float8, IN int8, TABLE id text, TABLE score float8) 0 SETOF record',
                '_text_terms(IN text, IN regclass, IN text, IN _text, TABLE term tsquery, TABLE frequency int8, TABLE weight float8) 0 SETOF record',
                '_text_vector(IN config regconfig, IN document text) 0 tsvector',
                '_text_vector(IN config regconfig, IN content jsonb) 0 tsvector',
                '_text_vector(IN config regconfig, IN contents _text) 0 tsvector',
                '_text_words(IN configs _regconfig, IN query_text text, IN match text, OUT lexemes _text, OUT condition tsquery, OUT conditions text) 0 record',
                '_find_half_overflow(IN vecs _vector, OUT row_no int4, OUT why text) 0 record',
                '_find_long_id(IN table_id regclass, IN index_name text, IN ids _text, IN vecs _vector) 0 text',
                '_find_unreadable_record(IN view_id regclass, IN names _text, IN documents jsonb, OUT row_no int4, OUT why text) 0 record',
                '_find_unreadable_vector(IN records jsonb, IN vector_type regtype, OUT row_no int4, OUT id text, OUT why text) 0 record',
                '_unique_columns(IN view_id regclass, IN names _text) 0 text',
                '_update_adopted_rows(IN collection text, IN ids _text, IN filters jsonb, IN patch jsonb, IN mode text) 0 int8',
                '_write_adopted_batch(IN collection text, IN fields jsonb, IN ids _text, IN vecs _vector, IN documents jsonb) 0 int8',
                '_write_adopted_rows(IN collection text, IN ids _text, IN vecs _vector, IN metadata jsonb) 0 int8',
                '_write_rows(IN table_id regclass, IN ids _text, IN vecs _vector, IN metadata jsonb) 0 int8',
                '_written_fields(IN view_id regclass, IN names _text, TABLE name text, TABLE definition text, TABLE value text, TABLE default_value text, TABLE generated bool) 0 SETOF record'
            ])
    LOOP
        BEGIN
            EXECUTE format('DROP ROUTINE %s', v_function);
        EXCEPTION
            WHEN dependent_objects_still_exist THEN
                GET STACKED DIAGNOSTICS v_dependents = PG_EXCEPTION_DETAIL;
                RAISE EXCEPTION USING
                    ERRCODE = 'dependent_objects_still_exist',
                    MESSAGE = format(
                        'the private function %s is dropped by this version, but is in use',
                        v_function
                    ),
                    DETAIL = v_dependents,
                    HINT = 'Drop what depends on it, then install again.';
        END;
    END LOOP;

    -- Find the types in signatures in pgvector's schema. From here on no name of a function or an
    -- operator is looked up.
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', n.nspname), true)
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';
END
$install$;

-- ------------------------------------------------------------
-- api
-- ------------------------------------------------------------

-- adopt: turn an existing table into a collection, without copying a row.
-- The collection is a view over the table. Takes ACCESS SHARE on the table, and a transaction-level
-- advisory lock on the name.
CREATE OR REPLACE FUNCTION vecs.adopt(
    source regclass,
    name text DEFAULT NULL,
    id text DEFAULT NULL,
    vec text DEFAULT NULL,
    metadata text DEFAULT NULL,
    fields text[] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_name text := adopt.name;
    v_columns record;
    v_existing record;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_source(adopt.source);
    SELECT coalesce(v_name, c.relname) INTO v_name FROM pg_class AS c WHERE c.oid = adopt.source;
    PERFORM vecs._check_new_collection(v_name, 1::bigint, 'vector'::text);
    PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), hashtext(v_name));
    -- After waiting, the session's cache of names may be out of date; a lock renews it.
    PERFORM vecs._lock_collection(v_name, 'read');
    SELECT c.* INTO v_existing FROM vecs._collections(v_name) AS c;
    IF v_existing.view_id IS NULL AND to_regclass(format('vecs.%I', v_name)) IS NOT NULL
        OR v_existing.table_id <> adopt.source
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS003',
            MESSAGE = format(
                CASE
                    WHEN v_existing.view_id IS NOT NULL
                        THEN 'collection "%s" is table "%s" already'
                    WHEN v_existing.table_id IS NOT NULL THEN 'collection "%s" already exists'
                    ELSE 'the name "%s" is taken by another relation of the schema "vecs"'
                END,
                v_name, v_existing.table_id
            ),
            HINT = 'Choose another name: vecs.adopt(..., name => ''...'').';
    END IF;

    v_columns := vecs._adopted_columns(
        adopt.source, adopt.id, adopt.vec, adopt.metadata, adopt.fields, v_existing.view_id
    );
    PERFORM vecs._create_view(
        v_name, adopt.source, v_existing.view_id, v_columns.id_column, v_columns.vec_column,
        v_columns.metadata_column, v_columns.field_columns, v_columns.text_value
    );
    RETURN v_name;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.adopt(regclass, text, text, text, text, text[]) IS
$doc$Turn an existing table into a collection, and return the collection's name. No row is copied, and the table stays as it is: applications keep writing to it, and searches see the changes at once.

The collection is a view in the schema vecs, with the columns id (the key as text), vec, metadata, _id (the key itself), _metadata (the jsonb column, if there is one), and one for each field; create_text_index() adds _text. A key of a filter that is a field compares that column, with its type, its indexes and its statistics; NULL counts as a key that does not exist. Numbers compare with numbers, dates and timestamps as points in time (in UTC unless they have a time zone), and $contains, $any and $all with arrays; a path of keys enters a jsonb column. Other keys of a filter are keys of the metadata column. If a field and a key of the metadata column have the same name, the field is meant.

Rows without a vector belong to the collection, but no search returns them; claim_missing() helps to embed them. The table may have row-level security. Privileges are those on the table: nothing has to be granted on the view, which is read with the privileges of whoever reads it.

upsert() writes the fields that a record names, and replaces the keys of the metadata column if it names one of them. New rows need a unique index on the key, alone or with fields that the record names.

If a column is renamed, the collection keeps working. A new column becomes a field when the table is adopted again under the collection's name; what is not named then stays as it is, and the fields are those chosen before with the columns that the table has got since. PostgreSQL refuses to drop the table, or to drop or alter a column, while a collection uses it: drop_collection() first, which drops the view alone.

Parameters:
  source    the table, partitioned table or materialized view
  name      the collection's name; NULL: the table's
  id        the column that identifies a row; NULL: the primary key. One that is named need not have a unique index, but its values must be unique
  vec       the column of type vector or halfvec; NULL: the only one
  metadata  a jsonb column whose keys are metadata, too; NULL: the jsonb column "metadata", if there is one
  fields    the columns that filters compare and searches return as metadata; NULL: all others, but those with vectors or of type tsvector, and those named id, vec, metadata, _id, _metadata or _text; {}: none

Errors: VS001 invalid_argument for a column that does not exist or has another type, for two columns of vectors of which none is named, and for a name that no collection can have; VS003 collection_already_exists; VS008 unsupported for a table without a primary key, or with one of several columns, of which none is named, for one without vectors, and for a view, a foreign table, a temporary table or a collection.$doc$;

GRANT EXECUTE ON FUNCTION vecs.adopt(regclass, text, text, text, text, text[]) TO PUBLIC;

-- advise: list what would make a collection safer, faster or smaller.
CREATE OR REPLACE FUNCTION vecs.advise(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_relation text := (vecs._collection(collection)).relation;
    v_detail text;
    v_hint text;
BEGIN
    -- Without the privilege to read it little can be found.
    EXECUTE format('SELECT FROM %s LIMIT 0', v_relation);
    RETURN QUERY
    SELECT a.severity, a.finding, a.statement
    FROM (
        SELECT f.severity, f.finding, f.statement, row_number() OVER () AS number
        FROM (
            SELECT * FROM vecs._advise_server(collection)
            UNION ALL
            SELECT * FROM vecs._advise_broken(collection)
            UNION ALL
            SELECT * FROM vecs._advise_building(collection)
            UNION ALL
            SELECT * FROM vecs._advise_metadata(collection)
            UNION ALL
            SELECT * FROM vecs._advise_ranges(collection)
            UNION ALL
            SELECT * FROM vecs._advise_parts(collection)
            UNION ALL
            SELECT * FROM vecs._advise_storage(collection)
            UNION ALL
            SELECT * FROM vecs._advise_size(collection)
        ) AS f
    ) AS a
    ORDER BY array_position('{error,warning,hint}', a.severity), a.number;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.advise(text) IS
$doc$List what would make a collection safer, faster or smaller, with the statement that does it: errors first, then warnings, then hints.

severity is error (rows or indexes are in danger), warning (searches are slower than they need be) or hint (something could be smaller, or some searches faster, at a price). The collection is not changed. It takes up to a few seconds: to estimate a missing index it builds one of 2,000 rows in a temporary table, and it searches by those that there are. It needs the privilege SELECT on the collection. What it looks for:

- a pgvector with known faults
- indexes whose build was broken off, partitions without an index, and two indexes for the same searches
- a missing index on the vectors, with the time and memory that building it takes
- an ivfflat index whose rows have doubled since it was built, an hnsw index with many dead rows, and one that finds less than when it was built
- statistics that are missing or stale
- metadata without a GIN index; a GIN index with a long list of pending rows, if the extension pgstattuple is installed
- fields of an adopted table, and keys of the metadata, that searches filter by range and that have no index, if the extension pg_stat_statements is installed, its setting track is all, and the role may read it. It hides the names of keys: one is found only if no other key has numbers or dates
- up to three metadata values that 1 to 25 % of the rows share (at least 3,000 rows) and that have no partial index
- vectors in the TOAST table that would fit into the rows
- policies of row-level security that compare a key or a column without an index
- shared_buffers that are smaller than the indexes on the vectors
- an index that would be as good in half precision

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.advise(text) TO PUBLIC;

-- claim_missing: lock the next rows of an adopted table that have no vector, to embed their texts.
-- Pages follow the key, as in scan(): from the beginning each time, all rows that have a vector by
-- now would be read again.
CREATE OR REPLACE FUNCTION vecs.claim_missing(
    collection text,
    text_key text,
    after text DEFAULT NULL,
    page_size bigint DEFAULT 100
)
RETURNS TABLE (
    id text,
    content text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $fn$
DECLARE
    v_collection record;
    v_fields jsonb;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_collection(collection, 'write');
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_page_size(page_size);
    IF text_key IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'text_key must not be null',
            HINT = 'Pass the name of the column with the texts, such as ''content''.';
    ELSIF v_collection.view_id IS NULL AND EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id AND a.attname = 'vec' AND NOT a.attnotnull
    ) THEN
        -- upsert_many() would replace the metadata, in which the text is.
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'collection "%s" is a table in which vectors may be NULL, but was not adopted',
                collection
            ),
            HINT = 'Move it to another schema, and make a collection of it with vecs.adopt().';
    END IF;

    PERFORM vecs._check_writable(v_collection.table_id);
    v_fields := vecs._fields(v_collection.view_id, NULL::jsonb);
    PERFORM vecs._check_field_path(v_fields, ARRAY[text_key]);
    PERFORM vecs._check_after(v_collection.view_id, v_fields, after);
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.metadata ->> $3
        FROM %1$s AS t
        WHERE t.vec IS NULL AND t.metadata ->> $3 IS NOT NULL AND %2$s
        ORDER BY t.%3$I
        LIMIT $2
        FOR NO KEY UPDATE SKIP LOCKED
        $sql$,
        v_collection.relation,
        vecs._after_predicate(v_fields -> 'key', after IS NOT NULL),
        CASE WHEN v_collection.view_id IS NULL THEN 'id' ELSE '_id' END
    ) USING after, coalesce(page_size, 100), text_key;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.claim_missing(text, text, text, bigint) IS
$doc$Return the next rows of an adopted table that have a text and no vector, and lock them until the transaction ends.

Embed the texts and write the vectors with upsert_many() in the same transaction. Then repeat this in a new one with after => the last id, until no rows are returned. Outside a transaction block the locks are released at once. Rows that another transaction has locked are skipped, so several workers never embed a row twice. If a worker fails, its rows are left for the next run.

  BEGIN;
  SELECT * FROM vecs.claim_missing('items', 'content');
  SELECT vecs.upsert_many('items', '{1,2}', '{"[0.1,0.2,0.3]","[0.4,0.5,0.6]"}');
  COMMIT;

Parameters:
  collection  the collection
  text_key    the field, or key of the metadata column, that has the text; rows without it are left out
  after       return rows whose ids come after this one, in the key's order; NULL: from the beginning
  page_size   the maximum number of rows; NULL: 100

Errors: VS001 invalid_argument for NULL, for a page_size below 1, for a text_key that is no field of a table without a metadata column, and for an after that is no key; VS002 collection_not_found; VS008 unsupported for a table in the schema vecs in which vectors may be NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs.claim_missing(text, text, text, bigint) TO PUBLIC;

-- count_rows: count the rows of a collection that match a filter.
CREATE OR REPLACE FUNCTION vecs.count_rows(
    collection text,
    filters jsonb DEFAULT '{}'
)
RETURNS bigint
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_count bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    EXECUTE format(
        $sql$SELECT count(*) FROM %s AS t WHERE %s$sql$,
        v_collection.relation,
        vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id)
    ) INTO v_count;
    RETURN v_count;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.count_rows(text, jsonb) IS
$doc$Count the rows of a collection that match a filter.

The count is exact. list_collections() estimates faster.

Parameters:
  collection  the collection
  filters     a metadata filter, see filter_sql(); {} matches all rows

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.count_rows(text, jsonb) TO PUBLIC;

-- create_collection: create a collection: a table with an index on its metadata.
-- Takes a transaction-level advisory lock on the name, so that of many concurrent callers exactly
-- one creates it and none fails.
CREATE OR REPLACE FUNCTION vecs.create_collection(
    name text,
    dimension bigint,
    element_type text DEFAULT 'vector',
    if_not_exists boolean DEFAULT false
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_element_type text := coalesce(element_type, 'vector');
    v_existing record;
    v_relation regclass;
    v_pgvector text;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._check_new_collection(name, dimension, v_element_type);
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;
    PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), hashtext(name));
    SELECT c.* INTO v_existing FROM vecs._collections(name) AS c;
    v_relation := to_regclass(format('vecs.%I', name));

    IF v_existing.table_id IS NOT NULL AND if_not_exists IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS003',
            MESSAGE = format('collection "%s" already exists', name),
            HINT = 'Pass if_not_exists => true to keep it, or call drop_collection() first.';
    ELSIF (v_existing.dimension, v_existing.element_type) <> (dimension, v_element_type) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS004',
            MESSAGE = format(
                'collection "%s" exists with type %s(%s), not %s(%s)',
                name, v_existing.element_type, v_existing.dimension, v_element_type, dimension
            ),
            HINT = 'Pass its own type and dimension, or choose another name.';
    ELSIF v_existing.table_id IS NOT NULL THEN
        RETURN false;
    ELSIF if_not_exists AND v_relation IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = v_relation)
    THEN
        -- Another transaction has created it since the caller's snapshot.
        RETURN false;
    ELSIF v_relation IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS003',
            MESSAGE = format(
                'the name "%s" is taken by another relation of the schema "vecs"', name
            ),
            HINT = 'Tables, indexes and views share one name space: choose another name.';
    END IF;

    SELECT format('%I.', n.nspname) INTO v_pgvector
    FROM pg_extension AS e
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector';

    -- Vectors of up to 2,000 numbers stay in the row, out of the TOAST table: comparing the rows of
    -- a filter then takes less than half the time (measured with 784 dimensions).
    EXECUTE format(
        $sql$
        CREATE TABLE vecs.%1$I (
            id varchar PRIMARY KEY,
            vec %2$s%3$I(%4$s) NOT NULL,
            metadata jsonb NOT NULL DEFAULT '{}'
        )
        WITH (toast_tuple_target = 8160)
        $sql$,
        name, v_pgvector, v_element_type, dimension
    );
    EXECUTE format($sql$CREATE INDEX ON vecs.%I USING gin (metadata jsonb_path_ops)$sql$, name);
    RETURN true;
END
$fn$;

COMMENT ON FUNCTION vecs.create_collection(text, bigint, text, boolean) IS
$doc$Create a collection for vectors of one dimension, with an index on the metadata.

Returns whether it was created. If many callers create the same collection at once, exactly one succeeds and, with if_not_exists, the others return false. Requires the privilege CREATE on the schema. The collection is the table vecs."name" with the columns id varchar (the primary key), vec and metadata jsonb.

Parameters:
  name           1 to 63 bytes, any characters, case-sensitive; must not start with "_"
  dimension      the length of a vector, from 1 to 16000; an index holds up to 2000 of a vector and 4000 of a halfvec as they are, and more in less precision
  element_type   vector (4 bytes per number) or halfvec (2 bytes per number)
  if_not_exists  return false instead of raising an error if the collection exists

Errors: VS001 invalid_argument; VS003 collection_already_exists, also if an index or another relation has the name; VS004 dimension_mismatch if the existing collection has another dimension or element type.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_collection(text, bigint, text, boolean) TO PUBLIC;

-- create_index: index the vectors of a collection for one measure.
-- Takes SHARE on the collection's table: readers go on, writers wait. The new index is built first,
-- so that a failure leaves the old one; dropping that takes ACCESS EXCLUSIVE for a moment at the
-- end.
CREATE OR REPLACE FUNCTION vecs.create_index(
    collection text,
    measure text DEFAULT 'cosine_distance',
    method text DEFAULT 'auto',
    arguments jsonb DEFAULT '{}',
    replace boolean DEFAULT true,
    if_not_exists boolean DEFAULT false,
    filters jsonb DEFAULT '{}'
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_measure text := coalesce(measure, 'cosine_distance');
    v_method text := coalesce(method, 'auto');
    v_arguments jsonb := coalesce(arguments, '{}');
    v_filters jsonb := nullif(filters, '{}');
    v_checked record;
    v_replaced record;
    v_definition record;
    v_before text[];
    v_new_name text;
    v_built boolean;
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    v_checked := vecs._check_index(collection, v_measure, v_method, v_arguments, v_filters);
    IF if_not_exists THEN
        v_name := vecs._existing_index(
            collection, v_measure, v_method, v_checked.named, v_filters
        );
        IF v_name IS NOT NULL THEN
            RETURN v_name;
        END IF;
    END IF;

    PERFORM vecs._lock_builds(collection);
    IF if_not_exists THEN
        v_name := vecs._existing_index(
            collection, v_measure, v_method, v_checked.named, v_filters
        );
        IF v_name IS NOT NULL THEN
            RETURN v_name;
        END IF;
    END IF;
    v_replaced := vecs._replaced_indexes(
        collection, v_measure, v_method, v_filters, create_index.replace
    );
    IF v_replaced.kept IS NOT NULL THEN
        RETURN v_replaced.kept;
    END IF;

    -- It may have been dropped and created again in the meantime.
    PERFORM vecs._lock_collection(collection, 'build');
    v_checked := vecs._check_index(collection, v_measure, v_method, v_arguments, v_filters);
    v_definition := vecs._define_index(
        collection, v_measure, v_method, v_checked.named, v_filters, v_checked.index_precision,
        v_checked.predicate
    );
    PERFORM vecs._notice_slow_build(
        collection, v_definition.needed_bytes, v_definition.memory_bytes
    );
    v_new_name := left(v_definition.name, 59) || '_new';
    v_before := vecs._swap_settings(v_definition.setting_names, v_definition.settings);
    v_built := vecs._build_vector_index(
        v_new_name, collection, v_definition.definition, v_filters IS NOT NULL
    );
    IF NOT v_built THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    END IF;
    PERFORM vecs._swap_settings(v_definition.setting_names, v_before);
    RETURN vecs._finish_index(
        collection, v_measure, v_filters, v_checked.index_precision,
        coalesce((v_arguments ->> 'min_recall')::double precision, 0.9),
        v_new_name, v_definition.name, v_replaced.replaced, NULL::text[]
    );
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean, boolean, jsonb) IS
$doc$Create a vector index on a collection for one measure, and return its name.

Load the rows first: building an index is faster than inserting into one. A collection may have one index over all rows for each measure. The new index is built before the old one is dropped, in one transaction, so a failure leaves the old one.

During the build readers go on and writers wait. Dropping the old index locks the table for a moment: it waits for transactions that have read the collection, and new readers wait behind it. A transaction that has read the collection and then writes during the build deadlocks with that, and one of the two gets 40P01; so keep such transactions short. The caller must own the table.

For the build, memory is raised to what the graph needs, up to the server's shared_buffers, and workers to max_parallel_workers, if that was configured; a session's own maintenance_work_mem and max_parallel_maintenance_workers are kept. If the memory is too little, the notice VSW04 says so before the build. If the server lacks shared memory for the workers, as in a container with 64 MB of it, the index is built without them, and the notice VSW05 says so. At the end the table is analyzed, and a few searches measure what the index costs on these vectors, which helps searches with a filter, and its recall, see describe_collection().

By default m is 16 or 20, by the dimension, and ef_construction 160 (pgvector: 16 and 64): building such a graph takes two to two and a half times as long, it is no larger, and searches find more of the nearest rows. A sample of searches by a new hnsw index of more than 1500 rows is compared with the rows; if two or more of them find fewer than two of the ten nearest, the notice VSW03 says how many, and what builds a denser graph.

The precision is what the index holds of a vector: full, the vector as it is stored (up to 2,000 dimensions of a vector, 4,000 of a halfvec); half, its elements as half-precision numbers (up to 4,000); binary, their signs (any number; not for ivfflat, nor with filters). The default is the first of these that the dimension allows. Searches stay the same: whatever the index holds, rows are ordered by the vectors as stored, and distances are exact. half takes a little more than half the space and finds almost as much as full; an upsert of numbers that it cannot hold (beyond 65504) fails. binary holds a thirtieth of the bytes of each vector, and suits some vectors and not others, so the new index is tried with the collection's own vectors; if it finds less than min_recall (0 to 1; default 0.9) of the ten nearest rows, it is the error VS008.

With filters, the index is a partial one, beside that of all rows: for a large tenant or category. A search whose filter has its conditions among its own, joined by AND, uses it; if it has no others, every row that it reads matches. The ef_search with which vectors of the whole collection find .98 of the nearest rows in it is measured (40 to 400), and used by searches that name none. A collection may have many. They are indexes of the measure: drop_index() drops them, too. A collection that is an adopted or a partitioned table cannot have one.

An index for the measure that the owner of an adopted table has made is never replaced: with method auto its name is returned, and otherwise it is the error VS006.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  method      auto (hnsw), hnsw or ivfflat (not for l1_distance)
  arguments   hnsw: m (2 to 100; the default is 16 or 20, from the dimension) and ef_construction (4 to 1000, at least twice m; the default is 160, or twice m if that is more); ivfflat: lists (1 to 32768; the default is rows / 1000, but at least 30, and the square root of rows from a million rows on); all: precision, and memory for the build, such as "2GB"; hnsw and auto: min_recall
  replace     replace an index for the same measure; if false, an existing one is the error VS006
  if_not_exists  leave a valid index for the measure as it is, if it has the method and the arguments that are named, and return its name; nothing is locked then, so a program can call this at each start
  filters     a metadata filter, see filter_sql(): index only the rows that match

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter; VS006 index_already_exists; VS008 unsupported for vectors that are too long to index, for half where they hold greater numbers, and for binary where it misses min_recall.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_index(text, text, text, jsonb, boolean, boolean, jsonb) TO PUBLIC;

-- create_index_sql: write the statements that build an index concurrently.
-- They may be run one after the other whatever becomes of each: until _finish_index() has renamed
-- the indexes, there is none of the names that are dropped at the end but the new one.
CREATE OR REPLACE FUNCTION vecs.create_index_sql(
    collection text,
    measure text DEFAULT 'cosine_distance',
    method text DEFAULT 'auto',
    arguments jsonb DEFAULT '{}',
    replace boolean DEFAULT true,
    if_not_exists boolean DEFAULT false,
    filters jsonb DEFAULT '{}'
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_measure text := coalesce(measure, 'cosine_distance');
    v_method text := coalesce(method, 'auto');
    v_arguments jsonb := coalesce(arguments, '{}');
    v_filters jsonb := nullif(filters, '{}');
    v_collection record;
    v_schema text;
    v_checked record;
    v_replaced record;
    v_definition record;
    v_mark text;
    v_suffix text;
    v_new_name text;
    v_old_names text[];
    v_detail text;
    v_hint text;
BEGIN
    v_checked := vecs._check_index(collection, v_measure, v_method, v_arguments, v_filters);
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_not_building(collection, v_collection.table_id);
    v_schema := vecs._schema(v_collection.table_id);
    IF EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_collection.table_id AND c.relkind = 'p'
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'an index of a partitioned table, such as "%s", cannot be built concurrently',
                collection
            ),
            HINT = 'CREATE INDEX CONCURRENTLY on each partition: searches use these indexes, too.';
    ELSIF if_not_exists AND vecs._existing_index(
        collection, v_measure, v_method, v_checked.named, v_filters
    ) IS NOT NULL THEN
        RETURN;
    END IF;
    v_replaced := vecs._replaced_indexes(
        collection, v_measure, v_method, v_filters, create_index_sql.replace
    );
    IF v_replaced.kept IS NOT NULL THEN
        RETURN;
    END IF;
    v_definition := vecs._define_index(
        collection, v_measure, v_method, v_checked.named, v_filters, v_checked.index_precision,
        v_checked.predicate
    );
    PERFORM vecs._notice_slow_build(
        collection, v_definition.needed_bytes, v_definition.memory_bytes
    );
    -- Several sessions may build one at once.
    v_suffix := left(md5(random()::text), 7);
    v_new_name := left(v_definition.name, 50) || '_new' || v_suffix;
    v_old_names := ARRAY(
        SELECT 'ix_vector_' || left(md5(r.name), 7) || '_old' || v_suffix
        FROM unnest(v_replaced.replaced) WITH ORDINALITY AS r (name, position)
        ORDER BY r.position
    );

    -- The mark by which others see the build, whatever their role: see macros/builds.sql.
    v_mark := format(
        '(hashtext(''vecs.create_index_sql''), %s)', v_collection.table_id::oid::integer
    );
    RETURN NEXT 'SELECT pg_advisory_lock_shared' || v_mark;
    RETURN QUERY
    SELECT format('SET %I = %L', s.name, s.setting)
    FROM unnest(v_definition.setting_names, v_definition.settings) AS s (name, setting)
    WHERE s.setting <> current_setting(s.name);
    RETURN NEXT format(
        'CREATE INDEX CONCURRENTLY %I ON %s %s',
        v_new_name, v_collection.table_id, v_definition.definition
    );
    RETURN NEXT format(
        'SELECT vecs._finish_index(%L, %L, %L, %L, %L, %L, %L, %L, %L)',
        collection, v_measure, v_filters, v_checked.index_precision,
        coalesce((v_arguments ->> 'min_recall')::double precision, 0.9),
        v_new_name, v_definition.name, v_replaced.replaced, v_old_names
    );
    -- That an index does not exist is as it should be.
    RETURN NEXT 'SET client_min_messages = ''warning''';
    RETURN QUERY
    SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s.%I', v_schema, o.name)
    FROM unnest(v_old_names || v_new_name) AS o (name);
    -- What the session had set is put back.
    RETURN QUERY
    SELECT CASE
        WHEN g.setting = g.reset_val THEN format('RESET %I', s.name)
        ELSE format('SET %I = %L', s.name, current_setting(s.name))
    END
    FROM unnest(
        v_definition.setting_names || 'client_min_messages'::text,
        v_definition.settings || 'warning'::text
    ) AS s (name, setting)
    JOIN pg_settings AS g ON g.name = s.name COLLATE "C"
    WHERE s.setting <> current_setting(s.name) OR s.name = 'client_min_messages';
    -- While there is an old index, searches might use that.
    IF v_method <> 'ivfflat' AND v_old_names <> '{}' THEN
        RETURN NEXT format(
            'SELECT vecs._try_built_index(%L, %L, %L)', collection, v_measure, v_suffix
        );
    END IF;
    RETURN NEXT 'SELECT pg_advisory_unlock_shared' || v_mark;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.create_index_sql(text, text, text, jsonb, boolean, boolean, jsonb) IS
$doc$Return, in their order, the statements that do what create_index() does, but concurrently: writers go on.

A function cannot do that: CREATE INDEX CONCURRENTLY must be a statement by itself, outside of a transaction. In psql, end the call with \gexec instead of a semicolon:

    SELECT vecs.create_index_sql('docs') \gexec

Another client runs each statement in autocommit mode, on one connection. Readers and writers go on all the time; the build takes about twice as long as create_index(), and waits for transactions that were open when it began. The old index serves searches until the new one has its name, and is then dropped concurrently; after that a sample of searches tries the new one, see create_index(). The statements after one that fails clean up, so run them all the same, as \gexec does unless ON_ERROR_STOP is set. If the build cannot resize a shared memory segment (53100 or 53200, as in a container with 64 MB of it), SET max_parallel_maintenance_workers = 0 and call it again. Connect to the server, or to a pooler in session mode: the statements set what holds for those after them. After a break of the connection an index that is not valid may be left; the next create_index() or create_index_sql() for the measure removes it.

There is no statement if if_not_exists finds an index, or if the owner of an adopted table has one.

Parameters:
  collection  the collection
  measure     see create_index(), also for the other parameters
  method      auto, hnsw or ivfflat
  arguments   those of the method, precision, min_recall and memory
  replace     replace an index for the same measure; if false, an existing one is the error VS006
  if_not_exists  leave a valid index that fits as it is
  filters     a metadata filter: index only the rows that match

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter; VS006 index_already_exists; VS008 unsupported, as create_index() and for a partitioned table; 55006 object_in_use while another session builds an index of the collection concurrently.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_index_sql(text, text, text, jsonb, boolean, boolean, jsonb) TO PUBLIC;

-- create_metadata_index: index one key of the metadata for ranges, $in and equality.
-- Takes SHARE on the collection's table: readers go on, writers wait for the build.
CREATE OR REPLACE FUNCTION vecs.create_metadata_index(
    collection text,
    key text DEFAULT NULL,
    path text[] DEFAULT NULL,
    kind text DEFAULT 'value'
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_schema text;
    v_fields jsonb;
    v_name text;
    v_kind text := coalesce(kind, 'value');
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        path := vecs._check_path(key, path, v_kind);
        -- Two sessions would both find none: the second waits here.
        PERFORM vecs._lock_builds(collection);
        v_collection := vecs._collection(collection);
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    IF v_collection.view_id IS NOT NULL THEN
        BEGIN
            PERFORM vecs._lock_collection(collection, 'build');
            v_fields := vecs._fields(v_collection.view_id, NULL::jsonb);
            PERFORM vecs._check_field_path(v_fields, path);
            IF v_fields -> 'fields' ? path[1] THEN
                RETURN vecs._create_field_index(collection, path[1], v_kind);
            END IF;
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                IF v_detail = '' THEN
                    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                END IF;
                RAISE EXCEPTION USING
                    ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
        END;
    END IF;
    v_schema := vecs._schema(v_collection.table_id);
    SELECT i.name INTO v_name
    FROM vecs._key_indexes(v_collection.table_id, v_collection.view_id, path, v_kind) AS i
    WHERE i.valid
    ORDER BY i.name
    LIMIT 1;
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;

    BEGIN
        -- It may have been dropped and created again in the meantime.
        PERFORM vecs._lock_collection(collection, 'build');
        v_collection := vecs._collection(collection);
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    v_name := 'ix_metadata_' || md5(concat_ws(
        ' ', v_collection.table_id::oid, nullif(v_kind, 'value'), to_jsonb(path),
        (vecs._source(v_collection.view_id::oid)).metadata_number
    ));
    PERFORM vecs._drop_metadata_index(
        v_collection.table_id, v_collection.view_id, path, v_kind
    );
    -- The name may be taken: by an index of this table whose comment was changed, or by one of a
    -- table that had this oid before a dump and restore.
    IF EXISTS (
        SELECT FROM pg_index AS i
        WHERE i.indrelid = v_collection.table_id
            AND i.indexrelid = to_regclass(format('%s.%I', v_schema, v_name))
    ) THEN
        EXECUTE format('DROP INDEX %s.%I', v_schema, v_name);
    ELSIF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := 'ix_metadata_' || md5(concat(v_name, random()));
    END IF;
    IF NOT vecs._build_index(
        v_name,
        v_collection.table_id,
        format(
            CASE v_kind WHEN 'trigram' THEN 'USING gin ((%s) %sgin_trgm_ops)' ELSE '((%s))' END,
            vecs._index_expression(
                vecs._path_expression(quote_ident(v_collection.metadata_column), path), v_kind
            ),
            CASE v_kind WHEN 'trigram' THEN vecs._trigram_schema() END
        )
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    END IF;
    EXECUTE format(
        'COMMENT ON INDEX %s.%I IS %L',
        v_schema,
        v_name,
        CASE v_kind
            WHEN 'value' THEN format('{"path": %s}', to_jsonb(path))
            ELSE format('{"kind": "%s", "path": %s}', v_kind, to_jsonb(path))
        END
    );
    PERFORM vecs._refresh_statistics(v_collection.table_id);

    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs.create_metadata_index(text, text, text[], text) IS
$doc$Create an index on one key of the metadata, or on a path of keys, collect statistics, and return the index's name.

The index that create_collection() makes on the whole metadata serves equality, $contains, $any, $all and a short $in. Other conditions read every row unless their key has an index. A filter of nothing but equalities with scalars keeps using the index on the whole metadata. If the key already has such an index, its name is returned. describe_collection() lists the indexes.

Kinds:
  value    for $gt, $gte, $lt, $lte, $between, $in and $eq. Values of all types may be under the key. A value of more than 500 characters that is not a number is compared one by one. A number of more than about 5,000 digits does not fit into the index, and writing it fails
  time     for the same operators with times, {"$time": "..."}
  pattern  for $startswith, and for $like if the pattern has a fixed prefix
  trigram  for $like and $ilike if the pattern has three letters in a row, and for text_query() with match => 'fuzzy'; needs the extension pg_trgm

Pass a nested path as path: vecs.create_metadata_index('docs', path => ARRAY['address', 'city']) serves filters such as {"address": {"city": {"$in": [...]}}}.

On a field of an adopted table it is an ordinary index of the column: gin for arrays, jsonb and trigrams, and btree for other types, which takes values of up to 2,700 bytes. A longer text fails then, in the index's build and in later writes of the table. An index of the column that serves the same conditions is left as it is, and its name returned.

Parameters:
  collection  the collection
  key         the key, literally: a dot has no special meaning
  path        instead of key: the keys from the outermost to the innermost; a path never enters an array
  kind        value, time, pattern or trigram

Errors: VS001 invalid_argument if neither or both of key and path are given, for a key that looks like an array literal ('{a,b}'), an empty path, and an unknown kind; VS002 collection_not_found; VS008 unsupported for trigram without the extension pg_trgm.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_metadata_index(text, text, text[], text) TO PUBLIC;

-- create_text_index: make the texts under one key of the metadata searchable by their words.
-- Takes ACCESS EXCLUSIVE on the collection's table, which is rewritten with its indexes. The words
-- of each text are stored beside it: to split the text anew would take a search ten times as long.
CREATE OR REPLACE FUNCTION vecs.create_text_index(
    collection text,
    key text,
    config text DEFAULT 'english',
    replace boolean DEFAULT true
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_config jsonb;
    v_collection record;
    v_existing record;
    v_document record;
    v_made_of smallint[];
    v_comment jsonb;
    v_is_empty boolean;
    v_build record;
    v_before text[];
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_builds(collection);
    v_config := vecs._check_text_index(collection, key, coalesce(config, 'english'));
    v_collection := vecs._collection(collection);
    v_existing := vecs._text_index(collection);
    v_document := vecs._text_document(collection, key);
    v_made_of := ARRAY(
        SELECT v_document.number
        UNION
        SELECT d.number
        FROM vecs._text_document(collection, v_config ->> 'key') AS d
        WHERE v_config ->> 'key' IS NOT NULL
        ORDER BY 1
    );
    IF v_document.column_name IS NULL AND v_document.fault IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = v_document.fault,
            HINT = 'Add a column of type tsvector with the words, and name that as the key.';
    ELSIF v_existing.key = key
        AND v_existing.config = v_config
        AND v_existing.name IS NOT NULL
        AND (
            v_existing.column_name = v_document.column_name
            OR vecs._generated_from(v_collection.table_id, v_existing.column_name) = v_made_of
        )
    THEN
        RETURN v_existing.name;
    ELSIF v_existing.name IS NOT NULL AND create_text_index.replace IS FALSE THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS006',
            MESSAGE = format(
                'collection "%s" has a text index, of the key "%s" with the configuration "%s"',
                collection, v_existing.key, v_existing.config #>> '{}'
            ),
            HINT = 'With replace => true it is replaced.';
    END IF;

    -- A search locks the view of an adopted table before the table.
    PERFORM vecs._lock_collection(collection, 'alter')
    WHERE v_document.column_name IS NULL OR v_existing.is_generated;
    PERFORM vecs.drop_text_index(collection);
    v_comment := jsonb_build_object('key', key, 'config', v_config);
    v_build := vecs._text_build_settings(collection);
    v_before := vecs._swap_settings(v_build.names, v_build.settings);
    PERFORM vecs._add_text_column(collection, v_document.words_of, v_comment, v_made_of)
    WHERE v_document.column_name IS NULL;
    v_name := vecs._build_text_index(
        v_collection.table_id, coalesce(v_document.column_name, '_text')
    );
    IF v_collection.view_id IS NOT NULL THEN
        PERFORM vecs._set_text_column(collection, coalesce(v_document.column_name, '_text'));
        EXECUTE format('COMMENT ON COLUMN %s._text IS %L', v_collection.relation, v_comment);
    END IF;
    PERFORM vecs._swap_settings(v_build.names, v_before);
    EXECUTE format(
        'SELECT NOT EXISTS (SELECT FROM %1$s AS t WHERE t._text <> '''')'
        ' AND EXISTS (SELECT FROM %1$s AS t)',
        v_collection.relation
    ) INTO v_is_empty;
    IF v_is_empty THEN
        RAISE NOTICE USING
            ERRCODE = 'VSW07',
            MESSAGE = format('no row of collection "%s" has a text under "%s"', collection, key),
            HINT = coalesce(
                'Rows have texts under '
                    || nullif(array_to_string(vecs._text_keys(collection), ', '), '') || '.',
                'Rows that are written later may have one.'
            );
    END IF;
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    RETURN v_name;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.create_text_index(text, text, text, boolean) IS
$doc$Make the texts under one key of the metadata searchable by their words, for text_query() and hybrid_query(), and return the index's name.

The words of each text are stored in a column "_text" of the collection's table, which PostgreSQL keeps in step with the metadata, and a GIN index finds them. This rewrites the table and builds its indexes anew, with the memory that create_index() would take: on a large collection, create the text index before the vector index. Meanwhile the table is locked for readers and writers. Afterwards writing takes more time, since each text is split into words.

A collection has one text index. One of the same key and configuration is left as it is, and its name returned. A list is searched by its elements, a number by its digits. Only the first part of a text is indexed if its words take more than 1 MB. If no row has a text under the key, the notice VSW07 says so.

Of an adopted table the key is a field with text, or a key of the metadata column; the column "_text" is added to the table, whose owner alone can do that. The key may also name a column of type tsvector, which is searched as it is, and gets a GIN index unless it has one; config then is what its words were made with. A materialized view needs such a column. If columns were added to the table since it was adopted, adopt it again first.

If rows are in different languages, config names the key with the language of each: {"key": "lang", "default": "english"}. It may be a configuration of PostgreSQL such as german, or a code such as de or de-AT; the default is for all other values, simple if config names none. A query is then stemmed for every language, or for one only if the filter names it, such as {"lang": "de"}.

Chinese, Japanese, Thai and other languages without spaces between words: a run of characters up to the next space or mark is one word (where LC_CTYPE of the database is C, up to the next ASCII mark), so that only the whole run is found. A search with match => 'fuzzy' finds parts of it.

Parameters:
  collection  the collection
  key         the key of the metadata, literally
  config      a text search configuration of PostgreSQL, such as english, german or simple: it decides what a word is, how it is reduced, and which words are left out; or an object with the key of the language
  replace     whether to replace a text index of another key or configuration

Errors: VS001 invalid_argument for an empty key, one that an adopted table does not have, a configuration that does not exist, and if the table has a column "_text" that is not of a text index; VS002 collection_not_found; VS006 index_already_exists if there is another one and replace is false, and if another collection over the same table has one of another key; VS008 unsupported for a column of an adopted table whose words cannot be generated, for a key that cannot be that of the language, and if columns were added to an adopted table since it was adopted.$doc$;

GRANT EXECUTE ON FUNCTION vecs.create_text_index(text, text, text, boolean) TO PUBLIC;

-- delete: delete rows by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.
CREATE OR REPLACE FUNCTION vecs.delete(
    collection text,
    ids text[] DEFAULT NULL,
    filters jsonb DEFAULT NULL
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_key jsonb;
    v_predicate text;
    v_statement text;
    v_deleted text[];
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_writable(v_collection.table_id);
        v_key := vecs._fields(v_collection.view_id, '{}'::jsonb) -> 'key';
        v_predicate := vecs._keys_predicate(v_key);
        IF ids IS NULL THEN
            v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
        ELSIF v_key IS NOT NULL THEN
            ids := vecs._readable_keys(ids, v_key);
        END IF;
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    IF (ids IS NULL) = (filters IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            HINT = 'Select the rows with ids => or with filters =>.';
    -- {} or an empty $and, at any depth, has no condition and matches all rows.
    ELSIF v_predicate ~ '^([() ]|true|AND|OR)*$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'filters must have a condition to delete rows',
            HINT = 'To delete all rows, call vecs.truncate_collection().';
    END IF;

    v_statement := format(
        $sql$
        WITH locked AS (
            SELECT t.%3$I AS id FROM %1$s AS t WHERE %2$s ORDER BY t.id COLLATE "C" FOR UPDATE
        )
        DELETE FROM %1$s AS d USING locked WHERE d.%3$I %4$s locked.id RETURNING d.id::text
        $sql$,
        v_collection.relation,
        v_predicate,
        CASE WHEN v_key IS NULL THEN 'id' ELSE '_id' END,
        vecs._field_sign(v_key, '=')
    );
    IF v_key IS NULL THEN
        RETURN QUERY EXECUTE v_statement USING ids;
    ELSE
        v_statement := format('WITH d (id) AS (%s) SELECT array_agg(d.id) FROM d', v_statement);
        FOR v_attempt IN 1..10 LOOP
            BEGIN
                EXECUTE v_statement INTO v_deleted USING ids;
                EXIT;
            EXCEPTION
                WHEN deadlock_detected THEN
                    IF v_attempt = 10 THEN
                        RAISE;
                    END IF;
            END;
        END LOOP;
        RETURN QUERY SELECT u.id FROM unnest(v_deleted) AS u (id);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.delete(text, text[], jsonb) IS
$doc$Delete rows by their ids or by a metadata filter, and return the ids that were deleted.

Requires the privileges SELECT, UPDATE and DELETE: UPDATE, because it locks the rows in the order of their ids, so that concurrent writers cannot deadlock.

Parameters:
  collection  the collection
  ids         the ids of the rows; ids that do not exist are ignored
  filters     instead of ids: a metadata filter, which must have a condition

Errors: VS001 invalid_argument if neither or both are given, or if the filter has no condition; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.delete(text, text[], jsonb) TO PUBLIC;

-- describe_collection: describe a collection and its indexes.
CREATE OR REPLACE FUNCTION vecs.describe_collection(
    collection text
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_count record;
    v_described jsonb;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    SELECT c.row_count, c.exact INTO v_count
    FROM vecs._approximate_count(v_collection.table_id) AS c
    WHERE has_table_privilege(v_collection.table_id, 'SELECT');

    v_described := jsonb_build_object(
        'name', collection,
        'dimension', v_collection.dimension,
        'element_type', v_collection.element_type,
        'count', v_count.row_count,
        'count_is_exact', v_count.exact,
        'total_bytes', vecs._relation_bytes(v_collection.table_id, true),
        'table_bytes', vecs._relation_bytes(v_collection.table_id, false),
        'row_level_security',
            (SELECT c.relrowsecurity FROM pg_class AS c WHERE c.oid = v_collection.table_id),
        'vector_indexes', coalesce((
            SELECT jsonb_agg(
                jsonb_build_object(
                    'name', i.name,
                    'method', i.method,
                    'measure', i.measure,
                    'precision', i.index_precision,
                    'parameters', (
                        SELECT coalesce(jsonb_object_agg(o.option_name, o.option_value), '{}')
                        FROM pg_options_to_table(k.reloptions) AS o
                    ),
                    'valid', i.valid,
                    'bytes', vecs._relation_bytes(i.index_id, false),
                    'rows_when_built', vecs._rows_when_built(i.index_id),
                    'rows_now', CASE
                        WHEN i.filters IS NULL THEN v_count.row_count
                        ELSE greatest(k.reltuples, 0)::bigint
                    END
                ) || vecs._measured_when_built(i.index_id) || jsonb_strip_nulls(jsonb_build_object(
                    'partition', i.partition,
                    'missing_on', to_jsonb(i.missing),
                    'age', vecs._index_age(i.index_id, v_collection.table_id)
                )) || CASE
                    WHEN i.filters IS NULL THEN '{}' ELSE jsonb_build_object('filters', i.filters)
                END
                ORDER BY i.name
            )
            FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
            JOIN pg_class AS k ON k.oid = i.index_id
        ), '[]'),
        'metadata_indexes', coalesce((
            SELECT jsonb_agg(
                jsonb_build_object(
                    'name', m.name, 'definition', m.definition, 'valid', m.valid, 'bytes', m.bytes
                )
                ORDER BY m.name
            )
            FROM vecs._metadata_indexes(
                v_collection.table_id, v_collection.view_id IS NOT NULL
            ) AS m
        ), '[]')
    );

    v_described := v_described || coalesce((
        SELECT jsonb_build_object('text_index', jsonb_build_object(
            'key', x.key,
            'config', x.config,
            'name', x.name,
            'bytes', vecs._relation_bytes(x.index_id, false)
        ))
        FROM vecs._text_index(collection) AS x
        WHERE x.key IS NOT NULL
    ), '{}');
    IF v_collection.view_id IS NOT NULL THEN
        v_described := v_described || vecs._describe_adopted(v_collection.view_id);
    END IF;

    -- Dropped concurrently: it has no size.
    IF v_described ->> 'table_bytes' IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    END IF;
    RETURN v_described;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.describe_collection(text) IS
$doc$Describe a collection and its indexes, as JSON.

Keys:
  name, dimension, element_type
  count, count_is_exact        the number of rows, from the statistics of the last ANALYZE; counted if there are none; null without the privilege SELECT
  total_bytes, table_bytes     the size with and without indexes
  row_level_security           whether it is enabled
  vector_indexes               name, method, measure, precision (full, half, binary), parameters, valid, bytes, rows_when_built, rows_now; if measured, recall_when_built, and the ef_search or probes that searches by it use; if it should be renewed, age says why, see advise(); of a partial index also filters; of a partitioned table also partition, for the index of one, and missing_on, a list of the partitions that have no valid index for the measure
  metadata_indexes             name, definition, valid, bytes; of an adopted table all indexes but those on vectors
  text_index                   if there is one: key, config, name, bytes

An adopted table also has:
  table                                   the table that adopt() made a collection of
  id_column, vec_column, metadata_column  the name of the column, and its type; metadata_column may be null
  fields                                  the same for each field
  rows_without_vector                     how many rows no search returns

If metadata_indexes is empty, no index serves filters. CREATE INDEX ON vecs."name" USING gin (metadata jsonb_path_ops) creates the index that create_collection() makes.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.describe_collection(text) TO PUBLIC;

-- drop_collection: drop a collection and all its rows; of an adopted table, the view alone.
-- Takes ACCESS EXCLUSIVE on the collection's table, or its view.
CREATE OR REPLACE FUNCTION vecs.drop_collection(
    name text,
    if_exists boolean DEFAULT false
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(name);
    IF v_collection.view_id IS NULL THEN
        PERFORM vecs._check_not_building(name, v_collection.table_id);
    -- Wait for a session that adopts the table anew.
    ELSE
        PERFORM pg_advisory_xact_lock(
            hashtext('vecs.create_collection'), hashtext(drop_collection.name)
        );
    END IF;
    EXECUTE format(
        CASE WHEN v_collection.view_id IS NULL THEN 'DROP TABLE %s' ELSE 'DROP VIEW %s' END,
        v_collection.relation
    );
    RETURN true;
EXCEPTION
    -- There is none, or another session has just dropped it.
    WHEN undefined_table OR SQLSTATE 'VS002' THEN
        IF if_exists IS TRUE THEN
            RETURN false;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(name, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.drop_collection(text, boolean) IS
$doc$Drop a collection and all its rows. Of an adopted table only the view is dropped: the table keeps its rows and its indexes.

Returns whether it existed. Fails, as DROP TABLE does, if a view or a foreign key depends on the collection.

Parameters:
  name       the collection
  if_exists  return false instead of raising an error if there is no such collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_collection(text, boolean) TO PUBLIC;

-- drop_index: drop the vector indexes of a collection, or the one for a measure.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
CREATE OR REPLACE FUNCTION vecs.drop_index(
    collection text,
    measure text DEFAULT NULL
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_name text;
    v_schema text;
    v_detail text;
    v_hint text;
BEGIN
    IF measure IS NOT NULL THEN
        PERFORM vecs._collection(collection);
        PERFORM vecs._measure(measure);
    END IF;
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);

    FOR v_name, v_schema IN
        SELECT i.name, n.nspname
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        JOIN pg_class AS c ON c.oid = i.index_id
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE drop_index.measure IS NULL OR i.measure = drop_index.measure
    LOOP
        EXECUTE format($sql$DROP INDEX IF EXISTS %I.%I$sql$, v_schema, v_name);
        RETURN NEXT v_name;
    END LOOP;

    IF to_regclass(v_collection.relation) IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    ELSIF NOT FOUND AND measure IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS007',
            MESSAGE = format('collection "%s" has no index for %s', collection, measure),
            HINT = 'vecs.describe_collection() lists its indexes.';
    END IF;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_object OR undefined_table THEN
        IF to_regclass(v_collection.relation) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.drop_index(text, text) IS
$doc$Drop the vector index for a measure, or all vector indexes of a collection, and return the names of those dropped.

Keeps the indexes on the metadata.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance; NULL: all indexes, if there are any

Errors: VS001 invalid_argument; VS002 collection_not_found; VS007 index_not_found if no index is for the measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_index(text, text) TO PUBLIC;

-- drop_metadata_index: drop the indexes on one key of the metadata.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
CREATE OR REPLACE FUNCTION vecs.drop_metadata_index(
    collection text,
    key text DEFAULT NULL,
    path text[] DEFAULT NULL,
    kind text DEFAULT NULL
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_dropped boolean;
    v_detail text;
    v_hint text;
BEGIN
    path := vecs._check_path(key, path, kind);
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);

    v_dropped := vecs._drop_metadata_index(
        v_collection.table_id, v_collection.view_id, path, kind
    );
    IF to_regclass(v_collection.relation) IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    END IF;
    RETURN v_dropped;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_object OR undefined_table THEN
        IF to_regclass(v_collection.relation) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.drop_metadata_index(text, text, text[], text) IS
$doc$Drop the indexes that create_metadata_index() made on one key of the metadata, or on a path of keys.

Returns whether there was one.

Parameters:
  collection  the collection
  key         the key, literally
  path        instead of key: the keys from the outermost to the innermost
  kind        value, time, pattern or trigram; NULL: every kind

Errors: VS001 invalid_argument if neither or both of key and path are given, for a key that looks like an array literal ('{a,b}'), an empty path, and an unknown kind; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_metadata_index(text, text, text[], text) TO PUBLIC;

-- drop_text_index: drop the text index of a collection.
-- Takes ACCESS EXCLUSIVE on the collection's table for a moment.
CREATE OR REPLACE FUNCTION vecs.drop_text_index(
    collection text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_index record;
    v_index_id regclass;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._lock_builds(collection);
    v_collection := vecs._collection(collection);
    v_index := vecs._text_index(collection);
    IF v_index.key IS NULL THEN
        RETURN false;
    ELSIF v_collection.view_id IS NOT NULL THEN
        PERFORM vecs._lock_collection(collection, 'alter')
        WHERE v_index.is_generated;
        EXECUTE format('COMMENT ON COLUMN %s._text IS NULL', v_collection.relation);
        PERFORM vecs._set_text_column(collection, NULL::text)
        WHERE v_index.is_generated;
        -- Another collection over the table may use the same column.
        IF EXISTS (
            SELECT
            FROM vecs._collections(NULL::text) AS c
            CROSS JOIN LATERAL vecs._text_index(c.name) AS x
            WHERE c.table_id = v_collection.table_id AND x.column_name = v_index.column_name
        ) THEN
            RETURN true;
        END IF;
    END IF;
    IF v_index.is_generated THEN
        EXECUTE format(
            'ALTER TABLE %s DROP COLUMN %I', v_collection.table_id, v_index.column_name
        );
    END IF;
    FOR v_index_id IN
        SELECT i.indexrelid
        FROM pg_index AS i
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = v_collection.table_id
            AND a.attname = v_index.column_name COLLATE "C"
            AND obj_description(i.indexrelid, 'pg_class') = '{"kind": "text"}'
    LOOP
        EXECUTE format('DROP INDEX %s', v_index_id);
    END LOOP;
    RETURN true;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.drop_text_index(text) IS
$doc$Drop the text index of a collection, with the column "_text" that create_text_index() added, and return whether there was one. A column of type tsvector that an adopted table had before stays.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS008 unsupported if columns were added to an adopted table since it was adopted.$doc$;

GRANT EXECUTE ON FUNCTION vecs.drop_text_index(text) TO PUBLIC;

-- explain: run a search, and tell how it was done, why so, and what would make it faster.
-- (For jit, gin_fuzzy_search_limit and the overload for halfvec see query.)
CREATE OR REPLACE FUNCTION vecs.explain(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET quote_all_identifiers = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    -- The collection: as SQL text, the table with its rows, the view of an adopted table (NULL: it is
    -- not one) and the table behind it, the type and the dimension of its vectors.
    v_relation text;
    v_table regclass;
    v_view regclass;
    v_source regclass;
    v_type text;
    v_dimension integer;
    -- Whether row-level security may hide rows.
    v_hides_rows boolean;
    -- The index for the measure, its access method and its comment; NULL: there is none.
    v_index oid;
    v_method text;
    v_comment text;
    -- Of what precision it is: full, half, binary.
    v_precision text;
    -- The filter as SQL; NULL: there is none. Of a partial index that has the rows which match: its
    -- predicate as SQL (NULL: there is none), whether it has no others. Whether there is any partial
    -- index, and those made for the filter. The number of rows in an index, and the length of the list
    -- of candidates that was kept.
    v_filter text;
    v_partial record;
    v_predicate text;
    v_has_partial boolean;
    v_partials oid[];
    v_index_rows double precision;
    v_kept integer;
    v_is_whole boolean := false;
    -- The planner's estimates: how many rows match, and the cost of an exact search in rows.
    v_estimate text;
    v_numbers text;
    v_matches double precision;
    v_exact_cost double precision;
    v_row_count double precision;
    v_selectivity double precision;
    -- What the estimate is worth: many rows have changed since; a sample; nothing, so 15 % are assumed.
    v_is_stale boolean;
    v_sample record;
    v_is_assumed boolean := false;
    -- Whether it is a search for nothing but the nearest rows.
    v_is_plain boolean;
    -- The choice: how many candidates the index is expected to return, in lists of what length, until
    -- how many rows are found; what one of the nearest and one of the farther candidates costs, in
    -- rows; how many cost as much as an exact search. And how many rows the index has to return in a
    -- search for nothing but the nearest ones.
    v_use_index boolean := false;
    v_few_match boolean := false;
    v_candidates double precision;
    v_candidate_costs double precision[];
    v_index_cost double precision;
    v_affordable double precision;
    v_list_size integer;
    v_rows_required bigint;
    v_wanted bigint;
    -- How it is run. The distance, that by which an index of another precision orders rows (NULL: the
    -- same), and the columns vec and metadata are SQL.
    v_distance text;
    v_order text;
    v_columns text;
    v_statement text;
    v_names text[];
    v_settings text[];
    v_step jsonb;
    v_steps jsonb := '[]';
    v_why text;
    v_plan jsonb;
    v_matching bigint;
    v_detail text;
    v_hint text;
BEGIN
    IF skip > 0 AND coalesce(top_k, 10) > 0 THEN
        RETURN vecs._explain_page(
            collection, query_vec, least(coalesce(top_k, 10), 4000000000000000000), filters,
            measure, max_distance, ef_search, probes, strategy, least(skip, 4000000000000000000)
        );
    END IF;

    -- What query() does, in the same order.
    v_is_plain := filters IS NOT NULL
        AND skip = 0
        AND max_distance IS NULL
        AND probes IS NULL
        AND strategy IN ('auto', 'index')
        AND top_k BETWEEN 1 AND 833
        AND (ef_search IS NULL OR ef_search BETWEEN top_k AND 1000)
        AND query_vec IS NOT NULL
        AND octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_');
    IF v_is_plain THEN
        v_relation := format('vecs.%I', collection);
        v_table := to_regclass(v_relation);
        v_view := NULL;
        -- A view has no file, nor has a partitioned table.
        IF pg_relation_filenode(v_table) IS NULL THEN
            SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
            INTO v_view, v_source, v_dimension, v_index, v_comment
            FROM pg_rewrite AS r
            CROSS JOIN LATERAL (
                SELECT d.refobjid AS table_id
                FROM pg_depend AS d
                WHERE d.classid = 'pg_rewrite'::regclass
                    AND d.objid = r.oid
                    AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjsubid > 0
                    AND d.refobjid <> r.ev_class
                LIMIT 1
            ) AS s
            LEFT JOIN LATERAL (
                SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
                    (
            SELECT d.description
            FROM pg_description AS d
            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
        ) AS comment
                FROM pg_index AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = s.table_id
                    AND i.indisvalid
                    AND i.indpred IS NULL
                    AND i.indclass[0] >= 16384
                    AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                        LIKE '%vector_' || CASE measure
                            WHEN 'cosine_distance' THEN 'cosine_ops'
                            WHEN 'l2_distance' THEN 'l2_ops'
                            WHEN 'max_inner_product' THEN 'ip_ops'
                            WHEN 'l1_distance' THEN 'l1_ops'
                        END || '%hnsw%'
                    AND a.atttypid = pg_typeof(query_vec)
                    AND EXISTS (
                        SELECT
                        FROM pg_depend AS d
                        WHERE d.classid = 'pg_rewrite'::regclass
                            AND d.objid = r.oid
                            AND d.refclassid = 'pg_class'::regclass
                            AND d.refobjid = a.attrelid
                            AND d.refobjsubid = a.attnum
                        OFFSET 0
                    )
                LIMIT 1
            ) AS x ON true
            WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
            v_table := coalesce(v_source, v_table);
        END IF;
        v_is_plain := NOT row_security_active(v_table);
    END IF;
    IF v_is_plain THEN
        IF filters = '{}' AND v_view IS NULL THEN
            SELECT a.atttypmod, i.indexrelid, (
                SELECT d.description
                FROM pg_description AS d
                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
            )
            INTO v_dimension, v_index, v_comment
            FROM pg_index AS i
            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = v_table
                AND a.attname = 'vec'
                AND i.indisvalid
                AND i.indpred IS NULL
                AND i.indclass[0] >= 16384
                AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                    LIKE '%vector_' || CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END || '%hnsw%'
                AND a.atttypid = pg_typeof(query_vec)
            LIMIT 1;
        END IF;
        IF filters = '{}' AND v_index IS NOT NULL THEN
            v_kept := substring(
                v_comment
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                    '"ef_search": ([0-9]{1,4})[,}]'
            )::integer;
            IF ef_search IS NOT NULL
                OR top_k > 33
                OR v_kept IS NOT NULL
            THEN
                v_names := '{hnsw.ef_search}';
                v_settings := ARRAY[coalesce(ef_search, least(1000, greatest(
                    top_k,
                    ceil(1.2 * top_k),
                    coalesce(
                        greatest(
                            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                            nullif(
                                nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                            )
                        ),
                        40
                    )
                )))::text];
            END IF;
            v_wanted := top_k;
            v_statement := format(
                'SELECT t.id::text, %s, %s FROM %s AS t ORDER BY 2 LIMIT $2',
                format(
                    '(t.vec OPERATOR(%s%s) $1%s)',
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END,
                    '::' || nullif(v_type, pg_typeof(query_vec)::text)
                ),
                format(
                    '%s::%svector, %s',
                    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE
                        WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                        ELSE 'coalesce(t.metadata, ''{}'')'
                    END
                ),
                v_relation
            );
        ELSE
            v_is_plain := filters = '{}';
            IF NOT v_is_plain AND v_view IS NULL THEN
                SELECT
                    count(*) > 0,
                    array_agg(i.indexrelid) FILTER (
                        WHERE right((
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        ), length(filters::text) + 20) = format('"partial_filters": %s}', filters)
                    )
                INTO v_has_partial, v_partials
                FROM pg_index AS i
                WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
                v_is_plain := v_partials IS NOT NULL;
            END IF;
            IF v_is_plain AND v_view IS NULL THEN
                SELECT a.atttypmod, i.indexrelid, x.comment, x.index_precision,
                    (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = i.indexrelid),
                    pg_get_expr(i.indpred, i.indrelid)
                INTO v_dimension, v_index, v_comment, v_precision, v_index_rows, v_predicate
                FROM (
                    SELECT i.*
                    FROM pg_index AS i
                    WHERE i.indrelid = v_table
                        AND i.indisvalid
                        AND i.indclass[0] >= 16384
                        AND CASE
                            WHEN v_partials IS NULL THEN i.indpred IS NULL
                            ELSE i.indexrelid = ANY (v_partials)
                        END
                    OFFSET 0
                ) AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'vec'
                CROSS JOIN LATERAL (
                    SELECT
                        k.comment,
                        CASE
                            WHEN i.indkey[0] = a.attnum
                                AND k.class LIKE '%vector_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                                THEN 'full'
                            WHEN i.indkey[0] <> 0 OR starts_with(k.comment, '{"rows": ') IS NOT TRUE THEN NULL
                            WHEN k.class LIKE '%halfvec_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                                THEN 'half'
                            WHEN k.class LIKE '%bit_hamming_ops%hnsw%'
                                AND substring(
                                    k.comment
                                    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*"measure": "([a-z0-9_]+)"'
                                ) = measure
                                THEN 'binary'
                        END AS index_precision
                    FROM (
                        SELECT
                            pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0) AS class,
                            (
                                SELECT d.description
                                FROM pg_description AS d
                                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                            ) AS comment
                        OFFSET 0
                    ) AS k
                    OFFSET 0
                ) AS x
                WHERE a.atttypid = pg_typeof(query_vec)
                    AND x.index_precision IS NOT NULL
                ORDER BY i.indkey[0] DESC
                LIMIT 1;
                v_is_plain := filters = '{}' OR v_index IS NOT NULL;
            END IF;
            IF v_is_plain AND v_index IS NOT NULL THEN
                v_kept := substring(
                    v_comment
                    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                        '"ef_search": ([0-9]{1,4})[,}]'
                )::integer;
                v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                        WHEN 'binary' THEN least(
                            4000000000000000000,
                            50 + 5 * top_k::numeric
                        )
                        ELSE top_k + 5
                    END END;
                v_list_size := coalesce(ef_search, least(1000, greatest(
                    v_wanted,
                    ceil(1.2 * top_k),
                    coalesce(
                        greatest(
                            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                            nullif(
                                nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                            )
                        ),
                        40
                    )
                )));
                v_is_plain := v_wanted <= least(1000, ef_search)
                    AND v_index_rows > greatest(
                        1500,
                        12 * greatest(60, v_list_size)
                    );
                IF v_is_plain THEN
                    v_distance := format(
                        '(t.vec OPERATOR(%s%s) $1%s)',
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END,
                        '::' || nullif(v_type, pg_typeof(query_vec)::text)
                    );
                    v_order := CASE WHEN v_precision <> 'full' THEN format(
                            CASE v_precision
                                WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                    ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                            END,
                            't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END
                        ) END;
                    v_columns := format(
                        '%s::%svector, %s',
                        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE
                            WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                            ELSE 'coalesce(t.metadata, ''{}'')'
                        END
                    );
                    v_statement := format(
                        'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                        v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
                    );
                    v_names := NULL;
                    v_settings := NULL;
                    IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                        v_names := '{hnsw.ef_search}';
                        v_settings := ARRAY[v_list_size::text];
                    END IF;
                    IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                        v_names := v_names || 'enable_sort'::text;
                        v_settings := v_settings || 'off'::text;
                    END IF;
                END IF;
            END IF;
        END IF;
    END IF;
    IF v_is_plain THEN
        BEGIN
            IF v_index IS NULL THEN
                v_is_plain := EXISTS (
                    SELECT FROM pg_index AS i WHERE i.indrelid = v_table AND i.indclass[0] >= 16384
                );
                IF v_is_plain THEN
                    SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
                        x.index_id, (
                        SELECT d.description
                        FROM pg_description AS d
                        WHERE d.objoid = x.index_id AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                    )
                    INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
                    FROM vecs._search_target(collection, CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END) AS x;
                    v_kept := substring(
                        v_comment
                        FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                            '"ef_search": ([0-9]{1,4})[,}]'
                    )::integer;
                    v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END END;
                    v_list_size := coalesce(ef_search, least(1000, greatest(
                        v_wanted,
                        ceil(1.2 * top_k),
                        coalesce(
                            greatest(
                                v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                                nullif(
                                    nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                                )
                            ),
                            40
                        )
                    )));
                    v_is_plain := v_method = 'hnsw'
                        AND v_dimension = cardinality(query_vec::real[])
                        AND v_wanted <= least(1000, ef_search)
                        AND (
                            SELECT CASE
                                WHEN c.relpages > 0 AND c.reltuples >= 0
                                    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
                            END
                            FROM pg_class AS c
                            WHERE c.oid = v_table
                        ) > greatest(
                            1500,
                            12 * greatest(60, v_list_size)
                        );
                END IF;
                IF v_is_plain THEN
                    v_distance := format(
                        '(t.vec OPERATOR(%s%s) $1%s)',
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END,
                        '::' || nullif(v_type, pg_typeof(query_vec)::text)
                    );
                    v_order := CASE WHEN v_precision <> 'full' THEN format(
                            CASE v_precision
                                WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                    ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                            END,
                            't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END
                        ) END;
                    v_columns := format(
                        '%s::%svector, %s',
                        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE
                            WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                            ELSE 'coalesce(t.metadata, ''{}'')'
                        END
                    );
                    v_statement := format(
                        'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                        v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
                    );
                    v_names := NULL;
                    v_settings := NULL;
                    IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                        v_names := '{hnsw.ef_search}';
                        v_settings := ARRAY[v_list_size::text];
                    END IF;
                    IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                        v_names := v_names || 'enable_sort'::text;
                        v_settings := v_settings || 'off'::text;
                    END IF;
                END IF;
            END IF;
            IF v_is_plain THEN
                v_matches := CASE WHEN v_predicate IS NOT NULL THEN v_index_rows END;
                v_step := vecs._explain_step(
                    'nearest', v_statement, query_vec, v_wanted, NULL::double precision,
                    NULL::double precision, NULL::double precision, NULL::boolean, v_names,
                    v_settings
                );
                v_steps := v_steps || v_step;
                v_why := CASE
                    WHEN v_predicate IS NOT NULL THEN
                        'A partial index has just the rows that match, so it returns the nearest of'
                        ' them.'
                    WHEN v_step ->> 'way' = 'index' THEN
                        'There is no filter, so the index returns the nearest rows.'
                    ELSE 'There is no filter. The planner expects comparing all rows to take less'
                        ' time than the index.'
                END;
            END IF;
        EXCEPTION
            WHEN SQLSTATE 'VS002' OR data_exception OR undefined_column OR undefined_table THEN
                NULL;
        END;
    END IF;
    IF NOT coalesce((v_step ->> 'complete')::boolean, false) THEN
        FOR v_attempt IN 1..2 LOOP
            BEGIN
                IF (
                    query_vec IS NOT NULL
                    AND top_k BETWEEN 0 AND 4000000000000000000
                    AND skip = 0
                    AND max_distance IS NULL
                    AND ef_search IS NULL
                    AND probes IS NULL
                    AND strategy = 'auto'
                    AND CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END IS NOT NULL
                ) IS NOT TRUE THEN
                    -- Beyond any number of rows, and low enough not to overflow.
                    top_k := least(coalesce(top_k, 10), 4000000000000000000);
                    skip := least(coalesce(skip, 0), 4000000000000000000);
                    measure := coalesce(measure, 'cosine_distance');
                    strategy := coalesce(strategy, 'auto');
                    PERFORM vecs._check_search(
                        query_vec IS NULL, top_k, skip, measure, max_distance, ef_search, probes, strategy
                    );
                END IF;
                v_method := NULL;
                v_use_index := false;
                v_few_match := false;
                v_matches := NULL;
                v_candidates := NULL;
                IF v_attempt = 1 AND filters <> '{}' AND octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_') THEN
                    -- prepare_plain() may have found it.
                    IF v_relation IS NULL THEN
                        v_relation := format('vecs.%I', collection);
                        v_table := to_regclass(v_relation);
                        v_view := NULL;
                        -- A view has no file, nor has a partitioned table.
                        IF pg_relation_filenode(v_table) IS NULL THEN
                            SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
                            INTO v_view, v_source, v_dimension, v_index, v_comment
                            FROM pg_rewrite AS r
                            CROSS JOIN LATERAL (
                                SELECT d.refobjid AS table_id
                                FROM pg_depend AS d
                                WHERE d.classid = 'pg_rewrite'::regclass
                                    AND d.objid = r.oid
                                    AND d.refclassid = 'pg_class'::regclass
                                    AND d.refobjsubid > 0
                                    AND d.refobjid <> r.ev_class
                                LIMIT 1
                            ) AS s
                            LEFT JOIN LATERAL (
                                SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
                                    (
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        ) AS comment
                                FROM pg_index AS i
                                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                WHERE i.indrelid = s.table_id
                                    AND i.indisvalid
                                    AND i.indpred IS NULL
                                    AND i.indclass[0] >= 16384
                                    AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                                        LIKE '%vector_' || CASE measure
                                            WHEN 'cosine_distance' THEN 'cosine_ops'
                                            WHEN 'l2_distance' THEN 'l2_ops'
                                            WHEN 'max_inner_product' THEN 'ip_ops'
                                            WHEN 'l1_distance' THEN 'l1_ops'
                                        END || '%hnsw%'
                                    AND a.atttypid = pg_typeof(query_vec)
                                    AND EXISTS (
                                        SELECT
                                        FROM pg_depend AS d
                                        WHERE d.classid = 'pg_rewrite'::regclass
                                            AND d.objid = r.oid
                                            AND d.refclassid = 'pg_class'::regclass
                                            AND d.refobjid = a.attrelid
                                            AND d.refobjsubid = a.attnum
                                        OFFSET 0
                                    )
                                LIMIT 1
                            ) AS x ON true
                            WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
                            v_table := coalesce(v_source, v_table);
                        END IF;
                    END IF;
                    v_type := NULL;
                    IF v_view IS NULL THEN
                        SELECT a.atttypmod, i.indexrelid, (
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        )
                        INTO v_dimension, v_index, v_comment
                        FROM pg_index AS i
                        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                        WHERE i.indrelid = v_table
                            AND a.attname = 'vec'
                            AND i.indisvalid
                            AND i.indpred IS NULL
                            AND i.indclass[0] >= 16384
                            AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                                LIKE '%vector_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                            AND a.atttypid = pg_typeof(query_vec)
                        LIMIT 1;
                    END IF;
                    v_method := CASE WHEN v_dimension IS NOT NULL THEN 'hnsw' END;
                    v_precision := 'full';
                END IF;
                IF v_method IS NULL THEN
                    -- Keep the collection from being dropped or altered until the search is done.
                    PERFORM vecs._lock_collection(collection, 'read');
                    SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
                        x.index_id, (
                        SELECT d.description
                        FROM pg_description AS d
                        WHERE d.objoid = x.index_id AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                    )
                    INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
                    FROM vecs._search_target(collection, CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END) AS x;
                END IF;
                IF v_dimension > 0 AND v_dimension <> cardinality(query_vec::real[]) THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'VS004',
                        MESSAGE = format(
                            'the query vector has %s dimensions, collection "%s" has %s',
                            cardinality(query_vec::real[]), collection, v_dimension
                        ),
                        HINT = 'Search with vectors of the model that the collection was created for.';
                END IF;
                v_hides_rows := row_security_active(v_table);
                v_distance := format(
                    '(t.vec OPERATOR(%s%s) $1%s)',
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END,
                    '::' || nullif(v_type, pg_typeof(query_vec)::text)
                );
                v_order := CASE WHEN v_precision <> 'full' THEN format(
                        CASE v_precision
                            WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                            WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                            ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                        END,
                        't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END
                    ) END;
                v_columns := format(
                    '%s::%svector, %s',
                    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE
                        WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                        WHEN v_view IS NOT NULL THEN 'vecs._late_metadata(coalesce(t.metadata, ''{}''))'
                        ELSE 'coalesce(t.metadata, ''{}'')'
                    END
                );
                IF filters <> '{}' THEN
                    v_filter := vecs._filter_sql(filters, v_table, v_view);
                    v_predicate := NULL;
                    v_index_rows := NULL;
                    IF v_has_partial IS NULL AND v_view IS NULL THEN
                        SELECT
                            count(*) > 0,
                            array_agg(i.indexrelid) FILTER (
                                WHERE right((
                                    SELECT d.description
                                    FROM pg_description AS d
                                    WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                                ), length(filters::text) + 20) = format('"partial_filters": %s}', filters)
                            )
                        INTO v_has_partial, v_partials
                        FROM pg_index AS i
                        WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
                    END IF;
                    v_is_whole := false;
                    IF v_has_partial AND strategy <> 'exact' THEN
                        SELECT * INTO v_partial FROM vecs._partial_index(v_table, filters, measure) AS p;
                        IF v_partial.index_id IS NOT NULL THEN
                            v_predicate := v_partial.predicate;
                            v_index_rows := v_partial.row_count;
                            v_is_whole := v_partial.is_whole AND NOT v_hides_rows;
                            v_index := v_partial.index_id;
                            v_comment := (
                                SELECT d.description
                                FROM pg_description AS d
                                WHERE d.objoid = v_index AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                            );
                            v_method := v_partial.method;
                            v_precision := v_partial.index_precision;
                            v_dimension := v_partial.dimension;
                            v_order := CASE
                                WHEN v_precision <> 'full' THEN format(
                                    CASE v_precision
                                        WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                        WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                            ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                        ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                                    END,
                                    't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                                    WHEN 'cosine_distance' THEN '<=>'
                                    WHEN 'l2_distance' THEN '<->'
                                    WHEN 'max_inner_product' THEN '<#>'
                                    WHEN 'l1_distance' THEN '<+>'
                                END
                                )
                            END;
                        END IF;
                    END IF;
                END IF;

                -- A row-level security policy is a filter, too.
                IF strategy = 'exact' OR top_k = 0 THEN
                    NULL;
                ELSIF v_method IS NULL THEN
                    PERFORM vecs._notice_no_index(collection, measure);
                ELSIF v_is_whole THEN
                    -- EXPLAIN does so otherwise.
                    PERFORM vecs._lock_collection(collection, 'read');
                    v_matches := v_index_rows;
                    v_exact_cost := v_index_rows;
                    v_row_count := v_index_rows;
                    IF v_exact_cost > 1500 OR strategy = 'index' THEN
                        IF v_matches IS NULL THEN
                            v_row_count := v_exact_cost;
                            v_selectivity := 1;
                        ELSE
                            v_selectivity := CASE
                                WHEN v_is_assumed THEN 0.15
                                ELSE least(1, greatest(v_matches, 1) / v_row_count)
                            END;
                        END IF;
                        -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                        v_rows_required := CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END;
                        v_candidates := v_rows_required / v_selectivity;
                        v_kept := substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"ef_search": ([0-9]{1,4})[,}]'
                        )::integer;
                        v_list_size := coalesce(ef_search, least(1000, greatest(
                            60,
                            CASE WHEN max_distance IS NOT NULL THEN 400 END,
                            v_kept,
                            nullif(current_setting('hnsw.ef_search', true), '')::integer
                        )));
                        -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                        -- Under row-level security a search in vain is not seen early, so it may take three times as
                        -- long as expected.
                        v_candidate_costs := coalesce(
                            regexp_match(
                                v_comment,
                                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                            )::double precision[],
                            '{12, 12}'
                        );
                        v_index_cost := (
                            v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                            + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                        ) * CASE
                            WHEN v_hides_rows THEN 3
                            WHEN max_distance IS NOT NULL THEN 2
                            ELSE 1
                        END;
                        v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                        IF strategy = 'index' THEN
                            v_exact_cost := 'Infinity';
                        END IF;
                        v_affordable := (
                            least(v_exact_cost / v_candidate_costs[1], 320)
                            + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                        );
                    END IF;
                ELSIF v_filter IS NOT NULL OR v_hides_rows THEN
                    v_statement := format('EXPLAIN SELECT FROM %s AS t%s', v_relation, ' WHERE ' || v_filter);
                    EXECUTE v_statement INTO v_estimate;
                    -- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)". If the table's name has a line
                    -- break, the numbers are on another line and there is no estimate.
                    v_numbers := split_part(v_estimate, '(cost=', -1);
                    IF v_numbers ~ '^[0-9.]+ rows=[0-9]+ ' THEN
                        v_matches := split_part(split_part(v_numbers, ' rows=', 2), ' ', 1);
                        v_exact_cost := greatest(
                            v_matches,
                            split_part(split_part(v_numbers, '..', 2), ' ', 1)::double precision / CASE
                                WHEN starts_with(v_estimate, 'Seq Scan') OR starts_with(v_estimate, 'Gather')
                                    THEN 0.5
                                ELSE 4
                            END
                        );
                    ELSE
                        v_matches := 1;
                        v_exact_cost := 1;
                    END IF;
                    SELECT c.reltuples, pg_stat_get_mod_since_analyze(c.oid) > 0.2 * c.reltuples
                    INTO v_row_count, v_is_stale
                    FROM pg_class AS c
                    WHERE c.oid = v_table;
                    -- An estimate far below what the planner would read is a default, not from statistics.
                    v_is_assumed := (v_exact_cost > 1500 OR strategy = 'index') AND NOT (
                        v_row_count > 0 AND (v_matches * 3 >= v_exact_cost OR v_matches * 50 >= v_row_count)
                    );
                    -- The planner takes conditions on several keys for independent; equalities are one condition. Under
                    -- row-level security it does not look at statistics, whose values it might tell.
                    IF v_is_stale
                        OR v_is_assumed
                        OR v_filter LIKE '% AND %' AND (
                            filters::text LIKE '%"$and"%'
                            OR jsonb_array_length(jsonb_path_query_array(filters, '$.keyvalue()')) > 1
                        )
                        OR v_hides_rows
                    THEN
                        v_sample := vecs._sampled_matches(
                            collection, v_table, v_view, coalesce(v_filter, 'true'), v_matches
                        );
                        IF v_sample.matches IS NOT NULL THEN
                            v_row_count := v_sample.row_count;
                            v_exact_cost := v_exact_cost - v_matches + v_sample.matches;
                            v_matches := v_sample.matches;
                            v_is_assumed := false;
                        END IF;
                    END IF;
                    v_row_count := coalesce(v_index_rows, v_row_count);
                    IF v_exact_cost > 1500 OR strategy = 'index' THEN
                        IF v_matches IS NULL THEN
                            v_row_count := v_exact_cost;
                            v_selectivity := 1;
                        ELSE
                            v_selectivity := CASE
                                WHEN v_is_assumed THEN 0.15
                                ELSE least(1, greatest(v_matches, 1) / v_row_count)
                            END;
                        END IF;
                        -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                        v_rows_required := CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END;
                        v_candidates := v_rows_required / v_selectivity;
                        v_kept := substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"ef_search": ([0-9]{1,4})[,}]'
                        )::integer;
                        v_list_size := coalesce(ef_search, least(1000, greatest(
                            60,
                            CASE WHEN max_distance IS NOT NULL THEN 400 END,
                            v_kept,
                            nullif(current_setting('hnsw.ef_search', true), '')::integer
                        )));
                        -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                        -- Under row-level security a search in vain is not seen early, so it may take three times as
                        -- long as expected.
                        v_candidate_costs := coalesce(
                            regexp_match(
                                v_comment,
                                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                            )::double precision[],
                            '{12, 12}'
                        );
                        v_index_cost := (
                            v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                            + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                        ) * CASE
                            WHEN v_hides_rows THEN 3
                            WHEN max_distance IS NOT NULL THEN 2
                            ELSE 1
                        END;
                        v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                        IF strategy = 'index' THEN
                            v_exact_cost := 'Infinity';
                        END IF;
                        v_affordable := (
                            least(v_exact_cost / v_candidate_costs[1], 320)
                            + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                        );
                    END IF;
                    v_few_match := v_exact_cost <= 5000;
                ELSE
                    v_exact_cost := coalesce(
                        (
                            SELECT CASE
                                WHEN c.relpages > 0 AND c.reltuples >= 0
                                    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
                            END
                            FROM pg_class AS c
                            WHERE c.oid = v_table
                        ),
                        vecs._estimated_rows(collection)
                    );
                    IF v_exact_cost > 1500 OR strategy = 'index' THEN
                        IF v_matches IS NULL THEN
                            v_row_count := v_exact_cost;
                            v_selectivity := 1;
                        ELSE
                            v_selectivity := CASE
                                WHEN v_is_assumed THEN 0.15
                                ELSE least(1, greatest(v_matches, 1) / v_row_count)
                            END;
                        END IF;
                        -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                        v_rows_required := CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END;
                        v_candidates := v_rows_required / v_selectivity;
                        v_kept := substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"ef_search": ([0-9]{1,4})[,}]'
                        )::integer;
                        v_list_size := coalesce(ef_search, least(1000, greatest(
                            60,
                            CASE WHEN max_distance IS NOT NULL THEN 400 END,
                            v_kept,
                            nullif(current_setting('hnsw.ef_search', true), '')::integer
                        )));
                        -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                        -- Under row-level security a search in vain is not seen early, so it may take three times as
                        -- long as expected.
                        v_candidate_costs := coalesce(
                            regexp_match(
                                v_comment,
                                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                            )::double precision[],
                            '{12, 12}'
                        );
                        v_index_cost := (
                            v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                            + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                        ) * CASE
                            WHEN v_hides_rows THEN 3
                            WHEN max_distance IS NOT NULL THEN 2
                            ELSE 1
                        END;
                        v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                        IF strategy = 'index' THEN
                            v_exact_cost := 'Infinity';
                        END IF;
                        v_affordable := (
                            least(v_exact_cost / v_candidate_costs[1], 320)
                            + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                        );
                    END IF;
                END IF;
                -- It may have been dropped and created again in the meantime.
                EXIT WHEN to_regclass(v_relation) = coalesce(v_view, v_table);
            EXCEPTION
                WHEN SQLSTATE 'VS000' THEN
                    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                    IF v_detail = '' THEN
                        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                    END IF;
                    RAISE EXCEPTION USING
                        ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
                -- It was dropped concurrently.
                WHEN undefined_table THEN
                    IF v_attempt = 2 THEN
                        RAISE;
                    END IF;
            END;
        END LOOP;
        v_plan := jsonb_build_object(
            'method', v_method,
            'use_index', v_use_index,
            'expected_rows', v_matches,
            'row_count', v_row_count,
            'is_assumed', v_is_assumed,
            'rows_required', v_rows_required,
            'candidates', v_candidates,
            'is_whole', v_is_whole
        );
        v_why := CASE
            WHEN v_step IS NULL THEN vecs._explain_why(v_plan, top_k, measure, strategy)
            ELSE format(
                '%s It found only %s of %s rows, so %s followed.',
                v_why, v_step ->> 'rows', v_wanted,
                CASE
                    WHEN v_use_index THEN 'a longer search by the index'
                    ELSE 'an exact search'
                END
            )
        END;
        IF v_use_index
            AND v_is_whole
            AND v_predicate IS NOT NULL
            AND v_method = 'hnsw'
            AND max_distance IS NULL
            AND v_rows_required <= least(1000, ef_search) THEN
            v_kept := substring(
                v_comment
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                    '"ef_search": ([0-9]{1,4})[,}]'
            )::integer;
            v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                    WHEN 'binary' THEN least(
                        4000000000000000000,
                        50 + 5 * top_k::numeric
                    )
                    ELSE top_k + 5
                END END;
            v_list_size := coalesce(ef_search, least(1000, greatest(
                v_wanted,
                ceil(1.2 * top_k),
                coalesce(
                    greatest(
                        v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                        nullif(
                            nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                        )
                    ),
                    40
                )
            )));
            v_statement := format(
                'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
            );
            v_names := NULL;
            v_settings := NULL;
            IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                v_names := '{hnsw.ef_search}';
                v_settings := ARRAY[v_list_size::text];
            END IF;
            IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                v_names := v_names || 'enable_sort'::text;
                v_settings := v_settings || 'off'::text;
            END IF;
            v_step := vecs._explain_step(
                'nearest', v_statement, query_vec, v_wanted, NULL::double precision,
                NULL::double precision, NULL::double precision, NULL::boolean, v_names, v_settings
            );
            v_steps := v_steps || v_step;
        END IF;
        IF v_use_index AND NOT coalesce((v_step ->> 'complete')::boolean, false) THEN
            v_statement := format(
                'SELECT t.id::text, %s, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                -- So is the distance of those, where the index has not computed it.
                CASE
                    WHEN v_order IS NULL OR v_filter IS NULL THEN v_distance
                    ELSE format('CASE WHEN %s THEN %s ELSE ''Infinity'' END', v_filter, v_distance)
                END,
                -- Metadata of rows that match is enough.
                CASE
                    WHEN v_view IS NULL OR v_filter IS NULL THEN v_columns
                    ELSE replace(
                        v_columns,
                        'vecs._late_metadata(coalesce(t.metadata, ''{}''))',
                        format('CASE WHEN %s THEN coalesce(t.metadata, ''{}'') END', v_filter)
                    )
                END,
                coalesce(v_filter, 'true'),
                v_relation,
                ' WHERE ' || v_predicate,
                coalesce(v_order, '2')
            );
            IF v_method = 'hnsw' THEN
                v_names := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan,hnsw.max_scan_tuples}';
                -- The last one limits the rows whose distance is computed.
                v_settings := ARRAY[
                    'off',
                    v_list_size::text,
                    'relaxed_order',
                    least(2000000000, ceil(CASE
                        WHEN v_hides_rows AND strategy = 'auto' THEN v_index_cost
                        ELSE greatest(20000, v_exact_cost)
                    END))::text
                ];
            ELSE
                v_names := '{enable_sort,ivfflat.probes,ivfflat.iterative_scan}';
                v_settings := ARRAY[
                    'off',
                    coalesce(probes, greatest(
                        -- The vecs client uses 10.
                        coalesce(substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"probes": ([0-9]{1,5})[,}]'
                        )::integer, 10),
                        nullif(current_setting('ivfflat.probes', true), '')::integer
                    ))::text,
                    'relaxed_order'
                ];
            END IF;
            v_step := vecs._explain_step(
                'candidates', v_statement, query_vec, v_rows_required, max_distance, v_selectivity,
                v_affordable, v_method = 'hnsw' AND v_precision <> 'binary' AND strategy = 'auto', v_names, v_settings
            );
            v_steps := v_steps || v_step;
            IF NOT (v_step ->> 'complete')::boolean THEN
                v_use_index := false;
                v_why := format(
                    '%s It found only %s of the %s rows that it had to find, so an exact search'
                    ' followed.',
                    v_why, v_step ->> 'rows', v_rows_required
                );
            END IF;
        END IF;
        IF NOT v_use_index THEN
            v_steps := v_steps || vecs._explain_step(
                'exact', format(
                    'SELECT t.id::text, %1$s + 0, %2$s FROM %3$s AS t%4$s ORDER BY 2, 1 LIMIT $2',
                    v_distance,
                    v_columns,
                    v_relation,
                    ' WHERE ' || CASE
                        WHEN max_distance IS NOT NULL THEN concat_ws(
                            ' AND ', '(' || v_filter || ')', v_distance || ' <= $3'
                        )
                        -- Rows of an adopted table may have no vector.
                        WHEN v_view IS NOT NULL THEN concat_ws(' AND ', '(' || v_filter || ')', 't.vec IS NOT NULL')
                        WHEN v_few_match AND v_filter LIKE 'metadata @> ''%'''
                            AND v_filter NOT LIKE 'metadata @> ''%''%'''
                            THEN format('metadata @> (SELECT %s::jsonb)', substr(v_filter, 13))
                        ELSE v_filter
                    END
                ), query_vec, top_k,
                max_distance, NULL::double precision, NULL::double precision, NULL::boolean,
                CASE WHEN v_few_match THEN '{max_parallel_workers_per_gather}'::text[] END,
                CASE WHEN v_few_match THEN '{0}'::text[] END
            );
        END IF;
    END IF;

    EXECUTE format(
        $sql$SELECT count(*) FROM (SELECT FROM %s AS t WHERE (%s)%s LIMIT 100000) AS m$sql$,
        v_relation,
        vecs._filter_sql(filters, NULL::regclass, v_view),
        CASE WHEN v_view IS NOT NULL THEN ' AND t.vec IS NOT NULL' END
    ) INTO v_matching;

    RETURN jsonb_build_object(
        'strategy', v_steps -> -1 -> 'way',
        'why', v_why,
        'rows', least(top_k, (v_steps -> -1 ->> 'rows')::bigint),
        'milliseconds', (
            SELECT sum((s.step ->> 'milliseconds')::numeric)
            FROM jsonb_array_elements(v_steps) AS s (step)
        ),
        'matching_rows', v_matching,
        'matching_rows_is_exact', v_matching < 100000,
        'expected_rows', v_matches,
        'index', vecs._explain_index(collection, v_steps -> -1 -> 'plan'),
        'steps', v_steps,
        'advice', to_jsonb(ARRAY(
            SELECT vecs._explain_advice(
                collection, coalesce(measure, 'cosine_distance'), filters, v_matches, v_steps,
                v_matching
            )
        ))
    );
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.explain(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Run a search as query() does, and describe how it was done, why so, and what would make it faster, as JSON.

Keys:
  strategy         index or exact: which search gave the result
  why              the reason, in words
  rows             the number of rows in the result
  milliseconds     the time of all steps
  matching_rows    the number of rows that match the filter, counted up to 100,000
  matching_rows_is_exact  whether that is their number
  expected_rows    how many were expected: the planner's estimate, corrected by a look at some rows where it is doubtful
  index            the vector index that gave the result, or null
  steps            each search that was tried: way, rows, complete, milliseconds, settings, sql (in which $1 is the vector, $2 how many rows or, of a search by the index with a filter, how many candidates it may read, and $3 max_distance) and plan
  advice           a list of sentences, with the statements to run

vecs.explain_text() shows the same as text.

  SELECT jsonb_pretty(vecs.explain('docs', '[0.1,0.2,0.3]', 10, '{"year": {"$gte": 2012}}'));

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for query(); a page is cut from several searches, of which the last and largest is described

Errors: VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, as query().$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.explain(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN vecs.explain(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip
    );
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.explain(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$For a halfvec: run a search, and describe how it was done, as JSON.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for query()

Errors: VS001, VS002, VS004, VS005, as explain() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- explain_text: run a search, and describe how it was done as lines of text.
-- (For the overload for halfvec see query.)
CREATE OR REPLACE FUNCTION vecs.explain_text(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY SELECT vecs._explain_text(vecs.explain(
        collection, query_vec, top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy, skip
    ));
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.explain_text(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Run a search as query() does, and describe how it was done, why so, and what would make it faster, as lines of text.

Shows what explain() returns, for reading in psql:

  SELECT vecs.explain_text('docs', '[0.1,0.2,0.3]', 10, '{"year": {"$gte": 2012}}');

In the SQL of a step, $1 is the vector, $2 top_k or, of a search by the index with a filter, how many candidates it may read, and $3 max_distance.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for explain()

Errors: VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, as query().$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain_text(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.explain_text(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY SELECT vecs._explain_text(vecs.explain(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip
    ));
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.explain_text(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$For a halfvec: run a search, and describe how it was done, as lines of text.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for explain()

Errors: VS001, VS002, VS004, VS005, as explain_text() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain_text(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- facet: count the rows by the values of one key.
CREATE OR REPLACE FUNCTION vecs.facet(
    collection text,
    key text,
    filters jsonb DEFAULT '{}',
    top_k bigint DEFAULT 10
)
RETURNS TABLE (
    value jsonb,
    rows bigint
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_predicate text;
    v_value text := 't.metadata -> $1';
    v_statement text;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF key IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'key must not be null',
            HINT = 'Name a key of the metadata.';
    END IF;
    PERFORM vecs._check_search(
        false, coalesce(top_k, 10), 0::bigint, 'cosine_distance'::text, NULL::double precision,
        NULL::bigint, NULL::bigint, 'auto'::text
    );
    v_predicate := vecs._filter_sql(
        nullif(filters, '{}'), v_collection.table_id, v_collection.view_id
    );
    IF vecs._fields(v_collection.view_id, NULL::jsonb) -> 'fields' ? key THEN
        v_value := format('to_jsonb(t.%I)', key);
    END IF;
    v_statement := format(
        $sql$
        SELECT e.value, count(*)
        FROM (SELECT %s AS value FROM %s AS t%s OFFSET 0) AS k
        CROSS JOIN LATERAL (
            SELECT k.value WHERE jsonb_typeof(k.value) <> 'array'
            UNION ALL
            SELECT DISTINCT a.value
            FROM jsonb_array_elements(
                CASE jsonb_typeof(k.value) WHEN 'array' THEN k.value END
            ) AS a (value)
        ) AS e
        GROUP BY 1
        ORDER BY 2 DESC, 1
        LIMIT $2
        $sql$,
        v_value, v_collection.relation, ' WHERE ' || v_predicate
    );
    RETURN QUERY EXECUTE v_statement USING key, coalesce(top_k, 10);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.facet(text, text, jsonb, bigint) IS
$doc$Count the rows that match a metadata filter by the values that they have under a key, and return the most frequent values, ordered by the number of rows, then value.

Each element of an array is a value of its own, and counts once for a row. A stored null is a value; rows without the key are not counted. The numbers are exact: all matching rows are read.

Parameters:
  collection  the collection
  key         the key, literally; of an adopted table also a field
  filters     a metadata filter, see filter_sql(); {} matches all rows
  top_k       the number of values to return

Errors: VS001 invalid_argument for a NULL collection or key, and for a negative top_k; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.facet(text, text, jsonb, bigint) TO PUBLIC;

-- fetch: fetch rows of a collection by their ids.
CREATE OR REPLACE FUNCTION vecs.fetch(
    collection text,
    ids text[]
)
RETURNS TABLE (
    id text,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_key jsonb;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF ids IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'ids must not be null',
            HINT = 'Pass an array of ids; an empty one gives no rows.';
    END IF;

    IF v_collection.view_id IS NOT NULL THEN
        v_key := vecs._fields(v_collection.view_id, '{}'::jsonb) -> 'key';
        ids := vecs._readable_keys(ids, v_key);
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.vec::%2$svector, coalesce(t.metadata, '{}')
        FROM (
            SELECT u.id, min(u.position) AS position
            FROM unnest($1) WITH ORDINALITY AS u (id, position)
            GROUP BY u.id
        ) AS w
        JOIN %1$s AS t ON t.id = w.id%3$s
        ORDER BY w.position
        $sql$,
        v_collection.relation,
        v_collection.pgvector,
        CASE WHEN v_key IS NOT NULL THEN concat(' AND ', vecs._keys_predicate(v_key)) END
    ) USING ids;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.fetch(text, text[]) IS
$doc$Return rows of a collection by their ids, each once, in the order of ids.

Ids that do not exist are left out.

Parameters:
  collection  the collection
  ids         the ids; {} returns no rows

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.fetch(text, text[]) TO PUBLIC;

-- filter_sql: compile a metadata filter to a SQL predicate.
-- This is the only place where a caller's values become SQL text, each of them as a quoted literal.
CREATE OR REPLACE FUNCTION vecs.filter_sql(
    filters jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
    v_predicate text;
    v_compiled record;
BEGIN
    v_text := filters::text;
    IF filters IS NULL OR v_text = '{}' THEN
        v_predicate := 'true';
    ELSIF length(v_text) <= 1000 THEN
        -- {"k": {"$eq": 1}} is {"k": 1}. In the text of a jsonb, a string has no unescaped quote.
        IF position('{"$eq":' IN v_text) > 0 THEN
            v_text := regexp_replace(
                v_text, E'[{]"[$]eq": ("[^"\\\\{}$[]*"|[-0-9.]+|true|false|null)[}]', E'\\1', 'g'
            );
        END IF;
        -- None of these characters but the outermost braces: no nesting, no operator, no $id.
        IF starts_with(v_text, '{')
            AND length(translate(v_text, '[]{}$', '')) = length(v_text) - 2
        THEN
            v_predicate := format('metadata @> %L', v_text);
        END IF;
    END IF;
    IF v_predicate IS NOT NULL THEN
        RETURN v_predicate;
    END IF;

    v_compiled := vecs._filter_node(
        filters, '{}'::text[], NULL::text, 0, 1, NULL::text[], 'id', NULL::jsonb
    );
    IF v_compiled.fault[3] IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS005',
            MESSAGE = v_compiled.fault[1],
            HINT = v_compiled.fault[2],
            DETAIL = v_compiled.fault[3];
    ELSIF v_compiled.fault IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS005',
            MESSAGE = v_compiled.fault[1],
            HINT = v_compiled.fault[2];
    END IF;
    IF v_text ~ '"(eq|ne|gt|gte|lt|lte|between|in|nin|contains|any|all|exists|like|ilike|startswith|time|and|or|nor|not)": ' THEN
        PERFORM vecs._notice_bare_operator(filters);
    END IF;
    RETURN v_compiled.predicate;
END
$fn$;

COMMENT ON FUNCTION vecs.filter_sql(jsonb) IS
$doc$Compile a metadata filter to a SQL predicate over a column metadata and, with $id, a column id, safe to paste into your own SQL.

A filter is a JSON object. Several keys, and several operators under one key, are joined by AND. {} and NULL match all rows.

  {"k": v}                     short for {"k": {"$eq": v}}; v is a scalar or a list
  {"k": {"sub": {...}}}        a nested path; a path never enters an array
  $eq, $ne                     equality of JSON values; null is a stored null; $ne excludes rows without the key
  $gt, $gte, $lt, $lte         numbers with numbers, strings with strings, booleans with booleans
  $between                     [a, b], both included
  $in, $nin                    one of, none of a list of scalars; $nin excludes rows without the key
  $contains                    a stored array contains a scalar
  $any, $all                   a stored array contains any, all of a list of scalars
  $exists                      true or false: whether the key exists
  $like, $ilike, $startswith   patterns on strings
  {"$id": "a"}                 the row's id: a string, or $eq, $ne, $in, $nin, $startswith or $not, with strings
  {"$time": "2024-05-31"}      an operand of $eq, $ne, $gt, $gte, $lt, $lte, $between, or an element of $in, $nin
  $and, $or, $nor              a list of filters
  $not                         a filter, or operators under a key: the full complement

Times: with an operand {"$time": "2024-05-31T09:00:00+02:00"} an operator reads the stored string as an instant, too. Both are ISO 8601. A date means its midnight. A time has hours and minutes, and may have seconds and a fraction (2024-05-31, 2024-05-31T09:00, 2024-05-31 09:00:00.25Z). A zone is Z or an offset of less than 16 hours, such as +02, +0200 or +02:00; without one the time is in UTC. Years go from 0001 to 9999, fractions are cut to microseconds, 24:00 is the midnight after, and a leap second the second after. A stored value that is not an instant does not match, except with $ne and $nin, which match any existing value that is not that instant. {"k": {"$time": "..."}} is short for {"k": {"$eq": {"$time": "..."}}}. Both ends of $between must be times, and the elements of $in and $nin may be mixed. Elsewhere, as in $contains, a time is an error.

Ids: $id stands where a key would, outside of all keys. A list may have thousands of ids. The primary key serves $eq and $in, and $startswith if the ids' collation is C. $ne and $nin match every other row.

Limits: a filter has at most 64 levels and 10,000 operators; elements of a list are not operators. The predicate has at most about 10,000 conditions, so that no filter takes minutes. An $in or $any of up to 20 elements counts one for each. Under $or, $nor and $not everything counts four times. Some operators count more than once: $between, patterns, equality of lists and objects, and most of all times and a long $any. In a list of more than 20 filters, those on the same key with equality, a short $in, $contains, $any or a bound count as one.

A key that is an operator's name without its $ stays a key. If its value is one that the operator takes, the notice VSW02 asks whether the operator was meant.

Parameters:
  filters  the filter

Errors: VS005 invalid_filter for everything else; the message has the location of the fault, such as $and[1].year.$gr.$doc$;

GRANT EXECUTE ON FUNCTION vecs.filter_sql(jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.filter_sql(
    filters jsonb,
    collection text
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
BEGIN
    v_collection := vecs._collection(collection);
    RETURN vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
END
$fn$;

COMMENT ON FUNCTION vecs.filter_sql(jsonb, text) IS
$doc$Compile a metadata filter to a SQL predicate over a collection's rows, so that its indexes serve it, safe to paste into your own SQL.

The predicate is over the columns of the table vecs."name", or of an adopted table over those of the view vecs."name", which has each field under its name: SELECT ... FROM vecs."name" WHERE followed by the predicate.

Parameters:
  filters     the filter, as for filter_sql() without a collection
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.filter_sql(jsonb, text) TO PUBLIC;

-- has_index: test whether a valid vector index covers a measure.
CREATE OR REPLACE FUNCTION vecs.has_index(
    collection text,
    measure text
)
RETURNS boolean
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._measure(measure);
    RETURN EXISTS (
        SELECT
        FROM vecs._collection(collection) AS c
        CROSS JOIN LATERAL vecs._vector_indexes(c.table_id, c.vec_column) AS i
        WHERE i.measure = has_index.measure AND i.valid AND i.filters IS NULL
    );
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.has_index(text, text) IS
$doc$Return whether a collection has a valid vector index that covers a measure.

Parameters:
  collection  the collection
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance

Errors: VS001 invalid_argument; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.has_index(text, text) TO PUBLIC;

-- help: show the functions of this layer, or the page of one, in psql.
-- Two functions, not one with a default: the first returns a table, the second lines of text.

CREATE OR REPLACE FUNCTION vecs.help()
RETURNS TABLE (
    chapter text,
    function text,
    arguments text,
    summary text
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.chapter,
        p.proname::text,
        a.required || CASE
            WHEN p.pronargdefaults > 3
                THEN format(' [, %s, ...]', array_to_string(a.optional[:3], ', '))
            WHEN p.pronargdefaults > 0
                THEN format(' [, %s]', array_to_string(a.optional, ', '))
            ELSE ''
        END,
        split_part(d.description, E'\n', 1)
    FROM (
        VALUES
            (1, 'Collections'::text, ARRAY[
                'create_collection',
                'adopt',
                'drop_collection',
                'list_collections',
                'describe_collection',
                'truncate_collection',
                'rename_collection',
                'swap_collections'
            ]),
            (2, 'Rows'::text, ARRAY[
                'upsert',
                'upsert_many',
                'update_metadata',
                'fetch',
                'scan',
                'count_rows',
                'delete',
                'claim_missing'
            ]),
            (3, 'Search'::text, ARRAY[
                'query',
                'query_many',
                'query_by_id',
                'query_by_ids',
                'query_groups',
                'query_mmr',
                'facet',
                'explain',
                'explain_text',
                'recall'
            ]),
            (4, 'Text'::text, ARRAY[
                'create_text_index',
                'drop_text_index',
                'text_query',
                'hybrid_query'
            ]),
            (5, 'Filters'::text, ARRAY[
                'filter_sql',
                'matches'
            ]),
            (6, 'Indexes'::text, ARRAY[
                'advise',
                'tune',
                'create_index',
                'create_index_sql',
                'index_progress',
                'drop_index',
                'has_index',
                'create_metadata_index',
                'drop_metadata_index'
            ]),
            (7, 'The layer itself'::text, ARRAY[
                'help',
                'version'
            ])
    ) AS c (position, chapter, functions)
    CROSS JOIN LATERAL unnest(c.functions) WITH ORDINALITY AS f (name, position)
    JOIN pg_namespace AS n ON n.nspname = 'vecs'
    JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.proname = f.name COLLATE "C"
    CROSS JOIN LATERAL (
        SELECT
            coalesce(array_to_string(p.proargnames[:p.pronargs - p.pronargdefaults], ', '), ''),
            p.proargnames[p.pronargs - p.pronargdefaults + 1:p.pronargs]
    ) AS a (required, optional)
    CROSS JOIN LATERAL obj_description(p.oid, 'pg_proc') AS d (description)
    -- Neither overloads of others, which have no comment, nor the forms for halfvec, whose first
    -- parameter has no name.
    WHERE d.description IS NOT NULL AND coalesce(p.proargnames[1] <> '', true)
    ORDER BY c.position, f.position, p.pronargs;
$fn$;

COMMENT ON FUNCTION vecs.help() IS
$doc$List the functions of this layer with their arguments and what they do, by chapter.

Optional arguments are in brackets. vecs.help('query') prints the page of one function.$doc$;

GRANT EXECUTE ON FUNCTION vecs.help() TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.help(
    name text
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- "query", "vecs.query" and "vecs.query()" mean the same.
    v_name text := lower(regexp_replace(btrim(name), '^vecs[.]|[(].*$', '', 'gi'));
    v_names text[];
BEGIN
    RETURN QUERY
    SELECT w.line
    FROM (
        SELECT
            row_number() OVER (
                ORDER BY p.proargnames[1] = '', p.pronargs, p.oid::regprocedure::text
            ) AS position,
            -- The forms for halfvec have the parameters of the form before them.
            CASE
                WHEN p.proargnames[1] = ''
                    THEN split_part(d.description, E'\n\nParameters:', 1)
                ELSE concat(vecs._function_signature(p.oid), E'\n\n', d.description)
            END AS content
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        CROSS JOIN LATERAL obj_description(p.oid, 'pg_proc') AS d (description)
        WHERE n.nspname = 'vecs'
            AND p.proname = v_name COLLATE "C"
            AND d.description IS NOT NULL
    ) AS f
    CROSS JOIN LATERAL vecs._wrap_text(
        CASE WHEN f.position > 1 THEN E'\n\n' ELSE '' END || f.content, 80
    ) WITH ORDINALITY AS w (line, position)
    ORDER BY f.position, w.position;
    IF FOUND THEN
        RETURN;
    END IF;

    v_names := ARRAY(SELECT DISTINCT h.function FROM vecs.help() AS h ORDER BY h.function);
    RAISE EXCEPTION USING
        ERRCODE = 'VS001',
        MESSAGE = CASE
            WHEN name IS NULL THEN 'name must not be null'
            ELSE format('there is no function "%s"', left(name, 100))
        END,
        HINT = concat(
            'Did you mean ' || coalesce(
                (
                    SELECT string_agg(format('"%s"', u.name), ', ' ORDER BY u.name)
                    FROM unnest(v_names) AS u (name)
                    WHERE v_name <> '' AND position(v_name IN u.name) > 0
                ),
                '"' || vecs._closest_match(coalesce(v_name, ''), v_names) || '"'
            ) || '? ',
            'SELECT * FROM vecs.help(); lists the functions.'
        );
END
$fn$;

COMMENT ON FUNCTION vecs.help(text) IS
$doc$Print the page of a function: its parameters with types and defaults, and its COMMENT.

  SELECT vecs.help('query');

Parameters:
  name  the name of a function

Errors: VS001 invalid_argument if there is no function with that name.$doc$;

GRANT EXECUTE ON FUNCTION vecs.help(text) TO PUBLIC;

-- hybrid_query: return the best rows for a vector and a text together.
-- Pages are cut from one list, as _search_page() does: first the rows of the first page's searches,
-- then others of larger ones.
CREATE OR REPLACE FUNCTION vecs.hybrid_query(
    collection text,
    query_vec vector,
    query_text text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    fusion text DEFAULT 'rrf',
    weights double precision[] DEFAULT '{1,1}',
    candidates bigint DEFAULT NULL,
    match text DEFAULT 'any',
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    score double precision,
    distance double precision,
    text_score double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_skip bigint := least(coalesce(skip, 0), 4000000000000000000);
    v_fusion text := coalesce(fusion, 'rrf');
    v_weights double precision[] := coalesce(weights, '{1,1}');
    v_match text := coalesce(match, 'any');
    v_strategy text := coalesce(strategy, 'auto');
    v_configs regconfig[];
    v_messages text := current_setting('client_min_messages');
    v_size bigint;
    v_ids text[] := '{}';
    v_scores double precision[] := '{}';
    v_distances double precision[] := '{}';
    v_text_scores double precision[] := '{}';
    v_new record;
    v_first integer;
    v_last integer;
    v_detail text;
    v_hint text;
BEGIN
    measure := coalesce(measure, 'cosine_distance');
    PERFORM vecs._check_search(
        query_vec IS NULL, v_top_k, v_skip, measure, NULL::double precision, ef_search, probes,
        v_strategy
    );
    PERFORM vecs._check_fusion(v_fusion, v_weights, candidates);
    v_configs := vecs._check_text(collection, query_text, v_match, filters);
    v_size := least(
        4000000000000000000, coalesce(candidates, greatest(20, 2 * v_top_k))
    );
    LOOP
        SELECT
            count(*) FILTER (WHERE r.is_nearest) AS found,
            array_agg(r.id ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS ids,
            array_agg(r.score ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS scores,
            array_agg(r.distance ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS distances,
            array_agg(r.text_score ORDER BY r.position) FILTER (WHERE k.id IS NULL) AS text_scores
        INTO v_new
        FROM vecs._hybrid_rows(
            collection, v_configs, query_vec, query_text, coalesce(filters, '{}'), measure,
            v_fusion, v_weights, v_match, ef_search, probes, v_strategy, v_size
        ) WITH ORDINALITY AS r (id, score, distance, text_score, is_nearest, position)
        LEFT JOIN unnest(v_ids) AS k (id) ON k.id = r.id;
        PERFORM set_config('client_min_messages', CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END, true);
        v_ids := v_ids || v_new.ids;
        v_scores := v_scores || v_new.scores;
        v_distances := v_distances || v_new.distances;
        v_text_scores := v_text_scores || v_new.text_scores;
        EXIT WHEN v_new.found < v_size OR cardinality(v_ids) >= v_skip + v_top_k;
        v_size := 10 ^ greatest(2, ceil(log(v_size::numeric + 1)));
    END LOOP;
    PERFORM set_config('client_min_messages', v_messages, true);

    v_first := least(v_skip, cardinality(v_ids)) + 1;
    v_last := least(v_skip + v_top_k, cardinality(v_ids));
    RETURN QUERY
    SELECT
        f.id,
        u.score,
        u.distance,
        u.text_score,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(
        v_ids[v_first:v_last], v_scores[v_first:v_last], v_distances[v_first:v_last],
        v_text_scores[v_first:v_last]
    ) WITH ORDINALITY AS u (id, score, distance, text_score, position)
    JOIN vecs.fetch(collection, v_ids[v_first:v_last]) AS f ON f.id = u.id
    ORDER BY u.position;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.hybrid_query(text, vector, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) IS
$doc$Return the best rows for a vector and a text together, among those that match a metadata filter: what is near in meaning, and what has the words. Ordered by score, the best first.

Searches for the nearest rows as query() does, and for the words as text_query() does, and combines the two. Returns min(top_k, matching rows) rows, as query() does. Each row has its distance; text_score is that of text_query(), or NULL for a row that is not among the candidates of the text. A score is comparable within one search only. If no word of the text is indexed, the vector alone decides, and the notice VSW06 says so.

The collection needs a text index, see create_text_index().

Fusion:
  rrf       by ranks: adds weight / (2 + rank) for both searches; ranks start at 0
  relative  by scores: weight times the score, from 0 for the last candidate of a search to 1 for its first

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  query_text        the words to search for, most often the text that the vector was made of
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  fusion            rrf or relative
  weights           the weights of the vector and of the text
  candidates        the number of rows that each of the two searches contributes; NULL: 20, or twice top_k if that is more
  match             any, all, web or fuzzy, as for text_query()
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from the number of candidates
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          as for query(): auto, exact or index
  skip              leave out so many of the best rows, for pages: with the same top_k, pages fit together without a gap or a row twice, as long as nothing is written between them

Errors: VS001 invalid_argument for a NULL collection, vector or text, a negative top_k or skip, an unknown measure, fusion, match or strategy, weights that are not two numbers of at least 0, or both 0, and candidates below 1; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter; VS007 index_not_found if the collection has no text index; VS008 unsupported for fuzzy without the extension pg_trgm.$doc$;

GRANT EXECUTE ON FUNCTION vecs.hybrid_query(text, vector, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.hybrid_query(
    information_schema.character_data,
    query_vec halfvec,
    query_text text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    fusion text DEFAULT 'rrf',
    weights double precision[] DEFAULT '{1,1}',
    candidates bigint DEFAULT NULL,
    match text DEFAULT 'any',
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    score double precision,
    distance double precision,
    text_score double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY
    SELECT q.id, q.score, q.distance, q.text_score, q.vec, q.metadata
    FROM vecs.hybrid_query(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], query_text, top_k,
        filters, measure, include_metadata, include_vec, fusion, weights, candidates, match,
        ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.hybrid_query(information_schema.character_data, halfvec, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) IS
$doc$For a halfvec: return the best rows for a vector of half precision and a text together.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  query_text        as for hybrid_query()
  top_k             as for hybrid_query()
  filters           as for hybrid_query()
  measure           as for hybrid_query()
  include_metadata  as for hybrid_query()
  include_vec       as for hybrid_query()
  fusion            as for hybrid_query()
  weights           as for hybrid_query()
  candidates        as for hybrid_query()
  match             as for hybrid_query()
  ef_search         as for hybrid_query()
  probes            as for hybrid_query()
  strategy          as for hybrid_query()
  skip              as for hybrid_query()

Errors: VS001, VS002, VS004, VS005, VS007, VS008, as hybrid_query() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.hybrid_query(information_schema.character_data, halfvec, text, bigint, jsonb, text, boolean, boolean, text, double precision[], bigint, text, bigint, bigint, text, bigint) TO PUBLIC;

-- index_progress: tell how far the builds of indexes are that run now.
-- The rows of an index that another session builds in a transaction are not visible, so it has no
-- name here.
-- An index of a partitioned table is built one partition after the other. Only how many are done is
-- known, so each counts alike. When one has just been done, what the server says of the next is
-- still said of this one: then there is no percentage.
CREATE OR REPLACE FUNCTION vecs.index_progress(
    collection text DEFAULT NULL
)
RETURNS TABLE (
    name text,
    index text,
    phase text,
    percent double precision,
    rows_done bigint,
    rows_total bigint,
    seconds double precision,
    seconds_left double precision
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    -- Else a transaction would see the same at each call.
    PERFORM pg_stat_clear_snapshot();
    IF index_progress.collection IS NOT NULL THEN
        PERFORM vecs._collection(index_progress.collection);
    END IF;

    RETURN QUERY
    SELECT
        b.name,
        b.index,
        b.phase,
        round((100 * b.share)::numeric, 1)::double precision,
        b.rows_done,
        b.rows_total,
        round(b.seconds::numeric, 1)::double precision,
        -- The more rows a graph has, the longer the next one takes: the time grows with the rows to
        -- the power of 1.2 (measured with 117,159 vectors of 384 dimensions).
        round((b.seconds * (power(
            1 / b.share, CASE WHEN b.is_graph THEN 1.2 ELSE 1 END
        ) - 1))::numeric, 1)::double precision
    FROM (
        SELECT
            s.name, s.index, s.phase, s.rows_done, s.rows_total, s.seconds,
            s.is_graph AND s.partitions IS NULL AS is_graph,
            nullif(CASE
                WHEN s.partitions IS NULL THEN s.share
                WHEN s.partitions_done >= s.partitions THEN 0.99
                WHEN s.is_done THEN NULL
                ELSE least(0.99, (s.partitions_done + coalesce(s.share, 0)) / s.partitions)
            END, 0) AS share
        FROM (
            SELECT
                c.name,
                k.relname::text AS index,
                p.phase = 'building index: loading tuples' AND p.tuples_total = 0 AS is_graph,
                p.phase,
                nullif(p.partitions_total, 0) AS partitions,
                p.partitions_done,
                p.blocks_total > 0 AND p.blocks_done = p.blocks_total
                    OR p.tuples_total > 0 AND p.tuples_done = p.tuples_total AS is_done,
                CASE p.partitions_total WHEN 0 THEN nullif(p.tuples_done, 0) END AS rows_done,
                coalesce(CASE p.partitions_total
                    WHEN 0 THEN nullif(p.tuples_total, 0)
                END, c.row_count) AS rows_total,
                extract(epoch FROM clock_timestamp() - a.query_start)::double precision AS seconds,
                nullif(
                    CASE
                        WHEN p.phase = 'building index: assigning tuples'
                            THEN 0.1 + 0.6 * p.blocks_done / nullif(p.blocks_total, 0)
                        WHEN p.phase = 'building index: loading tuples' AND p.tuples_total > 0
                            THEN 0.7 + 0.3 * p.tuples_done / p.tuples_total
                        -- A scan that begins in the middle of the table says at first that it
                        -- is done.
                        WHEN p.phase = 'building index: loading tuples'
                            AND p.blocks_done = p.blocks_total
                            AND p.tuples_done * p.blocks_total <= 2 * c.row_count
                            THEN NULL
                        WHEN p.phase LIKE 'building index%'
                            THEN 0.99 * p.blocks_done / nullif(p.blocks_total, 0)
                        WHEN p.phase LIKE 'index validation%'
                            OR p.phase LIKE 'waiting for%' AND p.phase NOT LIKE '%before build'
                            THEN 0.99
                    END,
                    0
                )::double precision AS share
            FROM pg_stat_progress_create_index AS p
            JOIN (
                -- pg_partition_tree is empty for a table that is not partitioned.
                SELECT s.name, t.relation_id
                FROM vecs._collections(index_progress.collection) AS s
                CROSS JOIN LATERAL (
                    SELECT s.table_id UNION SELECT r.relid FROM pg_partition_tree(s.table_id) AS r
                ) AS t (relation_id)
            ) AS s ON s.relation_id = p.relid
            CROSS JOIN LATERAL (
                SELECT s.name, nullif(sum(greatest(t.reltuples, 0)), 0)::bigint AS row_count
                FROM pg_class AS t
                WHERE t.relkind IN ('r', 'm') AND t.oid IN (
                    SELECT p.relid UNION SELECT r.relid FROM pg_partition_tree(p.relid) AS r
                )
            ) AS c
            LEFT JOIN pg_stat_activity AS a ON a.pid = p.pid
            LEFT JOIN pg_class AS k ON k.oid = p.index_relid
            WHERE p.datname = current_database()
        ) AS s
    ) AS b
    ORDER BY b.name, b.index;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.index_progress(text) IS
$doc$Return the builds of indexes that run now on a collection, or on all, and how far they are.

name is the collection's. index is NULL for a build in a transaction, such as create_index(): other sessions do not see its name before the end. phase is PostgreSQL's. percent is the share of the table that is indexed; of a partitioned table, which is built one partition after the other, each partition counts alike, and rows_done is NULL. seconds is the time since the statement began, and seconds_left an estimate from both, NULL at first. You see the builds of roles whose privileges you have; members of pg_read_all_stats see all.

Parameters:
  collection  the collection; NULL: all

Errors: VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.index_progress(text) TO PUBLIC;

-- list_collections: list the collections of the database.
-- Reads no rows: row-level security policies on them could run the code of others.
CREATE OR REPLACE FUNCTION vecs.list_collections()
RETURNS TABLE (
    name text,
    dimension integer,
    element_type text,
    approximate_count bigint,
    total_bytes bigint
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.name,
        c.dimension,
        c.element_type,
        CASE
            WHEN NOT has_table_privilege(c.table_id, 'SELECT') THEN NULL
            WHEN k.relkind = 'p' THEN vecs._estimated_rows(c.name)
            ELSE coalesce(
                CASE
                    WHEN k.relpages > 0 AND k.reltuples >= 0
                        THEN k.reltuples / k.relpages * (pg_relation_size(k.oid) / current_setting('block_size')::integer)
                END,
                (current_setting('block_size')::integer - 24) / (4 + 24 + 32 + 32 + CASE
                    WHEN c.element_type = 'vector' AND c.dimension <= 2000
                        THEN 8 + 4 * greatest(c.dimension, 1)
                    WHEN c.element_type = 'halfvec' AND c.dimension <= 4000
                        THEN 8 + 2 * greatest(c.dimension, 1)
                    ELSE 18
                END) * (pg_relation_size(k.oid) / current_setting('block_size')::integer)
            )::bigint
        END,
        b.bytes
    FROM vecs._collections(NULL::text) AS c
    JOIN pg_class AS k ON k.oid = c.table_id
    CROSS JOIN LATERAL (
        SELECT CASE k.relkind
            WHEN 'p' THEN vecs._relation_bytes(c.table_id, true)
            ELSE pg_total_relation_size(c.table_id)
        END AS bytes
        OFFSET 0
    ) AS b
    -- A collection that was dropped concurrently has no size.
    WHERE b.bytes IS NOT NULL
    ORDER BY c.name;
$fn$;

COMMENT ON FUNCTION vecs.list_collections() IS
$doc$List the collections of the database by name, including those that the vecs client created.

approximate_count is an estimate from the size of the table and the statistics of the last ANALYZE, and NULL if you may not read the collection; count_rows() counts. total_bytes includes the indexes. dimension is -1 if the column has none. A collection that another session is dropping is waited for and left out.$doc$;

GRANT EXECUTE ON FUNCTION vecs.list_collections() TO PUBLIC;

-- matches: test whether one metadata document matches a filter.
CREATE OR REPLACE FUNCTION vecs.matches(
    metadata jsonb,
    filters jsonb
)
RETURNS boolean
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
    v_predicate text;
    v_compiled record;
    v_matches boolean;
BEGIN
    v_text := filters::text;
    IF filters IS NULL OR v_text = '{}' THEN
        v_predicate := 'true';
    ELSIF length(v_text) <= 1000 THEN
        -- {"k": {"$eq": 1}} is {"k": 1}. In the text of a jsonb, a string has no unescaped quote.
        IF position('{"$eq":' IN v_text) > 0 THEN
            v_text := regexp_replace(
                v_text, E'[{]"[$]eq": ("[^"\\\\{}$[]*"|[-0-9.]+|true|false|null)[}]', E'\\1', 'g'
            );
        END IF;
        -- None of these characters but the outermost braces: no nesting, no operator, no $id.
        IF starts_with(v_text, '{')
            AND length(translate(v_text, '[]{}$', '')) = length(v_text) - 2
        THEN
            v_predicate := format('metadata @> %L', v_text);
        END IF;
    END IF;
    IF v_predicate IS NULL THEN
        v_compiled := vecs._filter_node(
            filters, '{}'::text[], NULL::text, 0, 1, NULL::text[], NULL::text, NULL::jsonb
        );
        IF v_compiled.fault[3] IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS005',
                MESSAGE = v_compiled.fault[1],
                HINT = v_compiled.fault[2],
                DETAIL = v_compiled.fault[3];
        ELSIF v_compiled.fault IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS005',
                MESSAGE = v_compiled.fault[1],
                HINT = v_compiled.fault[2];
        END IF;
        v_predicate := v_compiled.predicate;
    END IF;

    EXECUTE format(
        $sql$SELECT (%s) IS TRUE FROM (SELECT $1 AS metadata) AS t$sql$,
        v_predicate
    ) INTO v_matches USING matches.metadata;
    RETURN v_matches;
END
$fn$;

COMMENT ON FUNCTION vecs.matches(jsonb, jsonb) IS
$doc$Return whether one metadata document matches a filter: true or false, never NULL.

Evaluates the predicate that filter_sql() returns. The filter is compiled in each call and no index serves it. To search the rows of a table, call query(), scan() or count_rows(), or paste the predicate into a query.

A document has no id, so $id is an error.

Parameters:
  metadata  the document; NULL stands for {}; one that is not an object has no keys
  filters   a metadata filter, see filter_sql(); {} and NULL match all

Errors: VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.matches(jsonb, jsonb) TO PUBLIC;

-- query: return the rows nearest to a vector, with a metadata filter.
--
-- Every search runs this, and so it is written for speed. In each transaction PL/pgSQL sets up an
-- expression anew for a microsecond or more; a query of the catalog costs ten times that, and a
-- call of another function as much. docs/strategy.md shows the path of a search and what each step
-- costs.
--
-- jit: until PostgreSQL 17 a sort costs 10^10 while enable_sort is off, so a server with LLVM would
-- compile each search by the index for 10 to 30 ms. All that takes time here is in pgvector's C.
-- gin_fuzzy_search_limit: rows would be missing.
--
-- The overload for halfvec: pgvector casts a halfvec to a vector only in an assignment. No literal
-- prefers the type of its first parameter to text, so a call with an untyped vector means the
-- function for vectors. That parameter has no name, so that a gateway which chooses functions by
-- parameter names finds only one.
CREATE OR REPLACE FUNCTION vecs.query(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    -- The collection: as SQL text, the table with its rows, the view of an adopted table (NULL: it is
    -- not one) and the table behind it, the type and the dimension of its vectors.
    v_relation text;
    v_table regclass;
    v_view regclass;
    v_source regclass;
    v_type text;
    v_dimension integer;
    -- Whether row-level security may hide rows.
    v_hides_rows boolean;
    -- The index for the measure, its access method and its comment; NULL: there is none.
    v_index oid;
    v_method text;
    v_comment text;
    -- Of what precision it is: full, half, binary.
    v_precision text;
    -- The filter as SQL; NULL: there is none. Of a partial index that has the rows which match: its
    -- predicate as SQL (NULL: there is none), whether it has no others. Whether there is any partial
    -- index, and those made for the filter. The number of rows in an index, and the length of the list
    -- of candidates that was kept.
    v_filter text;
    v_partial record;
    v_predicate text;
    v_has_partial boolean;
    v_partials oid[];
    v_index_rows double precision;
    v_kept integer;
    v_is_whole boolean := false;
    -- The planner's estimates: how many rows match, and the cost of an exact search in rows.
    v_estimate text;
    v_numbers text;
    v_matches double precision;
    v_exact_cost double precision;
    v_row_count double precision;
    v_selectivity double precision;
    -- What the estimate is worth: many rows have changed since; a sample; nothing, so 15 % are assumed.
    v_is_stale boolean;
    v_sample record;
    v_is_assumed boolean := false;
    -- Whether it is a search for nothing but the nearest rows.
    v_is_plain boolean;
    -- The choice: how many candidates the index is expected to return, in lists of what length, until
    -- how many rows are found; what one of the nearest and one of the farther candidates costs, in
    -- rows; how many cost as much as an exact search. And how many rows the index has to return in a
    -- search for nothing but the nearest ones.
    v_use_index boolean := false;
    v_few_match boolean := false;
    v_candidates double precision;
    v_candidate_costs double precision[];
    v_index_cost double precision;
    v_affordable double precision;
    v_list_size integer;
    v_rows_required bigint;
    v_wanted bigint;
    -- How it is run. The distance, that by which an index of another precision orders rows (NULL: the
    -- same), and the columns vec and metadata are SQL.
    v_distance text;
    v_order text;
    v_columns text;
    v_statement text;
    v_names text[];
    v_settings text[];
    v_workers text;
    v_setting text;
    v_detail text;
    v_hint text;
BEGIN
    -- The nearest rows, by the index.
    v_is_plain := filters IS NOT NULL
        AND skip = 0
        AND max_distance IS NULL
        AND probes IS NULL
        AND strategy IN ('auto', 'index')
        AND top_k BETWEEN 1 AND 833
        AND (ef_search IS NULL OR ef_search BETWEEN top_k AND 1000)
        AND query_vec IS NOT NULL
        AND octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_');
    IF v_is_plain THEN
        v_relation := format('vecs.%I', collection);
        v_table := to_regclass(v_relation);
        v_view := NULL;
        -- A view has no file, nor has a partitioned table.
        IF pg_relation_filenode(v_table) IS NULL THEN
            SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
            INTO v_view, v_source, v_dimension, v_index, v_comment
            FROM pg_rewrite AS r
            CROSS JOIN LATERAL (
                SELECT d.refobjid AS table_id
                FROM pg_depend AS d
                WHERE d.classid = 'pg_rewrite'::regclass
                    AND d.objid = r.oid
                    AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjsubid > 0
                    AND d.refobjid <> r.ev_class
                LIMIT 1
            ) AS s
            LEFT JOIN LATERAL (
                SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
                    (
            SELECT d.description
            FROM pg_description AS d
            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
        ) AS comment
                FROM pg_index AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = s.table_id
                    AND i.indisvalid
                    AND i.indpred IS NULL
                    AND i.indclass[0] >= 16384
                    AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                        LIKE '%vector_' || CASE measure
                            WHEN 'cosine_distance' THEN 'cosine_ops'
                            WHEN 'l2_distance' THEN 'l2_ops'
                            WHEN 'max_inner_product' THEN 'ip_ops'
                            WHEN 'l1_distance' THEN 'l1_ops'
                        END || '%hnsw%'
                    AND a.atttypid = pg_typeof(query_vec)
                    AND EXISTS (
                        SELECT
                        FROM pg_depend AS d
                        WHERE d.classid = 'pg_rewrite'::regclass
                            AND d.objid = r.oid
                            AND d.refclassid = 'pg_class'::regclass
                            AND d.refobjid = a.attrelid
                            AND d.refobjsubid = a.attnum
                        OFFSET 0
                    )
                LIMIT 1
            ) AS x ON true
            WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
            v_table := coalesce(v_source, v_table);
        END IF;
        v_is_plain := NOT row_security_active(v_table);
    END IF;
    IF v_is_plain THEN
        IF filters = '{}' AND v_view IS NULL THEN
            SELECT a.atttypmod, i.indexrelid, (
                SELECT d.description
                FROM pg_description AS d
                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
            )
            INTO v_dimension, v_index, v_comment
            FROM pg_index AS i
            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = v_table
                AND a.attname = 'vec'
                AND i.indisvalid
                AND i.indpred IS NULL
                AND i.indclass[0] >= 16384
                AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                    LIKE '%vector_' || CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END || '%hnsw%'
                AND a.atttypid = pg_typeof(query_vec)
            LIMIT 1;
        END IF;
        IF filters = '{}' AND v_index IS NOT NULL THEN
            v_kept := substring(
                v_comment
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                    '"ef_search": ([0-9]{1,4})[,}]'
            )::integer;
            IF ef_search IS NOT NULL
                OR top_k > 33
                OR v_kept IS NOT NULL
            THEN
                v_names := '{hnsw.ef_search}';
                v_settings := ARRAY[coalesce(ef_search, least(1000, greatest(
                    top_k,
                    ceil(1.2 * top_k),
                    coalesce(
                        greatest(
                            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                            nullif(
                                nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                            )
                        ),
                        40
                    )
                )))::text];
            END IF;
            v_wanted := top_k;
            v_statement := format(
                'SELECT t.id::text, %s, %s FROM %s AS t ORDER BY 2 LIMIT $2',
                format(
                    '(t.vec OPERATOR(%s%s) $1%s)',
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END,
                    '::' || nullif(v_type, pg_typeof(query_vec)::text)
                ),
                format(
                    '%s::%svector, %s',
                    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                    rtrim(pg_typeof(query_vec)::text, '"vector'),
                    CASE
                        WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                        ELSE 'coalesce(t.metadata, ''{}'')'
                    END
                ),
                v_relation
            );
        ELSE
            v_is_plain := filters = '{}';
            IF NOT v_is_plain AND v_view IS NULL THEN
                SELECT
                    count(*) > 0,
                    array_agg(i.indexrelid) FILTER (
                        WHERE right((
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        ), length(filters::text) + 20) = format('"partial_filters": %s}', filters)
                    )
                INTO v_has_partial, v_partials
                FROM pg_index AS i
                WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
                v_is_plain := v_partials IS NOT NULL;
            END IF;
            IF v_is_plain AND v_view IS NULL THEN
                SELECT a.atttypmod, i.indexrelid, x.comment, x.index_precision,
                    (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = i.indexrelid),
                    pg_get_expr(i.indpred, i.indrelid)
                INTO v_dimension, v_index, v_comment, v_precision, v_index_rows, v_predicate
                FROM (
                    SELECT i.*
                    FROM pg_index AS i
                    WHERE i.indrelid = v_table
                        AND i.indisvalid
                        AND i.indclass[0] >= 16384
                        AND CASE
                            WHEN v_partials IS NULL THEN i.indpred IS NULL
                            ELSE i.indexrelid = ANY (v_partials)
                        END
                    OFFSET 0
                ) AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'vec'
                CROSS JOIN LATERAL (
                    SELECT
                        k.comment,
                        CASE
                            WHEN i.indkey[0] = a.attnum
                                AND k.class LIKE '%vector_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                                THEN 'full'
                            WHEN i.indkey[0] <> 0 OR starts_with(k.comment, '{"rows": ') IS NOT TRUE THEN NULL
                            WHEN k.class LIKE '%halfvec_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                                THEN 'half'
                            WHEN k.class LIKE '%bit_hamming_ops%hnsw%'
                                AND substring(
                                    k.comment
                                    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*"measure": "([a-z0-9_]+)"'
                                ) = measure
                                THEN 'binary'
                        END AS index_precision
                    FROM (
                        SELECT
                            pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0) AS class,
                            (
                                SELECT d.description
                                FROM pg_description AS d
                                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                            ) AS comment
                        OFFSET 0
                    ) AS k
                    OFFSET 0
                ) AS x
                WHERE a.atttypid = pg_typeof(query_vec)
                    AND x.index_precision IS NOT NULL
                ORDER BY i.indkey[0] DESC
                LIMIT 1;
                v_is_plain := filters = '{}' OR v_index IS NOT NULL;
            END IF;
            IF v_is_plain AND v_index IS NOT NULL THEN
                v_kept := substring(
                    v_comment
                    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                        '"ef_search": ([0-9]{1,4})[,}]'
                )::integer;
                v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                        WHEN 'binary' THEN least(
                            4000000000000000000,
                            50 + 5 * top_k::numeric
                        )
                        ELSE top_k + 5
                    END END;
                v_list_size := coalesce(ef_search, least(1000, greatest(
                    v_wanted,
                    ceil(1.2 * top_k),
                    coalesce(
                        greatest(
                            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                            nullif(
                                nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                            )
                        ),
                        40
                    )
                )));
                v_is_plain := v_wanted <= least(1000, ef_search)
                    AND v_index_rows > greatest(
                        1500,
                        12 * greatest(60, v_list_size)
                    );
                IF v_is_plain THEN
                    v_distance := format(
                        '(t.vec OPERATOR(%s%s) $1%s)',
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END,
                        '::' || nullif(v_type, pg_typeof(query_vec)::text)
                    );
                    v_order := CASE WHEN v_precision <> 'full' THEN format(
                            CASE v_precision
                                WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                    ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                            END,
                            't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END
                        ) END;
                    v_columns := format(
                        '%s::%svector, %s',
                        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE
                            WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                            ELSE 'coalesce(t.metadata, ''{}'')'
                        END
                    );
                    v_statement := format(
                        'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                        v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
                    );
                    v_names := NULL;
                    v_settings := NULL;
                    IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                        v_names := '{hnsw.ef_search}';
                        v_settings := ARRAY[v_list_size::text];
                    END IF;
                    IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                        v_names := v_names || 'enable_sort'::text;
                        v_settings := v_settings || 'off'::text;
                    END IF;
                END IF;
            END IF;
        END IF;
    END IF;
    IF v_is_plain THEN
        BEGIN
            IF v_index IS NULL THEN
                v_is_plain := EXISTS (
                    SELECT FROM pg_index AS i WHERE i.indrelid = v_table AND i.indclass[0] >= 16384
                );
                IF v_is_plain THEN
                    SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
                        x.index_id, (
                        SELECT d.description
                        FROM pg_description AS d
                        WHERE d.objoid = x.index_id AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                    )
                    INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
                    FROM vecs._search_target(collection, CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END) AS x;
                    v_kept := substring(
                        v_comment
                        FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                            '"ef_search": ([0-9]{1,4})[,}]'
                    )::integer;
                    v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END END;
                    v_list_size := coalesce(ef_search, least(1000, greatest(
                        v_wanted,
                        ceil(1.2 * top_k),
                        coalesce(
                            greatest(
                                v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                                nullif(
                                    nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                                )
                            ),
                            40
                        )
                    )));
                    v_is_plain := v_method = 'hnsw'
                        AND v_dimension = cardinality(query_vec::real[])
                        AND v_wanted <= least(1000, ef_search)
                        AND (
                            SELECT CASE
                                WHEN c.relpages > 0 AND c.reltuples >= 0
                                    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
                            END
                            FROM pg_class AS c
                            WHERE c.oid = v_table
                        ) > greatest(
                            1500,
                            12 * greatest(60, v_list_size)
                        );
                END IF;
                IF v_is_plain THEN
                    v_distance := format(
                        '(t.vec OPERATOR(%s%s) $1%s)',
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END,
                        '::' || nullif(v_type, pg_typeof(query_vec)::text)
                    );
                    v_order := CASE WHEN v_precision <> 'full' THEN format(
                            CASE v_precision
                                WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                    ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                            END,
                            't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END
                        ) END;
                    v_columns := format(
                        '%s::%svector, %s',
                        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                        rtrim(pg_typeof(query_vec)::text, '"vector'),
                        CASE
                            WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                            ELSE 'coalesce(t.metadata, ''{}'')'
                        END
                    );
                    v_statement := format(
                        'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                        v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
                    );
                    v_names := NULL;
                    v_settings := NULL;
                    IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                        v_names := '{hnsw.ef_search}';
                        v_settings := ARRAY[v_list_size::text];
                    END IF;
                    IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                        v_names := v_names || 'enable_sort'::text;
                        v_settings := v_settings || 'off'::text;
                    END IF;
                END IF;
            END IF;
            IF v_is_plain THEN
                IF v_names IS NOT NULL THEN
                    v_settings := vecs._swap_settings(v_names, v_settings);
                END IF;
                RETURN QUERY
                SELECT s.id, s.distance, s.vec, s.metadata
                FROM vecs._search_nearest(v_statement, query_vec, v_wanted) AS s
                ORDER BY s.distance, s.id
                LIMIT top_k;
                IF v_names IS NOT NULL THEN
                    PERFORM vecs._swap_settings(v_names, v_settings);
                END IF;
                RETURN;
            END IF;
        EXCEPTION
            -- It came back short, the vector has another dimension or numbers beyond half
            -- precision, or the collection was renamed or dropped concurrently. The rows found are
            -- discarded.
            WHEN SQLSTATE 'VS000' OR SQLSTATE 'VS002' OR data_exception OR undefined_column
                OR undefined_table
            THEN
                NULL;
        END;
    END IF;

    -- Any other search.
    FOR v_attempt IN 1..2 LOOP
        BEGIN
            IF (
                query_vec IS NOT NULL
                AND top_k BETWEEN 0 AND 4000000000000000000
                AND skip = 0
                AND max_distance IS NULL
                AND ef_search IS NULL
                AND probes IS NULL
                AND strategy = 'auto'
                AND CASE measure
                    WHEN 'cosine_distance' THEN '<=>'
                    WHEN 'l2_distance' THEN '<->'
                    WHEN 'max_inner_product' THEN '<#>'
                    WHEN 'l1_distance' THEN '<+>'
                END IS NOT NULL
            ) IS NOT TRUE THEN
                -- Beyond any number of rows, and low enough not to overflow.
                top_k := least(coalesce(top_k, 10), 4000000000000000000);
                skip := least(coalesce(skip, 0), 4000000000000000000);
                measure := coalesce(measure, 'cosine_distance');
                strategy := coalesce(strategy, 'auto');
                PERFORM vecs._check_search(
                    query_vec IS NULL, top_k, skip, measure, max_distance, ef_search, probes, strategy
                );
            END IF;
            v_method := NULL;
            v_use_index := false;
            v_few_match := false;
            v_matches := NULL;
            v_candidates := NULL;
            IF v_attempt = 1 AND filters <> '{}' AND octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_') THEN
                -- prepare_plain() may have found it.
                IF v_relation IS NULL THEN
                    v_relation := format('vecs.%I', collection);
                    v_table := to_regclass(v_relation);
                    v_view := NULL;
                    -- A view has no file, nor has a partitioned table.
                    IF pg_relation_filenode(v_table) IS NULL THEN
                        SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
                        INTO v_view, v_source, v_dimension, v_index, v_comment
                        FROM pg_rewrite AS r
                        CROSS JOIN LATERAL (
                            SELECT d.refobjid AS table_id
                            FROM pg_depend AS d
                            WHERE d.classid = 'pg_rewrite'::regclass
                                AND d.objid = r.oid
                                AND d.refclassid = 'pg_class'::regclass
                                AND d.refobjsubid > 0
                                AND d.refobjid <> r.ev_class
                            LIMIT 1
                        ) AS s
                        LEFT JOIN LATERAL (
                            SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
                                (
                        SELECT d.description
                        FROM pg_description AS d
                        WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                    ) AS comment
                            FROM pg_index AS i
                            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                            WHERE i.indrelid = s.table_id
                                AND i.indisvalid
                                AND i.indpred IS NULL
                                AND i.indclass[0] >= 16384
                                AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                                    LIKE '%vector_' || CASE measure
                                        WHEN 'cosine_distance' THEN 'cosine_ops'
                                        WHEN 'l2_distance' THEN 'l2_ops'
                                        WHEN 'max_inner_product' THEN 'ip_ops'
                                        WHEN 'l1_distance' THEN 'l1_ops'
                                    END || '%hnsw%'
                                AND a.atttypid = pg_typeof(query_vec)
                                AND EXISTS (
                                    SELECT
                                    FROM pg_depend AS d
                                    WHERE d.classid = 'pg_rewrite'::regclass
                                        AND d.objid = r.oid
                                        AND d.refclassid = 'pg_class'::regclass
                                        AND d.refobjid = a.attrelid
                                        AND d.refobjsubid = a.attnum
                                    OFFSET 0
                                )
                            LIMIT 1
                        ) AS x ON true
                        WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
                        v_table := coalesce(v_source, v_table);
                    END IF;
                END IF;
                v_type := NULL;
                IF v_view IS NULL THEN
                    SELECT a.atttypmod, i.indexrelid, (
                        SELECT d.description
                        FROM pg_description AS d
                        WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                    )
                    INTO v_dimension, v_index, v_comment
                    FROM pg_index AS i
                    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = v_table
                        AND a.attname = 'vec'
                        AND i.indisvalid
                        AND i.indpred IS NULL
                        AND i.indclass[0] >= 16384
                        AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                            LIKE '%vector_' || CASE measure
                                WHEN 'cosine_distance' THEN 'cosine_ops'
                                WHEN 'l2_distance' THEN 'l2_ops'
                                WHEN 'max_inner_product' THEN 'ip_ops'
                                WHEN 'l1_distance' THEN 'l1_ops'
                            END || '%hnsw%'
                        AND a.atttypid = pg_typeof(query_vec)
                    LIMIT 1;
                END IF;
                v_method := CASE WHEN v_dimension IS NOT NULL THEN 'hnsw' END;
                v_precision := 'full';
            END IF;
            IF v_method IS NULL THEN
                -- Keep the collection from being dropped or altered until the search is done.
                PERFORM vecs._lock_collection(collection, 'read');
                SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
                    x.index_id, (
                    SELECT d.description
                    FROM pg_description AS d
                    WHERE d.objoid = x.index_id AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                )
                INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
                FROM vecs._search_target(collection, CASE measure
                    WHEN 'cosine_distance' THEN 'cosine_ops'
                    WHEN 'l2_distance' THEN 'l2_ops'
                    WHEN 'max_inner_product' THEN 'ip_ops'
                    WHEN 'l1_distance' THEN 'l1_ops'
                END) AS x;
            END IF;
            IF v_dimension > 0 AND v_dimension <> cardinality(query_vec::real[]) THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'VS004',
                    MESSAGE = format(
                        'the query vector has %s dimensions, collection "%s" has %s',
                        cardinality(query_vec::real[]), collection, v_dimension
                    ),
                    HINT = 'Search with vectors of the model that the collection was created for.';
            END IF;
            v_hides_rows := row_security_active(v_table);
            v_distance := format(
                '(t.vec OPERATOR(%s%s) $1%s)',
                rtrim(pg_typeof(query_vec)::text, '"vector'),
                CASE measure
                    WHEN 'cosine_distance' THEN '<=>'
                    WHEN 'l2_distance' THEN '<->'
                    WHEN 'max_inner_product' THEN '<#>'
                    WHEN 'l1_distance' THEN '<+>'
                END,
                '::' || nullif(v_type, pg_typeof(query_vec)::text)
            );
            v_order := CASE WHEN v_precision <> 'full' THEN format(
                    CASE v_precision
                        WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                        WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                            ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                        ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                    END,
                    't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                    WHEN 'cosine_distance' THEN '<=>'
                    WHEN 'l2_distance' THEN '<->'
                    WHEN 'max_inner_product' THEN '<#>'
                    WHEN 'l1_distance' THEN '<+>'
                END
                ) END;
            v_columns := format(
                '%s::%svector, %s',
                CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                rtrim(pg_typeof(query_vec)::text, '"vector'),
                CASE
                    WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                    WHEN v_view IS NOT NULL THEN 'vecs._late_metadata(coalesce(t.metadata, ''{}''))'
                    ELSE 'coalesce(t.metadata, ''{}'')'
                END
            );
            IF filters <> '{}' THEN
                v_filter := vecs._filter_sql(filters, v_table, v_view);
                v_predicate := NULL;
                v_index_rows := NULL;
                IF v_has_partial IS NULL AND v_view IS NULL THEN
                    SELECT
                        count(*) > 0,
                        array_agg(i.indexrelid) FILTER (
                            WHERE right((
                                SELECT d.description
                                FROM pg_description AS d
                                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                            ), length(filters::text) + 20) = format('"partial_filters": %s}', filters)
                        )
                    INTO v_has_partial, v_partials
                    FROM pg_index AS i
                    WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
                END IF;
                v_is_whole := false;
                IF v_has_partial AND strategy <> 'exact' THEN
                    SELECT * INTO v_partial FROM vecs._partial_index(v_table, filters, measure) AS p;
                    IF v_partial.index_id IS NOT NULL THEN
                        v_predicate := v_partial.predicate;
                        v_index_rows := v_partial.row_count;
                        v_is_whole := v_partial.is_whole AND NOT v_hides_rows;
                        v_index := v_partial.index_id;
                        v_comment := (
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = v_index AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        );
                        v_method := v_partial.method;
                        v_precision := v_partial.index_precision;
                        v_dimension := v_partial.dimension;
                        v_order := CASE
                            WHEN v_precision <> 'full' THEN format(
                                CASE v_precision
                                    WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                    WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                        ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                    ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                                END,
                                't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(query_vec)::text)), rtrim(pg_typeof(query_vec)::text, '"vector'), v_dimension, CASE measure
                                WHEN 'cosine_distance' THEN '<=>'
                                WHEN 'l2_distance' THEN '<->'
                                WHEN 'max_inner_product' THEN '<#>'
                                WHEN 'l1_distance' THEN '<+>'
                            END
                            )
                        END;
                    END IF;
                END IF;
            END IF;

            -- A row-level security policy is a filter, too.
            IF strategy = 'exact' OR top_k = 0 THEN
                NULL;
            ELSIF v_method IS NULL THEN
                PERFORM vecs._notice_no_index(collection, measure);
            ELSIF v_is_whole THEN
                -- EXPLAIN does so otherwise.
                PERFORM vecs._lock_collection(collection, 'read');
                v_matches := v_index_rows;
                v_exact_cost := v_index_rows;
                v_row_count := v_index_rows;
                IF v_exact_cost > 1500 OR strategy = 'index' THEN
                    IF v_matches IS NULL THEN
                        v_row_count := v_exact_cost;
                        v_selectivity := 1;
                    ELSE
                        v_selectivity := CASE
                            WHEN v_is_assumed THEN 0.15
                            ELSE least(1, greatest(v_matches, 1) / v_row_count)
                        END;
                    END IF;
                    -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                    v_rows_required := CASE v_precision
                        WHEN 'binary' THEN least(
                            4000000000000000000,
                            50 + 5 * top_k::numeric
                        )
                        ELSE top_k + 5
                    END;
                    v_candidates := v_rows_required / v_selectivity;
                    v_kept := substring(
                        v_comment
                        FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                            '"ef_search": ([0-9]{1,4})[,}]'
                    )::integer;
                    v_list_size := coalesce(ef_search, least(1000, greatest(
                        60,
                        CASE WHEN max_distance IS NOT NULL THEN 400 END,
                        v_kept,
                        nullif(current_setting('hnsw.ef_search', true), '')::integer
                    )));
                    -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                    -- Under row-level security a search in vain is not seen early, so it may take three times as
                    -- long as expected.
                    v_candidate_costs := coalesce(
                        regexp_match(
                            v_comment,
                            '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                        )::double precision[],
                        '{12, 12}'
                    );
                    v_index_cost := (
                        v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                        + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                    ) * CASE
                        WHEN v_hides_rows THEN 3
                        WHEN max_distance IS NOT NULL THEN 2
                        ELSE 1
                    END;
                    v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                    IF strategy = 'index' THEN
                        v_exact_cost := 'Infinity';
                    END IF;
                    v_affordable := (
                        least(v_exact_cost / v_candidate_costs[1], 320)
                        + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                    );
                END IF;
            ELSIF v_filter IS NOT NULL OR v_hides_rows THEN
                v_statement := format('EXPLAIN SELECT FROM %s AS t%s', v_relation, ' WHERE ' || v_filter);
                EXECUTE v_statement INTO v_estimate;
                -- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)". If the table's name has a line
                -- break, the numbers are on another line and there is no estimate.
                v_numbers := split_part(v_estimate, '(cost=', -1);
                IF v_numbers ~ '^[0-9.]+ rows=[0-9]+ ' THEN
                    v_matches := split_part(split_part(v_numbers, ' rows=', 2), ' ', 1);
                    v_exact_cost := greatest(
                        v_matches,
                        split_part(split_part(v_numbers, '..', 2), ' ', 1)::double precision / CASE
                            WHEN starts_with(v_estimate, 'Seq Scan') OR starts_with(v_estimate, 'Gather')
                                THEN 0.5
                            ELSE 4
                        END
                    );
                ELSE
                    v_matches := 1;
                    v_exact_cost := 1;
                END IF;
                SELECT c.reltuples, pg_stat_get_mod_since_analyze(c.oid) > 0.2 * c.reltuples
                INTO v_row_count, v_is_stale
                FROM pg_class AS c
                WHERE c.oid = v_table;
                -- An estimate far below what the planner would read is a default, not from statistics.
                v_is_assumed := (v_exact_cost > 1500 OR strategy = 'index') AND NOT (
                    v_row_count > 0 AND (v_matches * 3 >= v_exact_cost OR v_matches * 50 >= v_row_count)
                );
                -- The planner takes conditions on several keys for independent; equalities are one condition. Under
                -- row-level security it does not look at statistics, whose values it might tell.
                IF v_is_stale
                    OR v_is_assumed
                    OR v_filter LIKE '% AND %' AND (
                        filters::text LIKE '%"$and"%'
                        OR jsonb_array_length(jsonb_path_query_array(filters, '$.keyvalue()')) > 1
                    )
                    OR v_hides_rows
                THEN
                    v_sample := vecs._sampled_matches(
                        collection, v_table, v_view, coalesce(v_filter, 'true'), v_matches
                    );
                    IF v_sample.matches IS NOT NULL THEN
                        v_row_count := v_sample.row_count;
                        v_exact_cost := v_exact_cost - v_matches + v_sample.matches;
                        v_matches := v_sample.matches;
                        v_is_assumed := false;
                    END IF;
                END IF;
                v_row_count := coalesce(v_index_rows, v_row_count);
                IF v_exact_cost > 1500 OR strategy = 'index' THEN
                    IF v_matches IS NULL THEN
                        v_row_count := v_exact_cost;
                        v_selectivity := 1;
                    ELSE
                        v_selectivity := CASE
                            WHEN v_is_assumed THEN 0.15
                            ELSE least(1, greatest(v_matches, 1) / v_row_count)
                        END;
                    END IF;
                    -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                    v_rows_required := CASE v_precision
                        WHEN 'binary' THEN least(
                            4000000000000000000,
                            50 + 5 * top_k::numeric
                        )
                        ELSE top_k + 5
                    END;
                    v_candidates := v_rows_required / v_selectivity;
                    v_kept := substring(
                        v_comment
                        FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                            '"ef_search": ([0-9]{1,4})[,}]'
                    )::integer;
                    v_list_size := coalesce(ef_search, least(1000, greatest(
                        60,
                        CASE WHEN max_distance IS NOT NULL THEN 400 END,
                        v_kept,
                        nullif(current_setting('hnsw.ef_search', true), '')::integer
                    )));
                    -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                    -- Under row-level security a search in vain is not seen early, so it may take three times as
                    -- long as expected.
                    v_candidate_costs := coalesce(
                        regexp_match(
                            v_comment,
                            '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                        )::double precision[],
                        '{12, 12}'
                    );
                    v_index_cost := (
                        v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                        + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                    ) * CASE
                        WHEN v_hides_rows THEN 3
                        WHEN max_distance IS NOT NULL THEN 2
                        ELSE 1
                    END;
                    v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                    IF strategy = 'index' THEN
                        v_exact_cost := 'Infinity';
                    END IF;
                    v_affordable := (
                        least(v_exact_cost / v_candidate_costs[1], 320)
                        + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                    );
                END IF;
                v_few_match := v_exact_cost <= 5000;
            ELSE
                v_exact_cost := coalesce(
                    (
                        SELECT CASE
                            WHEN c.relpages > 0 AND c.reltuples >= 0
                                THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
                        END
                        FROM pg_class AS c
                        WHERE c.oid = v_table
                    ),
                    vecs._estimated_rows(collection)
                );
                IF v_exact_cost > 1500 OR strategy = 'index' THEN
                    IF v_matches IS NULL THEN
                        v_row_count := v_exact_cost;
                        v_selectivity := 1;
                    ELSE
                        v_selectivity := CASE
                            WHEN v_is_assumed THEN 0.15
                            ELSE least(1, greatest(v_matches, 1) / v_row_count)
                        END;
                    END IF;
                    -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                    v_rows_required := CASE v_precision
                        WHEN 'binary' THEN least(
                            4000000000000000000,
                            50 + 5 * top_k::numeric
                        )
                        ELSE top_k + 5
                    END;
                    v_candidates := v_rows_required / v_selectivity;
                    v_kept := substring(
                        v_comment
                        FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                            '"ef_search": ([0-9]{1,4})[,}]'
                    )::integer;
                    v_list_size := coalesce(ef_search, least(1000, greatest(
                        60,
                        CASE WHEN max_distance IS NOT NULL THEN 400 END,
                        v_kept,
                        nullif(current_setting('hnsw.ef_search', true), '')::integer
                    )));
                    -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                    -- Under row-level security a search in vain is not seen early, so it may take three times as
                    -- long as expected.
                    v_candidate_costs := coalesce(
                        regexp_match(
                            v_comment,
                            '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                        )::double precision[],
                        '{12, 12}'
                    );
                    v_index_cost := (
                        v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                        + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                    ) * CASE
                        WHEN v_hides_rows THEN 3
                        WHEN max_distance IS NOT NULL THEN 2
                        ELSE 1
                    END;
                    v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                    IF strategy = 'index' THEN
                        v_exact_cost := 'Infinity';
                    END IF;
                    v_affordable := (
                        least(v_exact_cost / v_candidate_costs[1], 320)
                        + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                    );
                END IF;
            END IF;
            -- It may have been dropped and created again in the meantime.
            EXIT WHEN to_regclass(v_relation) = coalesce(v_view, v_table);
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                IF v_detail = '' THEN
                    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                END IF;
                RAISE EXCEPTION USING
                    ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
            -- It was dropped concurrently.
            WHEN undefined_table THEN
                IF v_attempt = 2 THEN
                    RAISE;
                END IF;
        END;
    END LOOP;
    IF skip > 0 AND top_k > 0 THEN
        RETURN QUERY
        SELECT p.id, p.distance, p.vec, p.metadata
        FROM vecs._search_page(
            collection, query_vec, top_k, filters, measure, include_metadata, include_vec,
            max_distance, ef_search, probes, strategy, skip, top_k, NULL::text[]
        ) AS p;
        RETURN;
    END IF;

    -- The nearest of those in a partial index.
    IF v_use_index
        AND v_is_whole
        AND v_predicate IS NOT NULL
        AND v_method = 'hnsw'
        AND max_distance IS NULL
        AND v_rows_required <= least(1000, ef_search) THEN
        v_kept := substring(
            v_comment
            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                '"ef_search": ([0-9]{1,4})[,}]'
        )::integer;
        v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                WHEN 'binary' THEN least(
                    4000000000000000000,
                    50 + 5 * top_k::numeric
                )
                ELSE top_k + 5
            END END;
        v_list_size := coalesce(ef_search, least(1000, greatest(
            v_wanted,
            ceil(1.2 * top_k),
            coalesce(
                greatest(
                    v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                    nullif(
                        nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                    )
                ),
                40
            )
        )));
        v_statement := format(
            'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
            v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
        );
        v_names := NULL;
        v_settings := NULL;
        IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
            v_names := '{hnsw.ef_search}';
            v_settings := ARRAY[v_list_size::text];
        END IF;
        IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
            v_names := v_names || 'enable_sort'::text;
            v_settings := v_settings || 'off'::text;
        END IF;
        BEGIN
            IF v_names IS NOT NULL THEN
                v_settings := vecs._swap_settings(v_names, v_settings);
            END IF;
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_nearest(v_statement, query_vec, v_wanted) AS s
            ORDER BY s.distance, s.id
            LIMIT top_k;
            IF v_names IS NOT NULL THEN
                PERFORM vecs._swap_settings(v_names, v_settings);
            END IF;
            RETURN;
        EXCEPTION
            WHEN SQLSTATE 'VS000' OR numeric_value_out_of_range THEN
                NULL;
        END;
    END IF;

    IF v_use_index THEN
        v_statement := format(
            'SELECT t.id::text, %s, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
            -- So is the distance of those, where the index has not computed it.
            CASE
                WHEN v_order IS NULL OR v_filter IS NULL THEN v_distance
                ELSE format('CASE WHEN %s THEN %s ELSE ''Infinity'' END', v_filter, v_distance)
            END,
            -- Metadata of rows that match is enough.
            CASE
                WHEN v_view IS NULL OR v_filter IS NULL THEN v_columns
                ELSE replace(
                    v_columns,
                    'vecs._late_metadata(coalesce(t.metadata, ''{}''))',
                    format('CASE WHEN %s THEN coalesce(t.metadata, ''{}'') END', v_filter)
                )
            END,
            coalesce(v_filter, 'true'),
            v_relation,
            ' WHERE ' || v_predicate,
            coalesce(v_order, '2')
        );
        IF v_method = 'hnsw' THEN
            v_names := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan,hnsw.max_scan_tuples}';
            -- The last one limits the rows whose distance is computed.
            v_settings := ARRAY[
                'off',
                v_list_size::text,
                'relaxed_order',
                least(2000000000, ceil(CASE
                    WHEN v_hides_rows AND strategy = 'auto' THEN v_index_cost
                    ELSE greatest(20000, v_exact_cost)
                END))::text
            ];
        ELSE
            v_names := '{enable_sort,ivfflat.probes,ivfflat.iterative_scan}';
            v_settings := ARRAY[
                'off',
                coalesce(probes, greatest(
                    -- The vecs client uses 10.
                    coalesce(substring(
                        v_comment
                        FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                            '"probes": ([0-9]{1,5})[,}]'
                    )::integer, 10),
                    nullif(current_setting('ivfflat.probes', true), '')::integer
                ))::text,
                'relaxed_order'
            ];
        END IF;
        BEGIN
            v_settings := vecs._swap_settings(v_names, v_settings);
            RETURN QUERY
            SELECT s.id, s.distance, s.vec, s.metadata
            FROM vecs._search_candidates(
                v_statement, query_vec, v_rows_required, max_distance, v_selectivity, v_affordable,
                v_method = 'hnsw' AND v_precision <> 'binary' AND strategy = 'auto'
            ) AS s
            ORDER BY s.distance, s.id
            LIMIT top_k;
            PERFORM vecs._swap_settings(v_names, v_settings);
            RETURN;
        EXCEPTION
            -- An exact search takes less time, or the vector has numbers beyond half precision. The
            -- error restores the settings and discards the rows found.
            WHEN SQLSTATE 'VS000' OR numeric_value_out_of_range THEN
                NULL;
        END;
    END IF;

    -- Starting parallel workers would take longer than to search few rows. The planner may expect
    -- more, as the filter is hidden from it.
    IF v_few_match THEN
        v_workers := current_setting('max_parallel_workers_per_gather');
        v_setting := set_config('max_parallel_workers_per_gather', '0', true);
    END IF;
    v_statement := format(
        'SELECT t.id::text, %1$s + 0, %2$s FROM %3$s AS t%4$s ORDER BY 2, 1 LIMIT $2',
        v_distance,
        v_columns,
        v_relation,
        ' WHERE ' || CASE
            WHEN max_distance IS NOT NULL THEN concat_ws(
                ' AND ', '(' || v_filter || ')', v_distance || ' <= $3'
            )
            -- Rows of an adopted table may have no vector.
            WHEN v_view IS NOT NULL THEN concat_ws(' AND ', '(' || v_filter || ')', 't.vec IS NOT NULL')
            WHEN v_few_match AND v_filter LIKE 'metadata @> ''%'''
                AND v_filter NOT LIKE 'metadata @> ''%''%'''
                THEN format('metadata @> (SELECT %s::jsonb)', substr(v_filter, 13))
            ELSE v_filter
        END
    );
    RETURN QUERY EXECUTE v_statement USING query_vec, top_k, max_distance;
    IF v_few_match THEN
        v_setting := set_config('max_parallel_workers_per_gather', v_workers, true);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to a vector among those that match a metadata filter, ordered by distance, then id.

Returns min(top_k, matching rows) rows, whatever the filter and the index. With max_distance, matching rows are those within it; a search by the index may miss one near the limit, but strategy => 'exact' misses none.

Rows whose distance is NaN (a zero vector under cosine_distance) come last. If several rows tie for the last place, a search by the index may return any of them. If no index covers the measure, the result is the same, found by comparing all rows, and the notice VSW01 says so. Settings of the session do not change.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              leave out so many of the nearest rows, for pages: with the same top_k, pages fit together without a gap or a row twice, as long as nothing is written between them

Errors: VS001 invalid_argument for a NULL collection or vector, a negative top_k or skip, an unknown measure or strategy, a max_distance that is NaN; VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs.query(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$For a halfvec: return the rows nearest to a vector of half precision.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for query()

Errors: VS001, VS002, VS004, VS005, as query() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- query_by_id: return the rows nearest to a row of the collection.
CREATE OR REPLACE FUNCTION vecs.query_by_id(
    collection text,
    row_id text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_vec vec%TYPE;
    v_detail text;
    v_hint text;
BEGIN
    SELECT f.vec INTO v_vec FROM vecs.fetch(collection, ARRAY[row_id]) AS f;
    IF v_vec IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = CASE
                WHEN row_id IS NULL THEN 'row_id must not be null'
                WHEN FOUND THEN
                    format('row "%s" of collection "%s" has no vector', row_id, collection)
                ELSE format('collection "%s" has no row "%s"', collection, left(row_id, 100))
            END,
            HINT = 'Pass the id of a row; vecs.scan() lists the rows.';
    END IF;

    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs._query_without(
        collection, v_vec, ARRAY[row_id], top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_by_id(text, text, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to a row of the collection, without the row itself.

Searches as query() does with the row's vector. The row need not match the filter.

Parameters:
  collection        the collection
  row_id            the id of the row to search with
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              as for query()

Errors: VS001 invalid_argument if the row does not exist, and as query(); VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_by_id(text, text, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- query_by_ids: return the rows nearest to some rows of the collection, and away from others.
CREATE OR REPLACE FUNCTION vecs.query_by_ids(
    collection text,
    positive text[],
    negative text[] DEFAULT '{}',
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_pgvector text := (vecs._collection(collection)).pgvector;
    v_named text[];
    v_found text[];
    v_missing text;
    v_statement text;
    v_vec vec%TYPE;
    v_detail text;
    v_hint text;
BEGIN
    -- Of one dimension.
    positive := ARRAY(SELECT unnest(positive));
    negative := ARRAY(SELECT unnest(negative));
    v_named := positive || negative;
    IF positive = '{}' OR array_position(v_named, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = CASE
                WHEN positive = '{}' THEN 'positive must name a row'
                ELSE 'ids must not be null'
            END,
            HINT = 'Pass the ids of rows that are like what you search for.';
    END IF;
    v_statement := format(
        $sql$
        SELECT
            m.ids,
            CASE
                WHEN m.negative IS NULL THEN m.positive
                ELSE m.positive OPERATOR(%1$s+) (m.positive OPERATOR(%1$s-) m.negative)
            END
        FROM (
            SELECT
                array_agg(v.id) AS ids,
                %1$savg(v.vec) FILTER (WHERE v.id = ANY ($2)) AS positive,
                %1$savg(v.vec) FILTER (WHERE v.id = ANY ($3)) AS negative
            FROM (
                SELECT
                    f.id,
                    CASE WHEN $4 = 'cosine_distance' THEN %1$sl2_normalize(f.vec) ELSE f.vec END
                        AS vec
                FROM vecs.fetch($1, $2 || $3) AS f
                WHERE f.vec IS NOT NULL
            ) AS v
        ) AS m
        $sql$,
        v_pgvector
    );
    EXECUTE v_statement INTO v_found, v_vec
    USING collection, positive, negative, coalesce(measure, 'cosine_distance');
    SELECT u.id INTO v_missing
    FROM unnest(v_named) AS u (id)
    WHERE u.id <> ALL (coalesce(v_found, '{}'))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'collection "%s" has no row "%s" with a vector', collection, left(v_missing, 100)
            ),
            HINT = 'Pass ids of rows; vecs.scan() lists the rows.';
    END IF;
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs._query_without(
        collection, v_vec, v_named, top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_by_ids(text, text[], text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to some rows of the collection, and away from others: more like these, less like those. None of the named rows is returned.

Searches as query() does with the mean of the positive rows' vectors, which under cosine_distance are scaled to length 1 before. With negative rows it is that mean and its difference from theirs: 2 positive - negative. The named rows need not match the filter.

Parameters:
  collection        the collection
  positive          the ids of rows to be near to
  negative          the ids of rows to be away from
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              as for query()

Errors: VS001 invalid_argument if positive is empty, or a row does not exist, and as query(); VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_by_ids(text, text[], text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- query_groups: return the nearest groups of rows, such as documents of which the rows are parts.
-- Searches for as many rows as are wanted, and then for those of other groups, until there are
-- enough: a document of thousands of near parts takes one search more, not a search for thousands.
CREATE OR REPLACE FUNCTION vecs.query_groups(
    collection text,
    query_vec vector,
    group_by text,
    top_k bigint DEFAULT 10,
    group_size bigint DEFAULT 1,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    group_value jsonb,
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 1000000000);
    v_group_size bigint := least(coalesce(group_size, 1), 1000000000);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_strategy text := coalesce(strategy, 'auto');
    v_messages text := current_setting('client_min_messages');
    v_size bigint;
    v_is_first boolean := true;
    v_found record;
    -- The groups by their values, the rows of each as [[id, distance], ...], and whether those are
    -- all that it has.
    v_values jsonb[] := '{}';
    v_rows jsonb[] := '{}';
    v_complete boolean[] := '{}';
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_search(
        query_vec IS NULL, v_top_k, 0::bigint, v_measure, max_distance, ef_search, probes,
        v_strategy
    );
    PERFORM vecs._check_groups(group_by, v_group_size);
    LOOP
        v_size := greatest(
            2 * v_size, 50, 4 * v_group_size * (v_top_k - cardinality(v_values))
        );
        SELECT
            coalesce(sum(g.number), 0) AS number,
            array_agg(g.value ORDER BY g.distance, g.id)
                FILTER (WHERE g.value IS NOT NULL AND g.value <> ALL (v_values)) AS values,
            array_agg(g.rows ORDER BY g.distance, g.id)
                FILTER (WHERE g.value IS NOT NULL AND g.value <> ALL (v_values)) AS rows
        INTO v_found
        FROM (
            SELECT
                q.metadata -> group_by AS value,
                count(*) AS number,
                min(q.distance) AS distance,
                (array_agg(q.id ORDER BY q.distance, q.id))[1] AS id,
                jsonb_agg(jsonb_build_array(q.id, q.distance) ORDER BY q.distance, q.id) AS rows
            FROM vecs.query(
                collection, query_vec, v_size,
                -- A search with a filter takes longer, so the first goes without.
                CASE
                    WHEN v_is_first THEN filters
                    ELSE vecs._group_filter(filters, group_by, v_values, false)
                END,
                v_measure, true, false, max_distance, ef_search, probes, v_strategy, 0::bigint
            ) AS q
            GROUP BY 1
        ) AS g;
        v_values := v_values || v_found.values;
        v_rows := v_rows || v_found.rows;
        v_complete := v_complete || array_fill(
            v_found.number < v_size, ARRAY[coalesce(cardinality(v_found.values), 0)]
        );
        EXIT WHEN v_found.number < v_size OR cardinality(v_values) >= v_top_k;
        v_is_first := false;
        -- The notices have been raised already.
        PERFORM set_config('client_min_messages', CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END, true);
    END LOOP;

    FOR v_number IN 1..least(v_top_k, cardinality(v_values)) LOOP
        IF jsonb_array_length(v_rows[v_number]) < v_group_size AND NOT v_complete[v_number] THEN
            v_rows[v_number] := (
                SELECT jsonb_agg(jsonb_build_array(q.id, q.distance) ORDER BY q.distance, q.id)
                FROM vecs.query(
                    collection, query_vec, v_group_size,
                    vecs._group_filter(filters, group_by, v_values[v_number:v_number], true),
                    v_measure, false, false, max_distance, ef_search, probes, v_strategy, 0::bigint
                ) AS q
            );
        END IF;
    END LOOP;
    PERFORM set_config('client_min_messages', v_messages, true);

    RETURN QUERY
    WITH r AS MATERIALIZED (
        SELECT
            g.value, g.number, e.number AS place, e.value ->> 0 AS id,
            (e.value ->> 1)::double precision AS distance
        FROM unnest(v_values[:v_top_k], v_rows[:v_top_k]) WITH ORDINALITY AS g (value, rows, number)
        CROSS JOIN LATERAL jsonb_array_elements(g.rows) WITH ORDINALITY AS e (value, number)
        WHERE e.number <= v_group_size
    )
    SELECT
        r.value,
        f.id,
        r.distance,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM r
    JOIN vecs.fetch(collection, ARRAY(SELECT i.id FROM r AS i)) AS f ON f.id = r.id
    ORDER BY r.number, r.place;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_groups(text, vector, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$Return the nearest groups of rows, a group being the rows with the same value under a key: the documents that the nearest chunks are of, each once.

Groups are ordered by their nearest row, and the rows within a group by distance, then id. Returns min(top_k, groups) groups with min(group_size, matching rows of the group) rows each, whatever the filter and the index. Rows without the key are in no group; a stored null is a value.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  group_by          the key of the metadata, literally; of an adopted table also a field
  top_k             the number of groups to return; 0 returns none
  group_size        the number of rows to return of each
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from the number of rows
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)

Errors: VS001 invalid_argument for a NULL collection, vector or key, a key that begins with "$", a group_size below 1, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_groups(text, vector, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query_groups(
    information_schema.character_data,
    query_vec halfvec,
    group_by text,
    top_k bigint DEFAULT 10,
    group_size bigint DEFAULT 1,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    group_value jsonb,
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY
    SELECT q.group_value, q.id, q.distance, q.vec, q.metadata
    FROM vecs.query_groups(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], group_by, top_k,
        group_size, filters, measure, include_metadata, include_vec, max_distance,
        ef_search, probes, strategy
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_groups(information_schema.character_data, halfvec, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For a halfvec: return the groups of rows nearest to a vector of half precision.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  group_by          as for query_groups()
  top_k             as for query_groups()
  group_size        as for query_groups()
  filters           as for query_groups()
  measure           as for query_groups()
  include_metadata  as for query_groups()
  include_vec       as for query_groups()
  max_distance      as for query_groups()
  ef_search         as for query_groups()
  probes            as for query_groups()
  strategy          as for query_groups()

Errors: VS001, VS002, VS004, VS005, as query_groups() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_groups(information_schema.character_data, halfvec, text, bigint, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

-- query_many: return the rows nearest to each of many vectors, in one call.
-- (For jit, gin_fuzzy_search_limit and the overload for halfvec see query.)
CREATE OR REPLACE FUNCTION vecs.query_many(
    collection text,
    query_vecs vector[],
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    query_no integer,
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    -- The collection: as SQL text, the table with its rows, the view of an adopted table (NULL: it is
    -- not one) and the table behind it, the type and the dimension of its vectors.
    v_relation text;
    v_table regclass;
    v_view regclass;
    v_source regclass;
    v_type text;
    v_dimension integer;
    -- Whether row-level security may hide rows.
    v_hides_rows boolean;
    -- The index for the measure, its access method and its comment; NULL: there is none.
    v_index oid;
    v_method text;
    v_comment text;
    -- Of what precision it is: full, half, binary.
    v_precision text;
    -- The filter as SQL; NULL: there is none. Of a partial index that has the rows which match: its
    -- predicate as SQL (NULL: there is none), whether it has no others. Whether there is any partial
    -- index, and those made for the filter. The number of rows in an index, and the length of the list
    -- of candidates that was kept.
    v_filter text;
    v_partial record;
    v_predicate text;
    v_has_partial boolean;
    v_partials oid[];
    v_index_rows double precision;
    v_kept integer;
    v_is_whole boolean := false;
    -- The planner's estimates: how many rows match, and the cost of an exact search in rows.
    v_estimate text;
    v_numbers text;
    v_matches double precision;
    v_exact_cost double precision;
    v_row_count double precision;
    v_selectivity double precision;
    -- What the estimate is worth: many rows have changed since; a sample; nothing, so 15 % are assumed.
    v_is_stale boolean;
    v_sample record;
    v_is_assumed boolean := false;
    -- Whether it is a search for nothing but the nearest rows.
    v_is_plain boolean;
    -- The choice: how many candidates the index is expected to return, in lists of what length, until
    -- how many rows are found; what one of the nearest and one of the farther candidates costs, in
    -- rows; how many cost as much as an exact search. And how many rows the index has to return in a
    -- search for nothing but the nearest ones.
    v_use_index boolean := false;
    v_few_match boolean := false;
    v_candidates double precision;
    v_candidate_costs double precision[];
    v_index_cost double precision;
    v_affordable double precision;
    v_list_size integer;
    v_rows_required bigint;
    v_wanted bigint;
    -- How it is run. The distance, that by which an index of another precision orders rows (NULL: the
    -- same), and the columns vec and metadata are SQL.
    v_distance text;
    v_order text;
    v_columns text;
    v_statement text;
    v_names text[];
    v_settings text[];
    v_vec vec%TYPE;
    v_exact_statement text;
    v_serial constant text[] := '{max_parallel_workers_per_gather}';
    v_before text[];
    v_messages text := current_setting('client_min_messages');
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_query_vecs(
        query_vecs, (vecs._collection(collection)).dimension, collection
    );
    v_vec := (SELECT u.vec FROM unnest(query_vecs) AS u (vec) LIMIT 1);
    IF v_vec IS NULL THEN
        PERFORM vecs._check_search(
            false, coalesce(top_k, 10), coalesce(skip, 0), coalesce(measure, 'cosine_distance'),
            max_distance, ef_search, probes, coalesce(strategy, 'auto')
        );
        PERFORM vecs._filter_sql(
            filters, NULL::regclass, (vecs._collection(collection)).view_id
        );
        RETURN;
    END IF;

    -- One plan, made for the first vector.
    v_is_plain := filters IS NOT NULL
        AND skip = 0
        AND max_distance IS NULL
        AND probes IS NULL
        AND strategy IN ('auto', 'index')
        AND top_k BETWEEN 1 AND 833
        AND (ef_search IS NULL OR ef_search BETWEEN top_k AND 1000)
        AND v_vec IS NOT NULL
        AND octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_');
    IF v_is_plain THEN
        v_relation := format('vecs.%I', collection);
        v_table := to_regclass(v_relation);
        v_view := NULL;
        -- A view has no file, nor has a partitioned table.
        IF pg_relation_filenode(v_table) IS NULL THEN
            SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
            INTO v_view, v_source, v_dimension, v_index, v_comment
            FROM pg_rewrite AS r
            CROSS JOIN LATERAL (
                SELECT d.refobjid AS table_id
                FROM pg_depend AS d
                WHERE d.classid = 'pg_rewrite'::regclass
                    AND d.objid = r.oid
                    AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjsubid > 0
                    AND d.refobjid <> r.ev_class
                LIMIT 1
            ) AS s
            LEFT JOIN LATERAL (
                SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
                    (
            SELECT d.description
            FROM pg_description AS d
            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
        ) AS comment
                FROM pg_index AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = s.table_id
                    AND i.indisvalid
                    AND i.indpred IS NULL
                    AND i.indclass[0] >= 16384
                    AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                        LIKE '%vector_' || CASE measure
                            WHEN 'cosine_distance' THEN 'cosine_ops'
                            WHEN 'l2_distance' THEN 'l2_ops'
                            WHEN 'max_inner_product' THEN 'ip_ops'
                            WHEN 'l1_distance' THEN 'l1_ops'
                        END || '%hnsw%'
                    AND a.atttypid = pg_typeof(v_vec)
                    AND EXISTS (
                        SELECT
                        FROM pg_depend AS d
                        WHERE d.classid = 'pg_rewrite'::regclass
                            AND d.objid = r.oid
                            AND d.refclassid = 'pg_class'::regclass
                            AND d.refobjid = a.attrelid
                            AND d.refobjsubid = a.attnum
                        OFFSET 0
                    )
                LIMIT 1
            ) AS x ON true
            WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
            v_table := coalesce(v_source, v_table);
        END IF;
        v_is_plain := NOT row_security_active(v_table);
    END IF;
    IF v_is_plain THEN
        IF filters = '{}' AND v_view IS NULL THEN
            SELECT a.atttypmod, i.indexrelid, (
                SELECT d.description
                FROM pg_description AS d
                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
            )
            INTO v_dimension, v_index, v_comment
            FROM pg_index AS i
            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = v_table
                AND a.attname = 'vec'
                AND i.indisvalid
                AND i.indpred IS NULL
                AND i.indclass[0] >= 16384
                AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                    LIKE '%vector_' || CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END || '%hnsw%'
                AND a.atttypid = pg_typeof(v_vec)
            LIMIT 1;
        END IF;
        IF filters = '{}' AND v_index IS NOT NULL THEN
            v_kept := substring(
                v_comment
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                    '"ef_search": ([0-9]{1,4})[,}]'
            )::integer;
            IF ef_search IS NOT NULL
                OR top_k > 33
                OR v_kept IS NOT NULL
            THEN
                v_names := '{hnsw.ef_search}';
                v_settings := ARRAY[coalesce(ef_search, least(1000, greatest(
                    top_k,
                    ceil(1.2 * top_k),
                    coalesce(
                        greatest(
                            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                            nullif(
                                nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                            )
                        ),
                        40
                    )
                )))::text];
            END IF;
            v_wanted := top_k;
            v_statement := format(
                'SELECT t.id::text, %s, %s FROM %s AS t ORDER BY 2 LIMIT $2',
                format(
                    '(t.vec OPERATOR(%s%s) $1%s)',
                    rtrim(pg_typeof(v_vec)::text, '"vector'),
                    CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END,
                    '::' || nullif(v_type, pg_typeof(v_vec)::text)
                ),
                format(
                    '%s::%svector, %s',
                    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                    rtrim(pg_typeof(v_vec)::text, '"vector'),
                    CASE
                        WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                        ELSE 'coalesce(t.metadata, ''{}'')'
                    END
                ),
                v_relation
            );
        ELSE
            v_is_plain := filters = '{}';
            IF NOT v_is_plain AND v_view IS NULL THEN
                SELECT
                    count(*) > 0,
                    array_agg(i.indexrelid) FILTER (
                        WHERE right((
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        ), length(filters::text) + 20) = format('"partial_filters": %s}', filters)
                    )
                INTO v_has_partial, v_partials
                FROM pg_index AS i
                WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
                v_is_plain := v_partials IS NOT NULL;
            END IF;
            IF v_is_plain AND v_view IS NULL THEN
                SELECT a.atttypmod, i.indexrelid, x.comment, x.index_precision,
                    (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = i.indexrelid),
                    pg_get_expr(i.indpred, i.indrelid)
                INTO v_dimension, v_index, v_comment, v_precision, v_index_rows, v_predicate
                FROM (
                    SELECT i.*
                    FROM pg_index AS i
                    WHERE i.indrelid = v_table
                        AND i.indisvalid
                        AND i.indclass[0] >= 16384
                        AND CASE
                            WHEN v_partials IS NULL THEN i.indpred IS NULL
                            ELSE i.indexrelid = ANY (v_partials)
                        END
                    OFFSET 0
                ) AS i
                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'vec'
                CROSS JOIN LATERAL (
                    SELECT
                        k.comment,
                        CASE
                            WHEN i.indkey[0] = a.attnum
                                AND k.class LIKE '%vector_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                                THEN 'full'
                            WHEN i.indkey[0] <> 0 OR starts_with(k.comment, '{"rows": ') IS NOT TRUE THEN NULL
                            WHEN k.class LIKE '%halfvec_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                                THEN 'half'
                            WHEN k.class LIKE '%bit_hamming_ops%hnsw%'
                                AND substring(
                                    k.comment
                                    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*"measure": "([a-z0-9_]+)"'
                                ) = measure
                                THEN 'binary'
                        END AS index_precision
                    FROM (
                        SELECT
                            pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0) AS class,
                            (
                                SELECT d.description
                                FROM pg_description AS d
                                WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                            ) AS comment
                        OFFSET 0
                    ) AS k
                    OFFSET 0
                ) AS x
                WHERE a.atttypid = pg_typeof(v_vec)
                    AND x.index_precision IS NOT NULL
                ORDER BY i.indkey[0] DESC
                LIMIT 1;
                v_is_plain := filters = '{}' OR v_index IS NOT NULL;
            END IF;
            IF v_is_plain AND v_index IS NOT NULL THEN
                v_kept := substring(
                    v_comment
                    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                        '"ef_search": ([0-9]{1,4})[,}]'
                )::integer;
                v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                        WHEN 'binary' THEN least(
                            4000000000000000000,
                            50 + 5 * top_k::numeric
                        )
                        ELSE top_k + 5
                    END END;
                v_list_size := coalesce(ef_search, least(1000, greatest(
                    v_wanted,
                    ceil(1.2 * top_k),
                    coalesce(
                        greatest(
                            v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                            nullif(
                                nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                            )
                        ),
                        40
                    )
                )));
                v_is_plain := v_wanted <= least(1000, ef_search)
                    AND v_index_rows > greatest(
                        1500,
                        12 * greatest(60, v_list_size)
                    );
                IF v_is_plain THEN
                    v_distance := format(
                        '(t.vec OPERATOR(%s%s) $1%s)',
                        rtrim(pg_typeof(v_vec)::text, '"vector'),
                        CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END,
                        '::' || nullif(v_type, pg_typeof(v_vec)::text)
                    );
                    v_order := CASE WHEN v_precision <> 'full' THEN format(
                            CASE v_precision
                                WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                    ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                            END,
                            't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(v_vec)::text)), rtrim(pg_typeof(v_vec)::text, '"vector'), v_dimension, CASE measure
                            WHEN 'cosine_distance' THEN '<=>'
                            WHEN 'l2_distance' THEN '<->'
                            WHEN 'max_inner_product' THEN '<#>'
                            WHEN 'l1_distance' THEN '<+>'
                        END
                        ) END;
                    v_columns := format(
                        '%s::%svector, %s',
                        CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                        rtrim(pg_typeof(v_vec)::text, '"vector'),
                        CASE
                            WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                            ELSE 'coalesce(t.metadata, ''{}'')'
                        END
                    );
                    v_statement := format(
                        'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                        v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
                    );
                    v_names := NULL;
                    v_settings := NULL;
                    IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                        v_names := '{hnsw.ef_search}';
                        v_settings := ARRAY[v_list_size::text];
                    END IF;
                    IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                        v_names := v_names || 'enable_sort'::text;
                        v_settings := v_settings || 'off'::text;
                    END IF;
                END IF;
            END IF;
        END IF;
    END IF;
    IF v_is_plain AND v_index IS NULL THEN
        v_is_plain := EXISTS (
            SELECT FROM pg_index AS i WHERE i.indrelid = v_table AND i.indclass[0] >= 16384
        );
        IF v_is_plain THEN
            SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
                x.index_id, (
                SELECT d.description
                FROM pg_description AS d
                WHERE d.objoid = x.index_id AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
            )
            INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
            FROM vecs._search_target(collection, CASE measure
                WHEN 'cosine_distance' THEN 'cosine_ops'
                WHEN 'l2_distance' THEN 'l2_ops'
                WHEN 'max_inner_product' THEN 'ip_ops'
                WHEN 'l1_distance' THEN 'l1_ops'
            END) AS x;
            v_kept := substring(
                v_comment
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                    '"ef_search": ([0-9]{1,4})[,}]'
            )::integer;
            v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                    WHEN 'binary' THEN least(
                        4000000000000000000,
                        50 + 5 * top_k::numeric
                    )
                    ELSE top_k + 5
                END END;
            v_list_size := coalesce(ef_search, least(1000, greatest(
                v_wanted,
                ceil(1.2 * top_k),
                coalesce(
                    greatest(
                        v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                        nullif(
                            nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                        )
                    ),
                    40
                )
            )));
            v_is_plain := v_method = 'hnsw'
                AND v_dimension = cardinality(v_vec::real[])
                AND v_wanted <= least(1000, ef_search)
                AND (
                    SELECT CASE
                        WHEN c.relpages > 0 AND c.reltuples >= 0
                            THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
                    END
                    FROM pg_class AS c
                    WHERE c.oid = v_table
                ) > greatest(
                    1500,
                    12 * greatest(60, v_list_size)
                );
        END IF;
        IF v_is_plain THEN
            v_distance := format(
                '(t.vec OPERATOR(%s%s) $1%s)',
                rtrim(pg_typeof(v_vec)::text, '"vector'),
                CASE measure
                    WHEN 'cosine_distance' THEN '<=>'
                    WHEN 'l2_distance' THEN '<->'
                    WHEN 'max_inner_product' THEN '<#>'
                    WHEN 'l1_distance' THEN '<+>'
                END,
                '::' || nullif(v_type, pg_typeof(v_vec)::text)
            );
            v_order := CASE WHEN v_precision <> 'full' THEN format(
                    CASE v_precision
                        WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                        WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                            ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                        ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                    END,
                    't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(v_vec)::text)), rtrim(pg_typeof(v_vec)::text, '"vector'), v_dimension, CASE measure
                    WHEN 'cosine_distance' THEN '<=>'
                    WHEN 'l2_distance' THEN '<->'
                    WHEN 'max_inner_product' THEN '<#>'
                    WHEN 'l1_distance' THEN '<+>'
                END
                ) END;
            v_columns := format(
                '%s::%svector, %s',
                CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                rtrim(pg_typeof(v_vec)::text, '"vector'),
                CASE
                    WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                    ELSE 'coalesce(t.metadata, ''{}'')'
                END
            );
            v_statement := format(
                'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
            );
            v_names := NULL;
            v_settings := NULL;
            IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                v_names := '{hnsw.ef_search}';
                v_settings := ARRAY[v_list_size::text];
            END IF;
            IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                v_names := v_names || 'enable_sort'::text;
                v_settings := v_settings || 'off'::text;
            END IF;
        END IF;
    END IF;
    IF v_is_plain IS NOT TRUE THEN
        FOR v_attempt IN 1..2 LOOP
            BEGIN
                IF (
                    v_vec IS NOT NULL
                    AND top_k BETWEEN 0 AND 4000000000000000000
                    AND skip = 0
                    AND max_distance IS NULL
                    AND ef_search IS NULL
                    AND probes IS NULL
                    AND strategy = 'auto'
                    AND CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END IS NOT NULL
                ) IS NOT TRUE THEN
                    -- Beyond any number of rows, and low enough not to overflow.
                    top_k := least(coalesce(top_k, 10), 4000000000000000000);
                    skip := least(coalesce(skip, 0), 4000000000000000000);
                    measure := coalesce(measure, 'cosine_distance');
                    strategy := coalesce(strategy, 'auto');
                    PERFORM vecs._check_search(
                        v_vec IS NULL, top_k, skip, measure, max_distance, ef_search, probes, strategy
                    );
                END IF;
                v_method := NULL;
                v_use_index := false;
                v_few_match := false;
                v_matches := NULL;
                v_candidates := NULL;
                IF v_attempt = 1 AND filters <> '{}' AND octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_') THEN
                    -- prepare_plain() may have found it.
                    IF v_relation IS NULL THEN
                        v_relation := format('vecs.%I', collection);
                        v_table := to_regclass(v_relation);
                        v_view := NULL;
                        -- A view has no file, nor has a partitioned table.
                        IF pg_relation_filenode(v_table) IS NULL THEN
                            SELECT r.ev_class, s.table_id, x.dimension, x.index_id, x.comment
                            INTO v_view, v_source, v_dimension, v_index, v_comment
                            FROM pg_rewrite AS r
                            CROSS JOIN LATERAL (
                                SELECT d.refobjid AS table_id
                                FROM pg_depend AS d
                                WHERE d.classid = 'pg_rewrite'::regclass
                                    AND d.objid = r.oid
                                    AND d.refclassid = 'pg_class'::regclass
                                    AND d.refobjsubid > 0
                                    AND d.refobjid <> r.ev_class
                                LIMIT 1
                            ) AS s
                            LEFT JOIN LATERAL (
                                SELECT a.atttypmod AS dimension, i.indexrelid AS index_id,
                                    (
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        ) AS comment
                                FROM pg_index AS i
                                JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                WHERE i.indrelid = s.table_id
                                    AND i.indisvalid
                                    AND i.indpred IS NULL
                                    AND i.indclass[0] >= 16384
                                    AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                                        LIKE '%vector_' || CASE measure
                                            WHEN 'cosine_distance' THEN 'cosine_ops'
                                            WHEN 'l2_distance' THEN 'l2_ops'
                                            WHEN 'max_inner_product' THEN 'ip_ops'
                                            WHEN 'l1_distance' THEN 'l1_ops'
                                        END || '%hnsw%'
                                    AND a.atttypid = pg_typeof(v_vec)
                                    AND EXISTS (
                                        SELECT
                                        FROM pg_depend AS d
                                        WHERE d.classid = 'pg_rewrite'::regclass
                                            AND d.objid = r.oid
                                            AND d.refclassid = 'pg_class'::regclass
                                            AND d.refobjid = a.attrelid
                                            AND d.refobjsubid = a.attnum
                                        OFFSET 0
                                    )
                                LIMIT 1
                            ) AS x ON true
                            WHERE r.ev_class = v_table AND r.rulename = '_RETURN';
                            v_table := coalesce(v_source, v_table);
                        END IF;
                    END IF;
                    v_type := NULL;
                    IF v_view IS NULL THEN
                        SELECT a.atttypmod, i.indexrelid, (
                            SELECT d.description
                            FROM pg_description AS d
                            WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                        )
                        INTO v_dimension, v_index, v_comment
                        FROM pg_index AS i
                        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                        WHERE i.indrelid = v_table
                            AND a.attname = 'vec'
                            AND i.indisvalid
                            AND i.indpred IS NULL
                            AND i.indclass[0] >= 16384
                            AND pg_describe_object('pg_opclass'::regclass, i.indclass[0], 0)
                                LIKE '%vector_' || CASE measure
                                    WHEN 'cosine_distance' THEN 'cosine_ops'
                                    WHEN 'l2_distance' THEN 'l2_ops'
                                    WHEN 'max_inner_product' THEN 'ip_ops'
                                    WHEN 'l1_distance' THEN 'l1_ops'
                                END || '%hnsw%'
                            AND a.atttypid = pg_typeof(v_vec)
                        LIMIT 1;
                    END IF;
                    v_method := CASE WHEN v_dimension IS NOT NULL THEN 'hnsw' END;
                    v_precision := 'full';
                END IF;
                IF v_method IS NULL THEN
                    -- Keep the collection from being dropped or altered until the search is done.
                    PERFORM vecs._lock_collection(collection, 'read');
                    SELECT x.relation, x.table_id, x.view_id, x.type, x.dimension, x.method, x.index_precision,
                        x.index_id, (
                        SELECT d.description
                        FROM pg_description AS d
                        WHERE d.objoid = x.index_id AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                    )
                    INTO v_relation, v_table, v_view, v_type, v_dimension, v_method, v_precision, v_index, v_comment
                    FROM vecs._search_target(collection, CASE measure
                        WHEN 'cosine_distance' THEN 'cosine_ops'
                        WHEN 'l2_distance' THEN 'l2_ops'
                        WHEN 'max_inner_product' THEN 'ip_ops'
                        WHEN 'l1_distance' THEN 'l1_ops'
                    END) AS x;
                END IF;
                IF v_dimension > 0 AND v_dimension <> cardinality(v_vec::real[]) THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'VS004',
                        MESSAGE = format(
                            'the query vector has %s dimensions, collection "%s" has %s',
                            cardinality(v_vec::real[]), collection, v_dimension
                        ),
                        HINT = 'Search with vectors of the model that the collection was created for.';
                END IF;
                v_hides_rows := row_security_active(v_table);
                v_distance := format(
                    '(t.vec OPERATOR(%s%s) $1%s)',
                    rtrim(pg_typeof(v_vec)::text, '"vector'),
                    CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END,
                    '::' || nullif(v_type, pg_typeof(v_vec)::text)
                );
                v_order := CASE WHEN v_precision <> 'full' THEN format(
                        CASE v_precision
                            WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                            WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                            ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                        END,
                        't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(v_vec)::text)), rtrim(pg_typeof(v_vec)::text, '"vector'), v_dimension, CASE measure
                        WHEN 'cosine_distance' THEN '<=>'
                        WHEN 'l2_distance' THEN '<->'
                        WHEN 'max_inner_product' THEN '<#>'
                        WHEN 'l1_distance' THEN '<+>'
                    END
                    ) END;
                v_columns := format(
                    '%s::%svector, %s',
                    CASE WHEN include_vec THEN 't.vec' ELSE 'NULL' END,
                    rtrim(pg_typeof(v_vec)::text, '"vector'),
                    CASE
                        WHEN include_metadata IS FALSE THEN 'NULL::jsonb'
                        WHEN v_view IS NOT NULL THEN 'vecs._late_metadata(coalesce(t.metadata, ''{}''))'
                        ELSE 'coalesce(t.metadata, ''{}'')'
                    END
                );
                IF filters <> '{}' THEN
                    v_filter := vecs._filter_sql(filters, v_table, v_view);
                    v_predicate := NULL;
                    v_index_rows := NULL;
                    IF v_has_partial IS NULL AND v_view IS NULL THEN
                        SELECT
                            count(*) > 0,
                            array_agg(i.indexrelid) FILTER (
                                WHERE right((
                                    SELECT d.description
                                    FROM pg_description AS d
                                    WHERE d.objoid = i.indexrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                                ), length(filters::text) + 20) = format('"partial_filters": %s}', filters)
                            )
                        INTO v_has_partial, v_partials
                        FROM pg_index AS i
                        WHERE i.indrelid = v_table AND i.indpred IS NOT NULL AND i.indisvalid;
                    END IF;
                    v_is_whole := false;
                    IF v_has_partial AND strategy <> 'exact' THEN
                        SELECT * INTO v_partial FROM vecs._partial_index(v_table, filters, measure) AS p;
                        IF v_partial.index_id IS NOT NULL THEN
                            v_predicate := v_partial.predicate;
                            v_index_rows := v_partial.row_count;
                            v_is_whole := v_partial.is_whole AND NOT v_hides_rows;
                            v_index := v_partial.index_id;
                            v_comment := (
                                SELECT d.description
                                FROM pg_description AS d
                                WHERE d.objoid = v_index AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
                            );
                            v_method := v_partial.method;
                            v_precision := v_partial.index_precision;
                            v_dimension := v_partial.dimension;
                            v_order := CASE
                                WHEN v_precision <> 'full' THEN format(
                                    CASE v_precision
                                        WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
                                        WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                                            ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
                                        ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
                                    END,
                                    't.vec', concat('$1', '::' || nullif(v_type, pg_typeof(v_vec)::text)), rtrim(pg_typeof(v_vec)::text, '"vector'), v_dimension, CASE measure
                                    WHEN 'cosine_distance' THEN '<=>'
                                    WHEN 'l2_distance' THEN '<->'
                                    WHEN 'max_inner_product' THEN '<#>'
                                    WHEN 'l1_distance' THEN '<+>'
                                END
                                )
                            END;
                        END IF;
                    END IF;
                END IF;

                -- A row-level security policy is a filter, too.
                IF strategy = 'exact' OR top_k = 0 THEN
                    NULL;
                ELSIF v_method IS NULL THEN
                    PERFORM vecs._notice_no_index(collection, measure);
                ELSIF v_is_whole THEN
                    -- EXPLAIN does so otherwise.
                    PERFORM vecs._lock_collection(collection, 'read');
                    v_matches := v_index_rows;
                    v_exact_cost := v_index_rows;
                    v_row_count := v_index_rows;
                    IF v_exact_cost > 1500 OR strategy = 'index' THEN
                        IF v_matches IS NULL THEN
                            v_row_count := v_exact_cost;
                            v_selectivity := 1;
                        ELSE
                            v_selectivity := CASE
                                WHEN v_is_assumed THEN 0.15
                                ELSE least(1, greatest(v_matches, 1) / v_row_count)
                            END;
                        END IF;
                        -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                        v_rows_required := CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END;
                        v_candidates := v_rows_required / v_selectivity;
                        v_kept := substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"ef_search": ([0-9]{1,4})[,}]'
                        )::integer;
                        v_list_size := coalesce(ef_search, least(1000, greatest(
                            60,
                            CASE WHEN max_distance IS NOT NULL THEN 400 END,
                            v_kept,
                            nullif(current_setting('hnsw.ef_search', true), '')::integer
                        )));
                        -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                        -- Under row-level security a search in vain is not seen early, so it may take three times as
                        -- long as expected.
                        v_candidate_costs := coalesce(
                            regexp_match(
                                v_comment,
                                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                            )::double precision[],
                            '{12, 12}'
                        );
                        v_index_cost := (
                            v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                            + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                        ) * CASE
                            WHEN v_hides_rows THEN 3
                            WHEN max_distance IS NOT NULL THEN 2
                            ELSE 1
                        END;
                        v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                        IF strategy = 'index' THEN
                            v_exact_cost := 'Infinity';
                        END IF;
                        v_affordable := (
                            least(v_exact_cost / v_candidate_costs[1], 320)
                            + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                        );
                    END IF;
                ELSIF v_filter IS NOT NULL OR v_hides_rows THEN
                    v_statement := format('EXPLAIN SELECT FROM %s AS t%s', v_relation, ' WHERE ' || v_filter);
                    EXECUTE v_statement INTO v_estimate;
                    -- "Seq Scan on docs t  (cost=0.00..17161.00 rows=10000 width=0)". If the table's name has a line
                    -- break, the numbers are on another line and there is no estimate.
                    v_numbers := split_part(v_estimate, '(cost=', -1);
                    IF v_numbers ~ '^[0-9.]+ rows=[0-9]+ ' THEN
                        v_matches := split_part(split_part(v_numbers, ' rows=', 2), ' ', 1);
                        v_exact_cost := greatest(
                            v_matches,
                            split_part(split_part(v_numbers, '..', 2), ' ', 1)::double precision / CASE
                                WHEN starts_with(v_estimate, 'Seq Scan') OR starts_with(v_estimate, 'Gather')
                                    THEN 0.5
                                ELSE 4
                            END
                        );
                    ELSE
                        v_matches := 1;
                        v_exact_cost := 1;
                    END IF;
                    SELECT c.reltuples, pg_stat_get_mod_since_analyze(c.oid) > 0.2 * c.reltuples
                    INTO v_row_count, v_is_stale
                    FROM pg_class AS c
                    WHERE c.oid = v_table;
                    -- An estimate far below what the planner would read is a default, not from statistics.
                    v_is_assumed := (v_exact_cost > 1500 OR strategy = 'index') AND NOT (
                        v_row_count > 0 AND (v_matches * 3 >= v_exact_cost OR v_matches * 50 >= v_row_count)
                    );
                    -- The planner takes conditions on several keys for independent; equalities are one condition. Under
                    -- row-level security it does not look at statistics, whose values it might tell.
                    IF v_is_stale
                        OR v_is_assumed
                        OR v_filter LIKE '% AND %' AND (
                            filters::text LIKE '%"$and"%'
                            OR jsonb_array_length(jsonb_path_query_array(filters, '$.keyvalue()')) > 1
                        )
                        OR v_hides_rows
                    THEN
                        v_sample := vecs._sampled_matches(
                            collection, v_table, v_view, coalesce(v_filter, 'true'), v_matches
                        );
                        IF v_sample.matches IS NOT NULL THEN
                            v_row_count := v_sample.row_count;
                            v_exact_cost := v_exact_cost - v_matches + v_sample.matches;
                            v_matches := v_sample.matches;
                            v_is_assumed := false;
                        END IF;
                    END IF;
                    v_row_count := coalesce(v_index_rows, v_row_count);
                    IF v_exact_cost > 1500 OR strategy = 'index' THEN
                        IF v_matches IS NULL THEN
                            v_row_count := v_exact_cost;
                            v_selectivity := 1;
                        ELSE
                            v_selectivity := CASE
                                WHEN v_is_assumed THEN 0.15
                                ELSE least(1, greatest(v_matches, 1) / v_row_count)
                            END;
                        END IF;
                        -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                        v_rows_required := CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END;
                        v_candidates := v_rows_required / v_selectivity;
                        v_kept := substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"ef_search": ([0-9]{1,4})[,}]'
                        )::integer;
                        v_list_size := coalesce(ef_search, least(1000, greatest(
                            60,
                            CASE WHEN max_distance IS NOT NULL THEN 400 END,
                            v_kept,
                            nullif(current_setting('hnsw.ef_search', true), '')::integer
                        )));
                        -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                        -- Under row-level security a search in vain is not seen early, so it may take three times as
                        -- long as expected.
                        v_candidate_costs := coalesce(
                            regexp_match(
                                v_comment,
                                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                            )::double precision[],
                            '{12, 12}'
                        );
                        v_index_cost := (
                            v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                            + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                        ) * CASE
                            WHEN v_hides_rows THEN 3
                            WHEN max_distance IS NOT NULL THEN 2
                            ELSE 1
                        END;
                        v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                        IF strategy = 'index' THEN
                            v_exact_cost := 'Infinity';
                        END IF;
                        v_affordable := (
                            least(v_exact_cost / v_candidate_costs[1], 320)
                            + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                        );
                    END IF;
                    v_few_match := v_exact_cost <= 5000;
                ELSE
                    v_exact_cost := coalesce(
                        (
                            SELECT CASE
                                WHEN c.relpages > 0 AND c.reltuples >= 0
                                    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
                            END
                            FROM pg_class AS c
                            WHERE c.oid = v_table
                        ),
                        vecs._estimated_rows(collection)
                    );
                    IF v_exact_cost > 1500 OR strategy = 'index' THEN
                        IF v_matches IS NULL THEN
                            v_row_count := v_exact_cost;
                            v_selectivity := 1;
                        ELSE
                            v_selectivity := CASE
                                WHEN v_is_assumed THEN 0.15
                                ELSE least(1, greatest(v_matches, 1) / v_row_count)
                            END;
                        END IF;
                        -- The farthest candidates are not reliably the nearest rows, so more rows are wanted.
                        v_rows_required := CASE v_precision
                            WHEN 'binary' THEN least(
                                4000000000000000000,
                                50 + 5 * top_k::numeric
                            )
                            ELSE top_k + 5
                        END;
                        v_candidates := v_rows_required / v_selectivity;
                        v_kept := substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"ef_search": ([0-9]{1,4})[,}]'
                        )::integer;
                        v_list_size := coalesce(ef_search, least(1000, greatest(
                            60,
                            CASE WHEN max_distance IS NOT NULL THEN 400 END,
                            v_kept,
                            nullif(current_setting('hnsw.ef_search', true), '')::integer
                        )));
                        -- With max_distance the index may miss rows near the limit, so it must save half of the work.
                        -- Under row-level security a search in vain is not seen early, so it may take three times as
                        -- long as expected.
                        v_candidate_costs := coalesce(
                            regexp_match(
                                v_comment,
                                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
                            )::double precision[],
                            '{12, 12}'
                        );
                        v_index_cost := (
                            v_candidate_costs[1] * least(greatest(v_candidates, v_list_size), 320)
                            + v_candidate_costs[2] * greatest(greatest(v_candidates, v_list_size) - 320, 0)
                        ) * CASE
                            WHEN v_hides_rows THEN 3
                            WHEN max_distance IS NOT NULL THEN 2
                            ELSE 1
                        END;
                        v_use_index := strategy = 'index' OR v_index_cost <= v_exact_cost;
                        IF strategy = 'index' THEN
                            v_exact_cost := 'Infinity';
                        END IF;
                        v_affordable := (
                            least(v_exact_cost / v_candidate_costs[1], 320)
                            + greatest(v_exact_cost - v_candidate_costs[1] * 320, 0) / v_candidate_costs[2]
                        );
                    END IF;
                END IF;
                -- It may have been dropped and created again in the meantime.
                EXIT WHEN to_regclass(v_relation) = coalesce(v_view, v_table);
            EXCEPTION
                WHEN SQLSTATE 'VS000' THEN
                    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                    IF v_detail = '' THEN
                        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                    END IF;
                    RAISE EXCEPTION USING
                        ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
                -- It was dropped concurrently.
                WHEN undefined_table THEN
                    IF v_attempt = 2 THEN
                        RAISE;
                    END IF;
            END;
        END LOOP;
        v_exact_statement := format(
            'SELECT t.id::text, %1$s + 0, %2$s FROM %3$s AS t%4$s ORDER BY 2, 1 LIMIT $2',
            v_distance,
            v_columns,
            v_relation,
            ' WHERE ' || CASE
                WHEN max_distance IS NOT NULL THEN concat_ws(
                    ' AND ', '(' || v_filter || ')', v_distance || ' <= $3'
                )
                -- Rows of an adopted table may have no vector.
                WHEN v_view IS NOT NULL THEN concat_ws(' AND ', '(' || v_filter || ')', 't.vec IS NOT NULL')
                WHEN v_few_match AND v_filter LIKE 'metadata @> ''%'''
                    AND v_filter NOT LIKE 'metadata @> ''%''%'''
                    THEN format('metadata @> (SELECT %s::jsonb)', substr(v_filter, 13))
                ELSE v_filter
            END
        );
        IF v_use_index
            AND v_is_whole
            AND v_predicate IS NOT NULL
            AND v_method = 'hnsw'
            AND max_distance IS NULL
            AND v_rows_required <= least(1000, ef_search) AND skip = 0 THEN
            v_kept := substring(
                v_comment
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                    '"ef_search": ([0-9]{1,4})[,}]'
            )::integer;
            v_wanted := CASE v_precision WHEN 'full' THEN top_k ELSE CASE v_precision
                    WHEN 'binary' THEN least(
                        4000000000000000000,
                        50 + 5 * top_k::numeric
                    )
                    ELSE top_k + 5
                END END;
            v_list_size := coalesce(ef_search, least(1000, greatest(
                v_wanted,
                ceil(1.2 * top_k),
                coalesce(
                    greatest(
                        v_kept + CASE WHEN v_predicate IS NULL THEN 0 ELSE greatest(top_k - 10, 0) END,
                        nullif(
                            nullif(current_setting('hnsw.ef_search', true), '')::integer, 40
                        )
                    ),
                    40
                )
            )));
            v_statement := format(
                'SELECT t.id::text, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                v_distance, v_columns, v_relation, ' WHERE ' || v_predicate, coalesce(v_order, '2')
            );
            v_names := NULL;
            v_settings := NULL;
            IF v_list_size::text IS DISTINCT FROM current_setting('hnsw.ef_search', true) THEN
                v_names := '{hnsw.ef_search}';
                v_settings := ARRAY[v_list_size::text];
            END IF;
            IF v_dimension > 2000 OR v_predicate IS NOT NULL THEN
                v_names := v_names || 'enable_sort'::text;
                v_settings := v_settings || 'off'::text;
            END IF;
            v_is_plain := true;
        ELSIF v_use_index THEN
            v_statement := format(
                'SELECT t.id::text, %s, %s, %s FROM %s AS t%s ORDER BY %s LIMIT $2',
                -- So is the distance of those, where the index has not computed it.
                CASE
                    WHEN v_order IS NULL OR v_filter IS NULL THEN v_distance
                    ELSE format('CASE WHEN %s THEN %s ELSE ''Infinity'' END', v_filter, v_distance)
                END,
                -- Metadata of rows that match is enough.
                CASE
                    WHEN v_view IS NULL OR v_filter IS NULL THEN v_columns
                    ELSE replace(
                        v_columns,
                        'vecs._late_metadata(coalesce(t.metadata, ''{}''))',
                        format('CASE WHEN %s THEN coalesce(t.metadata, ''{}'') END', v_filter)
                    )
                END,
                coalesce(v_filter, 'true'),
                v_relation,
                ' WHERE ' || v_predicate,
                coalesce(v_order, '2')
            );
            IF v_method = 'hnsw' THEN
                v_names := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan,hnsw.max_scan_tuples}';
                -- The last one limits the rows whose distance is computed.
                v_settings := ARRAY[
                    'off',
                    v_list_size::text,
                    'relaxed_order',
                    least(2000000000, ceil(CASE
                        WHEN v_hides_rows AND strategy = 'auto' THEN v_index_cost
                        ELSE greatest(20000, v_exact_cost)
                    END))::text
                ];
            ELSE
                v_names := '{enable_sort,ivfflat.probes,ivfflat.iterative_scan}';
                v_settings := ARRAY[
                    'off',
                    coalesce(probes, greatest(
                        -- The vecs client uses 10.
                        coalesce(substring(
                            v_comment
                            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                                '"probes": ([0-9]{1,5})[,}]'
                        )::integer, 10),
                        nullif(current_setting('ivfflat.probes', true), '')::integer
                    ))::text,
                    'relaxed_order'
                ];
            END IF;
        END IF;
    END IF;

    FOR query_no, v_vec IN
        SELECT u.position, u.vec FROM unnest(query_vecs) WITH ORDINALITY AS u (vec, position)
    LOOP
        IF v_is_plain OR v_use_index AND skip = 0 THEN
            BEGIN
                v_before := vecs._swap_settings(v_names, v_settings);
                IF v_is_plain THEN
                    RETURN QUERY
                    SELECT query_no, s.id, s.distance, s.vec, s.metadata
                    FROM vecs._search_nearest(v_statement, v_vec, v_wanted) AS s
                    ORDER BY s.distance, s.id
                    LIMIT top_k;
                ELSE
                    RETURN QUERY
                    SELECT query_no, s.id, s.distance, s.vec, s.metadata
                    FROM vecs._search_candidates(
                        v_statement, v_vec, v_rows_required, max_distance, v_selectivity,
                        v_affordable, v_method = 'hnsw' AND v_precision <> 'binary' AND strategy = 'auto'
                    ) AS s
                    ORDER BY s.distance, s.id
                    LIMIT top_k;
                END IF;
                PERFORM vecs._swap_settings(v_names, v_before);
                CONTINUE;
            EXCEPTION
                -- It came back short, or the collection was renamed or dropped concurrently. The
                -- error restores the settings and discards the rows found.
                WHEN SQLSTATE 'VS000' OR data_exception OR undefined_column OR undefined_table THEN
                    NULL;
            END;
        END IF;

        IF v_is_plain OR skip > 0 THEN
            -- The notices have been raised already.
            PERFORM set_config('client_min_messages', CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END, true);
            RETURN QUERY
            SELECT query_no, q.id, q.distance, q.vec, q.metadata
            FROM vecs.query(
                collection, v_vec, top_k, filters, measure, include_metadata, include_vec,
                max_distance, ef_search, probes, strategy, skip
            ) AS q;
            PERFORM set_config('client_min_messages', v_messages, true);
        ELSE
            IF v_few_match THEN
                v_before := vecs._swap_settings(v_serial, '{0}'::text[]);
            END IF;
            RETURN QUERY EXECUTE format('SELECT $4, s.* FROM (%s) AS s', v_exact_statement)
            USING v_vec, top_k, max_distance, query_no;
            IF v_few_match THEN
                PERFORM vecs._swap_settings(v_serial, v_before);
            END IF;
        END IF;
    END LOOP;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_many(text, vector[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to each of many vectors, as query() does for one, ordered by query_no, distance, id.

Hundreds of vectors take one round trip; the filter is compiled and the strategy chosen once.

Parameters:
  collection        the collection
  query_vecs        the vectors to search with, of the collection's dimension; query_no numbers them from 1
  top_k             the number of rows to return for each; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      return only rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from top_k
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)
  skip              as for query()

Errors: VS001 invalid_argument for NULL, also among the vectors, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_many(text, vector[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query_many(
    information_schema.character_data,
    query_vecs halfvec[],
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    query_no integer,
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY
    SELECT q.query_no, q.id, q.distance, q.vec, q.metadata
    FROM vecs.query_many(
        $1::text, vecs._halfvec_to_vector(query_vecs), top_k, filters, measure, include_metadata,
        include_vec, max_distance, ef_search, probes, strategy, skip
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_many(information_schema.character_data, halfvec[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$For halfvecs: return the rows nearest to each of many vectors of half precision.

The collection's name must be passed by position.

Parameters:
  query_vecs        the vectors to search with, of the collection's dimension; query_no numbers them from 1
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for query()

Errors: VS001, VS002, VS004, VS005, as query_many() for vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_many(information_schema.character_data, halfvec[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- query_mmr: return rows that are near to a vector, and different from each other.
CREATE OR REPLACE FUNCTION vecs.query_mmr(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    lambda_mult double precision DEFAULT 0.5,
    candidates bigint DEFAULT NULL,
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 1000000000000000000);
    v_lambda double precision := coalesce(lambda_mult, 0.5);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_ids text[];
    v_distances double precision[];
    v_chosen integer[];
    v_detail text;
    v_hint text;
BEGIN
    IF (v_lambda BETWEEN 0 AND 1) IS NOT TRUE OR candidates < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = CASE
                WHEN candidates < 1 THEN format('candidates must be at least 1: %s', candidates)
                ELSE format('lambda_mult must be from 0 to 1: %s', v_lambda)
            END,
            HINT = 'With lambda_mult => 1 only nearness counts, with 0 only difference.';
    END IF;
    SELECT
        array_agg(q.id ORDER BY q.distance, q.id),
        array_agg(q.distance ORDER BY q.distance, q.id),
        vecs._diverse_rows(
            collection,
            array_agg(q.vec ORDER BY q.distance, q.id),
            array_agg(q.distance ORDER BY q.distance, q.id),
            v_measure, v_lambda, v_top_k
        )
    INTO v_ids, v_distances, v_chosen
    FROM vecs.query(
        collection, query_vec,
        CASE
            WHEN v_top_k > 0
                THEN greatest(v_top_k, coalesce(candidates, greatest(4 * v_top_k, 20)))
            ELSE v_top_k
        END,
        filters, v_measure, false, true, max_distance, ef_search, probes, strategy, 0::bigint
    ) AS q;
    RETURN QUERY
    SELECT
        f.id,
        v_distances[c.place],
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(v_chosen) WITH ORDINALITY AS c (place, number)
    JOIN vecs.fetch(
        collection, ARRAY(SELECT v_ids[u.place] FROM unnest(v_chosen) AS u (place))
    ) AS f ON f.id = v_ids[c.place]
    ORDER BY c.number;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_mmr(text, vector, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$Return rows that are near to a vector and different from each other, by maximal marginal relevance (MMR), in the order in which they are chosen.

The first is the nearest row. Each further one is the candidate with the greatest (1 - lambda_mult) * (distance to the nearest of the rows chosen before) - lambda_mult * (distance to the vector). Under cosine_distance that is MMR with the cosine similarity. Returns min(top_k, matching rows) rows.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  lambda_mult       from 0, only difference counts, to 1, only nearness counts
  candidates        choose among so many of the nearest rows; NULL: 4 times top_k, at least 20
  measure           cosine_distance, l2_distance, max_inner_product (the negative inner product, so that less is nearer) or l1_distance
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  max_distance      choose only among rows at this distance or nearer
  ef_search         hnsw: the size of the candidate list, from 1 to 1000; NULL: chosen from the number of candidates
  probes            ivfflat: the number of lists to search; NULL: 10, or the session's ivfflat.probes if that is greater
  strategy          auto, exact (compare all matching rows) or index (begin with the index)

Errors: VS001 invalid_argument for a lambda_mult that is not from 0 to 1, for candidates below 1, and as query(); VS002 collection_not_found; VS004 dimension_mismatch; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_mmr(text, vector, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.query_mmr(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    lambda_mult double precision DEFAULT 0.5,
    candidates bigint DEFAULT NULL,
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto'
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs.query_mmr(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters,
        lambda_mult, candidates, measure, include_metadata, include_vec, max_distance,
        ef_search, probes, strategy
    ) AS q;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.query_mmr(information_schema.character_data, halfvec, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) IS
$doc$For a halfvec: return rows near to a vector of half precision, and different from each other.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query_mmr()
  filters           as for query_mmr()
  lambda_mult       as for query_mmr()
  candidates        as for query_mmr()
  measure           as for query_mmr()
  include_metadata  as for query_mmr()
  include_vec       as for query_mmr()
  max_distance      as for query_mmr()
  ef_search         as for query_mmr()
  probes            as for query_mmr()
  strategy          as for query_mmr()

Errors: VS001, VS002, VS004, VS005, as query_mmr() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.query_mmr(information_schema.character_data, halfvec, bigint, jsonb, double precision, bigint, text, boolean, boolean, double precision, bigint, bigint, text) TO PUBLIC;

-- recall: measure how much of what an exact search finds the index finds, and how fast.
CREATE OR REPLACE FUNCTION vecs.recall(
    collection text,
    sample bigint DEFAULT 100,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL
)
RETURNS TABLE (
    recall double precision,
    p50_ms double precision,
    exact_p50_ms double precision,
    sampled integer
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_sample bigint := coalesce(sample, 100);
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_strategy text := 'index';
    v_sampled text;
    v_messages text := current_setting('client_min_messages');
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF v_sample < 1 OR v_top_k < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'sample and top_k must be at least 1, not %s and %s', v_sample, v_top_k
            ),
            HINT = 'Start with a sample of 100 rows.';
    END IF;
    PERFORM vecs._check_search(
        false, v_top_k, 0::bigint, v_measure, NULL::double precision, ef_search, probes, 'index'
    );
    PERFORM vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    PERFORM vecs._lock_collection(collection, 'read');

    -- Raise the notice once, not in each search.
    IF NOT vecs.has_index(collection, v_measure)
        AND (vecs._partial_index(v_collection.table_id, filters, v_measure)).index_id IS NULL
    THEN
        PERFORM vecs._notice_no_index(collection, v_measure);
        v_strategy := 'exact';
    END IF;

    v_sampled := vecs._sampled_rows(collection, v_sample);
    -- The notices of each search have been raised already.
    PERFORM set_config('client_min_messages', 'warning', true);
    -- A row that the index found counts if it is no farther than the farthest of the exact ones.
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT
            sum((
                SELECT count(*) FROM unnest(i.distances) AS d (distance)
                WHERE d.distance <= e.distances[cardinality(e.distances)]
            ))::double precision / nullif(sum(cardinality(e.distances)), 0),
            percentile_cont(0.5) WITHIN GROUP (ORDER BY i.milliseconds),
            percentile_cont(0.5) WITHIN GROUP (ORDER BY e.milliseconds),
            count(*)::integer
        FROM %s AS s
        CROSS JOIN LATERAL vecs._timed_query($1, s.id, s.vec, $2, $3, $4, $5, $6, $7) AS i
        CROSS JOIN LATERAL vecs._timed_query(
            $1, s.id, s.vec, $2, $3, $4, NULL::bigint, NULL::bigint, 'exact'
        ) AS e
        $sql$,
        v_sampled
    ) USING collection, v_top_k, filters, v_measure, ef_search, probes, v_strategy;
    PERFORM set_config('client_min_messages', v_messages, true);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.recall(text, bigint, bigint, jsonb, text, bigint, bigint) IS
$doc$Measure the recall and speed of searches by the index, on a sample of the collection's own vectors.

Returns one row: recall (the share of the exact search's rows that the index found, from 0 to 1; NULL if there are none), p50_ms and exact_p50_ms (the median times of both searches in milliseconds), and sampled (the number of rows searched with).

Each sampled row searches for its neighbours, without itself. The index finds those of its own rows more easily than those of a new vector, so the recall of other searches may be slightly lower. An exact search compares all matching rows: on a large collection take a small sample. query() may choose an exact search if there is a filter; recall() always tries the index.

Parameters:
  collection  the collection
  sample      the number of rows to search with
  top_k       the number of neighbours of each
  filters     a metadata filter for the neighbours, see filter_sql()
  measure     cosine_distance, l2_distance, max_inner_product or l1_distance
  ef_search   hnsw: the size of the candidate list, from 1 to 1000; NULL: as query() chooses
  probes      ivfflat: the number of lists to search; NULL: as query() chooses

Errors: VS001 invalid_argument; VS002 collection_not_found; VS005 invalid_filter. The notice VSW01 if no index covers the measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs.recall(text, bigint, bigint, jsonb, text, bigint, bigint) TO PUBLIC;

-- rename_collection: give a collection another name.
-- Takes ACCESS EXCLUSIVE on the collection's table, or its view, until the transaction ends.
CREATE OR REPLACE FUNCTION vecs.rename_collection(
    name text,
    new_name text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._collection(name);
    PERFORM vecs._check_new_collection(new_name, 1::bigint, 'vector');
    PERFORM vecs._lock_names(ARRAY[name, new_name]);
    PERFORM vecs._collection(name);
    IF to_regclass(format('vecs.%I', new_name)) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS003',
            MESSAGE = format(
                'the name "%s" is taken by another relation of the schema "vecs"', new_name
            ),
            HINT = 'Choose another name; vecs.swap_collections() exchanges the names of two'
                ' collections.';
    END IF;
    PERFORM vecs._rename_collection(name, new_name);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', name)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(name, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.rename_collection(text, text) IS
$doc$Give a collection another name. No row is read or written, and its indexes go on serving searches.

What belongs to the table stays with it: privileges, policies, triggers, foreign keys, and views over it. Sessions that read or write the collection by its old name wait until the transaction ends, and then do not find it. The caller must own the table, or the view of an adopted table, and needs the privilege CREATE on the schema vecs.

Parameters:
  name      the collection
  new_name  its new name, of 1 to 63 bytes, not beginning with "_"

Errors: VS001 invalid_argument for NULL and for a name that no collection can have; VS002 collection_not_found; VS003 collection_already_exists for a name that is taken.$doc$;

GRANT EXECUTE ON FUNCTION vecs.rename_collection(text, text) TO PUBLIC;

-- scan: return one page of a collection's rows, in the order of their ids.
-- Orders by the id column in its own collation, so that the primary key's index serves both order
-- and start: a page deep in the collection costs as much as the first. Sequential scans are off: if
-- the planner cannot estimate a filter, such as a range on metadata, it would read and sort the
-- whole collection for each page.
CREATE OR REPLACE FUNCTION vecs.scan(
    collection text,
    filters jsonb DEFAULT '{}',
    after text DEFAULT NULL,
    page_size bigint DEFAULT 100
)
RETURNS TABLE (
    id text,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_collection record;
    v_fields jsonb;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_page_size(page_size);
    v_fields := vecs._fields(v_collection.view_id, '{}'::jsonb);
    PERFORM vecs._check_after(v_collection.view_id, v_fields, after);
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.vec::%2$svector, coalesce(t.metadata, '{}')
        FROM %1$s AS t
        WHERE (%3$s) AND %4$s
        ORDER BY t.%5$I
        LIMIT $2
        $sql$,
        v_collection.relation,
        v_collection.pgvector,
        vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id),
        vecs._after_predicate(v_fields -> 'key', after IS NOT NULL),
        CASE WHEN v_collection.view_id IS NULL THEN 'id' ELSE '_id' END
    ) USING after, coalesce(page_size, 100);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.scan(text, jsonb, text, bigint) IS
$doc$Return one page of a collection's rows, in the order of their ids.

Call it first without after, then each time with the id of the last row, until a page has fewer rows than page_size. The primary key's index finds the start of a page, so the last page costs as much as the first. A row that exists throughout is returned exactly once, whatever is written between the pages. The order is that of the id column's collation, which is the database's unless the table was created with another one; ORDER BY id gives the same order.

Parameters:
  collection  the collection
  filters     a metadata filter, see filter_sql(); {} matches all rows
  after       return rows whose ids come after this one, which need not exist; NULL: from the beginning
  page_size   the maximum number of rows; NULL: 100

Errors: VS001 invalid_argument for a NULL collection, a page_size below 1, or an after that the key of an adopted table cannot be; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.scan(text, jsonb, text, bigint) TO PUBLIC;

-- swap_collections: exchange the names of two collections.
-- Takes ACCESS EXCLUSIVE on both tables, or views, until the transaction ends.
CREATE OR REPLACE FUNCTION vecs.swap_collections(
    a text,
    b text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_between text := '_swap_' || md5(a);
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._collection(a);
    PERFORM vecs._collection(b);
    IF a = b THEN
        RETURN;
    END IF;
    PERFORM vecs._lock_names(ARRAY[a, b]);
    PERFORM vecs._collection(a);
    PERFORM vecs._collection(b);
    PERFORM vecs._rename_collection(a, v_between);
    PERFORM vecs._rename_collection(b, a);
    PERFORM vecs._rename_collection(v_between, b);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', CASE WHEN to_regclass(format('vecs.%I', a)) IS NULL THEN a ELSE b END)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(CASE WHEN to_regclass(format('vecs.%I', a)) IS NULL THEN a ELSE b END, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.swap_collections(text, text) IS
$doc$Exchange the names of two collections, in one transaction: fill and index a new collection under another name, with the vectors of another model, for instance, and put it in the place of the old one at once.

Sessions that read or write one of them wait until the transaction ends, and then find the other under its name; none sees a mixture. A transaction that has read one and then reads the other may deadlock with this, and one of the two gets 40P01.

What belongs to a table stays with it: privileges, policies, triggers, foreign keys, and views over it. So grant on the new collection what is granted on the old one. The caller must own both tables, or the views of adopted tables, and needs the privilege CREATE on the schema vecs.

Parameters:
  a  one collection
  b  the other one

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.swap_collections(text, text) TO PUBLIC;

-- text_query: return the rows whose text fits some words best.
CREATE OR REPLACE FUNCTION vecs.text_query(
    collection text,
    query_text text,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    match text DEFAULT 'any',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    skip bigint DEFAULT 0
)
RETURNS TABLE (
    id text,
    score double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
    v_skip bigint := least(coalesce(text_query.skip, 0), 4000000000000000000);
    v_match text := coalesce(match, 'any');
    v_configs regconfig[];
    v_ids text[];
    v_scores double precision[];
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._check_search(
        false, v_top_k, v_skip, 'cosine_distance'::text, NULL::double precision, NULL::bigint,
        NULL::bigint, 'auto'::text
    );
    v_configs := vecs._check_text(collection, query_text, v_match, filters);
    SELECT array_agg(r.id), array_agg(r.score)
    INTO v_ids, v_scores
    FROM (
        SELECT s.id, s.score
        FROM vecs._text_rows(
            collection, v_configs, query_text, v_match, filters, false, v_skip + v_top_k
        ) AS s
        OFFSET v_skip
    ) AS r;
    RETURN QUERY
    SELECT
        f.id,
        u.score,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(v_ids, v_scores) AS u (id, score)
    JOIN vecs.fetch(collection, coalesce(v_ids, '{}')) AS f ON f.id = u.id
    ORDER BY u.score DESC, u.id;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.text_query(text, text, bigint, jsonb, text, boolean, boolean, bigint) IS
$doc$Return the rows whose text fits some words best among those that match a metadata filter, ordered by score, the best first, then id.

The score is BM25: rare words count more than frequent ones, and a word counts more in a short text. It is greater than 0, and comparable within one search. The collection needs a text index, see create_text_index(). Words are compared as its configuration reduces them: under english, "running" finds "runs".

Returns min(top_k, matching rows) rows, a matching row being one that has a word of the text, or what match says. A search for any word does not compare every row that has a frequent word: it begins with the rarest words, which together are in up to 2000 rows, and takes more of them only if there are too few rows. Of a text of more than 40 different words the rarest 40 among the first 256 are searched for.

With match => 'fuzzy' the score is from 0 to 1, how similar the words of the text are to those of a row on average, long words counting more; a matching row has one that is similar by at least 0.4, beside longer words one of at least four letters. The texts themselves are compared, using only the 4 longest words in the first 10,000 characters of query_text, and the first 100,000 characters of a row's text for its score. create_metadata_index(collection, key, kind => 'trigram') makes an index for it; without it, every row's text is read. Runs of Chinese, Japanese, Korean, Thai, Lao, Burmese and Khmer are matched by pairs of characters, which always reads every text.

Parameters:
  collection        the collection
  query_text        the words, in any form; a text with none that is indexed finds nothing, and raises the notice VSW06
  top_k             the number of rows to return; 0 returns none
  filters           a metadata filter, see filter_sql(); {} matches all rows
  match             any of the words; all of them; web, the syntax of search engines: "a phrase", -without, or; or fuzzy: words that are similar, as the extension pg_trgm compares them, for misspelt words, and for parts of a run of Chinese or Japanese
  include_metadata  whether to return the metadata; otherwise it is NULL
  include_vec       whether to return the vector; otherwise it is NULL
  skip              leave out so many of the best rows, for pages: with the same top_k, pages fit together without a gap or a row twice, as long as nothing is written between them; a later page may have higher scores, of rows that have only the frequent words

Errors: VS001 invalid_argument for a NULL collection or text, a negative top_k or skip, an unknown match, and with all and web for more than 256 different words; VS002 collection_not_found; VS005 invalid_filter; VS007 index_not_found if the collection has no text index; VS008 unsupported for fuzzy without the extension pg_trgm.$doc$;

GRANT EXECUTE ON FUNCTION vecs.text_query(text, text, bigint, jsonb, text, boolean, boolean, bigint) TO PUBLIC;

-- truncate_collection: delete all rows of a collection at once.
-- Takes ACCESS EXCLUSIVE on the collection's table.
CREATE OR REPLACE FUNCTION vecs.truncate_collection(
    collection text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'collection "%s" is table "%s", which has rows of its own',
                collection, v_collection.table_id
            ),
            HINT = format('TRUNCATE %s deletes them.', v_collection.table_id);
    END IF;
    PERFORM vecs._check_not_building(collection, v_collection.table_id);
    EXECUTE format('TRUNCATE TABLE %s', v_collection.relation);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs.truncate_collection(text) IS
$doc$Delete all rows of a collection at once; its indexes stay.

Requires the privilege TRUNCATE on the table.

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS008 unsupported for an adopted table.$doc$;

GRANT EXECUTE ON FUNCTION vecs.truncate_collection(text) TO PUBLIC;

-- tune: find the smallest ef_search, or number of probes, that reaches a recall.
-- What is right is found once, by exact searches; each step then searches with the same vectors.
CREATE OR REPLACE FUNCTION vecs.tune(
    collection text,
    target_recall double precision DEFAULT 0.95,
    top_k bigint DEFAULT 10,
    measure text DEFAULT 'cosine_distance',
    filters jsonb DEFAULT '{}',
    sample bigint DEFAULT 50,
    keep boolean DEFAULT false
)
RETURNS TABLE (
    ef_search integer,
    recall double precision,
    p50_ms double precision,
    chosen boolean
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_target double precision := coalesce(target_recall, 0.95);
    v_top_k bigint := coalesce(top_k, 10);
    v_measure text := coalesce(measure, 'cosine_distance');
    v_sample bigint := coalesce(sample, 50);
    v_index record;
    v_lists integer;
    v_sampled text;
    v_messages text := current_setting('client_min_messages');
    v_ids text[];
    v_vecs text[];
    v_limits double precision[];
    v_right bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    IF v_top_k NOT BETWEEN 1 AND 1000
        OR v_sample NOT BETWEEN 1 AND 1000
        OR v_target NOT BETWEEN 0 AND 1
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'target_recall must be from 0 to 1, top_k and sample from 1 to 1000, not %s, %s and'
                ' %s',
                v_target, v_top_k, v_sample
            ),
            HINT = 'Start with a target_recall of 0.95 and a sample of 50.';
    END IF;
    PERFORM vecs._measure(v_measure);
    PERFORM vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);

    SELECT i.index_id, i.method, i.filters INTO v_index
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE i.measure = v_measure
        AND i.valid
        AND (i.filters IS NULL OR i.filters = tune.filters)
    ORDER BY i.filters, array_position('{full,half,binary}', i.index_precision), i.method
    LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS007',
            MESSAGE = format('collection "%s" has no index for %s', collection, v_measure),
            HINT = format('SELECT vecs.create_index(%L, %L);', collection, v_measure);
    END IF;
    IF keep AND filters <> '{}' AND v_index.filters IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'what suits a filter cannot be kept with an index over all rows',
            HINT = format(
                'Make a partial index: SELECT vecs.create_index(%L, %L, filters => %L);',
                collection, v_measure, filters
            );
    END IF;
    -- The errors come before the searches.
    IF keep THEN
        PERFORM vecs._keep_with_index(v_index.index_id, '{}'::jsonb);
    END IF;
    v_lists := vecs._index_parameters(v_index.index_id) ->> 'lists';

    v_sampled := vecs._sampled_rows(collection, v_sample);
    -- The filter has raised its notices; each search would raise them again.
    PERFORM set_config('client_min_messages', 'warning', true);
    EXECUTE format(
        $sql$
        SELECT
            array_agg(s.id),
            array_agg(s.vec::text),
            array_agg(e.distances[cardinality(e.distances)]),
            sum(cardinality(e.distances))
        FROM %s AS s
        CROSS JOIN LATERAL vecs._timed_query(
            $1, s.id, s.vec, $2, $3, $4, NULL::bigint, NULL::bigint, 'exact'
        ) AS e
        WHERE e.distances <> '{}'
        $sql$,
        v_sampled
    ) INTO v_ids, v_vecs, v_limits, v_right
    USING collection, v_top_k, filters, v_measure;

    chosen := false;
    FOR ef_search IN
        SELECT s.size
        FROM unnest(CASE v_index.method
            WHEN 'hnsw' THEN ARRAY[20, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000]
            ELSE ARRAY[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]
        END) AS s (size)
        -- A list holds all that is returned, and one row more, that of the vector itself.
        WHERE v_right > 0
            AND CASE v_index.method
                WHEN 'hnsw' THEN s.size > least(v_top_k, 999)
                ELSE s.size < 2 * coalesce(v_lists, 100)
            END
        ORDER BY s.size
    LOOP
        EXECUTE format(
            $sql$
            SELECT
                sum((
                    SELECT count(*) FROM unnest(q.distances) AS d (distance)
                    WHERE d.distance <= s.far
                )) / $9::double precision,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY q.milliseconds)
            FROM unnest($1, $2, $3) AS s (id, vec, far)
            CROSS JOIN LATERAL vecs._timed_query(
                $4, s.id, s.vec::%svector, $5, $6, $7, $8, $10, 'index'
            ) AS q
            $sql$,
            v_collection.pgvector
        ) INTO tune.recall, tune.p50_ms
        USING
            v_ids, v_vecs, v_limits, collection, v_top_k, filters, v_measure,
            CASE v_index.method WHEN 'hnsw' THEN tune.ef_search::bigint END,
            v_right,
            CASE v_index.method WHEN 'ivfflat' THEN least(tune.ef_search, v_lists)::bigint END;
        chosen := tune.recall >= v_target;
        RETURN NEXT;
        EXIT WHEN chosen;
    END LOOP;
    PERFORM set_config('client_min_messages', v_messages, true);
    IF keep AND chosen THEN
        PERFORM vecs._keep_with_index(v_index.index_id, jsonb_build_object(
            CASE v_index.method WHEN 'hnsw' THEN 'ef_search' ELSE 'probes' END,
            least(tune.ef_search, v_lists)
        ));
    END IF;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs.tune(text, double precision, bigint, text, jsonb, bigint, boolean) IS
$doc$Find an ef_search, or a number of probes of an ivfflat index, with which searches reach a recall: the smallest of 20, 40, 60, 80, 100, 150 and so on, or of 1, 2, 4, 8 and so on. Return each step that was tried.

Returns rows with ef_search (of an ivfflat index: probes), recall (the share of the exact search's rows that the index finds, from 0 to 1), p50_ms (the median time of a search in milliseconds) and chosen, which is true in the last row if it reaches the target. No row is chosen if none does, and there is no row if nothing matches. With keep, the result is stored in the comment of the index, and searches that name no ef_search or probes use it, until create_index() replaces the index. A larger session setting or top_k lengthens the list; a smaller one does not shorten it. Otherwise pass it as ef_search or probes of query(), or set it for a role or a database: ALTER ROLE web SET hnsw.ef_search = 80.

Each sampled row searches for its neighbours, without itself. The exact searches compare all matching rows: on a large collection take a small sample.

Parameters:
  collection     the collection
  target_recall  the recall to reach, from 0 to 1
  top_k          the number of neighbours, from 1 to 1000
  measure        cosine_distance, l2_distance, max_inner_product or l1_distance
  filters        a metadata filter for the neighbours, see filter_sql()
  sample         the number of rows to search with, from 1 to 1000
  keep           whether to store the result with the index; requires its ownership

Errors: VS001 invalid_argument, also if keep is true with filters that no partial index was made for; VS002 collection_not_found; VS005 invalid_filter; VS007 index_not_found; VS008 unsupported if something is to be kept with an index that create_index() did not build.$doc$;

GRANT EXECUTE ON FUNCTION vecs.tune(text, double precision, bigint, text, jsonb, bigint, boolean) TO PUBLIC;

-- update_metadata: change the metadata of rows, by their ids or by a filter.
-- Locks the rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.
CREATE OR REPLACE FUNCTION vecs.update_metadata(
    collection text,
    patch jsonb,
    ids text[] DEFAULT NULL,
    filters jsonb DEFAULT NULL,
    mode text DEFAULT 'merge'
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    v_mode text := coalesce(mode, 'merge');
    v_collection record;
    v_predicate text := 't.id = ANY ($1)';
    -- Metadata that is not an object has no keys. Unless it is null, it is refused below.
    v_changed text := format(
        CASE v_mode
            WHEN 'merge' THEN '%1$s || $2'
            WHEN 'remove' THEN '%1$s - ARRAY(SELECT jsonb_array_elements_text($2))'
            ELSE '$2'
        END,
        'CASE jsonb_typeof(t.metadata) WHEN ''object'' THEN t.metadata ELSE ''{}'' END'
    );
    v_matched bigint;
    v_not_an_object text;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        IF ids IS NULL THEN
            v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
        END IF;
        PERFORM vecs._check_update(patch, ids, filters, v_mode);
        IF v_collection.view_id IS NOT NULL THEN
            FOR v_attempt IN 1..10 LOOP
                BEGIN
                    v_matched := vecs._update_adopted_rows(collection, ids, filters, patch, v_mode);
                    EXIT;
                EXCEPTION
                    WHEN deadlock_detected THEN
                        IF v_attempt = 10 THEN
                            RAISE;
                        END IF;
                END;
            END LOOP;
            RETURN v_matched;
        END IF;
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    -- Compare after locking the row: the UPDATE itself would first look at the version in its
    -- snapshot, which may be older. As text, because for jsonb 1 and 1.0 are equal.
    EXECUTE format(
        $sql$
        WITH locked AS (
            SELECT
                t.id,
                jsonb_typeof(t.metadata) AS kind,
                t.metadata::text IS DISTINCT FROM (%3$s)::text AS changes
            FROM %1$s AS t
            WHERE %2$s
            ORDER BY t.id COLLATE "C"
            FOR NO KEY UPDATE
        ),
        written AS (
            UPDATE %1$s AS t
            SET metadata = %3$s
            FROM locked
            WHERE t.id = locked.id AND locked.changes
        )
        SELECT count(*), min(locked.id::text) FILTER (WHERE locked.kind NOT IN ('object', 'null'))
        FROM locked
        $sql$,
        v_collection.table_id, v_predicate, v_changed
    ) INTO v_matched, v_not_an_object USING ids, patch;

    IF v_not_an_object IS NOT NULL AND v_mode <> 'replace' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'the metadata of id "%s" is not an object', left(v_not_an_object, 100)
            ),
            HINT = 'Replace it by an object with mode => ''replace'' first.';
    END IF;
    RETURN v_matched;
END
$fn$;

COMMENT ON FUNCTION vecs.update_metadata(text, jsonb, text[], jsonb, text) IS
$doc$Change the metadata of rows, selected by their ids or by a filter, and return the number of rows selected.

Modes:
  merge    the patch is an object; sets its keys and keeps the others. As with jsonb's operator ||, only at the top level: an object or a list under a key is replaced as a whole
  replace  the patch is an object and becomes the metadata
  remove   the patch is an array of top-level keys, which are removed

Rows that already are as the patch wants them are counted but not written. A changed row is written into every index of the collection. A call takes effect as a whole or not at all. Requires the privileges SELECT and UPDATE.

A call locks its rows in the order of their ids, so two single calls cannot deadlock with one another. Several calls in one transaction, or a load of several batches, can deadlock with others that write the same rows in another order. One of them then gets 40P01 and can be run again.

Parameters:
  collection  the collection
  patch       what to change
  ids         the ids of the rows; ids that do not exist are ignored
  filters     instead of ids: a metadata filter, see filter_sql(); {} matches all rows
  mode        merge, replace or remove; NULL: merge

Errors: VS001 invalid_argument if neither or both of ids and filters are given, for an unknown mode, for a patch that is NULL or of the wrong type, and in the modes merge and remove for a row whose metadata is neither an object nor null; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.update_metadata(text, jsonb, text[], jsonb, text) TO PUBLIC;

-- upsert: insert or replace rows, from JSON records or a single one by its parts.
-- (For the overload for halfvec see query.)
CREATE OR REPLACE FUNCTION vecs.upsert(
    collection text,
    records jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_records jsonb := CASE jsonb_typeof(records)
        WHEN 'object' THEN jsonb_build_array(records) ELSE records
    END;
    v_unreadable record;
    v_written bigint;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    PERFORM vecs._check_records(v_records);
    EXECUTE format(
        $sql$
        SELECT vecs.upsert_many(
            $1,
            coalesce(array_agg(r.record ->> 'id' ORDER BY r.position), '{}'),
            coalesce(array_agg((r.record ->> 'vec')::%1$svector ORDER BY r.position), '{}'),
            coalesce(jsonb_agg(r.record -> 'metadata' ORDER BY r.position), '[]')
        )
        FROM jsonb_array_elements($2) WITH ORDINALITY AS r (record, position)
        $sql$,
        v_collection.pgvector
    ) INTO v_written USING collection, v_records;
    RETURN v_written;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    -- pgvector cannot read a vector: tell which row's.
    WHEN data_exception OR program_limit_exceeded THEN
        v_unreadable := vecs._find_unreadable_vector(
            v_records, to_regtype(v_collection.pgvector || 'vector')
        );
        IF v_unreadable.row_no IS NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'the vector of id "%s" (record %s) cannot be read',
                left(v_unreadable.id, 100), v_unreadable.row_no
            ),
            DETAIL = v_unreadable.why,
            HINT = 'A vector is an array of finite numbers, such as [0.1, 0.2].';
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(text, jsonb) IS
$doc$Insert rows given as JSON records, or replace those whose ids exist, and return the number of rows written.

Metadata is replaced, not merged. If an id occurs twice in a call, the last one wins. A call takes effect as a whole or not at all. To load many rows, use upsert_many(), which is several times as fast. Requires the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  records     {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}} or an array of such records; metadata may be absent or null, which stands for {}; vec may also be pgvector's text, "[0.1,0.2]"

Errors: VS001 invalid_argument for records of another form, unknown keys, a missing id or one that is too long for the primary key (about 2,700 bytes), a vector that cannot be read (NaN, infinity, null or text in it) or that half precision cannot hold, and metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch. They name the id of the row.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(text, jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.upsert(
    collection text,
    id text,
    vec vector,
    metadata jsonb DEFAULT '{}'
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_metadata jsonb := jsonb_build_array(upsert.metadata);
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_rows(
            ARRAY[upsert.id], ARRAY[upsert.vec], v_metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    IF v_collection.view_id IS NOT NULL THEN
        BEGIN
            RETURN vecs._write_adopted_rows(collection, ARRAY[upsert.id], ARRAY[upsert.vec], v_metadata);
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                IF v_detail = '' THEN
                    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                END IF;
                RAISE EXCEPTION USING
                    ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
        END;
    END IF;
    RETURN vecs._write_rows(v_collection.table_id, ARRAY[upsert.id], ARRAY[upsert.vec], v_metadata);
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(text, text, vector, jsonb) IS
$doc$Insert one row, or replace the one that has the id, and return 1.

Metadata is replaced, not merged. Requires the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  id          the row's id
  vec         its vector, of the collection's dimension
  metadata    a JSON object, which replaces the existing one

Errors: VS001 invalid_argument for a NULL id or vector, an id that is too long for the primary key, a number that half precision cannot hold, and metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(text, text, vector, jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.upsert(
    information_schema.character_data,
    id text,
    vec halfvec,
    metadata jsonb DEFAULT '{}'
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_metadata jsonb := jsonb_build_array(upsert.metadata);
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection($1::text, 'write');
        v_collection := vecs._collection($1::text);
        PERFORM vecs._check_rows(
            ARRAY[upsert.id], vecs._halfvec_to_vector(ARRAY[upsert.vec]), v_metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    IF v_collection.view_id IS NOT NULL THEN
        BEGIN
            RETURN vecs._write_adopted_rows($1::text, ARRAY[upsert.id], vecs._halfvec_to_vector(ARRAY[upsert.vec]), v_metadata);
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                IF v_detail = '' THEN
                    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                END IF;
                RAISE EXCEPTION USING
                    ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
        END;
    END IF;
    RETURN vecs._write_rows(v_collection.table_id, ARRAY[upsert.id], vecs._halfvec_to_vector(ARRAY[upsert.vec]), v_metadata);
END
$fn$;

COMMENT ON FUNCTION vecs.upsert(information_schema.character_data, text, halfvec, jsonb) IS
$doc$For a halfvec: insert one row, or replace the one that has the id, and return 1.

The collection's name must be passed by position.

Parameters:
  id          the row's id
  vec         its vector, of the collection's dimension
  metadata    a JSON object, which replaces the existing one

Errors: VS001, VS002, VS004, as upsert() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert(information_schema.character_data, text, halfvec, jsonb) TO PUBLIC;

-- upsert_many: insert or replace many rows from arrays; the fast way.
-- (For the overload for halfvec see query.)
CREATE OR REPLACE FUNCTION vecs.upsert_many(
    collection text,
    ids text[],
    vecs vector[],
    metadata jsonb DEFAULT NULL
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection(collection, 'write');
        v_collection := vecs._collection(collection);
        PERFORM vecs._check_rows(
            ids, upsert_many.vecs, upsert_many.metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    IF v_collection.view_id IS NOT NULL THEN
        BEGIN
            RETURN vecs._write_adopted_rows(collection, ids, upsert_many.vecs, upsert_many.metadata);
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                IF v_detail = '' THEN
                    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                END IF;
                RAISE EXCEPTION USING
                    ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
        END;
    END IF;
    RETURN vecs._write_rows(v_collection.table_id, ids, upsert_many.vecs, upsert_many.metadata);
END
$fn$;

COMMENT ON FUNCTION vecs.upsert_many(text, text[], vector[], jsonb) IS
$doc$Insert many rows, or replace those whose ids exist, and return the number of rows written.

The fast way to load: send arrays of 1,000 or 2,000 rows (about 1 MB) in each call, with the vectors in binary form if your client can. Metadata is replaced, not merged. If an id occurs twice in a call, the last one wins. A call takes effect as a whole or not at all. Requires the privileges INSERT, UPDATE and SELECT.

Parameters:
  collection  the collection
  ids         the ids
  vecs        as many vectors, of the collection's dimension
  metadata    a JSON array of as many objects; a null in it, or NULL for all, stands for {}

Errors: VS001 invalid_argument for arrays of different lengths, a NULL id or vector, an id that is too long for the primary key (about 2,700 bytes), a number that half precision cannot hold, and metadata that is not an object; VS002 collection_not_found; VS004 dimension_mismatch. They name the id of the row.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert_many(text, text[], vector[], jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.upsert_many(
    information_schema.character_data,
    ids text[],
    vecs halfvec[],
    metadata jsonb DEFAULT NULL
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
    v_detail text;
    v_hint text;
BEGIN
    BEGIN
        PERFORM vecs._lock_collection($1::text, 'write');
        v_collection := vecs._collection($1::text);
        PERFORM vecs._check_rows(
            ids, vecs._halfvec_to_vector(upsert_many.vecs), upsert_many.metadata,
            v_collection.dimension, v_collection.element_type
        );
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
            IF v_detail = '' THEN
                RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    END;

    IF v_collection.view_id IS NOT NULL THEN
        BEGIN
            RETURN vecs._write_adopted_rows($1::text, ids, vecs._halfvec_to_vector(upsert_many.vecs), upsert_many.metadata);
        EXCEPTION
            WHEN SQLSTATE 'VS000' THEN
                GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
                IF v_detail = '' THEN
                    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
                END IF;
                RAISE EXCEPTION USING
                    ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
        END;
    END IF;
    RETURN vecs._write_rows(v_collection.table_id, ids, vecs._halfvec_to_vector(upsert_many.vecs), upsert_many.metadata);
END
$fn$;

COMMENT ON FUNCTION vecs.upsert_many(information_schema.character_data, text[], halfvec[], jsonb) IS
$doc$For halfvecs: insert many rows, or replace those whose ids exist, and return the number of rows written.

The collection's name must be passed by position.

Parameters:
  ids         the ids
  vecs        as many vectors, of the collection's dimension
  metadata    a JSON array of as many objects; a null in it, or NULL for all, stands for {}

Errors: VS001, VS002, VS004, as upsert_many() for vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs.upsert_many(information_schema.character_data, text[], halfvec[], jsonb) TO PUBLIC;

-- version: return the version of the SQL layer.

CREATE OR REPLACE FUNCTION vecs.version()
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT '0.1.0'::text;
$fn$;

COMMENT ON FUNCTION vecs.version() IS
$doc$Return the version of the SQL layer that is installed in this database, such as 0.1.0.$doc$;

GRANT EXECUTE ON FUNCTION vecs.version() TO PUBLIC;

-- ------------------------------------------------------------
-- internal/adopt
-- ------------------------------------------------------------

-- _adopted_columns: choose the columns of a table that adopt() makes a collection of.
-- If it is one already, what is not named stays as it is. Columns that the table has got since are
-- new: their numbers are greater than those of the columns that the view's rule knows.

CREATE OR REPLACE FUNCTION vecs._adopted_columns(
    source regclass,
    id text,
    vec text,
    metadata text,
    fields text[],
    view_id regclass,
    OUT id_column text,
    OUT vec_column text,
    OUT metadata_column text,
    OUT field_columns text[],
    OUT text_value text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Each column's name with its type; names of the view's own columns cannot be fields.
    v_types jsonb;
    v_used text;
    v_reserved constant text[] := '{id,vec,metadata,_id,_metadata,_text}';
    -- The view's columns with those of the table, and how many columns the table had.
    v_origins jsonb;
    v_known integer := coalesce(vecs._known_columns(view_id::oid, source::oid), 0);
BEGIN
    SELECT jsonb_object_agg(v.attname, a.attname) INTO v_origins
    FROM pg_attribute AS v
    CROSS JOIN LATERAL vecs._view_origin(view_id::oid, v.attname::text) AS o (origin)
    JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer
    WHERE v.attrelid = view_id AND v.attnum > 0 AND NOT v.attisdropped;
    id := coalesce(id, v_origins ->> '_id');
    vec := coalesce(vec, v_origins ->> 'vec');
    metadata := coalesce(metadata, v_origins ->> '_metadata');
    text_value := coalesce(
        's.' || quote_ident(v_origins ->> '_text'),
        (
            SELECT 'NULL::tsvector'
            FROM pg_attribute AS a
            WHERE a.attrelid = view_id AND a.attname = '_text' AND NOT a.attisdropped
        )
    );
    fields := array_remove(fields, NULL);

    SELECT jsonb_object_agg(a.attname, CASE
        WHEN y.typname IN ('vector', 'halfvec', 'sparsevec', 'bit') AND y.typnamespace = (
            SELECT e.extnamespace FROM pg_extension AS e WHERE e.extname = 'vector'
        ) THEN y.typname
        ELSE format_type(a.atttypid, NULL)
    END)
    INTO v_types
    FROM pg_attribute AS a
    JOIN pg_type AS y ON y.oid = a.atttypid
    WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
    PERFORM vecs._check_columns(
        source, v_types, array_remove(ARRAY[id, vec, metadata], NULL) || fields
    );

    id_column := coalesce(id, vecs._primary_key(source));
    IF EXISTS (
        SELECT
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind <> 'm'
        WHERE a.attrelid = source AND a.attname = id_column AND NOT a.attnotnull
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('column "%s" may be NULL and so identifies no row', id_column),
            HINT = format(
                'If every row has it, ALTER TABLE %s ALTER COLUMN %I SET NOT NULL says so.',
                source, id_column
            );
    END IF;
    IF EXISTS (
        SELECT
        FROM pg_attribute AS a
        JOIN pg_type AS y ON y.oid = vecs._base_type(a.atttypid)
        WHERE a.attrelid = source
            AND a.attname = id_column
            AND (y.typtype = 'c' OR y.typcategory IN ('A', 'G') OR y.typname IN ('json', 'xml'))
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'column "%s" is of type %s, whose values are no ids',
                id_column, v_types ->> id_column
            ),
            HINT = 'Name a column of numbers, text or UUIDs as id => ''...''.';
    END IF;
    vec_column := coalesce(vec, vecs._only_vector(source, v_types));
    IF v_types ->> vec_column NOT IN ('vector', 'halfvec') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'column "%s" is of type %s, not vector or halfvec',
                vec_column, v_types ->> vec_column
            ),
            HINT = 'Name the column with the vectors as vec => ''...''.';
    END IF;

    metadata_column := coalesce(
        metadata,
        CASE
            WHEN v_types ->> 'metadata' = 'jsonb' AND id_column <> 'metadata'
                AND ('metadata' = ANY (fields)) IS NOT TRUE
                THEN 'metadata'
        END
    );
    IF v_types ->> metadata_column <> 'jsonb' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'column "%s" is of type %s, not jsonb',
                metadata_column, v_types ->> metadata_column
            ),
            HINT = 'Make a column of another type a field, with fields => ''{...}''.';
    END IF;
    v_used := (
        SELECT f.name
        FROM unnest(fields) AS f (name)
        WHERE f.name IN (id_column, vec_column, metadata_column)
            OR v_types ->> f.name IN ('vector', 'halfvec', 'sparsevec', 'bit')
        LIMIT 1
    );
    IF v_used IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('column "%s" cannot be a field', v_used),
            HINT = 'The key, the metadata column and columns of vectors are no fields: leave it'
                ' out.';
    ELSIF fields && v_reserved THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'column "%s" cannot be a field',
                (SELECT f.name FROM unnest(fields) AS f (name) WHERE f.name = ANY (v_reserved)
                    LIMIT 1)
            ),
            HINT = 'The columns id, vec, metadata, _id, _metadata and _text of a collection have a'
                ' meaning of their own: leave it out, or rename the column.';
    END IF;

    field_columns := ARRAY(
        SELECT a.attname::text
        FROM pg_attribute AS a
        WHERE a.attrelid = source
            AND a.attnum > 0
            AND NOT a.attisdropped
            AND CASE
                WHEN fields IS NOT NULL THEN a.attname = ANY (fields)
                WHEN a.attnum <= v_known AND a.attname NOT IN (
                    SELECT f.value FROM jsonb_each_text(v_origins - v_reserved) AS f
                ) THEN false
                ELSE a.attname <> ALL (v_reserved)
                    AND a.attname NOT IN (id_column, vec_column, coalesce(metadata_column, ''))
                    AND v_types ->> a.attname::text NOT IN (
                        'vector', 'halfvec', 'sparsevec', 'bit', 'tsvector'
                    )
            END
        ORDER BY a.attnum
    );
END
$fn$;

COMMENT ON FUNCTION vecs._adopted_columns(regclass, text, text, text, text[], regclass) IS
$doc$Return the columns of a table that are the key, the vector, the metadata (NULL: none) and the fields of the collection that adopt() makes of it with these arguments, and as SQL over s the words of its texts (NULL: it has had no text index). view_id is the view of a collection that it is already, or NULL.

Raises VS001 invalid_argument for columns that do not exist or have another type, and VS008 unsupported where a column that is not named cannot be chosen.$doc$;

GRANT EXECUTE ON FUNCTION vecs._adopted_columns(regclass, text, text, text, text[], regclass) TO PUBLIC;

-- _adopted_select: write the columns of the view that adopt() makes of a table.
-- All but id and metadata are plain references, so that PostgreSQL sees the table's indexes and
-- statistics through the view. A field that is NULL is no key of the metadata; jsonb_strip_nulls()
-- removes those that are scalars, and is short, for every search plans the whole view. A function
-- takes up to 100 arguments, so that jsonb_build_object() makes 50 keys at a time.

CREATE OR REPLACE FUNCTION vecs._adopted_select(
    source regclass,
    id_column text,
    vec_column text,
    metadata_column text,
    fields text[],
    text_value text
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_metadata text := 's.' || quote_ident(metadata_column);
    v_objects text;
BEGIN
    SELECT string_agg(
        CASE
            WHEN o.is_scalar THEN format('jsonb_strip_nulls(%s)', o.object)
            ELSE format('(%s - ARRAY[%s])', o.object, o.nulls)
        END,
        ' || '
        ORDER BY o.number, o.is_scalar
    )
    INTO v_objects
    FROM (
        SELECT
            (f.position - 1) / 50 AS number,
            k.is_scalar,
            format(
                'jsonb_build_object(%s)',
                string_agg(format('%1$L, s.%1$I', f.name), ', ' ORDER BY f.position)
            ) AS object,
            string_agg(
                format('CASE WHEN s.%1$I IS NULL THEN %1$L END', f.name), ', ' ORDER BY f.position
            ) AS nulls
        FROM unnest(fields) WITH ORDINALITY AS f (name, position)
        JOIN pg_attribute AS a ON a.attrelid = source AND a.attname = f.name
        JOIN pg_type AS y ON y.oid = a.atttypid
        CROSS JOIN LATERAL (
            SELECT y.typtype = 'e' OR y.typtype = 'b'
                AND y.typnamespace = 'pg_catalog'::regnamespace
                AND y.typcategory <> 'A'
                AND y.oid NOT IN ('json'::regtype, 'jsonb'::regtype)
        ) AS k (is_scalar)
        GROUP BY 1, 2
    ) AS o;
    IF v_objects IS NOT NULL THEN
        v_objects := CASE
            WHEN metadata_column IS NULL THEN '(' || v_objects || ')'
            ELSE format(
                '(CASE jsonb_typeof(%1$s) WHEN ''object'' THEN %1$s - %2$L::text[] ELSE ''{}'' END'
                ' || %3$s)',
                v_metadata, fields, v_objects
            )
        END;
    END IF;

    RETURN concat_ws(
        ', ',
        format('s.%I::text AS id', id_column),
        format('s.%I AS vec', vec_column),
        format(
            '%s AS metadata',
            coalesce(v_objects, 'coalesce(' || v_metadata || ', ''{}'')', '''{}''::jsonb')
        ),
        format('s.%I AS _id', id_column),
        v_metadata || ' AS _metadata',
        (
            SELECT string_agg(format('s.%1$I AS %1$I', f.name), ', ' ORDER BY f.position)
            FROM unnest(fields) WITH ORDINALITY AS f (name, position)
        ),
        text_value || ' AS _text'
    );
END
$fn$;

COMMENT ON FUNCTION vecs._adopted_select(regclass, text, text, text, text[], text) IS
$doc$Return the columns of the view over a table, as SQL over s. The table's columns are those that _adopted_columns() returns.$doc$;

GRANT EXECUTE ON FUNCTION vecs._adopted_select(regclass, text, text, text, text[], text) TO PUBLIC;

-- _copy_privileges: grant on a table or view what is granted on another, and nothing else.

CREATE OR REPLACE FUNCTION vecs._copy_privileges(
    from_id regclass,
    to_id regclass
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_privileges text;
    v_grantee text;
    v_option text;
BEGIN
    FOR v_grantee IN
        SELECT DISTINCT
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        FROM pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = to_id AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', to_id, v_grantee);
    END LOOP;
    FOR v_privileges, v_grantee, v_option IN
        SELECT
            string_agg(p.privilege, ', '),
            CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END,
            CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' END
        FROM (
            SELECT a.grantee, a.is_grantable, a.privilege_type AS privilege
            FROM pg_class AS c
            CROSS JOIN LATERAL aclexplode(c.relacl) AS a
            WHERE c.oid = from_id
            UNION ALL
            SELECT a.grantee, a.is_grantable, format('%s (%I)', a.privilege_type, f.attname)
            FROM pg_attribute AS f
            JOIN pg_attribute AS t ON t.attrelid = to_id AND t.attname = f.attname
            CROSS JOIN LATERAL aclexplode(f.attacl) AS a
            WHERE f.attrelid = from_id AND NOT f.attisdropped
        ) AS p
        GROUP BY p.grantee, p.is_grantable
    LOOP
        EXECUTE format('GRANT %s ON %s TO %s%s', v_privileges, to_id, v_grantee, v_option);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._copy_privileges(regclass, regclass) IS
$doc$Grant on the second table or view what is granted on the first one (NULL: nothing) and on its columns, to the same roles, and revoke what else is granted on it to others than its owner.$doc$;

GRANT EXECUTE ON FUNCTION vecs._copy_privileges(regclass, regclass) TO PUBLIC;

-- _create_view: make the view of an adopted table, in the place of the one that there is.
-- It is made under a private name first: if nothing has changed, the view stays, and what depends
-- on it.

CREATE OR REPLACE FUNCTION vecs._create_view(
    name text,
    source regclass,
    view_id regclass,
    id_column text,
    vec_column text,
    metadata_column text,
    field_columns text[],
    text_value text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_new text := '_new_' || md5(name);
    v_new_id regclass;
    v_select text;
    v_owner text;
    v_text_comment text;
BEGIN
    v_select := vecs._adopted_select(
        source, id_column, vec_column, metadata_column, field_columns, text_value
    );
    EXECUTE format(
        'CREATE VIEW vecs.%I WITH (security_invoker = true) AS SELECT %s FROM %s AS s',
        v_new, v_select, source
    );
    v_new_id := format('vecs.%I', v_new)::regclass;
    IF pg_get_viewdef(v_new_id) = pg_get_viewdef(view_id) THEN
        EXECUTE format('DROP VIEW vecs.%I', v_new);
        RETURN;
    END IF;

    -- Everyone may use the view: it is read with the privileges of whoever reads it.
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON vecs.%I TO PUBLIC', v_new);
    EXECUTE format('COMMENT ON VIEW vecs.%I IS %L', v_new, obj_description(view_id, 'pg_class'));
    IF view_id IS NOT NULL THEN
        SELECT col_description(view_id, a.attnum) INTO v_text_comment
        FROM pg_attribute AS a
        WHERE a.attrelid = view_id AND a.attname = '_text' AND NOT a.attisdropped;
        IF text_value IS NOT NULL THEN
            EXECUTE format('COMMENT ON COLUMN vecs.%I._text IS %L', v_new, v_text_comment);
        END IF;
        PERFORM vecs._copy_privileges(view_id, v_new_id);
        SELECT pg_get_userbyid(c.relowner) INTO v_owner FROM pg_class AS c WHERE c.oid = view_id;
        IF v_owner <> current_user THEN
            EXECUTE format('ALTER VIEW vecs.%I OWNER TO %I', v_new, v_owner);
        END IF;
        EXECUTE format('DROP VIEW vecs.%I', name);
    END IF;
    EXECUTE format('ALTER VIEW vecs.%I RENAME TO %I', v_new, name);
END
$fn$;

COMMENT ON FUNCTION vecs._create_view(text, regclass, regclass, text, text, text, text[], text) IS
$doc$Create the view of an adopted table with the columns that _adopted_columns() returns. view_id is the view that it replaces (NULL: none), which passes on its owner, its privileges and its comments.$doc$;

GRANT EXECUTE ON FUNCTION vecs._create_view(text, regclass, regclass, text, text, text, text[], text) TO PUBLIC;

-- _describe_adopted: describe what only a collection over an adopted table has.

CREATE OR REPLACE FUNCTION vecs._describe_adopted(
    view_id regclass
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_source record := vecs._source(view_id::oid);
    v_columns jsonb;
    v_without bigint;
BEGIN
    SELECT jsonb_object_agg(v.attname, jsonb_build_object(
        'column', s.attname, 'type', format_type(s.atttypid, s.atttypmod)
    ))
    INTO v_columns
    FROM pg_attribute AS v
    CROSS JOIN LATERAL vecs._view_origin(view_id::oid, v.attname::text) AS o (origin)
    JOIN pg_attribute AS s ON s.attrelid = o.origin[1] AND s.attnum = o.origin[2]::integer
    WHERE v.attrelid = view_id AND v.attnum > 0 AND NOT v.attisdropped;

    BEGIN
        EXECUTE format('SELECT count(*) FROM %s AS t WHERE t.vec IS NULL', view_id) INTO v_without;
    EXCEPTION
        -- Or it was dropped concurrently, and has no name any more.
        WHEN insufficient_privilege OR undefined_table OR syntax_error THEN
            NULL;
    END;
    RETURN jsonb_build_object(
        'table', v_source.table_id,
        'id_column', v_columns -> '_id',
        'vec_column', v_columns -> 'vec',
        'metadata_column', v_columns -> '_metadata',
        'fields', v_columns - '{_id,vec,_metadata,_text}'::text[],
        'rows_without_vector', v_without
    );
END
$fn$;

COMMENT ON FUNCTION vecs._describe_adopted(regclass) IS
$doc$Return what describe_collection() tells of an adopted table beyond what it tells of every collection: the table, its columns and their types, and how many rows have no vector (NULL without the privilege to count them).$doc$;

GRANT EXECUTE ON FUNCTION vecs._describe_adopted(regclass) TO PUBLIC;

-- _known_columns: count the columns that a table had when a view was made.
-- The view's rule names them all, dropped ones too, before the table's oid. outToken() in
-- PostgreSQL's source escapes a space in a name with a backslash.

CREATE OR REPLACE FUNCTION vecs._known_columns(
    view_id oid,
    table_id oid
)
RETURNS integer
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT 1 + length(n.names) - length(replace(n.names, ' ', ''))
    FROM pg_rewrite AS r
    CROSS JOIN LATERAL (
        SELECT regexp_replace(
            split_part(
                split_part(
                    r.ev_action::text,
                    format(')} :rtekind 0 :relid %s ', _known_columns.table_id),
                    1
                ),
                ' :colnames (',
                -1
            ),
            E'\\\\.',
            '',
            'g'
        )
    ) AS n (names)
    WHERE r.ev_class = _known_columns.view_id AND r.rulename = '_RETURN';
$fn$;

COMMENT ON FUNCTION vecs._known_columns(oid, oid) IS
$doc$Return how many columns a table had, with those dropped before, when a view over it was made. NULL if there is no view.$doc$;

GRANT EXECUTE ON FUNCTION vecs._known_columns(oid, oid) TO PUBLIC;

-- _only_vector: find the one column of a table that has vectors.

CREATE OR REPLACE FUNCTION vecs._only_vector(
    source regclass,
    types jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_columns text[] := ARRAY(
        SELECT t.key
        FROM jsonb_each_text(types) AS t
        WHERE t.value IN ('vector', 'halfvec')
        ORDER BY t.key
    );
BEGIN
    IF v_columns = '{}' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('table "%s" has no column of type vector or halfvec', source),
            HINT = format(
                'ALTER TABLE %s ADD COLUMN embedding vector(384) adds one; 384 stands for the'
                ' dimension of your embedding model.',
                source
            );
    ELSIF cardinality(v_columns) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'table "%s" has several columns of vectors: %s',
                source, array_to_string(v_columns, ', ')
            ),
            HINT = format('Name one: vecs.adopt(%L, vec => %L).', source, v_columns[1]);
    END IF;
    RETURN v_columns[1];
END
$fn$;

COMMENT ON FUNCTION vecs._only_vector(regclass, jsonb) IS
$doc$Return the one column of a table that is of type vector or halfvec. types has the type of each column.

Raises VS008 unsupported where there is none, and VS001 invalid_argument where there are several.$doc$;

GRANT EXECUTE ON FUNCTION vecs._only_vector(regclass, jsonb) TO PUBLIC;

-- _primary_key: look up the one column of a table's primary key.

CREATE OR REPLACE FUNCTION vecs._primary_key(
    source regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_columns text[] := ARRAY(
        SELECT a.attname::text
        FROM pg_index AS i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE i.indrelid = source AND i.indisprimary AND k.position <= i.indnkeyatts
        ORDER BY k.position
    );
BEGIN
    IF cardinality(v_columns) <> 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = CASE v_columns
                WHEN '{}' THEN format('table "%s" has no primary key', source)
                ELSE format(
                    'the primary key of table "%s" has several columns: %s',
                    source, array_to_string(v_columns, ', ')
                )
            END,
            HINT = format(
                'Name a column whose values are unique: vecs.adopt(%L, id => ''...'').', source
            );
    END IF;
    RETURN v_columns[1];
END
$fn$;

COMMENT ON FUNCTION vecs._primary_key(regclass) IS
$doc$Return the column that is a table's primary key.

Raises VS008 unsupported where there is none, or several columns are it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._primary_key(regclass) TO PUBLIC;

-- _set_text_column: make a column of an adopted table the words of its collection.
-- The view is replaced, not created anew: what depends on it stays. For the same reason it keeps
-- its column "_text" when there is no text index any more.

CREATE OR REPLACE FUNCTION vecs._set_text_column(
    collection text,
    column_name text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_columns record;
    v_statement text;
BEGIN
    IF column_name = (
        SELECT a.attname
        FROM vecs._view_origin(v_collection.view_id::oid, '_text') AS o (origin)
        JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer
    ) THEN
        RETURN;
    END IF;
    v_columns := vecs._adopted_columns(
        v_collection.table_id, NULL::text, NULL::text, NULL::text, NULL::text[],
        v_collection.view_id
    );
    -- What adopt() would make now has to be what is there: a view that somebody wrote may have a
    -- WHERE clause, and columns that the table has got since would not be new to it any more.
    PERFORM vecs._create_view(
        collection, v_collection.table_id, v_collection.view_id, v_columns.id_column,
        v_columns.vec_column, v_columns.metadata_column, v_columns.field_columns,
        v_columns.text_value
    );
    IF format('vecs.%I', collection)::regclass <> v_collection.view_id THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'the view of collection "%s" is not the one that adopt() would make now',
                collection
            ),
            HINT = format(
                'If columns were added or renamed, adopt the table again: SELECT vecs.adopt(%L,'
                ' %L). To a view of your own, add a column "_text" that is one of type tsvector.',
                v_collection.table_id, collection
            );
    END IF;
    v_statement := format(
        'CREATE OR REPLACE VIEW vecs.%I WITH (%s) AS SELECT %s FROM %s AS s',
        collection,
        (
            SELECT array_to_string(c.reloptions, ', ')
            FROM pg_class AS c
            WHERE c.oid = v_collection.view_id
        ),
        vecs._adopted_select(
            v_collection.table_id, v_columns.id_column, v_columns.vec_column,
            v_columns.metadata_column, v_columns.field_columns,
            coalesce('s.' || quote_ident(column_name), 'NULL::tsvector')
        ),
        v_collection.table_id
    );
    EXECUTE v_statement;
END
$fn$;

COMMENT ON FUNCTION vecs._set_text_column(text, text) IS
$doc$Make a column of type tsvector the column "_text" of an adopted table's view; NULL: none, so that it can be dropped.

Raises VS008 unsupported for a view that adopt() would make otherwise.$doc$;

GRANT EXECUTE ON FUNCTION vecs._set_text_column(text, text) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/advise
-- ------------------------------------------------------------

-- _advise_broken: indexes on the vectors that no search uses, or that another one makes needless.
CREATE OR REPLACE FUNCTION vecs._advise_broken(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_schema text := vecs._schema(v_collection.table_id);
    -- There nobody sees who builds an index on the primary.
    v_is_standby boolean := pg_is_in_recovery();
BEGIN
    -- Also one that create_index_sql() has built and not finished.
    RETURN QUERY
    SELECT
        CASE WHEN v_is_standby THEN 'hint' ELSE 'warning' END,
        format(
            CASE
                WHEN v_is_standby
                    THEN 'the primary builds the index "%s", or its build was broken off: on the'
                        ' primary, advise() says which'
                ELSE 'the build of index "%s" was broken off: searches may not use it, and every'
                    ' write keeps it up'
            END,
            c.relname
        ),
        CASE
            WHEN v_is_standby THEN format('SELECT * FROM vecs.advise(%L);', collection)
            ELSE format('DROP INDEX CONCURRENTLY IF EXISTS %s.%I;', v_schema, c.relname)
        END
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_collection.table_id
        AND m.amname IN ('hnsw', 'ivfflat')
        AND c.relkind = 'i'
        AND (
            NOT i.indisvalid
            OR c.relname ~ '^ix_(vector|partial)_.*_new[0-9a-f]{7}$'
            OR c.relname IN (
                SELECT b.name FROM vecs._broken_indexes(v_collection.table_id) AS b (name)
            )
        )
        AND NOT (
            EXISTS (
                SELECT
                FROM pg_locks AS l
                WHERE l.locktype = 'advisory'
                    AND l.database = (
                        SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()
                    )
                    AND l.classid = (hashtext('vecs.create_index_sql')::bigint & 4294967295)::oid
                    AND l.objid = v_collection.table_id::oid
                    AND l.pid <> pg_backend_pid()
            )
            OR EXISTS (
                SELECT
                FROM pg_stat_progress_create_index AS p
                WHERE p.datname = current_database()
                    AND p.pid <> pg_backend_pid()
                    AND p.command LIKE '%CONCURRENTLY'
                    AND (
                        p.relid = v_collection.table_id
                        OR p.relid IN (SELECT t.relid FROM pg_partition_tree(v_collection.table_id) AS t)
                    )
            )
        )
    ORDER BY c.relname;

    RETURN QUERY
    SELECT DISTINCT
        'warning',
        format(
            'these partitions have no valid index for %s, so that searches compare all their rows:'
            ' %s',
            i.measure, array_to_string(i.missing, ', ')
        ),
        format('SELECT vecs.create_index(%L, %L);', collection, i.measure)
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE i.missing IS NOT NULL;

    -- Searches use the most precise; of two of a kind the one that create_index() has made is kept.
    RETURN QUERY
    SELECT
        'hint',
        format(
            'the indexes "%s" and "%s" both serve %s, and searches use "%2$s"',
            d.name, d.preferred, d.measure
        ),
        format(
            'DROP INDEX %sIF EXISTS %s.%I;',
            (
                SELECT CASE c.relkind WHEN 'i' THEN 'CONCURRENTLY ' ELSE '' END
                FROM pg_class AS c
                WHERE c.oid = d.index_id
            ),
            v_schema, d.name
        )
    FROM (
        SELECT i.index_id, i.name, i.measure, first_value(i.name) OVER w AS preferred
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.valid
            AND i.filters IS NULL
            AND i.partition IS NULL
            AND i.name !~ '_(new|old)[0-9a-f]{7}$'
        WINDOW w AS (
            PARTITION BY i.measure
            ORDER BY
                array_position('{full,half,binary}', i.index_precision),
                i.method,
                vecs._rows_when_built(i.index_id) IS NULL,
                i.name
        )
    ) AS d
    WHERE d.name <> d.preferred;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_broken(text) IS
$doc$Return what advise() finds of a collection's vector indexes: those whose build was broken off, those that lack partitions, and those that do what another does.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_broken(text) TO PUBLIC;

-- _advise_building: indexes on the vectors that should be built, or built again.

CREATE OR REPLACE FUNCTION vecs._advise_building(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_estimate record;
BEGIN
    IF v_rows > 1500
        AND v_collection.element_type IN ('vector', 'halfvec')
        AND v_collection.dimension > 0
        AND NOT EXISTS (
            SELECT
            FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
            WHERE i.valid AND i.filters IS NULL
        )
    THEN
        v_estimate := vecs._build_estimate(collection);
        RETURN QUERY
        SELECT
            'warning',
            format(
                'there is no index on the vectors: each search compares all %s rows. Building one'
                ' takes %sabout %s of memory',
                v_rows,
                'about ' || v_estimate.seconds || ' s, and ',
                pg_size_pretty(v_estimate.memory_bytes) || CASE
                    WHEN v_estimate.memory_bytes > v_estimate.available_bytes THEN format(
                        ', of which it gets %s: name more, if the server has it, as memory among'
                        ' the arguments',
                        pg_size_pretty(v_estimate.available_bytes)
                    )
                    ELSE ''
                END
            ),
            format('SELECT vecs.create_index(%L);', collection);
    END IF;

    RETURN QUERY
    SELECT
        'warning',
        format('the index "%s" is old: %s', i.name, a.age),
        CASE i.method
            WHEN 'hnsw' THEN format('VACUUM %s;', v_collection.table_id)
            ELSE format(
                'SELECT vecs.create_index(%L, %L, %L, ''{"precision": "%s"}''%s);',
                collection, i.measure, i.method, i.index_precision,
                ', filters => ' || quote_literal(i.filters)
            )
        END
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    CROSS JOIN LATERAL vecs._index_age(i.index_id, v_collection.table_id) AS a (age)
    WHERE i.valid AND a.age IS NOT NULL;

    -- Both are samples, one of up to ten rows and one of twenty.
    RETURN QUERY
    SELECT
        'warning',
        format(
            'the index "%s" is old: searches by it find %s %% of the nearest rows, and found %s %%'
            ' when it was built',
            i.name, round((100 * r.recall)::numeric, 1), round(100 * i.recall_when_built, 1)
        ),
        format(
            'SELECT vecs.create_index(%L, %L, %L, %L);',
            collection, i.measure, i.method,
            i.parameters || jsonb_build_object('precision', i.index_precision)
        )
    FROM (
        SELECT
            x.name,
            x.measure,
            x.method,
            x.index_precision,
            CASE x.method
                WHEN 'hnsw' THEN vecs._index_parameters(x.index_id) ELSE '{}'
            END AS parameters,
            (vecs._measured_when_built(x.index_id) ->> 'recall_when_built')::numeric
                AS recall_when_built
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS x
        WHERE x.valid AND x.filters IS NULL AND x.partition IS NULL
    ) AS i
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN i.recall_when_built IS NOT NULL
                AND v_rows <= 500000
                AND NOT row_security_active(v_collection.table_id)
            THEN (
                SELECT q.recall FROM vecs.recall(
                    collection, 20::bigint, 10::bigint, '{}'::jsonb, i.measure, NULL::bigint,
                    NULL::bigint
                ) AS q
            )
        END
    ) AS r (recall)
    WHERE r.recall < i.recall_when_built - 0.1;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_building(text) IS
$doc$Return what advise() finds missing: an index on the vectors of a collection of more than 1500 rows, and a new one in place of one that has grown old.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_building(text) TO PUBLIC;

-- _advise_metadata: what would make filters on a collection's metadata faster.
-- The list of what a GIN index has not sorted yet is read as a whole by each search. Its length is
-- known to the extension pgstattuple alone.

CREATE OR REPLACE FUNCTION vecs._advise_metadata(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_table regclass := v_collection.table_id;
    v_column text;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_how text;
    v_is_protected boolean;
    v_pgstattuple text;
    v_index regclass;
    v_pages integer;
BEGIN
    -- PostgreSQL cannot index a partitioned table concurrently.
    SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'CONCURRENTLY ' END, c.relrowsecurity
    INTO v_how, v_is_protected
    FROM pg_class AS c
    WHERE c.oid = v_table;

    RETURN QUERY
    SELECT
        'warning',
        CASE
            WHEN c.reltuples < 0
                THEN 'there are no statistics, so that searches with a filter are planned blindly'
            ELSE format(
                'the statistics are of %s rows, and %s were written since',
                c.reltuples::bigint, pg_stat_get_mod_since_analyze(c.oid)
            )
        END,
        format('ANALYZE %s;', v_table)
    FROM pg_class AS c
    WHERE c.oid = v_table
        AND v_rows > 0
        AND (
            c.reltuples < 0 AND c.relkind = 'r'
            OR pg_stat_get_mod_since_analyze(c.oid) > greatest(1000, 0.2 * c.reltuples)
            -- What was written just before the ANALYZE is counted after it. Then the table has as
            -- many pages as before, and no dead rows.
            AND (
                pg_relation_size(c.oid) > 1.1 * c.relpages * current_setting('block_size')::bigint
                OR pg_stat_get_dead_tuples(c.oid) > 0.1 * c.reltuples
            )
        );

    v_column := CASE
        WHEN v_collection.view_id IS NULL THEN v_collection.metadata_column
        ELSE (
            SELECT a.attname
            FROM vecs._view_origin(v_collection.view_id::oid, '_metadata') AS o (origin)
            JOIN pg_attribute AS a
                ON a.attrelid = v_table AND a.attnum = o.origin[2]::integer
        )
    END;
    RETURN QUERY
    SELECT
        'warning',
        format(
            'the column "%s" has no GIN index: a filter on it reads all %s rows', v_column, v_rows
        ),
        format(
            'CREATE INDEX %sON %s USING gin (%I jsonb_path_ops);', v_how, v_table, v_column
        )
    FROM pg_attribute AS a
    WHERE a.attrelid = v_table
        AND a.attname = v_column COLLATE "C"
        AND a.atttypid = 'jsonb'::regtype
        AND v_rows > 1500
        AND NOT EXISTS (
            SELECT
            FROM pg_index AS i
            JOIN pg_class AS c ON c.oid = i.indexrelid
            JOIN pg_am AS m ON m.oid = c.relam
            WHERE i.indrelid = v_table
                AND m.amname = 'gin'
                AND a.attnum = ANY (i.indkey)
                AND i.indisvalid
                AND i.indpred IS NULL
        );

    RETURN QUERY
    SELECT
        'warning',
        format(
            'the policy "%s" compares the key "%s" of each row, and there is no index on it',
            p.polname, k.matched[1]
        ),
        format('CREATE INDEX %sON %s ((%I ->> %L));', v_how, v_table, v_column, k.matched[1])
    FROM pg_policy AS p
    CROSS JOIN LATERAL regexp_matches(
        pg_get_expr(p.polqual, p.polrelid), '[(]metadata ->> ''([^'']+)''::text[)]', 'g'
    ) AS k (matched)
    WHERE p.polrelid = v_table
        AND v_is_protected
        AND v_column = 'metadata'
        AND NOT EXISTS (
            SELECT
            FROM pg_index AS i
            WHERE i.indrelid = v_table
                AND strpos(pg_get_expr(i.indexprs, i.indrelid), k.matched[1]) > 0
        )
    UNION
    SELECT
        'warning',
        format(
            'the policy "%s" compares the column "%s" of each row, and there is no index on it',
            p.polname, a.attname
        ),
        format('CREATE INDEX %sON %s (%I);', v_how, v_table, a.attname)
    FROM pg_policy AS p
    JOIN pg_depend AS d
        ON d.classid = 'pg_policy'::regclass
        AND d.objid = p.oid
        AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = p.polrelid
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE p.polrelid = v_table
        AND v_is_protected
        -- What a btree serves.
        AND strpos(
            pg_get_expr(p.polqual, p.polrelid), format('(%I = ', a.attname)
        ) > 0
        AND a.attname IS DISTINCT FROM v_column COLLATE "C"
        AND a.attname <> v_collection.vec_column COLLATE "C"
        AND NOT EXISTS (
            SELECT FROM pg_index AS i WHERE i.indrelid = v_table AND i.indkey[0] = a.attnum
        );

    SELECT p.pronamespace::regnamespace INTO v_pgstattuple
    FROM pg_extension AS e
    JOIN pg_proc AS p ON p.pronamespace = e.extnamespace
    WHERE e.extname = 'pgstattuple'
        AND p.proname = 'pgstatginindex'
        AND has_function_privilege(p.oid, 'EXECUTE');
    FOR v_index IN
        SELECT i.indexrelid
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS m ON m.oid = c.relam
        WHERE i.indrelid = v_table AND m.amname = 'gin' AND i.indisvalid AND c.relkind = 'i'
            AND v_pgstattuple IS NOT NULL
    LOOP
        EXECUTE format(
            'SELECT g.pending_pages FROM %s.pgstatginindex($1) AS g', v_pgstattuple
        ) INTO v_pages USING v_index;
        IF v_pages >= 32 THEN
            severity := 'warning';
            finding := format(
                'the index "%s" has %s pages that are not sorted yet, which each search with a'
                ' filter reads',
                v_index, v_pages
            );
            statement := format('SELECT gin_clean_pending_list(%L);', v_index);
            RETURN NEXT;
        END IF;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_metadata(text) IS
$doc$Return what advise() finds of a collection's metadata: statistics that are missing or stale, no GIN index, policies of row-level security on what no index serves, and a GIN index with a long list of pending rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_metadata(text) TO PUBLIC;

-- _advise_parts: parts of a collection that should have an index of their own.
-- A filter of one hundredth to a quarter of the rows is what takes longest: candidates of the index
-- of all rows rarely match, and an exact search compares thousands of rows. docs/benchmark.md has
-- the figures. Statistics do not have the values of keys, so a sample of the rows is looked at.

CREATE OR REPLACE FUNCTION vecs._advise_parts(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_table regclass := v_collection.table_id;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_least constant integer := 3000;
    v_index record;
BEGIN
    SELECT i.measure, i.index_precision INTO v_index
    FROM vecs._vector_indexes(v_table, v_collection.vec_column) AS i
    WHERE i.valid AND i.filters IS NULL AND i.index_precision <> 'binary'
    ORDER BY i.name
    LIMIT 1;
    -- An adopted or a partitioned table cannot have a partial index.
    IF NOT FOUND
        OR v_rows < 4 * v_least
        OR v_collection.view_id IS NOT NULL
        OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = v_table AND c.relkind = 'p')
    THEN
        RETURN;
    END IF;

    -- The most common ones are chosen first, so that there is an end to it.
    RETURN QUERY
    SELECT
        'hint',
        format(
            'about %s %% of the rows have %s under the key "%s". If searches filter by it often,'
            ' an index of these rows alone makes them faster',
            round(100 * c.share), c.value, c.key
        ),
        format(
            'SELECT vecs.create_index(%L, %L%s, filters => %L);',
            collection, v_index.measure,
            ', arguments => ' || quote_literal(
                '{"precision": "' || nullif(v_index.index_precision, 'full') || '"}'
            ),
            c.filters
        )
    FROM (
        SELECT
            s.key,
            s.value,
            s.row_count::numeric / s.sampled AS share,
            jsonb_build_object(s.key, s.value) AS filters
        FROM vecs._sampled_values(collection) AS s
        WHERE s.row_count BETWEEN 0.01 * s.sampled AND 0.25 * s.sampled
            AND s.row_count::numeric / s.sampled * v_rows >= v_least
            AND NOT starts_with(s.key, '$')
        ORDER BY s.row_count DESC, s.key, s.value
        LIMIT 3
    ) AS c
    WHERE NOT EXISTS (
        SELECT
        FROM vecs._vector_indexes(v_table, v_collection.vec_column) AS i
        WHERE i.valid AND i.filters = c.filters AND i.measure = v_index.measure
    );
END
$fn$;

COMMENT ON FUNCTION vecs._advise_parts(text) IS
$doc$Return what advise() finds of partial indexes: for up to three values of the metadata, those that most rows have among the values of 1 to 25 % and at least 3,000 rows. Of a collection without an index on the vectors, an adopted and a partitioned table it finds nothing.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_parts(text) TO PUBLIC;

-- _advise_ranges: ranges that searches have filtered by and no index serves.
-- The extension pg_stat_statements has the statements that functions run, if its setting track is
-- 'all'. It replaces constants: it shows the column of an adopted table, and neither a key of the
-- metadata nor the type of its value. So a key is named only if it can be no other.

CREATE OR REPLACE FUNCTION vecs._advise_ranges(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_statements jsonb := vecs._seen_statements(v_collection.relation);
    v_least constant integer := 10;
BEGIN
    IF v_statements IS NULL OR v_rows <= 1500 THEN
        RETURN;
    END IF;

    -- A range is written as (column > $1::type AND column < $2::type).
    RETURN QUERY
    SELECT
        'warning',
        format(
            '%s statements compared the field "%s" by range, and no index serves that; they took'
            ' %s ms each',
            sum(s.calls), f.name, round((sum(s.total_ms) / sum(s.calls))::numeric, 1)
        ),
        format('SELECT vecs.create_metadata_index(%L, %L);', collection, f.name)
    FROM jsonb_each(
        vecs._fields(v_collection.view_id, NULL::jsonb) -> 'fields'
    ) AS f (name, field)
    JOIN jsonb_to_recordset(v_statements) AS s (query text, calls bigint, total_ms float8)
        ON EXISTS (
            SELECT
            FROM unnest('{" ",(}'::text[]) AS b (before)
            CROSS JOIN unnest('{<,<=,>,>=}'::text[]) AS o (sign)
            WHERE strpos(
                s.query, concat(b.before, f.field ->> 'column', ' ', o.sign, ' $')
            ) > 0
        )
    WHERE f.field ->> 'kind' IN ('number', 'string', 'time', 'uuid', 'enum')
        AND NOT EXISTS (
            SELECT
            FROM pg_index AS i
            JOIN pg_class AS c ON c.oid = i.indexrelid
            JOIN pg_am AS m ON m.oid = c.relam
            WHERE i.indrelid = v_collection.table_id
                AND i.indkey[0]
                    = (vecs._view_origin(v_collection.view_id::oid, f.name))[2]::integer
                AND i.indisvalid
                AND i.indpred IS NULL
                AND m.amname = 'btree'
        )
    GROUP BY f.name
    HAVING sum(s.calls) >= v_least
    ORDER BY sum(s.total_ms) DESC;

    RETURN QUERY
    WITH ranges AS (
        SELECT k.kind, sum(s.calls) AS calls, sum(s.total_ms) AS total_ms
        FROM jsonb_to_recordset(v_statements) AS s (query text, calls bigint, total_ms float8)
        JOIN (VALUES
            ('value', '_typeof[(][(]_?metadata -> [$]\d+[)][)] = [$]\d+'
                ' AND [(]_?metadata -> [$]\d+[)] [<>]=? [$]'),
            ('time', 'vecs[.]_instant[(][(]_?metadata -> [$]\d+[)] #>> [$]\d+[)] [<>]=? [$]')
        ) AS k (kind, pattern) ON s.query ~ k.pattern
        GROUP BY k.kind
        HAVING sum(s.calls) >= v_least
    ),
    keys AS (
        SELECT v.key, bool_and(jsonb_typeof(v.value) = 'string') AS is_time
        FROM vecs._sampled_values(collection) AS v
        WHERE EXISTS (SELECT FROM ranges)
            AND (
                jsonb_typeof(v.value) = 'number'
                OR v.value #>> '{}' ~ '^\d{4}-\d\d-\d\d'
            )
        GROUP BY v.key
    )
    SELECT
        'warning',
        format(
            '%s statements compared a key of the metadata by range, and no index serves that; they'
            ' took %s ms each. It is the key "%s": no other has %s',
            r.calls, round((r.total_ms / r.calls)::numeric, 1), o.key,
            CASE r.kind WHEN 'value' THEN 'numbers or dates' ELSE 'dates' END
        ),
        format(
            'SELECT vecs.create_metadata_index(%L, %L%s);', collection, o.key,
            CASE r.kind WHEN 'time' THEN ', kind => ''time''' END
        )
    FROM ranges AS r
    CROSS JOIN LATERAL (
        SELECT min(k.key) AS key
        FROM keys AS k
        WHERE r.kind = 'value' OR k.is_time
        HAVING count(*) = 1
    ) AS o
    WHERE NOT EXISTS (
        SELECT
        FROM vecs._key_indexes(
            v_collection.table_id, v_collection.view_id, ARRAY[o.key], r.kind
        ) AS i
        WHERE i.valid
    );
END
$fn$;

COMMENT ON FUNCTION vecs._advise_ranges(text) IS
$doc$Return what advise() finds in pg_stat_statements: fields and keys that at least ten statements compared by range, of a collection of more than 1500 rows, and that no index serves. A key is found only if it is the one with numbers or dates.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_ranges(text) TO PUBLIC;

-- _advise_server: what of the server would make a collection safer or faster.
-- The faults are in pgvector's CHANGELOG: 0.8.3 mended corruption of an hnsw index by VACUUM, 0.8.4
-- errors of VACUUM and of inserts meanwhile.

CREATE OR REPLACE FUNCTION vecs._advise_server(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shared_buffers bigint := pg_size_bytes(current_setting('shared_buffers'));
BEGIN
    RETURN QUERY
    SELECT
        'error',
        format(
            'pgvector %s may corrupt an hnsw index during VACUUM: install 0.8.4 or a later version'
            ' on the server, update the extension, and rebuild the indexes',
            e.extversion
        ),
        'ALTER EXTENSION vector UPDATE;'
    FROM pg_extension AS e
    WHERE e.extname = 'vector'
        AND e.extversion ~ '^[0-9]{1,4}[.][0-9]{1,4}[.][0-9]{1,4}$'
        AND string_to_array(e.extversion, '.')::integer[] < '{0,8,4}';

    RETURN QUERY
    SELECT
        'warning',
        format(
            'the indexes on the vectors take %s, and shared_buffers has %s, so that searches wait'
            ' for the disk or the file system''s cache; takes effect after a restart',
            pg_size_pretty(b.bytes), pg_size_pretty(v_shared_buffers)
        ),
        format('ALTER SYSTEM SET shared_buffers = ''%sMB'';', ceil(b.bytes * 1.25 / 1048576))
    FROM (
        SELECT sum(vecs._relation_bytes(i.index_id, false)) AS bytes
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.valid
    ) AS b
    -- A server with less memory would not start again.
    WHERE b.bytes > v_shared_buffers
        AND b.bytes * 1.25 <= pg_size_bytes(current_setting('effective_cache_size')) / 2;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_server(text) IS
$doc$Return what advise() finds of the server: a pgvector with known faults, and shared_buffers that are smaller than the indexes of the collection's vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_server(text) TO PUBLIC;

-- _advise_size: what would make a collection's indexes smaller, or its searches read less.

CREATE OR REPLACE FUNCTION vecs._advise_size(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    RETURN QUERY
    SELECT
        'hint',
        format(
            'half precision would take a little more than half of the %s of index "%s", and order'
            ' the rows as well: it finds %s %% of the nearest of a sample',
            pg_size_pretty(i.bytes), i.name, round((100 * h.recall)::numeric, 1)
        ),
        format(
            'SELECT vecs.create_index(%L, %L, ''hnsw'', %L);',
            collection, i.measure, i.parameters || '{"precision": "half"}'
        )
    FROM (
        SELECT
            x.name,
            x.measure,
            vecs._relation_bytes(x.index_id, false) AS bytes,
            vecs._index_parameters(x.index_id) AS parameters
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS x
        WHERE x.valid
            AND x.filters IS NULL
            AND x.partition IS NULL
            AND x.method = 'hnsw'
            AND x.index_precision = 'full'
            AND v_collection.element_type = 'vector'
            AND vecs._rows_when_built(x.index_id) IS NOT NULL
    ) AS i
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN i.bytes > 16 * 1024 * 1024 THEN vecs._half_recall(collection, i.measure)
        END AS recall
    ) AS h
    WHERE h.recall >= 0.99;
END
$fn$;

COMMENT ON FUNCTION vecs._advise_size(text) IS
$doc$Return what advise() finds of the size of a collection: indexes of more than 16 MB that would be as good in half precision.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_size(text) TO PUBLIC;

-- _advise_storage: vectors that lie in the TOAST table and would fit into their rows.
-- Vectors of more than about 2,000 bytes do, unless the table has a toast_tuple_target like that of
-- create_collection(). Measured of 20,000 rows of 768 dimensions: with the vectors in the rows an
-- exact search takes .31 of the time over all rows, .33 over 5 % and .60 over 1 % of them (1,536
-- dimensions: .30, .57 and .78), and reading all rows without their vectors 3.3 times as long.
-- Rows are written anew by VACUUM FULL, which cannot run in a transaction: hence two statements.

CREATE OR REPLACE FUNCTION vecs._advise_storage(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_bytes integer;
    v_is_inline boolean;
    v_are_out boolean;
BEGIN
    IF v_rows <= 1500
        OR v_collection.element_type NOT IN ('vector', 'halfvec')
        OR v_collection.dimension < 1
    THEN
        RETURN;
    END IF;
    v_bytes := 8 + vecs._vector_bytes(v_collection.element_type, 'full', v_collection.dimension);
    -- Out of line, the table itself has less for each row than a vector, and the TOAST table more.
    -- Both together have to fit into a page.
    SELECT
        coalesce('toast_tuple_target=8160' = ANY (c.reloptions), false),
        pg_relation_size(c.oid) < v_rows * v_bytes
            AND pg_relation_size(c.reltoastrelid) >= v_rows * v_bytes
            AND pg_relation_size(c.oid) + pg_relation_size(c.reltoastrelid) < v_rows * 8160
    INTO v_is_inline, v_are_out
    FROM pg_class AS c
    WHERE c.oid = v_collection.table_id AND c.relkind = 'r';
    IF v_are_out IS NOT TRUE THEN
        RETURN;
    END IF;

    IF NOT v_is_inline THEN
        RETURN QUERY SELECT
            'hint',
            'the vectors lie outside of the rows, in the TOAST table. In the rows, exact searches'
            ' of many rows would take about a third of the time, and conditions without an index'
            ' three times as long; takes effect for what is written after it',
            format('ALTER TABLE %s SET (toast_tuple_target = 8160);', v_collection.table_id);
    END IF;
    RETURN QUERY SELECT
        'hint',
        format(
            CASE
                WHEN v_is_inline
                    THEN 'the rows were written when their vectors went to the TOAST table'
                ELSE 'after that, the rows have to be written anew'
            END
            || '. That locks the table, builds its indexes again, and needs %s of the disk'
            ' meanwhile',
            pg_size_pretty(pg_total_relation_size(v_collection.table_id))
        ),
        format('VACUUM (FULL, ANALYZE) %s;', v_collection.table_id);
END
$fn$;

COMMENT ON FUNCTION vecs._advise_storage(text) IS
$doc$Return what advise() finds of how rows are stored, in a collection of more than 1500 rows: vectors that lie in the TOAST table and would fit into the rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_storage(text) TO PUBLIC;

-- _half_recall: compare the order of a collection's vectors with that of half precision.

CREATE OR REPLACE FUNCTION vecs._half_recall(
    collection text,
    measure text
)
RETURNS double precision
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_operator text := (vecs._measure(measure)).operator;
    v_recall double precision;
BEGIN
    EXECUTE format(
        $sql$
        WITH sampled AS MATERIALIZED (
            SELECT row_number() OVER () AS number, t.%1$I AS vec, t.%1$I::%2$shalfvec AS half
            FROM %3$s AS t TABLESAMPLE system (%4$s) REPEATABLE (0)
            WHERE (t.%1$I OPERATOR(%2$s%5$s) t.%1$I) <> 'NaN'
            LIMIT 3000
        )
        SELECT avg((
            SELECT count(*)
            FROM (
                SELECT s.number FROM sampled AS s
                ORDER BY s.vec OPERATOR(%2$s%5$s) q.vec, s.number
                LIMIT 10
            ) AS f
            JOIN (
                SELECT s.number FROM sampled AS s
                ORDER BY s.half OPERATOR(%2$s%5$s) q.half, s.number
                LIMIT 10
            ) AS h ON h.number = f.number
        ) / least(10, (SELECT count(*) FROM sampled))::double precision)
        FROM sampled AS q
        WHERE q.number <= 20
        $sql$,
        v_collection.vec_column,
        v_collection.pgvector,
        v_collection.table_id,
        least(100, 600000.0 / greatest(v_rows, 1)),
        v_operator
    ) INTO v_recall;
    RETURN v_recall;
EXCEPTION
    -- Some numbers are beyond half precision.
    WHEN numeric_value_out_of_range THEN
        RETURN 0;
END
$fn$;

COMMENT ON FUNCTION vecs._half_recall(text, text) IS
$doc$Return which share of the ten nearest of 3,000 rows half precision finds, for 20 of them. 0 if it cannot hold the vectors.$doc$;

GRANT EXECUTE ON FUNCTION vecs._half_recall(text, text) TO PUBLIC;

-- _sampled_values: count the values under the keys of a collection's metadata, in a sample of rows.
-- The rows are picked from more of them than are looked at, since neighbours are often alike.

CREATE OR REPLACE FUNCTION vecs._sampled_values(
    collection text
)
RETURNS TABLE (
    key text,
    value jsonb,
    row_count bigint,
    sampled bigint
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
BEGIN
    -- Of rows that are hidden nothing can be said, and so nothing of the collection.
    IF row_security_active(v_collection.table_id) OR NOT EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = v_collection.metadata_column COLLATE "C"
            AND a.atttypid = 'jsonb'::regtype
    ) THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        WITH sampled AS MATERIALIZED (
            SELECT t.%1$I AS metadata
            FROM %2$s AS t TABLESAMPLE system (%3$s) REPEATABLE (0)
            ORDER BY hashtext(t.%4$I::text)
            LIMIT 2000
        )
        SELECT e.key, e.value, count(*), (SELECT count(*) FROM sampled)
        FROM sampled AS s
        CROSS JOIN LATERAL jsonb_each(
            CASE jsonb_typeof(s.metadata) WHEN 'object' THEN s.metadata END
        ) AS e
        WHERE jsonb_typeof(e.value) IN ('string', 'number', 'boolean')
            AND length(e.value::text) <= 100
        GROUP BY e.key, e.value
        $sql$,
        v_collection.metadata_column,
        v_collection.table_id,
        least(100, 1000000.0 / greatest(v_rows, 1)),
        v_collection.id_column
    );
EXCEPTION
    -- The role may read other columns.
    WHEN insufficient_privilege THEN
        RETURN;
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_values(text) IS
$doc$Return the strings, numbers and booleans of up to 100 characters that are under the keys of the metadata in up to 2,000 rows, how many of these rows have each, and how many rows these are. No row where row-level security applies to the caller, or the caller may not read the metadata.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_values(text) TO PUBLIC;

-- _seen_statements: read from pg_stat_statements what statements have read a collection.
-- Its schema is looked up. The statements of other roles are hidden from most.

CREATE OR REPLACE FUNCTION vecs._seen_statements(
    relation text
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_view regclass;
    v_statements jsonb;
BEGIN
    SELECT c.oid::regclass INTO v_view
    FROM pg_extension AS e
    JOIN pg_class AS c ON c.relnamespace = e.extnamespace AND c.relname = 'pg_stat_statements'
    WHERE e.extname = 'pg_stat_statements';
    IF v_view IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        $sql$
        SELECT jsonb_agg(jsonb_build_object(
            'query', s.query, 'calls', s.calls, 'total_ms', s.total_exec_time
        ))
        FROM %s AS s
        JOIN pg_database AS d ON d.oid = s.dbid
        WHERE d.datname = current_database() AND strpos(s.query, $1) > 0
        $sql$,
        v_view
    ) INTO v_statements USING format(' FROM %s AS t', relation);
    RETURN v_statements;
EXCEPTION
    -- The server has not loaded its library, the role may not read it, or it is an old version.
    WHEN object_not_in_prerequisite_state OR insufficient_privilege OR undefined_column THEN
        RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._seen_statements(text) IS
$doc$Return the statements that have read a relation, which is given as SQL text, as a JSON array of query, calls and total_ms. NULL if there are none, or if the extension pg_stat_statements is not there or may not be read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._seen_statements(text) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/catalog
-- ------------------------------------------------------------

-- _approximate_count: estimate how many rows a table has; count them where there are no statistics.

CREATE OR REPLACE FUNCTION vecs._approximate_count(
    table_id regclass,
    OUT row_count bigint,
    OUT exact boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT sum(greatest(c.reltuples, 0))::bigint, coalesce(bool_or(c.reltuples < 0), true)
    INTO row_count, exact
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'm')
        AND (c.oid = table_id OR c.oid IN (SELECT p.relid FROM pg_partition_tree(table_id) AS p));

    -- A table that was empty at the last ANALYZE has probably been loaded since: count it.
    exact := exact OR row_count = 0;
    IF exact THEN
        EXECUTE format($sql$SELECT count(*) FROM %s AS t$sql$, table_id) INTO row_count;
    END IF;
EXCEPTION
    -- It was dropped concurrently. A regclass without a table prints as a number.
    WHEN undefined_table OR syntax_error THEN
        row_count := NULL;
        exact := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._approximate_count(regclass) IS
$doc$Return about how many rows a table has, from its statistics. While there are none, count the rows and say that the number is exact. NULL for a table that has been dropped.$doc$;

GRANT EXECUTE ON FUNCTION vecs._approximate_count(regclass) TO PUBLIC;

-- _base_type: look up the type that a domain is over.

CREATE OR REPLACE FUNCTION vecs._base_type(
    type_id oid
)
RETURNS oid
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE types (type_id, kind, base_id) AS (
        SELECT y.oid, y.typtype, y.typbasetype FROM pg_type AS y WHERE y.oid = _base_type.type_id
        UNION ALL
        SELECT y.oid, y.typtype, y.typbasetype
        FROM types AS t
        JOIN pg_type AS y ON y.oid = t.base_id
    )
    SELECT t.type_id FROM types AS t WHERE t.kind <> 'd';
$fn$;

COMMENT ON FUNCTION vecs._base_type(oid) IS
$doc$Return the type that a domain, or a domain over a domain, is over; another type itself.$doc$;

GRANT EXECUTE ON FUNCTION vecs._base_type(oid) TO PUBLIC;

-- _broken_indexes: list what broken-off builds of vector indexes have left on a table.
-- An index that create_index_sql() builds has another name until it is finished; one that is not
-- valid may be built by another session now. What it replaces is renamed before it is dropped.
CREATE OR REPLACE FUNCTION vecs._broken_indexes(
    table_id regclass
)
RETURNS SETOF text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT c.relname::text
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = _broken_indexes.table_id
        AND (
            c.relname ~ '^ix_(vector|partial)_.*_new[0-9a-f]{7}$' AND NOT i.indisvalid
            OR c.relname ~ '^ix_vector_[0-9a-f]{7}_old[0-9a-f]{7}$'
        )
        AND NOT (
            EXISTS (
                SELECT
                FROM pg_locks AS l
                WHERE l.locktype = 'advisory'
                    AND l.database = (
                        SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()
                    )
                    AND l.classid = (hashtext('vecs.create_index_sql')::bigint & 4294967295)::oid
                    AND l.objid = _broken_indexes.table_id::oid
                    AND l.pid <> pg_backend_pid()
            )
            OR EXISTS (
                SELECT
                FROM pg_stat_progress_create_index AS p
                WHERE p.datname = current_database()
                    AND p.pid <> pg_backend_pid()
                    AND p.command LIKE '%CONCURRENTLY'
                    AND (
                        p.relid = _broken_indexes.table_id
                        OR p.relid IN (SELECT t.relid FROM pg_partition_tree(_broken_indexes.table_id) AS t)
                    )
            )
        )
    ORDER BY c.relname;
$fn$;

COMMENT ON FUNCTION vecs._broken_indexes(regclass) IS
$doc$Return the names of indexes that builds by create_index_sql() have left when they were broken off.$doc$;

GRANT EXECUTE ON FUNCTION vecs._broken_indexes(regclass) TO PUBLIC;

-- _collection: look up one collection by its name, or raise an error.
CREATE OR REPLACE FUNCTION vecs._collection(
    collection text,
    OUT table_id regclass,
    OUT relation text,
    OUT element_type text,
    OUT dimension integer,
    OUT pgvector text,
    OUT view_id regclass,
    OUT vec_column text,
    OUT id_column text,
    OUT metadata_column text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF collection IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'collection must not be null',
            HINT = 'Name a collection; vecs.list_collections() lists them.';
    END IF;

    SELECT
        c.table_id, format('vecs.%I', c.name), c.element_type, c.dimension, c.pgvector, c.view_id,
        c.vec_column, c.id_column, c.metadata_column
    INTO
        _collection.table_id, _collection.relation, _collection.element_type,
        _collection.dimension, _collection.pgvector, _collection.view_id,
        _collection.vec_column, _collection.id_column, _collection.metadata_column
    FROM vecs._collections(collection) AS c;

    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._collection(text) IS
$doc$Return one collection: the table that has its rows, the relation to read it from as SQL text, element type, dimension, and the other columns of _collections().

Raises VS001 invalid_argument for NULL and VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs._collection(text) TO PUBLIC;

-- _collections: list the collections of the schema, or look up one.
-- This is the one definition of a collection: an ordinary or partitioned table of the schema whose
-- name does not start with "_", with a column id and a column vec of one of pgvector's types; or a
-- view of such a name over a table, with these two columns and the key, _id: that of adopt().

CREATE OR REPLACE FUNCTION vecs._collections(
    collection text
)
RETURNS TABLE (
    table_id regclass,
    name text,
    element_type text,
    dimension integer,
    pgvector text,
    view_id regclass,
    vec_column text,
    id_column text,
    metadata_column text
)
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- An array, so that one plan by index serves both cases.
    v_candidates oid[] := CASE
        WHEN collection IS NULL THEN ARRAY(
            SELECT c.oid FROM pg_class AS c
            WHERE c.relnamespace = 'vecs'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        )
        ELSE ARRAY[to_regclass(format('vecs.%I', collection))]
    END;
BEGIN
    RETURN QUERY
    SELECT
        c.oid::regclass,
        c.relname::text,
        y.typname::text,
        a.atttypmod,
        quote_ident(n.nspname) || '.',
        NULL::regclass,
        a.attname::text,
        k.attname::text,
        'metadata'
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'vec' AND NOT a.attisdropped
    JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attname = 'id' AND NOT k.attisdropped
    JOIN pg_type AS y ON y.oid = a.atttypid
    JOIN pg_extension AS e ON e.extname = 'vector'
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    -- A subquery hides the array from the planner, which would estimate each of its elements.
    WHERE c.oid = ANY ((SELECT v_candidates)::oid[])
        AND c.relkind IN ('r', 'p')
        AND NOT starts_with(c.relname, '_')
        -- COLLATE: the caller's text may have any collation.
        AND (collection IS NULL OR c.relname = collection COLLATE "C")
        AND y.typnamespace = n.oid
        AND y.typname IN ('vector', 'halfvec', 'sparsevec', 'bit');
    IF FOUND AND collection IS NOT NULL THEN
        RETURN;
    END IF;

    RETURN QUERY
    SELECT
        s.table_id,
        c.relname::text,
        y.typname::text,
        a.atttypmod,
        quote_ident(n.nspname) || '.',
        c.oid::regclass,
        a.attname::text,
        k.attname::text,
        m.attname::text
    FROM unnest(v_candidates) AS v (oid)
    JOIN pg_class AS c ON c.oid = v.oid AND c.relkind = 'v'
    CROSS JOIN LATERAL vecs._source(c.oid) AS s
    JOIN pg_attribute AS a ON a.attrelid = s.table_id AND a.attnum = s.vec_number
    JOIN pg_attribute AS k ON k.attrelid = s.table_id AND k.attnum = s.id_number
    LEFT JOIN pg_attribute AS m ON m.attrelid = s.table_id AND m.attnum = s.metadata_number
    JOIN pg_type AS y ON y.oid = a.atttypid
    JOIN pg_extension AS e ON e.extname = 'vector'
    JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE NOT starts_with(c.relname, '_')
        AND (collection IS NULL OR c.relname = collection COLLATE "C")
        AND y.typnamespace = n.oid
        AND y.typname IN ('vector', 'halfvec')
        AND EXISTS (
            SELECT FROM pg_attribute AS i
            WHERE i.attrelid = c.oid AND i.attname = 'id' AND NOT i.attisdropped
        );
END
$fn$;

COMMENT ON FUNCTION vecs._collections(text) IS
$doc$Return the collections of the schema, or the one with a name; all of them for NULL. Columns: the table that has the rows, name, element type, dimension (-1: not fixed), and the prefix that names pgvector's schema in SQL text; the view of an adopted table (NULL: it is not one); and which columns of the table are the vector, the key and the metadata (NULL: none).

Returns no row where there is none. A name longer than 63 bytes finds nothing; PostgreSQL would truncate it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._collections(text) TO PUBLIC;

-- _estimated_rows: estimate how many rows a collection has without reading any.
CREATE OR REPLACE FUNCTION vecs._estimated_rows(
    collection text
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT coalesce(sum(coalesce(
        CASE
            WHEN k.relpages > 0 AND k.reltuples >= 0
                THEN k.reltuples / k.relpages * (pg_relation_size(k.oid) / current_setting('block_size')::integer)
        END,
        (current_setting('block_size')::integer - 24) / (4 + 24 + 32 + 32 + CASE
            WHEN c.element_type = 'vector' AND c.dimension <= 2000
                THEN 8 + 4 * greatest(c.dimension, 1)
            WHEN c.element_type = 'halfvec' AND c.dimension <= 4000
                THEN 8 + 2 * greatest(c.dimension, 1)
            ELSE 18
        END) * (pg_relation_size(k.oid) / current_setting('block_size')::integer)
    )::bigint), 0)::bigint
    FROM vecs._collections(_estimated_rows.collection) AS c
    JOIN pg_class AS k ON k.relkind IN ('r', 'm') AND k.oid = ANY (
        ARRAY(SELECT p.relid FROM pg_partition_tree(c.table_id) AS p) || c.table_id
    );
$fn$;

COMMENT ON FUNCTION vecs._estimated_rows(text) IS
$doc$Return about how many rows a collection has, from its size and the statistics of the last ANALYZE. Reads no row.$doc$;

GRANT EXECUTE ON FUNCTION vecs._estimated_rows(text) TO PUBLIC;

-- _existing_index: find a valid index that create_index() need not build again.
-- What its arguments do not name may be anything. pgvector does not store its own defaults.

CREATE OR REPLACE FUNCTION vecs._existing_index(
    collection text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    RETURN (
        SELECT i.name
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        JOIN pg_class AS c ON c.oid = i.index_id
        WHERE i.measure = _existing_index.measure
            AND i.filters IS NOT DISTINCT FROM _existing_index.filters
            AND i.valid
            AND i.partition IS NULL
            AND _existing_index.method IN ('auto', i.method)
            AND coalesce(_existing_index.arguments ->> 'precision', i.index_precision)
                = i.index_precision
            AND NOT EXISTS (
                SELECT
                FROM jsonb_each_text(
                    _existing_index.arguments - '{precision,min_recall,memory}'::text[]
                ) AS a
                WHERE a.value <> coalesce(
                    (
                        SELECT o.option_value
                        FROM pg_options_to_table(c.reloptions) AS o
                        WHERE o.option_name = a.key
                    ),
                    CASE a.key WHEN 'm' THEN '16' WHEN 'ef_construction' THEN '64' ELSE '100' END
                )
            )
        ORDER BY i.name
        LIMIT 1
    );
END
$fn$;

COMMENT ON FUNCTION vecs._existing_index(text, text, text, jsonb, jsonb) IS
$doc$Return the name of a valid index of a collection for a measure and a filter (NULL: over all rows), with the method (auto: any) and the arguments that are named; NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._existing_index(text, text, text, jsonb, jsonb) TO PUBLIC;

-- _expression_index: tell what an index on an expression holds of a column of vectors.
-- The operator class tells the measure, but for bits, which have none of their own: there
-- create_index() writes it into the comment. The caller has turned quote_all_identifiers off.
CREATE OR REPLACE FUNCTION vecs._expression_index(
    index_id regclass,
    expression text,
    operator_class text,
    vec_column text,
    vec_type regtype,
    dimension integer,
    OUT index_precision text,
    OUT ops text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_pgvector text := regexp_replace(vec_type::text, '[a-z]+$', '');
BEGIN
    index_precision := CASE expression
        WHEN vecs._indexed_form('half', vec_column, v_pgvector, dimension) THEN 'half'
        WHEN vecs._indexed_form('binary', vec_column, v_pgvector, dimension) THEN 'binary'
    END;
    ops := CASE
        WHEN index_precision = 'half'
            THEN substring(operator_class FROM '^halfvec_([a-z0-9]+)_ops$')
        WHEN index_precision = 'binary' AND operator_class = 'bit_hamming_ops'
            THEN CASE substring(
                obj_description(index_id, 'pg_class')
                FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*"measure": "([a-z0-9_]+)"'
            )
                WHEN 'cosine_distance' THEN 'cosine'
                WHEN 'l2_distance' THEN 'l2'
                WHEN 'max_inner_product' THEN 'ip'
                WHEN 'l1_distance' THEN 'l1'
                ELSE 'cosine'
            END
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._expression_index(regclass, text, text, text, regtype, integer) IS
$doc$Return, from the expression that an index is on and its operator class, the precision (half or binary) in which it holds a column of vectors, and the part of an operator class's name that stands for its measure (cosine, l2, ip, l1). NULL for any other index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._expression_index(regclass, text, text, text, regtype, integer) TO PUBLIC;

-- _fields: describe the columns of an adopted table for the filter compiler.
-- kind says how operands are read: as a number, a string, ... A jsonb has keys of its own, an array
-- has elements, and anything else is read as the JSON that PostgreSQL makes of it. type is the base
-- type as SQL: bpchar, since character means character(1). Types take time to look up, so only
-- those of fields are that a filter may name: their names occur in its text.

CREATE OR REPLACE FUNCTION vecs._fields(
    view_id regclass,
    filters jsonb
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
BEGIN
    IF view_id IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'key', jsonb_object_agg(f.name, f.field) FILTER (WHERE f.name = '_id') -> '_id',
            'has_metadata', coalesce(bool_or(f.name = '_metadata'), false),
            'names', (
                SELECT coalesce(jsonb_agg(n.attname ORDER BY n.attname), '[]')
                FROM pg_attribute AS n
                WHERE n.attrelid = view_id
                    AND n.attnum > 0
                    AND NOT n.attisdropped
                    AND n.attname NOT IN ('id', 'vec', 'metadata', '_id', '_metadata', '_text')
            ),
            'fields', coalesce(
                jsonb_object_agg(f.name, f.field) FILTER (WHERE f.name NOT IN ('_id', '_metadata')),
                '{}'
            )
        )
        FROM (
            SELECT
                a.attname::text AS name,
                jsonb_build_object(
                    'column', concat(
                        quote_ident(a.attname),
                        -- A domain has no operators of its own to compare it with an enum.
                        CASE WHEN d.typtype = 'd' AND y.typtype = 'e' THEN '::' || t.type END
                    ),
                    'kind', t.kind,
                    'type', t.type
                ) || CASE t.kind
                    WHEN 'array' THEN jsonb_build_object('element', jsonb_build_object(
                        'kind', CASE
                            WHEN e.oid IN (
                                'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype,
                                'real'::regtype, 'double precision'::regtype
                            ) THEN 'number'
                            WHEN e.oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'string'
                            WHEN e.oid = 'boolean'::regtype THEN 'boolean'
                            WHEN e.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN 'time'
                            WHEN e.oid = 'uuid'::regtype THEN 'uuid'
                            WHEN e.oid = 'jsonb'::regtype THEN 'jsonb'
                            WHEN e.typtype = 'e' THEN 'enum'
                            WHEN e.typname = 'citext' AND e.typcategory = 'S' THEN 'citext'
                            ELSE 'other'
                        END,
                        'type', CASE e.oid WHEN 'bpchar'::regtype THEN 'bpchar' ELSE e.oid::regtype::text END,
                        'labels', (
                            SELECT jsonb_agg(l.enumlabel ORDER BY l.enumsortorder)
                            FROM pg_enum AS l
                            WHERE l.enumtypid = e.oid
                        )
                    ))
                    WHEN 'enum' THEN jsonb_build_object(
                        'labels', (
                            SELECT jsonb_agg(l.enumlabel ORDER BY l.enumsortorder)
                            FROM pg_enum AS l
                            WHERE l.enumtypid = y.oid
                        )
                    )
                    WHEN 'citext' THEN jsonb_build_object(
                        'operators', y.typnamespace::regnamespace::text
                    )
                    -- In a function, as to plan this query would take longer with it.
                    WHEN 'other' THEN jsonb_strip_nulls(
                        jsonb_build_object('operators', vecs._operator_schema(y.oid))
                    )
                    ELSE '{}'
                END AS field
            FROM pg_attribute AS a
            JOIN pg_type AS d ON d.oid = a.atttypid
            JOIN pg_type AS y
                ON y.oid = CASE d.typtype WHEN 'd' THEN vecs._base_type(d.oid) ELSE d.oid END
            LEFT JOIN pg_type AS e
                ON e.oid = y.typelem AND y.typcategory = 'A' AND y.typlen = -1
            CROSS JOIN LATERAL (
                SELECT
                    CASE
                        WHEN CASE
                            WHEN e.oid IN (
                                'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype,
                                'real'::regtype, 'double precision'::regtype
                            ) THEN 'number'
                            WHEN e.oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'string'
                            WHEN e.oid = 'boolean'::regtype THEN 'boolean'
                            WHEN e.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN 'time'
                            WHEN e.oid = 'uuid'::regtype THEN 'uuid'
                            WHEN e.oid = 'jsonb'::regtype THEN 'jsonb'
                            WHEN e.typtype = 'e' THEN 'enum'
                            WHEN e.typname = 'citext' AND e.typcategory = 'S' THEN 'citext'
                            ELSE 'other'
                        END
                            IN ('number', 'string', 'boolean', 'uuid', 'enum')
                            THEN 'array'
                        ELSE CASE
                            WHEN y.oid IN (
                                'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype,
                                'real'::regtype, 'double precision'::regtype
                            ) THEN 'number'
                            WHEN y.oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'string'
                            WHEN y.oid = 'boolean'::regtype THEN 'boolean'
                            WHEN y.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN 'time'
                            WHEN y.oid = 'uuid'::regtype THEN 'uuid'
                            WHEN y.oid = 'jsonb'::regtype THEN 'jsonb'
                            WHEN y.typtype = 'e' THEN 'enum'
                            WHEN y.typname = 'citext' AND y.typcategory = 'S' THEN 'citext'
                            ELSE 'other'
                        END
                    END AS kind,
                    CASE y.oid WHEN 'bpchar'::regtype THEN 'bpchar' ELSE y.oid::regtype::text END AS type
            ) AS t
            WHERE a.attrelid = view_id
                AND a.attnum > 0
                AND NOT a.attisdropped
                AND a.attname NOT IN ('id', 'vec', 'metadata', '_text')
                AND (
                    filters IS NULL
                    OR a.attname IN ('_id', '_metadata')
                    OR strpos(filters::text, to_json(a.attname::text)::text) > 0
                )
        ) AS f
    );
END
$fn$;

COMMENT ON FUNCTION vecs._fields(regclass, jsonb) IS
$doc$Return the columns of an adopted table's view that filters compare, as JSON: key, that of _id; has_metadata, whether there is a column _metadata; names, those of all fields; and fields, by their names those that a filter may name; all for NULL. Each has column, its name as SQL; kind, how operands are read (number, string, boolean, time, uuid, enum, citext, array, jsonb or other); type, its base type as SQL; and for an array its element, for an enum its labels, for citext the schema of its operators. NULL where view_id is NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._fields(regclass, jsonb) TO PUBLIC;

-- _indexed_path: read the path of metadata keys that a metadata index is on from its comment.
-- The catalog has the index's expression only as a tree. If somebody changes the comment,
-- predicates stay correct, but no index serves them.

CREATE OR REPLACE FUNCTION vecs._indexed_path(
    index_id regclass
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT concat_ws(' ', m.found[1], m.found[2])
    FROM regexp_match(
        obj_description(_indexed_path.index_id, 'pg_class'),
        '^[{](?:"kind": "([a-z]+)", )?"path": (.*)[}]$'
    ) AS m (found)
    WHERE m.found IS NOT NULL;
$fn$;

COMMENT ON FUNCTION vecs._indexed_path(regclass) IS
$doc$Return the path of metadata keys that a metadata index is on, as the text of a JSON array. For an index of a kind other than value, the kind and a space come first. NULL for other indexes. create_metadata_index() writes both into the index's comment.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_path(regclass) TO PUBLIC;

-- _indexed_paths: list the paths of metadata keys that have a metadata index.

CREATE OR REPLACE FUNCTION vecs._indexed_paths(
    table_id regclass,
    view_id regclass
)
RETURNS text[]
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN CASE WHEN table_id IS NOT NULL THEN ARRAY(
        SELECT vecs._indexed_path(i.indexrelid::regclass)
        FROM pg_index AS i
        WHERE i.indrelid = table_id
            AND i.indexprs IS NOT NULL
            AND i.indisvalid
            AND (view_id IS NULL OR vecs._is_on_metadata(i.indexrelid, i.indrelid, view_id::oid))
    ) END;
END
$fn$;

COMMENT ON FUNCTION vecs._indexed_paths(regclass, regclass) IS
$doc$Return the paths of metadata keys that have a valid metadata index, each in the form of _indexed_path(). NULL where table_id is NULL. For the view of an adopted table, those on its metadata column.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_paths(regclass, regclass) TO PUBLIC;

-- _is_on_metadata: tell whether an index is on the metadata column of an adopted table.
-- Several collections of one table may have different ones.

CREATE OR REPLACE FUNCTION vecs._is_on_metadata(
    index_id oid,
    table_id oid,
    view_id oid
)
RETURNS boolean
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT _is_on_metadata.view_id IS NULL OR EXISTS (
        SELECT
        FROM vecs._view_origin(_is_on_metadata.view_id, '_metadata') AS o (origin)
        JOIN pg_depend AS d
            ON d.classid = 'pg_class'::regclass
            AND d.objid = _is_on_metadata.index_id
            AND d.refclassid = 'pg_class'::regclass
            AND d.refobjid = _is_on_metadata.table_id
            AND d.refobjsubid = o.origin[2]::integer
    );
$fn$;

COMMENT ON FUNCTION vecs._is_on_metadata(oid, oid, oid) IS
$doc$Return whether an index of a table depends on the metadata column of a view over it; true where view_id is NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._is_on_metadata(oid, oid, oid) TO PUBLIC;

-- _key_indexes: find the metadata indexes on a path of keys, or on a field of an adopted table.

CREATE OR REPLACE FUNCTION vecs._key_indexes(
    table_id regclass,
    view_id regclass,
    path text[],
    kind text
)
RETURNS TABLE (
    index_id regclass,
    name text,
    valid boolean
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT i.indexrelid::regclass, c.relname::text, i.indisvalid
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = _key_indexes.table_id
        AND EXISTS (
            SELECT
            FROM (VALUES ('value'::text), ('time'), ('pattern'), ('trigram')) AS k (kind)
            WHERE (k.kind = _key_indexes.kind OR _key_indexes.kind IS NULL)
                AND CASE
                    WHEN i.indexprs IS NOT NULL THEN
                        vecs._indexed_path(i.indexrelid::regclass)
                        = concat_ws(' ', nullif(k.kind, 'value'), to_jsonb(_key_indexes.path))
                        AND vecs._is_on_metadata(
                            i.indexrelid, i.indrelid, _key_indexes.view_id::oid
                        )
                    -- By the column: it may have been renamed since.
                    ELSE
                        obj_description(i.indexrelid, 'pg_class')
                        LIKE format('{"kind": "%s", "field": "%%', k.kind)
                        AND cardinality(path) = 1
                        AND i.indkey[0] = (
                            vecs._view_origin(_key_indexes.view_id::oid, path[1])
                        )[2]::integer
                END
        );
$fn$;

COMMENT ON FUNCTION vecs._key_indexes(regclass, regclass, text[], text) IS
$doc$Return the indexes that create_metadata_index() made on a path of keys, or on a field of the view of an adopted table: index, name, and whether it is valid. With a kind, only those of that kind; every kind for NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._key_indexes(regclass, regclass, text[], text) TO PUBLIC;

-- _measure: look up pgvector's names for a measure.

CREATE OR REPLACE FUNCTION vecs._measure(
    measure text,
    OUT operator text,
    OUT ops text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    operator := CASE measure
        WHEN 'cosine_distance' THEN '<=>'
        WHEN 'l2_distance' THEN '<->'
        WHEN 'max_inner_product' THEN '<#>'
        WHEN 'l1_distance' THEN '<+>'
    END;
    ops := CASE measure
        WHEN 'cosine_distance' THEN 'cosine'
        WHEN 'l2_distance' THEN 'l2'
        WHEN 'max_inner_product' THEN 'ip'
        WHEN 'l1_distance' THEN 'l1'
    END;

    IF operator IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('unknown measure "%s"', coalesce(left(measure, 100), 'null')),
            HINT = 'The measures are cosine_distance, l2_distance, max_inner_product, l1_distance.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._measure(text) IS
$doc$Return the distance operator of a measure, and its part of the operator class's name.

Raises VS001 invalid_argument for an unknown measure.$doc$;

GRANT EXECUTE ON FUNCTION vecs._measure(text) TO PUBLIC;

-- _measured_when_built: read from an index's comment what create_index() and tune() measured.
CREATE OR REPLACE FUNCTION vecs._measured_when_built(
    index_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'recall_when_built',
        substring(
            d.comment
            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                '"recall": ([01](?:[.][0-9]+)?)[,}]'
        )::numeric,
        'ef_search', substring(
            d.comment
            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                '"ef_search": ([0-9]{1,4})[,}]'
        )::integer,
        'probes', substring(
            d.comment
            FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
                '"probes": ([0-9]{1,5})[,}]'
        )::integer
    ))
    FROM obj_description(_measured_when_built.index_id, 'pg_class') AS d (comment);
$fn$;

COMMENT ON FUNCTION vecs._measured_when_built(regclass) IS
$doc$Return what was measured of an index and is in its comment: recall_when_built, and ef_search or probes, where they were kept. {} for an index that create_index() did not build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._measured_when_built(regclass) TO PUBLIC;

-- _metadata_indexes: list the indexes on a collection's metadata.

CREATE OR REPLACE FUNCTION vecs._metadata_indexes(
    table_id regclass,
    is_adopted boolean
)
RETURNS TABLE (
    name text,
    definition text,
    valid boolean,
    bytes bigint
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.relname::text,
        pg_get_indexdef(i.indexrelid),
        i.indisvalid,
        vecs._relation_bytes(i.indexrelid::regclass, false)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = _metadata_indexes.table_id
        -- A partial index of vectors depends on the metadata of its filter.
        AND m.amname NOT IN ('hnsw', 'ivfflat')
        AND (_metadata_indexes.is_adopted OR EXISTS (
            SELECT
            FROM pg_depend AS d
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass
                AND d.objid = i.indexrelid
                AND d.refclassid = 'pg_class'::regclass
                AND d.refobjid = i.indrelid
                AND a.attname = 'metadata'
        ));
$fn$;

COMMENT ON FUNCTION vecs._metadata_indexes(regclass, boolean) IS
$doc$Return the indexes of a table that involve its column metadata; of an adopted table all but those on vectors: name, definition, whether valid, size in bytes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._metadata_indexes(regclass, boolean) TO PUBLIC;

-- _operator_schema: find the schema of the operators that compare a type from an extension.

CREATE OR REPLACE FUNCTION vecs._operator_schema(
    type_id oid
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (
        SELECT o.oprnamespace::regnamespace::text
        FROM pg_opclass AS c
        JOIN pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
        JOIN pg_amop AS p
            ON p.amopfamily = c.opcfamily
            AND p.amoplefttype = type_id
            AND p.amoprighttype = type_id
            AND p.amopstrategy = 3
        JOIN pg_operator AS o ON o.oid = p.amopopr
        WHERE c.opcintype = type_id
            AND c.opcdefault
            AND o.oprnamespace <> 'pg_catalog'::regnamespace
    );
END
$fn$;

COMMENT ON FUNCTION vecs._operator_schema(oid) IS
$doc$Return the schema, as SQL, of the operators that a type's default btree operator class has. NULL where it is pg_catalog, or there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._operator_schema(oid) TO PUBLIC;

-- _partial_filters: read from a partial index's comment which filter it was made for.
CREATE OR REPLACE FUNCTION vecs._partial_filters(
    index_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT substring(
        d.comment
        FROM '^[{]"rows": [0-9]+, (?:"[a-z_]+": (?:[0-9.]+|"[a-z0-9_]+"|[[][0-9., ]+[]]), )*'
            '"partial_filters": ([{].*[}])[}]$'
    )::jsonb
    FROM obj_description(_partial_filters.index_id, 'pg_class') AS d (comment);
$fn$;

COMMENT ON FUNCTION vecs._partial_filters(regclass) IS
$doc$Return the filter of a partial index, which create_index() writes into its comment. NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._partial_filters(regclass) TO PUBLIC;

-- _relation_bytes: measure a table, with or without its indexes, or an index.

CREATE OR REPLACE FUNCTION vecs._relation_bytes(
    relation_id regclass,
    with_indexes boolean
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for what is not partitioned.
    SELECT sum(CASE
        WHEN _relation_bytes.with_indexes THEN pg_total_relation_size(r.relation_id)
        WHEN c.relkind IN ('i', 'I') THEN pg_relation_size(r.relation_id)
        ELSE pg_table_size(r.relation_id)
    END)::bigint
    FROM (
        SELECT _relation_bytes.relation_id
        UNION
        SELECT p.relid FROM pg_partition_tree(_relation_bytes.relation_id) AS p
    ) AS r (relation_id)
    JOIN pg_class AS c ON c.oid = r.relation_id;
$fn$;

COMMENT ON FUNCTION vecs._relation_bytes(regclass, boolean) IS
$doc$Return the size of a table in bytes, with its TOAST table and, if they are wanted, its indexes, or the size of an index; with those of its partitions.$doc$;

GRANT EXECUTE ON FUNCTION vecs._relation_bytes(regclass, boolean) TO PUBLIC;

-- _rename_collection: give a collection another name, and those of its indexes that carry the name.
-- Takes ACCESS EXCLUSIVE on the collection's table, or its view. The caller holds the locks of
-- _lock_names().

CREATE OR REPLACE FUNCTION vecs._rename_collection(
    text,
    text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    name ALIAS FOR $1;
    new_name ALIAS FOR $2;
    v_table regclass := to_regclass(format('vecs.%I', name));
    v_index record;
BEGIN
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = v_table AND c.relkind = 'v') THEN
        EXECUTE format('ALTER VIEW vecs.%I RENAME TO %I', name, new_name);
        RETURN;
    END IF;

    EXECUTE format('ALTER TABLE vecs.%I RENAME TO %I', name, new_name);
    FOR v_index IN
        SELECT c.relname AS old, r.new
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'vec'
        JOIN pg_type AS y ON y.oid = a.atttypid
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN c.relname IN (name || '_pkey', name || '_metadata_idx') THEN concat(
                    CASE WHEN octet_length(new_name) > 50 THEN md5(new_name) ELSE new_name END,
                    substr(c.relname, length(name) + 1)
                )
                WHEN c.relname ~ '^ix_(vector|partial)_'
                    AND right(c.relname, 7) = vecs._name_hash(y.typname::text, name)
                    THEN left(c.relname, -7) || vecs._name_hash(y.typname::text, new_name)
            END
        ) AS r (new)
        WHERE i.indrelid = v_table
            AND r.new IS NOT NULL
            AND to_regclass(format('vecs.%I', coalesce(r.new, ''))) IS NULL
    LOOP
        EXECUTE format('ALTER INDEX vecs.%I RENAME TO %I', v_index.old, v_index.new);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._rename_collection(text, text) IS
$doc$Rename a collection that exists, with the indexes whose names carry its name; those stay that would have the name of another relation.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rename_collection(text, text) TO PUBLIC;

-- _rows_when_built: read from an index's comment how many rows it was built on.

CREATE OR REPLACE FUNCTION vecs._rows_when_built(
    index_id regclass
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT substring(
        obj_description(_rows_when_built.index_id, 'pg_class')
        FROM '^[{]"rows": ([0-9]{1,18})[,}]'
    )::bigint;
$fn$;

COMMENT ON FUNCTION vecs._rows_when_built(regclass) IS
$doc$Return how many rows an index was built on, which create_index() writes into its comment. NULL for other indexes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rows_when_built(regclass) TO PUBLIC;

-- _schema: look up the schema of a table.

CREATE OR REPLACE FUNCTION vecs._schema(
    table_id regclass
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT quote_ident(n.nspname)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = _schema.table_id;
$fn$;

COMMENT ON FUNCTION vecs._schema(regclass) IS
$doc$Return the schema of a table as SQL text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._schema(regclass) TO PUBLIC;

-- _source: read which table a view is over, and which of its columns are the collection's.
-- The view is the only registry of an adopted table. Its rule holds the origin of each column that
-- is a plain reference; if the table or a column is renamed, the numbers stay.
CREATE OR REPLACE FUNCTION vecs._source(
    view_id oid,
    OUT table_id regclass,
    OUT vec_number smallint,
    OUT id_number smallint,
    OUT metadata_number smallint
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rule text := (
        SELECT r.ev_action::text
        FROM pg_rewrite AS r
        WHERE r.ev_class = view_id AND r.rulename = '_RETURN'
    );
    v_vec oid[] := nullif(
    regexp_match(
        split_part(v_rule, concat(' :resname ', 'vec', ' :ressortgroupref '), 2),
        '^[0-9]+ :resorigtbl ([0-9]+) :resorigcol ([0-9]+) '
    )::oid[],
    '{0,0}'
);
    v_id oid[] := nullif(
    regexp_match(
        split_part(v_rule, concat(' :resname ', '_id', ' :ressortgroupref '), 2),
        '^[0-9]+ :resorigtbl ([0-9]+) :resorigcol ([0-9]+) '
    )::oid[],
    '{0,0}'
);
    v_metadata oid[] := nullif(
    regexp_match(
        split_part(v_rule, concat(' :resname ', '_metadata', ' :ressortgroupref '), 2),
        '^[0-9]+ :resorigtbl ([0-9]+) :resorigcol ([0-9]+) '
    )::oid[],
    '{0,0}'
);
BEGIN
    IF v_vec[1] = v_id[1] AND EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_vec[1] AND c.relkind IN ('r', 'p', 'm')
    ) THEN
        table_id := v_vec[1];
        vec_number := v_vec[2]::integer;
        id_number := v_id[2]::integer;
        metadata_number := CASE v_metadata[1] WHEN v_vec[1] THEN v_metadata[2]::integer END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._source(oid) IS
$doc$Return the table behind the view of an adopted table, and the numbers of its columns that are the vector, the key and the metadata (NULL: none). No values for any other view.$doc$;

GRANT EXECUTE ON FUNCTION vecs._source(oid) TO PUBLIC;

-- _trigram_schema: look up the schema of the extension pg_trgm.

CREATE OR REPLACE FUNCTION vecs._trigram_schema()
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_schema text := (
        SELECT quote_ident(n.nspname) || '.'
        FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_trgm'
    );
BEGIN
    IF v_schema IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = 'the extension pg_trgm, which compares words by trigrams, is not installed',
            HINT = 'CREATE EXTENSION pg_trgm installs it: it is a part of PostgreSQL.';
    END IF;
    RETURN v_schema;
END
$fn$;

COMMENT ON FUNCTION vecs._trigram_schema() IS
$doc$Return the prefix that names the schema of the extension pg_trgm in SQL text.

Raises VS008 unsupported if it is not installed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._trigram_schema() TO PUBLIC;

-- _vector_indexes: list the vector indexes of a collection.
-- An index counts whoever created it, if it is on the vectors' column, as it is or in another
-- precision; a partial one, if create_index() made it. Of a partitioned table those that partitions
-- have for themselves are listed, too. They serve searches as one of the whole table does, if every
-- partition has one.

CREATE OR REPLACE FUNCTION vecs._vector_indexes(
    table_id regclass,
    vec_column text
)
RETURNS TABLE (
    index_id regclass,
    name text,
    method text,
    measure text,
    index_precision text,
    filters jsonb,
    valid boolean,
    partition regclass,
    missing regclass[]
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    WITH partitions AS (
        SELECT t.relid AS partition
        FROM pg_partition_tree(_vector_indexes.table_id) AS t
        WHERE t.isleaf AND t.relid <> _vector_indexes.table_id
    ),
    indexes AS (
        SELECT
            i.indexrelid::regclass AS index_id,
            c.relname::text AS name,
            m.amname::text AS method,
            CASE f.ops
                WHEN 'cosine' THEN 'cosine_distance'
                WHEN 'l2' THEN 'l2_distance'
                WHEN 'ip' THEN 'max_inner_product'
                WHEN 'l1' THEN 'l1_distance'
            END AS measure,
            f.index_precision,
            p.filters,
            i.indisvalid AS valid,
            r.partition,
            c.relispartition AS is_part
        FROM (
            SELECT _vector_indexes.table_id AS relation_id, NULL::regclass AS partition
            UNION ALL
            SELECT p.partition, p.partition FROM partitions AS p
        ) AS r
        JOIN pg_index AS i ON i.indrelid = r.relation_id
        JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS m ON m.oid = c.relam
        JOIN pg_opclass AS o ON o.oid = i.indclass[0]
        JOIN pg_attribute AS a
            ON a.attrelid = i.indrelid AND a.attname = _vector_indexes.vec_column COLLATE "C"
        CROSS JOIN LATERAL (
            SELECT
                'full' AS index_precision,
                substring(o.opcname FROM '^(?:vector|halfvec)_([a-z0-9]+)_ops$') AS ops
            WHERE i.indkey[0] = a.attnum
            UNION ALL
            SELECT x.index_precision, x.ops
            FROM vecs._expression_index(
                i.indexrelid::regclass, pg_get_expr(i.indexprs, i.indrelid), o.opcname::text,
                a.attname::text, a.atttypid::regtype, a.atttypmod
            ) AS x
            WHERE i.indkey[0] = 0
        ) AS f
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN i.indpred IS NOT NULL THEN vecs._partial_filters(i.indexrelid::regclass)
            END
        ) AS p (filters)
        WHERE f.ops IS NOT NULL AND (i.indpred IS NULL OR p.filters IS NOT NULL)
    )
    SELECT
        x.index_id,
        x.name,
        x.method,
        x.measure,
        x.index_precision,
        x.filters,
        CASE WHEN EXISTS (SELECT FROM partitions) THEN w.partitions = '{}' ELSE x.valid END,
        x.partition,
        nullif(w.partitions, '{}')
    FROM indexes AS x
    CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT p.partition
            FROM partitions AS p
            WHERE NOT EXISTS (
                SELECT
                FROM indexes AS y
                WHERE y.partition = p.partition
                    AND y.measure = x.measure
                    AND y.filters IS NULL
                    AND y.valid
            )
            ORDER BY p.partition::text
        )
    ) AS w (partitions)
    -- What is a part of the table's own index is not listed.
    WHERE NOT x.is_part
    ORDER BY x.name;
$fn$;

COMMENT ON FUNCTION vecs._vector_indexes(regclass, text) IS
$doc$Return the indexes of a table on its column of vectors: index, name, method, measure, precision (full, half, binary), the filter of a partial one, whether it serves searches, the partition if it is one's own, and the partitions that have no valid index for the measure (NULL: none). A failed concurrent build leaves an index that is not valid.$doc$;

GRANT EXECUTE ON FUNCTION vecs._vector_indexes(regclass, text) TO PUBLIC;

-- _view_origin: read the origin of a view's column from the view's rule.
CREATE OR REPLACE FUNCTION vecs._view_origin(
    view_id oid,
    column_name text
)
RETURNS oid[]
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rule text := (
        SELECT r.ev_action::text
        FROM pg_rewrite AS r
        WHERE r.ev_class = view_id AND r.rulename = '_RETURN'
    );
    v_name text := regexp_replace(
        regexp_replace(column_name, E'([ \n\t(){}\\\\])', E'\\\\\\1', 'g'),
        '^(["<0-9]|[-+][.0-9])',
        E'\\\\\\1'
    );
BEGIN
    RETURN nullif(
        regexp_match(
            split_part(v_rule, concat(' :resname ', v_name, ' :ressortgroupref '), 2),
            '^[0-9]+ :resorigtbl ([0-9]+) :resorigcol ([0-9]+) '
        )::oid[],
        '{0,0}'
    );
END
$fn$;

COMMENT ON FUNCTION vecs._view_origin(oid, text) IS
$doc$Return the oid of the table and the number of the column that a view's column refers to. NULL if it is not a plain reference.$doc$;

GRANT EXECUTE ON FUNCTION vecs._view_origin(oid, text) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/check
-- ------------------------------------------------------------

-- _check_adopted_rows: refuse ids and metadata that the columns of an adopted table cannot hold.

CREATE OR REPLACE FUNCTION vecs._check_adopted_rows(
    view_id regclass,
    fields jsonb,
    ids text[],
    metadata jsonb
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_readable text[] := vecs._readable_keys(ids, fields -> 'key');
    v_id text;
    v_text text;
    v_key text;
BEGIN
    IF cardinality(v_readable) < cardinality(ids) THEN
        SELECT u.id INTO v_id FROM unnest(ids) AS u (id) WHERE u.id <> ALL (v_readable) LIMIT 1;
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'type %s of the key cannot read the id "%s"',
                fields -> 'key' ->> 'type', left(v_id, 100)
            ),
            HINT = 'An id is the text of the table''s key.';
    END IF;

    EXECUTE format(
        'SELECT u.id, u.id::%1$s::text FROM unnest($1) AS u (id) WHERE u.id::%1$s::text <> u.id'
        ' LIMIT 1',
        fields -> 'key' ->> 'type'
    ) INTO v_id, v_text USING ids;
    IF v_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'the id "%s" is not the text of a key of type %s',
                left(v_id, 100), fields -> 'key' ->> 'type'
            ),
            HINT = format('That would be "%s".', left(v_text, 100));
    END IF;

    SELECT k.key INTO v_key
    FROM (
        SELECT DISTINCT k.key
        FROM jsonb_array_elements(metadata) AS m (document)
        CROSS JOIN LATERAL jsonb_object_keys(
            CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document END
        ) AS k (key)
    ) AS k
    WHERE NOT fields -> 'fields' ? k.key AND NOT (fields -> 'has_metadata')::boolean
    LIMIT 1;
    IF v_key IS NULL THEN
        SELECT w.name INTO v_key
        FROM vecs._written_fields(view_id, ARRAY(
            SELECT DISTINCT k.key
            FROM jsonb_array_elements(metadata) AS m (document)
            CROSS JOIN LATERAL jsonb_object_keys(
                CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document END
            ) AS k (key)
        )) AS w
        WHERE w.generated
        LIMIT 1;
    END IF;
    IF v_key IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                CASE
                    WHEN fields -> 'fields' ? v_key THEN 'the table generates the field "%s"'
                    ELSE 'the table has no field "%s", and no metadata column'
                END,
                left(v_key, 100)
            ),
            HINT = CASE
                WHEN fields -> 'fields' ? v_key THEN 'Leave it out.'
                ELSE 'Add a column, and adopt the table again.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_adopted_rows(regclass, jsonb, text[], jsonb) IS
$doc$Refuse ids that the key of an adopted table cannot hold, and metadata with keys that are no fields where there is no metadata column, or that the table generates. fields is what _fields() returns.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_adopted_rows(regclass, jsonb, text[], jsonb) TO PUBLIC;

-- _check_after: refuse an id to begin a page after that the key of an adopted table cannot be.

CREATE OR REPLACE FUNCTION vecs._check_after(
    view_id regclass,
    fields jsonb,
    after text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF view_id IS NOT NULL AND after IS NOT NULL THEN
        PERFORM vecs._check_adopted_rows(view_id, fields, ARRAY[after], '[]'::jsonb);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_after(regclass, jsonb, text) IS
$doc$Refuse an id that the key of an adopted table cannot be, whose fields _fields() returns. NULL is accepted, as is everything for a collection.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_after(regclass, jsonb, text) TO PUBLIC;

-- _check_binary: refuse an index of bits that finds too few of the nearest rows.

CREATE OR REPLACE FUNCTION vecs._check_binary(
    collection text,
    measure text,
    min_recall double precision
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_recall double precision := vecs._binary_recall(collection, measure);
BEGIN
    IF v_recall < min_recall THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'an index of precision binary finds %s %% of the nearest rows of collection "%s",'
                ' less than min_recall',
                round((100 * v_recall)::numeric, 1), collection
            ),
            HINT = format(
                'It holds the signs of the elements, which tell little of these vectors. %s',
                CASE
                    WHEN (vecs._collection(collection)).dimension <= 4000
                        THEN 'The precision half suits any.'
                    ELSE 'Without an index, searches compare every row. A lower min_recall accepts'
                        ' the index.'
                END
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_binary(text, text, double precision) IS
$doc$Raise VS008 unsupported for a new index of bits by which searches find less than min_recall of the ten nearest rows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_binary(text, text, double precision) TO PUBLIC;

-- _check_columns: refuse names that are no columns of a table.

CREATE OR REPLACE FUNCTION vecs._check_columns(
    source regclass,
    types jsonb,
    names text[]
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_name text;
BEGIN
    FOREACH v_name IN ARRAY coalesce(names, '{}') LOOP
        IF (types ? v_name) IS NOT TRUE THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    'table "%s" has no column "%s"', source, coalesce(left(v_name, 100), 'null')
                ),
                HINT = concat(
                    'Did you mean "' || vecs._closest_match(
                        v_name, ARRAY(SELECT jsonb_object_keys(types))
                    ) || '"? ',
                    format(
                        'Its columns are %s.',
                        left(array_to_string(ARRAY(SELECT jsonb_object_keys(types)), ', '), 1000)
                    )
                );
        END IF;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._check_columns(regclass, jsonb, text[]) IS
$doc$Refuse names of columns that a table does not have. types has the type of each column.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_columns(regclass, jsonb, text[]) TO PUBLIC;

-- _check_field_operand: say why a column's type cannot read an operand.

CREATE OR REPLACE FUNCTION vecs._check_field_operand(
    operator text,
    value jsonb,
    field jsonb,
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN ARRAY[
        format(
            'invalid operand of operator "%s" at "%s": type %s cannot read %s',
            operator, location, field ->> 'type',
            CASE jsonb_typeof(value)
                WHEN 'string' THEN left(value::text, 100)
                ELSE format('a JSON %s', jsonb_typeof(value))
            END
        ),
        CASE field ->> 'kind'
            WHEN 'number' THEN 'Pass a number.'
            WHEN 'boolean' THEN 'Pass true or false.'
            WHEN 'time' THEN format('Pass %s.', 'an ISO 8601 date or time, such as "2024-05-31" or "2024-05-31T09:00:00+02:00"')
            WHEN 'uuid' THEN 'Pass a UUID as a string.'
            WHEN 'enum' THEN format(
                'Its values are %s.',
                (
                    SELECT string_agg(l.label, ', ')
                    FROM jsonb_array_elements_text(field -> 'labels') AS l (label)
                )
            )
            ELSE 'Pass a string.'
        END
    ];
END
$fn$;

COMMENT ON FUNCTION vecs._check_field_operand(text, jsonb, jsonb, text) IS
$doc$Return the message and the hint for an operand that the type of a column, which is described as by _fields(), cannot read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_field_operand(text, jsonb, jsonb, text) TO PUBLIC;

-- _check_field_path: refuse a path of keys that no index of an adopted table can be on.

CREATE OR REPLACE FUNCTION vecs._check_field_path(
    fields jsonb,
    path text[]
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF fields -> 'fields' ? path[1] AND cardinality(path) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('"%s" is a field, and an index is on the whole of it', path[1]),
            HINT = 'Name the field alone: the index of a jsonb column serves equality on its keys.';
    ELSIF NOT fields -> 'fields' ? path[1] AND NOT (fields -> 'has_metadata')::boolean THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('the table has no field "%s", and no metadata column', path[1]),
            HINT = format(
                'The fields are %s.',
                (
                    SELECT coalesce(string_agg(n.name, ', '), 'none')
                    FROM jsonb_array_elements_text(fields -> 'names') AS n (name)
                )
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_field_path(jsonb, text[]) IS
$doc$Refuse a path of keys within a field of an adopted table, and one that is neither a field nor in a metadata column. fields is what _fields() returns.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_field_path(jsonb, text[]) TO PUBLIC;

-- _check_filter_id: find what is wrong with a condition on the row's id.
-- The path of keys begins with $id, which stands where a key would.
CREATE OR REPLACE FUNCTION vecs._check_filter_id(
    operator text,
    operand jsonb,
    keys text[],
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_kind text := CASE operator
        WHEN '$eq' THEN 'id'
        WHEN '$ne' THEN 'id'
        WHEN '$in' THEN 'ids'
        WHEN '$nin' THEN 'ids'
        WHEN '$startswith' THEN 'string'
    END;
    v_fits boolean := CASE
        WHEN v_kind <> 'ids' THEN jsonb_typeof(operand) = 'string'
        WHEN jsonb_typeof(operand) = 'array'
            THEN NOT jsonb_path_exists(operand, 'strict $[*] ? (@.type() != "string")')
        ELSE false
    END;
BEGIN
    IF cardinality(keys) > 1 OR v_kind IS NULL THEN
        RETURN ARRAY[
            CASE
                WHEN cardinality(keys) > 1
                    THEN format('"$id" has no keys, at "%s"', location)
                WHEN operator = ANY ('{$eq,$ne,$gt,$gte,$lt,$lte,$between,$in,$nin,$contains,$any,$all,$exists,$like,$ilike,$startswith,$time,$id,$and,$or,$nor,$not}') THEN format(
                    'operator "%s" does not apply to "$id", at "%s"', operator, location
                )
                ELSE format('unknown operator "%s" at "%s"', left(operator, 100), location)
            END,
            concat(
                'Did you mean "' || coalesce(
                    CASE lower(coalesce('$' || keys[2], operator))
                        WHEN '$neq' THEN '$ne'
                        WHEN '$notin' THEN '$nin'
                    END,
                    vecs._closest_match(coalesce('$' || keys[2], operator), '{$eq,$ne,$in,$nin,$startswith}'::text[])
                ) || '"? ',
                'The operators of "$id" are $eq, $ne, $in, $nin, $startswith, $not.'
            )
        ];
    ELSIF NOT v_fits THEN
        RETURN ARRAY[
            format('invalid operand of operator "%s" at "%s"', operator, location),
            CASE v_kind
                WHEN 'id' THEN 'It takes an id, which is a string; $in and $nin take a list of them.'
                WHEN 'ids' THEN 'It takes a list of ids, which are strings.'
                WHEN 'string' THEN 'It takes a string.'
            END,
            format('It was given a JSON %s.', jsonb_typeof(operand))
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_id(text, jsonb, text[], text) IS
$doc$Return the message, the hint and perhaps a detail for a condition on the row's id that has an operator, a key or an operand that "$id" does not take. NULL for a valid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_id(text, jsonb, text[], text) TO PUBLIC;

-- _check_filter_node: find what is wrong with a part of a filter that is not a well-formed object.

CREATE OR REPLACE FUNCTION vecs._check_filter_node(
    node jsonb,
    keys text[],
    location text,
    depth integer
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_operators bigint;
    v_keys bigint;
BEGIN
    IF jsonb_typeof(node) <> 'object' THEN
        RETURN ARRAY[
            CASE
                WHEN location IS NULL
                    THEN format('a filter must be an object, not a JSON %s', jsonb_typeof(node))
                ELSE format(
                    'filter must be an object at "%s", not a JSON %s', location, jsonb_typeof(node)
                )
            END,
            CASE
                WHEN jsonb_typeof(node) = 'string'
                    AND node #>> '{}' ~ '^[[:space:]]*[{].*[}][[:space:]]*$'
                THEN
                    'The filter was encoded to JSON twice: pass the object itself where the driver'
                    ' encodes it, or its text encoded once.'
                ELSE 'A filter is an object such as {"year": {"$gte": 2012}}.'
            END
        ];
    ELSIF depth > 64 THEN
        RETURN ARRAY[
            format('filter is more than 64 levels deep, at "%s"', left(location, 200)),
            'The conditions of one object are joined by AND: nest less.'
        ];
    END IF;

    SELECT count(*) FILTER (WHERE starts_with(k.key, '$')), count(*)
    INTO v_operators, v_keys
    FROM jsonb_object_keys(node) AS k (key);

    IF keys <> '{}' AND v_keys = 0 THEN
        RETURN ARRAY[
            format('filter has an empty object at "%s"', location),
            CASE keys[1]
                WHEN '$id'
                    THEN 'The operators of "$id" are $eq, $ne, $in, $nin, $startswith, $not.'
                ELSE
                    'To ask whether a key exists use {"$exists": true}; for a stored {} use'
                    ' {"$eq": {}}.'
            END
        ];
    ELSIF keys <> '{}' AND v_operators NOT IN (0, v_keys) THEN
        RETURN ARRAY[
            format('filter mixes operators and keys at "%s"', location),
            'Under a key write either operators, which start with "$", or the keys of a path.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_node(jsonb, text[], text, integer) IS
$doc$Return the message and the hint for a part of a filter that is not an object, is nested too deeply, is empty under a key, or mixes operators and keys. NULL for a valid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_node(jsonb, text[], text, integer) TO PUBLIC;

-- _check_filter_operator: find what is wrong with an operator: its name, its position or its
-- operand.
CREATE OR REPLACE FUNCTION vecs._check_filter_operator(
    operator text,
    operand jsonb,
    keys text[],
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_type text := CASE jsonb_typeof(operand)
        WHEN 'object' THEN vecs._operand_type(operand)
        ELSE jsonb_typeof(operand)
    END;
    v_kind text := CASE operator
        WHEN '$eq' THEN 'any'
        WHEN '$ne' THEN 'any'
        WHEN '$gt' THEN 'comparable'
        WHEN '$gte' THEN 'comparable'
        WHEN '$lt' THEN 'comparable'
        WHEN '$lte' THEN 'comparable'
        WHEN '$between' THEN 'range'
        WHEN '$in' THEN 'values'
        WHEN '$nin' THEN 'values'
        WHEN '$contains' THEN 'scalar'
        WHEN '$any' THEN 'scalars'
        WHEN '$all' THEN 'scalars'
        WHEN '$exists' THEN 'boolean'
        WHEN '$like' THEN 'string'
        WHEN '$ilike' THEN 'string'
        WHEN '$startswith' THEN 'string'
        WHEN '$time' THEN 'time'
        WHEN '$id' THEN 'key'
        WHEN '$and' THEN 'filters'
        WHEN '$or' THEN 'filters'
        WHEN '$nor' THEN 'filters'
        WHEN '$not' THEN 'filter'
    END;
    v_fits boolean;
    v_invalid_time jsonb;
BEGIN
    IF keys[1] = '$id' THEN
        RETURN vecs._check_filter_id(operator, operand, keys, location);
    ELSIF v_kind IS NULL THEN
        RETURN ARRAY[
            format('unknown operator "%s" at "%s"', left(operator, 100), location),
            concat(
                'Did you mean "' || coalesce(
                    CASE lower(operator)
                        WHEN '$ge' THEN '$gte'
                        WHEN '$le' THEN '$lte'
                        WHEN '$neq' THEN '$ne'
                        WHEN '$notin' THEN '$nin'
                    END,
                    vecs._closest_match(operator, '{$eq,$ne,$gt,$gte,$lt,$lte,$between,$in,$nin,$contains,$any,$all,$exists,$like,$ilike,$startswith,$time,$id,$and,$or,$nor,$not}'::text[])
                ) || '"? ',
                'The operators are $eq, $ne, $gt, $gte, $lt, $lte, $between, $in, $nin, $contains, $any, $all, $exists, $like, $ilike, $startswith, $time, $id, $and, $or, $nor, $not.'
            )
        ];
    ELSIF v_kind IN ('filters', 'key') THEN
        RETURN ARRAY[
            format('operator "%s" cannot be under a key, at "%s"', operator, location),
            format(
                CASE v_kind
                    WHEN 'key' THEN 'Write {"%s": "...", "key": {...}}, beside the key.'
                    ELSE 'Write {"%s": [{"key": {...}}, ...]}, with the key inside.'
                END,
                operator
            )
        ];
    ELSIF keys = '{}' THEN
        RETURN ARRAY[
            format('operator "%s" is not under a key', location),
            format('Write {"key": {"%s": ...}}.', operator)
        ];
    END IF;

    v_fits := CASE v_kind
        WHEN 'any' THEN v_type <> 'invalid time'
        WHEN 'comparable' THEN v_type IN ('number', 'string', 'boolean', 'time')
        WHEN 'range' THEN v_type = 'array'
            AND jsonb_array_length(operand) = 2
            AND vecs._operand_type(operand -> 0) IN ('number', 'string', 'boolean', 'time')
            AND vecs._operand_type(operand -> 0) = vecs._operand_type(operand -> 1)
        WHEN 'scalar' THEN v_type IN ('number', 'string', 'boolean', 'null')
        WHEN 'time' THEN vecs._operand_type(jsonb_build_object('$time', operand)) = 'time'
        ELSE CASE
            WHEN v_kind NOT IN ('scalars', 'values') THEN v_type = v_kind
            ELSE v_type = 'array' AND NOT EXISTS (
                SELECT
                FROM jsonb_array_elements(CASE v_type WHEN 'array' THEN operand END) AS e (element)
                WHERE jsonb_typeof(e.element) IN ('array', 'object')
                    AND (v_kind = 'scalars' OR vecs._operand_type(e.element) <> 'time')
            )
        END
    END;

    IF NOT v_fits THEN
        v_invalid_time := CASE
            WHEN v_kind = 'time' THEN jsonb_build_array(jsonb_build_object('$time', operand))
            WHEN v_kind NOT IN ('any', 'comparable', 'range', 'values') THEN '[]'
            WHEN v_type = 'array' THEN operand
            ELSE jsonb_build_array(operand)
        END;
        SELECT e.element -> '$time' INTO v_invalid_time
        FROM jsonb_array_elements(v_invalid_time) WITH ORDINALITY AS e (element, position)
        WHERE jsonb_typeof(e.element) = 'object' AND vecs._operand_type(e.element) = 'invalid time'
        ORDER BY e.position
        LIMIT 1;
        RETURN ARRAY[
            CASE
                WHEN v_invalid_time IS NULL THEN format(
                    'invalid operand of operator "%s" at "%s"', operator, location
                )
                ELSE format(
                    '"$time" must be an ISO 8601 date or time at "%s", not %s',
                    location, left(v_invalid_time::text, 100)
                )
            END,
            CASE
                WHEN v_invalid_time IS NOT NULL THEN
                    'Write {"$time": "2024-05-31"} or {"$time": "2024-05-31T09:00:00+02:00"}.'
                WHEN v_kind = 'any' THEN 'It takes any JSON value.'
                WHEN v_kind = 'comparable' THEN 'It takes a number, a string, a boolean or a time such as {"$time": "2024-05-31"}.'
                WHEN v_kind = 'range' THEN 'It takes a list of two numbers, two strings, two booleans or two times such as {"$time": "2024-05-31"}.'
                WHEN v_kind = 'values' THEN 'It takes a list of numbers, strings, booleans, nulls and times such as {"$time": "2024-05-31"}.'
                WHEN v_kind = 'scalars' THEN 'It takes a list of numbers, strings, booleans and nulls.'
                WHEN v_kind = 'scalar' THEN 'It takes a number, a string, a boolean or null.'
                WHEN v_kind = 'boolean' THEN 'It takes true or false.'
                WHEN v_kind = 'string' THEN 'It takes a string.'
                WHEN v_kind = 'time' THEN 'It takes an ISO 8601 date or time, such as "2024-05-31" or "2024-05-31T09:00:00+02:00".'
                WHEN v_kind = 'id' THEN 'It takes an id, which is a string; $in and $nin take a list of them.'
                WHEN v_kind = 'ids' THEN 'It takes a list of ids, which are strings.'
                WHEN v_kind = 'filters' THEN 'It takes a list of filters.'
                WHEN v_kind = 'filter' THEN 'It takes a filter.'
            END,
            CASE
                WHEN v_invalid_time IS NULL
                    THEN format('It was given a JSON %s.', jsonb_typeof(operand))
            END
        ];
    ELSIF operator IN ('$like', '$ilike')
        AND (length(operand #>> '{}') - length(rtrim(operand #>> '{}', E'\\'))) % 2 = 1
    THEN
        RETURN ARRAY[
            format('the pattern at "%s" ends with a backslash', location),
            E'A backslash escapes the character after it: write \\\\ for one backslash.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_operator(text, jsonb, text[], text) IS
$doc$Return the message, the hint and perhaps a detail for an unknown operator, a misplaced one, or an operand of the wrong type. NULL for a valid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_operator(text, jsonb, text[], text) TO PUBLIC;

-- _check_filter_size: find that a filter is too large.

CREATE OR REPLACE FUNCTION vecs._check_filter_size(
    operators integer,
    cost integer,
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF operators > 10000 THEN
        RETURN ARRAY[
            format('filter has more than 10000 operators, at "%s"', location),
            'Use one $in with a list instead of many conditions: its elements do not count.'
        ];
    ELSIF cost > 10000 THEN
        RETURN ARRAY[
            format('filter has more than 10000 conditions when written out, at "%s"', location),
            'Use one $in or $nin with a list of more than 20 elements, which do not count. Shorter'
            ' lists do, and under $or, $nor and $not everything counts four times.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_size(integer, integer, text) IS
$doc$Return the message and the hint for a filter with too many operators, or one whose predicate would take too long. NULL for others.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_size(integer, integer, text) TO PUBLIC;

-- _check_fusion: refuse invalid arguments of a hybrid search.

CREATE OR REPLACE FUNCTION vecs._check_fusion(
    fusion text,
    weights double precision[],
    candidates bigint
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF fusion NOT IN ('rrf', 'relative') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('fusion must be rrf or relative, not "%s"', left(fusion, 100)),
            HINT = 'The first combines the ranks of both searches, the second their scores.';
    ELSIF cardinality(weights) = 2
        AND array_ndims(weights) = 1
        AND array_position(weights, NULL) IS NULL
        AND least(weights[1], weights[2]) >= 0
        AND greatest(weights[1], weights[2]) BETWEEN 1e-100 AND 1e100
    THEN
        NULL;
    ELSE
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'weights must be two numbers that are not negative, and not both 0: %s',
                left(weights::text, 100)
            ),
            HINT = 'The first is the weight of the vector, the second that of the text:'
                ' ''{1,0.5}''.';
    END IF;
    IF candidates < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('candidates must be at least 1: %s', candidates),
            HINT = 'Pass the number of rows that each of the two searches contributes; NULL chooses'
                ' it.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_fusion(text, double precision[], bigint) IS
$doc$Raise VS001 invalid_argument for an unknown fusion, invalid weights, and a number of candidates below 1.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_fusion(text, double precision[], bigint) TO PUBLIC;

-- _check_groups: refuse invalid arguments of a search for groups.

CREATE OR REPLACE FUNCTION vecs._check_groups(
    group_by text,
    group_size bigint
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF group_by IS NULL OR starts_with(group_by, '$') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = coalesce(
                format('group_by must not begin with "$": "%s"', left(group_by, 100)),
                'group_by must not be null'
            ),
            HINT = 'Name a key of the metadata.';
    ELSIF group_size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('group_size must be at least 1: %s', group_size),
            HINT = 'Pass the number of rows to return of each group.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_groups(text, bigint) IS
$doc$Raise VS001 invalid_argument for a key that is NULL or begins with "$", and for a group_size below 1.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_groups(text, bigint) TO PUBLIC;

-- _check_index: check what create_index() is asked for, and choose the precision.

CREATE OR REPLACE FUNCTION vecs._check_index(
    collection text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb,
    OUT index_precision text,
    OUT named jsonb,
    OUT predicate text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    PERFORM vecs._measure(measure);
    PERFORM vecs._check_index_arguments(measure, method, arguments);
    index_precision := vecs._check_indexable(
        collection, v_collection.element_type, v_collection.dimension, v_collection.table_id,
        v_collection.vec_column, v_collection.view_id IS NOT NULL, method, arguments
    );
    -- A column of halfvecs is as it is in either precision.
    named := CASE
        WHEN arguments ? 'precision'
            THEN arguments || jsonb_build_object('precision', index_precision)
        ELSE arguments
    END;
    IF filters IS NOT NULL THEN
        predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
        PERFORM vecs._check_partial(
            collection, v_collection.table_id, v_collection.view_id, index_precision
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_index(text, text, text, jsonb, jsonb) IS
$doc$Return the precision of an index, the arguments as they count, and the predicate of a partial index (filters is NULL for one over all rows).

Raises the errors of create_index() for what it cannot build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_index(text, text, text, jsonb, jsonb) TO PUBLIC;

-- _check_index_arguments: refuse an unknown index method, and arguments that it does not take.

CREATE OR REPLACE FUNCTION vecs._check_index_arguments(
    measure text,
    method text,
    arguments jsonb
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_allowed text := CASE method
        WHEN 'auto' THEN 'precision (full, half, binary), min_recall (0 to 1, for binary) and'
            ' memory (such as "2GB"); name a method to pass others'
        WHEN 'hnsw' THEN 'm (2 to 100), ef_construction (4 to 1000, at least twice m), precision'
            ' (full, half, binary), min_recall (0 to 1, for binary) and memory (such as "2GB")'
        WHEN 'ivfflat' THEN 'lists (1 to 32768), precision (full, half) and memory (such as "2GB")'
    END;
    v_precision text := arguments ->> 'precision';
    v_memory text := arguments ->> 'memory';
    v_argument record;
    v_m integer;
    v_ef_construction integer;
BEGIN
    IF v_allowed IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('unknown index method "%s"', left(method, 100)),
            HINT = 'The methods are auto, hnsw and ivfflat.';
    ELSIF jsonb_typeof(arguments) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'arguments must be a JSON object',
            HINT = format('The arguments of %s are %s.', method, v_allowed);
    ELSIF method = 'ivfflat' AND measure = 'l1_distance' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'ivfflat cannot index l1_distance',
            HINT = 'Use the method hnsw.';
    END IF;

    FOR v_argument IN
        SELECT e.key, e.value #>> '{}' AS value, r.low, r.high
        FROM jsonb_each(arguments - '{precision,min_recall,memory}'::text[]) AS e
        LEFT JOIN (
            VALUES
                ('hnsw', 'm', 2, 100),
                ('hnsw', 'ef_construction', 4, 1000),
                ('ivfflat', 'lists', 1, 32768)
        ) AS r (method, key, low, high)
            ON r.key = e.key AND r.method = _check_index_arguments.method
    LOOP
        IF v_argument.low IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    'index method %s has no argument "%s"', method, left(v_argument.key, 100)
                ),
                HINT = format('The arguments of %s are %s.', method, v_allowed);
        ELSIF v_argument.value !~ '^[0-9]{1,9}$'
            OR v_argument.value::integer NOT BETWEEN v_argument.low AND v_argument.high
            OR v_argument.value IS NULL
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    '%s must be an integer from %s to %s, not %s',
                    v_argument.key, v_argument.low, v_argument.high,
                    coalesce(left(v_argument.value, 100), 'null')
                ),
                HINT = format('The arguments of %s are %s.', method, v_allowed);
        END IF;
    END LOOP;

    IF v_precision NOT IN ('full', 'half', 'binary')
        OR arguments ? 'precision' AND v_precision IS NULL
        OR v_precision = 'binary' AND method = 'ivfflat'
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'an index of method %s cannot have precision %s',
                method, coalesce(format('"%s"', left(v_precision, 100)), 'null')
            ),
            HINT = CASE method
                WHEN 'ivfflat'
                    THEN 'The precisions of ivfflat are full and half; hnsw has binary, too.'
                ELSE 'The precisions are full, half and binary.'
            END;
    ELSIF arguments ? 'min_recall' AND (
        method = 'ivfflat'
        OR v_precision IN ('full', 'half')
        OR jsonb_typeof(arguments -> 'min_recall') <> 'number'
        OR (arguments ->> 'min_recall')::numeric NOT BETWEEN 0 AND 1
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'min_recall must be a number from 0 to 1, for an index of precision binary, not %s',
                left(arguments ->> 'min_recall', 100)
            ),
            HINT = format('The arguments of %s are %s.', method, v_allowed);
    END IF;

    -- The range is that of maintenance_work_mem.
    IF arguments ? 'memory' THEN
        IF v_memory !~* '^[0-9]{1,6}([.][0-9]{1,3})? ?[MGT]B$'
            OR v_memory IS NULL
            OR pg_size_bytes(v_memory) NOT BETWEEN 1048576 AND 2147483647 * 1024::bigint
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    'memory must be a size from "1MB" to "2047GB", not %s',
                    coalesce(format('"%s"', left(v_memory, 100)), 'null')
                ),
                HINT = format('The arguments of %s are %s.', method, v_allowed);
        END IF;
    END IF;

    -- If only one of them is given, the other is chosen to go with it.
    v_m := (arguments ->> 'm')::integer;
    v_ef_construction := (arguments ->> 'ef_construction')::integer;
    IF v_ef_construction < 2 * v_m THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'ef_construction must be at least twice m: %s is less than 2 * %s',
                v_ef_construction, v_m
            ),
            HINT = format('Pass ef_construction of %s or more, or a smaller m.', 2 * v_m);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_index_arguments(text, text, jsonb) IS
$doc$Raise VS001 invalid_argument for an unknown index method, and for arguments that are out of range or belong to another method.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_index_arguments(text, text, jsonb) TO PUBLIC;

-- _check_indexable: choose the precision of a vector index, and refuse vectors that pgvector cannot
-- index with it.

CREATE OR REPLACE FUNCTION vecs._check_indexable(
    collection text,
    element_type text,
    dimension integer,
    table_id regclass,
    vec_column text,
    is_adopted boolean,
    method text,
    arguments jsonb
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Limits of hnsw and ivfflat in pgvector 0.8. A column of halfvecs is indexed as it is.
    v_full constant integer := CASE element_type
        WHEN 'vector' THEN 2000
        WHEN 'halfvec' THEN 4000
    END;
    v_half constant integer := 4000;
    v_binary constant integer := 64000;
    v_precision text := coalesce(
        arguments ->> 'precision',
        CASE
            WHEN dimension <= v_full THEN 'full'
            WHEN dimension <= v_half OR method = 'ivfflat' THEN 'half'
            ELSE 'binary'
        END
    );
    v_limit integer;
BEGIN
    IF v_precision = 'half' AND element_type = 'halfvec' THEN
        v_precision := 'full';
    END IF;
    v_limit := CASE v_precision WHEN 'full' THEN v_full WHEN 'half' THEN v_half ELSE v_binary END;
    IF v_full IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'cannot index the element type %s of collection "%s"', element_type, collection
            ),
            HINT = 'vector and halfvec can be indexed.';
    ELSIF dimension > v_limit THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'cannot index the %s dimensions of collection "%s" with precision %s, which has at'
                ' most %s',
                dimension, collection, v_precision, v_limit
            ),
            HINT = CASE
                WHEN method = 'ivfflat'
                    THEN 'The method hnsw has the precision binary, for more dimensions.'
                ELSE 'Leave out precision: the first that the dimension allows is chosen.'
            END;
    ELSIF dimension < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'cannot index collection "%s", whose column "%s" has no dimension',
                collection, vec_column
            ),
            HINT = format(
                'Set it: ALTER TABLE %s ALTER COLUMN %I TYPE %s(n).%s',
                table_id, vec_column, element_type,
                CASE
                    WHEN is_adopted
                        THEN ' Drop the collection before, and adopt the table again afterwards.'
                END
            );
    END IF;
    RETURN v_precision;
END
$fn$;

COMMENT ON FUNCTION vecs._check_indexable(text, text, integer, regclass, text, boolean, text, jsonb) IS
$doc$Return the precision (full, half, binary) of an index with these arguments, or the one that goes with the dimension if none is among them.

Raises VS008 unsupported for a collection whose vectors pgvector cannot index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_indexable(text, text, integer, regclass, text, boolean, text, jsonb) TO PUBLIC;

-- _check_new_collection: refuse a name, dimension or element type that a collection cannot have.

CREATE OR REPLACE FUNCTION vecs._check_new_collection(
    name text,
    dimension bigint,
    element_type text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 63 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = CASE
                WHEN name IS NULL THEN 'name must not be null'
                ELSE format('the name of a collection cannot have %s bytes', octet_length(name))
            END,
            HINT = 'The name of a collection has 1 to 63 bytes.';
    ELSIF starts_with(name, '_') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('the name "%s" starts with "_"', name),
            HINT = 'Such names are reserved for private objects of the schema:'
                ' choose another name.';
    ELSIF element_type NOT IN ('vector', 'halfvec') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('unknown element type "%s"', left(element_type, 100)),
            HINT = 'The element types are vector (4 bytes a number)'
                ' and halfvec (2 bytes a number).';
    ELSIF dimension IS NULL OR dimension NOT BETWEEN 1 AND 16000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'dimension must be between 1 and 16000, not %s', coalesce(dimension::text, 'null')
            ),
            HINT = 'It is the length of the vectors that your embedding model returns,'
                ' such as 384 or 1536.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_new_collection(text, bigint, text) IS
$doc$Raise VS001 invalid_argument for a name, a dimension or an element type that a collection cannot have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_new_collection(text, bigint, text) TO PUBLIC;

-- _check_not_building: refuse to wait for an index that is being built concurrently.
-- At its end that build waits for every older transaction. One that waits for the build's own lock
-- would be a deadlock, which PostgreSQL ends by giving up the build.
CREATE OR REPLACE FUNCTION vecs._check_not_building(
    collection text,
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- Else a transaction would see the same at each call.
    PERFORM pg_stat_clear_snapshot();
    IF (
        EXISTS (
            SELECT
            FROM pg_locks AS l
            WHERE l.locktype = 'advisory'
                AND l.database = (
                    SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()
                )
                AND l.classid = (hashtext('vecs.create_index_sql')::bigint & 4294967295)::oid
                AND l.objid = table_id::oid
                AND l.pid <> pg_backend_pid()
        )
        OR EXISTS (
            SELECT
            FROM pg_stat_progress_create_index AS p
            WHERE p.datname = current_database()
                AND p.pid <> pg_backend_pid()
                AND p.command LIKE '%CONCURRENTLY'
                AND (
                    p.relid = table_id
                    OR p.relid IN (SELECT t.relid FROM pg_partition_tree(table_id) AS t)
                )
        )
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_in_use',
            MESSAGE = format('an index of collection "%s" is being built concurrently', collection),
            HINT = format(
                'Try again when it is done: SELECT * FROM vecs.index_progress(%L);', collection
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_not_building(text, regclass) IS
$doc$Raise 55006 object_in_use if another session builds an index of a table concurrently: by create_index_sql(), or by a statement of its own, as far as the role may see that.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_not_building(text, regclass) TO PUBLIC;

-- _check_page_size: refuse pages of no rows.

CREATE OR REPLACE FUNCTION vecs._check_page_size(
    page_size bigint
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF page_size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('page_size must be at least 1, not %s', page_size),
            HINT = 'Pass the maximum number of rows of a page, such as 100.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_page_size(bigint) IS
$doc$Refuse a page_size below 1.

Raises VS001 invalid_argument.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_page_size(bigint) TO PUBLIC;

-- _check_partial: refuse a partial index where there can be none.
-- The filter of an adopted table is over the view's columns. Searches with a few vectors tell
-- whether bits suit a collection, but not one of its parts.

CREATE OR REPLACE FUNCTION vecs._check_partial(
    collection text,
    table_id regclass,
    view_id regclass,
    index_precision text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('an adopted table, such as "%s", has no partial index', collection),
            HINT = 'Index all rows, or partition the table.';
    ELSIF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = table_id AND c.relkind = 'p') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('a partitioned table, such as "%s", has no partial index', collection),
            HINT = 'Index all rows: a search reads the partitions that its filter leaves.';
    ELSIF index_precision = 'binary' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = 'a partial index cannot have the precision binary',
            HINT = 'The precision half has up to 4000 dimensions.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_partial(text, regclass, regclass, text) IS
$doc$Raise VS008 unsupported for a partial index of an adopted or partitioned table, or of precision binary.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_partial(text, regclass, regclass, text) TO PUBLIC;

-- _check_path: turn the key or path argument of a metadata index into a path of keys.

CREATE OR REPLACE FUNCTION vecs._check_path(
    key text,
    path text[],
    kind text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF key IS NOT NULL AND path IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'either key or path must be given, not both',
            HINT = 'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].';
    ELSIF key IS NULL
        AND (coalesce(array_ndims(path), 0) <> 1 OR array_position(path, NULL) IS NOT NULL)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'either key or path must be given, and a path must not be empty',
            HINT = 'Name a key of the metadata, or its path as ARRAY[''outer'', ''inner''].';
    ELSIF key ~ '^[[:space:]]*([[][^{}=]+=)?[{].*[}][[:space:]]*$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('key "%s" looks like an array literal', left(key, 100)),
            HINT = 'Pass a path of keys as path => ARRAY[''outer'', ''inner'']; pass a key that'
                ' has this very name as path => ARRAY[''{...}''].';
    ELSIF kind NOT IN ('value', 'time', 'pattern', 'trigram') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('unknown kind of metadata index "%s"', left(kind, 100)),
            HINT = 'The kinds are value (ranges, lists and equality), time (instants), pattern'
                ' ($startswith and $like) and trigram ($like, $ilike and similar words).';
    END IF;

    RETURN coalesce(path, ARRAY[key]);
END
$fn$;

COMMENT ON FUNCTION vecs._check_path(text, text[], text) IS
$doc$Return the path of metadata keys that a key or a path names.

Raises VS001 invalid_argument if neither or both are given, for a key that looks like an array literal, for a path that is empty or contains a NULL, and for an unknown kind of index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_path(text, text[], text) TO PUBLIC;

-- _check_query_vecs: refuse query vectors that are NULL or of another dimension.
CREATE OR REPLACE FUNCTION vecs._check_query_vecs(
    query_vecs vector[],
    dimension integer,
    collection text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_fault record;
BEGIN
    IF query_vecs IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'query_vecs must not be null',
            HINT = 'Pass an array of vectors; an empty one gives no rows.';
    END IF;

    SELECT u.position, cardinality(u.vec::real[]) AS dimension INTO v_fault
    FROM unnest(query_vecs) WITH ORDINALITY AS u (vec, position)
    WHERE u.vec IS NULL
        OR (
            _check_query_vecs.dimension > 0
            AND cardinality(u.vec::real[]) <> _check_query_vecs.dimension
        )
    ORDER BY u.position
    LIMIT 1;

    IF v_fault.position IS NOT NULL AND v_fault.dimension IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('query_vecs has a null at position %s', v_fault.position),
            HINT = 'Pass only vectors of the collection''s dimension.';
    ELSIF v_fault.position IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS004',
            MESSAGE = format(
                'the query vector has %s dimensions, collection "%s" has %s',
                v_fault.dimension, collection, dimension
            ),
            HINT = 'Search with vectors of the model that the collection was created for.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_query_vecs(vector[], integer, text) IS
$doc$Raise VS001 invalid_argument for NULL, also among the query vectors, and VS004 dimension_mismatch for one whose dimension is not the collection's.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_query_vecs(vector[], integer, text) TO PUBLIC;

-- _check_records: refuse JSON records that upsert() cannot read, and name the first of them.
CREATE OR REPLACE FUNCTION vecs._check_records(
    records jsonb
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_fault record;
BEGIN
    IF records IS NULL OR jsonb_typeof(records) <> 'array' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'records must be a JSON object or an array of them',
            HINT = CASE
                WHEN jsonb_typeof(records) = 'string' AND records #>> '{}' ~ '^[[:space:]]*[[{]'
                    THEN 'It was encoded to JSON twice: pass the value itself where your driver encodes it, or cast the text: ::text::jsonb.'
                ELSE 'A record is {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}}.'
            END;
    END IF;

    SELECT r.position, f.fault, jsonb_typeof(r.record) AS kind INTO v_fault
    FROM jsonb_array_elements(records) WITH ORDINALITY AS r (record, position)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN jsonb_typeof(r.record) <> 'object' THEN 'is not an object'
            WHEN r.record - '{id,vec,metadata}'::text[] <> '{}'
                THEN format(
                    'has the unknown key "%s"',
                    (
                        SELECT left(min(k.key), 100)
                        FROM jsonb_object_keys(r.record - '{id,vec,metadata}'::text[]) AS k (key)
                    )
                )
            WHEN r.record -> 'id' IS NULL OR jsonb_typeof(r.record -> 'id') = 'null'
                THEN 'has no id'
            WHEN jsonb_typeof(r.record -> 'id') <> 'string' THEN 'has an id that is not a string'
            WHEN r.record -> 'vec' IS NULL
                OR jsonb_typeof(r.record -> 'vec') NOT IN ('array', 'string')
                THEN format('with id "%s" has no vector', left(r.record ->> 'id', 100))
        END AS fault
    ) AS f
    WHERE f.fault IS NOT NULL
    ORDER BY r.position
    LIMIT 1;

    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('record %s %s', v_fault.position, v_fault.fault),
            HINT = CASE v_fault.kind
                WHEN 'string' THEN 'It was encoded to JSON twice: pass the value itself where your driver encodes it, or cast the text: ::text::jsonb.'
                ELSE 'A record is {"id": "a", "vec": [0.1, 0.2], "metadata": {"year": 2012}}.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_records(jsonb) IS
$doc$Raise VS001 invalid_argument for JSON records that do not have the form that upsert() reads. The message names the first fault by its record number, from 1.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_records(jsonb) TO PUBLIC;

-- _check_rows: refuse rows that upsert_many() cannot write, and name the first of them.
CREATE OR REPLACE FUNCTION vecs._check_rows(
    ids text[],
    vecs vector[],
    metadata jsonb,
    dimension integer,
    element_type text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- pgvector's schema and a dot, cut from the qualified name of its type. Names are quoted where
    -- they need to be, or everywhere under quote_all_identifiers.
    v_pgvector text := rtrim(pg_typeof(_check_rows.vecs)::text, '"vector[]');
    v_fault record;
BEGIN
    IF ids IS NULL OR _check_rows.vecs IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                '%s must not be null', CASE WHEN ids IS NULL THEN 'ids' ELSE 'vecs' END
            ),
            HINT = 'Pass two arrays of the same length.';
    ELSIF cardinality(ids) <> cardinality(_check_rows.vecs) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                '%s ids for %s vectors', cardinality(ids), cardinality(_check_rows.vecs)
            ),
            HINT = 'The arrays ids and vecs must have the same length.';
    ELSIF jsonb_typeof(metadata) <> 'array' OR jsonb_array_length(metadata) <> cardinality(ids) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('metadata must be a JSON array of %s objects', cardinality(ids)),
            HINT = CASE
                WHEN jsonb_typeof(metadata) = 'string' THEN 'It was encoded to JSON twice: pass the value itself where your driver encodes it, or cast the text: ::text::jsonb.'
                ELSE 'Pass one object for each id, in the same order; null stands for {}.'
            END;
    ELSIF array_ndims(ids) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('ids is an array of %s dimensions', array_ndims(ids)),
            HINT = 'Pass a one-dimensional array, such as {a,b}.';
    ELSIF array_position(ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('the id of row %s is null', array_position(ids, NULL)),
            HINT = 'Every row needs an id.';
    END IF;

    EXECUTE format(
        $sql$
        SELECT r.position, r.dimension
        FROM (
            SELECT
                generate_series(1, cardinality($1)) AS position,
                %1$svector_dims(unnest($1)) AS dimension
        ) AS r
        WHERE r.dimension IS NULL OR r.dimension <> $2
        LIMIT 1
        $sql$,
        v_pgvector
    ) INTO v_fault USING _check_rows.vecs, nullif(_check_rows.dimension, -1);

    IF v_fault.position IS NOT NULL AND v_fault.dimension IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('the vector of id "%s" is null', left(ids[v_fault.position], 100)),
            HINT = 'Every row needs a vector.';
    ELSIF v_fault.position IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS004',
            MESSAGE = format(
                'the vector of id "%s" has %s dimensions, not %s',
                left(ids[v_fault.position], 100), v_fault.dimension, _check_rows.dimension
            ),
            HINT = 'All vectors of a collection have its dimension:'
                ' use the model that it was created for.';
    END IF;

    IF element_type = 'halfvec' THEN
        v_fault := vecs._find_half_overflow(_check_rows.vecs);
        IF v_fault.row_no IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    'the vector of id "%s" does not fit into half precision',
                    left(ids[v_fault.row_no], 100)
                ),
                DETAIL = v_fault.why,
                HINT = 'A halfvec holds numbers from -65504 to 65504: scale the vectors, or use a'
                    ' collection with the element type vector.';
        END IF;
    END IF;

    SELECT m.position, m.kind INTO v_fault
    FROM (
        SELECT
            generate_series(1, cardinality(ids)) AS position,
            jsonb_typeof(jsonb_array_elements(metadata)) AS kind
    ) AS m
    WHERE m.kind NOT IN ('object', 'null')
    LIMIT 1;

    IF v_fault.position IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'the metadata of id "%s" is a JSON %s, not an object',
                left(ids[v_fault.position], 100), v_fault.kind
            ),
            HINT = CASE
                WHEN metadata ->> (v_fault.position - 1) ~ '^[[:space:]]*[{]'
                    THEN 'It was encoded to JSON twice: pass the value itself where your driver encodes it, or cast the text: ::text::jsonb.'
                ELSE 'Pass an object such as {"year": 2012}, or null for none.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_rows(text[], vector[], jsonb, integer, text) IS
$doc$Raise VS001 invalid_argument or VS004 dimension_mismatch for rows that a collection of a given dimension and element type cannot hold. The message names the first one's id.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_rows(text[], vector[], jsonb, integer, text) TO PUBLIC;

-- _check_search: refuse invalid arguments of a search.

CREATE OR REPLACE FUNCTION vecs._check_search(
    vector_is_null boolean,
    top_k bigint,
    skip bigint,
    measure text,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF vector_is_null THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'query_vec must not be null',
            HINT = 'Pass a vector of the collection''s dimension, such as ''[0.1,0.2,0.3]''.';
    ELSIF top_k < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('top_k must not be negative: %s', top_k),
            HINT = 'Pass the number of rows to return, such as 10.';
    ELSIF skip < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('skip must not be negative: %s', skip),
            HINT = 'Pass the number of rows to leave out, such as 10 for the second page of 10.';
    ELSIF max_distance = 'NaN' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'max_distance must not be NaN',
            HINT = 'Pass a number, or NULL for no limit.';
    ELSIF ef_search NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('ef_search must be between 1 and 1000, not %s', ef_search),
            HINT = 'Omit it to let the search choose it.';
    ELSIF probes NOT BETWEEN 1 AND 32768 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('probes must be between 1 and 32768, not %s', probes),
            HINT = 'Omit it to let the search choose it.';
    ELSIF strategy NOT IN ('auto', 'exact', 'index') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('unknown strategy "%s"', left(strategy, 100)),
            HINT = 'The strategies are auto, exact and index.';
    END IF;

    PERFORM vecs._measure(measure);
END
$fn$;

COMMENT ON FUNCTION vecs._check_search(boolean, bigint, bigint, text, double precision, bigint, bigint, text) IS
$doc$Raise VS001 invalid_argument for an invalid argument of a search.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_search(boolean, bigint, bigint, text, double precision, bigint, bigint, text) TO PUBLIC;

-- _check_source: refuse to adopt what is no table, or a collection already.

CREATE OR REPLACE FUNCTION vecs._check_source(
    source regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_source record;
    v_what text;
BEGIN
    SELECT c.relkind, c.relpersistence, c.relnamespace INTO v_source
    FROM pg_class AS c
    WHERE c.oid = source;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'source must be a table',
            HINT = 'Name it with its schema: vecs.adopt(''public.items'').';
    END IF;

    v_what := CASE
        WHEN v_source.relnamespace = 'vecs'::regnamespace THEN 'in the schema "vecs"'
        WHEN v_source.relkind = 'v' THEN 'a view'
        WHEN v_source.relkind = 'f' THEN 'a foreign table'
        WHEN v_source.relkind NOT IN ('r', 'p', 'm') THEN 'no table'
        WHEN v_source.relpersistence = 't' THEN 'a temporary table'
    END;
    IF v_what IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('cannot adopt "%s", which is %s', source, v_what),
            HINT = CASE v_source.relkind
                WHEN 'v' THEN 'Adopt the underlying table, or a materialized view.'
                ELSE 'Adopt a table, a partitioned table or a materialized view.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_source(regclass) IS
$doc$Refuse a table that cannot be adopted.

Raises VS001 invalid_argument for NULL, and VS008 unsupported for a view, a foreign table, a temporary table, a relation of the schema vecs, and whatever is no table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_source(regclass) TO PUBLIC;

-- _check_text: refuse invalid arguments of a text search.

CREATE OR REPLACE FUNCTION vecs._check_text(
    collection text,
    query_text text,
    match text,
    filters jsonb
)
RETURNS regconfig[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_config jsonb := (vecs._text_index(collection)).config;
BEGIN
    IF v_config IS NULL THEN
        PERFORM vecs._collection(collection);
        RAISE EXCEPTION USING
            ERRCODE = 'VS007',
            MESSAGE = format('collection "%s" has no text index', collection),
            HINT = format(
                'SELECT vecs.create_text_index(%L, %L); the second argument is the key with the'
                ' text.',
                collection, coalesce((vecs._text_keys(collection))[1], 'text')
            );
    ELSIF query_text IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'query_text must not be null',
            HINT = 'Pass the text to search for.';
    ELSIF match NOT IN ('any', 'all', 'web', 'fuzzy') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('match must be any, all, web or fuzzy, not "%s"', left(match, 100)),
            HINT = 'With web, "quotes" make a phrase, a minus sign leaves a word out, and or means'
                ' one of two; with fuzzy, words may be misspelt.';
    END IF;
    RETURN vecs._text_configs(v_config, filters);
END
$fn$;

COMMENT ON FUNCTION vecs._check_text(text, text, text, jsonb) IS
$doc$Return the text search configurations that a text is searched with under a filter, see _text_configs().

Raises VS002 collection_not_found, VS007 index_not_found if a collection has no text index, and VS001 invalid_argument for a NULL collection or text and an unknown match.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_text(text, text, text, jsonb) TO PUBLIC;

-- _check_text_index: refuse invalid arguments of a text index.

CREATE OR REPLACE FUNCTION vecs._check_text_index(
    collection text,
    key text,
    config text
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_config jsonb;
    v_default text := config;
    v_language record;
    v_name text;
    v_closest text;
BEGIN
    IF coalesce(key, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'key must not be null or empty',
            HINT = 'Name the key of the metadata that has the text.';
    END IF;

    IF starts_with(ltrim(config), '{') THEN
        BEGIN
            v_config := config::jsonb;
        EXCEPTION
            WHEN invalid_text_representation OR untranslatable_character THEN
                NULL;
        END;
        IF (
            v_config - '{key,default}'::text[] = '{}'
            AND jsonb_typeof(v_config -> 'key') = 'string'
            AND v_config ->> 'key' <> ''
            AND coalesce(jsonb_typeof(v_config -> 'default'), 'string') = 'string'
        ) IS NOT TRUE THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    'config must be a name, or an object with "key" and "default": %s',
                    left(config, 100)
                ),
                HINT = 'For rows in several languages: {"key": "lang", "default": "english"}.';
        END IF;
        v_default := coalesce(v_config ->> 'default', 'simple');
        v_language := vecs._text_document(collection, v_config ->> 'key');
        IF v_language.content IS NULL OR v_language.is_list OR v_language.fault IS NOT NULL
            AND (vecs._text_document(collection, key)).column_name IS NULL
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS008',
                MESSAGE = format(
                    '"%s" cannot be the key of the language: %s',
                    v_config ->> 'key', coalesce(v_language.fault, 'it has no single text')
                ),
                HINT = 'The words of a row are generated from a column of text with its language.';
        END IF;
    END IF;
    SELECT c.oid::regconfig::text INTO v_name
    FROM pg_ts_config AS c
    WHERE v_default IN (c.cfgname, c.oid::regconfig::text, 'pg_catalog.' || c.cfgname)
    ORDER BY c.cfgnamespace <> 'pg_catalog'::regnamespace, c.oid
    LIMIT 1;
    -- Or a code, such as de.
    v_name := coalesce(v_name, vecs._text_config(v_default, NULL::regconfig)::text);
    IF v_name IS NULL THEN
        v_closest := vecs._closest_match(v_default, ARRAY(
            SELECT c.cfgname::text FROM pg_ts_config AS c ORDER BY c.cfgname
        ));
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('there is no text search configuration "%s"', left(v_default, 100)),
            HINT = coalesce('Did you mean "' || v_closest || '"? ', '')
                || 'SELECT cfgname FROM pg_ts_config lists them; simple is for any language.';
    END IF;
    IF EXISTS (
        SELECT
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = '_text'
            AND NOT a.attisdropped
            AND (
                a.attgenerated <> ''
                AND starts_with(col_description(a.attrelid, a.attnum), '{"key": ')
            ) IS NOT TRUE
            AND (
                v_collection.view_id IS NULL OR a.atttypid <> 'tsvector'::regtype OR key <> '_text'
            )
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('the table of collection "%s" has a column "_text"', collection),
            HINT = 'A text index makes a column of this name: rename yours, or drop it.';
    END IF;
    RETURN coalesce(v_config || jsonb_build_object('default', v_name), to_jsonb(v_name));
END
$fn$;

COMMENT ON FUNCTION vecs._check_text_index(text, text, text) IS
$doc$Return the configuration that _text_index() gives: the name of a text search configuration, with its schema if that is not pg_catalog, or an object with the key of each row's language and the name of the default.

Raises VS001 invalid_argument for an empty key, for a configuration that does not exist, and if the table has a column "_text" of another kind.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_text_index(text, text, text) TO PUBLIC;

-- _check_update: refuse invalid arguments of update_metadata().
CREATE OR REPLACE FUNCTION vecs._check_update(
    patch jsonb,
    ids text[],
    filters jsonb,
    mode text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF (ids IS NULL) = (filters IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = CASE
                WHEN ids IS NULL THEN 'either ids or filters must be given'
                ELSE 'either ids or filters must be given, not both'
            END,
            HINT = 'Select the rows with ids => or with filters =>; {} matches all rows.';
    ELSIF mode NOT IN ('merge', 'replace', 'remove') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('unknown mode "%s"', left(mode, 100)),
            HINT = 'The modes are merge, replace and remove.';
    ELSIF patch IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'patch must not be null',
            HINT = 'Pass an object such as {"year": 2012};'
                ' to remove keys, an array such as ["year"].';
    ELSIF jsonb_typeof(patch) = 'string' AND patch #>> '{}' ~ '^[[:space:]]*[[{]' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'patch is a JSON string, not an object or an array',
            HINT = 'It was encoded to JSON twice: pass the value itself where your driver encodes it, or cast the text: ::text::jsonb.';
    ELSIF mode = 'remove' AND (
        jsonb_typeof(patch) <> 'array'
        OR jsonb_path_exists(patch, 'strict $[*] ? (@.type() <> "string")', silent => true)
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'patch must be an array of keys in mode "remove"',
            HINT = 'Pass an array of strings such as ["year", "tags"].';
    ELSIF mode <> 'remove' AND jsonb_typeof(patch) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'patch must be an object in mode "%s", not a JSON %s', mode, jsonb_typeof(patch)
            ),
            HINT = 'Pass an object such as {"year": 2012};'
                ' to remove keys, use mode => ''remove''.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_update(jsonb, text[], jsonb, text) IS
$doc$Raise VS001 invalid_argument if neither or both of ids and filters are given, for an unknown mode, and for a patch of the wrong type: an array of strings in mode remove, else an object.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_update(jsonb, text[], jsonb, text) TO PUBLIC;

-- _check_writable: refuse to write what is no table.

CREATE OR REPLACE FUNCTION vecs._check_writable(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = table_id AND c.relkind = 'm') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('cannot write "%s", which is a materialized view', table_id),
            HINT = 'Write the tables that it is made of, then REFRESH MATERIALIZED VIEW.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_writable(regclass) IS
$doc$Refuse to write a materialized view.

Raises VS008 unsupported.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_writable(regclass) TO PUBLIC;

-- _closest_match: find the candidate that is most like a word, for a hint.
-- Computes Levenshtein distances by Wagner and Fischer (1974) over at most 20 characters. Where
-- more than a third of the characters differ, the word is a different one: "$size" does not mean
-- "$like".

CREATE OR REPLACE FUNCTION vecs._closest_match(
    word text,
    candidates text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_word text := left(lower(word), 20);
    v_candidate text;
    v_above integer[];
    v_row integer[];
    v_best text;
    v_least integer := length(v_word) / 3 + 1;
BEGIN
    FOREACH v_candidate IN ARRAY candidates LOOP
        v_row := ARRAY(SELECT generate_series(0, length(v_candidate)));

        FOR i IN 1..length(v_word) LOOP
            v_above := v_row;
            v_row := ARRAY[i];
            FOR j IN 1..length(v_candidate) LOOP
                v_row := v_row || least(
                    v_above[j + 1] + 1,
                    v_row[j] + 1,
                    v_above[j] + (substr(v_word, i, 1) <> substr(v_candidate, j, 1))::integer
                );
            END LOOP;
        END LOOP;

        IF v_row[length(v_candidate) + 1] < v_least THEN
            v_best := v_candidate;
            v_least := v_row[length(v_candidate) + 1];
        END IF;
    END LOOP;

    RETURN v_best;
END
$fn$;

COMMENT ON FUNCTION vecs._closest_match(text, text[]) IS
$doc$Return the candidate with the least Levenshtein distance from a word; NULL where that exceeds a third of the word's length.$doc$;

GRANT EXECUTE ON FUNCTION vecs._closest_match(text, text[]) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/explain
-- ------------------------------------------------------------

-- _explain_advice: advise what would make a search faster.

CREATE OR REPLACE FUNCTION vecs._explain_advice(
    collection text,
    measure text,
    filters jsonb,
    estimated_matches double precision,
    steps jsonb,
    matching_rows bigint
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_table regclass := v_collection.table_id;
    v_rows bigint := (vecs._approximate_count(v_table)).row_count;
    v_bytes bigint := vecs._relation_bytes(v_table, true);
    v_index text;
    v_missing text;
    v_path text[];
    v_kind text;
    v_reads_all_rows boolean;
    v_misestimated boolean;
    v_advised boolean := false;
BEGIN
    SELECT i.name, array_to_string(i.missing, ', ') INTO v_index, v_missing
    FROM vecs._vector_indexes(v_table, v_collection.vec_column) AS i
    WHERE NOT i.valid AND i.measure = _explain_advice.measure AND i.filters IS NULL
    LIMIT 1;
    IF v_missing IS NOT NULL THEN
        RETURN NEXT format(
            'These partitions have no valid index for %s: %s. Create one on the whole table:'
            ' SELECT vecs.create_index(%L, %L);',
            measure, v_missing, collection, measure
        );
    ELSIF v_index IS NOT NULL THEN
        RETURN NEXT format(
            'The index %s is invalid because its build failed. Build it again:'
            ' SELECT vecs.create_index(%L, %L);',
            v_index, collection, measure
        );
    ELSIF NOT vecs.has_index(collection, measure)
        AND v_rows > 1000
        AND steps -> -1 ->> 'way' <> 'index'
    THEN
        RETURN NEXT format(
            'No index covers %s. Create one: SELECT vecs.create_index(%L, %L);',
            measure, collection, measure
        );
    END IF;

    v_reads_all_rows := filters <> '{}' AND steps -> -1 ->> 'plan' ~ 'Seq Scan'
        AND v_rows > 1000 AND matching_rows < v_rows / 5;
    -- Without a vector index the filter was not estimated: that counts as an estimate of few rows.
    v_misestimated := filters <> '{}' AND NOT greatest(matching_rows, 100)
        BETWEEN greatest(estimated_matches, 100) / 10 AND greatest(estimated_matches, 100) * 10;
    IF v_reads_all_rows OR v_misestimated THEN
        FOR v_path, v_kind IN
            SELECT p.keys, p.kind FROM vecs._indexable_paths(filters) AS p
            WHERE concat_ws(' ', nullif(p.kind, 'value'), to_jsonb(p.keys))
                <> ALL (vecs._indexed_paths(v_table, v_collection.view_id))
                -- Of an adopted table any index on the column counts.
                AND NOT EXISTS (
                    SELECT
                    FROM vecs._view_origin(v_collection.view_id::oid, p.keys[1]) AS o (origin)
                    JOIN pg_index AS i
                        ON i.indrelid = o.origin[1] AND i.indkey[0] = o.origin[2]::integer
                )
        LOOP
            v_advised := true;
            RETURN NEXT format(
                'No index serves the condition on %s. Create one:'
                ' SELECT vecs.create_metadata_index(%L, %s%s);',
                array_to_string(v_path, '.'), collection,
                CASE cardinality(v_path)
                    WHEN 1 THEN quote_literal(v_path[1])
                    ELSE 'path => ' || quote_literal(v_path) || '::text[]'
                END,
                ', kind => ' || quote_literal(nullif(v_kind, 'value'))
            );
        END LOOP;
    END IF;
    IF v_reads_all_rows AND NOT v_advised AND v_collection.view_id IS NOT NULL THEN
        RETURN NEXT format(
            'No index serves this filter, so about %s rows are read. create_metadata_index()'
            ' indexes a column of the table, or a key of its metadata column.',
            v_rows
        );
    ELSIF v_reads_all_rows AND NOT v_advised THEN
        RETURN NEXT format(
            'No index serves this filter, so the metadata of about %s rows is read. The index that'
            ' create_collection() makes serves equality, $contains, $any, $all and a short $in.'
            ' create_metadata_index() makes indexes for ranges, a long $in, times, $startswith and'
            ' $like with a fixed prefix. No index serves $ne, $nin, $not, $nor, $exists and $ilike:'
            ' add a condition that an index serves.',
            v_rows
        );
    END IF;

    IF matching_rows > 0 AND NOT EXISTS (
        SELECT FROM pg_class AS c WHERE c.oid = v_table AND (c.reltuples > 0 OR c.relkind <> 'r')
    ) THEN
        RETURN NEXT format(
            'The planner has no statistics for this collection. Collect them: ANALYZE %s;', v_table
        );
    ELSIF v_misestimated AND estimated_matches IS NOT NULL AND NOT v_advised THEN
        RETURN NEXT format(
            'The planner estimates that %s rows match, but %s do. Update its statistics:'
            ' ANALYZE %s;',
            estimated_matches, matching_rows, v_table
        );
    END IF;

    IF row_security_active(v_table) THEN
        RETURN NEXT 'Row-level security is active and works as a further filter.';
    END IF;
    IF pg_stat_get_dead_tuples(v_table)
        > 0.2 * greatest(pg_stat_get_live_tuples(v_table), 1000)
    THEN
        RETURN NEXT format(
            'Many deleted or replaced rows still take space and time: VACUUM %s;', v_table
        );
    END IF;
    IF v_bytes > pg_size_bytes(current_setting('shared_buffers')) THEN
        RETURN NEXT format(
            'The collection and its indexes take %s, but shared_buffers is %s. Searches are fastest'
            ' when the vector index fits into memory.',
            pg_size_pretty(v_bytes), current_setting('shared_buffers')
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_advice(text, text, jsonb, double precision, jsonb, bigint) IS
$doc$Return what makes a search slow and what to do about it, in words, with the statement to run where there is one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_advice(text, text, jsonb, double precision, jsonb, bigint) TO PUBLIC;

-- _explain_index: find the vector index in a plan.

CREATE OR REPLACE FUNCTION vecs._explain_index(
    collection text,
    plan jsonb
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT i.name
    FROM vecs._collection(_explain_index.collection) AS k
    CROSS JOIN LATERAL vecs._vector_indexes(k.table_id, k.vec_column) AS i
    -- The plan has the indexes of the partitions.
    JOIN pg_class AS c
        ON c.oid = i.index_id OR c.oid IN (SELECT t.relid FROM pg_partition_tree(i.index_id) AS t)
    JOIN jsonb_array_elements_text(_explain_index.plan) AS p (line)
        ON position(format('Index Scan using %I on ', c.relname) IN p.line) > 0
    LIMIT 1;
$fn$;

COMMENT ON FUNCTION vecs._explain_index(text, jsonb) IS
$doc$Return the name of the collection's vector index that a plan, an array of lines, uses, or NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_index(text, jsonb) TO PUBLIC;

-- _explain_page: describe the search for a page below the first.
-- It runs the searches of _search_page().
CREATE OR REPLACE FUNCTION vecs._explain_page(
    collection text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    skip bigint
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_messages text := current_setting('client_min_messages');
    v_size bigint := top_k + CASE WHEN strategy = 'exact' THEN skip ELSE 0 END;
    v_explained jsonb;
    v_found bigint;
BEGIN
    LOOP
        v_explained := vecs.explain(
            collection, query_vec, v_size, filters, measure, false, false, max_distance, ef_search,
            probes, strategy, 0::bigint
        );
        v_found := v_explained ->> 'rows';
        EXIT WHEN v_found < v_size OR v_size >= skip + top_k;
        v_size := 10 ^ greatest(2, ceil(log(v_size::numeric + 1)));
        -- The first search has raised the notices.
        PERFORM set_config('client_min_messages', CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END, true);
    END LOOP;
    PERFORM set_config('client_min_messages', v_messages, true);

    RETURN v_explained
        || jsonb_build_object('rows', greatest(0, least(top_k, v_found - skip)));
END
$fn$;

COMMENT ON FUNCTION vecs._explain_page(text, vector, bigint, jsonb, text, double precision, bigint, bigint, text, bigint) IS
$doc$Run the searches that a page of top_k rows after the nearest skip rows is cut from, and return the description of the last one, as explain() does.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_page(text, vector, bigint, jsonb, text, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- _explain_step: run one statement of a search and report on it.
-- Arguments: $1 what runs it (nearest, candidates, exact); $2 the statement; $3 the vector; $4 the
-- number of rows; $5 to $8 as $4 to $7 of _search_candidates(); $9 and $10 the names and values of
-- settings to search with. They have no names: see _search_nearest().
CREATE OR REPLACE FUNCTION vecs._explain_step(
    text,
    text,
    vector,
    bigint,
    double precision,
    double precision,
    double precision,
    boolean,
    text[],
    text[]
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    runner ALIAS FOR $1;
    statement ALIAS FOR $2;
    query_vec ALIAS FOR $3;
    row_limit ALIAS FOR $4;
    max_distance ALIAS FOR $5;
    selectivity ALIAS FOR $6;
    affordable ALIAS FOR $7;
    trusted ALIAS FOR $8;
    names ALIAS FOR $9;
    settings ALIAS FOR $10;
    v_before text[] := vecs._swap_settings(names, settings);
    v_start timestamptz;
    v_line text;
    v_plan text[] := '{}';
    v_way text;
    v_rows bigint;
    v_complete boolean := true;
BEGIN
    -- Abbreviate vectors, which would fill pages.
    FOR v_line IN EXECUTE format('EXPLAIN (COSTS OFF) %s', statement)
        USING
        query_vec,
        CASE runner
            WHEN 'candidates'
                THEN least(
                    4000000000000000000, row_limit + ceil(affordable)
                )::bigint
            ELSE row_limit
        END,
        max_distance
    LOOP
        v_plan := array_append(v_plan, regexp_replace(
            v_line, '([[][-+.e0-9]+,[-+.e0-9]+),[-+.e0-9,]{80,}[]]', E'\\1,...]', 'g'
        ));
    END LOOP;

    v_way := CASE
        WHEN EXISTS (SELECT FROM unnest(v_plan) AS p (line) WHERE p.line ~ '^ *Order By: ')
            THEN 'index'
        ELSE 'exact'
    END;

    v_start := clock_timestamp();
    BEGIN
        CASE runner
            WHEN 'nearest' THEN
                SELECT count(*) INTO v_rows
                FROM vecs._search_nearest(statement, query_vec, row_limit) AS s;
            WHEN 'candidates' THEN
                SELECT count(*) INTO v_rows
                FROM vecs._search_candidates(
                    statement, query_vec, row_limit, max_distance, selectivity, affordable, trusted
                ) AS s;
            ELSE
                EXECUTE format('SELECT count(*) FROM (%s) AS s', statement) INTO v_rows
                USING query_vec, row_limit, max_distance;
        END CASE;
    EXCEPTION
        WHEN SQLSTATE 'VS000' THEN
            v_rows := SQLERRM::bigint;
            v_complete := false;
    END;

    PERFORM vecs._swap_settings(names, v_before);
    RETURN jsonb_build_object(
        'way', v_way,
        'rows', v_rows,
        'complete', v_complete,
        'milliseconds', round(1000 * extract(epoch FROM clock_timestamp() - v_start), 3),
        'settings', coalesce(jsonb_object(names, settings), '{}'),
        'sql', btrim(statement, E' \n'),
        'plan', to_jsonb(v_plan)
    );
END
$fn$;

COMMENT ON FUNCTION vecs._explain_step(text, text, vector, bigint, double precision, double precision, double precision, boolean, text[], text[]) IS
$doc$Run one statement of a search with some settings, which are put back, and return what happened, as JSON: the way (index, if the vector index orders the rows, else exact), the number of rows, whether they are enough, the time, the settings, the SQL, and the plan.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_step(text, text, vector, bigint, double precision, double precision, double precision, boolean, text[], text[]) TO PUBLIC;

-- _explain_text: write what explain() returns as lines of text.

CREATE OR REPLACE FUNCTION vecs._explain_text(
    explained jsonb
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_step jsonb;
    v_advice text;
    v_parts text[];
BEGIN
    RETURN NEXT concat(
        'Strategy:       ', explained ->> 'strategy', ' (' || (explained ->> 'index') || ')'
    );
    RETURN QUERY SELECT vecs._wrap_text(concat('Reason:         ', explained ->> 'why'), 80);
    RETURN NEXT format(
        'Rows:           %s in %s ms', explained ->> 'rows', explained ->> 'milliseconds'
    );
    RETURN NEXT concat(
        'Matching rows:  ',
        explained ->> 'matching_rows',
        CASE WHEN explained -> 'matching_rows_is_exact' = 'false' THEN ' or more' END,
        ' (estimated: ' || (explained ->> 'expected_rows') || ')'
    );

    FOR v_step IN SELECT s.step FROM jsonb_array_elements(explained -> 'steps') AS s (step) LOOP
        RETURN NEXT format(
            '%s search:   found %s%s in %s ms',
            initcap(v_step ->> 'way'),
            CASE WHEN v_step -> 'complete' = 'false' THEN 'only ' END,
            v_step ->> 'rows',
            v_step ->> 'milliseconds'
        );
        RETURN QUERY
        SELECT '  Settings: ' || string_agg(format('%s = %s', s.key, s.value), ', ' ORDER BY s.key)
        FROM jsonb_each_text(v_step -> 'settings') AS s
        HAVING count(*) > 0;
        RETURN QUERY SELECT regexp_split_to_table('  SQL: ' || (v_step ->> 'sql'), E'\n');
        RETURN NEXT '  Plan:';
        RETURN QUERY
        SELECT '    ' || regexp_split_to_table(p.line, E'\n')
        FROM jsonb_array_elements_text(v_step -> 'plan') AS p (line);
    END LOOP;

    -- A statement is on a line of its own and not wrapped, so that it can be copied.
    FOR v_advice IN
        SELECT a.advice FROM jsonb_array_elements_text(explained -> 'advice') AS a (advice)
    LOOP
        v_parts := coalesce(
            regexp_match(v_advice, '^(.*?:) ((?:SELECT|ANALYZE|VACUUM) .*;)$'), ARRAY[v_advice]
        );
        RETURN QUERY SELECT vecs._wrap_text(concat('Advice:         ', v_parts[1]), 80);
        RETURN QUERY SELECT regexp_split_to_table('  ' || v_parts[2], E'\n');
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_text(jsonb) IS
$doc$Return what explain() returns as lines of text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_text(jsonb) TO PUBLIC;

-- _explain_why: say in words why a search was planned as it was.

CREATE OR REPLACE FUNCTION vecs._explain_why(
    plan jsonb,
    top_k bigint,
    measure text,
    strategy text
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_expected text := format(
        'The filter is estimated to match %s%s rows',
        plan ->> 'expected_rows',
        CASE WHEN (plan ->> 'row_count')::numeric > 0 THEN
            format(' of %s', round((plan ->> 'row_count')::numeric))
        END
    );
    v_use_index boolean := (plan ->> 'use_index')::boolean;
BEGIN
    RETURN CASE
        WHEN top_k = 0 THEN 'top_k is 0, so there is nothing to search for.'
        WHEN strategy = 'exact' THEN 'strategy => ''exact'' asks for an exact search.'
        WHEN plan ->> 'method' IS NULL THEN
            format('No index covers %s, so all matching rows are compared.', measure)
        WHEN strategy = 'index' THEN 'strategy => ''index'' asks for the index first.'
        WHEN (plan ->> 'is_whole')::boolean AND v_use_index THEN
            'A partial index has just the rows that match, so it returns the nearest of them.'
        WHEN plan ->> 'expected_rows' IS NULL AND v_use_index THEN
            'There is no filter, so the index returns the nearest rows.'
        WHEN plan ->> 'expected_rows' IS NULL THEN
            'There is no filter. Comparing all rows takes less time than getting so many from the'
            ' index.'
        WHEN (plan ->> 'is_assumed')::boolean AND v_use_index THEN
            'Nothing tells how many rows match the filter. The vector index is tried first, in case'
            ' many do.'
        WHEN plan ->> 'candidates' IS NULL THEN
            format('%s. So few are compared one by one.', v_expected)
        ELSE format(
            '%s. %s',
            v_expected,
            format(
                CASE
                    WHEN v_use_index THEN
                        'Finding %1$s of them among the %2$s nearest rows with the index takes less'
                        ' time than comparing them all.'
                    ELSE
                        'Comparing them all takes less time than finding %1$s of them among the'
                        ' %2$s nearest rows with the index.'
                END,
                plan ->> 'rows_required', ceil((plan ->> 'candidates')::numeric)
            )
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) IS
$doc$Return in words why a search was planned as it was. plan has the variables of sql/macros/search.sql that the choice is made from.$doc$;

GRANT EXECUTE ON FUNCTION vecs._explain_why(jsonb, bigint, text, text) TO PUBLIC;

-- _indexable_paths: find the conditions of a filter that a metadata index on their key would serve.
-- Under $nor and $not there are none.

CREATE OR REPLACE FUNCTION vecs._indexable_paths(
    filters jsonb
)
RETURNS TABLE (
    keys text[],
    kind text
)
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE nodes (node, keys) AS (
        SELECT _indexable_paths.filters, '{}'::text[]
        UNION ALL
        SELECT c.node, c.keys
        FROM nodes AS n
        CROSS JOIN LATERAL (
            SELECT e.value, CASE WHEN starts_with(e.key, '$') THEN n.keys ELSE n.keys || e.key END
            FROM jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
            WHERE NOT starts_with(e.key, '$') OR e.key IN ('$and', '$or')
            UNION ALL
            SELECT e.value, n.keys
            FROM jsonb_array_elements(CASE jsonb_typeof(n.node) WHEN 'array' THEN n.node END) AS e
        ) AS c (node, keys)
    )
    SELECT DISTINCT n.keys, k.kind
    FROM nodes AS n
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS o
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN o.key = '$time' THEN 'time'
            WHEN o.key IN ('$eq', '$gt', '$gte', '$lt', '$lte')
                AND vecs._operand_type(o.value) = 'time' THEN 'time'
            WHEN o.key IN ('$between', '$in')
                AND jsonb_path_exists(o.value, 'strict $[*] ? (@.type() == "object")') THEN 'time'
            WHEN o.key IN ('$gt', '$gte', '$lt', '$lte', '$between') THEN 'value'
            WHEN o.key = '$in' AND jsonb_array_length(o.value) > 20 THEN 'value'
        END
    ) AS k (kind)
    WHERE n.keys <> '{}' AND k.kind IS NOT NULL;
$fn$;

COMMENT ON FUNCTION vecs._indexable_paths(jsonb) IS
$doc$Return the paths of keys on which a valid filter has ranges, a long $in or times, and the kind of metadata index that serves each. The GIN index on the whole metadata serves none of them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexable_paths(jsonb) TO PUBLIC;

-- _sampled_rows: write the SQL for rows of a collection to search with.
-- Of a large table a part of the pages is read, not every row.

CREATE OR REPLACE FUNCTION vecs._sampled_rows(
    collection text,
    sample bigint
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_sql text := format(
        'SELECT t.id::text AS id, t.vec::%svector AS vec FROM %s AS t WHERE t.vec IS NOT NULL'
        ' ORDER BY random() LIMIT %s',
        v_collection.pgvector, v_collection.relation, sample
    );
BEGIN
    IF v_rows / 300.0 > sample THEN
        -- Pages that rows were deleted from may hold too few.
        v_sql := format(
            'WITH p AS MATERIALIZED ('
            'SELECT t.%1$I::text AS id, t.%2$I::%3$svector AS vec'
            ' FROM %4$s AS t TABLESAMPLE system (%5$s) WHERE t.%2$I IS NOT NULL'
            ' ORDER BY random() LIMIT %6$s)'
            ' SELECT p.* FROM p WHERE (SELECT count(*) FROM p) = %6$s'
            ' UNION ALL SELECT w.* FROM (%7$s) AS w WHERE (SELECT count(*) FROM p) < %6$s',
            v_collection.id_column, v_collection.vec_column, v_collection.pgvector,
            v_collection.table_id, 30000.0 * sample / v_rows, sample, v_sql
        );
    END IF;
    RETURN format('(%s)', v_sql);
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_rows(text, bigint) IS
$doc$Return, as SQL, a subquery for up to so many rows of a collection chosen at random, with the columns id and vec.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_rows(text, bigint) TO PUBLIC;

-- _timed_query: time a search for a row's neighbours.

CREATE OR REPLACE FUNCTION vecs._timed_query(
    collection text,
    row_id text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    ef_search bigint,
    probes bigint,
    strategy text,
    OUT distances double precision[],
    OUT milliseconds double precision
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_start timestamptz := clock_timestamp();
BEGIN
    distances := ARRAY(
        SELECT q.distance
        FROM vecs.query(
            collection, query_vec, top_k + 1, filters, measure, false, false,
            NULL::double precision, ef_search, probes, strategy, 0::bigint
        ) AS q
        WHERE q.id <> row_id
        LIMIT top_k
    );
    milliseconds := 1000 * extract(epoch FROM clock_timestamp() - v_start);
END
$fn$;

COMMENT ON FUNCTION vecs._timed_query(text, text, vector, bigint, jsonb, text, bigint, bigint, text) IS
$doc$Return the distances of a row's nearest neighbours, without the row itself, and how long the search took.$doc$;

GRANT EXECUTE ON FUNCTION vecs._timed_query(text, text, vector, bigint, jsonb, text, bigint, bigint, text) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/filter
-- ------------------------------------------------------------

-- _after_predicate: select the rows of a collection that come after an id.

CREATE OR REPLACE FUNCTION vecs._after_predicate(
    key jsonb,
    is_given boolean
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN CASE
        WHEN NOT is_given THEN 'true'
        WHEN key IS NULL THEN 't.id > $1'
        ELSE format('t._id %s $1::%s', vecs._field_sign(key, '>'), key ->> 'type')
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._after_predicate(jsonb, boolean) IS
$doc$Return the predicate that a row's id comes after the one in $1, or if none is given that of all rows. For an adopted table, key is its key, described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._after_predicate(jsonb, boolean) TO PUBLIC;

-- _conditions: list the conditions of a filter that are joined by AND.
-- As strings, which are compared as a whole: as documents, {"$in": [1, 2]} would contain
-- {"$in": [1]}, which matches fewer rows.

CREATE OR REPLACE FUNCTION vecs._conditions(
    filters jsonb
)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH RECURSIVE parts (part) AS (
        SELECT _conditions.filters
        UNION ALL
        SELECT e.part
        FROM parts AS p
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(p.part -> '$and') WHEN 'array' THEN p.part -> '$and' ELSE '[]' END
        ) AS e (part)
    )
    SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object(e.key, c.condition)::text), '[]')
    FROM parts AS p
    CROSS JOIN LATERAL jsonb_each(
        CASE jsonb_typeof(p.part) WHEN 'object' THEN p.part ELSE '{}' END
    ) AS e
    -- Operators under a key are a condition each.
    CROSS JOIN LATERAL (
        SELECT (NOT starts_with(e.key, '$') OR e.key = '$id')
            AND jsonb_typeof(e.value) = 'object'
            AND (
                SELECT bool_and(starts_with(k.key, '$'))
                FROM jsonb_object_keys(
                    CASE jsonb_typeof(e.value) WHEN 'object' THEN e.value ELSE '{}' END
                ) AS k (key)
            ) IS TRUE
    ) AS o (has_operators)
    CROSS JOIN LATERAL (
        SELECT e.value AS condition
        WHERE NOT o.has_operators
        UNION ALL
        SELECT CASE
            -- {"$eq": {"a": 1}} compares the object; {"a": 1} is a path.
            WHEN f.key = '$eq' AND jsonb_typeof(f.value) <> 'object' THEN f.value
            ELSE jsonb_build_object(f.key, f.value)
        END
        FROM jsonb_each(CASE WHEN o.has_operators THEN e.value ELSE '{}' END) AS f
    ) AS c
    WHERE e.key <> '$and';
$fn$;

COMMENT ON FUNCTION vecs._conditions(jsonb) IS
$doc$Return the conditions of a filter that are joined by AND, as a JSON array of strings. {"k": {"$eq": 1}} is {"k": 1}.$doc$;

GRANT EXECUTE ON FUNCTION vecs._conditions(jsonb) TO PUBLIC;

-- _field_operand: read a JSON value as a column of a type does.
-- A number that the type does not have exactly is read as numeric, which equals none of its values.
-- Times are read as instants and compared with dates and timestamps, which are in UTC.

CREATE OR REPLACE FUNCTION vecs._field_operand(
    field jsonb,
    value jsonb,
    OUT literal text,
    OUT type text
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_kind text := field ->> 'kind';
    v_column_type text := field ->> 'type';
    v_number numeric;
    v_instant timestamp without time zone;
BEGIN
    literal := value #>> '{}';
    IF v_kind = 'number' AND jsonb_typeof(value) = 'number' THEN
        v_number := abs(literal::numeric);
        type := CASE
            WHEN v_column_type IN ('smallint', 'integer', 'bigint')
                AND v_number = trunc(v_number) AND v_number <= 9223372036854775807 THEN 'bigint'
            WHEN v_column_type = 'real' AND (v_number = 0 OR v_number BETWEEN 1e-37 AND 1e38)
                THEN 'real'
            WHEN v_column_type = 'double precision'
                AND (v_number = 0 OR v_number BETWEEN 1e-300 AND 1e300) THEN 'double precision'
            ELSE 'numeric'
        END;
        IF type = 'bigint' THEN
            literal := trunc(literal::numeric)::text;
        END IF;
    ELSIF v_kind = 'boolean' AND jsonb_typeof(value) = 'boolean' THEN
        type := 'boolean';
    ELSIF v_kind = 'time' AND jsonb_typeof(value) IN ('string', 'object') THEN
        v_instant := vecs._instant(coalesce(value ->> '$time', literal));
        IF v_instant IS NOT NULL THEN
            -- In JSON's form, which does not depend on the session's DateStyle.
            literal := to_jsonb(v_instant) #>> '{}';
            type := 'timestamp without time zone';
            IF v_column_type = 'timestamp with time zone' THEN
                literal := literal || '+00:00';
                type := v_column_type;
            END IF;
        END IF;
    ELSIF jsonb_typeof(value) <> 'string' THEN
        NULL;
    ELSIF v_kind = 'string' THEN
        type := CASE v_column_type WHEN 'bpchar' THEN 'bpchar' ELSE 'text' END;
    ELSIF v_kind = 'citext'
        OR v_kind = 'enum' AND field -> 'labels' ? literal
        OR v_kind = 'uuid'
            AND literal ~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$'
    THEN
        type := v_column_type;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._field_operand(jsonb, jsonb) IS
$doc$Return a JSON value as a literal of a type that compares with a column, which is described as by _fields(), and that type. type is NULL if the column's type cannot read the value.$doc$;

GRANT EXECUTE ON FUNCTION vecs._field_operand(jsonb, jsonb) TO PUBLIC;

-- _field_sign: write an operator of PostgreSQL so that the one of the column's type is meant.
-- The search path has only pg_catalog, in which citext would be compared as text is.

CREATE OR REPLACE FUNCTION vecs._field_sign(
    field jsonb,
    sign text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF (field ? 'operators') THEN
        RETURN format('OPERATOR(%s.%s)', field ->> 'operators', sign);
    END IF;
    RETURN sign;
END
$fn$;

COMMENT ON FUNCTION vecs._field_sign(jsonb, text) IS
$doc$Return the SQL of an operator for a column, which is described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._field_sign(jsonb, text) TO PUBLIC;

-- _filter_and: join predicates by AND.
-- The planner compares each bound of an AND list with all others to find ranges, which takes a
-- minute for 10,000. Behind IS TRUE it sees a thousand at a time.

CREATE OR REPLACE FUNCTION vecs._filter_and(
    parts text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_chunks text[] := '{}';
BEGIN
    IF (cardinality(parts) > 1000) IS NOT TRUE THEN
        RETURN array_to_string(parts, ' AND ');
    END IF;

    FOR v_first IN 1..cardinality(parts) BY 1000 LOOP
        v_chunks := v_chunks || format(
            '(%s) IS TRUE', array_to_string(parts[v_first:v_first + 999], ' AND ')
        );
    END LOOP;

    RETURN array_to_string(v_chunks, ' AND ');
END
$fn$;

COMMENT ON FUNCTION vecs._filter_and(text[]) IS
$doc$Join predicates by AND, in a form that the planner copes with even if there are thousands.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_and(text[]) TO PUBLIC;

-- _filter_any: compile $any: a stored array shares an element with a list.
-- As in _filter_in(), a long list must not become as many containments.

CREATE OR REPLACE FUNCTION vecs._filter_any(
    value text,
    root text,
    keys text[],
    list jsonb
)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN _filter_any.list = '[]' THEN 'false'
        WHEN jsonb_array_length(_filter_any.list) <= 20 THEN (
            SELECT format(
                '(%s)',
                string_agg(
                    vecs._filter_contains(
                        _filter_any.root, _filter_any.keys, jsonb_build_array(e.element)
                    ),
                    ' OR '
                )
            )
            FROM jsonb_array_elements(_filter_any.list) AS e (element)
        )
        ELSE format(
            $sql$EXISTS (
                SELECT
                FROM jsonb_array_elements(
                    CASE jsonb_typeof(%1$s) WHEN 'array' THEN %1$s END
                ) AS e (element)
                WHERE e.element = ANY (%2$L::jsonb[])
            )$sql$,
            _filter_any.value, ARRAY(SELECT jsonb_array_elements(_filter_any.list))
        )
    END;
$fn$;

COMMENT ON FUNCTION vecs._filter_any(text, text, text[], jsonb) IS
$doc$Return the predicate that a stored array shares an element with a list of scalars. The array is given as SQL text, and as its document and its path of keys.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_any(text, text, text[], jsonb) TO PUBLIC;

-- _filter_column: find what a filter's key means in an adopted table, and compile what its columns
-- decide.
-- A key is a field or, if it is none, one of the metadata column's. A field that is jsonb has keys
-- of its own. A type that the compiler does not know is compared as the JSON that PostgreSQL makes
-- of it.

CREATE OR REPLACE FUNCTION vecs._filter_column(
    operator text,
    operand jsonb,
    keys text[],
    location text,
    fields jsonb,
    OUT predicate text,
    OUT root text,
    OUT rest text[],
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_field jsonb := fields -> 'fields' -> keys[1];
    v_kind text := v_field ->> 'kind';
    v_names text;
BEGIN
    rest := keys[2:];
    IF v_field IS NULL AND (fields -> 'has_metadata')::boolean THEN
        root := '_metadata';
        rest := keys;
        RETURN;
    ELSIF v_field IS NULL THEN
        SELECT string_agg(f.name, ', ' ORDER BY f.name) INTO v_names
        FROM jsonb_array_elements_text(fields -> 'names') AS f (name);
        fault := ARRAY[
            format('unknown field "%s" at "%s"', left(keys[1], 100), location),
            CASE
                WHEN v_names IS NULL THEN 'The collection has no fields and no metadata column.'
                ELSE concat(
                    'Did you mean "' || vecs._closest_match(
                        keys[1], ARRAY(SELECT jsonb_array_elements_text(fields -> 'names'))
                    ) || '"? ',
                    format('The fields are %s.', left(v_names, 1000))
                )
            END
        ];
        RETURN;
    ELSIF v_kind = 'jsonb' THEN
        root := v_field ->> 'column';
        RETURN;
    ELSIF cardinality(keys) > 1 AND v_kind <> 'other' THEN
        fault := ARRAY[
            format(
                'field "%s" is a column of type %s and has no keys, at "%s"',
                left(keys[1], 100), v_field ->> 'type', location
            ),
            'Compare the field itself.'
        ];
        RETURN;
    END IF;

    -- To compare the JSON of what the compiler does not know would be an order of its own.
    IF v_kind = 'other' AND cardinality(keys) = 1
        AND operator IN ('$between', '$gt', '$gte', '$lt', '$lte')
    THEN
        fault := ARRAY[
            format(
                'operator "%s" does not apply to a column of type %s, at "%s"',
                operator, v_field ->> 'type', location
            ),
            'Compare it with $eq or $in.'
        ];
        RETURN;
    -- A time is compared with the instant that the text is read as.
    ELSIF v_kind = 'string' AND operand::text LIKE '%"$time"%' AND jsonb_typeof(operand) <> 'string'
    THEN
        NULL;
    ELSIF v_kind = 'array' THEN
        SELECT a.predicate, a.fault INTO predicate, fault
        FROM vecs._filter_field_array(operator, operand, v_field, location) AS a;
    ELSIF v_kind <> 'other' THEN
        SELECT f.predicate, f.fault INTO predicate, fault
        FROM vecs._filter_field(operator, operand, v_field, location) AS f;
    END IF;
    root := format('to_jsonb(%s)', v_field ->> 'column');
END
$fn$;

COMMENT ON FUNCTION vecs._filter_column(text, jsonb, text[], text, jsonb) IS
$doc$Compile an operator with its operand, under a path of keys, to a predicate over the columns of an adopted table, which fields describes as _fields() does. Where the predicate is NULL, root is the document, as SQL text, in which the rest of the keys are. In place of either, fault has the message and the hint of what is wrong.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_column(text, jsonb, text[], text, jsonb) TO PUBLIC;

-- _filter_condition: read a filter that is a single condition which _filter_merge() can merge.

CREATE OR REPLACE FUNCTION vecs._filter_condition(
    filter jsonb,
    conjunction boolean,
    compares_strings boolean,
    OUT keys text[],
    OUT operator text,
    OUT operand jsonb
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_key text;
BEGIN
    keys := '{}';
    operand := filter;
    operator := '$eq';
    WHILE jsonb_typeof(operand) = 'object' AND cardinality(keys) < 60 LOOP
        SELECT min(k.key) INTO v_key
        FROM jsonb_object_keys(operand) AS k (key)
        HAVING count(*) = 1;
        EXIT WHEN v_key IS NULL;
        operand := operand -> v_key;
        operator := v_key;
        EXIT WHEN starts_with(v_key, '$') AND (v_key <> '$id' OR keys <> '{}');
        operator := '$eq';
        keys := keys || v_key;
    END LOOP;

    IF keys = '{}' OR vecs._check_filter_operator(operator, operand, keys, '') IS NOT NULL THEN
        operator := NULL;
        RETURN;
    END IF;
    operator := CASE
        WHEN operator IN ('$gt', '$gte', '$lt', '$lte') AND jsonb_typeof(operand) <> 'object'
            THEN CASE WHEN compares_strings OR jsonb_typeof(operand) <> 'string' THEN operator END
        WHEN operator IN ('$eq', '$ne') AND jsonb_typeof(operand) IN ('array', 'object') THEN NULL
        WHEN conjunction THEN CASE
            WHEN operator IN ('$ne', '$nin') THEN '$nin'
            WHEN operator IN ('$contains', '$all') THEN '$all'
        END
        WHEN operator IN ('$eq', '$in') THEN '$in'
        WHEN operator IN ('$contains', '$any') THEN '$any'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_condition(jsonb, boolean, boolean) IS
$doc$Return the path of keys, the operator and the operand of a filter that is a single mergeable condition: a bound, or membership in a list, where the operand may also be a single element. Under OR membership means any of the elements; with conjunction, all or none of them. operator is NULL for other filters, and for a bound that is a string, unless compares_strings.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_condition(jsonb, boolean, boolean) TO PUBLIC;

-- _filter_contains: compile the containment of a value under a path of keys.
-- Without keys a scalar is compared: [1] contains 1 by an exception of PostgreSQL's.

CREATE OR REPLACE FUNCTION vecs._filter_contains(
    root text,
    keys text[],
    value jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF keys = '{}' AND jsonb_typeof(value) NOT IN ('array', 'object') THEN
        RETURN format('%s = %L::jsonb', root, value);
    END IF;
    RETURN format('%s @> %L', root, vecs._nested_document(keys, value));
END
$fn$;

COMMENT ON FUNCTION vecs._filter_contains(text, text[], jsonb) IS
$doc$Return the predicate that a document, given as SQL text, contains a value under a path of keys. A GIN index on the document serves it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_contains(text, text[], jsonb) TO PUBLIC;

-- _filter_equalities: compile a filter that only compares fields of an adopted table with scalars.
-- It gives what _filter_field() gives, at a tenth of the cost, for the types that most have.

CREATE OR REPLACE FUNCTION vecs._filter_equalities(
    view_id regclass,
    equalities jsonb
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_parts text[];
BEGIN
    v_parts := ARRAY(
        SELECT CASE
            WHEN a.attname IN ('id', 'vec', 'metadata', '_id', '_metadata', '_text')
                THEN NULL
            WHEN a.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
                AND e.value::text ~ '^-?[0-9]{1,18}$' THEN format('%I = %L::bigint', e.key, e.value)
            WHEN a.atttypid IN ('text'::regtype, 'varchar'::regtype)
                AND jsonb_typeof(e.value) = 'string'
                THEN format('%I = %L::text', e.key, e.value #>> '{}')
            WHEN a.atttypid = 'boolean'::regtype AND jsonb_typeof(e.value) = 'boolean'
                THEN format('%I = %L::boolean', e.key, e.value)
        END
        FROM jsonb_each(equalities) AS e
        LEFT JOIN pg_attribute AS a
            ON a.attrelid = view_id AND a.attname = e.key COLLATE "C" AND NOT a.attisdropped
    );
    RETURN CASE
        WHEN array_position(v_parts, NULL) IS NOT NULL THEN NULL
        WHEN cardinality(v_parts) = 1 THEN v_parts[1]
        ELSE '(' || vecs._filter_and(v_parts) || ')'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_equalities(regclass, jsonb) IS
$doc$Compile an object of keys and scalars to a predicate over the columns of an adopted table's view. NULL where a key is no field, or a column of another type than integers, text, varchar and boolean, or the value is of another.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_equalities(regclass, jsonb) TO PUBLIC;

-- _filter_field: compile an operator on a column of an adopted table, so that the column's own
-- indexes and statistics serve it.
-- A NULL is a key that does not exist. A NaN compares with no number; to PostgreSQL it is the
-- greatest.

CREATE OR REPLACE FUNCTION vecs._filter_field(
    operator text,
    operand jsonb,
    field jsonb,
    location text,
    OUT predicate text,
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_column text := field ->> 'column';
    v_kind text := field ->> 'kind';
    v_patterns constant text[] := '{$like,$ilike,$startswith}';
    -- Those that compare with a value, or a list of values.
    v_values jsonb;
    v_sign text := CASE operator
        WHEN '$eq' THEN '='
        WHEN '$in' THEN '='
        WHEN '$ne' THEN '<>'
        WHEN '$nin' THEN '<>'
        WHEN '$gt' THEN '>'
        WHEN '$gte' THEN '>='
        WHEN '$lt' THEN '<'
        WHEN '$lte' THEN '<='
    END;
    v_value record;
    v_types text[] := '{}';
    v_literals text[] := '{}';
BEGIN
    IF operator = '$exists' THEN
        predicate := format(
            '%s IS %s', v_column, CASE WHEN operand = 'true' THEN 'NOT NULL' ELSE 'NULL' END
        );
        RETURN;
    ELSIF operator IN ('$contains', '$any', '$all')
        OR operator = ANY (v_patterns) AND v_kind IN ('number', 'boolean', 'time')
    THEN
        fault := ARRAY[
            format(
                'operator "%s" does not apply to a column of type %s, at "%s"',
                operator, field ->> 'type', location
            ),
            CASE
                WHEN operator = ANY (v_patterns) THEN 'Compare it with $eq, $in, $gte or $between.'
                ELSE 'It takes a column that is an array. Compare this one with $eq or $in.'
            END
        ];
        RETURN;
    ELSIF operator = ANY (v_patterns) THEN
        predicate := vecs._filter_field_pattern(operator, operand #>> '{}', field);
        RETURN;
    END IF;

    -- No value is null: NULL is no value.
    v_values := CASE
        WHEN operator IN ('$in', '$nin', '$between') THEN operand
        ELSE jsonb_build_array(operand)
    END;
    FOR v_value IN
        SELECT o.literal, o.type, e.element
        FROM jsonb_array_elements(v_values) WITH ORDINALITY AS e (element, position)
        CROSS JOIN LATERAL vecs._field_operand(field, e.element) AS o
        WHERE jsonb_typeof(e.element) <> 'null'
        ORDER BY e.position
    LOOP
        IF v_value.type IS NULL THEN
            fault := vecs._check_field_operand(operator, v_value.element, field, location);
            RETURN;
        END IF;
        v_types := v_types || v_value.type;
        v_literals := v_literals || v_value.literal;
    END LOOP;

    predicate := CASE
        WHEN operator = '$between' THEN format(
            '(%s AND %s)',
            vecs._filter_field_value(field, '>=', v_literals[1], v_types[1]),
            vecs._filter_field_value(field, '<=', v_literals[2], v_types[2])
        )
        WHEN operator IN ('$in', '$nin') THEN
            vecs._filter_field_list(field, v_sign, v_literals, v_types)
        WHEN v_literals <> '{}' THEN
            vecs._filter_field_value(field, v_sign, v_literals[1], v_types[1])
        WHEN operator = '$ne' THEN format('%s IS NOT NULL', v_column)
        ELSE 'false'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field(text, jsonb, jsonb, text) IS
$doc$Compile an operator with its operand to a predicate over a column, which is described as by _fields(), with the column as SQL. In place of the predicate, fault has the message and the hint of what is wrong.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field(text, jsonb, jsonb, text) TO PUBLIC;

-- _filter_field_array: compile an operator on a column that is an array.
-- A GIN index on the column serves $contains, $any and $all. An element that the element's type
-- cannot hold is in no array. NULL for a null in the operand, which containment would not find, and
-- for operators that compare the whole: the JSON of the array is compared then.

CREATE OR REPLACE FUNCTION vecs._filter_field_array(
    operator text,
    operand jsonb,
    field jsonb,
    location text,
    OUT predicate text,
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_element jsonb := field -> 'element';
    v_list jsonb := CASE operator WHEN '$contains' THEN jsonb_build_array(operand) ELSE operand END;
    v_unreadable jsonb;
    v_literals text[];
    v_all_fit boolean;
BEGIN
    IF operator NOT IN ('$contains', '$any', '$all') OR v_list @> '[null]' OR v_list = '[]' THEN
        RETURN;
    END IF;

    SELECT
        jsonb_agg(e.element) FILTER (WHERE o.type IS NULL) -> 0,
        array_agg(o.literal) FILTER (WHERE f.fits),
        bool_and(f.fits)
    INTO v_unreadable, v_literals, v_all_fit
    FROM jsonb_array_elements(v_list) AS e (element)
    CROSS JOIN LATERAL vecs._field_operand(v_element, e.element) AS o
    CROSS JOIN LATERAL (
        SELECT CASE v_element ->> 'type'
            WHEN 'smallint' THEN CASE o.type
                WHEN 'bigint' THEN o.literal::numeric BETWEEN -32768 AND 32767
                ELSE false
            END
            WHEN 'integer' THEN CASE o.type
                WHEN 'bigint' THEN o.literal::numeric BETWEEN -2147483648 AND 2147483647
                ELSE false
            END
            WHEN 'numeric' THEN true
            ELSE o.type <> 'numeric'
        END AS fits
    ) AS f;
    IF v_unreadable IS NOT NULL THEN
        fault := vecs._check_field_operand(operator, v_unreadable, v_element, location);
        RETURN;
    END IF;

    predicate := CASE
        WHEN v_literals IS NULL OR operator = '$all' AND NOT v_all_fit THEN 'false'
        ELSE format(
            '%s %s %L::%s[]',
            field ->> 'column',
            CASE operator WHEN '$any' THEN '&&' ELSE '@>' END,
            v_literals,
            v_element ->> 'type'
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field_array(text, jsonb, jsonb, text) IS
$doc$Compile $contains, $any or $all to a predicate over an array, a column which is described as for _filter_field(). In place of the predicate, fault has the message and the hint of what is wrong. Both are NULL where the array's JSON has to be compared.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_array(text, jsonb, jsonb, text) TO PUBLIC;

-- _filter_field_list: compare a column with a list of values.
-- All of them have the type that most numbers of the column are read as; others equal no number of
-- the column.

CREATE OR REPLACE FUNCTION vecs._filter_field_list(
    field jsonb,
    sign text,
    literals text[],
    types text[]
)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN count(*) = 0 AND _filter_field_list.sign = '=' THEN 'false'
        WHEN count(*) = 0 THEN format('%s IS NOT NULL', _filter_field_list.field ->> 'column')
        ELSE format(
            '%s %s %s (%L::%s[])',
            _filter_field_list.field ->> 'column',
            vecs._field_sign(_filter_field_list.field, _filter_field_list.sign),
            CASE _filter_field_list.sign WHEN '=' THEN 'ANY' ELSE 'ALL' END,
            array_agg(v.literal ORDER BY v.position),
            min(v.type)
        )
    END
    FROM unnest(_filter_field_list.literals, _filter_field_list.types)
        WITH ORDINALITY AS v (literal, type, position)
    WHERE v.type <> 'numeric' OR _filter_field_list.field ->> 'type' = 'numeric';
$fn$;

COMMENT ON FUNCTION vecs._filter_field_list(jsonb, text, text[], text[]) IS
$doc$Return the predicate that a column, which is described as for _filter_field(), is one of a list of literals (sign =), or none of them (<>).$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_list(jsonb, text, text[], text[]) TO PUBLIC;

-- _filter_field_pattern: compile $like, $ilike or $startswith on a column of text.
-- A prefix is written as LIKE, which an index with text_pattern_ops or in the collation C serves.

CREATE OR REPLACE FUNCTION vecs._filter_field_pattern(
    operator text,
    operand text,
    field jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN format(
        '%s%s %s %L::text',
        field ->> 'column',
        -- The others are text already, or, as citext, have operators of their own.
        CASE
            WHEN field ->> 'kind' IN ('uuid', 'enum') OR field ->> 'type' = 'bpchar' THEN '::text'
        END,
        vecs._field_sign(field, CASE operator WHEN '$ilike' THEN '~~*' ELSE '~~' END),
        CASE operator
            WHEN '$startswith' THEN regexp_replace(operand, E'([\\\\%_])', E'\\\\\\1', 'g') || '%'
            ELSE operand
        END
    );
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field_pattern(text, text, jsonb) IS
$doc$Return the predicate of an operator that matches a column, which is described as for _filter_field(), with a pattern.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_pattern(text, text, jsonb) TO PUBLIC;

-- _filter_field_value: compare a column with a value.

CREATE OR REPLACE FUNCTION vecs._filter_field_value(
    field jsonb,
    sign text,
    literal text,
    type text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_column text := field ->> 'column';
    -- As the compiler has it, in which a type or an operator in another schema is qualified.
    v_compared text := format(
        '%s %s %L::%s',
        CASE
            WHEN type = 'numeric' AND field ->> 'type' IN ('real', 'double precision')
                THEN v_column || '::numeric'
            ELSE v_column
        END,
        vecs._field_sign(field, sign),
        literal,
        type
    );
BEGIN
    -- NaN is the greatest number to PostgreSQL.
    IF starts_with(sign, '>') AND field ->> 'type' IN ('real', 'double precision', 'numeric') THEN
        RETURN format('(%s AND %s <> ''NaN'')', v_compared, v_column);
    END IF;
    RETURN v_compared;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_field_value(jsonb, text, text, text) IS
$doc$Return the predicate that compares a column, which is described as for _filter_field(), with a literal of a type. The sign is that of PostgreSQL's operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_field_value(jsonb, text, text, text) TO PUBLIC;

-- _filter_id: compile an operator on the row's id.
-- A collection's primary key serves $eq and $in, whatever the length of the list, and $startswith
-- where its collation is C. An id is never NULL, so nothing need be said of NULL.

CREATE OR REPLACE FUNCTION vecs._filter_id(
    operator text,
    operand jsonb,
    id_column text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF jsonb_typeof(operand) = 'string' THEN
        RETURN format(
            CASE operator
                WHEN '$eq' THEN '%s = %L'
                WHEN '$ne' THEN '%s <> %L'
                WHEN '$startswith' THEN 'starts_with(%s, %L)'
            END,
            id_column, operand #>> '{}'
        );
    ELSIF operand = '[]' THEN
        RETURN CASE operator WHEN '$in' THEN 'false' ELSE 'true' END;
    END IF;

    RETURN format(
        CASE operator
            WHEN '$in' THEN '%s = ANY (%L::text[])'
            WHEN '$nin' THEN '%s <> ALL (%L::text[])'
        END,
        id_column, ARRAY(SELECT jsonb_array_elements_text(operand))
    );
END
$fn$;

COMMENT ON FUNCTION vecs._filter_id(text, jsonb, text) IS
$doc$Compile an operator with its operand, a string or a list of strings, to a predicate over the row's id, given as SQL text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_id(text, jsonb, text) TO PUBLIC;

-- _filter_in: compile $in: a value is one of a list.
-- A short list becomes containments joined by OR, which the GIN index on the metadata serves. A
-- long one becomes a hashed comparison (measured with 10,000 elements: 30 s as containments, 27 ms
-- hashed).

CREATE OR REPLACE FUNCTION vecs._filter_in(
    value text,
    root text,
    keys text[],
    list jsonb
)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN _filter_in.list = '[]' THEN 'false'
        WHEN jsonb_array_length(_filter_in.list) <= 20 THEN (
            SELECT format(
                '(%s)',
                string_agg(
                    vecs._filter_contains(_filter_in.root, _filter_in.keys, e.element), ' OR '
                )
            )
            FROM jsonb_array_elements(_filter_in.list) AS e (element)
        )
        ELSE format(
            '%s = ANY (%L::jsonb[])',
            _filter_in.value, ARRAY(SELECT jsonb_array_elements(_filter_in.list))
        )
    END;
$fn$;

COMMENT ON FUNCTION vecs._filter_in(text, text, text[], jsonb) IS
$doc$Return the predicate that a value is one of a list of scalars. The value is given as SQL text, and as its document and its path of keys.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_in(text, text, text[], jsonb) TO PUBLIC;

-- _filter_indexed: compile an operator so that a metadata index serves it.

CREATE OR REPLACE FUNCTION vecs._filter_indexed(
    operator text,
    operand jsonb,
    value text,
    keys text[],
    indexed_paths text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_path text;
BEGIN
    IF cardinality(indexed_paths) > 0 THEN
        v_path := to_jsonb(keys)::text;
        IF v_path = ANY (indexed_paths)
            AND operator IN ('$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$between')
        THEN
            RETURN vecs._filter_indexed_value(operator, operand, value);
        ELSIF 'pattern ' || v_path = ANY (indexed_paths)
            AND operator IN ('$startswith', '$like')
        THEN
            RETURN vecs._filter_indexed_pattern(operator, operand #>> '{}', value);
        END IF;
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_indexed(text, jsonb, text, text[], text[]) IS
$doc$Compile an operator with its operand for a value, given as SQL text and as its path of keys, to the expression of one of the metadata indexes in indexed_paths, as _indexed_paths() lists them. NULL where none serves the operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_indexed(text, jsonb, text, text[], text[]) TO PUBLIC;

-- _filter_indexed_pattern: compile $startswith or $like so that an index of kind pattern serves it.

CREATE OR REPLACE FUNCTION vecs._filter_indexed_pattern(
    operator text,
    operand text,
    value text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- The prefix of a pattern is what precedes its first wildcard; a backslash escapes.
    v_prefix text := CASE operator
        WHEN '$startswith' THEN operand
        ELSE regexp_replace(
            substring(operand FROM E'^(?:[^%_\\\\]|\\\\.)*'), E'\\\\(.)', E'\\1', 'g'
        )
    END;
    v_indexed text;
BEGIN
    IF v_prefix = '' THEN
        RETURN NULL;
    END IF;

    v_indexed := format(
        'starts_with(%s, %L)', vecs._index_expression(value, 'pattern'), left(v_prefix, 500)
    );
    IF operator = '$like' THEN
        RETURN format('(%s AND (%s #>> ''{}'') LIKE %L)', v_indexed, value, operand);
    ELSIF length(v_prefix) > 500 THEN
        RETURN format('(%s AND starts_with(%s #>> ''{}'', %L))', v_indexed, value, operand);
    END IF;

    RETURN v_indexed;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_indexed_pattern(text, text, text) IS
$doc$Compile $startswith or $like with its operand for a value, given as SQL text, that has a metadata index of kind pattern. NULL for a pattern without a fixed prefix.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_indexed_pattern(text, text, text) TO PUBLIC;

-- _filter_indexed_value: compile an operator so that an index of kind value serves it.
-- The type is tested by exclusion, because the planner assumes an equality to be selective whatever
-- the statistics of the index say. The index holds {} for a long string, which is greater than
-- every string: > finds it and looks at the value itself, < must ask for it.

CREATE OR REPLACE FUNCTION vecs._filter_indexed_value(
    operator text,
    operand jsonb,
    value text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_list jsonb := CASE operator
        WHEN '$eq' THEN jsonb_build_array(operand)
        WHEN '$in' THEN operand
    END;
    v_sign text := CASE operator
        WHEN '$gt' THEN '>'
        WHEN '$gte' THEN '>='
        WHEN '$lt' THEN '<'
        WHEN '$lte' THEN '<='
    END;
BEGIN
    IF operator = '$between' THEN
        RETURN format(
            '(%s AND %s)',
            vecs._filter_indexed_value('$gte', operand -> 0, value),
            vecs._filter_indexed_value('$lte', operand -> 1, value)
        );
    ELSIF v_sign IS NOT NULL THEN
        RETURN format(
            CASE
                WHEN jsonb_typeof(operand) <> 'string' THEN '(%1$s %2$s %3$L::jsonb AND %5$s)'
                WHEN starts_with(v_sign, '>') THEN
                    '(%1$s %2$s %3$L::jsonb AND (%1$s <> ''{}'' OR %4$s %2$s %3$L::jsonb) AND %5$s)'
                ELSE
                    '((%1$s %2$s %3$L::jsonb OR %1$s = ''{}'' AND %4$s %2$s %3$L::jsonb) AND %5$s)'
            END,
            vecs._index_expression(value, 'value'), v_sign, operand, value,
            format(
                'jsonb_typeof(%s) <> ALL (%L)',
                value,
                array_remove(
                    '{array,boolean,"null",number,object,string}'::text[], jsonb_typeof(operand)
                )
            )
        );
    ELSIF v_list IS NOT NULL AND NOT EXISTS (
        SELECT
        FROM jsonb_array_elements(v_list) AS e (element)
        WHERE jsonb_typeof(e.element) IN ('array', 'object')
            OR (jsonb_typeof(e.element) = 'string' AND length(e.element #>> '{}') > 500)
    ) THEN
        RETURN format(
            '%s = ANY (%L::jsonb[])',
            vecs._index_expression(value, 'value'), ARRAY(SELECT jsonb_array_elements(v_list))
        );
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_indexed_value(text, jsonb, text) IS
$doc$Compile an operator with its operand for a value, given as SQL text, that has a metadata index of kind value. NULL where the index does not serve the operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_indexed_value(text, jsonb, text) TO PUBLIC;

-- _filter_key: compile an operator on the row's id in an adopted table.
-- An id is the text of the key. A text that is not the key's own is the id of no row: 07 is not 7.
-- The primary key's index serves text, whole numbers and UUIDs; other keys are compared as text.

CREATE OR REPLACE FUNCTION vecs._filter_key(
    operator text,
    operand jsonb,
    key jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_type text := CASE
        WHEN key ->> 'kind' = 'uuid' THEN 'uuid'
        WHEN key ->> 'type' IN ('smallint', 'integer', 'bigint') THEN 'bigint'
        WHEN key ->> 'type' IN ('text', 'character varying') THEN 'text'
    END;
    v_ids text[];
BEGIN
    IF operator = '$startswith' OR operand = '[]' OR v_type IS NULL THEN
        RETURN vecs._filter_id(operator, operand, 'id');
    END IF;

    v_ids := ARRAY(
        SELECT e.id
        FROM jsonb_array_elements_text(
            CASE jsonb_typeof(operand) WHEN 'array' THEN operand ELSE jsonb_build_array(operand) END
        ) AS e (id)
        WHERE CASE v_type
            WHEN 'bigint' THEN e.id ~ '^(0|-?[1-9][0-9]{0,18})$'
                AND CASE WHEN length(e.id) < 21 THEN e.id::numeric END
                    BETWEEN -9223372036854775808 AND 9223372036854775807
            WHEN 'uuid' THEN e.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            ELSE true
        END
    );
    RETURN format(
        CASE operator
            WHEN '$eq' THEN '_id = ANY (%L::%s[])'
            WHEN '$in' THEN '_id = ANY (%L::%s[])'
            ELSE '_id <> ALL (%L::%s[])'
        END,
        v_ids, v_type
    );
END
$fn$;

COMMENT ON FUNCTION vecs._filter_key(text, jsonb, jsonb) IS
$doc$Compile an operator with its operand, a string or a list of strings, to a predicate over the columns id and _id of an adopted table, whose key is described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_key(text, jsonb, jsonb) TO PUBLIC;

-- _filter_logical: compile $and, $or or $nor with its list of filters.

CREATE OR REPLACE FUNCTION vecs._filter_logical(
    operator text,
    filters jsonb,
    location text,
    depth integer,
    weight integer,
    indexed_paths text[],
    id_column text,
    fields jsonb,
    OUT predicate text,
    OUT operators integer,
    OUT cost integer,
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_parts text[] := '{}';
    v_weight integer := CASE operator WHEN '$and' THEN weight ELSE 4 END;
    v_node record;
    v_part record;
BEGIN
    operators := 1;
    cost := 0;
    IF jsonb_typeof(filters) <> 'array' THEN
        fault := ARRAY[
            format('"%s" takes a list of filters', location),
            format('Write {"%s": [{...}, {...}]}.', operator)
        ];
        RETURN;
    ELSIF filters = '[]' AND operator <> '$and' THEN
        fault := ARRAY[
            format('"%s" has an empty list', location),
            'Omit it, or give it at least one filter.'
        ];
        RETURN;
    END IF;
    fault := vecs._check_filter_size(jsonb_array_length(filters), 0, location);
    IF fault IS NOT NULL THEN
        RETURN;
    END IF;

    FOR v_node IN
        SELECT m.node, m.location, m.copies
        FROM vecs._filter_merge(operator, filters, fields IS NULL) AS m
    LOOP
        v_part := vecs._filter_node(
            v_node.node, '{}'::text[], format('%s[%s]', location, v_node.location), depth + 1,
            v_weight, indexed_paths, id_column, fields
        );
        operators := operators + least(v_part.operators * v_node.copies, 20000);
        cost := cost + v_part.cost;
        fault := coalesce(v_part.fault, vecs._check_filter_size(operators, cost, location));
        IF fault IS NOT NULL THEN
            RETURN;
        END IF;
        v_parts := v_parts || format('(%s)', v_part.predicate);
    END LOOP;

    predicate := CASE operator
        WHEN '$and' THEN vecs._filter_and(v_parts)
        ELSE array_to_string(v_parts, ' OR ')
    END;
    predicate := CASE operator
        WHEN '$nor' THEN format('(%s) IS NOT TRUE', predicate)
        ELSE format('(%s)', coalesce(nullif(predicate, ''), 'true'))
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_logical(text, jsonb, text, integer, integer, text[], text, jsonb) IS
$doc$Compile $and, $or or $nor with its list of filters to a predicate, as _filter_node() does a single filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_logical(text, jsonb, text, integer, integer, text[], text, jsonb) TO PUBLIC;

-- _filter_merge: merge the conditions in a long list of $and, $or or $nor.
-- Each condition under OR costs time for each row, and each costs the planner time. Equalities on
-- one path become one list, and so do elements of an array. Of several bounds the widest decides
-- under $or, and the narrowest under $and. Duplicates are dropped. Only valid conditions are
-- merged, because an error names the location of its condition. Bounds that are strings are merged
-- only if they are compared as strings: a column of an adopted table has an order of its own.

CREATE OR REPLACE FUNCTION vecs._filter_merge(
    operator text,
    filters jsonb,
    compares_strings boolean
)
RETURNS TABLE (
    node jsonb,
    location bigint,
    copies bigint
)
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_and boolean := _filter_merge.operator = '$and';
BEGIN
    -- A short list stays as it is: the GIN index on the metadata serves its containments.
    IF jsonb_array_length(_filter_merge.filters) <= 20 THEN
        RETURN QUERY
        SELECT e.element, e.position - 1, 1::bigint
        FROM jsonb_array_elements(_filter_merge.filters) WITH ORDINALITY AS e (element, position);
        RETURN;
    END IF;

    RETURN QUERY
    WITH parts AS MATERIALIZED (
        SELECT
            s.element,
            e.position - 1 AS position,
            l.keys,
            l.operator,
            CASE jsonb_typeof(l.operand)
                WHEN 'array' THEN l.operand
                ELSE jsonb_build_array(l.operand)
            END AS operands,
            jsonb_typeof(l.operand) AS type
        FROM jsonb_array_elements(_filter_merge.filters) WITH ORDINALITY AS e (element, position)
        CROSS JOIN LATERAL (
            -- Under $and, {"k": {"$gt": 1, "$lt": 5}} is two conditions.
            SELECT
                v_and AND count(*) = 1 AND bool_and(NOT starts_with(k.key, '$') AND (
                    SELECT count(*) > 1 AND bool_and(starts_with(o.key, '$'))
                    FROM jsonb_object_keys(
                        CASE jsonb_typeof(k.value) WHEN 'object' THEN k.value END
                    ) AS o (key)
                )) AS are_several,
                min(k.key) AS key
            FROM jsonb_each(CASE jsonb_typeof(e.element) WHEN 'object' THEN e.element END) AS k
        ) AS c
        CROSS JOIN LATERAL (
            SELECT jsonb_build_object(c.key, jsonb_build_object(o.key, o.value)) AS element
            FROM jsonb_each(CASE WHEN c.are_several THEN e.element -> c.key END) AS o
            UNION ALL
            SELECT e.element WHERE c.are_several IS NOT TRUE
        ) AS s
        CROSS JOIN LATERAL vecs._filter_condition(s.element, v_and, compares_strings) AS l
    ),
    sized AS (
        SELECT p.*, sum(jsonb_array_length(p.operands)) OVER () <= 200 AS few FROM parts AS p
    )
    SELECT
        vecs._nested_document(
            p.keys || p.operator,
            CASE
                WHEN p.operator IN ('$in', '$nin', '$any', '$all') THEN coalesce(
                    jsonb_agg(DISTINCT o.operand) FILTER (WHERE o.operand IS NOT NULL), '[]'
                )
                WHEN v_and = (p.operator IN ('$gt', '$gte'))
                    THEN jsonb_agg(o.operand ORDER BY o.operand) -> -1
                ELSE jsonb_agg(o.operand ORDER BY o.operand) -> 0
            END
        ),
        min(p.position),
        count(DISTINCT p.position)
    FROM sized AS p
    LEFT JOIN LATERAL jsonb_array_elements(p.operands) AS o (operand) ON true
    WHERE p.operator IS NOT NULL
    -- Bounds that are numbers and bounds that are strings stay apart.
    GROUP BY
        p.keys,
        p.operator,
        CASE WHEN p.operator IN ('$gt', '$gte', '$lt', '$lte') THEN p.type END,
        CASE WHEN p.few AND p.operator NOT IN ('$gt', '$gte', '$lt', '$lte') THEN p.position END
    UNION ALL
    SELECT p.element, min(p.position), count(*)
    FROM parts AS p
    WHERE p.operator IS NULL
    GROUP BY p.element
    ORDER BY 2;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_merge(text, jsonb, boolean) IS
$doc$Return the filters in the list of $and, $or or $nor, a long list merged to fewer equivalent ones. location is the position in the list, from 0, and copies the number of filters merged into one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_merge(text, jsonb, boolean) TO PUBLIC;

-- _filter_node: compile one object of a filter: conditions joined by AND.
-- keys is the path of metadata keys that leads to the object. location is the path that an error
-- shows, NULL for the outermost object. A fault is returned, not raised: the error has one line of
-- context however deep the fault is, and a parallel worker could not run an exception block.

CREATE OR REPLACE FUNCTION vecs._filter_node(
    node jsonb,
    keys text[],
    location text,
    depth integer,
    weight integer,
    indexed_paths text[],
    id_column text,
    fields jsonb,
    OUT predicate text,
    OUT operators integer,
    OUT cost integer,
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_parts text[] := '{}';
    v_part record;
    -- A set of bits: 1 for an operator, 2 for a key.
    v_kinds integer := 0;
    v_key text;
    v_value jsonb;
    v_location text;
    v_is_operator boolean;
BEGIN
    operators := 0;
    cost := 0;
    -- A cheap test; _check_filter_node() says what is wrong.
    IF jsonb_typeof(node) <> 'object' OR depth > 64 OR (node = '{}' AND keys <> '{}') THEN
        fault := vecs._check_filter_node(node, keys, location, depth);
        RETURN;
    END IF;

    FOR v_key, v_value IN SELECT e.key, e.value FROM jsonb_each(node) AS e LOOP
        -- A key may be a megabyte long.
        v_location := left(concat_ws('.', location, v_key), 1000);
        -- $id stands where a key would.
        v_is_operator := starts_with(v_key, '$') AND (v_key <> '$id' OR keys <> '{}');
        v_kinds := v_kinds | CASE WHEN v_is_operator THEN 1 ELSE 2 END;

        IF v_key IN ('$and', '$or', '$nor') AND keys = '{}' THEN
            v_part := vecs._filter_logical(
                v_key, v_value, v_location, depth, weight, indexed_paths, id_column, fields
            );
        ELSIF v_key = '$not' THEN
            v_part := vecs._filter_node(
                v_value, keys, v_location, depth + 1, 4, indexed_paths, id_column, fields
            );
            v_part.predicate := format('(%s) IS NOT TRUE', v_part.predicate);
            v_part.operators := v_part.operators + 1;
        ELSIF v_is_operator THEN
            v_part := vecs._filter_operator(
                v_key, v_value, keys, v_location, weight, indexed_paths, id_column, fields
            );
        ELSIF jsonb_typeof(v_value) = 'object' THEN
            v_part := vecs._filter_node(
                v_value, keys || v_key, v_location, depth + 1, weight, indexed_paths, id_column,
                fields
            );
        ELSE
            v_part := vecs._filter_operator(
                '$eq', v_value, keys || v_key, v_location, weight, indexed_paths, id_column, fields
            );
        END IF;

        operators := operators + v_part.operators;
        cost := cost + v_part.cost;
        IF v_part.fault IS NOT NULL OR operators > 10000 OR cost > 10000 THEN
            fault := coalesce(v_part.fault, vecs._check_filter_size(operators, cost, v_location));
            RETURN;
        END IF;
        v_parts := v_parts || v_part.predicate;
    END LOOP;

    IF v_kinds = 3 AND keys <> '{}' THEN
        fault := vecs._check_filter_node(node, keys, location, depth);
        RETURN;
    END IF;

    predicate := CASE cardinality(v_parts)
        WHEN 0 THEN 'true'
        WHEN 1 THEN v_parts[1]
        ELSE '(' || vecs._filter_and(v_parts) || ')'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, integer, text[], text, jsonb) IS
$doc$Compile one object of a filter to a predicate. Also returns the number of its operators, and its cost. In place of the predicate, fault has the message, the hint and perhaps a detail of what is wrong. indexed_paths lists the metadata indexes that the predicate may use. id_column is the SQL text of the row's id; NULL where there is none, and then $id is a fault. fields describes the columns of an adopted table, as _fields() does; NULL for a collection.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_node(jsonb, text[], text, integer, integer, text[], text, jsonb) TO PUBLIC;

-- _filter_operator: compile one operator with its operand, under a path of metadata keys or $id.
-- Prefers containment, @>, because the GIN index on the metadata serves it. A chain of -> with keys
-- never enters an array.
-- The cost is about how long the predicate takes, in comparisons with one value, times the weight.
-- The weight is that of a condition under AND, where a row that fails one is done with, or under
-- OR, where all are evaluated.

CREATE OR REPLACE FUNCTION vecs._filter_operator(
    operator text,
    operand jsonb,
    keys text[],
    location text,
    weight integer,
    indexed_paths text[],
    id_column text,
    fields jsonb,
    OUT predicate text,
    OUT operators integer,
    OUT cost integer,
    OUT fault text[]
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_type text := jsonb_typeof(operand);
    v_length integer := CASE v_type WHEN 'array' THEN jsonb_array_length(operand) ELSE 0 END;
    v_value text;
    -- The document that has the keys, and the keys in it.
    v_root text := 'metadata';
    v_keys text[] := keys;
    v_field record;
BEGIN
    operators := 1;
    fault := vecs._check_filter_operator(operator, operand, keys, location);
    IF fault IS NOT NULL THEN
        RETURN;
    END IF;
    IF keys[1] = '$id' THEN
        IF id_column IS NULL THEN
            fault := ARRAY[
                format('metadata alone has no id to compare with "$id", at "%s"', location),
                'Filter the rows of a collection, with query(), scan() or count_rows().'
            ];
        END IF;
        predicate := CASE
            WHEN fields IS NULL THEN vecs._filter_id(operator, operand, id_column)
            ELSE vecs._filter_key(operator, operand, fields -> 'key')
        END;
        cost := weight * (1 + v_length / 100);
        RETURN;
    ELSIF operator = '$time' THEN
        operator := '$eq';
        operand := jsonb_build_object('$time', operand);
        v_type := 'object';
    END IF;
    IF fields IS NOT NULL THEN
        v_field := vecs._filter_column(operator, operand, keys, location, fields);
        predicate := v_field.predicate;
        fault := v_field.fault;
        cost := weight * (1 + v_length / 100);
        IF predicate IS NOT NULL OR fault IS NOT NULL THEN
            RETURN;
        END IF;
        v_root := v_field.root;
        v_keys := v_field.rest;
    END IF;

    v_value := vecs._path_expression(v_root, v_keys);
    -- $eq and $ne are left out: they compare a list as a whole.
    IF (v_type = 'object' AND vecs._operand_type(operand) = 'time') OR (
        operator IN ('$between', '$in', '$nin')
        AND jsonb_path_exists(operand, 'strict $[*] ? (@.type() == "object")')
    ) THEN
        predicate := vecs._filter_time(operator, operand, v_root, v_keys, v_value);
        cost := weight * (25 * CASE operator WHEN '$between' THEN 2 ELSE 1 END + v_length / 100);
        RETURN;
    END IF;
    cost := weight * CASE
        WHEN operator IN ('$in', '$any') AND v_length <= 20 THEN greatest(v_length, 1)
        WHEN operator = '$any' THEN 25 + v_length / 100
        WHEN operator = '$all' THEN 1 + v_length / 4
        WHEN operator IN ('$between', '$ilike') OR v_type = 'object' THEN 3
        WHEN operator IN ('$like', '$startswith') THEN 2
        WHEN operator IN ('$eq', '$ne') AND v_type = 'array' THEN 3
        ELSE 1 + v_length / 100
    END;

    predicate := vecs._filter_indexed(operator, operand, v_value, v_keys, indexed_paths);
    IF predicate IS NOT NULL THEN
        RETURN;
    END IF;

    predicate := CASE operator
        WHEN '$eq' THEN CASE
            WHEN operand IN ('[]', '{}') THEN format('%s = %L::jsonb', v_value, operand)
            WHEN v_type IN ('array', 'object') THEN
                format(
                    '(%s AND %s = %L::jsonb)',
                    vecs._filter_contains(v_root, v_keys, operand), v_value, operand
                )
            ELSE vecs._filter_contains(v_root, v_keys, operand)
        END
        WHEN '$ne' THEN format('%s <> %L::jsonb', v_value, operand)
        WHEN '$gt' THEN
            format(
                '(jsonb_typeof(%1$s) = %2$L AND %1$s > %3$L::jsonb)',
                v_value, v_type, operand
            )
        WHEN '$gte' THEN
            format(
                '(jsonb_typeof(%1$s) = %2$L AND %1$s >= %3$L::jsonb)',
                v_value, v_type, operand
            )
        WHEN '$lt' THEN
            format(
                '(jsonb_typeof(%1$s) = %2$L AND %1$s < %3$L::jsonb)',
                v_value, v_type, operand
            )
        WHEN '$lte' THEN
            format(
                '(jsonb_typeof(%1$s) = %2$L AND %1$s <= %3$L::jsonb)',
                v_value, v_type, operand
            )
        WHEN '$between' THEN format(
            '(jsonb_typeof(%1$s) = %2$L AND %1$s >= %3$L::jsonb AND %1$s <= %4$L::jsonb)',
            v_value, jsonb_typeof(operand -> 0), operand -> 0, operand -> 1
        )
        WHEN '$in' THEN vecs._filter_in(v_value, v_root, v_keys, operand)
        WHEN '$nin' THEN CASE
            WHEN operand = '[]' THEN format('%s IS NOT NULL', v_value)
            ELSE format(
                '%s <> ALL (%L::jsonb[])', v_value, ARRAY(SELECT jsonb_array_elements(operand))
            )
        END
        WHEN '$contains' THEN vecs._filter_contains(v_root, v_keys, jsonb_build_array(operand))
        WHEN '$any' THEN vecs._filter_any(v_value, v_root, v_keys, operand)
        WHEN '$all' THEN CASE
            WHEN operand = '[]'
                THEN format('coalesce(jsonb_typeof(%s) = ''array'', false)', v_value)
            ELSE vecs._filter_contains(v_root, v_keys, operand)
        END
        WHEN '$exists' THEN format(
            '%s IS %s', v_value, CASE WHEN operand = 'true' THEN 'NOT NULL' ELSE 'NULL' END
        )
        WHEN '$startswith' THEN
            format(
                '(jsonb_typeof(%1$s) = ''string'' AND starts_with(%1$s #>> ''{}'', %2$L))',
                v_value, operand #>> '{}'
            )
        ELSE
            format(
                '(jsonb_typeof(%1$s) = ''string'' AND (%1$s #>> ''{}'') %2$s %3$L)',
                v_value, CASE operator WHEN '$like' THEN 'LIKE' ELSE 'ILIKE' END, operand #>> '{}'
            )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_operator(text, jsonb, text[], text, integer, text[], text, jsonb) IS
$doc$Compile one operator with its operand, under a path of metadata keys or $id, to a predicate, and return its cost. In place of the predicate, fault has the message and the hint of what is wrong. indexed_paths, id_column and fields are as for _filter_node().$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_operator(text, jsonb, text[], text, integer, text[], text, jsonb) TO PUBLIC;

-- _filter_sql: compile a metadata filter for a collection, or for any table.
CREATE OR REPLACE FUNCTION vecs._filter_sql(
    filters jsonb,
    table_id regclass,
    view_id regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_text text;
    v_predicate text;
    v_compiled record;
BEGIN
    v_text := filters::text;
    IF filters IS NULL OR v_text = '{}' THEN
        v_predicate := 'true';
    ELSIF length(v_text) <= 1000 THEN
        -- {"k": {"$eq": 1}} is {"k": 1}. In the text of a jsonb, a string has no unescaped quote.
        IF position('{"$eq":' IN v_text) > 0 THEN
            v_text := regexp_replace(
                v_text, E'[{]"[$]eq": ("[^"\\\\{}$[]*"|[-0-9.]+|true|false|null)[}]', E'\\1', 'g'
            );
        END IF;
        -- None of these characters but the outermost braces: no nesting, no operator, no $id.
        IF starts_with(v_text, '{')
            AND length(translate(v_text, '[]{}$', '')) = length(v_text) - 2
        THEN
            v_predicate := CASE
                WHEN view_id IS NULL THEN format('metadata @> %L', v_text)
                ELSE vecs._filter_equalities(view_id, v_text::jsonb)
            END;
        END IF;
    END IF;
    IF v_predicate IS NOT NULL THEN
        RETURN v_predicate;
    END IF;

    v_compiled := vecs._filter_node(
        filters, '{}'::text[], NULL::text, 0, 1, vecs._indexed_paths(table_id, view_id),
        'id', vecs._fields(view_id, filters)
    );
    IF v_compiled.fault[3] IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS005',
            MESSAGE = v_compiled.fault[1],
            HINT = v_compiled.fault[2],
            DETAIL = v_compiled.fault[3];
    ELSIF v_compiled.fault IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS005',
            MESSAGE = v_compiled.fault[1],
            HINT = v_compiled.fault[2];
    END IF;
    IF table_id IS NOT NULL AND view_id IS NULL THEN
        IF v_text ~ '"(eq|ne|gt|gte|lt|lte|between|in|nin|contains|any|all|exists|like|ilike|startswith|time|and|or|nor|not)": ' THEN
            PERFORM vecs._notice_bare_operator(filters);
        END IF;
    END IF;
    RETURN v_compiled.predicate;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_sql(jsonb, regclass, regclass) IS
$doc$Compile a metadata filter to a SQL predicate over the columns id and metadata. With a table, the predicate uses the table's metadata indexes; table_id may be NULL. With the view of an adopted table, it is over the view's columns.

Raises VS005 invalid_filter. With a table, also raises the notice VSW02 for a key that looks like an operator.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_sql(jsonb, regclass, regclass) TO PUBLIC;

-- _filter_time: compile an operator whose operand is a time, or a list with times.

CREATE OR REPLACE FUNCTION vecs._filter_time(
    operator text,
    operand jsonb,
    root text,
    keys text[],
    value text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_instant text := vecs._index_expression(value, 'time');
    -- In JSON's form, which does not depend on the session's DateStyle.
    v_times text[];
    v_others jsonb;
BEGIN
    SELECT
        array_agg(
            to_jsonb(vecs._instant(e.element ->> '$time')) #>> '{}' ORDER BY e.position
        ) FILTER (WHERE jsonb_typeof(e.element) = 'object'),
        jsonb_agg(e.element) FILTER (WHERE jsonb_typeof(e.element) <> 'object')
    INTO v_times, v_others
    FROM jsonb_array_elements(
        CASE jsonb_typeof(operand) WHEN 'array' THEN operand ELSE jsonb_build_array(operand) END
    ) WITH ORDINALITY AS e (element, position);

    RETURN CASE operator
        WHEN '$ne' THEN format(
            '(%s IS NOT NULL AND %s IS DISTINCT FROM %L::timestamp)', value, v_instant, v_times[1]
        )
        WHEN '$between' THEN format(
            '(%1$s >= %2$L::timestamp AND %1$s <= %3$L::timestamp)',
            v_instant, v_times[1], v_times[2]
        )
        WHEN '$in' THEN format(
            '(%s = ANY (%L::timestamp[]) OR %s)',
            v_instant, v_times, vecs._filter_in(value, root, keys, coalesce(v_others, '[]'::jsonb))
        )
        WHEN '$nin' THEN format(
            '(%1$s IS NOT NULL AND (%2$s = ANY (%3$L::timestamp[])) IS NOT TRUE'
            ' AND %1$s <> ALL (%4$L::jsonb[]))',
            value, v_instant, v_times,
            ARRAY(SELECT jsonb_array_elements(coalesce(v_others, '[]'::jsonb)))
        )
        ELSE format(
            '%s %s %L::timestamp',
            v_instant,
            CASE operator
                WHEN '$gt' THEN '>'
                WHEN '$gte' THEN '>='
                WHEN '$lt' THEN '<'
                WHEN '$lte' THEN '<='
                ELSE '='
            END,
            v_times[1]
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._filter_time(text, jsonb, text, text[], text) IS
$doc$Compile an operator whose operand is a time, or a list with times, to a predicate. The value is given as its path of keys and as SQL text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._filter_time(text, jsonb, text, text[], text) TO PUBLIC;

-- _instant: read a string as an instant.
-- Index expressions call this function by its name and signature, so neither may change. A change
-- of its results needs a REINDEX of those indexes.
-- The pattern admits only what the casts accept, because a function that may run in a parallel
-- worker cannot catch an error. What is cast has a time zone or needs none, so no setting of the
-- session matters. One pattern without groups and a cast take 4 microseconds; regexp_match() with
-- make_timestamp() took forty times as long in the same run.

CREATE OR REPLACE FUNCTION vecs._instant(
    value text
)
RETURNS timestamp without time zone
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF value IS NULL OR value !~ (
        '^[0-9]{4}-'
        '((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)'
        '|02-(0[1-9]|[12][0-9]))'
        '([Tt ](([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)([.,][0-9]+)?)?'
        '|24:00(:00([.,]0+)?)?)'
        '([Zz]|[+-](0[0-9]|1[0-5])(:?[0-5][0-9]|:[0-5][0-9]:[0-5][0-9])?)?)?$'
    ) OR left(value, 4) = '0000' OR (
        substr(value, 6, 5) = '02-29'
        AND extract(day FROM (left(value, 4) || '-03-01')::date - 1) <> 29
    ) THEN
        RETURN NULL;
    END IF;

    IF substr(value, 17, 3) = ':60' THEN
        RETURN vecs._instant(overlay(value PLACING '59' FROM 18 FOR 2)) + interval '1 second';
    END IF;
    -- A cast takes a point, and would round to microseconds: at worst up, into the next year.
    IF substr(value, 20, 1) IN ('.', ',') THEN
        value := overlay(value PLACING '.' FROM 20 FOR 1);
        IF length(value) > 26 THEN
            value := regexp_replace(value, '([.][0-9]{6})[0-9]+', E'\\1');
        END IF;
    END IF;

    -- No zone is named, not even UTC or Z: a session can redefine zone abbreviations.
    RETURN CASE
        WHEN right(value, 1) IN ('Z', 'z') THEN left(value, -1)::timestamp without time zone
        WHEN strpos(substr(value, 17), '+') > 0 OR strpos(substr(value, 17), '-') > 0
            THEN timezone(make_interval(), value::timestamp with time zone)
        ELSE value::timestamp without time zone
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._instant(text) IS
$doc$Read a string as an instant, in UTC: an ISO 8601 date, which means its midnight, or a date and time, in UTC if it has no zone. NULL for any other string.

Years go from 0001 to 9999. A time has hours and minutes, and may have seconds and a fraction, which is cut to microseconds. 24:00 is the midnight after, and a leap second the second after. A zone is Z or an offset of less than 16 hours.$doc$;

GRANT EXECUTE ON FUNCTION vecs._instant(text) TO PUBLIC;

-- _keys_predicate: select rows of a collection by their ids, so that the primary key serves it.
-- An adopted table's ids are the texts of its keys. A text that is not a key's own, such as 07 for
-- 7, is the id of no row, so both are compared.

CREATE OR REPLACE FUNCTION vecs._keys_predicate(
    key jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN CASE
        WHEN key IS NULL THEN 't.id = ANY ($1)'
        ELSE format(
            't._id %s ANY ($1::%s[]) AND t.id = ANY ($1)',
            vecs._field_sign(key, '='), key ->> 'type'
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._keys_predicate(jsonb) IS
$doc$Return the predicate that a row has one of the ids in $1, an array of text. For an adopted table, key is its key, described as by _fields(), and the ids are those of _readable_keys().$doc$;

GRANT EXECUTE ON FUNCTION vecs._keys_predicate(jsonb) TO PUBLIC;

-- _nested_document: build the document that has a value under a path of keys.

CREATE OR REPLACE FUNCTION vecs._nested_document(
    keys text[],
    value jsonb
)
RETURNS jsonb
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_document jsonb := value;
BEGIN
    FOR v_level IN REVERSE cardinality(keys)..1 LOOP
        v_document := jsonb_build_object(keys[v_level], v_document);
    END LOOP;

    RETURN v_document;
END
$fn$;

COMMENT ON FUNCTION vecs._nested_document(text[], jsonb) IS
$doc$Return the document that holds nothing but a value under a path of keys.$doc$;

GRANT EXECUTE ON FUNCTION vecs._nested_document(text[], jsonb) TO PUBLIC;

-- _notice_bare_operator: ask whether a key of a filter, such as "gte", was meant as an operator.
-- Names the first such key whose value the operator would take. Leaves out {"time": "..."} and
-- {"id": "..."}, which are common in metadata.

CREATE OR REPLACE FUNCTION vecs._notice_bare_operator(
    filters jsonb
)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_key text;
    v_location text;
BEGIN
    WITH RECURSIVE nodes (node, below, location) AS (
        SELECT filters, false, ''
        UNION ALL
        SELECT c.node, c.below, c.location
        FROM nodes AS n
        CROSS JOIN LATERAL (
            SELECT
                e.value,
                n.below OR NOT starts_with(e.key, '$'),
                concat(n.location, '.', left(e.key, 100))
            FROM jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
            WHERE e.key IN ('$and', '$or', '$nor', '$not')
                OR (jsonb_typeof(e.value) = 'object' AND NOT starts_with(e.key, '$'))
            UNION ALL
            SELECT e.element, false, format('%s[%s]', n.location, e.position - 1)
            FROM jsonb_array_elements(
                CASE jsonb_typeof(n.node) WHEN 'array' THEN n.node END
            ) WITH ORDINALITY AS e (element, position)
        ) AS c (node, below, location)
    )
    SELECT e.key, substr(concat(n.location, '.', e.key), 2)
    INTO v_key, v_location
    FROM nodes AS n
    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(n.node) WHEN 'object' THEN n.node END) AS e
    WHERE CASE e.key
        WHEN 'eq' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$eq', e.value, '{k}'::text[], '') IS NULL
        WHEN 'ne' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$ne', e.value, '{k}'::text[], '') IS NULL
        WHEN 'gt' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$gt', e.value, '{k}'::text[], '') IS NULL
        WHEN 'gte' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$gte', e.value, '{k}'::text[], '') IS NULL
        WHEN 'lt' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$lt', e.value, '{k}'::text[], '') IS NULL
        WHEN 'lte' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$lte', e.value, '{k}'::text[], '') IS NULL
        WHEN 'between' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$between', e.value, '{k}'::text[], '') IS NULL
        WHEN 'in' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$in', e.value, '{k}'::text[], '') IS NULL
        WHEN 'nin' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$nin', e.value, '{k}'::text[], '') IS NULL
        WHEN 'contains' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$contains', e.value, '{k}'::text[], '') IS NULL
        WHEN 'any' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$any', e.value, '{k}'::text[], '') IS NULL
        WHEN 'all' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$all', e.value, '{k}'::text[], '') IS NULL
        WHEN 'exists' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$exists', e.value, '{k}'::text[], '') IS NULL
        WHEN 'like' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$like', e.value, '{k}'::text[], '') IS NULL
        WHEN 'ilike' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$ilike', e.value, '{k}'::text[], '') IS NULL
        WHEN 'startswith' THEN n.below
            AND jsonb_typeof(e.value) <> 'object'
            AND vecs._check_filter_operator('$startswith', e.value, '{k}'::text[], '') IS NULL
        WHEN 'and' THEN jsonb_typeof(e.value) = 'array'
            AND jsonb_path_exists(e.value, 'strict $[*] ? (@.type() == "object")')
        WHEN 'or' THEN jsonb_typeof(e.value) = 'array'
            AND jsonb_path_exists(e.value, 'strict $[*] ? (@.type() == "object")')
        WHEN 'nor' THEN jsonb_typeof(e.value) = 'array'
            AND jsonb_path_exists(e.value, 'strict $[*] ? (@.type() == "object")')
        WHEN 'not' THEN jsonb_typeof(e.value) = 'object'
    END
    ORDER BY n.location, e.key
    LIMIT 1;

    IF v_key IS NOT NULL THEN
        RAISE NOTICE USING
            ERRCODE = 'VSW02',
            MESSAGE = format('filter has a key "%s" at "%s"', v_key, v_location),
            HINT = format(
                'Did you mean "$%s"? Without the "$" it is a key of the metadata.', v_key
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._notice_bare_operator(jsonb) IS
$doc$Raise the notice VSW02 if a filter has a key that is an operator's name without its $ and whose value the operator would take.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_bare_operator(jsonb) TO PUBLIC;

-- _operand_type: tell the type of an operand, where a time is a type of its own.

CREATE OR REPLACE FUNCTION vecs._operand_type(
    operand jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF jsonb_typeof(operand) <> 'object'
        OR NOT operand ? '$time'
        OR operand - '$time' <> '{}'
    THEN
        RETURN jsonb_typeof(operand);
    END IF;

    RETURN CASE
        WHEN vecs._instant(operand ->> '$time') IS NULL THEN 'invalid time'
        ELSE 'time'
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._operand_type(jsonb) IS
$doc$Return the JSON type of an operand; time for {"$time": "..."}, or invalid time if the string is not an instant.$doc$;

GRANT EXECUTE ON FUNCTION vecs._operand_type(jsonb) TO PUBLIC;

-- _path_expression: build the SQL expression of the value under a path of keys.

CREATE OR REPLACE FUNCTION vecs._path_expression(
    root text,
    keys text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_value text := root;
    v_key text;
BEGIN
    FOREACH v_key IN ARRAY keys LOOP
        v_value := format('%s -> %L', v_value, v_key);
    END LOOP;

    RETURN format('(%s)', v_value);
END
$fn$;

COMMENT ON FUNCTION vecs._path_expression(text, text[]) IS
$doc$Return the SQL expression of the value under a path of keys in a document, given as SQL text. The path never enters an array.$doc$;

GRANT EXECUTE ON FUNCTION vecs._path_expression(text, text[]) TO PUBLIC;

-- _readable_keys: leave out the ids that the type of an adopted table's key cannot read.
-- They are the ids of no row.

CREATE OR REPLACE FUNCTION vecs._readable_keys(
    ids text[],
    key jsonb
)
RETURNS text[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format('SELECT count(*) FROM unnest($1::%s[])', key ->> 'type');
    v_id text;
    v_readable text[] := '{}';
BEGIN
    IF key ->> 'kind' IN ('string', 'citext') THEN
        RETURN ids;
    END IF;
    BEGIN
        EXECUTE v_statement USING ids;
        RETURN ids;
    EXCEPTION
        WHEN data_exception OR program_limit_exceeded OR check_violation THEN
            NULL;
    END;

    -- There is one: try them one by one.
    FOREACH v_id IN ARRAY ids LOOP
        BEGIN
            EXECUTE v_statement USING ARRAY[v_id];
            v_readable := v_readable || v_id;
        EXCEPTION
            WHEN data_exception OR program_limit_exceeded OR check_violation THEN
                NULL;
        END;
    END LOOP;
    RETURN v_readable;
END
$fn$;

COMMENT ON FUNCTION vecs._readable_keys(text[], jsonb) IS
$doc$Return those of the ids that the key of an adopted table can have, whose type is described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._readable_keys(text[], jsonb) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/help
-- ------------------------------------------------------------

-- _function_signature: write a function's parameters, one a line, and its result.

CREATE OR REPLACE FUNCTION vecs._function_signature(
    function_id oid
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT replace(
        concat(
            'vecs.', p.proname, '(', E'\n' || a.parameters || E'\n', ')',
            E'\n  returns ' || nullif(pg_get_function_result(p.oid), 'void')
        ),
        -- Types of pgvector are written without their schema.
        (
            SELECT quote_ident(n.nspname) || '.'
            FROM pg_extension AS e
            JOIN pg_namespace AS n ON n.oid = e.extnamespace
            WHERE e.extname = 'vector'
        ),
        ''
    )
    FROM pg_proc AS p
    CROSS JOIN LATERAL (
        SELECT string_agg(
            concat(
                '    ', rpad(u.name, max_length.value + 2), format_type(u.type, NULL),
                ' = ' || regexp_replace(
                    pg_get_function_arg_default(p.oid, u.position::integer), '::[a-z ]+(\[\])?$', ''
                ),
                CASE WHEN u.position < p.pronargs THEN ',' END
            ),
            E'\n' ORDER BY u.position
        )
        FROM unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[])
            WITH ORDINALITY AS u (name, type, position)
        CROSS JOIN (
            SELECT max(length(l.name)) FROM unnest(p.proargnames[:p.pronargs]) AS l (name)
        ) AS max_length (value)
    ) AS a (parameters)
    WHERE p.oid = _function_signature.function_id;
$fn$;

COMMENT ON FUNCTION vecs._function_signature(oid) IS
$doc$Return the signature of a function, with a line for each parameter, as vecs.help() shows it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._function_signature(oid) TO PUBLIC;

-- _wrap_text: break lines between words, keeping the indentation of lists.

CREATE OR REPLACE FUNCTION vecs._wrap_text(
    content text,
    width integer
)
RETURNS SETOF text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE p.position WHEN 1 THEN h.head ELSE repeat(' ', length(h.head)) END || p.part
    FROM regexp_split_to_table(_wrap_text.content, E'\n') WITH ORDINALITY AS l (line, position)
    CROSS JOIN LATERAL (
        -- A name with two spaces behind it, "  top_k  ", or else the indentation.
        SELECT coalesce(
            substring(l.line FROM '^ *(?:[^ ]| (?! )){1,40} {2,}'), substring(l.line FROM '^ *')
        )
    ) AS h (head)
    CROSS JOIN LATERAL regexp_split_to_table(
        rtrim(
            regexp_replace(
                substr(l.line, length(h.head) + 1),
                format('(.{1,%s})(?: +|$)', greatest(_wrap_text.width - length(h.head), 20)),
                E'\\1\n',
                'g'
            ),
            E'\n'
        ),
        E'\n'
    ) WITH ORDINALITY AS p (part, position)
    ORDER BY l.position, p.position;
$fn$;

COMMENT ON FUNCTION vecs._wrap_text(text, integer) IS
$doc$Break the lines of a text between words at a width. What follows a name and two spaces keeps its indentation.$doc$;

GRANT EXECUTE ON FUNCTION vecs._wrap_text(text, integer) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/index
-- ------------------------------------------------------------

-- _binary_recall: measure how many of the ten nearest rows an index of bits finds.
-- The signs of the elements tell much of some vectors and nothing of others (where all elements are
-- positive). Some of the collection's own vectors are searched with. All rows that are at most as
-- far as the farthest row found are read in one pass; the ten nearest are among them.

CREATE OR REPLACE FUNCTION vecs._binary_recall(
    collection text,
    measure text
)
RETURNS double precision
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '16MB'
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_names constant text[] := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan}';
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_operator text := (vecs._measure(measure)).operator;
    v_order text := vecs._search_order(
        'binary', format('t.%I', v_collection.vec_column), 'v.vec', v_collection.pgvector,
        v_collection.dimension, v_operator
    );
    v_wanted constant integer := 100;
    v_before text[];
    v_recall double precision;
BEGIN
    v_before := vecs._swap_settings(v_names, ARRAY['off', v_wanted::text, 'relaxed_order']);
    -- subvector() makes a long vector be read once, not once for each search.
    EXECUTE format(
        $sql$
        WITH searches AS MATERIALIZED (
            SELECT v.number, v.vec, f.distances
            FROM (
                SELECT row_number() OVER () AS number, s.vec
                FROM (
                    SELECT t.%1$I AS vec
                    FROM %2$s AS t TABLESAMPLE system (%3$s) REPEATABLE (0)
                    WHERE (t.%1$I OPERATOR(%4$s%5$s) t.%1$I) <> 'NaN'
                    ORDER BY hashtext(t.ctid::text)
                    LIMIT %6$s
                ) AS s
            ) AS v
            CROSS JOIN LATERAL (
                SELECT array_agg(n.distance ORDER BY n.distance) AS distances
                FROM (
                    SELECT c.distance
                    FROM (
                        SELECT (t.%1$I OPERATOR(%4$s%5$s) v.vec) AS distance
                        FROM %2$s AS t
                        ORDER BY %7$s
                        LIMIT %8$s
                    ) AS c
                    ORDER BY c.distance
                    LIMIT 10
                ) AS n
            ) AS f
        ),
        compared AS (
            SELECT
                s.number,
                (r.vec OPERATOR(%4$s%5$s) s.vec) AS distance,
                row_number() OVER (
                    PARTITION BY s.number ORDER BY (r.vec OPERATOR(%4$s%5$s) s.vec)
                ) AS position
            FROM (
                SELECT %4$ssubvector(t.%1$I, 1, %9$s) AS vec FROM %2$s AS t OFFSET 0
            ) AS r
            JOIN searches AS s
                ON (r.vec OPERATOR(%4$s%5$s) s.vec)
                    <= s.distances[cardinality(s.distances)] + 1e-6
        )
        SELECT avg(c.found)
        FROM (
            SELECT (
                SELECT count(*)::double precision
                FROM unnest(s.distances) AS d (distance)
                WHERE d.distance <= max(c.distance) + 1e-6
            ) / count(*) AS found
            FROM searches AS s
            JOIN compared AS c ON c.number = s.number AND c.position <= 10
            GROUP BY s.number, s.distances
        ) AS c
        $sql$,
        v_collection.vec_column,
        v_collection.table_id,
        least(100, 300000.0 / greatest(v_rows, 1)),
        v_collection.pgvector,
        v_operator,
        least(50, greatest(10, 1000000 / greatest(v_rows, 1))),
        v_order,
        v_wanted,
        v_collection.dimension
    ) INTO v_recall;
    PERFORM vecs._swap_settings(v_names, v_before);
    RETURN v_recall;
END
$fn$;

COMMENT ON FUNCTION vecs._binary_recall(text, text) IS
$doc$Search with some of a collection's vectors by an index of bits for the ten nearest rows, and return the share of them that is found. NULL if there is no vector to search with.$doc$;

GRANT EXECUTE ON FUNCTION vecs._binary_recall(text, text) TO PUBLIC;

-- _build_estimate: estimate what create_index() takes for a collection, with its defaults.
-- A part of the rows is indexed in a temporary table, which takes about a second, in one process.
-- The time of a build grows with the rows to the power of 1.2: see index_progress(). Of 117,159
-- vectors of 384 dimensions, on two processors with one worker: estimated 98 s, built in 96 s.

CREATE OR REPLACE FUNCTION vecs._build_estimate(
    collection text,
    OUT seconds double precision,
    OUT memory_bytes bigint,
    OUT available_bytes bigint
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_sample constant integer := 2000;
    v_collection record := vecs._collection(collection);
    v_checked record := vecs._check_index(
        collection, 'cosine_distance', 'auto', '{}'::jsonb, NULL::jsonb
    );
    v_definition record;
    v_rows bigint := (vecs._approximate_count(v_collection.table_id)).row_count;
    v_workers integer;
    v_share double precision;
    v_sampled bigint;
    v_started timestamptz;
BEGIN
    v_definition := vecs._define_index(
        collection, 'cosine_distance', 'auto', '{}'::jsonb, NULL::jsonb,
        v_checked.index_precision, v_checked.predicate
    );
    memory_bytes := v_definition.needed_bytes;
    available_bytes := v_definition.memory_bytes;
    v_share := least(1, available_bytes::double precision / nullif(memory_bytes, 0));
    -- pgvector takes all that it may, if PostgreSQL would take one: that is from 8 MB on.
    v_workers := CASE
        WHEN pg_relation_size(v_collection.table_id) < 8388608 THEN 0
        ELSE least(
            v_definition.settings[1]::integer, current_setting('max_parallel_workers')::integer
        )
    END;

    BEGIN
        EXECUTE format(
            'CREATE TEMPORARY TABLE _vecs_sample ON COMMIT DROP AS'
            ' SELECT t.%1$I FROM %2$s AS t TABLESAMPLE system (%3$s)'
            ' WHERE t.%1$I IS NOT NULL LIMIT %4$s',
            v_collection.vec_column, v_collection.table_id,
            least(100, 400.0 * v_sample / v_rows), v_sample
        );
        GET DIAGNOSTICS v_sampled = ROW_COUNT;
        v_started := clock_timestamp();
        EXECUTE format('CREATE INDEX ON pg_temp._vecs_sample %s', v_definition.definition);
        seconds := extract(epoch FROM clock_timestamp() - v_started)
            * power(v_rows::double precision / v_sampled, 1.2)
            / (1 + 0.6 * v_workers)
            * (v_share + (1 - v_share) * 7);
        seconds := round(seconds::numeric, CASE WHEN seconds < 10 THEN 1 ELSE 0 END);
        DROP TABLE pg_temp._vecs_sample;
    EXCEPTION
        -- On a standby, or without the privilege to make temporary tables, there is no time.
        -- Nor where numbers are beyond half precision.
        WHEN insufficient_privilege OR read_only_sql_transaction OR division_by_zero
            OR numeric_value_out_of_range
        THEN
            NULL;
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._build_estimate(text) IS
$doc$Return about how many seconds create_index() takes for a collection with its defaults (NULL: not known), how many bytes of memory its graph needs, and how many it gets.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_estimate(text) TO PUBLIC;

-- _build_index: run CREATE INDEX, without parallel workers if shared memory runs out.
-- A container often has 64 MB of shared memory, and pgvector's parallel build asks for all of
-- maintenance_work_mem before it reads a row. A full disk has the same SQLSTATE, but later, when
-- the index is written: a build that fails after its first seconds is not tried again.
-- Arguments: $1 the name; $2 the table; $3 the rest of the definition. They have no names: see
-- _search_nearest().

CREATE OR REPLACE FUNCTION vecs._build_index(
    text,
    regclass,
    text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format('CREATE INDEX %I ON %s %s', $1, $2, $3);
    v_start timestamptz := clock_timestamp();
    v_before text[];
BEGIN
    EXECUTE v_statement;
    RETURN true;
EXCEPTION
    WHEN disk_full OR out_of_memory THEN
        IF clock_timestamp() > v_start + interval '5 seconds'
            OR current_setting('max_parallel_maintenance_workers')::integer = 0
        THEN
            RAISE;
        END IF;
        v_before := vecs._swap_settings(ARRAY['max_parallel_maintenance_workers'], ARRAY['0']);
        EXECUTE v_statement;
        v_before := vecs._swap_settings(ARRAY['max_parallel_maintenance_workers'], v_before);
        PERFORM vecs._notice_serial_build($2);
        RETURN true;
    -- Dropped concurrently. A regclass without a table prints as a number.
    WHEN undefined_table OR syntax_error THEN
        IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = $2) THEN
            RAISE;
        END IF;
        RETURN false;
END
$fn$;

COMMENT ON FUNCTION vecs._build_index(text, regclass, text) IS
$doc$Run CREATE INDEX, a second time without parallel workers if shared memory runs out. Returns false if the table has been dropped.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_index(text, regclass, text) TO PUBLIC;

-- _build_settings: choose the settings to build a vector index with.
-- pgvector builds an HNSW graph several times as fast if it fits into maintenance_work_mem, and
-- PostgreSQL assigns one worker for each 32 MB of it. shared_buffers stands for what the server can
-- spare. What the session has set by itself is taken as it is.
-- More workers than processors take longer (117,159 vectors on two: 140 s with seven workers, 96 s
-- with one), so max_parallel_workers counts only where someone has set it; the default is 8.

CREATE OR REPLACE FUNCTION vecs._build_settings(
    vector_bytes integer,
    m integer,
    row_count bigint,
    memory text,
    OUT names text[],
    OUT settings text[],
    OUT needed_bytes bigint,
    OUT memory_bytes bigint
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_memory_is_set boolean;
    v_workers_are_set boolean;
    v_workers integer := current_setting('max_parallel_maintenance_workers')::integer;
BEGIN
    -- Not by their source: what _swap_settings() puts back is set by the session, too.
    SELECT
        bool_or(s.name = 'maintenance_work_mem'),
        bool_or(s.name = 'max_parallel_maintenance_workers')
    INTO v_memory_is_set, v_workers_are_set
    FROM pg_settings AS s
    WHERE s.setting <> s.reset_val
        AND s.name IN ('maintenance_work_mem', 'max_parallel_maintenance_workers');
    IF v_workers_are_set IS NOT TRUE THEN
        v_workers := greatest(v_workers, (
            SELECT s.setting::integer
            FROM pg_settings AS s
            WHERE s.name = 'max_parallel_workers' AND s.source <> 'default'
        ));
    END IF;
    -- A row takes its vector, 16 bytes for each of its 2 m neighbours, and about 256 more.
    needed_bytes := row_count * (vector_bytes + 32 * m + 256);
    memory_bytes := CASE
        WHEN memory IS NOT NULL THEN pg_size_bytes(memory)
        WHEN v_memory_is_set THEN pg_size_bytes(current_setting('maintenance_work_mem'))
        ELSE greatest(
            pg_size_bytes(current_setting('maintenance_work_mem')),
            least(
                greatest(needed_bytes * 9 / 8, (v_workers + 1) * 33554432::bigint),
                pg_size_bytes(current_setting('shared_buffers'))
            )
        )
    END;
    names := ARRAY['max_parallel_maintenance_workers', 'maintenance_work_mem'];
    settings := ARRAY[
        v_workers::text,
        CASE memory_bytes
            WHEN pg_size_bytes(current_setting('maintenance_work_mem'))
                THEN current_setting('maintenance_work_mem')
            ELSE memory_bytes / 1024 || 'kB'
        END
    ];
END
$fn$;

COMMENT ON FUNCTION vecs._build_settings(integer, integer, bigint, text) IS
$doc$Return the names and values of the settings to build a vector index with, the bytes that its graph needs (of m; NULL: no graph), and those that it gets: the memory that is named or that the session has set, or what is needed, at least what is set and at most shared_buffers; and as many workers as max_parallel_workers, if that is set, unless the session has set them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_settings(integer, integer, bigint, text) TO PUBLIC;

-- _build_vector_index: run CREATE INDEX on a collection's vectors.
-- Arguments: $1 the name; $2 the collection; $3 what follows the table's name; $4 whether it is a
-- partial index. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._build_vector_index(
    text,
    text,
    text,
    boolean
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection($2);
BEGIN
    RETURN vecs._build_index($1, v_collection.table_id, $3);
EXCEPTION
    WHEN numeric_value_out_of_range OR invalid_object_definition OR feature_not_supported
        OR program_limit_exceeded
    THEN
        PERFORM vecs._raise_build_error($2, $4, SQLSTATE, SQLERRM);
        RAISE;
END
$fn$;

COMMENT ON FUNCTION vecs._build_vector_index(text, text, text, boolean) IS
$doc$Build a vector index, and return whether its table still existed.

Raises VS008 unsupported for vectors that half precision cannot hold, and for a filter that no index can have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_vector_index(text, text, text, boolean) TO PUBLIC;

-- _candidate_costs: measure what candidates of an hnsw index cost, relative to a row that an exact
-- search compares.
-- The more neighbours of a row were not looked at before, the more pages are read for a candidate:
-- 4 to 20. Pages are counted, since times vary. Farther candidates are cheaper where vectors are
-- spread evenly, and dearer beyond the cluster of the query vector, so they are measured apart.
-- Where the graph does not lead to all of the farther rows, an exact search is better: if a
-- twentieth is missed, farther candidates cost twice as much. docs/strategy.md has the figures.
CREATE OR REPLACE FUNCTION vecs._candidate_costs(
    collection text,
    measure text,
    index_id regclass,
    index_precision text,
    row_count bigint
)
RETURNS numeric[]
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_names constant text[] :=
        '{enable_sort,hnsw.ef_search,hnsw.iterative_scan,hnsw.max_scan_tuples}';
    v_operator text := (vecs._measure(measure)).operator;
    v_order text := vecs._search_order(
        index_precision, format('t.%I', v_collection.vec_column), 'v.vec', v_collection.pgvector,
        v_collection.dimension, v_operator
    );
    v_before text[];
    v_vectors text[];
    v_candidates integer;
    v_plan jsonb;
    v_rows numeric;
    v_pages numeric;
    v_rows_before numeric := 0;
    v_pages_before numeric := 0;
    v_costs numeric[] := '{}';
    v_recall double precision;
BEGIN
    EXECUTE format(
        $sql$
        SELECT array_agg(s.vec)
        FROM (
            SELECT t.%5$I::text AS vec
            FROM %1$s AS t TABLESAMPLE system (%4$s) REPEATABLE (2)
            WHERE (t.%5$I OPERATOR(%2$s%3$s) t.%5$I) <> 'NaN'
            ORDER BY hashtext(t.ctid::text)
            LIMIT 10
        ) AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        v_operator,
        least(100, 300000.0 / row_count),
        v_collection.vec_column
    ) INTO v_vectors;
    IF v_vectors IS NULL THEN
        RETURN NULL;
    END IF;

    v_before := vecs._swap_settings(
        v_names, ARRAY['off', '40', 'relaxed_order', '1000000']
    );
    FOREACH v_candidates IN ARRAY ARRAY[320, 1280] LOOP
        EXECUTE format(
            $sql$
            EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
            SELECT
            FROM unnest(%6$L::%2$s%4$s[]) AS v (vec)
            CROSS JOIN LATERAL (
                SELECT FROM %1$s AS t ORDER BY %3$s LIMIT %5$s
            ) AS c
            $sql$,
            v_collection.table_id,
            v_collection.pgvector,
            v_order,
            v_collection.element_type,
            v_candidates,
            v_vectors
        ) INTO v_plan;
        EXIT WHEN NOT jsonb_path_exists(
            v_plan,
            '$.**."Index Name" ? (@ == $name)',
            jsonb_build_object('name', (SELECT c.relname FROM pg_class AS c WHERE c.oid = index_id))
        );

        v_rows := (v_plan #>> '{0,Plan,Actual Rows}')::numeric;
        v_pages := (v_plan #>> '{0,Plan,Shared Hit Blocks}')::numeric
            + (v_plan #>> '{0,Plan,Shared Read Blocks}')::numeric;
        v_costs := v_costs || round(least(40, greatest(1, coalesce(
            0.55 * (v_pages - v_pages_before) / nullif(v_rows - v_rows_before, 0), 40
        ))), 1);
        v_rows_before := v_rows;
        v_pages_before := v_pages;
    END LOOP;
    -- Bits tell little about farther rows, whatever the graph.
    IF v_costs <> '{}' AND index_precision <> 'binary' THEN
        v_recall := vecs._farther_recall(
            collection, measure, index_precision, v_vectors, row_count
        );
    END IF;
    PERFORM vecs._swap_settings(v_names, v_before);

    IF v_recall < 0.97 THEN
        v_costs[2] := round(least(
            40, v_costs[2] * (1 + 20 * (1 - v_recall))::numeric
        ), 1);
    END IF;
    RETURN nullif(v_costs, '{}');
END
$fn$;

COMMENT ON FUNCTION vecs._candidate_costs(text, text, regclass, text, bigint) IS
$doc$Search with ten of a collection's vectors by an hnsw index, and return what one of the nearest 320 candidates costs, and a farther one, from the pages read: between 1.0 and 40.0 of the rows that an exact search compares. A farther one costs more where the index misses rows so far away. NULL if the planner does not use the index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._candidate_costs(text, text, regclass, text, bigint) TO PUBLIC;

-- _count_lost_searches: count searches by a new hnsw index that end in the wrong place.
-- A search is lost if it finds fewer than two of the ten nearest rows, that is, if ten rows are
-- nearer than the second that it found. Up to 150 of the collection's own vectors are searched
-- with; they get lost as often as new ones. The nearer rows of all of them are counted in one pass
-- over a sample of the rows, in which a lost search must have three. Among many equal rows pgvector
-- loses searches in a graph of any density, so none counts if two of the vectors are equal.
-- The rows of a partial index may be few and far between, so they are looked up by its filter.
CREATE OR REPLACE FUNCTION vecs._count_lost_searches(
    collection text,
    measure text,
    index_id regclass,
    index_precision text,
    row_count bigint,
    filters jsonb,
    OUT searches bigint,
    OUT lost bigint
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '16MB'
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_compared bigint := least(row_count, 50000, greatest(5000, row_count / 10));
    v_predicate text := CASE
        WHEN filters IS NOT NULL
            THEN vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id)
    END;
    v_sample text := CASE
        WHEN filters IS NULL
            THEN '%1$s AS t TABLESAMPLE system (%2$s) REPEATABLE (%3$s) WHERE true'
        ELSE '%1$s AS t WHERE %4$s'
            ' AND hashtextextended(t.%5$I::text, %3$s) & 1048575 < 10485.76 * %2$s'
    END;
    v_names constant text[] := '{enable_sort,hnsw.ef_search,hnsw.iterative_scan}';
    v_before text[];
    v_statement text;
    v_plan jsonb;
BEGIN
    -- Rounding decides between rows that are equally far, so nearer is by more than that.
    -- subvector() makes a long vector be read once, not once for each search.
    v_statement := format(
        $sql$
        WITH searches AS MATERIALIZED (
            SELECT row_number() OVER () AS number, s.vec, (
                SELECT f.distance
                FROM (
                    SELECT (t.%9$I OPERATOR(%2$s%3$s) s.vec) AS distance
                    FROM %1$s AS t%12$s
                    ORDER BY %11$s
                    LIMIT 10
                ) AS f
                OFFSET 1
                LIMIT 1
            ) AS second
            FROM (
                SELECT t.%9$I AS vec
                FROM %5$s
                    AND (t.%9$I OPERATOR(%2$s%3$s) t.%9$I) <> 'NaN'
                ORDER BY hashtext(t.%10$I::text)
                LIMIT %6$s
            ) AS s
        ),
        lost AS (
            SELECT
            FROM (
                SELECT %2$ssubvector(t.%9$I, 1, %4$s) AS vec
                FROM %7$s
                OFFSET 0
            ) AS r
            JOIN searches AS s
                ON (r.vec OPERATOR(%2$s%3$s) s.vec) < s.second - 1e-5 * abs(s.second) - 1e-6
            GROUP BY s.number
            HAVING count(*) >= %8$s
        )
        SELECT
            count(*),
            CASE WHEN count(DISTINCT s.vec) = count(*) THEN (SELECT count(*) FROM lost) ELSE 0 END
        FROM searches AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        (vecs._measure(measure)).operator,
        v_collection.dimension,
        format(
            v_sample, v_collection.table_id, least(100, 300000.0 / row_count), 0, v_predicate,
            v_collection.id_column
        ),
        least(150, row_count / 50),
        format(
            v_sample, v_collection.table_id, 100.0 * v_compared / row_count, 1, v_predicate,
            v_collection.id_column
        ),
        greatest(3, ceil(10.0 * v_compared / row_count)),
        v_collection.vec_column,
        v_collection.id_column,
        vecs._search_order(
            index_precision, format('t.%I', v_collection.vec_column), 's.vec',
            v_collection.pgvector, v_collection.dimension, (vecs._measure(measure)).operator
        ),
        ' WHERE ' || v_predicate
    );
    v_before := vecs._swap_settings(v_names, ARRAY['off', '40', 'off']);
    EXECUTE format('EXPLAIN (FORMAT JSON) %s', v_statement) INTO v_plan;
    IF jsonb_path_exists(
        v_plan,
        '$.**."Index Name" ? (@ == $name)',
        jsonb_build_object('name', (SELECT c.relname FROM pg_class AS c WHERE c.oid = index_id))
    ) THEN
        EXECUTE v_statement INTO searches, lost;
    END IF;
    PERFORM vecs._swap_settings(v_names, v_before);
END
$fn$;

COMMENT ON FUNCTION vecs._count_lost_searches(text, text, regclass, text, bigint, jsonb) IS
$doc$Search with a sample of a collection's vectors by an hnsw index over all rows, whose number is given, or over those that match a filter; return how many searches that are, and how many of them are lost. NULL if the planner prefers another index, such as the one to be replaced, or no index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._count_lost_searches(text, text, regclass, text, bigint, jsonb) TO PUBLIC;

-- _create_field_index: index a column of an adopted table.
-- A valid index that begins with the column and serves the same is left as it is, whoever made it.

CREATE OR REPLACE FUNCTION vecs._create_field_index(
    collection text,
    name text,
    kind text
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_field jsonb := vecs._fields(v_collection.view_id, NULL::jsonb) -> 'fields' -> name;
    v_kind text := v_field ->> 'kind';
    v_method text := CASE
        WHEN v_kind IN ('array', 'jsonb') OR kind = 'trigram' THEN 'gin'
        ELSE 'btree'
    END;
    v_column record;
    v_class text;
    v_schema text;
    v_index text;
    v_comment text := format('{"kind": "%s", "field": %s}', kind, to_jsonb(name));
BEGIN
    IF v_kind = 'other'
        OR kind = 'time' AND v_kind <> 'time'
        OR kind IN ('pattern', 'trigram') AND v_kind <> 'string'
        OR kind = 'trigram' AND v_field ->> 'type' = 'bpchar'
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'no index of kind "%s" can be on field "%s", a column of type %s',
                kind, name, v_field ->> 'type'
            ),
            HINT = CASE v_kind
                WHEN 'other' THEN 'Filters compare it as JSON, which no index of the column serves.'
                ELSE 'The kind value is for all types, time for dates and times, pattern and'
                    ' trigram for text.'
            END;
    END IF;

    SELECT a.attnum, a.attname INTO v_column
    FROM vecs._view_origin(v_collection.view_id::oid, name) AS o (origin)
    JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer;
    v_class := CASE
        WHEN kind = 'pattern' AND v_field ->> 'type' = 'bpchar' THEN 'bpchar_pattern_ops'
        WHEN kind = 'pattern' THEN 'text_pattern_ops'
        WHEN kind = 'trigram' THEN 'gin_trgm_ops'
        WHEN v_kind = 'jsonb' THEN 'jsonb_path_ops'
    END;
    v_schema := CASE kind WHEN 'trigram' THEN vecs._trigram_schema() ELSE 'pg_catalog.' END;
    SELECT c.relname INTO v_index
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    JOIN pg_opclass AS o ON o.oid = i.indclass[0]
    WHERE i.indrelid = v_collection.table_id
        AND i.indkey[0] = v_column.attnum
        AND i.indisvalid
        AND i.indpred IS NULL
        AND m.amname = v_method
        AND CASE
            WHEN v_class IS NULL THEN o.opcdefault
            ELSE o.opcname IN (v_class, replace(v_class, 'text_', 'varchar_'))
        END
    ORDER BY c.relname
    LIMIT 1;
    IF v_index IS NOT NULL THEN
        RETURN v_index;
    END IF;

    v_index := 'ix_metadata_' || md5(concat_ws(
        ' ', v_collection.table_id::oid, nullif(kind, 'value'), to_jsonb(name)
    ));
    IF to_regclass(format('%s.%I', vecs._schema(v_collection.table_id), v_index)) IS NOT NULL THEN
        v_index := 'ix_metadata_' || md5(concat(v_index, random()));
    END IF;
    PERFORM vecs._build_index(
        v_index,
        v_collection.table_id,
        concat(format('USING %s (%I', v_method, v_column.attname), ' ' || v_schema || v_class, ')')
    );
    EXECUTE format(
        'COMMENT ON INDEX %s.%I IS %L',
        vecs._schema(v_collection.table_id),
        v_index,
        v_comment
    );
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    RETURN v_index;
EXCEPTION
    WHEN program_limit_exceeded THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('field "%s" has values that are too long for an index', name),
            DETAIL = SQLERRM,
            HINT = 'A btree takes up to 2,700 bytes. Index a shorter column, which the table may'
                ' generate from it.';
END
$fn$;

COMMENT ON FUNCTION vecs._create_field_index(text, text, text) IS
$doc$Create an index on a field of an adopted table, for a kind of conditions, and return its name, or the name of one that there is.

Raises VS001 invalid_argument for a kind that the column's type does not have, and for values that are too long.$doc$;

GRANT EXECUTE ON FUNCTION vecs._create_field_index(text, text, text) TO PUBLIC;

-- _define_index: put together the definition of a vector index, and the settings to build it with.

CREATE OR REPLACE FUNCTION vecs._define_index(
    collection text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb,
    index_precision text,
    predicate text,
    OUT name text,
    OUT definition text,
    OUT setting_names text[],
    OUT settings text[],
    OUT needed_bytes bigint,
    OUT memory_bytes bigint
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_ops text := (vecs._measure(measure)).ops;
    v_rows bigint;
    v_bytes integer;
    v_index record;
    v_build record;
BEGIN
    v_rows := CASE
        WHEN filters IS NULL THEN vecs._rows_to_index(v_collection.table_id)
        ELSE vecs.count_rows(collection, filters)
    END;
    v_bytes := vecs._vector_bytes(
        v_collection.element_type, index_precision, v_collection.dimension
    );
    v_index := vecs._index_definition(method, arguments, v_bytes, v_rows);
    name := vecs._index_name(
        collection,
        v_collection.element_type,
        v_ops,
        concat_ws('_', v_index.label, nullif(index_precision, 'full')),
        filters
    );
    definition := format(
        'USING %I ((%s) %s%I) WITH (%s)%s',
        v_index.access_method,
        vecs._indexed_form(
            index_precision, v_collection.vec_column, v_collection.pgvector,
            v_collection.dimension
        ),
        v_collection.pgvector,
        CASE index_precision
            WHEN 'full' THEN format('%s_%s_ops', v_collection.element_type, v_ops)
            WHEN 'half' THEN format('halfvec_%s_ops', v_ops)
            ELSE 'bit_hamming_ops'
        END,
        v_index.storage_parameters,
        ' WHERE ' || predicate
    );
    v_build := vecs._build_settings(v_bytes, v_index.m, v_rows, arguments ->> 'memory');
    setting_names := v_build.names;
    settings := v_build.settings;
    needed_bytes := v_build.needed_bytes;
    memory_bytes := v_build.memory_bytes;
END
$fn$;

COMMENT ON FUNCTION vecs._define_index(text, text, text, jsonb, jsonb, text, text) IS
$doc$Return the name of a vector index, what follows the table's name in CREATE INDEX, and the settings to build it with, among them the memory that its graph needs and that it gets, for arguments that _check_index() has accepted, and what it returned.$doc$;

GRANT EXECUTE ON FUNCTION vecs._define_index(text, text, text, jsonb, jsonb, text, text) TO PUBLIC;

-- _drop_metadata_index: drop the metadata indexes on a path of keys, valid or not.

CREATE OR REPLACE FUNCTION vecs._drop_metadata_index(
    table_id regclass,
    view_id regclass,
    path text[],
    kind text
)
RETURNS boolean
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_name text;
    v_found boolean := false;
BEGIN
    FOR v_name IN SELECT i.name FROM vecs._key_indexes(table_id, view_id, path, kind) AS i LOOP
        EXECUTE format($sql$DROP INDEX IF EXISTS %s.%I$sql$, vecs._schema(table_id), v_name);
        v_found := true;
    END LOOP;

    RETURN v_found;
END
$fn$;

COMMENT ON FUNCTION vecs._drop_metadata_index(regclass, regclass, text[], text) IS
$doc$Drop the metadata indexes of a kind on a path of keys; of every kind if it is NULL. Returns whether there was one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._drop_metadata_index(regclass, regclass, text[], text) TO PUBLIC;

-- _farther_recall: measure how many of the nearest rows are among 1280
-- candidates of an hnsw index.
-- Where vectors lie in clear clusters, its graph may not lead from one to the next. The last
-- candidates of any search are not reliably nearer than other rows, so 95 % of them count. Nearer
-- rows are counted in one pass over up to 200,000 rows. A search may also end before it has found
-- all. The searches' settings are the caller's.

CREATE OR REPLACE FUNCTION vecs._farther_recall(
    collection text,
    measure text,
    index_precision text,
    vectors text[],
    row_count bigint
)
RETURNS double precision
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '16MB'
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_operator text := (vecs._measure(measure)).operator;
    v_order text := vecs._search_order(
        index_precision, format('t.%I', v_collection.vec_column), 'v.vec', v_collection.pgvector,
        v_collection.dimension, v_operator
    );
    v_compared double precision := least(1, 200000.0 / row_count);
    v_recall double precision;
BEGIN
    -- subvector() makes a long vector be read once, not once for each search.
    EXECUTE format(
        $sql$
        WITH searches AS MATERIALIZED (
            SELECT v.vec, f.distance, f.rows
            FROM unnest($1::%2$s%4$s[]) AS v (vec)
            CROSS JOIN LATERAL (
                SELECT
                    percentile_disc(0.95) WITHIN GROUP (ORDER BY c.distance) AS distance,
                    count(*) AS rows
                FROM (
                    SELECT (t.%7$I OPERATOR(%2$s%3$s) v.vec) AS distance
                    FROM %1$s AS t
                    ORDER BY %8$s
                    LIMIT 1280
                ) AS c
            ) AS f
        ),
        nearer AS (
            SELECT count(*) AS rows
            FROM (
                SELECT %2$ssubvector(t.%7$I, 1, %5$s) AS vec
                FROM %1$s AS t TABLESAMPLE system (%6$s) REPEATABLE (1)
                OFFSET 0
            ) AS r
            JOIN searches AS s ON (r.vec OPERATOR(%2$s%3$s) s.vec) < s.distance
        )
        SELECT least(
            0.95 * sum(s.rows) / greatest(1, (SELECT n.rows FROM nearer AS n) / $2),
            sum(s.rows) / (1280.0 * count(*))
        )
        FROM searches AS s
        $sql$,
        v_collection.table_id,
        v_collection.pgvector,
        v_operator,
        v_collection.element_type,
        v_collection.dimension,
        100 * v_compared,
        v_collection.vec_column,
        v_order
    ) INTO v_recall USING vectors, v_compared;
    RETURN v_recall;
END
$fn$;

COMMENT ON FUNCTION vecs._farther_recall(text, text, text, text[], bigint) IS
$doc$Search with vectors of a collection by an hnsw index for 1280 rows, and return the share of the nearest rows that are found: 1.0 in a good graph.$doc$;

GRANT EXECUTE ON FUNCTION vecs._farther_recall(text, text, text, text[], bigint) TO PUBLIC;

-- _finish_index: try a new vector index, let it take the place of others, and write its comment.
-- An index in place of others has another name until now. Built concurrently, those cannot be
-- dropped here: they are renamed, for DROP INDEX CONCURRENTLY. As long as there is one the planner
-- may prefer it, so _try_built_index() tries the new one after that, which knows it by its comment.
CREATE OR REPLACE FUNCTION vecs._finish_index(
    collection text,
    measure text,
    filters jsonb,
    index_precision text,
    min_recall double precision,
    new_name text,
    final_name text,
    replaced text[],
    old_names text[]
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_schema text := vecs._schema(v_collection.table_id);
    v_index record;
    v_mark text;
    v_tried boolean;
    v_costs numeric[];
    v_name text := final_name;
    v_replaced text;
    v_old_name text;
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    -- _vector_indexes() knows a partial index by its comment.
    SELECT c.oid::regclass AS index_id, c.relname, m.amname AS method
    INTO v_index
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_collection.table_id
        AND c.relname = new_name COLLATE "C"
        AND (i.indisvalid OR c.relkind = 'I');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS007',
            MESSAGE = format(
                'the index "%s" of collection "%s" was not built', new_name, collection
            ),
            HINT = 'The error of CREATE INDEX says why.';
    END IF;
    IF index_precision = 'binary' THEN
        PERFORM vecs._check_binary(collection, measure, min_recall);
    END IF;

    -- The planner may prefer the old index to a denser one. Then the searches wait until it is
    -- dropped, and readers wait for them, about a second.
    PERFORM vecs._refresh_statistics(v_collection.table_id);
    IF v_index.method = 'hnsw' AND cardinality(old_names) > 0 THEN
        v_mark := right(new_name, 7);
    END IF;
    v_tried := v_index.method <> 'hnsw' OR v_mark IS NOT NULL;
    IF NOT v_tried THEN
        SELECT t.tried, t.candidate_costs INTO v_tried, v_costs
        FROM vecs._try_index(collection, measure, v_index.index_id, index_precision, filters) AS t;
    END IF;
    FOR v_replaced, v_old_name IN
        SELECT c.relname, r.old_name
        FROM unnest(replaced, old_names) AS r (name, old_name)
        JOIN pg_class AS c ON c.relname = r.name COLLATE "C"
        JOIN pg_index AS i ON i.indexrelid = c.oid
        WHERE i.indrelid = v_collection.table_id
    LOOP
        EXECUTE format(
            CASE
                WHEN v_old_name IS NULL THEN 'DROP INDEX IF EXISTS %s.%I'
                ELSE 'ALTER INDEX IF EXISTS %s.%I RENAME TO %I'
            END,
            v_schema, v_replaced, v_old_name
        );
    END LOOP;
    -- Another collection's index may have the name: that of a renamed collection, or by chance
    -- (1 in 2^28).
    IF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := left(v_name, -7) || left(md5(random()::text), 7);
    END IF;
    EXECUTE format('ALTER INDEX %s.%I RENAME TO %I', v_schema, v_index.relname, v_name);

    IF NOT v_tried THEN
        SELECT t.tried, t.candidate_costs INTO v_tried, v_costs
        FROM vecs._try_index(collection, measure, v_index.index_id, index_precision, filters) AS t;
    END IF;

    -- The catalog does not hold how many rows the index was built on. The build has counted them.
    v_comment := jsonb_strip_nulls(jsonb_build_object(
        'rows', CASE
            WHEN filters IS NULL THEN (vecs._approximate_count(v_collection.table_id)).row_count
            ELSE (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = v_index.index_id)
        END,
        'measure', CASE index_precision WHEN 'binary' THEN measure END,
        'candidates', v_costs,
        'untried_build', v_mark
    ));
    -- A null in a filter means something.
    IF filters IS NOT NULL THEN
        v_comment := v_comment || jsonb_build_object('partial_filters', filters);
    END IF;
    EXECUTE format('COMMENT ON INDEX %s.%I IS %L', v_schema, v_name, v_comment);

    -- Not while the index that it replaces is there.
    IF cardinality(old_names) > 0 IS NOT TRUE THEN
        PERFORM vecs._remember_recall(
            collection, measure, v_index.index_id, v_index.method::text, filters,
            -- Where an index was dropped, readers wait, too: about a second.
            CASE WHEN cardinality(replaced) > 0 THEN 1000000 ELSE 10000000 END::bigint
        );
    END IF;
    RETURN v_name;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs._finish_index(text, text, jsonb, text, double precision, text, text, text[], text[]) IS
$doc$Give a new, valid index of a measure, a filter (NULL: over all rows) and a precision its final name and its comment, drop those that it replaces, or rename them if there are other names for them, and return the name.

Raises VS007 index_not_found if there is no such valid index, and VS008 unsupported for one of bits that misses min_recall.$doc$;

GRANT EXECUTE ON FUNCTION vecs._finish_index(text, text, jsonb, text, double precision, text, text, text[], text[]) TO PUBLIC;

-- _hnsw_parameters: choose m and ef_construction of an hnsw index.
-- With pgvector's defaults, 16 and 64, some searches end in the wrong part of the graph. More
-- neighbours (m) take no space while a page holds as many rows as with 16: then m is 20. A greater
-- m makes each search compare more rows and finds hardly more. docs/sql.md has the figures.
-- Sizes are from HnswElementTupleData and HnswNeighborTupleData in pgvector's hnsw.h: a page has
-- 8,160 bytes, a row 80 beside its vector, 12 m + 4 for its neighbours, and two line pointers. One
-- row in m has a second level, which takes it 6 m more; there must be room for two of them.

CREATE OR REPLACE FUNCTION vecs._hnsw_parameters(
    vector_bytes integer,
    arguments jsonb,
    OUT m integer,
    OUT ef_construction integer
)
RETURNS record
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Either part of a row takes a multiple of 8 bytes.
    v_row integer := 8 + (80 + vector_bytes + 7) / 8 * 8;
BEGIN
    m := (arguments ->> 'm')::integer;
    ef_construction := (arguments ->> 'ef_construction')::integer;
    IF m IS NULL THEN
        SELECT max(s.m) INTO _hnsw_parameters.m
        FROM unnest(ARRAY[16, 20]) AS s (m)
        WHERE s.m = 16
            OR (8160 - 12 * s.m) / (v_row + (4 + 12 * s.m + 7) / 8 * 8) >= 8160 / (v_row + 200);
        -- pgvector demands that ef_construction is at least twice m.
        m := least(m, ef_construction / 2);
    END IF;
    ef_construction := coalesce(ef_construction, greatest(160, 2 * m));
END
$fn$;

COMMENT ON FUNCTION vecs._hnsw_parameters(integer, jsonb) IS
$doc$Return m and ef_construction for an hnsw index that holds so many bytes of a vector: those among the arguments, and for the others values with which few searches get lost and the index is no larger than with m = 16.$doc$;

GRANT EXECUTE ON FUNCTION vecs._hnsw_parameters(integer, jsonb) TO PUBLIC;

-- _index_age: say why a vector index has grown old.
-- The centres of an ivfflat index's lists are those of the rows at its build. A search by an hnsw
-- index passes through rows that are dead until VACUUM takes them out of the graph.

CREATE OR REPLACE FUNCTION vecs._index_age(
    index_id regclass,
    table_id regclass
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN m.amname = 'ivfflat' AND n.row_count >= 2 * b.row_count AND b.row_count > 0
            THEN format('it was built on %s rows, and there are %s now', b.row_count, n.row_count)
        WHEN m.amname = 'hnsw'
            AND pg_stat_get_dead_tuples(t.oid) > 1000
            AND pg_stat_get_dead_tuples(t.oid) > 0.2 * greatest(t.reltuples, 0)
            THEN format('%s dead rows are still in its graph', pg_stat_get_dead_tuples(t.oid))
    END
    FROM pg_class AS i
    JOIN pg_am AS m ON m.oid = i.relam
    JOIN pg_class AS t ON t.oid = _index_age.table_id
    JOIN pg_index AS x ON x.indexrelid = i.oid
    CROSS JOIN LATERAL vecs._rows_when_built(_index_age.index_id) AS b (row_count)
    -- Of a partial index its own rows count.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN x.indpred IS NULL THEN t.reltuples ELSE i.reltuples END::bigint
    ) AS n (row_count)
    WHERE i.oid = _index_age.index_id;
$fn$;

COMMENT ON FUNCTION vecs._index_age(regclass, regclass) IS
$doc$Return why a vector index of a table has grown old: an ivfflat index when the rows have doubled since it was built, an hnsw index when more than a fifth of its rows are dead. NULL if it has not.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_age(regclass, regclass) TO PUBLIC;

-- _index_definition: complete the arguments of create_index() with defaults.

CREATE OR REPLACE FUNCTION vecs._index_definition(
    method text,
    arguments jsonb,
    vector_bytes integer,
    row_count bigint,
    OUT access_method text,
    OUT storage_parameters text,
    OUT label text,
    OUT m integer,
    OUT ef_construction integer
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_lists integer;
BEGIN
    IF method IN ('auto', 'hnsw') THEN
        SELECT p.m, p.ef_construction
        INTO _index_definition.m, _index_definition.ef_construction
        FROM vecs._hnsw_parameters(vector_bytes, arguments) AS p;
        access_method := 'hnsw';
        storage_parameters := format('m = %s, ef_construction = %s', m, ef_construction);
        label := format('hnsw_m%s_efc%s', m, ef_construction);
    ELSE
        -- As pgvector's README advises and the vecs client does: rows / 1000 up to a million rows,
        -- their square root above.
        v_lists := coalesce(
            (arguments ->> 'lists')::integer,
            CASE
                WHEN row_count < 1000000 THEN greatest(row_count / 1000, 30)
                ELSE least(sqrt(row_count), 32768)
            END
        );
        access_method := 'ivfflat';
        storage_parameters := format('lists = %s', v_lists);
        label := format('ivfflat_nl%s', v_lists);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._index_definition(text, jsonb, integer, bigint) IS
$doc$Return the access method, the storage parameters, the part of the index's name that states them, and those of an hnsw index (NULL for another), for arguments that _check_index_arguments() has accepted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_definition(text, jsonb, integer, bigint) TO PUBLIC;

-- _index_expression: build the expression of a metadata index of a kind.
-- A B-tree entry is limited to 2,704 bytes, and an upsert must not fail because of that.
-- value: a value of more than 500 characters is indexed as {}, which is greater than every scalar,
-- and must be compared itself. Numbers are exempt: they take a byte for two digits, and one that
-- does not fit is an error.
-- pattern: the first 500 characters, ordered by code point, so that strings with the same prefix
-- are adjacent.

CREATE OR REPLACE FUNCTION vecs._index_expression(
    value text,
    kind text
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN CASE kind
        WHEN 'value' THEN format(
            $sql$(CASE
                WHEN length(%1$s #>> '{}') > 500 AND jsonb_typeof(%1$s) <> 'number' THEN '{}'::jsonb
                ELSE %1$s
            END)$sql$,
            value
        )
        WHEN 'time' THEN format($sql$vecs._instant(%s #>> '{}')$sql$, value)
        WHEN 'pattern' THEN format(
            $sql$(CASE jsonb_typeof(%1$s)
                WHEN 'string' THEN left(%1$s #>> '{}', 500)
            END COLLATE "C")$sql$,
            value
        )
        WHEN 'trigram' THEN format($sql$(%s #>> '{}')$sql$, value)
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._index_expression(text, text) IS
$doc$Return the SQL expression that a metadata index of a kind is on, for a value given as SQL text. value: the value, or {} if it is longer than 500 characters and not a number; time: its instant; pattern: the first 500 characters of a string; trigram: the value as text.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_expression(text, text) TO PUBLIC;

-- _index_name: name a vector index.
-- The form is that of the vecs client, which recognizes its indexes by it. The last part, random
-- there, is a hash of the collection's name here. A partial index has another form, so that the
-- client does not take it for one over all rows.

CREATE OR REPLACE FUNCTION vecs._index_name(
    collection text,
    element_type text,
    ops text,
    label text,
    filters jsonb
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT format(
        CASE
            WHEN _index_name.filters IS NULL THEN 'ix_vector_%s_ops_%s_%s'
            ELSE 'ix_partial_%s_ops_%s_%4$s_%3$s'
        END,
        _index_name.ops,
        _index_name.label,
        vecs._name_hash(_index_name.element_type, _index_name.collection),
        left(md5(_index_name.filters::text), 7)
    );
$fn$;

COMMENT ON FUNCTION vecs._index_name(text, text, text, text, jsonb) IS
$doc$Return the name of a vector index, from the collection, its element type, an operator class (cosine, l2, ip, l1) a label such as hnsw_m16_efc64, and the filter of a partial index (NULL: none).$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_name(text, text, text, text, jsonb) TO PUBLIC;

-- _index_parameters: read the parameters of a vector index.

CREATE OR REPLACE FUNCTION vecs._index_parameters(
    index_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT coalesce(jsonb_object_agg(o.option_name, o.option_value::integer), '{}')
    FROM pg_class AS c
    CROSS JOIN LATERAL pg_options_to_table(c.reloptions) AS o
    WHERE c.oid = _index_parameters.index_id;
$fn$;

COMMENT ON FUNCTION vecs._index_parameters(regclass) IS
$doc$Return m and ef_construction, or lists, of an index, as numbers. Those that CREATE INDEX did not name are not there; pgvector's defaults hold for them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._index_parameters(regclass) TO PUBLIC;

-- _indexed_form: write what a vector index of some precision holds of a row.
-- In the form in which PostgreSQL prints an index expression, so that an index is recognized by it;
-- the caller has turned quote_all_identifiers off.

CREATE OR REPLACE FUNCTION vecs._indexed_form(
    index_precision text,
    vec_column text,
    pgvector text,
    dimension integer
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT format(
        CASE _indexed_form.index_precision
            WHEN 'half' THEN '(%1$I)::%2$shalfvec(%3$s)'
            WHEN 'binary' THEN '(%2$sbinary_quantize(%1$I))::bit(%3$s)'
            ELSE '%1$I'
        END,
        _indexed_form.vec_column,
        _indexed_form.pgvector,
        _indexed_form.dimension
    );
$fn$;

COMMENT ON FUNCTION vecs._indexed_form(text, text, text, integer) IS
$doc$Return what an index of a precision (full, half, binary) holds of a column of vectors, as SQL: the column, or an expression. pgvector is the prefix that names its schema.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_form(text, text, text, integer) TO PUBLIC;

-- _keep_with_index: write into the comment of an index what was measured of it.
-- Searches read ef_search and probes from there.
CREATE OR REPLACE FUNCTION vecs._keep_with_index(
    index_id regclass,
    measured jsonb
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_comment jsonb;
BEGIN
    -- Another comment is its owner's.
    IF vecs._rows_when_built(index_id) IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format('nothing can be kept with the index %s', index_id),
            DETAIL = 'Its comment is not one that create_index() wrote.',
            HINT = 'Build it with vecs.create_index(), or pass ef_search or probes to each search.';
    END IF;
    v_comment := obj_description(index_id, 'pg_class')::jsonb || measured;
    EXECUTE format('COMMENT ON INDEX %s IS %L', index_id, v_comment);
END
$fn$;

COMMENT ON FUNCTION vecs._keep_with_index(regclass, jsonb) IS
$doc$Keep what was measured with an index: recall, and the ef_search or probes that searches use which name none.

Raises VS008 unsupported for an index that create_index() did not build.$doc$;

GRANT EXECUTE ON FUNCTION vecs._keep_with_index(regclass, jsonb) TO PUBLIC;

-- _name_hash: make the part of a vector index's name that stands for its collection.

CREATE OR REPLACE FUNCTION vecs._name_hash(
    element_type text,
    collection text
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT left(
        md5(concat(nullif(_name_hash.element_type, 'vector'), _name_hash.collection)), 7
    );
$fn$;

COMMENT ON FUNCTION vecs._name_hash(text, text) IS
$doc$Return the seven hexadecimal digits that stand for a collection of an element type in the name of an index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._name_hash(text, text) TO PUBLIC;

-- _notice_serial_build: say that shared memory was too small for the workers of a build.
-- Also called by clients whose concurrent build, a statement by itself, has failed for that.

CREATE OR REPLACE FUNCTION vecs._notice_serial_build(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RAISE NOTICE USING
        ERRCODE = 'VSW05',
        MESSAGE = format(
            'an index of table "%s" was built without parallel workers, for which the server has'
            ' too little shared memory',
            table_id
        ),
        HINT = 'They need as much as maintenance_work_mem, or memory among the arguments. A'
            ' container has 64 MB: set shm_size in Docker Compose, or docker run --shm-size.';
END
$fn$;

COMMENT ON FUNCTION vecs._notice_serial_build(regclass) IS
$doc$Raise the notice VSW05 for an index that was built without workers because they lacked shared memory.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_serial_build(regclass) TO PUBLIC;

-- _notice_slow_build: say that a graph does not fit into the memory for its build.
-- pgvector then writes the graph to disk, and inserts each of the other rows there, which takes
-- 7 times as long: see docs/sql.md.

CREATE OR REPLACE FUNCTION vecs._notice_slow_build(
    collection text,
    needed_bytes bigint,
    memory_bytes bigint
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_share double precision := memory_bytes::double precision / nullif(needed_bytes, 0);
BEGIN
    IF v_share < 0.98 THEN
        RAISE NOTICE USING
            ERRCODE = 'VSW04',
            MESSAGE = format(
                'the index of collection "%s" needs %s MB of memory to be built and has %s MB, so'
                ' it will take about %s times as long',
                collection,
                ceil(needed_bytes / 1048576.0),
                memory_bytes / 1048576,
                round((v_share + (1 - v_share) * 7)::numeric, 1)
            ),
            HINT = format(
                'If the server has it, pass arguments => ''{"memory": "%sMB"}'', or raise'
                ' maintenance_work_mem.',
                ceil(needed_bytes / 1048576.0)
            );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._notice_slow_build(text, bigint, bigint) IS
$doc$Raise the notice VSW04 for a build that has less memory than its graph needs.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_slow_build(text, bigint, bigint) TO PUBLIC;

-- _raise_build_error: say what an error of CREATE INDEX on a collection's vectors means.
-- Also called by clients whose concurrent build, a statement by itself, has failed.

CREATE OR REPLACE FUNCTION vecs._raise_build_error(
    collection text,
    is_partial boolean,
    error_code text,
    error_message text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    -- numeric_value_out_of_range
    IF error_code = '22003' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'vectors of collection "%s" do not fit into half precision', collection
            ),
            DETAIL = error_message,
            HINT = CASE
                WHEN v_collection.dimension <= 2000 THEN 'Use the precision full.'
                ELSE 'It holds numbers from -65504 to 65504: scale the vectors, or use the'
                    ' precision binary.'
            END;
    -- invalid_object_definition, feature_not_supported, program_limit_exceeded
    ELSIF is_partial AND error_code IN ('42P17', '0A000', '54000') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = 'this filter cannot be that of an index',
            DETAIL = error_message,
            HINT = 'Use few conditions, each of which compares a key with a value.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._raise_build_error(text, boolean, text, text) IS
$doc$Raise VS008 unsupported for an error of CREATE INDEX, given as its SQLSTATE and its message, that means that half precision cannot hold a collection's vectors, or that no index can have the filter; and VS002 collection_not_found if the collection has been dropped. Does nothing for other errors.$doc$;

GRANT EXECUTE ON FUNCTION vecs._raise_build_error(text, boolean, text, text) TO PUBLIC;

-- _rebuild_pays: tell whether to drop the vector indexes for a load, and build them again after it.
-- Everybody waits from the drop to the end of the build. So a load has to bring at least as many
-- rows as there are, besides taking less time: docs/sql.md has the border without regard to others.
-- A graph is counted in rows that one process inserts in memory. An ivfflat index takes little time
-- either way, but its lists are those of the rows at its build: with twice the rows it is old.

CREATE OR REPLACE FUNCTION vecs._rebuild_pays(
    collection text,
    new_rows bigint,
    timeout double precision
)
RETURNS boolean
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint := vecs._estimated_rows(collection);
    -- 0 is none.
    v_limit double precision := least(timeout, (
        SELECT nullif(s.setting::double precision, 0) / 1000
        FROM pg_settings AS s
        WHERE s.name = 'statement_timeout'
    ));
    v_index record;
    v_bytes integer;
    v_build record;
    v_workers integer;
    v_share double precision;
    v_built double precision := 0;
    v_inserted double precision := 0;
    v_seconds double precision := 0;
    v_is_old boolean := false;
BEGIN
    -- The owner of an adopted table has an application that reads it.
    IF new_rows < greatest(v_rows, 1000)
        OR v_collection.view_id IS NOT NULL
        OR NOT EXISTS (
            SELECT
            FROM pg_class AS c
            WHERE c.oid = v_collection.table_id
                AND pg_has_role(c.relowner, 'USAGE')
                AND has_schema_privilege(c.relnamespace, 'CREATE')
        )
    THEN
        RETURN false;
    END IF;

    FOR v_index IN
        SELECT
            r.method,
            r.arguments,
            (v_rows + new_rows) * CASE
                WHEN r.filters IS NULL OR v_rows = 0 THEN 1
                ELSE least(1, greatest(c.reltuples, 0) / v_rows)
            END AS row_count
        FROM vecs._restorable_indexes(collection) AS r
        JOIN pg_index AS i ON i.indrelid = v_collection.table_id
        JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relname = r.name COLLATE "C"
    LOOP
        IF v_index.method <> 'hnsw' THEN
            v_is_old := true;
            CONTINUE;
        END IF;
        v_bytes := vecs._vector_bytes(
            v_collection.element_type, v_index.arguments ->> 'precision', v_collection.dimension
        );
        v_build := vecs._build_settings(
            v_bytes, (v_index.arguments ->> 'm')::integer, v_index.row_count::bigint, NULL::text
        );
        v_share := least(
            1, v_build.memory_bytes::double precision / nullif(v_build.needed_bytes, 0)
        );
        -- pgvector takes all that it may, if PostgreSQL would take one: that is from 8 MB on.
        v_workers := CASE
            WHEN (v_rows + new_rows) * v_bytes < 8388608 THEN 0
            ELSE least(
                v_build.settings[1]::integer, current_setting('max_parallel_workers')::integer
            )
        END;
        v_share := v_index.row_count
            * (v_share + (1 - v_share) * 7)
            / (1 + 0.6 * v_workers);
        v_built := v_built + v_share;
        v_seconds := greatest(
            v_seconds, v_share * 0.0013 * greatest(1, v_bytes / 1536.0)
        );
        v_inserted := v_inserted
            + v_index.row_count * new_rows / (v_rows + new_rows) * 4;
    END LOOP;
    -- Not if a build might be cancelled.
    RETURN (v_is_old OR v_built < v_inserted) AND v_seconds * 3 < coalesce(v_limit, 'Infinity');
END
$fn$;

COMMENT ON FUNCTION vecs._rebuild_pays(text, bigint, double precision) IS
$doc$Tell whether a load of so many rows should drop the vector indexes of a collection and build them again: where that takes less time, the load at least doubles the rows, the role may do so, and a build ends long before statement_timeout and the timeout of the client in seconds (NULL: none).$doc$;

GRANT EXECUTE ON FUNCTION vecs._rebuild_pays(text, bigint, double precision) TO PUBLIC;

-- _refresh_statistics: collect statistics and empty the pending lists of GIN indexes.
-- Autovacuum does both some time after a bulk load. Until then the planner cannot estimate a
-- filter, and each search reads through the pending list of the index on the metadata.

CREATE OR REPLACE FUNCTION vecs._refresh_statistics(
    table_id regclass
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM gin_clean_pending_list(i.indexrelid)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = table_id AND m.amname = 'gin' AND i.indisvalid;

    EXECUTE format('ANALYZE %s', table_id);
END
$fn$;

COMMENT ON FUNCTION vecs._refresh_statistics(regclass) IS
$doc$Run ANALYZE on a collection's table, and move the entries in the pending lists of its GIN indexes to their place.$doc$;

GRANT EXECUTE ON FUNCTION vecs._refresh_statistics(regclass) TO PUBLIC;

-- _remember_recall: search by a new index, and keep the recall with it, which tells later whether
-- it has grown old; of a partial hnsw index also how long the list of candidates has to be.
-- Most vectors that are searched with are not of a partial index's rows, and may lie far from all
-- of them: then a list of 40 finds .87 of the ten nearest of 7,989 glosses, and one of 160 finds
-- .98. So tune() searches it with vectors of the whole collection.

CREATE OR REPLACE FUNCTION vecs._remember_recall(
    collection text,
    measure text,
    index_id regclass,
    method text,
    filters jsonb,
    most_rows bigint
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_rows bigint := vecs._rows_when_built(index_id);
    v_sample bigint := least(
        CASE WHEN filters IS NULL THEN 10 ELSE 30 END, most_rows / greatest(v_rows, 1)
    );
    v_best record;
BEGIN
    -- After an update in the same transaction, searches cannot use the index yet.
    IF (SELECT i.indcheckxmin FROM pg_index AS i WHERE i.indexrelid = index_id)
        OR v_rows <= 1500
        OR v_sample < 3
        OR row_security_active((vecs._collection(collection)).table_id)
    THEN
        RETURN;
    END IF;
    IF filters IS NULL OR method <> 'hnsw' THEN
        SELECT r.recall, NULL::integer AS ef_search INTO v_best
        FROM vecs.recall(
            collection, v_sample, 10::bigint, coalesce(filters, '{}'::jsonb), measure,
            NULL::bigint, NULL::bigint
        ) AS r;
    ELSE
        SELECT t.recall, t.ef_search INTO v_best
        FROM vecs.tune(
            collection, 0.98::double precision, 10::bigint, measure, filters, v_sample, false
        ) AS t
        WHERE t.ef_search <= 400
        ORDER BY t.chosen DESC, t.ef_search DESC
        LIMIT 1;
    END IF;
    PERFORM vecs._keep_with_index(index_id, jsonb_strip_nulls(jsonb_build_object(
        'recall', trim_scale(round(v_best.recall::numeric, 3)),
        'ef_search', CASE
            WHEN v_best.ef_search > 40 THEN v_best.ef_search
        END
    )));
EXCEPTION
    -- Whatever went wrong here, the index is built and valid.
    WHEN OTHERS THEN
        NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._remember_recall(text, text, regclass, text, jsonb, bigint) IS
$doc$Keep the recall for ten neighbours with a new index of a measure, a method and a filter (NULL: over all rows), measured on up to ten of the collection's vectors. By a partial hnsw index searches are tried until .98 are found by up to 30, and the length of the list is kept, too: 40 to 400. The exact searches compare up to most_rows rows in all. Nothing is done for an index of few rows, or of so many that three searches would compare more, or under row-level security.$doc$;

GRANT EXECUTE ON FUNCTION vecs._remember_recall(text, text, regclass, text, jsonb, bigint) TO PUBLIC;

-- _replaced_indexes: list the indexes that a new one of the same measure and filter replaces.
-- An index that the owner of an adopted table made is not replaced behind their back.

CREATE OR REPLACE FUNCTION vecs._replaced_indexes(
    collection text,
    measure text,
    method text,
    filters jsonb,
    replace boolean,
    OUT replaced text[],
    OUT kept text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    replaced := ARRAY(
        SELECT i.name
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.measure = _replaced_indexes.measure
            AND i.filters IS NOT DISTINCT FROM _replaced_indexes.filters
            AND i.partition IS NULL
    );
    IF replace IS FALSE AND EXISTS (
        SELECT
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
        WHERE i.name = ANY (replaced) AND i.valid AND i.name !~ '_new[0-9a-f]{7}$'
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS006',
            MESSAGE = format(
                'collection "%s" has an index for %s: %s',
                collection,
                measure,
                (
                    SELECT string_agg(
                        format('%s.%I', vecs._schema(v_collection.table_id), r.name), ', '
                    )
                    FROM unnest(replaced) AS r (name)
                )
            ),
            HINT = 'Pass replace => true to replace it.';
    END IF;

    SELECT i.name INTO _replaced_indexes.kept
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    WHERE v_collection.view_id IS NOT NULL
        AND i.measure = _replaced_indexes.measure
        AND i.filters IS NULL
        AND i.valid
        AND vecs._rows_when_built(i.index_id) IS NULL
    LIMIT 1;
    IF kept IS NOT NULL AND method <> 'auto' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS006',
            MESSAGE = format(
                'table "%s" has an index for %s that create_index() did not make: %s',
                v_collection.table_id, measure, kept
            ),
            HINT = format(
                'Searches use it. To have another, drop this one of yours first, with'
                ' vecs.drop_index(%L, %L).',
                collection, measure
            );
    END IF;
    replaced := replaced || ARRAY(
        SELECT b.name
        FROM vecs._broken_indexes(v_collection.table_id) AS b (name)
        WHERE b.name <> ALL (replaced)
    );
END
$fn$;

COMMENT ON FUNCTION vecs._replaced_indexes(text, text, text, jsonb, boolean) IS
$doc$Return the names of the indexes that a new one for a measure and a filter (NULL: over all rows) replaces, and of those that broken-off builds have left; and the one of an adopted table's owner that makes it needless.

Raises VS006 index_already_exists if replace is false and there are any, and beside an owner's index unless the method is auto.$doc$;

GRANT EXECUTE ON FUNCTION vecs._replaced_indexes(text, text, text, jsonb, boolean) TO PUBLIC;

-- _restorable_indexes: list the vector indexes that create_index() would make again as they are.
-- Not those that the owner of an adopted table has made, nor what has a comment or a tablespace of
-- its own. Of two for one measure, create_index() would replace one by the other.
CREATE OR REPLACE FUNCTION vecs._restorable_indexes(
    collection text
)
RETURNS TABLE (
    name text,
    measure text,
    method text,
    arguments jsonb,
    filters jsonb,
    measured jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    RETURN QUERY
    WITH indexes AS MATERIALIZED (
        SELECT i.*
        FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    )
    SELECT
        i.name,
        i.measure,
        i.method,
        -- pgvector does not store its own defaults.
        CASE i.method
            WHEN 'hnsw' THEN '{"m": 16, "ef_construction": 64}'::jsonb
            ELSE '{"lists": 100}'
        END
            || vecs._index_parameters(i.index_id)
            || jsonb_build_object('precision', i.index_precision)
            || CASE i.index_precision WHEN 'binary' THEN '{"min_recall": 0}' ELSE '{}' END::jsonb,
        i.filters,
        jsonb_strip_nulls(jsonb_build_object(
            'candidates', regexp_match(
                d.comment,
                '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
            )::double precision[]::numeric[]
        )) || vecs._measured_when_built(i.index_id) - 'recall_when_built'
    FROM indexes AS i
    JOIN pg_class AS c ON c.oid = i.index_id
    CROSS JOIN LATERAL obj_description(c.oid, 'pg_class') AS d (comment)
    -- The indexes of a partitioned table are made of those of its partitions.
    JOIN pg_class AS t ON t.oid = v_collection.table_id AND t.relkind = 'r'
    WHERE i.valid
        AND c.reltablespace = 0
        AND CASE
            WHEN v_collection.view_id IS NULL AND d.comment IS NULL THEN true
            ELSE vecs._rows_when_built(i.index_id) IS NOT NULL
        END
        AND NOT EXISTS (
            SELECT
            FROM indexes AS o
            WHERE o.index_id <> i.index_id
                AND o.measure = i.measure
                AND o.filters IS NOT DISTINCT FROM i.filters
        )
    ORDER BY i.name;
END
$fn$;

COMMENT ON FUNCTION vecs._restorable_indexes(text) IS
$doc$Return the vector indexes of a collection that can be dropped and made again as they are, the arguments of create_index() that do so, and what was measured of them and holds on: candidates, ef_search, probes.$doc$;

GRANT EXECUTE ON FUNCTION vecs._restorable_indexes(text) TO PUBLIC;

-- _restore_indexes: build the indexes that _set_aside_indexes() has dropped.
-- Where rows were replaced within their page (HOT), PostgreSQL uses an index only when transactions
-- that began before this one have ended; neither does this one. Then what candidates cost cannot be
-- measured, and what was measured before holds on. So does what tune() has kept.
CREATE OR REPLACE FUNCTION vecs._restore_indexes(
    collection text,
    dropped jsonb
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET default_tablespace = ''
AS $fn$
DECLARE
    v_table regclass := (vecs._collection(collection)).table_id;
    v_schema text := vecs._schema(v_table);
    v_index record;
    v_name text;
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    -- The memory for a build is chosen by the number of rows. The statistics are of those before.
    PERFORM vecs._refresh_statistics(v_table);
    FOR v_index IN
        SELECT
            r.name, r.measure, r.method, r.arguments, coalesce(r.filters, '{}') AS filters,
            r.measured
        FROM jsonb_to_recordset(dropped -> 'indexes') AS r (
            name text, measure text, method text, arguments jsonb, filters jsonb, measured jsonb
        )
    LOOP
        v_name := vecs.create_index(
            collection, v_index.measure, v_index.method, v_index.arguments, true, false,
            v_index.filters
        );
        IF v_name <> v_index.name THEN
            EXECUTE format(
                'ALTER INDEX %s.%I RENAME TO %I', v_schema, v_name, v_index.name
            );
        END IF;
        v_comment := obj_description(
            to_regclass(format('%s.%I', v_schema, v_index.name)), 'pg_class'
        );
        IF NOT v_comment @> v_index.measured THEN
            v_comment := v_index.measured || v_comment || jsonb_strip_nulls(jsonb_build_object(
                'ef_search', greatest(
                    (v_index.measured ->> 'ef_search')::integer,
                    (v_comment ->> 'ef_search')::integer
                )
            ));
            EXECUTE format(
                'COMMENT ON INDEX %s.%I IS %L', v_schema, v_index.name, v_comment
            );
        END IF;
    END LOOP;
    PERFORM vecs._swap_settings(
        '{client_connection_check_interval}'::text[], ARRAY[dropped ->> 'check_interval']
    );
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs._restore_indexes(text, jsonb) IS
$doc$Build the indexes of a collection that _set_aside_indexes() has dropped, with their names, and put back what that has set. dropped is what it returned.

Raises the errors of create_index().$doc$;

GRANT EXECUTE ON FUNCTION vecs._restore_indexes(text, jsonb) TO PUBLIC;

-- _rows_to_index: count the rows of the largest index that a build on a table makes.
-- Each partition has an index of its own, and one is built after the other.

CREATE OR REPLACE FUNCTION vecs._rows_to_index(
    table_id regclass
)
RETURNS bigint
LANGUAGE sql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    -- pg_partition_tree is empty for a table that is not partitioned.
    SELECT coalesce(max((vecs._approximate_count(r.relation_id)).row_count), 0)
    FROM (
        SELECT _rows_to_index.table_id
        WHERE NOT EXISTS (SELECT FROM pg_partition_tree(_rows_to_index.table_id))
        UNION ALL
        SELECT p.relid FROM pg_partition_tree(_rows_to_index.table_id) AS p WHERE p.isleaf
    ) AS r (relation_id);
$fn$;

COMMENT ON FUNCTION vecs._rows_to_index(regclass) IS
$doc$Return about how many rows a table has; for a partitioned one, how many the largest of its partitions has.$doc$;

GRANT EXECUTE ON FUNCTION vecs._rows_to_index(regclass) TO PUBLIC;

-- _set_aside_indexes: drop the vector indexes for a load, which _restore_indexes() ends.
-- Takes ACCESS EXCLUSIVE on the collection's table until the end of the transaction. Both are to be
-- in one transaction: if it fails, the indexes are as they were. That a client has died during the
-- build, the server would notice at its end, and others wait: so it looks for that meanwhile.
CREATE OR REPLACE FUNCTION vecs._set_aside_indexes(
    collection text,
    wait boolean
)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_before text[];
    v_interval text := current_setting('client_connection_check_interval');
    v_schema text;
    v_indexes jsonb;
    v_name text;
    v_detail text;
    v_hint text;
BEGIN
    IF NOT wait THEN
        v_before := vecs._swap_settings('{lock_timeout}'::text[], '{1s}'::text[]);
    END IF;
    PERFORM vecs._lock_builds(collection);
    v_schema := vecs._schema((vecs._collection(collection)).table_id);
    SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.name), '[]')
    INTO v_indexes
    FROM vecs._restorable_indexes(collection) AS r;
    FOR v_name IN SELECT r.name FROM jsonb_to_recordset(v_indexes) AS r (name text) LOOP
        EXECUTE format('DROP INDEX %s.%I', v_schema, v_name);
    END LOOP;
    IF NOT wait THEN
        PERFORM vecs._swap_settings('{lock_timeout}'::text[], v_before);
    END IF;

    IF v_interval = '0' AND v_indexes <> '[]' THEN
        BEGIN
            PERFORM vecs._swap_settings(
                '{client_connection_check_interval}'::text[], '{5s}'::text[]
            );
        EXCEPTION
            -- Not on every system.
            WHEN invalid_parameter_value THEN
                NULL;
        END;
    END IF;
    RETURN jsonb_build_object('indexes', v_indexes, 'check_interval', v_interval);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN lock_not_available OR object_in_use OR deadlock_detected THEN
        IF wait THEN
            RAISE;
        END IF;
        RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._set_aside_indexes(text, boolean) IS
$doc$Drop the vector indexes of a collection that _restorable_indexes() lists, until the end of a load, and return what _restore_indexes() needs. If it is not to wait, NULL when others hold the table for more than a second, or build an index: then nothing is dropped or locked.

Raises VS001 invalid_argument for NULL, VS002 collection_not_found, and 55006 if an index is being built concurrently.$doc$;

GRANT EXECUTE ON FUNCTION vecs._set_aside_indexes(text, boolean) TO PUBLIC;

-- _try_built_index: try an index that was built concurrently, when those that it replaces are gone.
-- Takes SHARE UPDATE EXCLUSIVE on the index, for its comment.
CREATE OR REPLACE FUNCTION vecs._try_built_index(
    collection text,
    measure text,
    mark text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_index record;
    v_tried record;
    v_comment jsonb;
    v_detail text;
    v_hint text;
BEGIN
    SELECT i.index_id, i.name, i.index_precision, i.filters, d.comment
    INTO v_index
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    CROSS JOIN LATERAL obj_description(i.index_id, 'pg_class') AS d (comment)
    WHERE i.measure = _try_built_index.measure
        AND i.valid
        AND strpos(d.comment, format('"untried_build": "%s"', mark)) > 0;
    -- It was not built.
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_tried := vecs._try_index(
        collection, measure, v_index.index_id, v_index.index_precision, v_index.filters
    );
    v_comment := v_index.comment::jsonb - 'untried_build';
    IF v_tried.candidate_costs IS NOT NULL THEN
        v_comment := v_comment || jsonb_build_object('candidates', v_tried.candidate_costs);
    END IF;
    EXECUTE format(
        'COMMENT ON INDEX %s.%I IS %L',
        vecs._schema(v_collection.table_id), v_index.name, v_comment
    );
    PERFORM vecs._remember_recall(
        collection, measure, v_index.index_id, 'hnsw'::text, v_index.filters, 10000000::bigint
    );
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs._try_built_index(text, text, text) IS
$doc$Search by a new hnsw index that _finish_index() has marked as untried, as _try_index() does, and write what that measured into the index's comment, without the mark. Does nothing if there is no such index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._try_built_index(text, text, text) TO PUBLIC;

-- _try_index: search by a new hnsw index, to measure what candidates cost, and to raise a notice
-- if it loses searches. One lost may be chance: a good graph loses up to one in a thousand. Of an
-- index of bits _binary_recall() tells more.

CREATE OR REPLACE FUNCTION vecs._try_index(
    collection text,
    measure text,
    index_id regclass,
    index_precision text,
    filters jsonb,
    OUT tried boolean,
    OUT candidate_costs numeric[]
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_rows bigint;
    v_counted record;
    v_chosen record;
    v_parameters jsonb;
BEGIN
    tried := true;
    v_rows := CASE
        WHEN filters IS NULL THEN (vecs._approximate_count(v_collection.table_id)).row_count
        ELSE (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = index_id)
    END;
    IF v_rows <= 1500 OR row_security_active(v_collection.table_id) THEN
        RETURN;
    END IF;

    IF v_rows > 5000 AND filters IS NULL THEN
        candidate_costs := vecs._candidate_costs(
            collection, measure, index_id, index_precision, v_rows
        );
        IF candidate_costs IS NULL THEN
            tried := false;
            RETURN;
        END IF;
    END IF;

    IF index_precision = 'binary' THEN
        RETURN;
    END IF;
    v_counted := vecs._count_lost_searches(
        collection, measure, index_id, index_precision, v_rows, filters
    );
    tried := v_counted.searches IS NOT NULL;
    IF v_counted.lost > 1 THEN
        v_chosen := vecs._hnsw_parameters(
            vecs._vector_bytes(
                v_collection.element_type, index_precision, v_collection.dimension
            ),
            '{}'
        );
        v_parameters := vecs._index_parameters(index_id);
        RAISE NOTICE USING
            ERRCODE = 'VSW03',
            MESSAGE = format(
                'the index of collection "%s" for %s%s missed the nearest rows in %s of %s'
                ' searches',
                collection, measure, ' over the rows that match ' || filters::text, v_counted.lost,
                v_counted.searches
            ),
            HINT = format(
                'A denser index usually misses fewer, and takes longer to build: '
                'SELECT vecs.create_index(%L, %L, ''hnsw'', %L%s);',
                collection,
                measure,
                jsonb_strip_nulls(jsonb_build_object(
                    'precision', nullif(index_precision, 'full'),
                    'm', least(100, greatest(
                        v_chosen.m, (v_parameters ->> 'm')::integer * 3 / 2
                    )),
                    'ef_construction', least(1000, greatest(
                        v_chosen.ef_construction, (v_parameters ->> 'ef_construction')::integer * 2
                    ))
                )),
                ', filters => ' || quote_literal(filters)
            );
    END IF;
EXCEPTION
    -- Whatever went wrong here, the index is built and valid.
    WHEN OTHERS THEN
        RAISE NOTICE USING
            MESSAGE = format(
                'the index of collection "%s" for %s is built, but no search was tried with it',
                collection, measure
            ),
            DETAIL = SQLERRM,
            HINT = format('SELECT * FROM vecs.recall(%L, measure => %L);', collection, measure);
        tried := true;
END
$fn$;

COMMENT ON FUNCTION vecs._try_index(text, text, regclass, text, jsonb) IS
$doc$Search by a new hnsw index of a precision and a filter (NULL: over all rows). Returns what candidates cost (NULL: not measured), and raises the notice VSW03 if some of a sample of searches are lost. tried is false if the planner did not use the index, and true if that need not be tried again.$doc$;

GRANT EXECUTE ON FUNCTION vecs._try_index(text, text, regclass, text, jsonb) TO PUBLIC;

-- _vector_bytes: tell how many bytes an index holds of a vector.

CREATE OR REPLACE FUNCTION vecs._vector_bytes(
    element_type text,
    index_precision text,
    dimension integer
)
RETURNS integer
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE
        WHEN _vector_bytes.index_precision = 'binary' THEN (_vector_bytes.dimension + 7) / 8
        WHEN 'half' IN (_vector_bytes.index_precision, left(_vector_bytes.element_type, 4))
            THEN 2 * _vector_bytes.dimension
        ELSE 4 * _vector_bytes.dimension
    END;
$fn$;

COMMENT ON FUNCTION vecs._vector_bytes(text, text, integer) IS
$doc$Return how many bytes an index of a precision (full, half, binary) holds of a vector of an element type and a dimension.$doc$;

GRANT EXECUTE ON FUNCTION vecs._vector_bytes(text, text, integer) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/reembed
-- ------------------------------------------------------------

-- _reembed_begin: make the shadow of a collection, or take over that of a run that broke off.
-- The shadow's comment says whose it is, from which texts and by which model it is filled, and by
-- which run. A run that finds another one there stops: see _reembed_lock_shadow().
CREATE OR REPLACE FUNCTION vecs._reembed_begin(
    collection text,
    shadow text,
    dimension bigint,
    text_key text,
    model text,
    run text,
    restart boolean,
    leave_dependents boolean,
    OUT shadow_name text,
    OUT resumed boolean
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_shadow regclass;
    v_mark jsonb;
    v_is_empty boolean;
    v_differs text;
    v_comment json;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    PERFORM vecs._reembed_check(collection, leave_dependents);
    IF text_key IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'text_key must not be null',
            HINT = 'Pass the key of the metadata with the texts, such as ''text''.';
    END IF;
    -- The names of its indexes begin with its own.
    shadow_name := coalesce(shadow, CASE
        WHEN octet_length(collection) <= 42 THEN collection || '_reembed'
        ELSE 'reembed_' || md5(collection)
    END);
    PERFORM vecs._check_new_collection(shadow_name, dimension, v_collection.element_type);
    PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), hashtext(shadow_name));
    v_shadow := to_regclass(format('vecs.%I', shadow_name));
    v_mark := vecs._reembed_mark(v_shadow);
    IF v_shadow IS NOT NULL AND v_mark ->> 'reembed' IS DISTINCT FROM collection THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS003',
            MESSAGE = format(
                'the name "%s" is taken, and not by a re-embedding of "%s" that broke off',
                shadow_name, collection
            ),
            HINT = 'It may be the old collection, which a re-embedding leaves under this name.'
                ' Drop it, or name another shadow.';
    END IF;

    IF v_shadow IS NOT NULL THEN
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', v_shadow) INTO v_is_empty;
    END IF;
    IF restart OR v_is_empty THEN
        PERFORM vecs.drop_collection(shadow_name, true);
        v_shadow := NULL;
    ELSIF v_shadow IS NOT NULL THEN
        v_differs := CASE
            WHEN (vecs._collection(shadow_name)).dimension <> dimension
                THEN format('it has %s dimensions', (vecs._collection(shadow_name)).dimension)
            WHEN v_mark ->> 'text' <> text_key
                THEN format('it is filled from the texts under "%s"', v_mark ->> 'text')
            WHEN v_mark ->> 'model' <> model OR (v_mark ->> 'model' IS NULL) <> (model IS NULL)
                THEN format('its model is %s', coalesce(v_mark ->> 'model', 'not known'))
            WHEN model IS NULL THEN 'the model has no name, and may be another one'
        END;
    END IF;
    IF v_differs IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'the re-embedding of "%s" that broke off, in "%s", cannot be continued: %s',
                collection, shadow_name, v_differs
            ),
            HINT = 'Continue it with the model and the key that it began with, or restart it.';
    END IF;

    resumed := v_shadow IS NOT NULL;
    IF NOT resumed THEN
        PERFORM vecs._reembed_create(collection, shadow_name, dimension);
        -- Whether its dimension allows the indexes is known before anything is embedded.
        PERFORM vecs._reembed_vector_indexes(collection, shadow_name, 0::double precision);
        PERFORM vecs.drop_index(shadow_name, NULL::text);
    END IF;
    v_comment := json_build_object(
        'reembed', collection, 'text', text_key, 'model', model, 'run', run
    );
    EXECUTE format('COMMENT ON TABLE vecs.%I IS %L', shadow_name, v_comment);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_begin(text, text, bigint, text, text, text, boolean, boolean) IS
$doc$Make an empty collection of another dimension, to be filled in place of a collection, or find the one that an earlier run has begun, and mark it as that of this run. Return its name (by default made of the collection's), and whether it was there.

Raises VS001 invalid_argument for one that was begun with another model, key or dimension; VS003 collection_already_exists for a name that is taken by anything else; VS008 unsupported if it cannot have an index that the collection has; and the errors of _reembed_check().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_begin(text, text, bigint, text, text, text, boolean, boolean) TO PUBLIC;

-- _reembed_check: refuse to re-embed a collection that cannot be replaced by another table.

CREATE OR REPLACE FUNCTION vecs._reembed_check(
    collection text,
    leave_dependents boolean
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_table record;
    v_dependents text;
BEGIN
    SELECT c.relkind, pg_has_role(c.relowner, 'USAGE') AS is_owner, y.typcategory AS id_category
    INTO v_table
    FROM pg_class AS c
    JOIN pg_attribute AS a
        ON a.attrelid = c.oid AND a.attname = v_collection.id_column COLLATE "C"
    JOIN pg_type AS y ON y.oid = a.atttypid
    WHERE c.oid = v_collection.table_id;

    IF v_collection.view_id IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'collection "%s" is the table %s, which was adopted, and cannot be replaced',
                collection, v_collection.table_id
            ),
            HINT = 'Add a column of vectors to the table, adopt it under another name with'
                ' vec => that column, embed its rows (claim_missing()), index it, and exchange'
                ' the names with swap_collections().';
    ELSIF v_table.relkind <> 'r' OR v_table.id_category <> 'S'
        OR v_collection.element_type NOT IN ('vector', 'halfvec')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'collection "%s" is not a table as create_collection() makes it', collection
            ),
            HINT = 'Fill another collection by yourself, and exchange the names with'
                ' swap_collections().';
    ELSIF NOT v_table.is_owner THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('must be owner of collection "%s"', collection),
            HINT = 'Re-embed it as the role that owns its table, which is replaced.';
    ELSIF leave_dependents IS TRUE THEN
        RETURN;
    END IF;

    SELECT string_agg(d.dependent, '; ' ORDER BY d.dependent) INTO v_dependents
    FROM vecs._reembed_dependents(v_collection.table_id) AS d (dependent);
    IF v_dependents IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'what belongs to the table of collection "%s" would stay with the old one',
                collection
            ),
            DETAIL = format('Not carried over: %s.', v_dependents),
            HINT = 'Drop it and create it again afterwards, or pass leave_dependents to leave it'
                ' with the old table.';
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_check(text, boolean) IS
$doc$Raise VS008 unsupported for an adopted table, a partitioned one, one with ids that are not text, and, unless leave_dependents is true, one to which something belongs that cannot be carried over to another table; and 42501 for a role that does not own the table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_check(text, boolean) TO PUBLIC;

-- _reembed_create: create the shadow of a collection: a table like it, with vectors of another
-- dimension, that only its owner may use.

CREATE OR REPLACE FUNCTION vecs._reembed_create(
    collection text,
    shadow text,
    dimension bigint
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shadow regclass;
    v_id record;
    v_owner name;
    v_index name;
    v_text record := vecs._text_index(collection);
BEGIN
    PERFORM vecs.create_collection(shadow, dimension, v_collection.element_type, false);
    v_shadow := format('vecs.%I', shadow)::regclass;
    -- It is indexed when it is filled.
    FOR v_index IN
        SELECT c.relname
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = v_shadow AND NOT i.indisprimary
    LOOP
        EXECUTE format('DROP INDEX vecs.%I', v_index);
    END LOOP;

    SELECT
        format_type(a.atttypid, a.atttypmod) AS type,
        format('%I.%I', n.nspname, l.collname) AS id_collation
    INTO v_id
    FROM pg_attribute AS a
    JOIN pg_collation AS l ON l.oid = a.attcollation
    JOIN pg_namespace AS n ON n.oid = l.collnamespace
    WHERE a.attrelid = v_collection.table_id AND a.attname = v_collection.id_column COLLATE "C";
    EXECUTE format(
        'ALTER TABLE %s ALTER COLUMN id TYPE %s COLLATE %s',
        v_shadow, v_id.type, v_id.id_collation
    );

    IF v_text.key IS NOT NULL THEN
        PERFORM vecs.create_text_index(shadow, v_text.key, v_text.config #>> '{}', true);
    END IF;

    -- Default privileges may have given it to others, and it has no policies yet.
    PERFORM vecs._copy_privileges(NULL::regclass, v_shadow);
    SELECT pg_get_userbyid(c.relowner) INTO v_owner
    FROM pg_class AS c
    WHERE c.oid = v_collection.table_id;
    IF v_owner <> current_user THEN
        EXECUTE format('ALTER TABLE %s OWNER TO %I', v_shadow, v_owner);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_create(text, text, bigint) IS
$doc$Create an empty collection with the element type, the owner and the type of id of another one, for vectors of some dimension, without indexes but the primary key and a text index, if that one has one, and without privileges for anyone but the owner.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_create(text, text, bigint) TO PUBLIC;

-- _reembed_dependents: list what belongs to a collection's table and cannot be carried over to
-- another one.
-- Carried over are indexes on id and metadata, vector indexes that searches use, privileges,
-- policies, storage parameters and the comment.

CREATE OR REPLACE FUNCTION vecs._reembed_dependents(
    table_id regclass
)
RETURNS SETOF text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT DISTINCT CASE
        -- A view depends by its rule.
        WHEN r.ev_class <> _reembed_dependents.table_id
            THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
        ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
    END
    FROM pg_depend AS d
    JOIN pg_class AS t ON t.oid = _reembed_dependents.table_id
    CROSS JOIN LATERAL (
        SELECT i.key IS NOT NULL FROM vecs._text_index(t.relname::text) AS i
    ) AS x (has_text)
    LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.deptype NOT IN ('i', 'P', 'S')
        AND (
            d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
            OR d.refclassid = 'pg_type'::regclass AND d.refobjid = t.reltype
        )
        AND NOT CASE d.classid
            WHEN 'pg_class'::regclass THEN d.objid IN (
                SELECT i.index_id
                FROM vecs._reembed_table_indexes(t.oid::regclass) AS i
                UNION ALL
                SELECT x.index_id
                FROM vecs._text_index(t.relname::text) AS x
                WHERE x.index_id IS NOT NULL
            )
            WHEN 'pg_constraint'::regclass THEN EXISTS (
                SELECT
                FROM pg_constraint AS k
                WHERE k.oid = d.objid AND k.conrelid = t.oid AND k.contype IN ('p', 'n')
            )
            WHEN 'pg_trigger'::regclass THEN EXISTS (
                SELECT FROM pg_trigger AS g WHERE g.oid = d.objid AND g.tgisinternal
            )
            WHEN 'pg_policy'::regclass THEN EXISTS (
                SELECT FROM pg_policy AS p WHERE p.oid = d.objid AND p.polrelid = t.oid
            )
            WHEN 'pg_attrdef'::regclass THEN EXISTS (
                SELECT
                FROM pg_attrdef AS f
                JOIN pg_attribute AS a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
                WHERE f.oid = d.objid
                    AND f.adrelid = t.oid
                    AND (a.attname = 'metadata' OR a.attname = '_text' AND x.has_text)
            )
            ELSE false
        END
    UNION
    SELECT format('column %I', a.attname)
    FROM pg_attribute AS a
    JOIN pg_class AS t ON t.oid = a.attrelid
    CROSS JOIN LATERAL vecs._text_index(t.relname::text) AS x
    WHERE a.attrelid = _reembed_dependents.table_id
        AND a.attnum > 0
        AND NOT a.attisdropped
        AND a.attname NOT IN ('id', 'vec', 'metadata')
        AND (a.attname <> '_text' OR x.key IS NULL);
$fn$;

COMMENT ON FUNCTION vecs._reembed_dependents(regclass) IS
$doc$Return descriptions of what depends on a table and would stay with it if another took its place: views, foreign keys in both directions, triggers, rules, constraints, other columns, indexes on these or of kinds that searches do not use, publications, functions that name its type.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_dependents(regclass) TO PUBLIC;

-- _reembed_index_arguments: put together the arguments of create_index() for an index like another.

CREATE OR REPLACE FUNCTION vecs._reembed_index_arguments(
    index_id regclass,
    index_precision text,
    element_type text,
    dimension integer,
    min_recall double precision
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT vecs._index_parameters(_reembed_index_arguments.index_id) || CASE
        WHEN _reembed_index_arguments.dimension <= CASE
            WHEN _reembed_index_arguments.index_precision = 'binary' THEN 16000
            WHEN _reembed_index_arguments.index_precision = 'half' THEN 4000
            WHEN _reembed_index_arguments.element_type = 'halfvec' THEN 4000
            ELSE 2000
        END THEN jsonb_build_object('precision', _reembed_index_arguments.index_precision)
        ELSE '{}'
    END || CASE _reembed_index_arguments.index_precision
        WHEN 'binary'
            THEN jsonb_build_object('min_recall', _reembed_index_arguments.min_recall)
        ELSE '{}'
    END;
$fn$;

COMMENT ON FUNCTION vecs._reembed_index_arguments(regclass, text, text, integer, double precision) IS
$doc$Return the arguments of create_index() that build an index with the parameters and the precision of another, as far as the dimension allows.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_index_arguments(regclass, text, text, integer, double precision) TO PUBLIC;

-- _reembed_indexes: build on a shadow the indexes that the collection has.
-- What is there already is left as it is, so that this can be repeated.
CREATE OR REPLACE FUNCTION vecs._reembed_indexes(
    collection text,
    shadow text,
    run text,
    min_recall double precision
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shadow record := vecs._collection(shadow);
    v_index record;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._reembed_lock_shadow(collection, shadow, run);
    FOR v_index IN
        SELECT
            i.is_unique, i.definition,
            regexp_match(vecs._indexed_path(i.index_id), '^(?:([a-z]+) )?(.*)$') AS path
        FROM vecs._reembed_table_indexes(v_collection.table_id) AS i
        WHERE NOT i.is_vector
    LOOP
        IF v_index.path IS NOT NULL THEN
            PERFORM vecs.create_metadata_index(
                shadow,
                NULL::text,
                ARRAY(SELECT jsonb_array_elements_text(v_index.path[2]::jsonb)),
                coalesce(v_index.path[1], 'value')
            );
        ELSIF NOT EXISTS (
            SELECT
            FROM vecs._reembed_table_indexes(v_shadow.table_id) AS s
            WHERE (s.is_unique, s.definition) = (v_index.is_unique, v_index.definition)
        ) THEN
            EXECUTE format(
                'CREATE %sINDEX ON %s USING %s',
                CASE WHEN v_index.is_unique THEN 'UNIQUE ' END,
                v_shadow.relation,
                v_index.definition
            );
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT n.name FROM vecs._reembed_vector_indexes(collection, shadow, min_recall) AS n (name);
    PERFORM vecs._refresh_statistics(v_shadow.table_id);
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_indexes(text, text, text, double precision) IS
$doc$Build on a shadow the indexes on id and metadata that a collection has, and its vector indexes with their method, measure, parameters, precision and filter; return the names of these. A precision that the shadow's dimension does not allow becomes the one that it does.

Raises the errors of create_index() and of _reembed_lock_shadow().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_indexes(text, text, text, double precision) TO PUBLIC;

-- _reembed_lock: keep everybody from reading and writing a collection, for the moment in which its
-- shadow takes its place, and bring the shadow up to date.
-- Takes ACCESS EXCLUSIVE on both tables. A weaker lock first would let readers go on, but then a
-- session that has read and wants to write would deadlock with the swap. Others wait behind this,
-- so after a second it fails and lets them pass.

CREATE OR REPLACE FUNCTION vecs._reembed_lock(
    collection text,
    shadow text,
    text_key text,
    run text,
    leave_dependents boolean,
    OUT pending bigint,
    OUT without_text bigint,
    OUT pending_ids text[],
    OUT ids_without_text text[]
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $fn$
DECLARE
    v_collection record;
    v_shadow record;
BEGIN
    -- A snapshot from before the lock would miss what was written while this waited for it.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = 'a re-embedding ends in a transaction of the level read committed',
            HINT = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED;';
    END IF;
    PERFORM vecs._lock_names(ARRAY[collection, shadow]);
    PERFORM vecs._reembed_lock_shadow(collection, shadow, run);
    PERFORM vecs._reembed_check(collection, leave_dependents);
    v_collection := vecs._collection(collection);
    v_shadow := vecs._collection(shadow);
    EXECUTE format(
        'LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', v_collection.relation, v_shadow.relation
    );
    SELECT s.pending, s.without_text, s.pending_ids, s.ids_without_text
    INTO
        _reembed_lock.pending, _reembed_lock.without_text,
        _reembed_lock.pending_ids, _reembed_lock.ids_without_text
    FROM vecs._reembed_sync(collection, shadow, text_key) AS s;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_lock(text, text, text, text, boolean) IS
$doc$Lock a collection and its shadow, and return what _reembed_sync() returns.

Raises 55P03 lock_not_available if others use the collection for more than a second, and the errors of _reembed_check() and _reembed_lock_shadow().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_lock(text, text, text, text, boolean) TO PUBLIC;

-- _reembed_lock_shadow: keep a shadow from being dropped until the end of the transaction, and make
-- sure that it is still that of this run.
-- Takes ROW EXCLUSIVE on the shadow.
CREATE OR REPLACE FUNCTION vecs._reembed_lock_shadow(
    collection text,
    shadow text,
    run text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_mark jsonb;
BEGIN
    PERFORM vecs._lock_collection(shadow, 'write');
    v_mark := vecs._reembed_mark(to_regclass(format('vecs.%I', shadow)));
    IF v_mark ->> 'run' IS DISTINCT FROM run THEN
        RAISE object_in_use USING
            MESSAGE = format(
                CASE
                    WHEN v_mark IS NULL THEN 'the shadow of "%s", "%s", was dropped or published'
                    ELSE 'another session has taken over the re-embedding of "%s" in "%s"'
                END,
                collection, shadow
            ),
            HINT = CASE
                WHEN v_mark IS NULL THEN 'If nobody has published it, run the re-embedding again.'
                ELSE 'Let the other session end. What was embedded here is used there.'
            END;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_lock_shadow(text, text, text) IS
$doc$Lock a shadow for writing. Raises 55006 object_in_use if it is no longer that of the run.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_lock_shadow(text, text, text) TO PUBLIC;

-- _reembed_mark: read from a table's comment which re-embedding it is the shadow of.

CREATE OR REPLACE FUNCTION vecs._reembed_mark(
    table_id regclass
)
RETURNS jsonb
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT substring(
        obj_description(_reembed_mark.table_id, 'pg_class') FROM '^[{]"reembed" : ".*[}]$'
    )::jsonb;
$fn$;

COMMENT ON FUNCTION vecs._reembed_mark(regclass) IS
$doc$Return what _reembed_begin() has written into the comment of a shadow: reembed (the collection), text, model and run. NULL for another table.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_mark(regclass) TO PUBLIC;

-- _reembed_page: return the next rows of a collection whose texts are to be embedded.
-- Sequential scans are off, as in scan().
CREATE OR REPLACE FUNCTION vecs._reembed_page(
    collection text,
    shadow text,
    text_key text,
    ids text[],
    after text,
    page_size bigint
)
RETURNS TABLE (
    id text,
    content text,
    metadata jsonb
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET row_security = off
AS $fn$
DECLARE
    v_collection record;
    v_shadow record;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    v_shadow := vecs._collection(shadow);
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT t.id::text, t.metadata ->> $3, t.metadata
        FROM %1$s AS t
        WHERE jsonb_typeof(t.metadata -> $3) = 'string'
            AND ($4 IS NULL OR t.id = ANY ($4))
            AND %3$s
            AND NOT EXISTS (
                SELECT
                FROM %2$s AS n
                WHERE n.id = t.id AND n.metadata ->> $3 = t.metadata ->> $3 COLLATE "C"
            )
        ORDER BY t.id
        LIMIT $2
        $sql$,
        v_collection.relation,
        v_shadow.relation,
        vecs._after_predicate(NULL::jsonb, after IS NOT NULL)
    ) USING after, page_size, text_key, ids;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_page(text, text, text, text[], text, bigint) IS
$doc$Return the next rows of a collection, in the order of their ids, that have a text and are not in its shadow with the same text: id, text, metadata. If ids are given, only of these.

Raises VS002 collection_not_found if one of them was dropped.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_page(text, text, text, text[], text, bigint) TO PUBLIC;

-- _reembed_policies: write the statements that create the policies of a table on another one.
-- An expression may name the table itself, so they are written before the table is renamed, and run
-- after another has taken its name.

CREATE OR REPLACE FUNCTION vecs._reembed_policies(
    table_id regclass
)
RETURNS text[]
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT ARRAY(
        SELECT format(
            'CREATE POLICY %s ON %%s AS %s FOR %s TO %s%s%s',
            replace(quote_ident(p.polname), '%', '%%'),
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd
                WHEN 'r' THEN 'SELECT'
                WHEN 'a' THEN 'INSERT'
                WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE'
                ELSE 'ALL'
            END,
            (
                SELECT string_agg(
                    CASE r.role
                        WHEN 0 THEN 'PUBLIC'
                        ELSE replace(quote_ident(pg_get_userbyid(r.role)), '%', '%%')
                    END,
                    ', '
                )
                FROM unnest(p.polroles) AS r (role)
            ),
            replace(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '%', '%%'),
            replace(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '%', '%%')
        )
        FROM pg_policy AS p
        WHERE p.polrelid = _reembed_policies.table_id
        ORDER BY p.polname
    );
$fn$;

COMMENT ON FUNCTION vecs._reembed_policies(regclass) IS
$doc$Return a CREATE POLICY for each policy of a table, as a format for format(), with %s in place of the table's name.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_policies(regclass) TO PUBLIC;

-- _reembed_publish: let a shadow take the place of its collection, with its privileges, policies,
-- row-level security, storage parameters and comment.
-- The caller holds the locks of _reembed_lock(), and has embedded what it returned.
CREATE OR REPLACE FUNCTION vecs._reembed_publish(
    collection text,
    shadow text,
    drop_old boolean
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_old regclass := format('vecs.%I', collection)::regclass;
    v_new regclass := format('vecs.%I', shadow)::regclass;
    v_policies text[] := vecs._reembed_policies(v_old);
    v_policy text;
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs.swap_collections(collection, shadow);
    PERFORM vecs._copy_privileges(v_old, v_new);
    FOREACH v_policy IN ARRAY v_policies LOOP
        EXECUTE format(v_policy, v_new);
    END LOOP;
    PERFORM vecs._reembed_settings(v_old, v_new);
    IF drop_old THEN
        PERFORM vecs.drop_collection(shadow, false);
    END IF;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_publish(text, text, boolean) IS
$doc$Exchange the names of a collection and its shadow, give the new one the privileges, policies and settings of the old one, and drop the old one if drop_old is true.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_publish(text, text, boolean) TO PUBLIC;

-- _reembed_settings: give a table the row-level security, storage parameters and comment of another
-- one.

CREATE OR REPLACE FUNCTION vecs._reembed_settings(
    from_id regclass,
    to_id regclass
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table record;
    v_name text;
    v_value text;
BEGIN
    SELECT c.relrowsecurity, c.relforcerowsecurity, c.reloptions
    INTO v_table
    FROM pg_class AS c
    WHERE c.oid = from_id;
    IF v_table.relrowsecurity THEN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', to_id);
    END IF;
    IF v_table.relforcerowsecurity THEN
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', to_id);
    END IF;
    FOR v_name, v_value IN
        SELECT o.option_name, o.option_value FROM pg_options_to_table(v_table.reloptions) AS o
    LOOP
        EXECUTE format('ALTER TABLE %s SET (%I = %L)', to_id, v_name, v_value);
    END LOOP;
    EXECUTE format('COMMENT ON TABLE %s IS %L', to_id, obj_description(from_id, 'pg_class'));
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_settings(regclass, regclass) IS
$doc$Enable and force row-level security on the second table where it is on the first, and give it its storage parameters and its comment, or none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_settings(regclass, regclass) TO PUBLIC;

-- _reembed_sync: carry over to a shadow what has changed in the collection and needs no embedding,
-- and count what does.
-- Metadata is compared bit by bit (*<>), as 1 and 1.0 are equal, but not the same. Rows are told by
-- comparing the tables, not by a trigger: it cannot miss any, and nothing is left on the table.
CREATE OR REPLACE FUNCTION vecs._reembed_sync(
    collection text,
    shadow text,
    text_key text,
    OUT pending bigint,
    OUT without_text bigint,
    OUT pending_ids text[],
    OUT ids_without_text text[]
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $fn$
DECLARE
    v_collection record;
    v_shadow record;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    v_shadow := vecs._collection(shadow);
    EXECUTE format(
        $sql$
        WITH changed AS MATERIALIZED (
            SELECT
                o.id AS old_id,
                n.id AS new_id,
                c.change,
                CASE c.change WHEN 'metadata' THEN o.metadata END AS metadata
            FROM %1$s AS o
            FULL JOIN %2$s AS n ON n.id = o.id
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN o.id IS NULL THEN 'gone'
                    WHEN jsonb_typeof(o.metadata -> $1) IS DISTINCT FROM 'string' THEN 'no text'
                    WHEN n.metadata ->> $1 = o.metadata ->> $1 COLLATE "C" THEN 'metadata'
                    ELSE 'text'
                END
            ) AS c (change)
            WHERE ROW(o.metadata)::record OPERATOR(pg_catalog.*<>) ROW(n.metadata)::record
                OR o.id IS NULL
                OR n.id IS NULL
        ),
        copied AS (
            UPDATE %2$s AS n
            SET metadata = c.metadata
            FROM changed AS c
            WHERE n.id = c.new_id AND c.change = 'metadata'
        ),
        deleted AS (
            DELETE FROM %2$s AS n
            USING changed AS c
            WHERE n.id = c.new_id AND c.change IN ('gone', 'no text')
        )
        SELECT
            count(*) FILTER (WHERE c.change = 'text'),
            count(*) FILTER (WHERE c.change = 'no text'),
            ARRAY(SELECT p.old_id::text FROM changed AS p WHERE p.change = 'text' LIMIT 1000),
            ARRAY(SELECT p.old_id::text FROM changed AS p WHERE p.change = 'no text' LIMIT 3)
        FROM changed AS c
        $sql$,
        v_collection.relation,
        v_shadow.relation
    )
    INTO
        _reembed_sync.pending, _reembed_sync.without_text,
        _reembed_sync.pending_ids, _reembed_sync.ids_without_text
    USING text_key;
EXCEPTION
    WHEN SQLSTATE 'VS000' THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
        IF v_detail = '' THEN
            RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
    WHEN undefined_table THEN
        IF to_regclass(format('vecs.%I', collection)) IS NOT NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS002',
            MESSAGE = format('collection "%s" does not exist', left(collection, 100)),
            HINT = 'vecs.list_collections() lists the collections;'
                ' vecs.create_collection() creates one.';
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_sync(text, text, text) IS
$doc$Delete from a shadow the rows that the collection no longer has or that have no text there, and copy metadata that differs although the text is the same. Return how many rows of the collection are still to be embedded, and how many have no text, with the ids of up to 1,000 of the former and of 3 of the latter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_sync(text, text, text) TO PUBLIC;

-- _reembed_table_indexes: list the indexes of a table that can be built on another one.

CREATE OR REPLACE FUNCTION vecs._reembed_table_indexes(
    table_id regclass
)
RETURNS TABLE (
    index_id regclass,
    is_vector boolean,
    is_unique boolean,
    definition text
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT v.index_id, true, false, NULL::text
    FROM vecs._vector_indexes(_reembed_table_indexes.table_id, 'vec') AS v
    WHERE v.partition IS NULL
    UNION ALL
    SELECT i.indexrelid::regclass, false, i.indisunique, x.parts[2]
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_class AS t ON t.oid = i.indrelid
    CROSS JOIN LATERAL (
        -- What follows the names, which may contain anything.
        SELECT ARRAY[p.prefix, substr(pg_get_indexdef(i.indexrelid), length(p.prefix) + 1)]
        FROM (
            SELECT format(
                'CREATE %sINDEX %I ON vecs.%I USING ',
                CASE WHEN i.indisunique THEN 'UNIQUE ' END, c.relname, t.relname
            )
        ) AS p (prefix)
    ) AS x (parts)
    WHERE i.indrelid = _reembed_table_indexes.table_id
        AND i.indisvalid
        AND NOT i.indisprimary
        AND starts_with(pg_get_indexdef(i.indexrelid), x.parts[1])
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
        AND NOT EXISTS (
            SELECT
            FROM pg_depend AS d
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = 'pg_class'::regclass
                AND d.objid = i.indexrelid
                AND d.refclassid = 'pg_class'::regclass
                AND d.refobjid = i.indrelid
                AND a.attname NOT IN ('id', 'metadata')
        );
$fn$;

COMMENT ON FUNCTION vecs._reembed_table_indexes(regclass) IS
$doc$Return the indexes of a collection's table that can be built on another one: the vector indexes that searches use; and with what follows USING in their definition, those that involve no column but id and metadata.$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_table_indexes(regclass) TO PUBLIC;

-- _reembed_vector_indexes: build on a shadow the vector indexes that a collection has.

CREATE OR REPLACE FUNCTION vecs._reembed_vector_indexes(
    collection text,
    shadow text,
    min_recall double precision
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_shadow record := vecs._collection(shadow);
    v_index record;
BEGIN
    FOR v_index IN
        SELECT v.index_id, v.measure, v.method, v.filters, v.index_precision
        FROM vecs._vector_indexes(v_collection.table_id, 'vec') AS v
        WHERE v.valid AND v.partition IS NULL
        ORDER BY v.filters IS NOT NULL, v.name
    LOOP
        RETURN NEXT vecs.create_index(
            shadow,
            v_index.measure,
            v_index.method,
            vecs._reembed_index_arguments(
                v_index.index_id, v_index.index_precision, v_shadow.element_type,
                v_shadow.dimension, min_recall
            ),
            true,
            true,
            coalesce(v_index.filters, '{}')
        );
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_vector_indexes(text, text, double precision) IS
$doc$Build on a shadow the vector indexes of a collection, with their method, measure, parameters, precision and filter; return their names.

Raises the errors of create_index().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_vector_indexes(text, text, double precision) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/search
-- ------------------------------------------------------------

-- _diverse_rows: choose vectors that are near to a query and different from each other.
-- Maximal marginal relevance (Carbonell and Goldstein, 1998), with the negative distance in place
-- of a similarity: under cosine_distance, 1 less the distance, this changes no choice.
CREATE OR REPLACE FUNCTION vecs._diverse_rows(
    collection text,
    candidate_vecs vector[],
    distances double precision[],
    measure text,
    lambda_mult double precision,
    top_k bigint
)
RETURNS integer[]
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text := format(
        $sql$
        SELECT
            array_agg(n.nearest ORDER BY n.number),
            (array_agg(
                n.number
                ORDER BY (1 - $4) * n.nearest - $4 * n.distance DESC, n.number
            ) FILTER (WHERE n.number <> ALL ($5)))[1]
        FROM (
            SELECT
                u.number, u.distance,
                least(u.nearest, nullif(u.vec OPERATOR(%s%s) c.vec, 'NaN')) AS nearest
            FROM unnest($1, $2, $3) WITH ORDINALITY AS u (vec, distance, nearest, number)
            CROSS JOIN (SELECT ($1)[($5)[cardinality($5)]] AS vec OFFSET 0) AS c
        ) AS n
        $sql$,
        (vecs._collection(collection)).pgvector, CASE measure
            WHEN 'cosine_distance' THEN '<=>'
            WHEN 'l2_distance' THEN '<->'
            WHEN 'max_inner_product' THEN '<#>'
            WHEN 'l1_distance' THEN '<+>'
        END
    );
    -- A distance that is NaN is the greatest.
    v_distances double precision[] := ARRAY(
        SELECT least(u.distance, 1e100)
        FROM unnest(distances) WITH ORDINALITY AS u (distance, number)
        ORDER BY u.number
    );
    v_nearest double precision[];
    v_chosen integer[] := '{1}';
    v_next integer;
BEGIN
    IF distances IS NULL THEN
        RETURN '{}';
    END IF;
    v_nearest := array_fill(1e100::double precision, ARRAY[cardinality(distances)]);
    WHILE cardinality(v_chosen) < least(top_k, cardinality(distances)) LOOP
        EXECUTE v_statement
        INTO v_nearest, v_next
        USING candidate_vecs, v_distances, v_nearest, lambda_mult, v_chosen;
        v_chosen := v_chosen || v_next;
    END LOOP;
    RETURN v_chosen;
END
$fn$;

COMMENT ON FUNCTION vecs._diverse_rows(text, vector[], double precision[], text, double precision, bigint) IS
$doc$Return which of some vectors, of which the first is the nearest to a query, maximal marginal relevance chooses, in the order of the choice. distances are those to the query.$doc$;

GRANT EXECUTE ON FUNCTION vecs._diverse_rows(text, vector[], double precision[], text, double precision, bigint) TO PUBLIC;

-- _group_filter: write the filter for rows of some groups, or for those of all others.

CREATE OR REPLACE FUNCTION vecs._group_filter(
    filters jsonb,
    group_by text,
    group_values jsonb[],
    inside boolean
)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT jsonb_build_object('$and', jsonb_build_array(coalesce(filters, '{}')) || CASE
        WHEN inside THEN jsonb_build_object(group_by, jsonb_build_object('$eq', group_values[1]))
        ELSE jsonb_build_array(
            jsonb_build_object(group_by, '{"$exists": true}'::jsonb),
            -- A list has scalars only.
            jsonb_build_object(group_by, jsonb_build_object('$nin', to_jsonb(ARRAY(
                SELECT g.value
                FROM unnest(group_values) AS g (value)
                WHERE jsonb_typeof(g.value) NOT IN ('object', 'array')
            ))))
        ) || coalesce((
            SELECT jsonb_agg(jsonb_build_object('$not', jsonb_build_object(
                group_by, jsonb_build_object('$eq', g.value)
            )))
            FROM unnest(group_values) WITH ORDINALITY AS g (value, number)
            WHERE jsonb_typeof(g.value) IN ('object', 'array')
                -- A filter of all would be too long, and an operator in it would mean something.
                AND g.number <= 100
                AND g.value::text NOT LIKE '%"$%'
        ), '[]')
    END);
$fn$;

COMMENT ON FUNCTION vecs._group_filter(jsonb, text, jsonb[], boolean) IS
$doc$Return a filter for the rows that match another and have the first of some values under a key; or, if inside is false, for those that have the key with none of the values, but perhaps some that are lists or objects.$doc$;

GRANT EXECUTE ON FUNCTION vecs._group_filter(jsonb, text, jsonb[], boolean) TO PUBLIC;

-- _halfvec_to_vector: cast an array of halfvec to vector.
-- The assignment casts: an explicit cast would need pgvector's schema in the search path.

CREATE OR REPLACE FUNCTION vecs._halfvec_to_vector(
    vecs halfvec[]
)
RETURNS vector[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN _halfvec_to_vector.vecs;
END
$fn$;

COMMENT ON FUNCTION vecs._halfvec_to_vector(halfvec[]) IS
$doc$Return halfvecs as vectors with the same numbers.$doc$;

GRANT EXECUTE ON FUNCTION vecs._halfvec_to_vector(halfvec[]) TO PUBLIC;

-- _late_metadata: return the metadata of an adopted table's row.
-- The planner takes its cost for high, and so makes the metadata of the rows that are returned, not
-- of all rows that are sorted. It is made of many columns.

CREATE OR REPLACE FUNCTION vecs._late_metadata(
    metadata jsonb
)
RETURNS jsonb
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN metadata;
END
$fn$;

COMMENT ON FUNCTION vecs._late_metadata(jsonb) IS
$doc$Return the metadata of a row, and have it made as late as possible.$doc$;

GRANT EXECUTE ON FUNCTION vecs._late_metadata(jsonb) TO PUBLIC;

-- _notice_no_index: raise a notice if no index covers a search that would use one.
-- A small collection is searched exactly in any case.

CREATE OR REPLACE FUNCTION vecs._notice_no_index(
    collection text,
    measure text
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF vecs._estimated_rows(collection) <= 1500 THEN
        RETURN;
    END IF;
    RAISE NOTICE USING
        ERRCODE = 'VSW01',
        MESSAGE = format('collection "%s" has no index for %s', collection, measure),
        HINT = format('SELECT vecs.create_index(%L, %L);', collection, measure);
END
$fn$;

COMMENT ON FUNCTION vecs._notice_no_index(text, text) IS
$doc$Raise the notice VSW01 that no index covers a search, so that all rows are compared, unless the collection is small.$doc$;

GRANT EXECUTE ON FUNCTION vecs._notice_no_index(text, text) TO PUBLIC;

-- _partial_index: find the smallest partial index whose conditions are all among those of a filter.
-- Its predicate is returned as PostgreSQL prints it, so that the planner sees that it holds for a
-- search that has it in its WHERE clause.

CREATE OR REPLACE FUNCTION vecs._partial_index(
    table_id regclass,
    filters jsonb,
    measure text,
    OUT index_id oid,
    OUT method text,
    OUT index_precision text,
    OUT type regtype,
    OUT dimension integer,
    OUT predicate text,
    OUT row_count double precision,
    OUT is_whole boolean
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_ops text := (vecs._measure(measure)).ops;
    v_text text := filters::text;
    v_conditions jsonb;
    v_found record;
BEGIN
    FOR v_found IN
        SELECT x.indexrelid, x.indrelid, x.indpred, m.amname, a.atttypid, a.atttypmod, c.reltuples,
            CASE WHEN x.indkey[0] = a.attnum THEN 'full' ELSE 'half' END AS index_precision,
            p.filters
        FROM pg_index AS x
        JOIN pg_class AS c ON c.oid = x.indexrelid
        JOIN pg_opclass AS o ON o.oid = x.indclass[0]
        JOIN pg_am AS m ON m.oid = o.opcmethod
        JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attname = 'vec'
        CROSS JOIN LATERAL (
            SELECT vecs._partial_filters(x.indexrelid::regclass) OFFSET 0
        ) AS p (filters)
        WHERE x.indrelid = table_id
            AND x.indpred IS NOT NULL
            AND x.indisvalid
            AND x.indkey[0] IN (0, a.attnum)
            AND o.opcname IN ('vector_' || v_ops || '_ops' COLLATE "C",
                'halfvec_' || v_ops || '_ops' COLLATE "C")
            -- A quick look, which leaves few of many: its conditions are in the filter's text.
            AND NOT EXISTS (
                SELECT
                FROM jsonb_each(p.filters) AS e
                WHERE e.key <> '$and'
                    AND (
                        strpos(v_text, to_jsonb(e.key)::text) = 0
                        OR jsonb_typeof(e.value) <> 'object' AND strpos(v_text, e.value::text) = 0
                    )
            )
            AND p.filters IS NOT NULL
        ORDER BY p.filters = _partial_index.filters DESC, c.reltuples, c.relname
    LOOP
        is_whole := v_found.filters = filters;
        IF NOT is_whole THEN
            v_conditions := coalesce(v_conditions, vecs._conditions(filters));
            CONTINUE WHEN EXISTS (
                SELECT
                FROM jsonb_array_elements(vecs._conditions(v_found.filters)) AS k (condition)
                WHERE NOT v_conditions @> jsonb_build_array(k.condition)
            );
            is_whole := vecs._conditions(v_found.filters) @> v_conditions;
        END IF;
        index_id := v_found.indexrelid;
        method := v_found.amname;
        index_precision := v_found.index_precision;
        type := v_found.atttypid;
        dimension := v_found.atttypmod;
        predicate := pg_get_expr(v_found.indpred, v_found.indrelid);
        row_count := greatest(v_found.reltuples, 1);
        RETURN;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._partial_index(regclass, jsonb, text) IS
$doc$Return the smallest valid partial index of a collection for a measure that has all rows which match a filter: the index, its access method and precision, the type and dimension of the vectors, its predicate as SQL, its number of rows, and whether it has no other rows. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._partial_index(regclass, jsonb, text) TO PUBLIC;

-- _query_without: return the rows nearest to a vector, without some rows of the collection.
-- Most often these are among the nearest, so as many more are searched for.

CREATE OR REPLACE FUNCTION vecs._query_without(
    collection text,
    query_vec vector,
    left_out text[],
    top_k bigint,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    skip bigint
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_top_k bigint := least(coalesce(top_k, 10), 4000000000000000000);
BEGIN
    IF skip > 0 AND v_top_k > 0 THEN
        RETURN QUERY
        SELECT p.id, p.distance, p.vec, p.metadata
        FROM vecs._search_page(
            collection, query_vec, v_top_k, filters, measure, include_metadata, include_vec,
            max_distance, ef_search, probes, strategy, least(skip, 4000000000000000000),
            v_top_k + cardinality(left_out), left_out
        ) AS p;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT q.id, q.distance, q.vec, q.metadata
    FROM vecs.query(
        collection, query_vec,
        CASE WHEN v_top_k > 0 THEN v_top_k + cardinality(left_out) ELSE v_top_k END,
        filters, measure, include_metadata, include_vec, max_distance, ef_search, probes, strategy,
        skip
    ) AS q
    WHERE q.id <> ALL (left_out)
    ORDER BY q.distance, q.id
    -- LIMIT 0 would not call the function, and so not check its arguments.
    LIMIT nullif(greatest(v_top_k, 0), 0);
END
$fn$;

COMMENT ON FUNCTION vecs._query_without(text, vector, text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Return the rows nearest to a vector, as query() does, without those with the ids that are left out.$doc$;

GRANT EXECUTE ON FUNCTION vecs._query_without(text, vector, text[], bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

-- _sampled_matches: estimate how many rows of a table match a predicate from a few rows.
-- The rows are at fixed places all over the table, so that a search is planned alike each time. The
-- predicate is no WHERE clause, which the planner would estimate first. The planner's own estimate
-- counts as much as two or three of the rows, and nothing if there was no ANALYZE.
-- Arguments: $1 the collection; $2 its table; $3 the view of an adopted table; $4 the predicate, as
-- SQL; $5 the planner's estimate.
-- They have no names: see _search_nearest().
CREATE OR REPLACE FUNCTION vecs._sampled_matches(
    text,
    regclass,
    regclass,
    text,
    double precision,
    OUT row_count double precision,
    OUT matches double precision
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_pages bigint;
    v_places integer;
    v_expected double precision;
    v_found bigint;
BEGIN
    SELECT CASE
        WHEN c.relpages > 0 AND c.reltuples >= 0
            THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::integer)
    END, (pg_relation_size(c.oid) / current_setting('block_size')::integer)
    INTO row_count, v_pages
    FROM pg_class AS c
    WHERE c.oid = $2;
    v_expected := least($5, row_count);
    IF row_count > 0 IS NOT TRUE THEN
        row_count := vecs._estimated_rows($1);
        v_expected := 0;
    END IF;
    -- A partitioned table has no pages of its own.
    IF v_pages = 0 OR row_count <= 5000 THEN
        RETURN;
    END IF;

    v_places := ceil(row_count / v_pages);
    EXECUTE format(
        $sql$
        SELECT count(*) FILTER (WHERE %s)
        FROM %s AS t
        WHERE t.ctid = ANY (ARRAY(
            SELECT format('(%%s,%%s)', p.n * $1 / $2, p.n * 7919 %% $3 + 1)::tid
            FROM generate_series(0, $2 - 1) AS p (n)
        ))
        $sql$,
        $4,
        -- A view does not have the place of a row.
        CASE
            WHEN $3 IS NULL THEN $2::text
            ELSE format('(%s)', regexp_replace(
                rtrim(pg_get_viewdef($3), ';'), '^[[:space:]]*SELECT ', 'SELECT ctid, '
            ))
        END
    ) INTO v_found USING v_pages, 50, v_places;
    matches := round(
        0.05 * v_expected + 0.95 * least(
            row_count, v_found / 50.0 * v_pages * v_places
        )
    );
END
$fn$;

COMMENT ON FUNCTION vecs._sampled_matches(text, regclass, regclass, text, double precision) IS
$doc$Return about how many rows a collection has, and how many of them match a predicate, by looking at 50 rows all over its table. matches is NULL for a small collection and for a partitioned table, which are not looked at.$doc$;

GRANT EXECUTE ON FUNCTION vecs._sampled_matches(text, regclass, regclass, text, double precision) TO PUBLIC;

-- _search_candidates: read candidates from the index until enough of them match.
-- The farther it reads, the less the index keeps to the order of distances, so beyond top_k one
-- more row is required for every 40 candidates, up to 5.
-- How many of the candidates seen so far match tells how many more are needed. If they would cost
-- more than an exact search, it gives up at once: all foods lie together, and far from a question
-- about ships. docs/strategy.md has the formula.
-- Arguments: $1 the statement, in which $1 is the vector and $2 the number of candidates; $2 the
-- vector; $3 the number of rows required at most; $4 max_distance; $5 the estimated selectivity;
-- $6 how many candidates cost as much as an exact search; $7 whether rows within max_distance may
-- be taken for complete.
-- They have no names: see _search_nearest().
CREATE OR REPLACE FUNCTION vecs._search_candidates(
    text,
    vector,
    bigint,
    double precision,
    double precision,
    double precision,
    boolean
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    statement ALIAS FOR $1;
    query_vec ALIAS FOR $2;
    rows_required ALIAS FOR $3;
    max_distance ALIAS FOR $4;
    selectivity ALIAS FOR $5;
    affordable ALIAS FOR $6;
    trusted ALIAS FOR $7;
    -- The estimate counts as much as so many matches, and the candidates that they would take.
    v_prior constant double precision := 2;
    v_cursor refcursor;
    v_matches boolean;
    v_seen bigint := 0;
    v_found bigint := 0;
    v_beyond bigint := 0;
    v_enough boolean := false;
    v_complete boolean := false;
BEGIN
    -- One by one: a FOR loop reads 50 rows ahead, for which pgvector would search on.
    OPEN v_cursor NO SCROLL FOR EXECUTE statement
    USING query_vec, least(
        4000000000000000000, rows_required + ceil(affordable)
    )::bigint;
    LOOP
        FETCH v_cursor INTO id, distance, vec, metadata, v_matches;
        -- Without an index, rows that have no vector come last.
        EXIT WHEN NOT FOUND OR distance IS NULL;

        v_seen := v_seen + 1;
        IF v_matches THEN
            IF distance <= max_distance IS NOT FALSE THEN
                v_found := v_found + 1;
                RETURN NEXT;
                v_enough := v_found >= rows_required - greatest(
                    0, 5 - v_seen / 40
                );
                EXIT WHEN v_enough;
            ELSE
                v_beyond := v_beyond + 1;
            END IF;
        END IF;

        -- The candidates of the first list cost the same whether they are read.
        IF v_seen >= 60 AND v_seen % 20 = 0 THEN
            IF max_distance IS NULL THEN
                EXIT WHEN (v_seen + v_prior / selectivity) / (v_found + v_prior)
                    * (rows_required - v_found) > affordable;
            ELSE
                -- None is missed if those within it are few among the nearest that match.
                v_complete := v_seen >= 400 AND v_beyond >= greatest(20, 3 * v_found);
                EXIT WHEN v_complete OR v_seen > affordable;
            END IF;
        END IF;
    END LOOP;
    CLOSE v_cursor;

    IF v_enough OR v_complete AND trusted THEN
        RETURN;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'VS000',
        MESSAGE = v_found::text,
        DETAIL = v_seen::text;
END
$fn$;

COMMENT ON FUNCTION vecs._search_candidates(text, vector, bigint, double precision, double precision, double precision, boolean) IS
$doc$Return the candidates that match, as a statement returns them, until as many as required are found; with max_distance, those within it, until so many lie beyond that none can be missed.

Raises VS000, which no caller sees, with the number of rows found as its message and the number of candidates as its detail, when an exact search takes less time than going on, and where there are no more candidates.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_candidates(text, vector, bigint, double precision, double precision, double precision, boolean) TO PUBLIC;

-- _search_nearest: run the statement of a search for the nearest rows.
-- An error takes back what is found if it is too little.
-- Arguments: $1 the statement, in which $1 is the vector and $2 the number of rows; $2 the vector;
-- $3 the number of rows wanted. A function that runs a statement it is given has parameters without
-- names: a gateway such as PostgREST, which calls functions by the names of their parameters, does
-- not call it.

CREATE OR REPLACE FUNCTION vecs._search_nearest(
    text,
    vector,
    bigint
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_found bigint;
BEGIN
    RETURN QUERY EXECUTE $1 USING $2, $3;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found < $3 THEN
        RAISE EXCEPTION USING ERRCODE = 'VS000', MESSAGE = v_found::text;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_nearest(text, vector, bigint) IS
$doc$Return the rows that a statement finds, unordered where distances tie.

Raises VS000, which no caller sees, with the number of rows as its message, if there are fewer than wanted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_nearest(text, vector, bigint) TO PUBLIC;

-- _search_order: write the distance by which an index of some precision orders rows.
CREATE OR REPLACE FUNCTION vecs._search_order(
    index_precision text,
    row_vec text,
    query_vec text,
    pgvector text,
    dimension integer,
    operator text
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT format(
        CASE _search_order.index_precision
            WHEN 'half' THEN '%1$s::%3$shalfvec(%4$s) OPERATOR(%3$s%5$s) %2$s::%3$shalfvec(%4$s)'
            WHEN 'binary' THEN '%3$sbinary_quantize(%1$s)::bit(%4$s)'
                ' OPERATOR(%3$s<~>) %3$sbinary_quantize(%2$s)::bit(%4$s)'
            ELSE '%1$s OPERATOR(%3$s%5$s) %2$s'
        END,
        _search_order.row_vec, _search_order.query_vec, _search_order.pgvector, _search_order.dimension, _search_order.operator
    );
$fn$;

COMMENT ON FUNCTION vecs._search_order(text, text, text, text, integer, text) IS
$doc$Return the distance between two vectors, which are SQL, by which an index of a precision (full, half, binary) orders rows, as SQL. pgvector is the prefix that names its schema.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_order(text, text, text, text, integer, text) TO PUBLIC;

-- _search_page: return a page of the rows nearest to a vector, below the first.
-- The index may find other rows when it is asked for more, so pages that were cut from searches of
-- different sizes would not fit together. Here all pages are cut from one list: first the rows of
-- the first page, as query() returns them; then the others of the nearest 100, of the nearest
-- 1,000, and so on, as query() returns so many. Where a list ends does not depend on the page.
CREATE OR REPLACE FUNCTION vecs._search_page(
    collection text,
    query_vec vector,
    top_k bigint,
    filters jsonb,
    measure text,
    include_metadata boolean,
    include_vec boolean,
    max_distance double precision,
    ef_search bigint,
    probes bigint,
    strategy text,
    skip bigint,
    first_size bigint,
    left_out text[]
)
RETURNS TABLE (
    id text,
    distance double precision,
    vec vector,
    metadata jsonb
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_messages text := current_setting('client_min_messages');
    -- An exact search returns the same rows whatever their number.
    v_size bigint := CASE WHEN strategy = 'exact' THEN skip + first_size ELSE first_size END;
    v_ids text[] := '{}';
    v_distances double precision[] := '{}';
    v_new_ids text[];
    v_new_distances double precision[];
    v_found bigint;
    v_first integer;
    v_last integer;
BEGIN
    -- Each notice is raised once: query() has done so, query_by_id() has not.
    IF left_out IS NULL THEN
        PERFORM set_config('client_min_messages', CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END, true);
    END IF;
    LOOP
        SELECT
            count(*),
            array_agg(q.id ORDER BY q.distance, q.id) FILTER (WHERE q.is_new),
            array_agg(q.distance ORDER BY q.distance, q.id) FILTER (WHERE q.is_new)
        INTO v_found, v_new_ids, v_new_distances
        FROM (
            SELECT r.id, r.distance, k.id IS NULL AS is_new
            FROM vecs.query(
                collection, query_vec, v_size, filters, measure, false, false, max_distance,
                ef_search, probes, strategy, 0::bigint
            ) AS r
            LEFT JOIN unnest(v_ids || left_out) AS k (id) ON k.id = r.id
        ) AS q;
        PERFORM set_config('client_min_messages', CASE WHEN v_messages IN ('error', 'fatal', 'panic') THEN v_messages ELSE 'warning' END, true);
        v_ids := v_ids || v_new_ids;
        v_distances := v_distances || v_new_distances;
        EXIT WHEN v_found < v_size OR cardinality(v_ids) >= skip + top_k;
        v_size := 10 ^ greatest(2, ceil(log(v_size::numeric + 1)));
    END LOOP;
    PERFORM set_config('client_min_messages', v_messages, true);

    v_first := least(skip, cardinality(v_ids)) + 1;
    v_last := least(skip + top_k, cardinality(v_ids));
    v_ids := v_ids[v_first:v_last];
    v_distances := v_distances[v_first:v_last];
    RETURN QUERY
    SELECT
        f.id,
        u.distance,
        CASE WHEN include_vec THEN f.vec END,
        CASE WHEN include_metadata IS NOT FALSE THEN f.metadata END
    FROM unnest(v_ids, v_distances) AS u (id, distance)
    JOIN vecs.fetch(collection, v_ids) AS f ON f.id = u.id
    ORDER BY u.distance, u.id;
END
$fn$;

COMMENT ON FUNCTION vecs._search_page(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint, bigint, text[]) IS
$doc$Return top_k of the rows nearest to a vector, after the nearest skip rows, for arguments that query() has accepted. The first page has first_size rows, without those that are left out.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_page(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint, bigint, text[]) TO PUBLIC;

-- _search_target: look up what a search needs to know of a collection, in one query of the catalog.
-- Every search runs this whose index is not found by covering_index (sql/macros/search.sql): one of
-- ivfflat, of halfvecs, of another precision, or of partitions. Sequential scans are off, which the
-- planner prefers for a small catalog.
CREATE OR REPLACE FUNCTION vecs._search_target(
    collection text,
    ops text,
    OUT relation text,
    OUT table_id regclass,
    OUT view_id regclass,
    OUT type regtype,
    OUT dimension integer,
    OUT method text,
    OUT index_precision text,
    OUT index_id oid
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
BEGIN
    -- A longer name would be truncated to 63 bytes and find another collection.
    IF octet_length(collection) BETWEEN 1 AND 63 AND NOT starts_with(collection, '_') THEN
        relation := format('vecs.%I', collection);
        SELECT c.oid, a.atttypid, a.atttypmod, x.method, x.index_precision, x.index_id
        INTO table_id, type, dimension, method, index_precision, index_id
        FROM pg_class AS c
        JOIN pg_attribute AS a
            ON a.attrelid = c.oid AND a.attname = 'vec' AND NOT a.attisdropped
        JOIN pg_attribute AS k
            ON k.attrelid = c.oid AND k.attname = 'id' AND NOT k.attisdropped
        LEFT JOIN LATERAL (
            SELECT m.amname AS method, i.indexrelid AS index_id, f.index_precision
            FROM pg_index AS i
            JOIN pg_opclass AS o ON o.oid = i.indclass[0]
            JOIN pg_am AS m ON m.oid = o.opcmethod
            CROSS JOIN LATERAL (
                SELECT 'full' AS index_precision
                WHERE i.indkey[0] = a.attnum
                    AND o.opcname IN ('vector_' || ops COLLATE "C", 'halfvec_' || ops COLLATE "C")
                UNION ALL
                SELECT e.index_precision
                FROM vecs._expression_index(
                    i.indexrelid::regclass, pg_get_expr(i.indexprs, i.indrelid), o.opcname::text,
                    a.attname::text, a.atttypid::regtype, a.atttypmod
                ) AS e
                WHERE i.indkey[0] = 0 AND o.oid >= 16384 AND e.ops || '_ops' = _search_target.ops
            ) AS f
            WHERE i.indrelid = a.attrelid
                AND i.indisvalid
                AND i.indpred IS NULL
            ORDER BY array_position('{full,half,binary}', f.index_precision), m.amname
            LIMIT 1
        ) AS x
            ON true
        WHERE c.oid = to_regclass(_search_target.relation) AND c.relkind IN ('r', 'p');
    END IF;

    IF table_id IS NULL THEN
        SELECT s.table_id, to_regclass(_search_target.relation), a.atttypid, a.atttypmod, x.method,
            x.index_precision, x.index_id
        INTO table_id, view_id, type, dimension, method, index_precision, index_id
        FROM vecs._source(to_regclass(_search_target.relation)::oid) AS s
        JOIN pg_attribute AS a ON a.attrelid = s.table_id AND a.attnum = s.vec_number
        LEFT JOIN LATERAL (
            SELECT m.amname AS method, i.indexrelid AS index_id, f.index_precision
            FROM pg_index AS i
            JOIN pg_opclass AS o ON o.oid = i.indclass[0]
            JOIN pg_am AS m ON m.oid = o.opcmethod
            CROSS JOIN LATERAL (
                SELECT 'full' AS index_precision
                WHERE i.indkey[0] = a.attnum
                    AND o.opcname IN ('vector_' || ops COLLATE "C", 'halfvec_' || ops COLLATE "C")
                UNION ALL
                SELECT e.index_precision
                FROM vecs._expression_index(
                    i.indexrelid::regclass, pg_get_expr(i.indexprs, i.indrelid), o.opcname::text,
                    a.attname::text, a.atttypid::regtype, a.atttypmod
                ) AS e
                WHERE i.indkey[0] = 0 AND o.oid >= 16384 AND e.ops || '_ops' = _search_target.ops
            ) AS f
            WHERE i.indrelid = a.attrelid
                AND i.indisvalid
                AND i.indpred IS NULL
            ORDER BY array_position('{full,half,binary}', f.index_precision), m.amname
            LIMIT 1
        ) AS x
            ON true;
    END IF;
    -- _collection() decides whether there is such a collection.
    IF table_id IS NULL THEN
        PERFORM vecs._collection(collection);
    ELSIF method IS NULL THEN
        v_collection := vecs._collection(collection);
        table_id := v_collection.table_id;
        -- Each partition may have an index of its own.
        IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = table_id AND c.relkind = 'p') THEN
            SELECT i.method, i.index_precision, i.index_id INTO method, index_precision, index_id
            FROM vecs._vector_indexes(table_id, v_collection.vec_column) AS i
            WHERE i.partition IS NOT NULL
                AND i.valid
                AND i.filters IS NULL
                AND i.measure = CASE ops
                    WHEN 'cosine_ops' THEN 'cosine_distance'
                    WHEN 'l2_ops' THEN 'l2_distance'
                    WHEN 'ip_ops' THEN 'max_inner_product'
                    WHEN 'l1_ops' THEN 'l1_distance'
                END
            LIMIT 1;
        END IF;
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._search_target(text, text) IS
$doc$Return what a search needs to know of a collection: the relation to read as SQL text, the table with its rows, the view of an adopted table (NULL: it is not one), the type and dimension of its vectors, and the valid index with the operator class ops, with its access method and precision (full, half, binary).

method, index_precision and index_id are NULL if no index covers it. Raises VS001 invalid_argument for NULL and VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs._search_target(text, text) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/session
-- ------------------------------------------------------------

-- _lock_builds: keep others from building or dropping indexes of a collection, and from renaming
-- it, until the end of the transaction.
-- Two sessions that build or drop indexes would deadlock at the end. The second waits here, before
-- it takes a lock on the table. By then the name may be that of another table.

CREATE OR REPLACE FUNCTION vecs._lock_builds(
    collection text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_table regclass;
BEGIN
    LOOP
        v_table := (vecs._collection(collection)).table_id;
        PERFORM vecs._check_not_building(collection, v_table);
        PERFORM pg_advisory_xact_lock(hashtext('vecs.create_index'), v_table::oid::integer);
        -- After waiting, the session's cache of names may be out of date; a lock renews it.
        PERFORM vecs._lock_collection(collection, 'read');
        -- One may have begun in the meantime.
        PERFORM vecs._check_not_building(collection, v_table);
        EXIT WHEN (vecs._collection(collection)).table_id = v_table;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_builds(text) IS
$doc$Wait for a session that builds or drops an index of a collection, or renames it, and keep others from it until the end of the transaction.

Raises VS001 invalid_argument for NULL, VS002 collection_not_found, and 55006 if an index is being built concurrently.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_builds(text) TO PUBLIC;

-- _lock_collection: keep a collection from being dropped or altered until the end of the
-- transaction.
-- Takes on its table what reading (ACCESS SHARE), writing (ROW EXCLUSIVE), building an index
-- (SHARE) or altering it (ACCESS EXCLUSIVE) takes, before any weaker lock. After a weaker lock
-- another session could begin to rebuild an index, and the two would deadlock.

CREATE OR REPLACE FUNCTION vecs._lock_collection(
    collection text,
    purpose text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- No collection has another name.
    IF octet_length(collection) BETWEEN 1 AND 63 THEN
        EXECUTE format(
            CASE purpose
                WHEN 'read' THEN 'LOCK TABLE ONLY vecs.%I IN ACCESS SHARE MODE'
                WHEN 'write' THEN 'LOCK TABLE ONLY vecs.%I IN ROW EXCLUSIVE MODE'
                WHEN 'alter' THEN 'LOCK TABLE ONLY vecs.%I IN ACCESS EXCLUSIVE MODE'
                ELSE 'LOCK TABLE ONLY vecs.%I IN SHARE MODE'
            END,
            collection
        );
    END IF;
EXCEPTION
    -- Whoever looks up the collection or uses it reports what is wrong, if anything.
    WHEN undefined_table OR wrong_object_type THEN
        NULL;
    WHEN insufficient_privilege THEN
        -- A privilege on single columns suffices for writing, but not for LOCK TABLE; planning a
        -- write takes the lock. In a read-only transaction the write itself fails.
        IF purpose = 'write'
            AND current_setting('transaction_read_only') = 'off'
            AND EXISTS (SELECT FROM vecs._collections(collection) AS c WHERE c.view_id IS NULL)
        THEN
            EXECUTE format('EXPLAIN UPDATE vecs.%I SET metadata = NULL WHERE false', collection);
        END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_collection(text, text) IS
$doc$Lock a collection's table, if it exists and the role may, against being dropped or altered until the end of the transaction. The purpose is read, write, build or alter.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_collection(text, text) TO PUBLIC;

-- _lock_names: keep others from creating, renaming or indexing collections of some names until the
-- end of the transaction.
-- In an order of its own, so that two sessions that name the same ones do not deadlock.

CREATE OR REPLACE FUNCTION vecs._lock_names(
    names text[]
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_key integer;
    v_name text;
BEGIN
    PERFORM vecs._check_not_building(n.name, c.table_id)
    FROM unnest(names) AS n (name)
    CROSS JOIN LATERAL vecs._collections(n.name) AS c;
    FOR v_key IN
        SELECT DISTINCT hashtext(n.name) AS key FROM unnest(names) AS n (name) ORDER BY key
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), v_key);
    END LOOP;
    -- After waiting, the session's cache of names may be out of date; a lock renews it.
    FOREACH v_name IN ARRAY names LOOP
        PERFORM vecs._lock_collection(v_name, 'read');
    END LOOP;
    FOR v_key IN
        SELECT DISTINCT c.table_id::oid::integer AS key
        FROM unnest(names) AS n (name)
        CROSS JOIN LATERAL vecs._collections(n.name) AS c
        ORDER BY key
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('vecs.create_index'), v_key);
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._lock_names(text[]) IS
$doc$Wait for sessions that create, adopt or rename a collection of one of these names, or build an index of one, and keep others from it until the end of the transaction.$doc$;

GRANT EXECUTE ON FUNCTION vecs._lock_names(text[]) TO PUBLIC;

-- _swap_settings: change settings and return their previous values.
-- After an error PostgreSQL restores them by itself. Only the settings of a search or a build are
-- accepted: anyone may call this function, and "role" is a setting, too.

CREATE OR REPLACE FUNCTION vecs._swap_settings(
    names text[],
    settings text[]
)
RETURNS text[]
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_before text[] := '{}';
    v_setting text;
BEGIN
    IF NOT coalesce(names, '{}') <@ ARRAY[
        'client_connection_check_interval', 'enable_sort', 'hnsw.ef_search',
        'hnsw.iterative_scan', 'hnsw.max_scan_tuples', 'ivfflat.probes', 'ivfflat.iterative_scan',
        'lock_timeout', 'maintenance_work_mem', 'max_parallel_maintenance_workers',
        'max_parallel_workers_per_gather', 'pg_trgm.word_similarity_threshold'
    ] THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'only the settings of a search or an index build can be changed';
    END IF;

    FOR v_position IN 1..coalesce(cardinality(names), 0) LOOP
        -- NULL while pgvector's library is not loaded; set_config() takes it as the default.
        v_setting := current_setting(names[v_position], true);
        v_before := array_append(v_before, v_setting);

        IF v_setting IS DISTINCT FROM settings[v_position] THEN
            PERFORM set_config(names[v_position], settings[v_position], true);
        END IF;
    END LOOP;

    RETURN v_before;
END
$fn$;

COMMENT ON FUNCTION vecs._swap_settings(text[], text[]) IS
$doc$Change settings until the end of the transaction, and return their previous values. A NULL value stands for the default.$doc$;

GRANT EXECUTE ON FUNCTION vecs._swap_settings(text[], text[]) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/text
-- ------------------------------------------------------------

-- _add_text_column: add the column with the words of its texts to a collection's table.
-- Another collection over the same table may have it already, or have left it.
-- Arguments: $1 the collection; $2 what _text_vector() makes words of, as SQL; $3 the key and the
-- configuration, the column's comment; $4 the columns that it is made of.
-- They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._add_text_column(
    text,
    text,
    jsonb,
    smallint[]
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    collection ALIAS FOR $1;
    words_of ALIAS FOR $2;
    comment ALIAS FOR $3;
    made_of ALIAS FOR $4;
    v_table regclass := (vecs._collection(collection)).table_id;
    v_config regconfig := coalesce(comment #>> '{config,default}', comment ->> 'config');
    v_language text := comment #>> '{config,key}';
    v_there text := (
        SELECT col_description(a.attrelid, a.attnum)
        FROM pg_attribute AS a
        WHERE a.attrelid = v_table AND a.attname = '_text' AND NOT a.attisdropped
    );
BEGIN
    IF v_there = comment::text AND vecs._generated_from(v_table, '_text') = made_of THEN
        RETURN;
    ELSIF v_there IS NOT NULL AND EXISTS (
        SELECT
        FROM vecs._collections(NULL::text) AS c
        CROSS JOIN LATERAL vecs._text_index(c.name) AS x
        WHERE c.table_id = v_table AND x.column_name = '_text' AND c.name <> collection
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS006',
            MESSAGE = format(
                'table "%s" has a text index of another collection, of the key "%s"',
                v_table, v_there::jsonb ->> 'key'
            ),
            HINT = 'For another key, add a column of type tsvector to the table, and name that.';
    ELSIF v_there IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s DROP COLUMN _text', v_table);
    END IF;
    EXECUTE format(
        'ALTER TABLE %s ADD COLUMN _text tsvector'
        ' GENERATED ALWAYS AS (vecs._text_vector(%s, %s)) STORED',
        v_table,
        CASE
            WHEN v_language IS NULL THEN format('%L::regconfig', v_config)
            ELSE format(
                'vecs._text_config(%s, %L::regconfig)',
                (vecs._text_document(collection, v_language)).words_of,
                v_config
            )
        END,
        words_of
    );
    EXECUTE format('COMMENT ON COLUMN %s._text IS %L', v_table, comment);
END
$fn$;

COMMENT ON FUNCTION vecs._add_text_column(text, text, jsonb, smallint[]) IS
$doc$Add the column "_text", with the words of its texts, to the table of a collection.

Raises VS006 index_already_exists if another collection over the table uses a column "_text" for another key.$doc$;

GRANT EXECUTE ON FUNCTION vecs._add_text_column(text, text, jsonb, smallint[]) TO PUBLIC;

-- _build_text_index: build the index on a column of words, unless it has one.
-- Takes SHARE on the table.

CREATE OR REPLACE FUNCTION vecs._build_text_index(
    table_id regclass,
    column_name text
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_schema text := vecs._schema(table_id);
    v_name text;
BEGIN
    SELECT c.relname INTO v_name
    FROM pg_index AS i
    JOIN pg_attribute AS a
        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = table_id
        AND a.attname = column_name COLLATE "C"
        AND m.amname = 'gin'
        AND i.indisvalid
        AND i.indpred IS NULL
    ORDER BY c.relname
    LIMIT 1;
    IF v_name IS NOT NULL THEN
        RETURN v_name;
    END IF;
    v_name := 'ix_text_' || md5(concat_ws(' ', table_id::oid, nullif(column_name, '_text')));
    IF to_regclass(format('%s.%I', v_schema, v_name)) IS NOT NULL THEN
        v_name := 'ix_text_' || md5(concat(v_name, random()));
    END IF;
    PERFORM vecs._build_index(v_name, table_id, format('USING gin (%I)', column_name));
    -- drop_text_index() drops what has this comment.
    EXECUTE format('COMMENT ON INDEX %s.%I IS ''{"kind": "text"}''', v_schema, v_name);
    RETURN v_name;
END
$fn$;

COMMENT ON FUNCTION vecs._build_text_index(regclass, text) IS
$doc$Create a GIN index on a column of type tsvector, and return its name, or that of one that there is.$doc$;

GRANT EXECUTE ON FUNCTION vecs._build_text_index(regclass, text) TO PUBLIC;

-- _fuzzy_rows: return the rows whose text has words like those of a text.
-- Two ways to compare, by what a run of characters between spaces and punctuation is. A word: by
-- its trigrams, with pg_trgm. A run in a script that puts no space between words (Thai to Burmese,
-- Khmer, Chinese, Japanese, Korean), or without a trigram in the database's locale: by each two
-- characters that follow one another, as search engines split such texts.
-- Words of less than four letters have trigrams that most texts have: beside longer ones, they
-- count but find no row.
-- Arguments: $1 the relation to read the collection from, as SQL; $2 a further condition, as SQL
-- (empty: none); $3 the text of a row, as SQL; $4 the text to search for; $5 the number of rows
-- wanted. They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._fuzzy_rows(
    text,
    text,
    text,
    text,
    bigint
)
RETURNS TABLE (
    id text,
    score double precision
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    query_text ALIAS FOR $4;
    wanted ALIAS FOR $5;
    v_trgm text := vecs._trigram_schema();
    v_words text[];
    v_parts text[];
    -- Not every collation of a column can look for parts of a text.
    v_lower text := format('lower((%s) COLLATE "default") COLLATE "C"', $3);
    v_statement text;
    v_names constant text[] := '{pg_trgm.word_similarity_threshold}';
    v_before text[];
    v_ids text[];
    v_scores double precision[];
BEGIN
    v_statement := format(
        $sql$
        WITH s AS (
            SELECT left(s.word, 100) AS word, min(s.position) AS position
            FROM regexp_split_to_table(lower($1), '[[:space:][:punct:]]+')
                WITH ORDINALITY AS s (word, position)
            WHERE s.word <> ''
            GROUP BY 1
        ), w AS (
            SELECT s.word, s.position, cardinality(%1$sshow_trgm(s.word)) = 0 OR EXISTS (
                SELECT
                FROM regexp_split_to_table(s.word, '') AS c (letter)
                CROSS JOIN LATERAL (
                    SELECT CASE
                        WHEN getdatabaseencoding() = 'UTF8' THEN ascii(c.letter)
                        WHEN octet_length(c.letter) > 1 THEN 11904
                        ELSE 0
                    END
                ) AS a (code)
                WHERE a.code BETWEEN 3584 AND 4255
                    OR a.code BETWEEN 6016 AND 6143
                    OR a.code BETWEEN 11904 AND 55215
                    OR a.code >= 131072
            ) AS is_run
            FROM s
        )
        SELECT
            ARRAY(
                SELECT w.word FROM w WHERE NOT w.is_run
                ORDER BY length(w.word) DESC, w.position
                LIMIT 4
            ),
            ARRAY(
                SELECT substr(w.word, n.number, 2)
                FROM w
                CROSS JOIN LATERAL generate_series(1, greatest(1, length(w.word) - 1)) AS n (number)
                WHERE w.is_run
                GROUP BY 1
                ORDER BY min(w.position), min(n.number)
                LIMIT 40
            )
        $sql$,
        v_trgm
    );
    EXECUTE v_statement INTO v_words, v_parts USING left(query_text, 10000);
    v_statement := format(
        $sql$
        SELECT
            array_agg(b.id ORDER BY b.score DESC, b.id),
            array_agg(b.score ORDER BY b.score DESC, b.id)
        FROM (
            SELECT t.id::text AS id, (
                coalesce((
                    SELECT sum(
                        length(w.word)
                        * %1$sstrict_word_similarity(w.word, left(%2$s, 100000))
                    )
                    FROM unnest($1) AS w (word)
                ), 0)
                + (
                    SELECT 2 * count(*) FILTER (WHERE strpos(%6$s, p.part) > 0)
                    FROM unnest($2) AS p (part)
                )
            ) / (length(array_to_string($1, '')) + 2 * cardinality($2))
            -- Of texts that fit alike the shortest comes first.
            / (1 + ln(1 + length(%2$s)) / 1000) AS score
            FROM %3$s AS t
            WHERE (%4$s)%5$s
            ORDER BY 2 DESC, 1
            LIMIT $3
        ) AS b
        $sql$,
        v_trgm,
        $3,
        $1,
        concat_ws(
            ' OR ',
            CASE WHEN v_words <> '{}' THEN format('%s OPERATOR(%s%%>) ANY ($4)', $3, v_trgm) END,
            CASE WHEN v_parts <> '{}' THEN format('%s LIKE ANY ($5)', v_lower) END
        ),
        ' AND ' || nullif($2, ''),
        v_lower
    );
    IF v_words = '{}' AND v_parts = '{}' THEN
        RAISE NOTICE USING
            ERRCODE = 'VSW06',
            MESSAGE = format('there is no word to search for in "%s"', left(query_text, 100)),
            HINT = 'Spaces and punctuation are no words.';
        RETURN;
    END IF;
    v_before := vecs._swap_settings(v_names, ARRAY['0.4']);
    EXECUTE v_statement
    INTO v_ids, v_scores
    USING
        v_words, v_parts, wanted,
        ARRAY(
            SELECT w.word FROM unnest(v_words) AS w (word)
            WHERE length(w.word) >= least(4, length(v_words[1]))
        ),
        ARRAY(SELECT format('%%%s%%', p.part) FROM unnest(v_parts) AS p (part));
    PERFORM vecs._swap_settings(v_names, v_before);
    RETURN QUERY SELECT u.id, u.score FROM unnest(v_ids, v_scores) AS u (id, score);
END
$fn$;

COMMENT ON FUNCTION vecs._fuzzy_rows(text, text, text, text, bigint) IS
$doc$Return the rows whose text has words like those of a text, as many as are wanted or all that match, best first. The score is the mean of the words' strict_word_similarity(), weighted by their lengths; no row if the text has no word. A row matches if the word_similarity() of a word is at least 0.4, a word of less than four letters finds no row beside longer ones; or if it has two characters of a run without spaces.

Raises VS008 unsupported if the extension pg_trgm is not installed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._fuzzy_rows(text, text, text, text, bigint) TO PUBLIC;

-- _generated_from: list the columns that a generated column is made of.

CREATE OR REPLACE FUNCTION vecs._generated_from(
    table_id regclass,
    column_name text
)
RETURNS smallint[]
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT array_agg(DISTINCT d.refobjsubid::smallint)
    FROM pg_attribute AS a
    JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    JOIN pg_depend AS d
        ON d.classid = 'pg_attrdef'::regclass
        AND d.objid = e.oid
        AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = a.attrelid
        AND d.refobjsubid <> a.attnum
    WHERE a.attrelid = _generated_from.table_id
        AND a.attname = _generated_from.column_name COLLATE "C"
        AND a.attgenerated <> '';
$fn$;

COMMENT ON FUNCTION vecs._generated_from(regclass, text) IS
$doc$Return the numbers of the columns that a generated column is made of, in their order; NULL if it is no generated column.$doc$;

GRANT EXECUTE ON FUNCTION vecs._generated_from(regclass, text) TO PUBLIC;

-- _hybrid_rows: combine the rows nearest to a vector with the best ones for a text.
-- rrf: reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009) with the constant
-- 2 in place of their 60, which fits lists of thousands: docs/text.md has what was
-- measured. relative: both scores, from 0 for the last row of a search to 1 for its first.
CREATE OR REPLACE FUNCTION vecs._hybrid_rows(
    collection text,
    configs regconfig[],
    query_vec vector,
    query_text text,
    filters jsonb,
    measure text,
    fusion text,
    weights double precision[],
    match text,
    ef_search bigint,
    probes bigint,
    strategy text,
    size bigint
)
RETURNS TABLE (
    id text,
    score double precision,
    distance double precision,
    text_score double precision,
    is_nearest boolean
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_statement text;
    v_ids text[];
    v_distances double precision[];
    v_texts text[];
    v_scores double precision[];
    v_others text[];
    v_farther double precision[];
BEGIN
    SELECT
        array_agg(q.id ORDER BY q.distance, q.id),
        array_agg(q.distance ORDER BY q.distance, q.id)
    INTO v_ids, v_distances
    FROM vecs.query(
        collection, query_vec, size, filters, measure, false, false, NULL::double precision,
        ef_search, probes, strategy, 0::bigint
    ) AS q;
    SELECT
        array_agg(r.id ORDER BY r.score DESC, r.id),
        array_agg(r.score ORDER BY r.score DESC, r.id)
    INTO v_texts, v_scores
    FROM vecs._text_rows(collection, configs, query_text, match, filters, true, size) AS r;
    -- How far the others are: of rows with the same score the nearest comes first.
    v_statement := format(
        $sql$
        SELECT array_agg(t.id::text), array_agg(t.vec OPERATOR(%s%s) $1)
        FROM %s AS t
        WHERE t.id = ANY ($2) AND t.id <> ALL ($3)
        $sql$,
        v_collection.pgvector,
        CASE measure
            WHEN 'cosine_distance' THEN '<=>'
            WHEN 'l2_distance' THEN '<->'
            WHEN 'max_inner_product' THEN '<#>'
            WHEN 'l1_distance' THEN '<+>'
        END,
        CASE
            WHEN v_collection.view_id IS NULL THEN v_collection.relation
            ELSE 'vecs.fetch($4, $2)'
        END
    );
    EXECUTE v_statement
    INTO v_others, v_farther
    USING query_vec, coalesce(v_texts, '{}'), coalesce(v_ids, '{}'), collection;
    RETURN QUERY
    SELECT
        coalesce(v.id, t.id),
        CASE fusion
            WHEN 'rrf' THEN
                coalesce(weights[1] / (1 + v.rank), 0)
                + coalesce(weights[2] / (1 + t.rank), 0)
            ELSE
                weights[1] * CASE
                    WHEN v.distance < 'Infinity' AND e.nearest > '-Infinity' THEN coalesce(
                        (e.farthest - v.distance) / nullif(e.farthest - e.nearest, 0), 1
                    )
                    WHEN v.distance = '-Infinity' THEN 1
                    ELSE 0
                END
                + weights[2] * coalesce(
                    (t.score - e.worst) / nullif(e.best - e.worst, 0), (t.score > 0)::integer, 0
                )
        END,
        coalesce(v.distance, o.distance),
        t.score,
        v.id IS NOT NULL
    FROM unnest(v_ids, v_distances) WITH ORDINALITY AS v (id, distance, rank)
    FULL JOIN unnest(v_texts, v_scores) WITH ORDINALITY AS t (id, score, rank) ON t.id = v.id
    LEFT JOIN unnest(v_others, v_farther) AS o (id, distance) ON o.id = t.id
    CROSS JOIN (
        SELECT
            v_distances[1] AS nearest,
            v_distances[
                cardinality(array_remove(array_remove(v_distances, 'NaN'), 'Infinity'))
            ] AS farthest,
            v_scores[1] AS best,
            v_scores[cardinality(v_scores)] AS worst
    ) AS e
    ORDER BY 2 DESC, 3, 1;
END
$fn$;

COMMENT ON FUNCTION vecs._hybrid_rows(text, regconfig[], vector, text, jsonb, text, text, double precision[], text, bigint, bigint, text, bigint) IS
$doc$Return the rows of two searches for so many rows each, by a vector and by a text, with their combined scores, best first, and whether the search by the vector found them. text_score is NULL for those which that by the text did not find. Arguments are those that hybrid_query() has accepted.$doc$;

GRANT EXECUTE ON FUNCTION vecs._hybrid_rows(text, regconfig[], vector, text, jsonb, text, text, double precision[], text, bigint, bigint, text, bigint) TO PUBLIC;

-- _text_build_settings: choose the settings to rewrite a table with, together with its indexes.

CREATE OR REPLACE FUNCTION vecs._text_build_settings(
    collection text,
    OUT names text[],
    OUT settings text[]
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
BEGIN
    SELECT b.names, b.settings INTO names, settings
    FROM vecs._vector_indexes(v_collection.table_id, v_collection.vec_column) AS i
    CROSS JOIN LATERAL vecs._build_settings(
        vecs._vector_bytes(
            v_collection.element_type, i.index_precision, v_collection.dimension
        ),
        (vecs._index_parameters(i.index_id) ->> 'm')::integer,
        vecs._rows_to_index(v_collection.table_id),
        NULL::text
    ) AS b
    ORDER BY b.memory_bytes DESC
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._text_build_settings(text) IS
$doc$Return the names and values of the settings with which the largest vector index of a collection is built anew, see _build_settings(); NULL if it has none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_build_settings(text) TO PUBLIC;

-- _text_config: choose the text search configuration for a language.
-- Those that every supported version of PostgreSQL has, by their names and ISO 639-1 codes.
-- Columns depend on these functions: their parameters stay as they are.

CREATE OR REPLACE FUNCTION vecs._text_config(
    language text,
    otherwise regconfig
)
RETURNS regconfig
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- Whatever collation a column has.
    v_language text := lower(substring(language COLLATE "C" FROM '[A-Za-z]+'));
BEGIN
    RETURN coalesce(
        (
            SELECT c.oid::regconfig
            FROM pg_ts_config AS c
            WHERE c.cfgnamespace = 'pg_catalog'::regnamespace
                AND c.cfgname = CASE v_language
                    WHEN 'ar' THEN 'arabic'
                    WHEN 'ca' THEN 'catalan'
                    WHEN 'da' THEN 'danish'
                    WHEN 'de' THEN 'german'
                    WHEN 'el' THEN 'greek'
                    WHEN 'en' THEN 'english'
                    WHEN 'es' THEN 'spanish'
                    WHEN 'eu' THEN 'basque'
                    WHEN 'fi' THEN 'finnish'
                    WHEN 'fr' THEN 'french'
                    WHEN 'ga' THEN 'irish'
                    WHEN 'hi' THEN 'hindi'
                    WHEN 'hu' THEN 'hungarian'
                    WHEN 'hy' THEN 'armenian'
                    WHEN 'id' THEN 'indonesian'
                    WHEN 'it' THEN 'italian'
                    WHEN 'lt' THEN 'lithuanian'
                    WHEN 'nb' THEN 'norwegian'
                    WHEN 'ne' THEN 'nepali'
                    WHEN 'nl' THEN 'dutch'
                    WHEN 'nn' THEN 'norwegian'
                    WHEN 'no' THEN 'norwegian'
                    WHEN 'pt' THEN 'portuguese'
                    WHEN 'ro' THEN 'romanian'
                    WHEN 'ru' THEN 'russian'
                    WHEN 'sr' THEN 'serbian'
                    WHEN 'sv' THEN 'swedish'
                    WHEN 'ta' THEN 'tamil'
                    WHEN 'tr' THEN 'turkish'
                    WHEN 'yi' THEN 'yiddish'
                    ELSE v_language
                END
                AND c.cfgname = ANY (
                    '{simple,arabic,armenian,basque,catalan,danish,dutch,english,finnish,french,german,greek,hindi,hungarian,indonesian,irish,italian,lithuanian,nepali,norwegian,portuguese,romanian,russian,serbian,spanish,swedish,tamil,turkish,yiddish}'
                )
        ),
        otherwise
    );
END
$fn$;

COMMENT ON FUNCTION vecs._text_config(text, regconfig) IS
$doc$Return the text search configuration for a language, such as "english", "en" or "en-GB"; otherwise for any other text, and for NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_config(text, regconfig) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs._text_config(
    tag jsonb,
    fallback regconfig
)
RETURNS regconfig
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT vecs._text_config(tag #>> '{}', fallback);
$fn$;

COMMENT ON FUNCTION vecs._text_config(jsonb, regconfig) IS
$doc$Return the same for a value of the metadata.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_config(jsonb, regconfig) TO PUBLIC;

-- _text_configs: choose the text search configurations that a text is searched with.
-- Where a key says the language of each row, one of the text is not known: its words are searched
-- for as each language reduces them, unless the filter is for one language.

CREATE OR REPLACE FUNCTION vecs._text_configs(
    config jsonb,
    filters jsonb
)
RETURNS regconfig[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_name text := coalesce(config ->> 'default', config #>> '{}');
    v_config regconfig;
    v_language jsonb := filters -> (config ->> 'key');
BEGIN
    BEGIN
        v_config := v_name::regconfig;
    EXCEPTION
        WHEN undefined_object OR invalid_schema_name THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS007',
                MESSAGE = format(
                    'the text search configuration "%s" of the text index does not exist any more',
                    v_name
                ),
                HINT = 'If it was renamed, create the index again, with the new name.';
    END;
    v_language := coalesce(v_language -> '$eq', v_language);
    RETURN CASE
        WHEN jsonb_typeof(config) = 'string' THEN ARRAY[v_config]
        WHEN jsonb_typeof(v_language) = 'string'
            THEN ARRAY[vecs._text_config(v_language, v_config)]
        ELSE ARRAY(
            SELECT v_config
            UNION
            SELECT vecs._text_config(c.cfgname::text, v_config)
            FROM pg_ts_config AS c
            WHERE c.cfgnamespace = 'pg_catalog'::regnamespace
        )
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._text_configs(jsonb, jsonb) IS
$doc$Return the text search configurations that a text is searched with, under a filter. config is that of _text_index().

Raises VS007 index_not_found if the configuration of the index does not exist any more.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_configs(jsonb, jsonb) TO PUBLIC;

-- _text_document: find out where the text under a key lies.
-- A key of an adopted table is a field, or a column of type tsvector, which is no field, or a key
-- of the metadata column.

CREATE OR REPLACE FUNCTION vecs._text_document(
    collection text,
    key text,
    OUT column_name text,
    OUT words_of text,
    OUT content text,
    OUT number smallint,
    OUT is_list boolean,
    OUT fault text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_fields jsonb := vecs._fields(v_collection.view_id, NULL::jsonb);
    v_is_field boolean := coalesce(v_fields -> 'fields' ? key, false);
    v_column text;
    v_type oid;
    v_texts text[];
BEGIN
    IF v_is_field THEN
        SELECT a.attname, vecs._base_type(a.atttypid), a.attnum INTO v_column, v_type, number
        FROM vecs._view_origin(v_collection.view_id::oid, key) AS o (origin)
        JOIN pg_attribute AS a ON a.attrelid = o.origin[1] AND a.attnum = o.origin[2]::integer;
    ELSE
        SELECT a.attname, a.atttypid, a.attnum INTO v_column, v_type, number
        FROM pg_attribute AS a
        WHERE a.attrelid = v_collection.table_id
            AND a.attname = key COLLATE "C"
            AND a.attnum > 0
            AND a.atttypid = 'tsvector'::regtype
            AND v_fields IS NOT NULL;
    END IF;
    IF v_type = 'tsvector'::regtype THEN
        column_name := v_column;
        RETURN;
    ELSIF NOT v_is_field AND v_collection.metadata_column IS NULL THEN
        v_texts := vecs._text_keys(collection);
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format('the table has no field "%s", and no metadata column', key),
            HINT = concat(
                'Did you mean "' || vecs._closest_match(key, v_texts) || '"? ',
                'Its columns with text are ' || array_to_string(v_texts, ', ') || '.',
                CASE v_texts WHEN '{}' THEN 'It has no column with text.' END
            );
    ELSIF NOT v_is_field THEN
        v_column := v_collection.metadata_column;
        number := (
            SELECT a.attnum
            FROM pg_attribute AS a
            WHERE a.attrelid = v_collection.table_id AND a.attname = v_column COLLATE "C"
        );
        words_of := format('%I -> %L', v_column, key);
        content := vecs._path_expression(
            CASE WHEN v_fields IS NULL THEN 't.metadata' ELSE 't._metadata' END, ARRAY[key]
        ) || ' #>> ''{}''';
    ELSE
        SELECT
            y.typcategory = 'A',
            format(k.words_of, v_column),
            CASE
                WHEN y.typcategory = 'A' THEN format('array_to_string(t.%I, chr(10))', key)
                WHEN k.words_of LIKE '%jsonb' THEN format('t.%I::jsonb #>> ''{}''', key)
                ELSE format('t.%I::text', key)
            END
        INTO is_list, words_of, content
        FROM pg_type AS y
        LEFT JOIN pg_type AS e ON e.oid = y.typelem AND y.typcategory = 'A'
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN y.typname IN ('json', 'jsonb') THEN '%I::jsonb'
                WHEN e.typcategory = 'S' THEN '%I::text[]'
                WHEN y.typcategory = 'S'
                    OR y.oid IN (
                        'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype,
                        'numeric'::regtype, 'uuid'::regtype
                    )
                    THEN '%I::text'
            END
        ) AS k (words_of)
        WHERE y.oid = v_type;
    END IF;

    SELECT CASE
        WHEN c.relkind = 'm' THEN format('"%s" is a materialized view', c.relname)
        WHEN a.attgenerated <> '' THEN format('column "%s" is a generated one', a.attname)
        WHEN words_of IS NULL
            THEN format('column "%s" is of type %s, not text', a.attname, v_type::regtype)
    END
    INTO fault
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = number
    WHERE c.oid = v_collection.table_id;
END
$fn$;

COMMENT ON FUNCTION vecs._text_document(text, text) IS
$doc$Return where the text under a key of a collection lies: the column of type tsvector that has the words already, or NULL; otherwise as SQL what _text_vector() makes words of, over the columns of the table, and the text itself, over t, the relation that the collection is read from; the number of the table's column; whether that is an array; and why words cannot be generated of it, or NULL.

Raises VS001 invalid_argument for a key that an adopted table does not have.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_document(text, text) TO PUBLIC;

-- _text_index: look up the text index of a collection.
-- The comment of its column "_text" says which key it is of: {"key": "body", "config": "english"}.

CREATE OR REPLACE FUNCTION vecs._text_index(
    collection text,
    OUT key text,
    OUT config jsonb,
    OUT column_name text,
    OUT is_generated boolean,
    OUT name text,
    OUT index_id regclass
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_relation regclass := to_regclass('vecs.' || quote_ident(collection));
    v_comment text;
    v_column oid[];
BEGIN
    SELECT d.description, ARRAY[a.attrelid, a.attnum] INTO v_comment, v_column
    FROM pg_attribute AS a
    JOIN pg_description AS d
        ON d.objoid = a.attrelid
        AND d.classoid = 'pg_class'::regclass
        AND d.objsubid = a.attnum
    WHERE a.attrelid = v_relation AND a.attname = '_text' AND NOT a.attisdropped;
    IF starts_with(v_comment, '{"key": ') IS NOT TRUE THEN
        RETURN;
    END IF;
    key := v_comment::jsonb ->> 'key';
    config := v_comment::jsonb -> 'config';
    -- That of the table, if the collection is a view over one.
    v_column := coalesce(vecs._view_origin(v_relation::oid, '_text'), v_column);
    SELECT
        a.attname,
        a.attgenerated <> '' AND starts_with(col_description(a.attrelid, a.attnum), '{"key": ')
    INTO column_name, is_generated
    FROM pg_attribute AS a
    WHERE a.attrelid = v_column[1] AND a.attnum = v_column[2]::integer;
    SELECT c.relname, c.oid INTO name, index_id
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = v_column[1]
        AND i.indkey[0] = v_column[2]::integer
        AND m.amname = 'gin'
        AND i.indisvalid
        AND i.indpred IS NULL
    ORDER BY c.relname
    LIMIT 1;
END
$fn$;

COMMENT ON FUNCTION vecs._text_index(text) IS
$doc$Return the key and the text search configuration of a collection's text index, a name or an object with the key of the language and the default; the table's column of words, and whether create_text_index() added it; and the index on that (NULL: it was dropped). No values if the collection has none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_index(text) TO PUBLIC;

-- _text_keys: list keys under which a collection has texts, for a hint.

CREATE OR REPLACE FUNCTION vecs._text_keys(
    collection text
)
RETURNS text[]
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_keys text[];
BEGIN
    IF v_collection.view_id IS NOT NULL THEN
        RETURN ARRAY(
            SELECT a.attname
            FROM pg_attribute AS a
            JOIN pg_type AS y ON y.oid = vecs._base_type(a.atttypid)
            WHERE a.attrelid = v_collection.table_id
                AND a.attnum > 0
                AND NOT a.attisdropped
                AND a.attname <> '_text'
                AND (
                    y.typname = 'tsvector'
                    OR y.typcategory = 'S' AND EXISTS (
                        SELECT
                        FROM pg_attribute AS v
                        WHERE v.attrelid = v_collection.view_id AND v.attname = a.attname
                    )
                )
            ORDER BY y.typname <> 'tsvector', a.attnum
            LIMIT 10
        );
    END IF;
    EXECUTE format(
        $sql$
        SELECT array_agg(k.key ORDER BY k.length DESC, k.key)
        FROM (
            SELECT e.key, avg(length(e.value #>> '{}')) AS length
            FROM (SELECT t.metadata FROM %s AS t LIMIT 100) AS t
            CROSS JOIN LATERAL jsonb_each(
                CASE jsonb_typeof(t.metadata) WHEN 'object' THEN t.metadata END
            ) AS e
            WHERE jsonb_typeof(e.value) = 'string'
            GROUP BY e.key
            ORDER BY 2 DESC, 1
            LIMIT 10
        ) AS k
        $sql$,
        v_collection.relation
    ) INTO v_keys;
    RETURN coalesce(v_keys, '{}');
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN '{}';
END
$fn$;

COMMENT ON FUNCTION vecs._text_keys(text) IS
$doc$Return up to ten keys of a collection that have texts: of an adopted table its columns of words and its fields of text, of another collection those of some rows, the longest texts first.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_keys(text) TO PUBLIC;

-- _text_rows: return the best rows for a text among those that match a filter.

CREATE OR REPLACE FUNCTION vecs._text_rows(
    collection text,
    configs regconfig[],
    query_text text,
    match text,
    filters jsonb,
    needs_vec boolean,
    wanted bigint
)
RETURNS TABLE (
    id text,
    score double precision
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_index record;
    v_predicate text;
    v_conditions text;
    v_document record;
    v_words record;
    v_terms tsquery[];
    v_frequencies bigint[];
    v_weights double precision[];
    v_statement text;
    v_estimate text;
    v_selectivity double precision := 1;
BEGIN
    IF filters <> '{}' THEN
        v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    END IF;
    v_conditions := concat_ws(
        ' AND ',
        '(' || v_predicate || ')',
        -- Rows of an adopted table may have no vector.
        CASE WHEN needs_vec AND v_collection.view_id IS NOT NULL THEN 't.vec IS NOT NULL' END
    );
    v_index := vecs._text_index(collection);
    IF match = 'fuzzy' THEN
        IF v_index.is_generated THEN
            v_document := vecs._text_document(collection, v_index.key);
        END IF;
        IF v_index.is_generated IS NOT TRUE OR v_document.number <> ALL (
            vecs._generated_from(v_collection.table_id, v_index.column_name)
        ) THEN
            RAISE EXCEPTION USING
                ERRCODE = 'VS008',
                MESSAGE = format(
                    'the text index of collection "%s" is on words alone, without their texts',
                    collection
                ),
                HINT = 'A search with match => ''fuzzy'' compares texts: create the text index on'
                    ' the field that has them.';
        END IF;
        RETURN QUERY
        SELECT r.id, r.score
        FROM vecs._fuzzy_rows(
            v_collection.relation, v_conditions, v_document.content, query_text, wanted
        ) AS r;
        RETURN;
    END IF;

    v_words := vecs._text_words(configs, query_text, match);
    IF v_words.lexemes = '{}' THEN
        RAISE NOTICE USING
            ERRCODE = 'VSW06',
            MESSAGE = format('there is no word to search for in "%s"', left(query_text, 100)),
            HINT = format(
                'The text search configuration %s leaves out punctuation and frequent words.',
                coalesce(v_index.config ->> 'default', v_index.config #>> '{}')
            );
        RETURN;
    ELSIF cardinality(configs) > 1 AND v_words.condition IS NOT NULL THEN
        -- What a row has to match is what its own language makes of the text.
        v_conditions := concat_ws(
            ' AND ',
            nullif(v_conditions, ''),
            format(
                't._text @@ CASE vecs._text_config(%s, %s::regconfig)::oid%s END',
                (vecs._text_document(collection, v_index.config ->> 'key')).content,
                (v_index.config ->> 'default')::regconfig::oid,
                v_words.conditions
            )
        );
    END IF;

    SELECT array_agg(s.term), array_agg(s.frequency), array_agg(s.weight)
    INTO v_terms, v_frequencies, v_weights
    FROM (
        SELECT t.term, t.frequency, t.weight
        FROM vecs._text_terms(
            v_collection.relation, v_collection.table_id, v_index.column_name,
            v_words.lexemes[:256]
        ) AS t
        ORDER BY t.frequency, t.term
        LIMIT 40
    ) AS s;
    IF v_terms IS NULL THEN
        RETURN;
    END IF;
    IF v_predicate IS NOT NULL THEN
        v_statement := format(
            'EXPLAIN SELECT FROM %s AS t WHERE %s', v_collection.relation, v_predicate
        );
        EXECUTE v_statement INTO v_estimate;
        v_selectivity := least(1, greatest(
            1, substring(v_estimate FROM '[.][.][0-9.]+ rows=([0-9]+) ')::double precision
        ) / greatest(1, vecs._estimated_rows(collection)));
    END IF;
    RETURN QUERY
    SELECT r.id, r.score
    FROM vecs._text_search(
        v_collection.relation, v_terms, v_frequencies, v_weights, v_words.condition,
        v_conditions,
        v_selectivity, wanted
    ) AS r;
END
$fn$;

COMMENT ON FUNCTION vecs._text_rows(text, regconfig[], text, text, jsonb, boolean, bigint) IS
$doc$Return the best rows for a text, as many as are wanted or all that match, in the order of _text_search(), for arguments that _check_text() has accepted and the configurations that it returned; with needs_vec only those that have a vector.

Raises VS001 invalid_argument for a text of too many words, VS005 invalid_filter, and the notice VSW06 if the text has no word that is indexed.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_rows(text, regconfig[], text, text, jsonb, boolean, bigint) TO PUBLIC;

-- _text_search: return the best rows for a text, by BM25 (Robertson and Zaragoza, The Probabilistic
-- Relevance Framework, 2009), with k1 = 0.6 and b = 0.4.
--
-- How often a row has a word: ts_rank() of one word with weight 1 that is n times in a row is
-- (1 + 1/4 + ... + 1/n^2) / (pi^2 / 6); 1 / (1 - that) grows with n, and so 6 / pi^2 times it, less
-- what it is for n = 0, is n within .1. A row is as long as it has different words.
--
-- A search for any of the words does not score every row that has one: the rarest words decide. The
-- rows with one of the first few, which together are in up to 2000 rows, are
-- scored; those with the next word come after them, if there are too few.
--
-- Arguments: $1 the relation to read the collection from, as SQL; $2 the words, the rarest first;
-- $3 how many rows have each; $4 its weight; $5 what rows have to match (NULL: any of the words);
-- $6 a further condition, as SQL (empty: none); $7 the share of the rows that match it; $8 the
-- number of rows wanted.
-- They have no names: see _search_nearest().

CREATE OR REPLACE FUNCTION vecs._text_search(
    text,
    tsquery[],
    bigint[],
    double precision[],
    tsquery,
    text,
    double precision,
    bigint
)
RETURNS TABLE (
    id text,
    score double precision
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    terms ALIAS FOR $2;
    frequencies ALIAS FOR $3;
    weights ALIAS FOR $4;
    condition ALIAS FOR $5;
    selectivity ALIAS FOR $7;
    wanted ALIAS FOR $8;
    v_count integer := cardinality(terms);
    v_first integer := 1;
    v_last integer;
    v_statement text;
    v_score text;
    v_stage text;
    v_ids text[];
    v_scores double precision[];
    v_found bigint;
BEGIN
    IF condition IS NOT NULL THEN
        v_first := v_count;
    END IF;
    WHILE v_first < v_count AND selectivity * (
        SELECT sum(u.frequency) FROM unnest(frequencies[:v_first + 1]) AS u (frequency)
    ) <= 2000 LOOP
        v_first := v_first + 1;
    END LOOP;
    v_last := v_first;
    SELECT
        string_agg(
            format(
                '$3[%1$s] * (1 - k.k / (k.k + (1 / (1 - ts_rank(''{1,1,1,1}'', c.words, $2[%1$s]))'
                ' - 1) / 1.6449340668))',
                n.number
            ),
            ' + ' ORDER BY n.number
        )
    INTO v_score
    FROM generate_series(1, v_count) AS n (number);

    LOOP
        -- Which words a row has says in which turn it comes, however many are wanted.
        v_stage := CASE
            WHEN v_first = v_last THEN '0'
            ELSE (
                SELECT format('CASE WHEN c.words @@ $4 THEN 0%s END', string_agg(
                    format(' WHEN c.words @@ $2[%1$s] THEN %1$s', n.number), '' ORDER BY n.number
                ))
                FROM generate_series(v_first + 1, v_last) AS n (number)
            )
        END;
        v_statement := format(
            $sql$
            WITH c AS MATERIALIZED (
                SELECT
                    t.id::text AS id,
                    t._text || '' AS words,
                    length(t._text)::double precision AS length
                FROM %s AS t
                WHERE t._text @@ $1%s
            ), s AS MATERIALIZED (
                SELECT
                    c.id,
                    1.6 * (%s) AS score,
                    %s AS stage
                FROM c
                CROSS JOIN (
                    SELECT
                        greatest(coalesce(avg(c.length)%s, avg(c.length)), 1)::double precision
                            AS length
                    FROM c
                ) AS a
                CROSS JOIN LATERAL (
                    SELECT 0.6 * (
                        0.6 + 0.4 * c.length / a.length
                    ) AS k
                    OFFSET 0
                ) AS k
            )
            SELECT
                array_agg(b.id ORDER BY b.stage, b.score DESC, b.id),
                array_agg(b.score ORDER BY b.stage, b.score DESC, b.id),
                (SELECT count(*) FROM s)
            FROM (
                SELECT s.* FROM s ORDER BY s.stage, s.score DESC, s.id LIMIT $5
            ) AS b
            $sql$,
            $1,
            ' AND ' || nullif($6, ''),
            v_score,
            v_stage,
            CASE WHEN v_first < v_last THEN ' FILTER (WHERE c.words @@ $4)' END
        );
        EXECUTE v_statement
        INTO v_ids, v_scores, v_found
        USING
            coalesce(condition, array_to_string(terms[:v_last], ' | ')::tsquery), terms, weights,
            coalesce(condition, array_to_string(terms[:v_first], ' | ')::tsquery), wanted;
        EXIT WHEN v_found >= wanted OR v_last = v_count;
        LOOP
            v_last := v_last + 1;
            EXIT WHEN v_last = v_count OR selectivity * (
                SELECT sum(u.frequency)
                FROM unnest(frequencies[v_first + 1:v_last]) AS u (frequency)
            ) >= 2 * (wanted - v_found)::double precision;
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT u.id, u.score FROM unnest(v_ids, v_scores) AS u (id, score);
END
$fn$;

COMMENT ON FUNCTION vecs._text_search(text, tsquery[], bigint[], double precision[], tsquery, text, double precision, bigint) IS
$doc$Return the best rows for some words, with their scores. Rows come in turn by the words that they have, best first within a turn, so that the first rows do not depend on how many are wanted. There are as many as are wanted, or all that match.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_search(text, tsquery[], bigint[], double precision[], tsquery, text, double precision, bigint) TO PUBLIC;

-- _text_terms: find out which words of a text to search for, and how many rows have each.
-- PostgreSQL's statistics know the most common words of the column, about a thousand, and no other
-- is in more rows than the rarest of these: such words are counted. The planner hides statistics
-- under row-level security; there all words are counted, in the rows that may be seen.
-- Arguments: $1 the relation to read the collection from, as SQL; $2 its table; $3 the column of
-- this with the words; $4 the words to search for. They have no names: see _search_nearest().
CREATE OR REPLACE FUNCTION vecs._text_terms(
    text,
    regclass,
    text,
    text[]
)
RETURNS TABLE (
    term tsquery,
    frequency bigint,
    weight double precision
)
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET gin_fuzzy_search_limit = 0
AS $fn$
DECLARE
    relation ALIAS FOR $1;
    table_id ALIAS FOR $2;
    column_name ALIAS FOR $3;
    lexemes ALIAS FOR $4;
    v_rows double precision;
    v_terms tsquery[] := ARRAY(
        SELECT format('''%s''', replace(replace(u.lexeme, E'\\', E'\\\\'), '''', ''''''))::tsquery
        FROM unnest(lexemes) WITH ORDINALITY AS u (lexeme, position)
        ORDER BY u.position
    );
    -- The most common words of the column, and in what share of the rows they are.
    v_common text[];
    v_shares real[];
    v_schema text;
    v_table text;
    v_is_partitioned boolean;
    v_statement text;
    v_counts bigint[];
    v_count bigint;
BEGIN
    IF row_security_active(table_id) THEN
        v_statement := format(
            'SELECT count(*), ARRAY[%s] FROM (SELECT t._text || '''' AS words FROM %s AS t) AS t',
            (
                SELECT string_agg(
                    format('count(*) FILTER (WHERE t.words @@ $1[%s])', n.number), ', '
                    ORDER BY n.number
                )
                FROM generate_series(1, cardinality(v_terms)) AS n (number)
            ),
            relation
        );
        EXECUTE v_statement INTO v_rows, v_counts USING v_terms;
    ELSE
        v_rows := (vecs._approximate_count(table_id)).row_count;
        SELECT n.nspname, c.relname, c.relkind = 'p'
        INTO v_schema, v_table, v_is_partitioned
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = table_id;
        SELECT p.most_common_elems::text::text[], p.most_common_elem_freqs
        INTO v_common, v_shares
        FROM pg_stats AS p
        WHERE p.schemaname = v_schema
            AND p.tablename = v_table
            AND p.attname = column_name COLLATE "C"
            AND p.inherited = v_is_partitioned;
        FOR v_number IN 1..cardinality(lexemes) LOOP
            -- 0 if many rows have been deleted since.
            v_count := nullif(
                round(v_rows * v_shares[array_position(v_common, lexemes[v_number])]), 0
            );
            IF v_count IS NULL THEN
                EXECUTE format(
                    'SELECT count(*) FROM (SELECT FROM %s AS t WHERE t._text @@ $1 LIMIT $2) AS s',
                    relation
                ) INTO v_count USING v_terms[v_number], 2000;
            END IF;
            v_counts[v_number] := v_count;
        END LOOP;
    END IF;
    RETURN QUERY
    SELECT u.term, u.frequency, ln(1 + (r.row_count - u.frequency + 0.5) / (u.frequency + 0.5))
    FROM unnest(v_terms, v_counts) AS u (term, frequency)
    CROSS JOIN LATERAL (SELECT greatest(v_rows, u.frequency)) AS r (row_count)
    WHERE u.frequency > 0;
END
$fn$;

COMMENT ON FUNCTION vecs._text_terms(text, regclass, text, text[]) IS
$doc$Return those of some lexemes that rows of a collection have: each as a query, the number of rows that have it (of a word that statistics do not know up to 2000), and its weight in BM25, ln(1 + (N - n + 0.5) / (n + 0.5)).$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_terms(text, regclass, text, text[]) TO PUBLIC;

-- _text_vector: turn a text into the words by which it is found.
-- The column "_text" of a collection with a text index is generated by it. A tsvector has up to
-- 1 MB, the words of a text of several; a longer text must not make a write fail. An exception
-- block takes time, so only texts that may be too long are tried in one.
-- Columns depend on it: its parameters stay as they are.

CREATE OR REPLACE FUNCTION vecs._text_vector(
    config regconfig,
    document text
)
RETURNS tsvector
LANGUAGE plpgsql
IMMUTABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_length integer := length(document);
    v_words tsvector;
BEGIN
    IF octet_length(document) <= 65536 IS NOT FALSE THEN
        RETURN to_tsvector(config, document);
    END IF;
    LOOP
        BEGIN
            v_words := to_tsvector(config, left(document, v_length));
            EXIT;
        EXCEPTION
            WHEN program_limit_exceeded THEN
                v_length := v_length / 2;
        END;
    END LOOP;
    RETURN v_words;
END
$fn$;

COMMENT ON FUNCTION vecs._text_vector(regconfig, text) IS
$doc$Return the words of a text, by a text search configuration; if there are more than a tsvector holds (1 MB), those of its first half, quarter and so on.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_vector(regconfig, text) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs._text_vector(
    config regconfig,
    content jsonb
)
RETURNS tsvector
LANGUAGE plpgsql
IMMUTABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF jsonb_typeof(content) = 'array' THEN
        RETURN vecs._text_vector(config, (
            SELECT string_agg(e.value #>> '{}', E'\n' ORDER BY e.position)
            FROM jsonb_array_elements(content) WITH ORDINALITY AS e (value, position)
        ));
    END IF;
    RETURN vecs._text_vector(config, content #>> '{}');
END
$fn$;

COMMENT ON FUNCTION vecs._text_vector(regconfig, jsonb) IS
$doc$Return the words of a value of the metadata: of a string, of each element of an array, of anything else as JSON writes it. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_vector(regconfig, jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs._text_vector(
    config regconfig,
    contents text[]
)
RETURNS tsvector
LANGUAGE sql
IMMUTABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT vecs._text_vector(config, array_to_string(contents, E'\n'));
$fn$;

COMMENT ON FUNCTION vecs._text_vector(regconfig, text[]) IS
$doc$Return the words of the elements of an array; NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_vector(regconfig, text[]) TO PUBLIC;

-- _text_words: find out which words to search for, and what a row has to match.
CREATE OR REPLACE FUNCTION vecs._text_words(
    configs regconfig[],
    query_text text,
    match text,
    OUT lexemes text[],
    OUT condition tsquery,
    OUT conditions text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- Once for each language.
    IF cardinality(configs) > 1 THEN
        query_text := left(query_text, 10000);
    END IF;
    lexemes := ARRAY(
        SELECT u.lexeme
        FROM unnest(configs) AS c (config)
        CROSS JOIN LATERAL unnest(vecs._text_vector(c.config, query_text)) AS u
        GROUP BY u.lexeme
        ORDER BY min(u.positions[1]), u.lexeme
    );
    IF match <> 'any' AND cardinality(lexemes) > 256 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                'query_text has %s different words, more than 256',
                cardinality(lexemes)
            ),
            HINT = 'With match => ''any'' a text of any length can be searched for.';
    -- PostgreSQL raises a notice of its own if there is no word.
    ELSIF match <> 'any' AND lexemes <> '{}' THEN
        SELECT
            string_agg(DISTINCT format('(%s)', q.words), ' | '),
            string_agg(format(' WHEN %s THEN %L::tsquery', c.config::oid, q.words), '')
        INTO condition, conditions
        FROM unnest(configs) AS c (config)
        CROSS JOIN LATERAL (
            SELECT CASE match
                WHEN 'web' THEN websearch_to_tsquery(c.config, query_text)::text
                ELSE (
                    SELECT string_agg(format('''%s''', replace(replace(u.lexeme, E'\\', E'\\\\'), '''', '''''')), ' & ')
                    FROM unnest(vecs._text_vector(c.config, query_text)) AS u
                )
            END
            WHERE vecs._text_vector(c.config, query_text) <> ''
        ) AS q (words);
    END IF;
    IF match = 'web' THEN
        -- As text, each of its words is in quotes.
        lexemes := ARRAY(
            SELECT DISTINCT replace(replace(m.word[1], '''''', ''''), E'\\\\', E'\\')
            FROM regexp_matches(
                -- Those after a minus sign are not searched for.
                regexp_replace(condition::text, '!''(?:[^'']|'''')+''', '', 'g'),
                '''((?:[^'']|'''')+)''',
                'g'
            ) AS m (word)
        );
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._text_words(regconfig[], text, text) IS
$doc$Return the words of a text as its text search configurations reduce them, in the text's order; with match => 'all' or 'web' also what a row has to match, and for each configuration its own part of that, as the cases of a CASE by the configuration's oid.

Raises VS001 invalid_argument for more than 256 words, unless a row may have any of them.$doc$;

GRANT EXECUTE ON FUNCTION vecs._text_words(regconfig[], text, text) TO PUBLIC;

-- ------------------------------------------------------------
-- internal/write
-- ------------------------------------------------------------

-- _find_half_overflow: find the first vector that does not fit into half precision.

CREATE OR REPLACE FUNCTION vecs._find_half_overflow(
    vecs vector[],
    OUT row_no integer,
    OUT why text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_cast text := format(
        '::%shalfvec', rtrim(pg_typeof(_find_half_overflow.vecs)::text, '"vector[]')
    );
BEGIN
    BEGIN
        EXECUTE format('SELECT count(u.vec%s) FROM unnest($1) AS u (vec)', v_cast)
        USING _find_half_overflow.vecs;
        RETURN;
    EXCEPTION
        WHEN data_exception THEN
            NULL;
    END;

    -- There is one: try them one by one.
    FOR v_number IN 1..cardinality(_find_half_overflow.vecs) LOOP
        BEGIN
            EXECUTE format('SELECT $1%s', v_cast)
            USING _find_half_overflow.vecs[v_number];
        EXCEPTION
            WHEN data_exception THEN
                row_no := v_number;
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
END
$fn$;

COMMENT ON FUNCTION vecs._find_half_overflow(vector[]) IS
$doc$Return the position of the first vector that half precision cannot hold, and pgvector's message for it; NULL if all fit.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_half_overflow(vector[]) TO PUBLIC;

-- _find_long_id: find the first id that is too long for a unique index.
-- Called only after such an error, inside what the error undoes: it inserts the long ids one by
-- one.

CREATE OR REPLACE FUNCTION vecs._find_long_id(
    table_id regclass,
    index_name text,
    ids text[],
    vecs vector[]
)
RETURNS text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_row record;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = table_id AND i.indisunique AND c.relname = index_name
    ) THEN
        RETURN NULL;
    END IF;

    FOR v_row IN
        SELECT u.id, u.vec
        FROM unnest(ids, _find_long_id.vecs) WITH ORDINALITY AS u (id, vec, position)
        WHERE octet_length(u.id) > 2600
        ORDER BY u.position
    LOOP
        BEGIN
            EXECUTE format(
                'INSERT INTO %s (id, vec) VALUES ($1, $2) ON CONFLICT DO NOTHING', table_id
            ) USING v_row.id, v_row.vec;
        EXCEPTION
            WHEN program_limit_exceeded THEN
                RETURN v_row.id;
        END;
    END LOOP;
    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._find_long_id(regclass, text, text[], vector[]) IS
$doc$Return the first id that is too long for a unique index of a table, which is given by its name. NULL if another index raised the error. Inserts the ids that fit.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_long_id(regclass, text, text[], vector[]) TO PUBLIC;

-- _find_unreadable_record: find the first JSON object that the columns of an adopted table cannot
-- hold.
-- Called only after such an error: it tries the objects one by one.

CREATE OR REPLACE FUNCTION vecs._find_unreadable_record(
    view_id regclass,
    names text[],
    documents jsonb,
    OUT row_no integer,
    OUT why text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_statement text;
    v_document jsonb;
BEGIN
    SELECT format(
        'SELECT %s FROM jsonb_to_record($1) AS x (%s)',
        string_agg(f.value, ', '), string_agg(f.definition, ', ')
    )
    INTO v_statement
    FROM vecs._written_fields(view_id, names) AS f
    HAVING count(*) > 0;

    IF v_statement IS NULL THEN
        RETURN;
    END IF;

    row_no := 0;
    FOR v_document IN SELECT d.document FROM jsonb_array_elements(documents) AS d (document) LOOP
        row_no := row_no + 1;
        BEGIN
            EXECUTE v_statement USING v_document;
        EXCEPTION
            WHEN data_exception OR syntax_error THEN
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
    row_no := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._find_unreadable_record(regclass, text[], jsonb) IS
$doc$Return the position, from 1, of the first of an array of JSON objects whose keys, names, have a value that the fields of an adopted table cannot hold, and PostgreSQL's message. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_unreadable_record(regclass, text[], jsonb) TO PUBLIC;

-- _find_unreadable_vector: find the first record whose vector pgvector cannot read.
-- Called only after such an error: it tries the records one by one.

CREATE OR REPLACE FUNCTION vecs._find_unreadable_vector(
    records jsonb,
    vector_type regtype,
    OUT row_no integer,
    OUT id text,
    OUT why text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_record jsonb;
BEGIN
    row_no := 0;
    FOR v_record IN SELECT r.record FROM jsonb_array_elements(records) AS r (record) LOOP
        row_no := row_no + 1;
        BEGIN
            EXECUTE format('SELECT $1::%s', vector_type) USING v_record ->> 'vec';
        EXCEPTION
            WHEN data_exception OR program_limit_exceeded THEN
                id := v_record ->> 'id';
                why := SQLERRM;
                RETURN;
        END;
    END LOOP;
    row_no := NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._find_unreadable_vector(jsonb, regtype) IS
$doc$Return the first record whose vector pgvector cannot read: its position from 1, its id, and pgvector's message. NULL if all can be read.$doc$;

GRANT EXECUTE ON FUNCTION vecs._find_unreadable_vector(jsonb, regtype) TO PUBLIC;

-- _unique_columns: find the columns of a unique index by which a record of an adopted table is the
-- only one.

CREATE OR REPLACE FUNCTION vecs._unique_columns(
    view_id regclass,
    names text[]
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH given AS (
        SELECT n.name, o.origin[1] AS table_id, o.origin[2]::integer AS number
        FROM unnest('{_id}'::text[] || _unique_columns.names) AS n (name)
        CROSS JOIN LATERAL vecs._view_origin(_unique_columns.view_id::oid, n.name) AS o (origin)
    )
    SELECT string_agg(quote_ident(g.name), ', ' ORDER BY k.position)
    FROM pg_index AS i
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, position)
    LEFT JOIN given AS g ON g.table_id = i.indrelid AND g.number = k.number
    WHERE i.indrelid = (SELECT g.table_id FROM given AS g WHERE g.name = '_id')
        AND i.indisunique
        AND i.indisvalid
        AND i.indimmediate
        AND i.indpred IS NULL
        AND i.indexprs IS NULL
        AND k.position <= i.indnkeyatts
    GROUP BY i.indexrelid
    HAVING count(*) = count(g.name) AND bool_or(g.name = '_id')
    ORDER BY count(*)
    LIMIT 1;
$fn$;

COMMENT ON FUNCTION vecs._unique_columns(regclass, text[]) IS
$doc$Return the columns of a unique index, as SQL, that has the key of an adopted table and no column but these fields. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._unique_columns(regclass, text[]) TO PUBLIC;

-- _update_adopted_rows: change the fields and the metadata column of an adopted table's rows.
-- Locks the rows in the order of their ids, and compares them as they are then: the UPDATE itself
-- would first look at the version in its snapshot, which may be older.
CREATE OR REPLACE FUNCTION vecs._update_adopted_rows(
    collection text,
    ids text[],
    filters jsonb,
    patch jsonb,
    mode text
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET extra_float_digits = 1
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_fields jsonb := vecs._fields(v_collection.view_id, NULL::jsonb);
    v_key jsonb := v_fields -> 'key';
    v_predicate text := vecs._keys_predicate(v_key);
    -- In mode remove a key that is removed is null.
    v_patch jsonb := CASE mode
        WHEN 'remove' THEN coalesce(
            (SELECT jsonb_object_agg(k.key, NULL) FROM jsonb_array_elements_text(patch) AS k (key)),
            '{}'
        )
        ELSE patch
    END;
    v_names text[] := ARRAY(
        SELECT k.key FROM jsonb_object_keys(v_patch) AS k (key) WHERE v_fields -> 'fields' ? k.key
    );
    v_rest jsonb := v_patch - v_names;
    v_columns text[];
    v_values text[];
    v_old_values text[];
    v_metadata text;
    v_definitions text[];
    v_record text;
    v_columns_of_t text;
    v_matched bigint;
    v_unreadable record;
    v_column text;
BEGIN
    PERFORM vecs._check_writable(v_collection.table_id);
    PERFORM vecs._check_adopted_rows(
        v_collection.view_id, v_fields, '{}'::text[], jsonb_build_array(v_patch)
    );
    IF ids IS NULL THEN
        v_predicate := vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
    ELSE
        ids := vecs._readable_keys(ids, v_key);
    END IF;

    SELECT
        array_agg(quote_ident(f.name) ORDER BY f.name),
        array_agg(f.value ORDER BY f.name),
        array_agg(f.definition ORDER BY f.name)
    INTO v_columns, v_values, v_definitions
    FROM vecs._written_fields(v_collection.view_id, v_names) AS f;
    v_old_values := v_values;
    IF v_rest <> '{}' OR mode = 'replace' AND (v_fields -> 'has_metadata')::boolean THEN
        v_columns := v_columns || '_metadata'::text;
        v_metadata := CASE mode
            WHEN 'merge' THEN
                'CASE jsonb_typeof(%1$s) WHEN ''object'' THEN %1$s ELSE ''{}'' END || %2$L::jsonb'
            WHEN 'remove' THEN
                'CASE jsonb_typeof(%1$s) WHEN ''object'' THEN %1$s ELSE ''{}'' END'
                ' - ARRAY(SELECT jsonb_object_keys(%2$L::jsonb))'
            ELSE '%2$L::jsonb'
        END;
        v_values := v_values || format(v_metadata, 't._metadata', v_rest);
        v_old_values := v_old_values || format(v_metadata, 'locked._metadata', v_rest);
    END IF;

    v_record := 'CROSS JOIN jsonb_to_record($2) AS x ('
        || array_to_string(v_definitions, ', ') || ')';
    v_columns_of_t := ', t.' || array_to_string(v_columns, ', t.');
    EXECUTE format(
        $sql$
        WITH locked AS (
            SELECT t._id%7$s
            FROM %1$s AS t
            WHERE %2$s
            ORDER BY t.id COLLATE "C"
            FOR NO KEY UPDATE
        ),
        written AS (
            UPDATE %1$s AS t
            SET %5$s
            FROM locked
            %4$s
            WHERE t._id %6$s locked._id AND (%3$s)
        )
        SELECT count(*) FROM locked
        $sql$,
        v_collection.relation,
        v_predicate,
        coalesce(
            (
                SELECT string_agg(
                    format(
                        'locked.%s::text IS DISTINCT FROM (%s)::text', s.name, s.value
                    ),
                    ' OR '
                )
                FROM unnest(v_columns, v_old_values) AS s (name, value)
            ),
            'false'
        ),
        v_record,
        coalesce(
            (
                SELECT string_agg(format('%s = %s', s.name, s.value), ', ')
                FROM unnest(v_columns, v_values) AS s (name, value)
            ),
            'vec = t.vec'
        ),
        vecs._field_sign(v_key, '='),
        v_columns_of_t
    ) INTO v_matched USING ids, v_patch;
    RETURN v_matched;
EXCEPTION
    WHEN data_exception OR syntax_error THEN
        v_unreadable := vecs._find_unreadable_record(v_collection.view_id, v_names, jsonb_build_array(v_patch));
        IF v_unreadable.row_no IS NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                '%s does not fit the columns of table "%s"', 'the patch', v_collection.table_id
            ),
            DETAIL = v_unreadable.why,
            HINT = 'Each field takes a value of its column''s type.';
    WHEN not_null_violation THEN
        GET STACKED DIAGNOSTICS v_column = COLUMN_NAME;
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            -- A domain that does not allow NULL names no column.
            MESSAGE = CASE
                WHEN v_column = '' THEN SQLERRM
                ELSE format(
                    'column "%s" of table "%s" must not be NULL', v_column, v_collection.table_id
                )
            END,
            HINT = 'Give it a value, under its name in the metadata.';
    WHEN generated_always THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = SQLERRM,
            HINT = 'The table generates this column, so rows are written in the table itself.';
    WHEN program_limit_exceeded THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = SQLERRM,
            HINT = 'The value of an indexed column is too long for the index.';
END
$fn$;

COMMENT ON FUNCTION vecs._update_adopted_rows(text, text[], jsonb, jsonb, text) IS
$doc$Change the fields that a patch names and, for its other keys, the metadata column of an adopted table's rows, which ids or filters select. Returns the number of rows selected.

Raises VS001 invalid_argument for a key that is no field where there is no metadata column, and for a value that a column cannot hold.$doc$;

GRANT EXECUTE ON FUNCTION vecs._update_adopted_rows(text, text[], jsonb, jsonb, text) TO PUBLIC;

-- _write_adopted_batch: write rows of an adopted table.
-- Rows that exist are updated, so that a record need not name the columns that an insert would
-- need; the others are inserted. What a record does not name keeps its value, or takes the column's
-- default. A record that names no key of the metadata column does not name that.
CREATE OR REPLACE FUNCTION vecs._write_adopted_batch(
    collection text,
    fields jsonb,
    ids text[],
    vecs vector[],
    documents jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_key text := fields -> 'key' ->> 'type';
    v_equals text := vecs._field_sign(fields -> 'key', '=');
    v_given constant text := vecs._keys_predicate(fields -> 'key');
    -- The fields that records name, and those that all records do.
    v_names text[];
    v_common text[];
    v_rest text[] := ARRAY(SELECT jsonb_array_elements_text(fields -> 'names'));
    v_definitions text;
    v_columns text;
    v_inserted_values text;
    v_assignments text;
    v_rows text;
    v_update text;
    v_new bigint[];
    v_conflict text;
    v_existing bigint;
    v_visible bigint;
    v_updated bigint;
    v_inserted bigint := 0;
    v_unreadable record;
    v_column text;
BEGIN
    SELECT
        coalesce(array_agg(k.key), '{}'),
        coalesce(array_agg(k.key) FILTER (WHERE k.count = cardinality(ids)), '{}')
    INTO v_names, v_common
    FROM (
        SELECT k.key, count(*) AS count
        FROM jsonb_array_elements(documents) AS d (document)
        CROSS JOIN LATERAL jsonb_object_keys(d.document) AS k (key)
        WHERE fields -> 'fields' ? k.key
        GROUP BY k.key
    ) AS k;
    SELECT
        string_agg(s.definition, ', '),
        string_agg(s.name, ', '),
        string_agg(CASE
            WHEN s.always THEN s.value
            ELSE format('CASE WHEN %s THEN %s ELSE %s END', s.is_named, s.value, s.default_value)
        END, ', '),
        string_agg(
            format('%s = %s', s.name, CASE
                WHEN s.always THEN s.value
                ELSE format('CASE WHEN %s THEN %s ELSE %s END', s.is_named, s.value, 't.' || s.name)
            END), ', '
        )
    INTO v_definitions, v_columns, v_inserted_values, v_assignments
    FROM (
        SELECT
            quote_ident(f.name) AS name,
            f.definition,
            f.value,
            f.default_value,
            f.name = ANY (v_common) AS always,
            format('r.document ? %L', f.name) AS is_named
        FROM vecs._written_fields(v_collection.view_id, v_names) AS f
        UNION ALL
        SELECT
            'vec',
            NULL,
            format('r.vec::%s%s', v_collection.pgvector, v_collection.element_type),
            NULL,
            true,
            NULL
        UNION ALL
        SELECT
            '_metadata',
            NULL,
            format('r.document - %L::text[]', v_rest),
            format('coalesce(%s, ''{}''::jsonb)', f.default_value),
            false,
            format('r.document - %L::text[] <> ''{}''', v_rest)
        FROM vecs._written_fields(v_collection.view_id, '{_metadata}'::text[]) AS f
    ) AS s;
    v_rows := format(
        $sql$(
            SELECT
                generate_series(1, cardinality($1)) AS position,
                unnest($1)::%s AS _id,
                unnest($2) AS vec,
                jsonb_array_elements($3) AS document
        ) AS r
        %s$sql$,
        v_key,
        'CROSS JOIN LATERAL jsonb_to_record(r.document) AS x (' || v_definitions || ')'
    );
    v_update := format(
        'UPDATE %s AS t SET %s FROM %s WHERE t._id %s r._id',
        v_collection.relation, v_assignments, v_rows, v_equals
    );

    -- In the order of their ids, so that writers of the same rows wait for each other.
    EXECUTE format(
        $sql$
        WITH locked AS (
            SELECT t.id FROM %s AS t WHERE %s ORDER BY t.id COLLATE "C" FOR NO KEY UPDATE
        )
        SELECT count(DISTINCT l.id) FROM locked AS l
        $sql$,
        v_collection.relation, v_given
    ) INTO v_existing USING ids;
    IF row_security_active(v_collection.table_id) THEN
        EXECUTE format(
            'SELECT count(DISTINCT t.id) FROM %s AS t WHERE %s', v_collection.relation, v_given
        ) INTO v_visible USING ids;
        IF v_visible > v_existing THEN
            RAISE insufficient_privilege USING
                MESSAGE = format(
                    'row-level security of table "%s" forbids to update %s of the rows',
                    v_collection.table_id, v_visible - v_existing
                );
        END IF;
    END IF;

    EXECUTE v_update USING ids, _write_adopted_batch.vecs, documents;
    GET DIAGNOSTICS v_updated = ROW_COUNT;
    IF v_existing = cardinality(ids) THEN
        RETURN least(v_updated, v_existing);
    END IF;

    -- By the key and what all new records name.
    EXECUTE format(
        $sql$
        SELECT array_agg(r.position)
        FROM unnest($1::%s[]) WITH ORDINALITY AS r (_id, position)
        WHERE NOT EXISTS (SELECT FROM %s AS e WHERE e._id %s r._id)
        $sql$,
        v_key, v_collection.relation, v_equals
    ) INTO v_new USING ids;
    v_conflict := vecs._unique_columns(v_collection.view_id, ARRAY(
        SELECT k.key
        FROM jsonb_array_elements(documents) WITH ORDINALITY AS d (document, position)
        CROSS JOIN LATERAL jsonb_object_keys(d.document) AS k (key)
        WHERE d.position = ANY (v_new) AND fields -> 'fields' ? k.key
        GROUP BY k.key
        HAVING count(*) = cardinality(v_new)
    ));
    IF v_conflict IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = format(
                'cannot insert into "%s": no unique index is on column "%s"',
                v_collection.table_id, v_collection.id_column
            ),
            HINT = 'Without one, the same id could be inserted twice. Create it, not deferrable, or'
                ' have the new records name the other columns of an index that the table has.';
    END IF;
    EXECUTE format(
        $sql$
        INSERT INTO %1$s AS t (_id, %2$s) OVERRIDING SYSTEM VALUE
        SELECT r._id, %3$s
        FROM %4$s
        WHERE NOT EXISTS (SELECT FROM %1$s AS e WHERE e._id %5$s r._id)
        ORDER BY r.position
        ON CONFLICT (%6$s) DO NOTHING
        $sql$,
        v_collection.relation,
        v_columns,
        v_inserted_values,
        v_rows,
        v_equals,
        v_conflict
    ) USING ids, _write_adopted_batch.vecs, documents;
    GET DIAGNOSTICS v_inserted = ROW_COUNT;
    -- Rows that others have inserted in the meantime are updated, too.
    IF v_existing + v_inserted < cardinality(ids) THEN
        EXECUTE v_update USING ids, _write_adopted_batch.vecs, documents;
        GET DIAGNOSTICS v_updated = ROW_COUNT;
        RETURN least(v_updated, cardinality(ids));
    END IF;
    RETURN least(v_updated, v_existing) + v_inserted;
EXCEPTION
    WHEN data_exception OR syntax_error THEN
        v_unreadable := vecs._find_unreadable_record(v_collection.view_id, v_names, documents);
        IF v_unreadable.row_no IS NULL THEN
            RAISE;
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = format(
                '%s does not fit the columns of table "%s"', format('the metadata of id "%s"', left(ids[v_unreadable.row_no], 100)), v_collection.table_id
            ),
            DETAIL = v_unreadable.why,
            HINT = 'Each field takes a value of its column''s type.';
    WHEN not_null_violation THEN
        GET STACKED DIAGNOSTICS v_column = COLUMN_NAME;
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            -- A domain that does not allow NULL names no column.
            MESSAGE = CASE
                WHEN v_column = '' THEN SQLERRM
                ELSE format(
                    'column "%s" of table "%s" must not be NULL', v_column, v_collection.table_id
                )
            END,
            HINT = 'Give it a value, under its name in the metadata.';
    WHEN generated_always THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS008',
            MESSAGE = SQLERRM,
            HINT = 'The table generates this column, so rows are written in the table itself.';
    WHEN program_limit_exceeded THEN
        RAISE EXCEPTION USING
            ERRCODE = 'VS001',
            MESSAGE = SQLERRM,
            HINT = 'The value of an indexed column is too long for the index.';
END
$fn$;

COMMENT ON FUNCTION vecs._write_adopted_batch(text, jsonb, text[], vector[], jsonb) IS
$doc$Write rows of an adopted table with metadata, which documents has for each id. fields is what _fields() returns. The ids are distinct and in order. Returns the number of rows written.

Raises VS001 invalid_argument for metadata that the columns cannot hold or lacks, VS008 unsupported for a new row if the key is not unique and for a column that the table generates, and 42501 for rows that row-level security does not let this role update.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_adopted_batch(text, jsonb, text[], vector[], jsonb) TO PUBLIC;

-- _write_adopted_rows: insert or replace rows of an adopted table that _check_rows() has accepted.
-- Of records with the same key the last one counts.
CREATE OR REPLACE FUNCTION vecs._write_adopted_rows(
    collection text,
    ids text[],
    vecs vector[],
    metadata jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record := vecs._collection(collection);
    v_fields jsonb := vecs._fields(v_collection.view_id, NULL::jsonb);
    v_last bigint[];
    v_ids text[];
    v_vecs vecs%TYPE;
    v_documents jsonb;
    v_written bigint;
BEGIN
    PERFORM vecs._check_writable(v_collection.table_id);
    PERFORM vecs._check_adopted_rows(v_collection.view_id, v_fields, ids, metadata);
    EXECUTE format(
        $sql$
        SELECT array_agg(k.position)
        FROM (
            SELECT max(u.position) AS position
            FROM unnest($1::%s[]) WITH ORDINALITY AS u (key, position)
            GROUP BY u.key
        ) AS k
        $sql$,
        v_fields -> 'key' ->> 'type'
    ) INTO v_last USING ids;
    SELECT
        array_agg(u.id ORDER BY u.id COLLATE "C"),
        array_agg(u.vec ORDER BY u.id COLLATE "C"),
        jsonb_agg(
            CASE jsonb_typeof(m.document) WHEN 'object' THEN m.document ELSE '{}' END
            ORDER BY u.id COLLATE "C"
        )
    INTO v_ids, v_vecs, v_documents
    FROM unnest(ids, _write_adopted_rows.vecs) WITH ORDINALITY AS u (id, vec, position)
    LEFT JOIN jsonb_array_elements(_write_adopted_rows.metadata) WITH ORDINALITY
        AS m (document, position) ON m.position = u.position
    WHERE u.position = ANY (v_last);
    IF v_ids IS NULL THEN
        RETURN 0;
    END IF;
    FOR v_attempt IN 1..10 LOOP
        BEGIN
            v_written := vecs._write_adopted_batch(collection, v_fields, v_ids, v_vecs, v_documents);
            EXIT;
        EXCEPTION
            WHEN deadlock_detected THEN
                IF v_attempt = 10 THEN
                    RAISE;
                END IF;
        END;
    END LOOP;
    RETURN v_written;
END
$fn$;

COMMENT ON FUNCTION vecs._write_adopted_rows(text, text[], vector[], jsonb) IS
$doc$Insert rows of an adopted table, or replace those whose ids exist: the vector, the fields that their metadata names and, if it names a key of it, the metadata column. Returns the number of rows written.

Raises VS001 invalid_argument for ids and metadata that the columns cannot hold, and VS008 unsupported for a new row if the key is not unique.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_adopted_rows(text, text[], vector[], jsonb) TO PUBLIC;

-- _write_rows: insert or replace rows that have been checked.
-- Locks rows in the order of their ids, so that concurrent writers of the same rows cannot
-- deadlock.

CREATE OR REPLACE FUNCTION vecs._write_rows(
    table_id regclass,
    ids text[],
    vecs vector[],
    metadata jsonb
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_ascending boolean;
    v_has_duplicates boolean := false;
    v_long_id text;
    v_index text;
    v_too_long text;
    v_statement text;
    v_written bigint;
BEGIN
    -- Ascending ids, which many loads have, need no sort and no search for duplicates.
    SELECT
        bool_and(u.id COLLATE "C" > u.previous),
        max(u.id) FILTER (WHERE octet_length(u.id) > 2600)
    INTO v_ascending, v_long_id
    FROM (SELECT i.id, lag(i.id) OVER () AS previous FROM unnest(ids) AS i (id)) AS u;
    IF v_ascending IS FALSE THEN
        SELECT count(DISTINCT i.id COLLATE "C") < cardinality(ids) INTO v_has_duplicates
        FROM unnest(ids) AS i (id);
    END IF;

    v_statement := format(
        $sql$
        INSERT INTO %1$s AS t (id, vec, metadata)
        SELECT r.id, r.vec, coalesce(nullif(r.metadata, 'null'), '{}')
        FROM (
            SELECT
                generate_series(1, cardinality($1)) AS position,
                unnest($1) AS id,
                unnest($2) AS vec,
                jsonb_array_elements($3) AS metadata
        ) AS r
        %2$s
        %3$s
        ON CONFLICT (id) DO UPDATE SET vec = EXCLUDED.vec, metadata = EXCLUDED.metadata
        $sql$,
        table_id,
        CASE WHEN v_has_duplicates THEN
            'WHERE r.position IN (SELECT max(u.position) FROM unnest($1)'
            ' WITH ORDINALITY AS u (id, position) GROUP BY u.id)'
        END,
        CASE WHEN v_ascending IS FALSE THEN 'ORDER BY r.id COLLATE "C"' END
    );

    IF v_long_id IS NULL THEN
        EXECUTE v_statement USING ids, _write_rows.vecs, _write_rows.metadata;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        RETURN v_written;
    END IF;

    -- An id of more than 2,704 bytes does not fit into the primary key, unless it compresses.
    BEGIN
        EXECUTE v_statement USING ids, _write_rows.vecs, _write_rows.metadata;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        RETURN v_written;
    EXCEPTION
        WHEN program_limit_exceeded THEN
            GET STACKED DIAGNOSTICS v_index = CONSTRAINT_NAME;
            v_too_long := vecs._find_long_id(table_id, v_index, ids, _write_rows.vecs);
            IF v_too_long IS NULL THEN
                RAISE;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = 'VS001',
                MESSAGE = format(
                    'the id "%s..." of row %s is too long for the primary key: %s bytes',
                    left(v_too_long, 100), array_position(ids, v_too_long), octet_length(v_too_long)
                ),
                DETAIL = SQLERRM,
                HINT = 'Keep ids below 2,700 bytes: use a hash as the id, and put the long text'
                    ' into the metadata.';
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._write_rows(regclass, text[], vector[], jsonb) IS
$doc$Insert rows that _check_rows() has accepted, or replace those whose ids exist. Returns the number of rows written.

Raises VS001 invalid_argument for an id that is too long for the primary key.$doc$;

GRANT EXECUTE ON FUNCTION vecs._write_rows(regclass, text[], vector[], jsonb) TO PUBLIC;

-- _written_fields: describe how the fields of an adopted table are written from a JSON object x.
-- The object is read by jsonb_to_record(), which knows every type. Dates and times are read as the
-- filter language reads them: without a zone in UTC, whatever the session's, and an offset counts,
-- which PostgreSQL would drop from a timestamp.

CREATE OR REPLACE FUNCTION vecs._written_fields(
    view_id regclass,
    names text[]
)
RETURNS TABLE (
    name text,
    definition text,
    value text,
    default_value text,
    generated boolean
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        a.attname::text,
        format(
            '%I %s',
            a.attname, CASE WHEN t.is_time THEN 'text' ELSE format_type(a.atttypid, a.atttypmod) END
        ),
        CASE
            WHEN t.base = 'timestamptz'::regtype THEN format(
                'coalesce(timezone(make_interval(), vecs._instant(x.%1$I)), x.%1$I::timestamptz)',
                a.attname
            )
            WHEN t.is_time THEN
                format('coalesce(vecs._instant(x.%1$I)::%2$s, x.%1$I::%2$s)', a.attname, t.base)
            ELSE format('x.%I', a.attname)
        END,
        CASE
            WHEN o.attidentity <> '' THEN format(
                'nextval(%L::regclass)',
                pg_get_serial_sequence(o.attrelid::regclass::text, o.attname)
            )
            ELSE coalesce(pg_get_expr(e.adbin, e.adrelid), 'NULL')
        END,
        o.attgenerated <> '' OR o.attidentity = 'a'
    FROM pg_attribute AS a
    CROSS JOIN LATERAL vecs._view_origin(a.attrelid, a.attname::text) AS v (origin)
    JOIN pg_attribute AS o ON o.attrelid = v.origin[1] AND o.attnum = v.origin[2]::integer
    LEFT JOIN pg_attrdef AS e
        ON e.adrelid = o.attrelid AND e.adnum = o.attnum AND o.attgenerated = ''
    CROSS JOIN LATERAL vecs._base_type(a.atttypid) AS b (base)
    CROSS JOIN LATERAL (
        SELECT b.base::regtype AS base, b.base IN (
            'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype
        ) AS is_time
    ) AS t
    WHERE a.attrelid = _written_fields.view_id
        AND a.attnum > 0
        AND NOT a.attisdropped
        AND a.attname = ANY (_written_fields.names);
$fn$;

COMMENT ON FUNCTION vecs._written_fields(regclass, text[]) IS
$doc$Return for each of these fields of an adopted table its name, its definition for jsonb_to_record(), the SQL of its value in a row x of that, the SQL of its default, and whether the table generates it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._written_fields(regclass, text[]) TO PUBLIC;

-- Check that no function of the schema belongs to another role, which could replace it later. This
-- runs before the installation, and at its end again for what was created in the meantime.

SET LOCAL search_path = pg_catalog, pg_temp;

DO $install$
DECLARE
    v_function regprocedure;
    v_owner text;
BEGIN
    SELECT p.oid, r.rolname INTO v_function, v_owner
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE n.nspname = 'vecs'
        AND (
            NOT (r.rolsuper OR r.rolname = current_user)
            -- A superuser's functions with other names stay: pgvector may be in the schema.
            OR NOT pg_has_role(r.oid, 'USAGE')
                AND p.proname = ANY ('{_add_text_column,_adopted_columns,_adopted_select,_advise_broken,_advise_building,_advise_metadata,_advise_parts,_advise_ranges,_advise_server,_advise_size,_advise_storage,_after_predicate,_approximate_count,_base_type,_binary_recall,_broken_indexes,_build_estimate,_build_index,_build_settings,_build_text_index,_build_vector_index,_candidate_costs,_check_adopted_rows,_check_after,_check_binary,_check_columns,_check_field_operand,_check_field_path,_check_filter_id,_check_filter_node,_check_filter_operator,_check_filter_size,_check_fusion,_check_groups,_check_index,_check_index_arguments,_check_indexable,_check_new_collection,_check_not_building,_check_page_size,_check_partial,_check_path,_check_query_vecs,_check_records,_check_rows,_check_search,_check_source,_check_text,_check_text_index,_check_update,_check_writable,_closest_match,_collection,_collections,_conditions,_copy_privileges,_count_lost_searches,_create_field_index,_create_view,_define_index,_describe_adopted,_diverse_rows,_drop_metadata_index,_estimated_rows,_existing_index,_explain_advice,_explain_index,_explain_page,_explain_step,_explain_text,_explain_why,_expression_index,_farther_recall,_field_operand,_field_sign,_fields,_filter_and,_filter_any,_filter_column,_filter_condition,_filter_contains,_filter_equalities,_filter_field,_filter_field_array,_filter_field_list,_filter_field_pattern,_filter_field_value,_filter_id,_filter_in,_filter_indexed,_filter_indexed_pattern,_filter_indexed_value,_filter_key,_filter_logical,_filter_merge,_filter_node,_filter_operator,_filter_sql,_filter_time,_find_half_overflow,_find_long_id,_find_unreadable_record,_find_unreadable_vector,_finish_index,_function_signature,_fuzzy_rows,_generated_from,_group_filter,_half_recall,_halfvec_to_vector,_hnsw_parameters,_hybrid_rows,_index_age,_index_definition,_index_expression,_index_name,_index_parameters,_indexable_paths,_indexed_form,_indexed_path,_indexed_paths,_instant,_is_on_metadata,_keep_with_index,_key_indexes,_keys_predicate,_known_columns,_late_metadata,_lock_builds,_lock_collection,_lock_names,_measure,_measured_when_built,_metadata_indexes,_name_hash,_nested_document,_notice_bare_operator,_notice_no_index,_notice_serial_build,_notice_slow_build,_only_vector,_operand_type,_operator_schema,_partial_filters,_partial_index,_path_expression,_primary_key,_query_without,_raise_build_error,_readable_keys,_rebuild_pays,_reembed_begin,_reembed_check,_reembed_create,_reembed_dependents,_reembed_index_arguments,_reembed_indexes,_reembed_lock,_reembed_lock_shadow,_reembed_mark,_reembed_page,_reembed_policies,_reembed_publish,_reembed_settings,_reembed_sync,_reembed_table_indexes,_reembed_vector_indexes,_refresh_statistics,_relation_bytes,_remember_recall,_rename_collection,_replaced_indexes,_restorable_indexes,_restore_indexes,_rows_to_index,_rows_when_built,_sampled_matches,_sampled_rows,_sampled_values,_schema,_search_candidates,_search_nearest,_search_order,_search_page,_search_target,_seen_statements,_set_aside_indexes,_set_text_column,_source,_swap_settings,_text_build_settings,_text_config,_text_configs,_text_document,_text_index,_text_keys,_text_rows,_text_search,_text_terms,_text_vector,_text_words,_timed_query,_trigram_schema,_try_built_index,_try_index,_unique_columns,_update_adopted_rows,_vector_bytes,_vector_indexes,_view_origin,_wrap_text,_write_adopted_batch,_write_adopted_rows,_write_rows,_written_fields,adopt,advise,claim_missing,count_rows,create_collection,create_index,create_index_sql,create_metadata_index,create_text_index,delete,describe_collection,drop_collection,drop_index,drop_metadata_index,drop_text_index,explain,explain_text,facet,fetch,filter_sql,has_index,help,hybrid_query,index_progress,list_collections,matches,query,query_by_id,query_by_ids,query_groups,query_many,query_mmr,recall,rename_collection,scan,swap_collections,text_query,truncate_collection,tune,update_metadata,upsert,upsert_many,version}')
        )
    ORDER BY p.proname
    LIMIT 1;

    IF v_function IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format(
                'the function %s belongs to role "%s", not to "%s"',
                v_function, v_owner, current_user
            ),
            HINT = format(
                'That role could change it at any time. If it is not needed: DROP ROUTINE %1$s; '
                'otherwise: ALTER ROUTINE %1$s OWNER TO %2$I;',
                v_function, current_user
            );
    END IF;
END
$install$;

COMMIT;
