-- _primary_key: look up the one column of a table's primary key.

CREATE OR REPLACE FUNCTION vecs._primary_key(
    source regclass
)
RETURNS text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_columns text[] := ARRAY(
        SELECT a.attname::text
        FROM pg_index AS i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE i.indrelid = source AND i.indisprimary AND k.position <= i.indnkeyatts
        ORDER BY k.position
    );
BEGIN
    IF cardinality(v_columns) <> 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.unsupported.sqlstate }}',
            MESSAGE = CASE v_columns
                WHEN '{}' THEN format('table "%s" has no primary key', source)
                ELSE format(
                    'the primary key of table "%s" has several columns: %s',
                    source, array_to_string(v_columns, ', ')
                )
            END,
            HINT = format(
                'Name a column whose values are unique: vecs.adopt(%L, id => ''...'').', source
            );
    END IF;
    RETURN v_columns[1];
END
$fn$;

COMMENT ON FUNCTION vecs._primary_key(regclass) IS
$doc$Return the column that is a table's primary key.

Raises VS008 unsupported where there is none, or several columns are it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._primary_key(regclass) TO PUBLIC;
