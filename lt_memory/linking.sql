-- name: tie
SELECT id, kind, source_id, target_id, confidence, reason, created_at, settled_at, settlement
FROM memory_links WHERE id = %(id)s

-- name: between
SELECT id, kind, source_id, target_id, confidence, reason, created_at, settled_at, settlement
FROM memory_links
WHERE source_id = %(source_id)s AND target_id = %(target_id)s AND kind = %(kind)s

-- name: superseded_otherwise
SELECT 1 AS found FROM memory_links
WHERE target_id = %(memory_id)s AND kind = 'supersedes' AND id <> %(id)s LIMIT 1

-- name: cut
DELETE FROM memory_links WHERE id = %(id)s

-- name: settle
UPDATE memory_links SET settled_at = %(at)s, settlement = %(settlement)s
WHERE id = %(id)s AND settled_at IS NULL

-- name: reopen
-- With the link that it was settled by, the run that settled it is taken back.
WITH open AS (
    UPDATE memory_links SET settled_at = NULL, settlement = NULL
    WHERE kind = 'conflicts' AND (settlement, source_id, target_id) IN (
        ('a', %(kept)s::uuid, %(lost)s::uuid), ('b', %(lost)s::uuid, %(kept)s::uuid))
    RETURNING id
)
UPDATE runs SET state = 'undone' FROM open
WHERE runs.job = 'settle' AND runs.state = 'done' AND runs.inputs ->> 'link_id' = open.id::text

-- name: note
INSERT INTO memory_revisions (memory_id, revision, at, actor, change, before, after, run_id)
SELECT %(memory_id)s, max(revision) + 1, %(at)s, 'user', %(change)s, %(before)s, %(after)s,
    %(run_id)s
FROM memory_revisions WHERE memory_id = %(memory_id)s

-- name: nodes
SELECT m.id, m.text, m.kind, s.importance, m.state
FROM memories m JOIN memory_standing s ON s.memory_id = m.id
WHERE m.id = ANY (%(ids)s::uuid[])

-- name: neighbours
-- The surest first, for there may be more than there is room for.
SELECT id, max(confidence) AS surest FROM (
    SELECT target_id AS id, confidence FROM memory_links WHERE source_id = ANY (%(from)s::uuid[])
    UNION ALL
    SELECT source_id, confidence FROM memory_links WHERE target_id = ANY (%(from)s::uuid[])
) AS linked
WHERE id <> ALL (%(seen)s::uuid[])
GROUP BY id ORDER BY surest DESC, id LIMIT %(limit)s

-- name: edges
SELECT id, kind, source_id, target_id, confidence, reason, created_at, settled_at, settlement
FROM memory_links
WHERE source_id = ANY (%(ids)s::uuid[]) AND target_id = ANY (%(ids)s::uuid[])
ORDER BY created_at, id

-- name: vector_of
SELECT embedding IS NOT NULL AS known, set_config('hnsw.iterative_scan', 'strict_order', true)
FROM memories WHERE id = %(id)s

-- name: similar
SELECT near.id, near.score FROM memories asked CROSS JOIN LATERAL (
    SELECT m.id, 1 - (m.embedding <=> asked.embedding) AS score FROM memories m
    WHERE m.id <> asked.id AND m.embedding_model = asked.embedding_model
        AND m.state IN ('active', 'dormant')
    ORDER BY m.embedding <=> asked.embedding LIMIT %(limit)s
) AS near
WHERE asked.id = %(id)s ORDER BY near.score DESC, near.id

-- name: conflicts
-- Between two that hold: of what was put away, or superseded, nobody has to choose.
SELECT id, kind, source_id, target_id, confidence, reason, created_at, settled_at, settlement
FROM memory_links
WHERE kind = 'conflicts' AND settled_at IS NULL
    AND NOT EXISTS (SELECT FROM memories m WHERE m.id IN (source_id, target_id)
        AND (m.valid_until IS NOT NULL OR m.state NOT IN ('active', 'dormant')))
    AND (%(below_at)s::timestamptz IS NULL
        OR (created_at, id) < (%(below_at)s, %(below_id)s::uuid))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: entities
WITH page AS MATERIALIZED (
    SELECT id, name, kind, created_at FROM entities e
    WHERE (%(below_at)s::timestamptz IS NULL
            OR (created_at, id) < (%(below_at)s, %(below_id)s::uuid))
        AND (%(id)s::uuid IS NULL AND archived_at IS NULL OR id = %(id)s)
        AND (%(q)s::text IS NULL OR strpos(lower(name), lower(%(q)s)) > 0
            OR EXISTS (SELECT FROM entity_aliases a
                WHERE a.entity_id = e.id AND strpos(lower(a.name), lower(%(q)s)) > 0))
    ORDER BY created_at DESC, id DESC LIMIT %(limit)s
)
SELECT page.*, linked.memory_count, linked.last_linked_at,
    ARRAY(SELECT a.name FROM entity_aliases a WHERE a.entity_id = page.id ORDER BY a.name)
        AS aliases
FROM page CROSS JOIN LATERAL (
    SELECT count(*)::integer AS memory_count, max(m.created_at) AS last_linked_at
    FROM memory_entities me JOIN memories m ON m.id = me.memory_id
    WHERE me.entity_id = page.id AND m.state IN ('active', 'dormant')
) AS linked
ORDER BY page.created_at DESC, page.id DESC
