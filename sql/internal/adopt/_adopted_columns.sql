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
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
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
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = format(
                'column "%s" is of type %s, whose values are no ids',
                id_column, v_types ->> id_column
            ),
            HINT = 'Name a column of numbers, text or UUIDs as id => ''...''.';
    END IF;
    vec_column := coalesce(vec, vecs._only_vector(source, v_types));
    IF v_types ->> vec_column NOT IN ('vector', 'halfvec') THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
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
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
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
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('column "%s" cannot be a field', v_used),
            HINT = 'The key, the metadata column and columns of vectors are no fields: leave it'
                ' out.';
    ELSIF fields && v_reserved THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
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
