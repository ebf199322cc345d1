-- name: claim_segment
SELECT status = 'collapsed' AND extracted_at IS NULL AS open
FROM segments WHERE id = %(segment_id)s FOR UPDATE

-- name: unhurried
-- Background work may wait longer for its turn, and take longer, than a request.
SELECT set_config('statement_timeout', '0', true)

-- name: one_extraction_at_a_time
SELECT pg_advisory_xact_lock(hashtext('mira: what is remembered'))

-- name: mark_extracted
UPDATE segments SET extracted_at = %(at)s WHERE id = %(segment_id)s

-- name: waiting
SELECT id FROM segments
WHERE status = 'collapsed' AND summarised_at IS NOT NULL AND extracted_at IS NULL
    AND NOT EXISTS (
        SELECT FROM extraction_batches b WHERE b.segment_id = segments.id AND b.ended_at IS NULL)
ORDER BY started_at, id LIMIT %(limit)s

-- name: add_run
INSERT INTO runs (id, job, state, summary, started_at, finished_at, model, input_tokens,
    output_tokens, cost_usd, inputs, decisions, final)
VALUES (%(id)s, %(job)s, %(state)s, %(summary)s, %(started_at)s, %(finished_at)s, %(model)s,
    %(input_tokens)s, %(output_tokens)s, %(cost_usd)s, %(inputs)s::jsonb, %(decisions)s::jsonb,
    %(final)s)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, summary = excluded.summary,
    finished_at = excluded.finished_at, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens, cost_usd = excluded.cost_usd,
    decisions = excluded.decisions, final = excluded.final

-- name: journal_of
SELECT set_config('mira.run_id', %(id)s::text, true)

-- name: runs_of
SELECT id FROM runs
WHERE job = 'extract' AND inputs ->> 'segment_id' = %(segment_id)s AND state = %(state)s
ORDER BY started_at, id

-- name: near
WITH by_vector AS (
    SELECT id, text, 1 - (embedding <=> %(vector)s::halfvec) AS cosine,
        CASE WHEN state = 'archived' THEN coalesce(archived_at, updated_at) END AS put_away_at,
        trust = 'trusted' AS trusted
    FROM memories
    WHERE %(vector)s::text IS NOT NULL AND embedding IS NOT NULL
        AND embedding_model = %(model)s AND state = ANY(%(states)s::text[])
        AND valid_until IS NULL
    ORDER BY embedding <=> %(vector)s::halfvec
    LIMIT %(limit)s
), by_spelling AS (
    SELECT id, text, 0::float8 AS cosine,
        CASE WHEN state = 'archived' THEN coalesce(archived_at, updated_at) END AS put_away_at,
        trust = 'trusted' AS trusted
    FROM memories
    WHERE (%(vector)s::text IS NULL OR embedding IS NULL
            OR embedding_model IS DISTINCT FROM %(model)s)
        AND state = ANY(%(states)s::text[]) AND valid_until IS NULL
        AND length(text) BETWEEN length(%(text)s) * 0.85 AND length(%(text)s) * 1.15
    ORDER BY created_at DESC, id
    LIMIT 2000
)
SELECT * FROM by_vector UNION ALL SELECT * FROM by_spelling ORDER BY cosine DESC, id

-- name: said_at
SELECT coalesce(max(s.created_at), m.created_at) AS said_at
FROM memories m
LEFT JOIN memory_evidence e ON e.memory_id = m.id
LEFT JOIN messages s ON s.id = e.message_id
WHERE m.id = %(id)s GROUP BY m.id

-- name: hold_messages
SELECT id FROM messages WHERE id = ANY (%(ids)s::uuid[]) FOR KEY SHARE

-- name: settled
WITH pieces AS (
    SELECT * FROM unnest(%(messages)s::uuid[], %(starts)s::integer[], %(ends)s::integer[])
        AS piece (message_id, start_at, end_at)
)
SELECT m.id FROM memories m
WHERE m.id IN (SELECT memory_id FROM memory_evidence WHERE message_id = ANY(%(messages)s::uuid[]))
    AND (m.valid_until IS NOT NULL OR EXISTS (
        SELECT 1 FROM memory_revisions r
        WHERE r.memory_id = m.id AND r.actor = 'user' AND r.change = 'edited'
            AND r.after -> 'text' IS NOT NULL
    ))
    AND NOT EXISTS (
        SELECT 1 FROM pieces p WHERE NOT EXISTS (
            SELECT 1 FROM memory_evidence e
            WHERE e.memory_id = m.id AND e.message_id = p.message_id
                AND e.start_at <= p.start_at AND e.end_at >= p.end_at
        )
    )
ORDER BY m.created_at, m.id LIMIT 1

-- name: widen_vector_search
SELECT set_config('hnsw.iterative_scan', 'strict_order', true)

-- name: text_key
SELECT text_key FROM users WHERE id = %(user_id)s

-- name: buried
-- Words said anew since are new: a tombstone holds for those of before.
SELECT 1 AS found FROM memory_tombstones WHERE text_hash = ANY (%(hashes)s::bytea[])
    AND (%(said_at)s::timestamptz IS NULL OR deleted_at >= %(said_at)s)
UNION ALL SELECT 1 FROM refusals WHERE text_hash = ANY (%(hashes)s::bytea[]) LIMIT 1

-- name: bury
INSERT INTO memory_tombstones (memory_id, text_hash, deleted_at)
VALUES (%(memory_id)s, %(text_hash)s, %(at)s)
ON CONFLICT DO NOTHING

-- prepared: add_memory
-- What is made of others has been of use as they all were, last when one of them last was. It is so
-- old that it was used as often a day as they were together, as `united` in
-- lt_memory/domain/scoring.py says: over the youngest one's few days their uses would be a rate that
-- none had, over the eldest one's many a use of late would count for nothing.
WITH fit AS MATERIALIZED (SELECT fitting(%(vector)s::halfvec) AS vector), born AS (
    INSERT INTO memories (id, user_id, text, kind, confidence, source, trust, state, pinned,
        segment_id, run_id, happens_at, expires_at, valid_until, activity_days_at_creation,
        created_at, updated_at, embedding, embedding_model)
    SELECT %(id)s::uuid, u.id, %(text)s, %(kind)s, %(confidence)s, %(source)s, %(trust)s,
        %(state)s, %(pinned)s, %(segment_id)s, %(run_id)s, %(happens_at)s, %(expires_at)s,
        %(valid_until)s, u.cumulative_activity_days - coalesce((
            SELECT CASE WHEN sum(uses) > 0
                THEN floor(sum(uses) / sum(uses / greatest(1, age)))::integer ELSE min(age) END
            FROM (SELECT
                    greatest(0, u.cumulative_activity_days - part.activity_days_at_creation) AS age,
                    coalesce(cited_count + %(surfaced_weight)s::float8 * surfaced_count, 0) AS uses
                FROM memories part LEFT JOIN memory_standing ON memory_id = part.id
                WHERE part.id = ANY (%(made_of)s::uuid[])) AS parts), 0),
        %(created_at)s, %(updated_at)s, fit.vector,
        CASE WHEN fit.vector IS NOT NULL THEN %(model)s END
    FROM users u CROSS JOIN fit WHERE u.id = %(user_id)s
    RETURNING id
)
INSERT INTO memory_standing (memory_id, importance, surfaced_count, cited_count, last_accessed_at,
    activity_day_at_access, activity_day_of_youngest)
SELECT born.id, %(importance)s::numeric, coalesce(sum(s.surfaced_count), 0),
    coalesce(sum(s.cited_count), 0), max(s.last_accessed_at), max(s.activity_day_at_access),
    max(coalesce(s.activity_day_of_youngest, part.activity_days_at_creation))
FROM born LEFT JOIN (
    memory_standing s JOIN memories part ON part.id = s.memory_id
) ON s.memory_id = ANY (%(made_of)s::uuid[])
GROUP BY born.id

-- name: rewrite_memory
UPDATE memories SET text = %(text)s, kind = %(kind)s, confidence = %(confidence)s,
    dormant_at = CASE WHEN %(state)s <> 'dormant' THEN NULL
        WHEN state = 'dormant' THEN dormant_at ELSE %(updated_at)s END,
    archived_at = CASE WHEN %(state)s <> 'archived' THEN NULL
        WHEN state = 'archived' THEN archived_at ELSE %(updated_at)s END,
    state = %(state)s, pinned = %(pinned)s, happens_at = %(happens_at)s,
    expires_at = %(expires_at)s, valid_until = %(valid_until)s, updated_at = %(updated_at)s,
    source = %(source)s, trust = %(trust)s
WHERE id = %(id)s

-- name: count_return
-- Fetched back by hand, or approved: its free days begin anew.
UPDATE memory_standing s SET activity_day_at_access = u.cumulative_activity_days
FROM memories m JOIN users u ON u.id = m.user_id
WHERE m.id = %(id)s AND s.memory_id = m.id AND m.state <> 'active'

-- name: rewrite_vector
UPDATE memories SET embedding = fitting(%(vector)s::halfvec),
    embedding_model = CASE WHEN fitting(%(vector)s::halfvec) IS NOT NULL THEN %(model)s END
WHERE id = %(id)s

-- prepared: add_revision
INSERT INTO memory_revisions (memory_id, revision, at, actor, change, before, after, run_id)
VALUES (%(memory_id)s, %(revision)s, %(at)s, %(actor)s, %(change)s, %(before)s, %(after)s,
    %(run_id)s)

-- name: history
SELECT revision, at, actor, change, before, after
FROM memory_revisions WHERE memory_id = %(memory_id)s ORDER BY revision

-- prepared: add_evidence
INSERT INTO memory_evidence (memory_id, message_id, start_at, end_at)
VALUES (%(memory_id)s, %(message_id)s, %(start)s, %(end)s)
ON CONFLICT DO NOTHING

-- name: add_link
INSERT INTO memory_links (id, source_id, target_id, kind, confidence, reason, run_id, created_at)
SELECT %(id)s, %(source_id)s, id, %(kind)s, %(confidence)s, %(reason)s, %(run_id)s, %(at)s
FROM memories WHERE id = %(target_id)s FOR KEY SHARE
ON CONFLICT (source_id, target_id, kind) DO NOTHING

-- name: turn_disputes
-- Which of two holds is no question while one of them does not, and is one again when it does.
UPDATE memory_links SET settled_at = CASE WHEN %(ended)s THEN %(at)s::timestamptz END,
    settlement = CASE WHEN %(ended)s THEN 'later' END
WHERE kind = 'conflicts' AND (source_id = %(id)s OR target_id = %(id)s)
    AND CASE WHEN %(ended)s THEN settled_at IS NULL ELSE settlement = 'later' END

-- name: take_over_links
INSERT INTO memory_links (id, source_id, target_id, kind, confidence, reason, run_id, created_at,
    settled_at, settlement)
SELECT gen_random_uuid(),
    CASE WHEN source_id = ANY (%(sources)s::uuid[]) THEN %(heir)s::uuid ELSE source_id END,
    CASE WHEN target_id = ANY (%(sources)s::uuid[]) THEN %(heir)s::uuid ELSE target_id END,
    kind, confidence, reason, %(run_id)s, %(at)s, settled_at, settlement
FROM memory_links
WHERE (source_id = ANY (%(sources)s::uuid[])) <> (target_id = ANY (%(sources)s::uuid[]))
    AND %(heir)s::uuid NOT IN (source_id, target_id)
    AND NOT (kind = 'supersedes' AND target_id = ANY (%(sources)s::uuid[]))
    -- What was made of a source was not made of the heir, nor the heir of what a source was made of.
    AND kind <> 'derived_from'
ORDER BY confidence DESC, memory_links.id -- of two alike the surer one stands
ON CONFLICT (source_id, target_id, kind) DO NOTHING

-- name: made_of
-- Only the run that brought a memory into being says what it was made of; a link by hand does not.
WITH RECURSIVE made AS (
    SELECT %(id)s::uuid AS id
    UNION SELECT heir.id FROM made CROSS JOIN LATERAL (
        SELECT m.id FROM memory_links l
        JOIN memories m ON m.id = l.source_id AND m.run_id = l.run_id
        WHERE l.target_id = made.id AND l.kind = 'derived_from'
        UNION ALL SELECT (noted.after ->> 'source_id')::uuid FROM run_changes noted
        JOIN run_changes birth ON birth.run_id = noted.run_id AND birth.place = 'memories'
            AND birth.before IS NULL
            AND birth.memory_ids @> ARRAY[(noted.after ->> 'source_id')::uuid]
        WHERE noted.place = 'memory_links' AND noted.memory_ids @> ARRAY[made.id]
            AND noted.after ->> 'kind' = 'derived_from'
            AND noted.after ->> 'target_id' = made.id::text
    ) AS heir
)
SELECT id FROM made WHERE id <> %(id)s ORDER BY id

-- prepared: hold_memory
SELECT id FROM memories WHERE id = %(id)s FOR UPDATE

-- name: known_by_history
SELECT memory_id AS id FROM memory_revisions WHERE memory_id = %(id)s LIMIT 1

-- name: footprint
SELECT (SELECT count(*) FROM memories WHERE id = %(id)s) AS memories,
    (SELECT count(*) FROM memory_revisions WHERE memory_id = %(id)s) AS memory_revisions,
    (SELECT count(*) FROM memory_evidence WHERE memory_id = %(id)s) AS memory_evidence,
    (SELECT count(*) FROM memory_links WHERE source_id = %(id)s OR target_id = %(id)s)
        AS memory_links,
    (SELECT count(*) FROM memory_entities WHERE memory_id = %(id)s) AS memory_entities,
    (SELECT count(*) FROM memory_entities mine WHERE mine.memory_id = %(id)s
        AND NOT EXISTS (SELECT 1 FROM memory_entities other
            WHERE other.entity_id = mine.entity_id AND other.memory_id <> %(id)s)) AS entities,
    (SELECT count(*) FROM memory_standing WHERE memory_id = %(id)s) AS memory_standing,
    (SELECT count(*) FROM memory_origins WHERE memory_id = %(id)s) AS memory_origins,
    (SELECT count(*) FROM refusals WHERE memory_id = %(id)s) AS refusals,
    (SELECT count(*) FROM run_changes WHERE memory_ids @> ARRAY[%(id)s::uuid]) AS run_changes,
    (SELECT count(embedding) FROM memories WHERE id = %(id)s) AS embeddings,
    (SELECT count(*) FROM turns
        WHERE trace -> 'considered' @> jsonb_build_array(jsonb_build_object('id', %(id)s::text))
        AND jsonb_path_exists(trace, '$.considered[*] ? (@.id == $id && exists (@.text))',
            jsonb_build_object('id', %(id)s::text))) AS turn_traces

-- name: wordings
SELECT text FROM memories WHERE id = %(id)s
UNION SELECT after ->> 'text' FROM memory_revisions
    WHERE memory_id = %(id)s AND after ->> 'text' IS NOT NULL
UNION SELECT before ->> 'text' FROM memory_revisions
    WHERE memory_id = %(id)s AND before ->> 'text' IS NOT NULL

-- name: redact_traces
UPDATE turns SET trace = jsonb_set(trace, '{considered}', (
    SELECT jsonb_agg(CASE WHEN hit ->> 'id' = %(id)s::text
        THEN hit || '{"text": "(deleted)"}' ELSE hit END ORDER BY place)
    FROM jsonb_array_elements(trace -> 'considered') WITH ORDINALITY AS hits (hit, place)))
WHERE trace -> 'considered' @> jsonb_build_array(jsonb_build_object('id', %(id)s::text))
    -- What was only passed over is not quoted.
    AND jsonb_path_exists(trace, '$.considered[*] ? (@.id == $id && exists (@.text))',
        jsonb_build_object('id', %(id)s::text))

-- name: buried_ids
SELECT memory_id AS id FROM memory_tombstones WHERE memory_id = ANY (%(ids)s::uuid[])

-- name: erase
DELETE FROM memories WHERE id = %(id)s

-- name: erase_revisions
DELETE FROM memory_revisions WHERE memory_id = %(id)s

-- name: erase_ended_links
DELETE FROM ended_links WHERE source_id = %(id)s OR target_id = %(id)s

-- name: erase_changes
DELETE FROM run_changes WHERE memory_ids @> ARRAY[%(id)s::uuid]

-- name: journalled_entities_of
SELECT DISTINCT (key ->> 'entity_id')::uuid AS entity_id FROM run_changes
WHERE place = 'memory_entities' AND memory_ids @> ARRAY[%(memory_id)s::uuid]

-- name: erase_entity_changes
-- The names of those that are gone.
DELETE FROM run_changes c
WHERE place IN ('entities', 'entity_aliases')
    AND coalesce(key ->> 'id', key ->> 'entity_id') = ANY (%(entity_ids)s::uuid[]::text[])
    AND NOT EXISTS (SELECT FROM entities e
        WHERE e.id = coalesce(c.key ->> 'id', c.key ->> 'entity_id')::uuid)
    AND NOT EXISTS (SELECT FROM run_changes others WHERE others.place = 'memory_entities'
        AND others.key ->> 'entity_id' = coalesce(c.key ->> 'id', c.key ->> 'entity_id'))

-- name: erase_unsaid_names
-- What those that stay were called by the memory that is gone alone.
DELETE FROM run_changes c
WHERE place IN ('entities', 'entity_aliases')
    AND coalesce(key ->> 'id', key ->> 'entity_id') = ANY (%(entity_ids)s::uuid[]::text[])
    AND CASE place WHEN 'entity_aliases' THEN
        NOT EXISTS (SELECT FROM entity_aliases a
            WHERE a.entity_id = (c.key ->> 'entity_id')::uuid AND a.name = c.key ->> 'name')
        AND NOT EXISTS (SELECT FROM entities e WHERE e.name = c.key ->> 'name')
    ELSE EXISTS (SELECT FROM entities e WHERE e.id = (c.key ->> 'id')::uuid
        AND e.name <> coalesce(c.after, c.before) ->> 'name') END

-- name: accessed
WITH held AS (
    SELECT s.memory_id, u.cumulative_activity_days AS today
    FROM memory_standing s CROSS JOIN users u
    WHERE s.memory_id = ANY(%(ids)s::uuid[]) AND u.id = %(user_id)s
    ORDER BY s.memory_id FOR UPDATE OF s
)
UPDATE memory_standing s SET
    surfaced_count = s.surfaced_count + %(surfaced)s,
    cited_count = s.cited_count + %(cited)s,
    last_accessed_at = greatest(s.last_accessed_at, %(at)s),
    activity_day_at_access = held.today
FROM held WHERE held.memory_id = s.memory_id

-- name: wake
WITH held AS (
    SELECT id FROM memories WHERE id = ANY (%(ids)s::uuid[]) AND state = 'dormant'
    ORDER BY id FOR UPDATE
), woken AS (
    UPDATE memories SET state = 'active', dormant_at = NULL FROM held
    WHERE memories.id = held.id RETURNING memories.id
)
INSERT INTO memory_revisions (memory_id, revision, at, actor, change, before, after)
SELECT id, 1 + (SELECT max(revision) FROM memory_revisions r WHERE r.memory_id = id), %(at)s,
    'decay', 'woke: it was of use', '{"state": "dormant"}', '{"state": "active"}'
FROM woken

-- name: memories
SELECT m.id, m.text, m.kind, s.importance, m.confidence, m.source, m.trust, m.state, m.pinned,
    m.segment_id, m.happens_at, m.expires_at, m.valid_until, m.created_at, m.updated_at,
    s.surfaced_count + s.cited_count AS access_count, s.last_accessed_at,
    (SELECT max(r.revision) FROM memory_revisions r WHERE r.memory_id = m.id) AS revision,
    ARRAY(SELECT o.origin FROM memory_origins o WHERE o.memory_id = m.id ORDER BY o.origin)
        AS origins
FROM memories m JOIN memory_standing s ON s.memory_id = m.id

-- name: one
-- Beside the columns of `memories`.
WHERE m.id = %(id)s

-- name: narrowed
-- As above.
WHERE (%(below_at)s::timestamptz IS NULL
        OR (m.created_at, m.id) < (%(below_at)s, %(below_id)s::uuid))
    AND (%(ids)s::uuid[] IS NULL OR m.id = ANY(%(ids)s::uuid[]))
    AND (%(kind)s::text IS NULL OR m.kind = %(kind)s)
    AND (%(source)s::text IS NULL OR m.source = %(source)s)
    AND (%(trust)s::text IS NULL OR m.trust = %(trust)s)
    AND (%(state)s::text IS NULL AND (m.state <> 'pending' OR %(ids)s::uuid[] IS NOT NULL)
        OR m.state = %(state)s)
    AND (%(state)s::text IS DISTINCT FROM 'pending' OR m.id IN (SELECT memory_id FROM memories_waiting))
    AND (%(origin)s::text IS NULL OR m.id IN (SELECT o.memory_id FROM memory_origins o
        WHERE md5(o.origin) = md5(%(origin)s) AND o.origin = %(origin)s))
    AND (%(segment_id)s::uuid IS NULL OR m.segment_id = %(segment_id)s)
    AND (%(after)s::timestamptz IS NULL OR m.created_at >= %(after)s)
    AND (%(before)s::timestamptz IS NULL OR m.created_at < %(before)s)
    AND (%(min_importance)s::numeric IS NULL OR s.importance >= %(min_importance)s)
    AND (%(min_confidence)s::numeric IS NULL OR m.confidence >= %(min_confidence)s)
    AND (%(archived)s::boolean IS NULL OR (m.state = 'archived') = %(archived)s)
    AND (%(entity)s::text IS NULL OR EXISTS (
        SELECT 1 FROM memory_entities me JOIN entities e ON e.id = me.entity_id
        WHERE me.memory_id = m.id
            AND (lower(e.name) = lower(%(entity)s) OR e.id::text = lower(%(entity)s)
                OR EXISTS (SELECT FROM entity_aliases a
                    WHERE a.entity_id = e.id AND lower(a.name) = lower(%(entity)s)))))
ORDER BY m.created_at DESC, m.id DESC
LIMIT %(limit)s

-- name: fitting_ids
SELECT id FROM (:memories) AS fitting

-- prepared: evidence_of
SELECT v.memory_id, v.message_id, v.start_at, v.end_at
FROM memory_evidence v JOIN messages m ON m.id = v.message_id
WHERE v.memory_id = ANY(%(ids)s::uuid[])
ORDER BY v.memory_id, m.seq, v.start_at

-- prepared: entities_of
SELECT me.memory_id, e.id, e.name, e.kind
FROM memory_entities me JOIN entities e ON e.id = me.entity_id
WHERE me.memory_id = ANY(%(ids)s::uuid[])
ORDER BY me.memory_id, e.name, e.kind

-- prepared: links_of
SELECT l.source_id AS memory_id, l.id, l.kind, 'out' AS direction, m.id AS other_id,
    m.text AS other_text, l.created_at
FROM memory_links l JOIN memories m ON m.id = l.target_id
WHERE l.source_id = ANY(%(ids)s::uuid[])
UNION ALL
SELECT l.target_id, l.id, l.kind, 'in', m.id, m.text, l.created_at
FROM memory_links l JOIN memories m ON m.id = l.source_id
WHERE l.target_id = ANY(%(ids)s::uuid[])
ORDER BY memory_id, created_at, id

-- name: revisions_of
SELECT run_id, memory_id, revision, change, before, after FROM memory_revisions
WHERE run_id = ANY (%(ids)s::uuid[]) ORDER BY at, memory_id, revision
