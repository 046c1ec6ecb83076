-- _written_fields: describe how the fields of an adopted table are written from a JSON object x.
-- The object is read by jsonb_to_record(), which knows every type. Dates and times are read as the
-- filter language reads them: without a zone in UTC, whatever the session's, and an offset counts,
-- which PostgreSQL would drop from a timestamp.

CREATE OR REPLACE FUNCTION vecs._written_fields(
    view_id regclass,
    names text[]
)
RETURNS TABLE (
    name text,
    column_name text,
    definition text,
    value text,
    default_value text,
    generated boolean
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        a.attname::text,
        o.attname::text,
        format(
            '%I %s',
            a.attname, CASE WHEN t.is_time THEN 'text' ELSE format_type(a.atttypid, a.atttypmod) END
        ),
        CASE
            WHEN t.base = 'timestamptz'::regtype THEN format(
                'coalesce(timezone(make_interval(), vecs._instant(x.%1$I)), x.%1$I::timestamptz)',
                a.attname
            )
            WHEN t.is_time THEN
                format('coalesce(vecs._instant(x.%1$I)::%2$s, x.%1$I::%2$s)', a.attname, t.base)
            ELSE format('x.%I', a.attname)
        END,
        CASE
            WHEN o.attidentity <> '' THEN format(
                'nextval(%L::regclass)',
                pg_get_serial_sequence(o.attrelid::regclass::text, o.attname)
            )
            ELSE coalesce(pg_get_expr(e.adbin, e.adrelid), 'NULL')
        END,
        o.attgenerated <> '' OR o.attidentity = 'a'
    FROM pg_attribute AS a
    CROSS JOIN LATERAL vecs._view_origin(a.attrelid, a.attname::text) AS v (origin)
    JOIN pg_attribute AS o ON o.attrelid = v.origin[1] AND o.attnum = v.origin[2]::integer
    LEFT JOIN pg_attrdef AS e
        ON e.adrelid = o.attrelid AND e.adnum = o.attnum AND o.attgenerated = ''
    CROSS JOIN LATERAL vecs._base_type(a.atttypid) AS b (base)
    CROSS JOIN LATERAL (
        SELECT b.base::regtype AS base, b.base IN (
            'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype
        ) AS is_time
    ) AS t
    WHERE a.attrelid = _written_fields.view_id
        AND a.attnum > 0
        AND NOT a.attisdropped
        AND a.attname = ANY (_written_fields.names);
$fn$;

COMMENT ON FUNCTION vecs._written_fields(regclass, text[]) IS
$doc$Return for each of these fields of an adopted table its name, the table's column, its definition for jsonb_to_record(), the SQL of its value in a row x of that, the SQL of its default, and whether the table generates it.$doc$;

GRANT EXECUTE ON FUNCTION vecs._written_fields(regclass, text[]) TO PUBLIC;
