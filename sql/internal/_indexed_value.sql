-- _indexed_value: the SQL text of what a metadata index holds for a value.
-- An entry of a btree has a limit of 2,704 bytes, and an upsert must not fail by it: what has more
-- than 500 characters stands in the index as {}, greater than all scalars, and must be looked at.
-- Not so numbers, which take a byte for two digits: one that does not fit is an error.

CREATE OR REPLACE FUNCTION vecs._indexed_value(
    value text
)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT format(
        $sql$(CASE
            WHEN length(%1$s #>> '{}') > 500 AND jsonb_typeof(%1$s) <> 'number' THEN '{}'::jsonb
            ELSE %1$s
        END)$sql$,
        _indexed_value.value
    );
$fn$;

COMMENT ON FUNCTION vecs._indexed_value(text) IS
$doc$The SQL text of what a metadata index holds for a value, itself given as SQL text: the value, or {} where it is not a number and has more than 500 characters.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_value(text) TO PUBLIC;
