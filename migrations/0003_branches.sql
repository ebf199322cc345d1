-- Something can be said or answered anew: of a chapter's messages, those on the path count.
ALTER TABLE messages
    ADD COLUMN on_path boolean NOT NULL DEFAULT true,
    ADD COLUMN left_path_at timestamptz;

-- An answer that was tried again gave way to the later one.
UPDATE messages m SET on_path = false, left_path_at = later.created_at
FROM messages later
WHERE m.role <> 'user' AND later.role <> 'user' AND later.parent_id = m.parent_id
    AND later.turn_id <> m.turn_id
    AND later.seq = (SELECT max(seq) FROM messages WHERE parent_id = m.parent_id AND role <> 'user');
UPDATE segments s SET
    message_count = (SELECT count(*) FROM messages
        WHERE segment_id = s.id AND on_path AND (role = 'user' OR role = 'assistant' AND text <> '')),
    tools_used = ARRAY(SELECT DISTINCT block ->> 'name' AS tool
        FROM messages, jsonb_array_elements(content) AS block
        WHERE segment_id = s.id AND on_path AND role = 'assistant'
            AND block ->> 'type' = 'tool_use'
        ORDER BY tool)
WHERE EXISTS (SELECT FROM messages WHERE segment_id = s.id AND NOT on_path);

ALTER TABLE messages
    ADD CONSTRAINT off_path_since CHECK (on_path = (left_path_at IS NULL));
CREATE INDEX messages_off_path ON messages (segment_id) WHERE NOT on_path;
CREATE INDEX messages_of_parent ON messages (parent_id);

-- The document of a message holds words of those beside it on the path.
CREATE FUNCTION note_path_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_changes (kind, item_id) VALUES ('neighbours', NEW.segment_id);
    RETURN NULL;
END $$;
CREATE TRIGGER message_path AFTER UPDATE OF on_path ON messages
    FOR EACH ROW WHEN (OLD.on_path <> NEW.on_path) EXECUTE FUNCTION note_path_change();
