{#-
The origin of a view's column, from the view's rule.
-#}
--% macro origin(rule, name)
{#- The oid of the table and the number of the column that a view's column refers to, as an oid[];
    NULL if it is not a plain reference. The rule's text has a TARGETENTRY for each column, whose
    fields resorigtbl and resorigcol are 0 where it is an expression. outToken() in PostgreSQL's
    source escapes characters of a name with a backslash; the name must be escaped so. -#}
nullif(
    regexp_match(
        split_part({{ rule }}, concat(' :resname ', {{ name }}, ' :ressortgroupref '), 2),
        '^[0-9]+ :resorigtbl ([0-9]+) :resorigcol ([0-9]+) '
    )::oid[],
    '{0,0}'
)
--%- endmacro
