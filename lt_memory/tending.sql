-- name: mergeable
-- Awake, true till now, in no open conflict, and not pinned: that stays as the user has it.
SELECT m.id FROM memories m
WHERE m.id = ANY (%(ids)s::uuid[]) AND m.state IN ('active', 'dormant') AND NOT m.pinned
    AND m.valid_until IS NULL AND (m.expires_at IS NULL OR m.expires_at > %(at)s)
    AND m.embedding IS NOT NULL
    AND m.id NOT IN (SELECT unnest(ARRAY[source_id, target_id]) FROM memory_links
        WHERE kind = 'conflicts' AND settled_at IS NULL
            AND NOT EXISTS (SELECT FROM memories e WHERE e.id IN (source_id, target_id)
                AND (e.valid_until IS NOT NULL OR e.state NOT IN ('active', 'dormant'))))

-- name: hubs
WITH disputed AS MATERIALIZED (
    SELECT unnest(ARRAY[source_id, target_id]) AS id FROM memory_links
    WHERE kind = 'conflicts' AND settled_at IS NULL
        AND NOT EXISTS (SELECT FROM memories e WHERE e.id IN (source_id, target_id)
            AND (e.valid_until IS NOT NULL OR e.state NOT IN ('active', 'dormant')))
)
SELECT m.id FROM memories m JOIN memory_standings s USING (id)
WHERE m.state IN ('active', 'dormant') AND NOT m.pinned
    AND m.valid_until IS NULL AND (m.expires_at IS NULL OR m.expires_at > %(at)s)
    AND m.embedding IS NOT NULL
    AND (s.importance >= %(importance)s AND s.surfaced + s.cited >= %(uses)s
        OR s.links >= %(links)s)
    AND m.id NOT IN (SELECT id FROM disputed)
ORDER BY s.importance DESC, m.created_at, m.id LIMIT %(limit)s

-- name: widen_vector_search
SELECT set_config('hnsw.iterative_scan', 'strict_order', true)

-- name: near
SELECT near.id FROM memories hub CROSS JOIN LATERAL (
    SELECT m.id, 1 - (m.embedding <=> hub.embedding) AS cosine FROM memories m
    WHERE m.id <> hub.id AND m.embedding_model = hub.embedding_model AND m.trust = hub.trust
        AND m.state IN ('active', 'dormant') AND m.valid_until IS NULL
    ORDER BY m.embedding <=> hub.embedding LIMIT %(limit)s
) AS near
WHERE hub.id = %(hub)s AND near.cosine >= %(least)s

-- name: cosines
SELECT one.id AS one, other.id AS other, 1 - (one.embedding <=> other.embedding) AS cosine
FROM memories one JOIN memories other
    ON one.id < other.id AND one.embedding_model = other.embedding_model
WHERE one.id = ANY (%(ids)s::uuid[]) AND other.id = ANY (%(ids)s::uuid[])

-- name: wordings
SELECT memory_id, max(revision) AS revision FROM memory_revisions
WHERE memory_id = ANY (%(ids)s::uuid[]) AND after -> 'text' IS NOT NULL
GROUP BY memory_id

-- name: answered
-- Of runs that were undone too: the user does not want it. What could not be read is asked thrice.
SELECT told -> 'sources' AS sources, told -> 'wordings' AS wordings
FROM runs CROSS JOIN LATERAL jsonb_array_elements(decisions) AS told
WHERE job = 'consolidate' AND told ->> 'decision' <> 'changed meanwhile'
GROUP BY 1, 2 HAVING bool_or(told ->> 'decision' <> 'unfit') OR count(*) >= 3

-- name: refinable
-- Not what the user worded last, nor what a refining that was taken back had touched.
WITH disputed AS MATERIALIZED (
    SELECT unnest(ARRAY[source_id, target_id]) AS id FROM memory_links
    WHERE kind = 'conflicts' AND settled_at IS NULL
        AND NOT EXISTS (SELECT FROM memories e WHERE e.id IN (source_id, target_id)
            AND (e.valid_until IS NOT NULL OR e.state NOT IN ('active', 'dormant')))
), taken_back AS MATERIALIZED (
    SELECT memory_id FROM memory_revisions
    WHERE run_id IN (SELECT id FROM runs WHERE job = 'refine' AND state = 'undone')
), long AS MATERIALIZED (
    SELECT m.id, length(m.text) AS characters, m.created_at
    FROM memories m JOIN memory_standing s ON s.memory_id = m.id
    WHERE m.state IN ('active', 'dormant') AND NOT m.pinned AND m.valid_until IS NULL
        AND (m.expires_at IS NULL OR m.expires_at > %(at)s)
        AND length(m.text) > %(above)s AND m.created_at <= %(born_by)s
        AND s.surfaced_count + s.cited_count >= %(uses)s
        AND (m.refined_at IS NULL OR m.refined_at <= %(looked_by)s)
        AND m.refinement_rejections < %(rejections)s
)
SELECT id FROM long
WHERE id NOT IN (SELECT id FROM disputed) AND id NOT IN (SELECT memory_id FROM taken_back)
    AND (SELECT r.actor FROM memory_revisions r
        WHERE r.memory_id = long.id AND r.after -> 'text' IS NOT NULL
        ORDER BY r.revision DESC LIMIT 1) <> 'user'
ORDER BY characters DESC, created_at, id LIMIT %(limit)s

-- name: looked_at
UPDATE memories SET refined_at = %(at)s,
    refinement_rejections = refinement_rejections + %(rejected)s
WHERE id = %(id)s
