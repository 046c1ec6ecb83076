-- _indexed_value: the SQL text of what a metadata index of a kind holds for a value.
-- An entry of a btree has a limit of 2,704 bytes, and an upsert must not fail by it. In an index of
-- values, what has more than 500 characters stands as {}, greater than all scalars, and must be
-- looked at. Not so numbers, which take a byte for two digits: one that does not fit is an error.
-- In an index for patterns stand the first 500 characters, by code point, since only then do
-- beginnings lie together.

CREATE OR REPLACE FUNCTION vecs._indexed_value(
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
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._indexed_value(text, text) IS
$doc$The SQL text of what a metadata index of a kind holds for a value, itself given as SQL text. value: the value, or {} where it is not a number and has more than 500 characters; time: its instant; pattern: the first 500 characters of a string.$doc$;

GRANT EXECUTE ON FUNCTION vecs._indexed_value(text, text) TO PUBLIC;
