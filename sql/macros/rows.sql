{#-
The number of rows of a collection, estimated without reading any.
-#}
--% macro pages(class)
{#- The current number of pages of a table. -#}
(pg_relation_size({{ class }}.oid) / current_setting('block_size')::integer)
--%- endmacro

--% macro rows_by_statistics(class)
{#- Estimate as the planner does: the rows per page at the last ANALYZE, times the current number of
    pages. NULL if there was no ANALYZE. The parameter names a row of pg_class. -#}
CASE
    WHEN {{ class }}.relpages > 0 AND {{ class }}.reltuples >= 0
        THEN {{ class }}.reltuples / {{ class }}.relpages * {{ pages(class) }}
END
--%- endmacro

--% macro estimated_rows(class, collection)
{#- Estimate as rows_by_statistics() does. If there was no ANALYZE, from the width of a row: line
    pointer, header, id and metadata of 32 bytes each, and the vector, unless it is in the TOAST
    table. The parameters name a row of pg_class and one of _collections(). -#}
coalesce(
    {{ rows_by_statistics(class) | indent(4) }},
    (current_setting('block_size')::integer - 24) / (4 + 24 + 32 + 32 + CASE
        WHEN {{ collection }}.element_type = 'vector' AND {{ collection }}.dimension <= 2000
            THEN 8 + 4 * greatest({{ collection }}.dimension, 1)
        WHEN {{ collection }}.element_type = 'halfvec' AND {{ collection }}.dimension <= 4000
            THEN 8 + 2 * greatest({{ collection }}.dimension, 1)
        ELSE 18
    END) * {{ pages(class) }}
)::bigint
--%- endmacro
