-- Whose words a memory holds where they are not the user's, and what the user refused of them.

-- The page, contact, import, tool, call or message that the words came from or through.
CREATE TABLE memory_origins (
    memory_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    origin text NOT NULL CHECK (length(origin) BETWEEN 3 AND 600),
    PRIMARY KEY (memory_id, origin)
);
CREATE INDEX memories_of_origin ON memory_origins (md5(origin));

-- What was refused does not come again from the same place: a keyed hash of place and wording.
CREATE TABLE refusals (
    memory_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    text_hash bytea NOT NULL,
    refused_at timestamptz NOT NULL,
    PRIMARY KEY (memory_id, text_hash)
);
CREATE INDEX refusals_by_hash ON refusals (text_hash);

CREATE INDEX memories_that_wait ON memories (created_at DESC, id DESC) WHERE state = 'pending';

-- What a run makes of memories comes from where they came from.
CREATE FUNCTION hand_origins_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO memory_origins (memory_id, origin)
    SELECT NEW.source_id, origin FROM memory_origins WHERE memory_id = NEW.target_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER origins_go_on AFTER INSERT ON memory_links FOR EACH ROW
    WHEN (NEW.kind = 'derived_from' AND NEW.run_id IS NOT NULL)
    EXECUTE FUNCTION hand_origins_on();

CREATE TRIGGER origins_of_run AFTER INSERT OR UPDATE OR DELETE ON memory_origins
    FOR EACH ROW EXECUTE FUNCTION note_run_change('memory_id,origin', 'memory_id');
CREATE TRIGGER refusals_of_run AFTER INSERT OR UPDATE OR DELETE ON refusals
    FOR EACH ROW EXECUTE FUNCTION note_run_change('memory_id,text_hash', 'memory_id');
