-- _fields: describe the columns of an adopted table for the filter compiler.
-- kind says how operands are read: as a number, a string, ... A jsonb has keys of its own, an array
-- has elements, and anything else is read as the JSON that PostgreSQL makes of it. type is the base
-- type as SQL: bpchar, since character means character(1). Types take time to look up, so only
-- those of fields are that a filter may name: their names occur in its text.

--% macro kind(y)
CASE
    WHEN {{ y }}.oid IN (
        'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype,
        'real'::regtype, 'double precision'::regtype
    ) THEN 'number'
    WHEN {{ y }}.oid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN 'string'
    WHEN {{ y }}.oid = 'boolean'::regtype THEN 'boolean'
    WHEN {{ y }}.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN 'time'
    WHEN {{ y }}.oid = 'uuid'::regtype THEN 'uuid'
    WHEN {{ y }}.oid = 'jsonb'::regtype THEN 'jsonb'
    WHEN {{ y }}.typtype = 'e' THEN 'enum'
    WHEN {{ y }}.typname = 'citext' AND {{ y }}.typcategory = 'S' THEN 'citext'
    ELSE 'other'
END
--%- endmacro
--% macro type(y)
CASE {{ y }}.oid WHEN 'bpchar'::regtype THEN 'bpchar' ELSE {{ y }}.oid::regtype::text END
--%- endmacro
--% macro labels(y)
(
    SELECT jsonb_agg(l.enumlabel ORDER BY l.enumsortorder)
    FROM pg_enum AS l
    WHERE l.enumtypid = {{ y }}.oid
)
--%- endmacro

CREATE OR REPLACE FUNCTION vecs._fields(
    view_id regclass,
    filters jsonb
)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
BEGIN
    IF view_id IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'key', jsonb_object_agg(f.name, f.field) FILTER (WHERE f.name = '_id') -> '_id',
            'has_metadata', coalesce(bool_or(f.name = '_metadata'), false),
            'names', (
                SELECT coalesce(jsonb_agg(n.attname ORDER BY n.attname), '[]')
                FROM pg_attribute AS n
                WHERE n.attrelid = view_id
                    AND n.attnum > 0
                    AND NOT n.attisdropped
                    AND n.attname NOT IN ('id', 'vec', 'metadata', '_id', '_metadata', '_text')
            ),
            'fields', coalesce(
                jsonb_object_agg(f.name, f.field) FILTER (WHERE f.name NOT IN ('_id', '_metadata')),
                '{}'
            )
        )
        FROM (
            SELECT
                a.attname::text AS name,
                jsonb_build_object(
                    'column', concat(
                        quote_ident(a.attname),
                        -- A domain has no operators of its own to compare it with an enum.
                        CASE WHEN d.typtype = 'd' AND y.typtype = 'e' THEN '::' || t.type END
                    ),
                    'kind', t.kind,
                    'type', t.type
                ) || CASE t.kind
                    WHEN 'array' THEN jsonb_build_object('element', jsonb_build_object(
                        'kind', {{ kind('e') | indent(24) }},
                        'type', {{ type('e') }},
                        'labels', {{ labels('e') | indent(24) }}
                    ))
                    WHEN 'enum' THEN jsonb_build_object(
                        'labels', {{ labels('y') | indent(24) }}
                    )
                    WHEN 'citext' THEN jsonb_build_object(
                        'operators', y.typnamespace::regnamespace::text
                    )
                    -- In a function, as to plan this query would take longer with it.
                    WHEN 'other' THEN jsonb_strip_nulls(
                        jsonb_build_object('operators', vecs._operator_schema(y.oid))
                    )
                    ELSE '{}'
                END AS field
            FROM pg_attribute AS a
            JOIN pg_type AS d ON d.oid = a.atttypid
            JOIN pg_type AS y
                ON y.oid = CASE d.typtype WHEN 'd' THEN vecs._base_type(d.oid) ELSE d.oid END
            LEFT JOIN pg_type AS e
                ON e.oid = y.typelem AND y.typcategory = 'A' AND y.typlen = -1
            CROSS JOIN LATERAL (
                SELECT
                    CASE
                        WHEN {{ kind('e') | indent(24) }}
                            IN ('number', 'string', 'boolean', 'uuid', 'enum')
                            THEN 'array'
                        ELSE {{ kind('y') | indent(24) }}
                    END AS kind,
                    {{ type('y') }} AS type
            ) AS t
            WHERE a.attrelid = view_id
                AND a.attnum > 0
                AND NOT a.attisdropped
                AND a.attname NOT IN ('id', 'vec', 'metadata', '_text')
                AND (
                    filters IS NULL
                    OR a.attname IN ('_id', '_metadata')
                    OR strpos(filters::text, to_json(a.attname::text)::text) > 0
                )
        ) AS f
    );
END
$fn$;

COMMENT ON FUNCTION vecs._fields(regclass, jsonb) IS
$doc$Return the columns of an adopted table's view that filters compare, as JSON: key, that of _id; has_metadata, whether there is a column _metadata; names, those of all fields; and fields, by their names those that a filter may name; all for NULL. Each has column, its name as SQL; kind, how operands are read (number, string, boolean, time, uuid, enum, citext, array, jsonb or other); type, its base type as SQL; and for an array its element, for an enum its labels, for citext the schema of its operators. NULL where view_id is NULL.$doc$;

GRANT EXECUTE ON FUNCTION vecs._fields(regclass, jsonb) TO PUBLIC;
