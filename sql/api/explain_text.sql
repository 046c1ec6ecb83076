-- explain_text: run a search, and describe how it was done as lines of text.
-- (For the overload for halfvec see query.)
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs.explain_text(
    collection text,
    query_vec vector,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY SELECT vecs._explain_text(vecs.explain(
        collection, query_vec, top_k, filters, measure, include_metadata, include_vec,
        max_distance, ef_search, probes, strategy, skip
    ));
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.explain_text(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$Run a search as query() does, and describe how it was done, why so, and what would make it faster, as lines of text.

Shows what explain() returns, for reading in psql:

  SELECT vecs.explain_text('docs', '[0.1,0.2,0.3]', 10, '{"year": {"$gte": 2012}}');

In the SQL of a step, $1 is the vector, $2 top_k or, of a search by the index with a filter, how many candidates it may read, and $3 max_distance.

Parameters:
  collection        the collection
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for explain()

Errors: VS001 invalid_argument, VS002 collection_not_found, VS004 dimension_mismatch, VS005 invalid_filter, as query().$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain_text(text, vector, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.explain_text(
    information_schema.character_data,
    query_vec halfvec,
    top_k bigint DEFAULT 10,
    filters jsonb DEFAULT '{}',
    measure text DEFAULT 'cosine_distance',
    include_metadata boolean DEFAULT true,
    include_vec boolean DEFAULT false,
    max_distance double precision DEFAULT NULL,
    ef_search bigint DEFAULT NULL,
    probes bigint DEFAULT NULL,
    strategy text DEFAULT 'auto',
    skip bigint DEFAULT 0
)
RETURNS SETOF text
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_detail text;
    v_hint text;
BEGIN
    RETURN QUERY SELECT vecs._explain_text(vecs.explain(
        $1::text, (vecs._halfvec_to_vector(ARRAY[query_vec]))[1], top_k, filters, measure,
        include_metadata, include_vec, max_distance, ef_search, probes, strategy, skip
    ));
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs.explain_text(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) IS
$doc$For a halfvec: run a search, and describe how it was done, as lines of text.

The collection's name must be passed by position.

Parameters:
  query_vec         the vector to search with, of the collection's dimension
  top_k             as for query()
  filters           as for query()
  measure           as for query()
  include_metadata  as for query()
  include_vec       as for query()
  max_distance      as for query()
  ef_search         as for query()
  probes            as for query()
  strategy          as for query()
  skip              as for explain()

Errors: VS001, VS002, VS004, VS005, as explain_text() for a vector.$doc$;

GRANT EXECUTE ON FUNCTION vecs.explain_text(information_schema.character_data, halfvec, bigint, jsonb, text, boolean, boolean, double precision, bigint, bigint, text, bigint) TO PUBLIC;
