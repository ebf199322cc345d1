-- What is known of one subject each, with every wording that it ever had.
CREATE TABLE knowledge_blocks (
    id uuid PRIMARY KEY,
    label text NOT NULL UNIQUE CHECK (label ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    name text NOT NULL,
    description text NOT NULL,
    enabled boolean NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE knowledge_versions (
    block_id uuid NOT NULL REFERENCES knowledge_blocks,
    version integer NOT NULL CHECK (version > 0),
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor IN ('user', 'writer')),
    content text NOT NULL CHECK (length(content) <= 10000),
    run_id uuid REFERENCES runs,
    model text,
    PRIMARY KEY (block_id, version),
    CHECK ((actor = 'writer') = (run_id IS NOT NULL)),
    CHECK ((run_id IS NULL) = (model IS NULL))
);
ALTER TABLE knowledge_blocks ADD CONSTRAINT version_that_holds
    FOREIGN KEY (id, version) REFERENCES knowledge_versions (block_id, version)
    DEFERRABLE INITIALLY DEFERRED;

-- The place in the conversation (`messages.seq`) up to which turns are worked in: what waits is
-- found from it, so that no buffer can be lost. Undoing a run leaves it: what was taken back is not
-- worked in again by itself.
CREATE TABLE knowledge_marks (
    block_id uuid PRIMARY KEY REFERENCES knowledge_blocks,
    taken_up_to bigint NOT NULL,
    refusals integer NOT NULL DEFAULT 0
);

CREATE TRIGGER knowledge_blocks_of_run AFTER INSERT OR UPDATE OR DELETE ON knowledge_blocks
    FOR EACH ROW EXECUTE FUNCTION note_run_change('id', '');
CREATE TRIGGER knowledge_versions_of_run AFTER INSERT OR UPDATE OR DELETE ON knowledge_versions
    FOR EACH ROW EXECUTE FUNCTION note_run_change('block_id,version', '');

-- What stands in every prompt about the user: by hand, or drawn from memories.
CREATE TABLE user_information (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    text text NOT NULL CHECK (length(text) <= 4000),
    by_hand boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    memory_ids uuid[] NOT NULL,
    -- Tells whether what it was drawn from has changed since.
    basis text NOT NULL,
    run_id uuid REFERENCES runs,
    model text,
    CHECK (by_hand = (run_id IS NULL))
);

-- What was drawn from a memory goes when that memory goes, or no longer says so.
CREATE FUNCTION forget_user_information() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM user_information WHERE NOT by_hand AND OLD.id = ANY (memory_ids);
    RETURN NULL;
END $$;
CREATE TRIGGER memory_gone AFTER DELETE ON memories
    FOR EACH ROW EXECUTE FUNCTION forget_user_information();
CREATE TRIGGER memory_says_otherwise AFTER UPDATE OF text, state, trust, valid_until ON memories
    FOR EACH ROW WHEN ((OLD.text, OLD.state, OLD.trust, OLD.valid_until)
        IS DISTINCT FROM (NEW.text, NEW.state, NEW.trust, NEW.valid_until))
    EXECUTE FUNCTION forget_user_information();

-- The journal, with the memories whose words it holds: erasing one erases them there too.
CREATE FUNCTION note_user_information() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text := current_setting('mira.run_id', true);
BEGIN
    IF named <> '' THEN
        INSERT INTO run_changes (run_id, place, key, memory_ids, before, after) VALUES (
            named::uuid, 'user_information', '{"one": true}',
            ARRAY(SELECT unnest(NEW.memory_ids) UNION SELECT unnest(OLD.memory_ids)),
            CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END, to_jsonb(NEW));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER user_information_of_run AFTER INSERT OR UPDATE ON user_information
    FOR EACH ROW EXECUTE FUNCTION note_user_information();
