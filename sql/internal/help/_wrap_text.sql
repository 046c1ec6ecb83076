-- _wrap_text: break lines between words, keeping the indentation of lists.

CREATE OR REPLACE FUNCTION vecs._wrap_text(
    content text,
    width integer
)
RETURNS SETOF text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE p.position WHEN 1 THEN h.head ELSE repeat(' ', length(h.head)) END || p.part
    FROM regexp_split_to_table(_wrap_text.content, E'\n') WITH ORDINALITY AS l (line, position)
    CROSS JOIN LATERAL (
        -- A name with two spaces behind it, "  top_k  ", or else the indentation.
        SELECT coalesce(
            substring(l.line FROM '^ *(?:[^ ]| (?! )){1,40} {2,}'), substring(l.line FROM '^ *')
        )
    ) AS h (head)
    CROSS JOIN LATERAL regexp_split_to_table(
        rtrim(
            regexp_replace(
                substr(l.line, length(h.head) + 1),
                format('(.{1,%s})(?: +|$)', greatest(_wrap_text.width - length(h.head), 20)),
                E'\\1\n',
                'g'
            ),
            E'\n'
        ),
        E'\n'
    ) WITH ORDINALITY AS p (part, position)
    ORDER BY l.position, p.position;
$fn$;

COMMENT ON FUNCTION vecs._wrap_text(text, integer) IS
$doc$Break the lines of a text between words at a width. What follows a name and two spaces keeps its indentation.$doc$;

GRANT EXECUTE ON FUNCTION vecs._wrap_text(text, integer) TO PUBLIC;
