{#-
What several functions write alike about errors.
-#}
--% macro collection_not_found(name)
{#- Raise VS002 for the collection that a parameter names. -#}
RAISE EXCEPTION USING
    ERRCODE = '{{ errors.collection_not_found.sqlstate }}',
    MESSAGE = format('collection "%s" does not exist', left({{ name }}, 100)),
    HINT = 'vecs.list_collections() shows those there are;'
        ' vecs.create_collection() makes one.';
--%- endmacro

--% macro other_dimension(given, dimension, name)
{#- Raise VS004 for a query vector of another dimension than the collection's. -#}
RAISE EXCEPTION USING
    ERRCODE = '{{ errors.dimension_mismatch.sqlstate }}',
    MESSAGE = format(
        'the query vector has %s dimensions, collection "%s" has %s',
        {{ given }}, {{ name }}, {{ dimension }}
    ),
    HINT = 'Search with vectors of the model that the collection was made for.';
--%- endmacro

--% macro invalid_filter(compiled)
{#- Raise VS005 for what _filter_node() has found wrong. -#}
IF {{ compiled }}.fault[3] IS NOT NULL THEN
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_filter.sqlstate }}',
        MESSAGE = {{ compiled }}.fault[1],
        HINT = {{ compiled }}.fault[2],
        DETAIL = {{ compiled }}.fault[3];
ELSIF {{ compiled }}.fault IS NOT NULL THEN
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.invalid_filter.sqlstate }}',
        MESSAGE = {{ compiled }}.fault[1],
        HINT = {{ compiled }}.fault[2];
END IF;
--%- endmacro

--% macro dropped_meanwhile(name)
{#- In a handler: a collection that another session dropped while this call waited for it. -#}
WHEN undefined_table THEN
    IF to_regclass(format('vecs.%I', {{ name }})) IS NOT NULL THEN
        RAISE;
    END IF;
    {{ collection_not_found(name) | indent(4) }}
--%- endmacro

--% macro raise_again()
{#- In a handler: raise an error of class VS once more, so that its context is the line of this
    function, and not one for each private function below it. Needs v_detail and v_hint. -#}
WHEN SQLSTATE 'VS000' THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
    IF v_detail = '' THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
--%- endmacro

{%- set encoded_twice = 'It was encoded to JSON twice: pass the value itself where your driver'
    ~ ' encodes it, or cast the text: ::text::jsonb.' -%}
