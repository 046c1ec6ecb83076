-- _expression_index: tell what an index on an expression holds of a column of vectors.
-- The operator class tells the measure, but for bits, which have none of their own: there
-- create_index() writes it into the comment. The caller has turned quote_all_identifiers off.
--% import 'macros/index_comment.sql' as index_comment with context

CREATE OR REPLACE FUNCTION vecs._expression_index(
    index_id regclass,
    expression text,
    operator_class text,
    vec_column text,
    vec_type regtype,
    dimension integer,
    OUT index_precision text,
    OUT ops text
)
RETURNS record
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_pgvector text := regexp_replace(vec_type::text, '[a-z]+$', '');
BEGIN
    index_precision := CASE expression
        WHEN vecs._indexed_form('half', vec_column, v_pgvector, dimension) THEN 'half'
        WHEN vecs._indexed_form('binary', vec_column, v_pgvector, dimension) THEN 'binary'
    END;
    ops := CASE
        WHEN index_precision = 'half'
            THEN substring(operator_class FROM '^halfvec_([a-z0-9]+)_ops$')
        WHEN index_precision = 'binary' AND operator_class = 'bit_hamming_ops'
            THEN CASE {{ index_comment.measure("obj_description(index_id, 'pg_class')")
                | indent(12) }}
            --% for name, measure in measures.items()
                WHEN '{{ name }}' THEN '{{ measure.ops }}'
            --% endfor
                ELSE 'cosine'
            END
    END;
END
$fn$;

COMMENT ON FUNCTION vecs._expression_index(regclass, text, text, text, regtype, integer) IS
$doc$Return, from the expression that an index is on and its operator class, the precision (half or binary) in which it holds a column of vectors, and the part of an operator class's name that stands for its measure (cosine, l2, ip, l1). NULL for any other index.$doc$;

GRANT EXECUTE ON FUNCTION vecs._expression_index(regclass, text, text, text, regtype, integer) TO PUBLIC;
