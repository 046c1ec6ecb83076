-- filter_sql: compile a metadata filter to a SQL predicate.
-- This is the only place where a caller's values become SQL text, each of them as a quoted literal.
--% from 'macros/errors.sql' import invalid_filter with context
--% from 'macros/filters.sql' import compile_equalities, id_column with context
--% from 'macros/filters.sql' import notice_bare_operator with context

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
    {{ compile_equalities() | indent(4) }}
    IF v_predicate IS NOT NULL THEN
        RETURN v_predicate;
    END IF;

    v_compiled := vecs._filter_node(
        filters, '{}'::text[], NULL::text, 0, 1, NULL::text[], {{ id_column }}, NULL::jsonb
    );
    {{ invalid_filter('v_compiled') | indent(4) }}
    {{ notice_bare_operator() | indent(4) }}
    RETURN v_compiled.predicate;
END
$fn$;

COMMENT ON FUNCTION vecs.filter_sql(jsonb) IS
$doc$Compile a metadata filter to a SQL predicate over a column metadata and, with $id, a column id, safe to paste into your own SQL.

A filter is a JSON object. Several keys, and several operators under one key, are joined by AND. {} and NULL match all rows.

  {"k": v}                     short for {"k": {"$eq": v}}; v is a scalar or a list
  {"k": {"sub": {...}}}        a nested path; a path never enters an array
  $eq, $ne                     equality of JSON values; null is a stored null; $ne excludes rows without the key
  $gt, $gte, $lt, $lte         numbers with numbers, strings with strings, booleans with booleans
  $between                     [a, b], both included
  $in, $nin                    one of, none of a list of scalars; $nin excludes rows without the key
  $contains                    a stored array contains a scalar
  $any, $all                   a stored array contains any, all of a list of scalars
  $exists                      true or false: whether the key exists
  $like, $ilike, $startswith   patterns on strings
  {"$id": "a"}                 the row's id: a string, or $eq, $ne, $in, $nin, $startswith or $not, with strings
  {"$time": "2024-05-31"}      an operand of $eq, $ne, $gt, $gte, $lt, $lte, $between, or an element of $in, $nin
  $and, $or, $nor              a list of filters
  $not                         a filter, or operators under a key: the full complement

Times: with an operand {"$time": "2024-05-31T09:00:00+02:00"} an operator reads the stored string as an instant, too. Both are ISO 8601. A date means its midnight. A time has hours and minutes, and may have seconds and a fraction (2024-05-31, 2024-05-31T09:00, 2024-05-31 09:00:00.25Z). A zone is Z or an offset of less than 16 hours, such as +02, +0200 or +02:00; without one the time is in UTC. Years go from 0001 to 9999, fractions are cut to microseconds, 24:00 is the midnight after, and a leap second the second after. A stored value that is not an instant does not match, except with $ne and $nin, which match any existing value that is not that instant. {"k": {"$time": "..."}} is short for {"k": {"$eq": {"$time": "..."}}}. Both ends of $between must be times, and the elements of $in and $nin may be mixed. Elsewhere, as in $contains, a time is an error.

Ids: $id stands where a key would, outside of all keys. A list may have thousands of ids. The primary key serves $eq and $in, and $startswith if the ids' collation is C. $ne and $nin match every other row.

Limits: a filter has at most 64 levels and 10,000 operators; elements of a list are not operators. The predicate has at most about 10,000 conditions, so that no filter takes minutes. An $in or $any of up to 20 elements counts one for each. Under $or, $nor and $not everything counts four times. Some operators count more than once: $between, patterns, equality of lists and objects, and most of all times and a long $any. In a list of more than 20 filters, those on the same key with equality, a short $in, $contains, $any or a bound count as one.

A key that is an operator's name without its $ stays a key. If its value is one that the operator takes, the notice VSW02 asks whether the operator was meant.

Parameters:
  filters  the filter

Errors: VS005 invalid_filter for everything else; the message has the location of the fault, such as $and[1].year.$gr.$doc$;

GRANT EXECUTE ON FUNCTION vecs.filter_sql(jsonb) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.filter_sql(
    filters jsonb,
    collection text
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_collection record;
BEGIN
    v_collection := vecs._collection(collection);
    RETURN vecs._filter_sql(filters, v_collection.table_id, v_collection.view_id);
END
$fn$;

COMMENT ON FUNCTION vecs.filter_sql(jsonb, text) IS
$doc$Compile a metadata filter to a SQL predicate over a collection's rows, so that its indexes serve it, safe to paste into your own SQL.

The predicate is over the columns of the table vecs."name", or of an adopted table over those of the view vecs."name", which has each field under its name: SELECT ... FROM vecs."name" WHERE followed by the predicate.

Parameters:
  filters     the filter, as for filter_sql() without a collection
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found; VS005 invalid_filter.$doc$;

GRANT EXECUTE ON FUNCTION vecs.filter_sql(jsonb, text) TO PUBLIC;
