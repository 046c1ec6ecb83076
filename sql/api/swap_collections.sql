-- swap_collections: exchange the names of two collections.
-- Takes ACCESS EXCLUSIVE on both tables, or views, until the transaction ends.
--% from 'macros/errors.sql' import reraise, when_dropped with context

CREATE OR REPLACE FUNCTION vecs.swap_collections(
    a text,
    b text
)
RETURNS void
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_between text := '_swap_' || md5(a);
    v_detail text;
    v_hint text;
BEGIN
    PERFORM vecs._collection(a);
    PERFORM vecs._collection(b);
    IF a = b THEN
        RETURN;
    END IF;
    PERFORM vecs._lock_names(ARRAY[a, b]);
    PERFORM vecs._collection(a);
    PERFORM vecs._collection(b);
    PERFORM vecs._rename_collection(a, v_between);
    PERFORM vecs._rename_collection(b, a);
    PERFORM vecs._rename_collection(v_between, b);
EXCEPTION
    {{ reraise() | indent(4) }}
    {{ when_dropped("CASE WHEN to_regclass(format('vecs.%I', a)) IS NULL THEN a ELSE b END")
        | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.swap_collections(text, text) IS
$doc$Exchange the names of two collections, in one transaction: fill and index a new collection under another name, with the vectors of another model, for instance, and put it in the place of the old one at once.

Sessions that read or write one of them wait until the transaction ends, and then find the other under its name; none sees a mixture. A transaction that has read one and then reads the other may deadlock with this, and one of the two gets 40P01.

What belongs to a table stays with it: privileges, policies, triggers, foreign keys, and views over it. So grant on the new collection what is granted on the old one. The caller must own both tables, or the views of adopted tables, and needs the privilege CREATE on the schema vecs.

Parameters:
  a  one collection
  b  the other one

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.swap_collections(text, text) TO PUBLIC;
