-- _reembed_begin: make the shadow of a collection, or take over that of a run that broke off.
-- The shadow's comment says whose it is, from which texts and by which model it is filled, and by
-- which run. A run that finds another one there stops: see _reembed_lock_shadow().
--% from 'macros/errors.sql' import reraise with context

CREATE OR REPLACE FUNCTION vecs._reembed_begin(
    collection text,
    shadow text,
    dimension bigint,
    text_key text,
    model text,
    run text,
    restart boolean,
    leave_dependents boolean,
    OUT shadow_name text,
    OUT resumed boolean
)
RETURNS record
LANGUAGE plpgsql
VOLATILE
PARALLEL UNSAFE
SECURITY INVOKER
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $fn$
DECLARE
    v_collection record;
    v_shadow regclass;
    v_mark jsonb;
    v_is_empty boolean;
    v_differs text;
    v_comment json;
    v_detail text;
    v_hint text;
BEGIN
    v_collection := vecs._collection(collection);
    PERFORM vecs._reembed_check(collection, leave_dependents);
    IF text_key IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = 'text_key must not be null',
            HINT = 'Pass the key of the metadata with the texts, such as ''text''.';
    END IF;
    -- The names of its indexes begin with its own.
    shadow_name := coalesce(shadow, CASE
        WHEN octet_length(collection) <= 42 THEN collection || '_reembed'
        ELSE 'reembed_' || md5(collection)
    END);
    PERFORM vecs._check_new_collection(shadow_name, dimension, v_collection.element_type);
    PERFORM pg_advisory_xact_lock(hashtext('vecs.create_collection'), hashtext(shadow_name));
    v_shadow := to_regclass(format('vecs.%I', shadow_name));
    v_mark := vecs._reembed_mark(v_shadow);
    IF v_shadow IS NOT NULL AND v_mark ->> 'reembed' IS DISTINCT FROM collection THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.collection_already_exists.sqlstate }}',
            MESSAGE = format(
                'the name "%s" is taken, and not by a re-embedding of "%s" that broke off',
                shadow_name, collection
            ),
            HINT = 'It may be the old collection, which a re-embedding leaves under this name.'
                ' Drop it, or name another shadow.';
    END IF;

    IF v_shadow IS NOT NULL THEN
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', v_shadow) INTO v_is_empty;
    END IF;
    IF restart OR v_is_empty THEN
        PERFORM vecs.drop_collection(shadow_name, true);
        v_shadow := NULL;
    ELSIF v_shadow IS NOT NULL THEN
        v_differs := CASE
            WHEN (vecs._collection(shadow_name)).dimension <> dimension
                THEN format('it has %s dimensions', (vecs._collection(shadow_name)).dimension)
            WHEN v_mark ->> 'text' <> text_key
                THEN format('it is filled from the texts under "%s"', v_mark ->> 'text')
            WHEN v_mark ->> 'model' <> model OR (v_mark ->> 'model' IS NULL) <> (model IS NULL)
                THEN format('its model is %s', coalesce(v_mark ->> 'model', 'not known'))
            WHEN model IS NULL THEN 'the model has no name, and may be another one'
        END;
    END IF;
    IF v_differs IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '{{ errors.invalid_argument.sqlstate }}',
            MESSAGE = format(
                'the re-embedding of "%s" that broke off, in "%s", cannot be continued: %s',
                collection, shadow_name, v_differs
            ),
            HINT = 'Continue it with the model and the key that it began with, or restart it.';
    END IF;

    resumed := v_shadow IS NOT NULL;
    IF NOT resumed THEN
        PERFORM vecs._reembed_create(collection, shadow_name, dimension);
        -- Whether its dimension allows the indexes is known before anything is embedded.
        PERFORM vecs._reembed_vector_indexes(collection, shadow_name, 0::double precision);
        PERFORM vecs.drop_index(shadow_name, NULL::text);
    END IF;
    v_comment := json_build_object(
        'reembed', collection, 'text', text_key, 'model', model, 'run', run
    );
    EXECUTE format('COMMENT ON TABLE vecs.%I IS %L', shadow_name, v_comment);
EXCEPTION
    {{ reraise() | indent(4) }}
END
$fn$;

COMMENT ON FUNCTION vecs._reembed_begin(text, text, bigint, text, text, text, boolean, boolean) IS
$doc$Make an empty collection of another dimension, to be filled in place of a collection, or find the one that an earlier run has begun, and mark it as that of this run. Return its name (by default made of the collection's), and whether it was there.

Raises VS001 invalid_argument for one that was begun with another model, key or dimension; VS003 collection_already_exists for a name that is taken by anything else; VS008 unsupported if it cannot have an index that the collection has; and the errors of _reembed_check().$doc$;

GRANT EXECUTE ON FUNCTION vecs._reembed_begin(text, text, bigint, text, text, text, boolean, boolean) TO PUBLIC;
