-- _update_on_shards: change the metadata of rows of a distributed collection.
-- Citus has no FOR UPDATE over many shards. The rows are counted before the UPDATE, so concurrent
-- writers can make the number differ.
-- Arguments: $1 the table; $2 the predicate; $3 the changed metadata, as SQL, in which $1 is the
-- ids and $2 the patch; $4 the ids; $5 the patch; $6 the mode. They have no names: see
-- _search_nearest().
--% from 'macros/write.sql' import check_changed with context

CREATE OR REPLACE FUNCTION vecs._update_on_shards(
    regclass,
    text,
    text,
    text[],
    jsonb,
    text
)
RETURNS bigint
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $fn$
DECLARE
    v_matched bigint;
    v_not_an_object text;
BEGIN
    EXECUTE format(
        $sql$
        SELECT
            count(*),
            min(t.id::text) FILTER (WHERE jsonb_typeof(t.metadata) NOT IN ('object', 'null'))
        FROM %1$s AS t
        WHERE %2$s
        $sql$,
        $1, $2
    ) INTO v_matched, v_not_an_object USING $4, $5;
    {{ check_changed('$6') | indent(4) }}
    EXECUTE format(
        $sql$
        UPDATE %1$s AS t
        SET metadata = %3$s
        WHERE (%2$s) AND t.metadata::text IS DISTINCT FROM (%3$s)::text
        $sql$,
        $1, $2, $3
    ) USING $4, $5;
    RETURN v_matched;
END
$fn$;

COMMENT ON FUNCTION vecs._update_on_shards(regclass, text, text, text[], jsonb, text) IS
$doc$Change the metadata of rows of a distributed table, and return the number of rows selected.

Raises VS001 invalid_argument for a row whose metadata is neither an object nor null.$doc$;

GRANT EXECUTE ON FUNCTION vecs._update_on_shards(regclass, text, text, text[], jsonb, text) TO PUBLIC;
