-- Which memories wait for the user's word, beside the memories and not as an index over their state:
-- where an index reads a column, each change of that column writes the row into every index anew,
-- the dear one of the vectors too.
DROP INDEX memories_that_wait;

CREATE TABLE memories_waiting (
    memory_id uuid PRIMARY KEY REFERENCES memories ON DELETE CASCADE
);
INSERT INTO memories_waiting SELECT id FROM memories WHERE state = 'pending';

CREATE FUNCTION note_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'pending' THEN
        INSERT INTO memories_waiting VALUES (NEW.id) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM memories_waiting WHERE memory_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER memory_waits AFTER INSERT ON memories FOR EACH ROW
    WHEN (NEW.state = 'pending') EXECUTE FUNCTION note_waiting();
CREATE TRIGGER memory_waits_no_more AFTER UPDATE OF state ON memories FOR EACH ROW
    WHEN ((OLD.state = 'pending') <> (NEW.state = 'pending')) EXECUTE FUNCTION note_waiting();
