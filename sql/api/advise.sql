-- advise: list what would make a collection safer, faster or smaller.
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.advise(
    collection text
)
RETURNS TABLE (
    severity text,
    finding text,
    statement text
)
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_relation text := (vecs._collection(collection)).relation;
    -- What is found of its shards.
    v_severities text[];
    v_findings text[];
    v_statements text[];
    v_detail text;
    v_hint text;
BEGIN
    -- Without the privilege to read it little can be found.
    EXECUTE format('SELECT FROM %s AS t WHERE false', v_relation);
    SELECT array_agg(s.severity), array_agg(s.finding), array_agg(s.statement)
    INTO v_severities, v_findings, v_statements
    FROM vecs._advise_shards(collection) AS s;
    -- Nor while a node of a cluster is down.
    IF 'error' = ANY (v_severities) THEN
        RETURN QUERY
        SELECT s.*
        FROM unnest(v_severities, v_findings, v_statements) AS s (severity, finding, statement)
        WHERE s.severity = 'error';
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.severity, a.finding, a.statement
    FROM (
        SELECT f.severity, f.finding, f.statement, row_number() OVER () AS number
        FROM (
            SELECT * FROM vecs._advise_server(collection)
            UNION ALL
            SELECT * FROM unnest(v_severities, v_findings, v_statements)
            UNION ALL
            SELECT * FROM vecs._advise_broken(collection)
            UNION ALL
            SELECT * FROM vecs._advise_building(collection)
            UNION ALL
            SELECT * FROM vecs._advise_metadata(collection)
            UNION ALL
            SELECT * FROM vecs._advise_ranges(collection)
            UNION ALL
            SELECT * FROM vecs._advise_parts(collection)
            UNION ALL
            SELECT * FROM vecs._advise_storage(collection)
            UNION ALL
            SELECT * FROM vecs._advise_size(collection)
        ) AS f
    ) AS a
    ORDER BY array_position('{error,warning,hint}', a.severity), a.number;
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.advise(text) IS
$doc$List what would make a collection safer, faster or smaller, with the statement that does it: errors first, then warnings, then hints.

severity is error (rows or indexes are in danger), warning (searches are slower than they need be) or hint (something could be smaller, or some searches faster, at a price). The collection is not changed. It takes up to a few seconds: to estimate a missing index it builds one of 2,000 rows in a temporary table, and it searches by those that there are. It needs the privilege SELECT on the collection. What it looks for:

- a pgvector with known faults
- indexes whose build was broken off, partitions without an index, and two indexes for the same searches
- a missing index on the vectors, with the time and memory that building it takes
- an ivfflat index whose rows have doubled since it was built, an hnsw index with many dead rows, and one that finds less than when it was built
- statistics that are missing or stale
- of a collection on shards: a node that cannot be reached, more than twice as many shards as nodes, and shards on one of several nodes
- metadata without a GIN index; a GIN index with a long list of pending rows, if the extension pgstattuple is installed
- fields of an adopted table, and keys of the metadata, that searches filter by range and that have no index, if the extension pg_stat_statements is installed, its setting track is all, and the role may read it. It hides the names of keys: one is found only if no other key has numbers or dates
- up to three metadata values that 1 to 25 % of the rows share (at least 3,000 rows) and that have no partial index
- vectors in the TOAST table that would fit into the rows
- policies of row-level security that compare a key or a column without an index
- shared_buffers that are smaller than the indexes on the vectors
- an index that would be as good in half precision

Parameters:
  collection  the collection

Errors: VS001 invalid_argument for NULL; VS002 collection_not_found.$doc$;

GRANT EXECUTE ON FUNCTION vecs.advise(text) TO PUBLIC;
