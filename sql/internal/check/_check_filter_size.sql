-- _check_filter_size: find that a filter is too large.

CREATE OR REPLACE FUNCTION vecs._check_filter_size(
    operators integer,
    cost integer,
    location text
)
RETURNS text[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF operators > 10000 THEN
        RETURN ARRAY[
            format('filter has more than 10000 operators, at "%s"', location),
            'Use one $in with a list instead of many conditions: its elements do not count.'
        ];
    ELSIF cost > 10000 THEN
        RETURN ARRAY[
            format('filter has more than 10000 conditions when written out, at "%s"', location),
            'Use one $in or $nin with a list of more than 20 elements, which do not count. Shorter'
            ' lists do, and under $or, $nor and $not everything counts four times.'
        ];
    END IF;

    RETURN NULL;
END
$fn$;

COMMENT ON FUNCTION vecs._check_filter_size(integer, integer, text) IS
$doc$Return the message and the hint for a filter with too many operators, or one whose predicate would take too long. NULL for others.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_filter_size(integer, integer, text) TO PUBLIC;
