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
