-- name: read
SELECT text, by_hand, updated_at, memory_ids, basis, run_id, model FROM user_information

-- name: sentences
SELECT id AS memory_id, text FROM memories
WHERE state IN ('active', 'dormant') AND trust = 'trusted' AND source = 'user' AND (pinned OR kind = 'preference')
    AND valid_until IS NULL AND (expires_at IS NULL OR expires_at > %(at)s)
ORDER BY pinned DESC, created_at, id LIMIT 60

-- name: drawn_from
-- In the order of the ids; what holds no longer is left out.
SELECT m.id AS memory_id, m.text FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS drawn (id, place)
JOIN memories m USING (id)
WHERE m.state IN ('active', 'dormant') AND m.trust = 'trusted' AND m.valid_until IS NULL
ORDER BY place

-- name: hold_sources
-- Nobody changes or erases them till the end of the transaction.
SELECT id FROM memories WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR SHARE

-- name: hold
SELECT pg_advisory_xact_lock(hashtext('mira: what is known about the user'))

-- name: put
INSERT INTO user_information (text, by_hand, updated_at, memory_ids, basis, run_id, model)
VALUES (%(text)s, %(by_hand)s, %(updated_at)s, %(memory_ids)s::uuid[], %(basis)s, %(run_id)s,
    %(model)s)
ON CONFLICT (one) DO UPDATE SET text = excluded.text, by_hand = excluded.by_hand,
    updated_at = excluded.updated_at, memory_ids = excluded.memory_ids, basis = excluded.basis,
    run_id = excluded.run_id, model = excluded.model

-- name: section
SELECT to_jsonb(u) AS image FROM user_information u

-- name: note_dropped
-- What a run wrote itself is in its journal already.
INSERT INTO run_changes (run_id, place, key, memory_ids, before, after)
SELECT %(run_id)s, 'user_information', '{"one": true}', u.memory_ids, NULL, to_jsonb(u)
FROM jsonb_populate_record(NULL::user_information, %(image)s::jsonb) AS u
WHERE u.run_id <> %(run_id)s

-- name: take_dropped
-- What another run wrote, and went when this one was turned.
DELETE FROM run_changes WHERE run_id = %(run_id)s AND place = 'user_information'
    AND (after ->> 'run_id')::uuid <> run_id
RETURNING after AS image

-- name: bring_back
INSERT INTO user_information
SELECT made.* FROM jsonb_populate_record(NULL::user_information, %(image)s::jsonb) AS made
ON CONFLICT DO NOTHING
