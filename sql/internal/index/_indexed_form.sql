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
