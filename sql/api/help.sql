-- help: show the functions of this layer, or the page of one, in psql.
-- Two functions, not one with a default: the first returns a table, the second lines of text.

CREATE OR REPLACE FUNCTION vecs.help()
RETURNS TABLE (
    chapter text,
    function text,
    arguments text,
    summary text
)
LANGUAGE sql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT
        c.chapter,
        p.proname::text,
        a.required || CASE
            WHEN p.pronargdefaults > 3
                THEN format(' [, %s, ...]', array_to_string(a.optional[:3], ', '))
            WHEN p.pronargdefaults > 0
                THEN format(' [, %s]', array_to_string(a.optional, ', '))
            ELSE ''
        END,
        split_part(d.description, E'\n', 1)
    FROM (
        VALUES
        --% for chapter, names in chapters.items()
            ({{ loop.index }}, '{{ chapter }}'::text, ARRAY[
            --% for name in names
                '{{ name }}'{{ "," if not loop.last }}
            --% endfor
            ]){{ "," if not loop.last }}
        --% endfor
    ) AS c (position, chapter, functions)
    CROSS JOIN LATERAL unnest(c.functions) WITH ORDINALITY AS f (name, position)
    JOIN pg_namespace AS n ON n.nspname = 'vecs'
    JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.proname = f.name COLLATE "C"
    CROSS JOIN LATERAL (
        SELECT
            coalesce(array_to_string(p.proargnames[:p.pronargs - p.pronargdefaults], ', '), ''),
            p.proargnames[p.pronargs - p.pronargdefaults + 1:p.pronargs]
    ) AS a (required, optional)
    CROSS JOIN LATERAL obj_description(p.oid, 'pg_proc') AS d (description)
    -- Neither overloads of others, which have no comment, nor the forms for halfvec, whose first
    -- parameter has no name.
    WHERE d.description IS NOT NULL AND coalesce(p.proargnames[1] <> '', true)
    ORDER BY c.position, f.position, p.pronargs;
$fn$;

COMMENT ON FUNCTION vecs.help() IS
$doc$List the functions of this layer with their arguments and what they do, by chapter.

Optional arguments are in brackets. vecs.help('query') prints the page of one function.$doc$;

GRANT EXECUTE ON FUNCTION vecs.help() TO PUBLIC;

CREATE OR REPLACE FUNCTION vecs.help(
    name text
)
RETURNS SETOF text
LANGUAGE plpgsql
STABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- "query", "vecs.query" and "vecs.query()" mean the same.
    v_name text := lower(regexp_replace(btrim(name), '^vecs[.]|[(].*$', '', 'gi'));
    v_names text[];
BEGIN
    RETURN QUERY
    SELECT w.line
    FROM (
        SELECT
            row_number() OVER (
                ORDER BY p.proargnames[1] = '', p.pronargs, p.oid::regprocedure::text
            ) AS position,
            -- The forms for halfvec have the parameters of the form before them.
            CASE
                WHEN p.proargnames[1] = ''
                    THEN split_part(d.description, E'\n\nParameters:', 1)
                ELSE concat(vecs._function_signature(p.oid), E'\n\n', d.description)
            END AS content
        FROM pg_proc AS p
        JOIN pg_namespace AS n ON n.oid = p.pronamespace
        CROSS JOIN LATERAL obj_description(p.oid, 'pg_proc') AS d (description)
        WHERE n.nspname = 'vecs'
            AND p.proname = v_name COLLATE "C"
            AND d.description IS NOT NULL
    ) AS f
    CROSS JOIN LATERAL vecs._wrap_text(
        CASE WHEN f.position > 1 THEN E'\n\n' ELSE '' END || f.content, 80
    ) WITH ORDINALITY AS w (line, position)
    ORDER BY f.position, w.position;
    IF FOUND THEN
        RETURN;
    END IF;

    v_names := ARRAY(SELECT DISTINCT h.function FROM vecs.help() AS h ORDER BY h.function);
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
        MESSAGE = CASE
            WHEN name IS NULL THEN 'name must not be null'
            ELSE format('there is no function "%s"', left(name, 100))
        END,
        HINT = concat(
            'Did you mean ' || coalesce(
                (
                    SELECT string_agg(format('"%s"', u.name), ', ' ORDER BY u.name)
                    FROM unnest(v_names) AS u (name)
                    WHERE v_name <> '' AND position(v_name IN u.name) > 0
                ),
                '"' || vecs._closest_match(coalesce(v_name, ''), v_names) || '"'
            ) || '? ',
            'SELECT * FROM vecs.help(); lists the functions.'
        );
END
$fn$;

COMMENT ON FUNCTION vecs.help(text) IS
$doc$Print the page of a function: its parameters with types and defaults, and its COMMENT.

  SELECT vecs.help('query');

Parameters:
  name  the name of a function

Errors: VS001 invalid_argument if there is no function with that name.$doc$;

GRANT EXECUTE ON FUNCTION vecs.help(text) TO PUBLIC;
