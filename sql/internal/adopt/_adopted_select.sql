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
