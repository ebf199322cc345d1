-- How often the user has spoken in a segment, counted as it happens: no turn reads a long segment
-- whole to know it.
ALTER TABLE segments ADD COLUMN turns integer NOT NULL DEFAULT 0;
UPDATE segments SET turns = spoken.turns
FROM (SELECT segment_id, count(*) AS turns FROM messages WHERE role = 'user' GROUP BY segment_id)
    AS spoken
WHERE spoken.segment_id = segments.id;

-- A turn's outcome is told again from its own messages.
CREATE INDEX messages_of_turn ON messages (turn_id);
