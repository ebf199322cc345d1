-- name: unlinked
-- The newest of those whose neighbours nobody has looked at.
SELECT m.id FROM memories m
WHERE m.state IN ('active', 'dormant') AND m.valid_until IS NULL AND m.embedding IS NOT NULL
    AND m.id <> ALL (%(seen)s::uuid[])
    AND NOT EXISTS (SELECT FROM linked_memories l WHERE l.memory_id = m.id)
ORDER BY m.created_at DESC, m.id DESC LIMIT %(limit)s

-- name: widen_vector_search
SELECT set_config('hnsw.iterative_scan', 'strict_order', true)

-- name: neighbours
-- Near ones of the same trust that hold, and that neither a model was asked about, nor the user has
-- tied or cut, nor are linked by more than nearness.
SELECT asked.id, near.id AS other
FROM memories asked CROSS JOIN LATERAL (
    SELECT m.id, 1 - (m.embedding <=> asked.embedding) AS score FROM memories m
    WHERE m.id <> asked.id AND m.embedding_model = asked.embedding_model
        AND m.trust = asked.trust AND m.state IN ('active', 'dormant') AND m.valid_until IS NULL
    ORDER BY m.embedding <=> asked.embedding LIMIT %(limit)s
) AS near
WHERE asked.id = ANY (%(ids)s::uuid[]) AND near.score >= %(least)s
    AND NOT EXISTS (SELECT FROM judged_pairs j
        WHERE j.one = least(asked.id, near.id) AND j.other = greatest(asked.id, near.id))
    AND NOT EXISTS (SELECT FROM memory_links l
        WHERE l.source_id IN (asked.id, near.id) AND l.target_id IN (asked.id, near.id)
            AND (l.kind <> 'related' OR l.settled_at IS NOT NULL))
    AND NOT EXISTS (SELECT FROM memory_revisions r
        WHERE r.memory_id = asked.id AND r.actor = 'user' AND r.change IN ('linked', 'unlinked')
            AND near.id::text IN (
                coalesce(r.before #>> '{link,source_id}', r.after #>> '{link,source_id}'),
                coalesce(r.before #>> '{link,target_id}', r.after #>> '{link,target_id}')))
ORDER BY asked.id, near.score DESC, near.id

-- name: handled
-- Whether something more than nearness stands between two, or the user has tied or cut them.
SELECT EXISTS (SELECT FROM memory_links l
        WHERE l.source_id IN (%(one)s, %(other)s) AND l.target_id IN (%(one)s, %(other)s)
            AND (l.kind <> 'related' OR l.settled_at IS NOT NULL))
    OR EXISTS (SELECT FROM memory_revisions r
        WHERE r.memory_id = %(one)s AND r.actor = 'user' AND r.change IN ('linked', 'unlinked')
            AND %(other)s::text IN (
                coalesce(r.before #>> '{link,source_id}', r.after #>> '{link,source_id}'),
                coalesce(r.before #>> '{link,target_id}', r.after #>> '{link,target_id}')))
    AS handled

-- name: shown
SELECT m.id, m.text, m.happens_at, m.expires_at, m.pinned,
    (SELECT max(r.revision) FROM memory_revisions r WHERE r.memory_id = m.id) AS revision,
    coalesce((SELECT max(s.created_at) FROM memory_evidence e
        JOIN messages s ON s.id = e.message_id WHERE e.memory_id = m.id), m.created_at) AS said_at
FROM memories m WHERE m.id = ANY (%(ids)s::uuid[])

-- name: unchanged
-- Those that are still as they were shown.
SELECT shown.id FROM unnest(%(ids)s::uuid[], %(revisions)s::integer[]) AS shown (id, revision)
JOIN memories m USING (id)
WHERE shown.revision = (SELECT max(r.revision) FROM memory_revisions r WHERE r.memory_id = m.id)
    AND m.state IN ('active', 'dormant')

-- name: unread_twice
-- Pairs about which two answers or more could not be read.
SELECT pair ->> 0 AS one, pair ->> 1 AS other
FROM runs CROSS JOIN LATERAL jsonb_array_elements(decisions) AS told
    CROSS JOIN LATERAL jsonb_array_elements(told -> 'pairs') AS pair
WHERE job = 'link' AND told ->> 'decision' = 'unfit'
GROUP BY 1, 2 HAVING count(*) >= 2

-- name: note_judged
INSERT INTO judged_pairs (one, other)
SELECT noted.one, noted.other
FROM unnest(%(one)s::uuid[], %(other)s::uuid[]) AS noted (one, other)
JOIN memories m ON m.id = noted.one JOIN memories n ON n.id = noted.other
FOR KEY SHARE OF m, n
ON CONFLICT DO NOTHING

-- name: note_linked
INSERT INTO linked_memories (memory_id)
SELECT id FROM memories WHERE id = ANY (%(ids)s::uuid[]) ON CONFLICT DO NOTHING
