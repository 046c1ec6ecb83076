-- filter_sql: compile a metadata filter to a SQL predicate.
-- The only place where a caller's values become SQL text: every one of them as a quoted literal.

CREATE OR REPLACE FUNCTION vecs.filter_sql(
    filters jsonb
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_predicate text := vecs._filter_sql(filters, NULL::regclass);
BEGIN
    PERFORM vecs._notice_bare_operator(filters, filters::text);
    RETURN v_predicate;
END
$fn$;

COMMENT ON FUNCTION vecs.filter_sql(jsonb) IS
$doc$Compile a metadata filter to a SQL predicate over a column metadata, safe to paste into SQL of one's own.

A filter is a JSON object; its keys, and several operators under one key, are joined by AND. {} and NULL match all rows.

  {"k": v}                     the same as {"k": {"$eq": v}}, for a scalar or a list
  {"k": {"sub": {...}}}        a nested path; a path never enters an array
  $eq, $ne                     equality of JSON values; null is a stored null; $ne leaves out rows without the key
  $gt, $gte, $lt, $lte         numbers with numbers, strings with strings, booleans with booleans
  $between                     [a, b], both included
  $in, $nin                    one of, none of a list of scalars; $nin leaves out rows without the key
  $contains                    a scalar in a stored array
  $any, $all                   a stored array shares one, all of a list of scalars
  $exists                      true or false: the key is there
  $like, $ilike, $startswith   patterns on strings
  {"$time": "2024-05-31"}      as an operand of $eq, $ne, $gt, $gte, $lt, $lte, $between, or in a list of $in, $nin
  $and, $or, $nor              a list of filters
  $not                         a filter, or operators under a key: the full complement

Parameters:
  filters  the filter, at most 64 levels deep and of at most 10,000 operators

Errors: VS005 invalid_filter for everything else; the message has the path of the fault, such as $and[1].year.$gr.$doc$;

GRANT EXECUTE ON FUNCTION vecs.filter_sql(jsonb) TO PUBLIC;
