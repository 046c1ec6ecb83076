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
    IF v_statements IS NULL OR v_rows <= {{ costs.always_exact }} THEN
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
$doc$Return what advise() finds in pg_stat_statements: fields and keys that at least ten statements compared by range, of a collection of more than {{ costs.always_exact }} rows, and that no index serves. A key is found only if it is the one with numbers or dates.$doc$;

GRANT EXECUTE ON FUNCTION vecs._advise_ranges(text) TO PUBLIC;
