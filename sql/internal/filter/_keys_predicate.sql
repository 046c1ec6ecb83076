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
