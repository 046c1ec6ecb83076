{#-
Parts of the filter compiler that several functions share.
-#}
{#- The row's id as a predicate writes it, in SQL text. Unqualified, as metadata is, so that the
    predicate fits any alias of the table. -#}
{%- set id_column = "'id'" -%}

--% macro compile_equalities(equalities="format('metadata @> %L', v_text)")
{#- Compile a filter that only compares keys with scalars, as most do, into v_predicate: one
    containment, at a tenth of the cost of the compiler. It is a macro because a call would add 5
    microseconds to every search with a filter. Needs v_text and v_predicate. -#}
v_text := filters::text;
IF filters IS NULL OR v_text = '{}' THEN
    v_predicate := 'true';
ELSIF length(v_text) <= 1000 THEN
    -- {"k": {"$eq": 1}} is {"k": 1}. In the text of a jsonb, a string has no unescaped quote.
    IF position('{"$eq":' IN v_text) > 0 THEN
        v_text := regexp_replace(
            v_text, E'[{]"[$]eq": ("[^"\\\\{}$[]*"|[-0-9.]+|true|false|null)[}]', E'\\1', 'g'
        );
    END IF;
    -- None of these characters but the outermost braces: no nesting, no operator, no $id.
    IF starts_with(v_text, '{')
        AND length(translate(v_text, '[]{}$', '')) = length(v_text) - 2
    THEN
        v_predicate := {{ equalities }};
    END IF;
END IF;
--%- endmacro

--% macro did_you_mean(word, names)
{#- Begin a hint with the operator that a word most likely means; NULL if none is near. -#}
'Did you mean "' || coalesce(
    CASE lower({{ word }})
    --% for alias, name in aliases.items() if name in names
        WHEN '{{ alias }}' THEN '{{ name }}'
    --% endfor
    END,
    vecs._closest_match({{ word }}, '{ {{- names | join(",") -}} }'::text[])
) || '"? '
--%- endmacro

--% macro notice_bare_operator()
{#- Raise the notice VSW02 if it is due. Most filters have no such key, and this avoids a call.
    Metadata often has a key "id", which is meant. -#}
IF v_text ~ '"({{ operators | reject("equalto", "$id") | join("|") | replace("$", "") }})": ' THEN
    PERFORM vecs._notice_bare_operator(filters);
END IF;
--%- endmacro
