-- _after_predicate: select the rows of a collection that come after an id.

CREATE OR REPLACE FUNCTION vecs._after_predicate(
    key jsonb,
    is_given boolean
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
        WHEN NOT is_given THEN 'true'
        WHEN key IS NULL THEN 't.id > $1'
        ELSE format('t._id %s $1::%s', vecs._field_sign(key, '>'), key ->> 'type')
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._after_predicate(jsonb, boolean) IS
$doc$Return the predicate that a row's id comes after the one in $1, or if none is given that of all rows. For an adopted table, key is its key, described as by _fields().$doc$;

GRANT EXECUTE ON FUNCTION vecs._after_predicate(jsonb, boolean) TO PUBLIC;
