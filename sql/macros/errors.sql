{#-
Errors that several functions raise alike.
-#}
--% macro collection_not_found(name)
{#- Raise VS002 for the collection that a parameter names. -#}
RAISE EXCEPTION USING
    ERRCODE = '{{ errors.collection_not_found.sqlstate }}',
    MESSAGE = format('collection "%s" does not exist', left({{ name }}, 100)),
    HINT = 'vecs.list_collections() lists the collections;'
        ' vecs.create_collection() creates one.';
--%- endmacro

--% macro dimension_mismatch(given, dimension, name)
{#- Raise VS004 for a query vector whose dimension is not the collection's. -#}
RAISE EXCEPTION USING
    ERRCODE = '{{ errors.dimension_mismatch.sqlstate }}',
    MESSAGE = format(
        'the query vector has %s dimensions, collection "%s" has %s',
        {{ given }}, {{ name }}, {{ dimension }}
    ),
    HINT = 'Search with vectors of the model that the collection was created for.';
--%- endmacro

--% macro invalid_filter(compiled)
{#- Raise VS005 for a fault that _filter_node() has returned. -#}
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

--% macro when_dropped(name)
{#- In an exception block: raise VS002 for a collection that was dropped concurrently. -#}
WHEN undefined_table THEN
    IF to_regclass(format('vecs.%I', {{ name }})) IS NOT NULL THEN
        RAISE;
    END IF;
    {{ collection_not_found(name) | indent(4) }}
--%- endmacro

--% macro reraise()
{#- In an exception block: raise an error of class VS again, so that its context is one line for
    this function instead of one for each private function below it. SQLSTATE 'VS000' stands for
    the whole class. Needs v_detail and v_hint. -#}
WHEN SQLSTATE 'VS000' THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL, v_hint = PG_EXCEPTION_HINT;
    IF v_detail = '' THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = v_hint;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = SQLSTATE, MESSAGE = SQLERRM, DETAIL = v_detail, HINT = v_hint;
{{ when_away() }}
--%- endmacro

--% macro when_away()
{#- In an exception block: raise VS009 for a node of a cluster that Citus cannot reach. Its error
    says which one. -#}
WHEN connection_exception THEN
    RAISE EXCEPTION USING
        ERRCODE = '{{ errors.unavailable.sqlstate }}',
        MESSAGE = format(
            'a node of the cluster is not available: %s', split_part(SQLERRM, E'\n', 1)
        ),
        HINT = 'vecs.describe_collection() tells which nodes can be reached.';
--%- endmacro

{%- set double_encoding_hint = 'It was encoded to JSON twice: pass the value itself where your'
    ~ ' driver encodes it, or cast the text: ::text::jsonb.' -%}
