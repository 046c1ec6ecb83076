-- _closest_match: find the candidate that is most like a word, for a hint.
-- Computes Levenshtein distances by Wagner and Fischer (1974) over at most 20 characters. Where
-- more than a third of the characters differ, the word is a different one: "$size" does not mean
-- "$like".

CREATE OR REPLACE FUNCTION vecs._closest_match(
    word text,
    candidates text[]
)
RETURNS text
LANGUAGE plpgsql
IMMUTABLE
PARALLEL SAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v_word text := left(lower(word), 20);
    v_candidate text;
    v_above integer[];
    v_row integer[];
    v_best text;
    v_least integer := length(v_word) / 3 + 1;
BEGIN
    FOREACH v_candidate IN ARRAY candidates LOOP
        v_row := ARRAY(SELECT generate_series(0, length(v_candidate)));

        FOR i IN 1..length(v_word) LOOP
            v_above := v_row;
            v_row := ARRAY[i];
            FOR j IN 1..length(v_candidate) LOOP
                v_row := v_row || least(
                    v_above[j + 1] + 1,
                    v_row[j] + 1,
                    v_above[j] + (substr(v_word, i, 1) <> substr(v_candidate, j, 1))::integer
                );
            END LOOP;
        END LOOP;

        IF v_row[length(v_candidate) + 1] < v_least THEN
            v_best := v_candidate;
            v_least := v_row[length(v_candidate) + 1];
        END IF;
    END LOOP;

    RETURN v_best;
END
$fn$;

COMMENT ON FUNCTION vecs._closest_match(text, text[]) IS
$doc$Return the candidate with the least Levenshtein distance from a word; NULL where that exceeds a third of the word's length.$doc$;

GRANT EXECUTE ON FUNCTION vecs._closest_match(text, text[]) TO PUBLIC;
