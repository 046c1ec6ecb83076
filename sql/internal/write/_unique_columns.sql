-- _unique_columns: find the columns of a unique index by which a record of an adopted table is the
-- only one.

CREATE OR REPLACE FUNCTION vecs._unique_columns(
    view_id regclass,
    names text[],
    of_table boolean
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
    SELECT string_agg(
        quote_ident(CASE WHEN _unique_columns.of_table THEN a.attname::text ELSE g.name END), ', '
        ORDER BY k.position
    )
    FROM pg_index AS i
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, position)
    LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
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

COMMENT ON FUNCTION vecs._unique_columns(regclass, text[], boolean) IS
$doc$Return the columns of a unique index, as SQL, that has the key of an adopted table and no column but these fields, under the names of the view, or of the table. NULL if there is none.$doc$;

GRANT EXECUTE ON FUNCTION vecs._unique_columns(regclass, text[], boolean) TO PUBLIC;
