-- _halfvec_to_vector: cast an array of halfvec to vector.
-- The assignment casts: an explicit cast would need pgvector's schema in the search path.

CREATE OR REPLACE FUNCTION vecs._halfvec_to_vector(
    vecs halfvec[]
)
RETURNS vector[]
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN _halfvec_to_vector.vecs;
END
$fn$;

COMMENT ON FUNCTION vecs._halfvec_to_vector(halfvec[]) IS
$doc$Return halfvecs as vectors with the same numbers.$doc$;

GRANT EXECUTE ON FUNCTION vecs._halfvec_to_vector(halfvec[]) TO PUBLIC;
