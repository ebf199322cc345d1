-- name: add
INSERT INTO memory_origins (memory_id, origin)
SELECT %(memory_id)s, origin FROM unnest(%(origins)s::text[]) AS told (origin)
ON CONFLICT DO NOTHING

-- name: waiting
SELECT m.text FROM memory_origins o JOIN memories m ON m.id = o.memory_id
WHERE md5(o.origin) = md5(%(origin)s) AND o.origin = %(origin)s AND m.state = 'pending'
ORDER BY m.created_at, m.id LIMIT %(limit)s

-- name: strange
SELECT ARRAY(SELECT o.origin FROM memory_origins o WHERE o.memory_id = m.id) AS origins
FROM memories m WHERE m.id = %(memory_id)s AND m.trust <> 'trusted'

-- name: refuse
INSERT INTO refusals (memory_id, text_hash, refused_at)
VALUES (%(memory_id)s, %(text_hash)s, %(at)s) ON CONFLICT DO NOTHING

-- name: text_key
SELECT text_key FROM users LIMIT 1

-- name: waited
SELECT EXISTS (SELECT FROM memory_revisions
    WHERE memory_id = %(memory_id)s AND after ->> 'state' = 'pending') AS waited

-- name: known
SELECT EXISTS (SELECT FROM memory_origins o
        WHERE md5(o.origin) = md5(%(origin)s) AND o.origin = %(origin)s)
    OR EXISTS (SELECT FROM messages WHERE id = %(message_id)s::uuid) AS known

-- name: brought
-- What came from there and is not put away: others' words, and what rests on that message alone.
SELECT m.id FROM memories m
WHERE m.state <> 'archived' AND (
    (m.trust <> 'trusted' OR m.state = 'pending') AND m.id IN (
        SELECT o.memory_id FROM memory_origins o
        WHERE md5(o.origin) = md5(%(origin)s) AND o.origin = %(origin)s)
    OR m.id IN (SELECT e.memory_id FROM memory_evidence e WHERE e.message_id = %(message_id)s::uuid)
        AND NOT EXISTS (SELECT FROM memory_evidence e
            WHERE e.memory_id = m.id AND e.message_id <> %(message_id)s::uuid))
ORDER BY m.id

-- name: displaced
-- What a run put away when it made one of these of it, and what has nothing to do with the place.
WITH RECURSIVE going AS (
    SELECT id FROM unnest(%(ids)s::uuid[]) AS asked (id)
    UNION
    SELECT l.target_id FROM going JOIN memories made ON made.id = going.id
    JOIN memory_links l ON l.source_id = made.id AND l.kind = 'derived_from'
        AND l.run_id = made.run_id
    JOIN memory_origins o ON o.memory_id = l.target_id AND o.origin = %(origin)s
)
SELECT DISTINCT s.id FROM going JOIN memories made ON made.id = going.id
JOIN memory_links l ON l.source_id = made.id AND l.kind = 'derived_from' AND l.run_id = made.run_id
JOIN memories s ON s.id = l.target_id AND s.state = 'archived' AND s.archived_at >= made.created_at
WHERE NOT EXISTS (SELECT FROM going WHERE going.id = s.id)
    AND NOT EXISTS (SELECT FROM memory_origins o
        WHERE o.memory_id = s.id AND o.origin = %(origin)s)
ORDER BY s.id
