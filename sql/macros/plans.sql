{#-
Plans, as explain() shows them.
-#}
--% macro abbreviated(line)
{#- A line of a plan, with vectors cut short, which would fill pages. -#}
regexp_replace(
    {{ line }}, '([[][-+.e0-9]+,[-+.e0-9]+),[-+.e0-9,]{80,}[]]', E'\\1,...]', 'g'
)
--%- endmacro

--% macro way(plan)
{#- How a plan, an array of lines, searches: index, if the vector index orders the rows, else
    exact. -#}
CASE
    WHEN EXISTS (SELECT FROM unnest({{ plan }}) AS p (line) WHERE p.line ~ '^ *Order By: ')
        THEN 'index'
    ELSE 'exact'
END
--%- endmacro
