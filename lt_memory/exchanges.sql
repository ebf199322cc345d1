-- name: chapter_of
SELECT s.id, s.status = 'collapsed' AS collapsed FROM segments s
WHERE s.id = (SELECT segment_id FROM messages WHERE id = %(id)s) FOR NO KEY UPDATE

-- name: members
-- The message that was asked, and all that was said and done in answer to it.
WITH named AS (SELECT id, role, turn_id, parent_id FROM messages WHERE id = %(id)s),
asked AS (
    SELECT CASE WHEN n.role = 'user' THEN n.id ELSE coalesce(
        (SELECT t.user_message_id FROM turns t WHERE t.id = n.turn_id), n.parent_id, n.id) END AS id
    FROM named n
), answers AS (
    SELECT m.id FROM asked JOIN messages m ON m.parent_id = asked.id AND m.role <> 'user'
    UNION SELECT m.id FROM asked JOIN turns t ON t.user_message_id = asked.id
        JOIN messages m ON m.turn_id = t.id AND m.role <> 'user'
)
SELECT m.id, m.parent_id, m.turn_id, m.created_at FROM messages m
WHERE m.id IN (SELECT id FROM named UNION SELECT id FROM asked UNION SELECT id FROM answers)
ORDER BY m.seq

-- name: turns_of
SELECT id FROM turns
WHERE user_message_id = ANY (%(ids)s::uuid[]) OR id = ANY (%(turn_ids)s::uuid[]) ORDER BY started_at, id

-- name: resting
-- Memories that rest on these messages, undone ones too, and all that were made of those.
WITH RECURSIVE resting AS (
    SELECT memory_id AS id FROM memory_evidence WHERE message_id = ANY (%(ids)s::uuid[])
    UNION SELECT unnest(memory_ids) FROM run_changes
        WHERE place = 'memory_evidence' AND key ->> 'message_id' = ANY (%(keys)s::text[])
    UNION SELECT l.source_id FROM memory_links l JOIN resting r ON l.target_id = r.id
        JOIN memories made ON made.id = l.source_id AND made.run_id = l.run_id
        WHERE l.kind = 'derived_from'
)
SELECT r.id,
    CASE WHEN EXISTS (SELECT FROM memories m WHERE m.id = r.id) THEN
        ARRAY(SELECT DISTINCT e.message_id FROM memory_evidence e WHERE e.memory_id = r.id)
    ELSE ARRAY(SELECT DISTINCT (c.key ->> 'message_id')::uuid FROM run_changes c
        WHERE c.place = 'memory_evidence' AND c.memory_ids @> ARRAY[r.id]) END AS places,
    ARRAY(SELECT l.target_id FROM memory_links l
        JOIN memories made ON made.id = l.source_id AND made.run_id = l.run_id
        WHERE l.source_id = r.id AND l.kind = 'derived_from') AS sources
FROM resting r ORDER BY r.id

-- name: histories
SELECT memory_id, revision, at, actor, change, before, after FROM memory_revisions
WHERE memory_id = ANY (%(ids)s::uuid[]) ORDER BY memory_id, revision

-- name: release_evidence
DELETE FROM memory_evidence WHERE message_id = ANY (%(ids)s::uuid[])

-- name: release_journal
DELETE FROM run_changes
WHERE place = 'memory_evidence' AND key ->> 'message_id' = ANY (%(keys)s::text[])

-- name: silence_hits
UPDATE turns SET trace = jsonb_set(trace, '{considered}', (
    SELECT jsonb_agg(CASE WHEN hit ->> 'id' = ANY (%(keys)s::text[]) AND hit ? 'text'
        THEN hit || '{"text": "(deleted)"}' ELSE hit END ORDER BY place)
    FROM jsonb_array_elements(trace -> 'considered') WITH ORDINALITY AS hits (hit, place)))
WHERE id <> ALL (%(turn_ids)s::uuid[]) AND id IN (
    SELECT t.id FROM unnest(%(keys)s::text[]) AS gone (id)
    JOIN turns t ON t.trace -> 'considered' @> jsonb_build_array(jsonb_build_object('id', gone.id)))

-- name: silence_tools
-- A result names what it found by the beginning of its id.
UPDATE messages SET content = (
    SELECT jsonb_agg(CASE WHEN block ->> 'content' ~ %(named)s
        THEN block || '{"content": "(deleted)"}' ELSE block END ORDER BY place)
    FROM jsonb_array_elements(content) WITH ORDINALITY AS blocks (block, place))
WHERE role = 'tool' AND id <> ALL (%(ids)s::uuid[]) AND created_at >= %(since)s
    AND content::text ~ %(named)s

-- name: later_touchstones
-- What later turns were said to be about: those of the same chapter, and the next hundred.
(SELECT t.id, t.trace -> 'touchstone' AS touchstone, m.text AS said, true AS here, t.started_at
FROM turns t JOIN messages m ON m.id = t.user_message_id
WHERE m.segment_id = %(segment_id)s AND t.started_at >= %(since)s
    AND t.id <> ALL (%(turn_ids)s::uuid[]) AND jsonb_typeof(t.trace -> 'touchstone') = 'object')
UNION ALL
(SELECT t.id, t.trace -> 'touchstone', m.text, false, t.started_at
FROM turns t JOIN messages m ON m.id = t.user_message_id
WHERE m.segment_id <> %(segment_id)s AND t.started_at >= %(since)s
    AND jsonb_typeof(t.trace -> 'touchstone') = 'object'
ORDER BY t.started_at LIMIT 100)
ORDER BY here DESC, started_at

-- name: words_of
SELECT text FROM messages WHERE id = ANY (%(ids)s::uuid[])

-- name: silence_touchstones
UPDATE turns SET trace = jsonb_set(trace, '{touchstone}', trace -> 'touchstone' ||
    '{"narrative": "(deleted)", "text": "(deleted)", "previous": "", "entities": [], "hooks": [],
      "intent": "", "relationship": "", "temporal": ""}')
WHERE id = ANY (%(ids)s::uuid[])

-- name: silence_runs
-- What an extraction refused may name what it refused.
UPDATE runs SET decisions = (
    SELECT jsonb_agg(CASE WHEN decision ->> 'reason' IS NOT NULL
        THEN decision || '{"reason": "(deleted)"}' ELSE decision END ORDER BY place)
    FROM jsonb_array_elements(decisions) WITH ORDINALITY AS made (decision, place))
WHERE inputs ->> 'segment_id' = %(segment_id)s::text AND decisions @> '[{"decision": "refused"}]'

-- name: blank_touchstone
-- One that is still in the making was begun earlier: it comes too late to take this one's place.
UPDATE continuums SET touchstone = jsonb_build_object('narrative', '', 'at', %(at)s::timestamptz)
WHERE touchstone IS NOT NULL

-- name: adopt
UPDATE messages SET parent_id = %(parent_id)s
WHERE parent_id = ANY (%(ids)s::uuid[]) AND id <> ALL (%(ids)s::uuid[])

-- name: forget_retries
UPDATE turns SET retry_of = NULL
WHERE retry_of = ANY (%(turn_ids)s::uuid[]) AND id <> ALL (%(turn_ids)s::uuid[])

-- name: remove_messages
WITH removed AS (DELETE FROM messages WHERE id = ANY (%(ids)s::uuid[]) RETURNING embedding)
SELECT count(*) AS messages, count(embedding) AS embeddings FROM removed

-- name: call_back
-- What is out by batch holds the words: it is cancelled, and goes out again without them.
DELETE FROM extraction_batches WHERE segment_id = %(segment_id)s AND ended_at IS NULL

-- name: remove_turns
DELETE FROM turns WHERE id = ANY (%(turn_ids)s::uuid[])

-- name: choose
UPDATE messages SET on_path = true, left_path_at = NULL WHERE id = ANY (%(ids)s::uuid[])

-- name: times
UPDATE segments SET started_at = left_over.first, last_message_at = left_over.last,
    ended_at = CASE WHEN status = 'collapsed' THEN left_over.last END
FROM (SELECT min(created_at) AS first, max(created_at) AS last FROM messages
    WHERE segment_id = %(segment_id)s) AS left_over
WHERE id = %(segment_id)s

-- name: sum_up
UPDATE segments SET title = %(title)s, summary = %(summary)s, complexity = %(complexity)s,
    embedding = NULL, embedding_model = NULL, summarised_at = NULL
WHERE id = %(segment_id)s

-- name: orphan_memories
UPDATE memories SET segment_id = NULL WHERE segment_id = %(segment_id)s

-- name: orphan_history
UPDATE memory_revisions SET after = after || '{"segment_id": null}'
WHERE after ->> 'segment_id' = %(segment_id)s::text

-- name: orphan_journal
UPDATE run_changes SET before = before || CASE WHEN before ->> 'segment_id' IS NULL THEN '{}' ELSE '{"segment_id": null}' END::jsonb,
    after = after || CASE WHEN after ->> 'segment_id' IS NULL THEN '{}' ELSE '{"segment_id": null}' END::jsonb
WHERE place = 'memories'
    AND %(segment_id)s::text IN (before ->> 'segment_id', after ->> 'segment_id')

-- name: drop_chapter
DELETE FROM segments WHERE id = %(segment_id)s
