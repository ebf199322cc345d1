-- name: blocks
SELECT b.*, v.content, m.taken_up_to, m.refusals FROM knowledge_blocks b
JOIN knowledge_marks m ON m.block_id = b.id
JOIN knowledge_versions v ON v.block_id = b.id AND v.version = b.version
WHERE %(label)s::text IS NULL OR b.label = %(label)s
ORDER BY b.label

-- name: hold
SELECT id FROM knowledge_blocks WHERE label = %(label)s FOR UPDATE

-- name: now
-- The place in the conversation that everything said from here on comes after.
SELECT coalesce(max(seq), 0) AS place FROM messages

-- name: add
INSERT INTO knowledge_blocks (id, label, name, description, enabled, version, created_at,
    updated_at)
VALUES (%(id)s, %(label)s, %(name)s, %(description)s, %(enabled)s, 1, %(at)s, %(at)s)
ON CONFLICT (label) DO NOTHING

-- name: add_mark
INSERT INTO knowledge_marks (block_id, taken_up_to) VALUES (%(block_id)s, %(taken_up_to)s)

-- name: save_mark
UPDATE knowledge_marks SET taken_up_to = %(taken_up_to)s, refusals = %(refusals)s
WHERE block_id = %(id)s

-- name: save
UPDATE knowledge_blocks SET name = %(name)s, description = %(description)s, enabled = %(enabled)s,
    version = %(version)s, updated_at = %(updated_at)s
WHERE id = %(id)s

-- name: add_version
INSERT INTO knowledge_versions (block_id, version, at, actor, content, run_id, model)
VALUES (%(block_id)s, %(version)s, %(at)s, %(actor)s, %(content)s, %(run_id)s, %(model)s)

-- name: versions
SELECT v.* FROM knowledge_versions v JOIN knowledge_blocks b ON b.id = v.block_id
WHERE b.label = %(label)s ORDER BY v.version

-- name: erase_journal
-- What runs noted of its wordings goes too.
DELETE FROM run_changes
WHERE place IN ('knowledge_blocks', 'knowledge_versions')
    AND run_id IN (SELECT run_id FROM knowledge_versions WHERE block_id = %(id)s::uuid
        UNION SELECT id FROM runs
        WHERE job = 'domain_knowledge' AND inputs ->> 'block_id' = %(id)s)

-- name: erase_mark
DELETE FROM knowledge_marks WHERE block_id = %(id)s

-- name: erase_versions
DELETE FROM knowledge_versions WHERE block_id = %(id)s

-- name: erase
DELETE FROM knowledge_blocks WHERE id = %(id)s

-- name: waiting
-- Where tools were used, the answer may be in their words or a page's: it is left out.
SELECT a.seq AS place, a.created_at AS at, a.segment_id, u.text AS said,
    CASE WHEN EXISTS (SELECT FROM messages x WHERE x.turn_id = a.turn_id AND x.role = 'tool')
        THEN '' ELSE a.text END AS answered
FROM messages a
JOIN turns t ON t.id = a.turn_id AND t.assistant_message_id = a.id
JOIN messages u ON u.id = t.user_message_id
WHERE a.seq > %(taken_up_to)s AND a.on_path AND a.text <> ''
    AND NOT EXISTS (SELECT FROM unlearnt_messages x
        WHERE x.message_id IN (a.id, t.user_message_id))
ORDER BY a.seq LIMIT %(limit)s

-- name: count_taken
SELECT count(*) AS turns FROM messages a
JOIN turns t ON t.id = a.turn_id AND t.assistant_message_id = a.id
WHERE a.seq > %(after)s AND a.seq <= %(up_to)s AND a.on_path AND a.text <> ''
    AND NOT EXISTS (SELECT FROM unlearnt_messages x
        WHERE x.message_id IN (a.id, t.user_message_id))

-- name: count_waiting
SELECT b.label, (
    SELECT count(*) FROM (
        SELECT FROM messages a
        JOIN turns t ON t.id = a.turn_id AND t.assistant_message_id = a.id
        WHERE a.seq > m.taken_up_to AND a.on_path AND a.text <> ''
            AND NOT EXISTS (SELECT FROM unlearnt_messages x
                WHERE x.message_id IN (a.id, t.user_message_id))
        LIMIT %(limit)s
    ) AS finished) AS waiting
FROM knowledge_blocks b JOIN knowledge_marks m ON m.block_id = b.id WHERE b.enabled
