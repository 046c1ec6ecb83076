-- _function_signature: write a function's parameters, one a line, and its result.

CREATE OR REPLACE FUNCTION vecs._function_signature(
    function_id oid
)
RETURNS text
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
    SELECT replace(
        concat(
            'vecs.', p.proname, '(', E'\n' || a.parameters || E'\n', ')',
            E'\n  returns ' || nullif(pg_get_function_result(p.oid), 'void')
        ),
        -- Types of pgvector are written without their schema.
        (
            SELECT quote_ident(n.nspname) || '.'
            FROM pg_extension AS e
            JOIN pg_namespace AS n ON n.oid = e.extnamespace
            WHERE e.extname = 'vector'
        ),
        ''
    )
    FROM pg_proc AS p
    CROSS JOIN LATERAL (
        SELECT string_agg(
            concat(
                '    ', rpad(u.name, max_length.value + 2), format_type(u.type, NULL),
                ' = ' || regexp_replace(
                    pg_get_function_arg_default(p.oid, u.position::integer), '::[a-z ]+(\[\])?$', ''
                ),
                CASE WHEN u.position < p.pronargs THEN ',' END
            ),
            E'\n' ORDER BY u.position
        )
        FROM unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[])
            WITH ORDINALITY AS u (name, type, position)
        CROSS JOIN (
            SELECT max(length(l.name)) FROM unnest(p.proargnames[:p.pronargs]) AS l (name)
        ) AS max_length (value)
    ) AS a (parameters)
    WHERE p.oid = _function_signature.function_id;
$fn$;

COMMENT ON FUNCTION vecs._function_signature(oid) IS
$doc$Return the signature of a function, with a line for each parameter, as vecs.help() shows it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._function_signature(oid) TO PUBLIC;
