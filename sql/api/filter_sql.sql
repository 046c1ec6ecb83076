-- filter_sql: compile a metadata filter to a SQL predicate.
-- A caller's values become SQL text here alone: every one of them as a quoted literal.
--% from 'macros/errors.sql' import invalid_filter with context
--% from 'macros/filters.sql' import equalities, notice_bare_operator with context

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
    v_text text;
    v_predicate text;
    v_compiled record;
BEGIN
    {{ equalities() | indent(4) }}
    IF v_predicate IS NOT NULL THEN
        RETURN v_predicate;
    END IF;

    v_compiled := vecs._filter_node(filters, '{}'::text[], NULL::text, 0, 1, NULL::text[]);
    {{ invalid_filter('v_compiled') | indent(4) }}
    {{ notice_bare_operator() | indent(4) }}
    RETURN v_compiled.predicate;
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

With {"$time": "2024-05-31T09:00:00+02:00"} as its operand, an operator reads the stored string as an instant, too. Both are ISO 8601: a date, which is its midnight, or a date and a time in hours and minutes, with seconds and a fraction of them or without (2024-05-31, 2024-05-31T09:00, 2024-05-31 09:00:00.25Z); in UTC where there is no zone, which is Z or an offset such as +02, +0200 or +02:00 below 16 hours. Years go from 0001 to 9999, what is beyond microseconds is cut off, 24:00 is the midnight after, a leap second the second after. What is stored and is no instant does not match, but for $ne and $nin, which match whatever is there and is not that instant. {"k": {"$time": "..."}} is {"k": {"$eq": {"$time": "..."}}}; both ends of $between are times, the elements of $in and $nin may be of any kind. Times in other places, as in $contains, are an error.

A filter is at most 64 levels deep and has at most 10,000 operators. Their elements are not operators, but the predicate may have no more than about 10,000 conditions either, so that no filter takes minutes: an $in or $any of up to 20 elements counts one for each, below $or, $nor and $not everything counts four times, and some operators more than once ($between, patterns, equality of lists and objects, most of all times and long $any). In a list of more than 20 filters, equalities, short $in, $contains, $any and bounds on the same key count as one.

A key that is the name of an operator without its $, and has what the operator takes, stays a key; a notice, VSW02, asks whether the operator was meant.

Parameters:
  filters  the filter

Errors: VS005 invalid_filter for everything else; the message has the path of the fault, such as $and[1].year.$gr.$doc$;

GRANT EXECUTE ON FUNCTION vecs.filter_sql(jsonb) TO PUBLIC;
