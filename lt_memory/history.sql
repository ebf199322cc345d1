-- name: memories_then
-- By their births, newest first, each folded by itself: a page never folds the whole store.
SELECT b.memory_id AS id, b.at AS created_at, folded.updated_at, folded.revision,
    f.text, f.kind, f.confidence, f.state, f.pinned, f.happens_at, f.expires_at, f.valid_until,
    f.source, f.trust, f.segment_id, f.evidence,
    weighed.importance, s.last_accessed_at,
    coalesce(s.surfaced_count + s.cited_count, 0) AS access_count,
    ARRAY(SELECT o.origin FROM memory_origins o WHERE o.memory_id = b.memory_id ORDER BY o.origin)
        AS origins
FROM memory_revisions b
LEFT JOIN memories m ON m.id = b.memory_id
LEFT JOIN memory_standing s ON s.memory_id = b.memory_id
CROSS JOIN LATERAL (
    SELECT fold(r.after ORDER BY r.revision) AS fields, max(r.at) AS updated_at,
        max(r.revision) AS revision
    FROM memory_revisions r WHERE r.memory_id = b.memory_id AND r.at <= %(then)s
) AS folded
-- Older revisions do not tell what never changes: the row does.
CROSS JOIN LATERAL jsonb_to_record(jsonb_build_object('source', m.source, 'trust', m.trust,
        'segment_id', m.segment_id) || folded.fields)
    AS f (text text, kind text, confidence numeric, state text, pinned boolean,
        happens_at timestamptz, expires_at timestamptz, valid_until timestamptz, source text,
        trust text, segment_id uuid, evidence jsonb)
-- What the next scoring after it found; before the journal begins, or after its end, as it is now.
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT scored.before FROM run_scores scored
        JOIN runs ON runs.id = scored.run_id AND runs.started_at > %(then)s
        WHERE scored.memory_id = b.memory_id ORDER BY runs.started_at LIMIT 1),
        s.importance, 0.5) AS importance
) AS weighed
WHERE b.revision = 1 AND b.at <= %(then)s AND folded.fields IS NOT NULL
    AND (%(below_at)s::timestamptz IS NULL
        OR (b.at, b.memory_id) < (%(below_at)s, %(below_id)s::uuid))
    AND (%(ids)s::uuid[] IS NULL OR b.memory_id = ANY (%(ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR f.kind = %(kind)s)
    AND (%(source)s::text IS NULL OR f.source = %(source)s)
    AND (%(trust)s::text IS NULL OR f.trust = %(trust)s)
    AND (%(state)s::text IS NULL AND (f.state <> 'pending' OR %(ids)s::uuid[] IS NOT NULL)
        OR f.state = %(state)s)
    AND (%(origin)s::text IS NULL OR b.memory_id IN (SELECT o.memory_id FROM memory_origins o
        WHERE md5(o.origin) = md5(%(origin)s) AND o.origin = %(origin)s))
    AND (%(segment_id)s::uuid IS NULL OR f.segment_id = %(segment_id)s)
    AND (%(after)s::timestamptz IS NULL OR b.at >= %(after)s)
    AND (%(before)s::timestamptz IS NULL OR b.at < %(before)s)
    AND (%(min_importance)s::numeric IS NULL
        OR weighed.importance >= %(min_importance)s)
    AND (%(min_confidence)s::numeric IS NULL OR f.confidence >= %(min_confidence)s)
    AND (%(archived)s::boolean IS NULL OR (f.state = 'archived') = %(archived)s)
    AND (%(entity)s::text IS NULL OR EXISTS (
        SELECT 1 FROM names_then(b.memory_id, %(then)s) AS e
        WHERE (lower(e.name) = lower(%(entity)s) OR e.id::text = lower(%(entity)s)
                OR EXISTS (SELECT FROM entity_aliases a
                    WHERE a.entity_id = e.id AND lower(a.name) = lower(%(entity)s)))))
ORDER BY b.at DESC, b.memory_id DESC
LIMIT %(limit)s

-- name: texts_then
SELECT id, text FROM (:memories_then) AS stood

-- name: links_then
WITH stood AS (
    SELECT id, source_id, target_id, kind, created_at FROM memory_links
    WHERE created_at <= %(then)s
        AND (source_id = ANY (%(ids)s::uuid[]) OR target_id = ANY (%(ids)s::uuid[]))
    UNION
    SELECT id, source_id, target_id, kind, created_at FROM ended_links
    WHERE created_at <= %(then)s AND ended_at > %(then)s
        AND (source_id = ANY (%(ids)s::uuid[]) OR target_id = ANY (%(ids)s::uuid[]))
), seen AS (
    SELECT source_id AS memory_id, id, kind, 'out' AS direction, target_id AS other_id, created_at
    FROM stood WHERE source_id = ANY (%(ids)s::uuid[])
    UNION ALL
    SELECT target_id, id, kind, 'in', source_id, created_at
    FROM stood WHERE target_id = ANY (%(ids)s::uuid[])
)
SELECT seen.*, other.fields ->> 'text' AS other_text
FROM seen CROSS JOIN LATERAL (
    SELECT fold(r.after ORDER BY r.revision) AS fields
    FROM memory_revisions r WHERE r.memory_id = seen.other_id AND r.at <= %(then)s
) AS other
WHERE other.fields IS NOT NULL
ORDER BY memory_id, created_at, id

-- name: entities_then
SELECT asked.memory_id, named.id, named.name, named.kind
FROM unnest(%(ids)s::uuid[]) AS asked (memory_id)
CROSS JOIN LATERAL names_then(asked.memory_id, %(then)s) AS named
ORDER BY asked.memory_id, named.name, named.kind
