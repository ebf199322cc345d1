-- Which model's vectors stand in the columns `embedding`, and whose are made beside them.
CREATE TABLE embedding_models (
    place text PRIMARY KEY CHECK (place IN ('standing', 'next')),
    name text NOT NULL,
    dimensions integer NOT NULL CHECK (dimensions > 0),
    -- The settings by which it is run again: without its key.
    made_by jsonb NOT NULL
);
INSERT INTO embedding_models (place, name, dimensions, made_by)
SELECT 'standing', name, 384, jsonb_build_object('provider', 'local', 'model', name) FROM (
    (SELECT embedding_model AS name FROM messages WHERE embedding_model IS NOT NULL
     ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT embedding_model FROM memories WHERE embedding_model IS NOT NULL LIMIT 1)
) AS found LIMIT 1;

-- A vector that the columns can hold; NULL in place of one that was made by a model of another size
-- while the models were switched.
CREATE FUNCTION fitting(vector halfvec) RETURNS halfvec LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE WHEN vector_dims(vector) = (
        SELECT atttypmod FROM pg_attribute
        WHERE attrelid = 'messages'::regclass AND attname = 'embedding' AND NOT attisdropped
    ) THEN vector END;
END $$;

-- While a switch goes on, the tables have two more columns (lt_memory/switching.sql); what was made
-- of a text goes when the text changes.
CREATE FUNCTION forget_next_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.next_embedding := NULL;
    NEW.next_embedding_model := NULL;
    RETURN NEW;
END $$;

-- As before, but for those columns: no run makes them, and no undoing brings them back.
CREATE OR REPLACE FUNCTION note_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text := current_setting('mira.run_id', true);
    was jsonb; -- the whole rows
    is_now jsonb;
    before jsonb; -- what is noted of them
    after jsonb;
BEGIN
    IF named IS NULL OR named = '' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        was := to_jsonb(OLD) - '{next_embedding,next_embedding_model}'::text[];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        is_now := to_jsonb(NEW) - '{next_embedding,next_embedding_model}'::text[];
    END IF;
    IF TG_OP = 'INSERT' THEN
        after := is_now - 'embedding' - 'embedding_model';
    ELSIF TG_OP = 'DELETE' THEN
        before := was;
    ELSE
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, is_now -> o.key)
        INTO before, after
        FROM jsonb_each(was) AS o WHERE o.value IS DISTINCT FROM is_now -> o.key;
        IF before IS NULL THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO run_changes (run_id, place, key, memory_ids, before, after) VALUES (
        named::uuid, TG_TABLE_NAME,
        (SELECT jsonb_object_agg(name, coalesce(is_now, was) -> name)
         FROM unnest(string_to_array(TG_ARGV[0], ',')) AS name),
        ARRAY(SELECT (coalesce(is_now, was) ->> name)::uuid
              FROM unnest(string_to_array(TG_ARGV[1], ',')) AS name),
        before, after);
    RETURN NULL;
END $$;
