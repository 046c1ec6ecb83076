{#-
The comment of a vector index, in which create_index() and tune() write what they measured. It is a
JSON object, as jsonb prints it: {"rows": 117159, "recall": 0.98, "candidates": [9.5, 7.0]}. These
are all its keys, in jsonb's order: rows, probes, recall, measure, ef_search, candidates,
untried_build, partial_filters. Searches read it: a regular expression takes less time than jsonb.
-#}
--% macro comment(index_id)
{#- The comment of an index. -#}
(
    SELECT d.description
    FROM pg_description AS d
    WHERE d.objoid = {{ index_id }} AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
)
--%- endmacro

--% set numbers = {
    'recall': '[01](?:[.][0-9]+)?', 'ef_search': '[0-9]{1,4}', 'probes': '[0-9]{1,5}'
}
--% macro measured(comment, key)
{#- A number in the comment, as text: probes, recall or ef_search. NULL if it is not there. -#}
substring(
    {{ comment }}
    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*(?:"measure": "[a-z0-9_]+", )?'
        '"{{ key }}": ({{ numbers[key] }})[,}]'
)
--%- endmacro

--% macro measure(comment)
{#- The measure of an index of bits. -#}
substring(
    {{ comment }}
    FROM '^[{]"rows": [0-9]+, (?:"(?:probes|recall)": [0-9.]+, )*"measure": "([a-z0-9_]+)"'
)
--%- endmacro

--% macro partial_filters(comment)
{#- The filter of a partial index, as text. -#}
substring(
    {{ comment }}
    FROM '^[{]"rows": [0-9]+, (?:"[a-z_]+": (?:[0-9.]+|"[a-z0-9_]+"|[[][0-9., ]+[]]), )*'
        '"partial_filters": ([{].*[}])[}]$'
)
--%- endmacro

--% macro candidate_costs(comment)
{#- What one of the nearest candidates of the index costs, and a farther one, in rows. -#}
regexp_match(
    {{ comment }},
    '^[{]"rows": [0-9]+,.* "candidates": [[]([0-9]{1,2}[.][0-9]), ([0-9]{1,2}[.][0-9])[]][,}]'
)::double precision[]
--%- endmacro
