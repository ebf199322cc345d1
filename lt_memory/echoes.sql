-- name: put_away_for
-- What a run made one of them is put away by that run, and was not touched since.
SELECT source.id FROM memories heir
JOIN memory_links l ON l.source_id = heir.id AND l.kind = 'derived_from'
JOIN memories source ON source.id = l.target_id AND source.state = 'archived'
JOIN LATERAL (SELECT r.run_id FROM memory_revisions r
    WHERE r.memory_id = source.id AND r.after ->> 'state' IS NOT NULL
    ORDER BY r.revision DESC LIMIT 1) AS fallen ON fallen.run_id = heir.run_id
WHERE heir.id = %(id)s ORDER BY source.id

-- name: information_drawn_from
SELECT count(*) AS texts FROM user_information
WHERE NOT by_hand AND memory_ids && %(ids)s::uuid[]

-- name: silence_tools
-- A result names what it found by the beginning of its id.
UPDATE messages SET content = (
    SELECT jsonb_agg(CASE WHEN block ->> 'content' ~ %(named)s
        THEN block || '{"content": "(deleted)"}' ELSE block END ORDER BY place)
    FROM jsonb_array_elements(content) WITH ORDINALITY AS blocks (block, place))
WHERE role = 'tool' AND content::text ~ %(named)s AND created_at >= coalesce(
    (SELECT min(at) FROM memory_revisions WHERE memory_id = ANY (%(ids)s::uuid[])), '-infinity')

-- name: said_in
SELECT message_id FROM memory_evidence WHERE memory_id = ANY (%(ids)s::uuid[])
UNION SELECT (key ->> 'message_id')::uuid FROM run_changes
    WHERE place = 'memory_evidence' AND memory_ids && %(ids)s::uuid[]
ORDER BY message_id

-- name: originals
SELECT DISTINCT l.target_id AS id FROM memory_links l
JOIN memories made ON made.id = l.source_id AND made.run_id = l.run_id
WHERE l.kind = 'derived_from' AND l.source_id = ANY (%(ids)s::uuid[])
    AND l.target_id <> ALL (%(ids)s::uuid[])
ORDER BY id

-- name: summed_up_in
SELECT count(*) AS chapters FROM segments WHERE summary IS NOT NULL AND summary <> ''
    AND id IN (SELECT segment_id FROM messages WHERE id = ANY (%(ids)s::uuid[]))

-- name: hold_blocks
SELECT id FROM knowledge_blocks ORDER BY id FOR UPDATE

-- name: written_from
-- Where a block was first rewritten with one of these messages in hand, and the first version that
-- stands of what was written then.
WITH taken AS (
    SELECT a.seq FROM messages a JOIN turns t ON t.assistant_message_id = a.id
    WHERE a.id = ANY (%(ids)s::uuid[]) OR t.user_message_id = ANY (%(ids)s::uuid[])
)
SELECT b.id, b.label, min((r.inputs ->> 'after')::bigint) AS after, min(v.version) AS version
FROM knowledge_blocks b
JOIN runs r ON r.job = 'domain_knowledge' AND r.inputs ->> 'block_id' = b.id::text
    AND r.decisions @> '[{"decision": "rewritten"}]'
LEFT JOIN knowledge_versions v ON v.block_id = b.id AND v.run_id = r.id
WHERE EXISTS (SELECT FROM taken
    WHERE seq > (r.inputs ->> 'after')::bigint AND seq <= (r.inputs ->> 'up_to')::bigint)
GROUP BY b.id, b.label ORDER BY b.label

-- name: stretches_since
SELECT (inputs ->> 'after')::bigint AS after, (inputs ->> 'up_to')::bigint AS up_to FROM runs
WHERE job = 'domain_knowledge' AND inputs ->> 'block_id' = %(id)s::text
    AND (inputs ->> 'after')::bigint >= %(after)s

-- name: close_runs
-- What was noted to undo them by holds the words too.
WITH closed AS (
    UPDATE runs SET final = true WHERE job = 'domain_knowledge'
        AND inputs ->> 'block_id' = %(id)s::text AND (inputs ->> 'after')::bigint >= %(after)s
        AND decisions @> '[{"decision": "rewritten"}]'
    RETURNING id
)
DELETE FROM run_changes USING closed WHERE run_id = closed.id

-- name: go_back
UPDATE knowledge_blocks b SET version = v.version, updated_at = v.at
FROM knowledge_versions v
WHERE b.id = %(id)s AND v.block_id = b.id AND v.version = (
    SELECT max(version) FROM knowledge_versions WHERE block_id = b.id AND version < %(version)s)

-- name: drop_versions
DELETE FROM knowledge_versions WHERE block_id = %(id)s AND version >= %(version)s

-- name: mark_of
SELECT taken_up_to FROM knowledge_marks WHERE block_id = %(id)s

-- name: move_mark
UPDATE knowledge_marks SET taken_up_to = %(place)s, refusals = 0 WHERE block_id = %(id)s

-- name: pass_over
INSERT INTO unlearnt_messages (message_id)
SELECT id FROM messages WHERE id = ANY (%(ids)s::uuid[])
ON CONFLICT DO NOTHING
