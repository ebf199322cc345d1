-- What stands for the beginning of a long open chapter, of which only the newest messages are read.

ALTER TABLE segments
    ADD COLUMN so_far text,
    ADD COLUMN so_far_to uuid REFERENCES messages ON DELETE SET NULL,
    ADD CONSTRAINT so_far_is_of_an_open_one CHECK (so_far IS NULL OR status = 'active');

-- It may have been drawn from any message before its last one.
CREATE FUNCTION forget_so_far() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE segments SET so_far = NULL, so_far_to = NULL
    WHERE id = OLD.segment_id AND so_far IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER message_of_so_far AFTER DELETE OR UPDATE OF text ON messages
    FOR EACH ROW EXECUTE FUNCTION forget_so_far();
