-- _vector_indexes: list the vector indexes of a collection.
-- An index counts whoever created it, if it is on the vectors' column and not partial.

CREATE OR REPLACE FUNCTION vecs._vector_indexes(
    table_id regclass,
    vec_column text
)
RETURNS TABLE (
    index_id regclass,
    name text,
    method text,
    measure text,
    valid boolean
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        i.indexrelid::regclass,
        c.relname::text,
        m.amname::text,
        CASE regexp_replace(o.opcname, '^(vector|halfvec)_', '')
        --% for name, measure in measures.items()
            WHEN '{{ measure.ops }}_ops' THEN '{{ name }}'
        --% endfor
        END AS measure,
        i.indisvalid
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    JOIN pg_opclass AS o ON o.oid = i.indclass[0]
    JOIN pg_attribute AS a
        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            AND a.attname = _vector_indexes.vec_column COLLATE "C"
    WHERE i.indrelid = _vector_indexes.table_id
        AND i.indpred IS NULL
        AND o.opcname ~
            '^(vector|halfvec)_({{ measures.values() | map(attribute="ops") | join("|") }})_ops$'
    ORDER BY c.relname;
$fn$;

COMMENT ON FUNCTION vecs._vector_indexes(regclass, text) IS
$doc$Return the indexes of a table on its column of vectors: index, name, method, measure, and whether it is valid. A failed concurrent build leaves an invalid one.$doc$;

GRANT EXECUTE ON FUNCTION vecs._vector_indexes(regclass, text) TO PUBLIC;
