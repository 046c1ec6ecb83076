-- _check_index_arguments: refuse an unknown index method, and arguments that it does not take.

CREATE OR REPLACE FUNCTION vecs._check_index_arguments(
    measure text,
    method text,
    arguments jsonb
)
RETURNS void
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_allowed text := CASE method
        WHEN 'auto' THEN 'precision (full, half, binary), min_recall (0 to 1, for binary) and'
            ' memory (such as "2GB"); name a method to pass others'
        WHEN 'hnsw' THEN 'm (2 to 100), ef_construction (4 to 1000, at least twice m), precision'
            ' (full, half, binary), min_recall (0 to 1, for binary) and memory (such as "2GB")'
        WHEN 'ivfflat' THEN 'lists (1 to 32768), precision (full, half) and memory (such as "2GB")'
    END;
    v_precision text := arguments ->> 'precision';
    v_memory text := arguments ->> 'memory';
    v_argument record;
    v_m integer;
    v_ef_construction integer;
BEGIN
    IF v_allowed IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format('unknown index method "%s"', left(method, 100)),
            HINT = 'The methods are auto, hnsw and ivfflat.';
    ELSIF jsonb_typeof(arguments) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'arguments must be a JSON object',
            HINT = format('The arguments of %s are %s.', method, v_allowed);
    --% for name, measure in measures.items() if not measure.ivfflat
    ELSIF method = 'ivfflat' AND measure = '{{ name }}' THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'ivfflat cannot index {{ name }}',
            HINT = 'Use the method hnsw.';
    --% endfor
    END IF;

    FOR v_argument IN
        SELECT e.key, e.value #>> '{}' AS value, r.low, r.high
        FROM jsonb_each(arguments - '{precision,min_recall,memory}'::text[]) AS e
        LEFT JOIN (
            VALUES
                ('hnsw', 'm', 2, 100),
                ('hnsw', 'ef_construction', 4, 1000),
                ('ivfflat', 'lists', 1, 32768)
        ) AS r (method, key, low, high)
            ON r.key = e.key AND r.method = _check_index_arguments.method
    LOOP
        IF v_argument.low IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    'index method %s has no argument "%s"', method, left(v_argument.key, 100)
                ),
                HINT = format('The arguments of %s are %s.', method, v_allowed);
        ELSIF v_argument.value !~ '^[0-9]{1,9}$'
            OR v_argument.value::integer NOT BETWEEN v_argument.low AND v_argument.high
            OR v_argument.value IS NULL
        THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    '%s must be an integer from %s to %s, not %s',
                    v_argument.key, v_argument.low, v_argument.high,
                    coalesce(left(v_argument.value, 100), 'null')
                ),
                HINT = format('The arguments of %s are %s.', method, v_allowed);
        END IF;
    END LOOP;

    IF v_precision NOT IN ('full', 'half', 'binary')
        OR arguments ? 'precision' AND v_precision IS NULL
        OR v_precision = 'binary' AND method = 'ivfflat'
    THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'an index of method %s cannot have precision %s',
                method, coalesce(format('"%s"', left(v_precision, 100)), 'null')
            ),
            HINT = CASE method
                WHEN 'ivfflat'
                    THEN 'The precisions of ivfflat are full and half; hnsw has binary, too.'
                ELSE 'The precisions are full, half and binary.'
            END;
    ELSIF arguments ? 'min_recall' AND (
        method = 'ivfflat'
        OR v_precision IN ('full', 'half')
        OR jsonb_typeof(arguments -> 'min_recall') <> 'number'
        OR (arguments ->> 'min_recall')::numeric NOT BETWEEN 0 AND 1
    ) THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'min_recall must be a number from 0 to 1, for an index of precision binary, not %s',
                left(arguments ->> 'min_recall', 100)
            ),
            HINT = format('The arguments of %s are %s.', method, v_allowed);
    END IF;

    -- The range is that of maintenance_work_mem.
    IF arguments ? 'memory' THEN
        IF v_memory !~* '^[0-9]{1,6}([.][0-9]{1,3})? ?[MGT]B$'
            OR v_memory IS NULL
            OR pg_size_bytes(v_memory) NOT BETWEEN 1048576 AND 2147483647 * 1024::bigint
        THEN
            RAISE EXCEPTION USING
                ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
                MESSAGE = format(
                    'memory must be a size from "1MB" to "2047GB", not %s',
                    coalesce(format('"%s"', left(v_memory, 100)), 'null')
                ),
                HINT = format('The arguments of %s are %s.', method, v_allowed);
        END IF;
    END IF;

    -- If only one of them is given, the other is chosen to go with it.
    v_m := (arguments ->> 'm')::integer;
    v_ef_construction := (arguments ->> 'ef_construction')::integer;
    IF v_ef_construction < 2 * v_m THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'ef_construction must be at least twice m: %s is less than 2 * %s',
                v_ef_construction, v_m
            ),
            HINT = format('Pass ef_construction of %s or more, or a smaller m.', 2 * v_m);
    END IF;
END
$fn$;

COMMENT ON FUNCTION vecs._check_index_arguments(text, text, jsonb) IS
$doc$Raise VS001 invalid_argument for an unknown index method, and for arguments that are out of range or belong to another method.$doc$;

GRANT EXECUTE ON FUNCTION vecs._check_index_arguments(text, text, jsonb) TO PUBLIC;
