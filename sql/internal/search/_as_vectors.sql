-- _as_vectors: vectors of half precision as vectors of full precision.

CREATE OR REPLACE FUNCTION vecs._as_vectors(
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
    RETURN _as_vectors.vecs;
END
$fn$;

COMMENT ON FUNCTION vecs._as_vectors(halfvec[]) IS
$doc$Vectors of half precision as vectors of full precision, with the same numbers.$doc$;

GRANT EXECUTE ON FUNCTION vecs._as_vectors(halfvec[]) TO PUBLIC;
