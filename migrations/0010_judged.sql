-- What background work has looked at, so that nothing is paid for twice. Undoing a run leaves these
-- marks: what was taken back is not done again by itself.

-- Pairs of memories that a model was asked about. A new wording is asked about anew.
CREATE TABLE judged_pairs (
    one uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    other uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    PRIMARY KEY (one, other),
    CHECK (one < other)
);
CREATE INDEX judged_pairs_by_other ON judged_pairs (other);
-- Memories all of whose neighbours were looked at.
CREATE TABLE linked_memories (
    memory_id uuid PRIMARY KEY REFERENCES memories ON DELETE CASCADE
);
CREATE FUNCTION forget_judged_pairs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM linked_memories WHERE memory_id = OLD.id;
    DELETE FROM judged_pairs WHERE one = OLD.id OR other = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER memory_reworded AFTER UPDATE OF text ON memories
    FOR EACH ROW WHEN (OLD.text <> NEW.text) EXECUTE FUNCTION forget_judged_pairs();
