-- name: candidates
-- The nearest by vector of each kind, joined with what the text index found, and all that the
-- ranking asks of each. The settings hold for this transaction alone.
WITH asked AS MATERIALIZED (
    SELECT %(vector)s::halfvec AS vector,
           set_config('hnsw.ef_search', %(breadth)s::text, true) AS breadth,
           set_config('hnsw.iterative_scan', 'relaxed_order', true) AS scan
),
brought_up AS MATERIALIZED (
    SELECT * FROM unnest(%(kinds_found)s::text[], %(ids_found)s::uuid[]) AS found (kind, id)
    UNION
    SELECT 'message', near.id FROM asked CROSS JOIN LATERAL (
        SELECT id FROM messages
        WHERE embedding_model = %(model)s AND role <> 'tool'
          AND (on_path OR %(off_path)s) AND id <> ALL (%(exclude_messages)s::uuid[])
          AND (%(after)s::timestamptz IS NULL OR created_at >= %(after)s::timestamptz)
          AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s::timestamptz)
        ORDER BY embedding <=> asked.vector LIMIT %(reach)s
    ) AS near WHERE 'message' = ANY (%(kinds)s::text[]) AND asked.vector IS NOT NULL
    UNION
    SELECT 'memory', near.id FROM asked CROSS JOIN LATERAL (
        SELECT id FROM memories
        WHERE embedding_model = %(model)s AND (%(put_away)s
               OR state IN ('active', 'dormant') AND (expires_at IS NULL OR expires_at > now())
               AND (valid_until IS NULL OR valid_until > now()))
          AND id <> ALL (%(exclude_memories)s::uuid[])
          AND (%(after)s::timestamptz IS NULL OR created_at >= %(after)s::timestamptz
               OR happens_at >= %(after)s::timestamptz)
          AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s::timestamptz
               OR happens_at < %(before)s::timestamptz)
        ORDER BY embedding <=> asked.vector LIMIT %(reach)s
    ) AS near WHERE 'memory' = ANY (%(kinds)s::text[]) AND asked.vector IS NOT NULL
    UNION
    SELECT 'segment', near.id FROM asked CROSS JOIN LATERAL (
        SELECT id FROM segments
        WHERE embedding_model = %(model)s AND status = 'collapsed'
          AND (%(after)s::timestamptz IS NULL OR last_message_at >= %(after)s::timestamptz)
          AND (%(before)s::timestamptz IS NULL OR started_at < %(before)s::timestamptz)
        ORDER BY embedding <=> asked.vector LIMIT %(reach)s
    ) AS near WHERE 'segment' = ANY (%(kinds)s::text[]) AND asked.vector IS NOT NULL
)
SELECT 'message' AS kind, m.id, m.created_at, NULL::timestamptz AS happens_at,
       CASE WHEN m.embedding_model = %(model)s
            THEN 1 - (m.embedding <=> asked.vector) END AS cosine,
       0.5::float8 AS importance, m.role = 'user' AS of_user,
       false AS dormant,
       CASE WHEN m.name IS NULL THEN '{}' ELSE ARRAY[m.name] END AS names,
       CASE WHEN m.name IS NULL THEN '{}' ELSE ARRAY['person'] END AS name_kinds,
       ARRAY[]::uuid[] AS sources
FROM brought_up JOIN messages m USING (id) CROSS JOIN asked
WHERE brought_up.kind = 'message' AND 'message' = ANY (%(kinds)s::text[]) AND m.role <> 'tool'
  AND (m.on_path OR %(off_path)s) AND m.id <> ALL (%(exclude_messages)s::uuid[])
  AND (%(after)s::timestamptz IS NULL OR m.created_at >= %(after)s::timestamptz)
  AND (%(before)s::timestamptz IS NULL OR m.created_at < %(before)s::timestamptz)
UNION ALL
SELECT 'memory', m.id, m.created_at, m.happens_at,
       CASE WHEN m.embedding_model = %(model)s THEN 1 - (m.embedding <=> asked.vector) END,
       standing.importance::float8, m.source = 'user', m.state = 'dormant',
       coalesce(named.names, '{}'), coalesce(named.kinds, '{}'),
       ARRAY(SELECT message_id FROM memory_evidence e WHERE e.memory_id = m.id)
FROM brought_up JOIN memories m USING (id) JOIN memory_standing standing ON standing.memory_id = m.id
CROSS JOIN asked
LEFT JOIN LATERAL (
    SELECT array_agg(said.name) AS names, array_agg(e.kind) AS kinds
    FROM memory_entities me JOIN entities e ON e.id = me.entity_id CROSS JOIN LATERAL (
        SELECT e.name UNION SELECT a.name FROM entity_aliases a WHERE a.entity_id = e.id
    ) AS said
    WHERE me.memory_id = m.id
) AS named ON true
WHERE brought_up.kind = 'memory' AND 'memory' = ANY (%(kinds)s::text[])
  AND (%(put_away)s
       OR m.state IN ('active', 'dormant') AND (m.expires_at IS NULL OR m.expires_at > now())
       AND (m.valid_until IS NULL OR m.valid_until > now()))
  AND m.id <> ALL (%(exclude_memories)s::uuid[])
  AND (%(after)s::timestamptz IS NULL OR m.created_at >= %(after)s::timestamptz
       OR m.happens_at >= %(after)s::timestamptz)
  AND (%(before)s::timestamptz IS NULL OR m.created_at < %(before)s::timestamptz
       OR m.happens_at < %(before)s::timestamptz)
UNION ALL
SELECT 'segment', s.id, s.started_at, NULL,
       CASE WHEN s.embedding_model = %(model)s THEN 1 - (s.embedding <=> asked.vector) END,
       0.5::float8, false, false, '{}', '{}', ARRAY[]::uuid[]
FROM brought_up JOIN segments s USING (id) CROSS JOIN asked
WHERE brought_up.kind = 'segment' AND 'segment' = ANY (%(kinds)s::text[])
  AND s.status = 'collapsed'
  AND (%(after)s::timestamptz IS NULL OR s.last_message_at >= %(after)s::timestamptz)
  AND (%(before)s::timestamptz IS NULL OR s.started_at < %(before)s::timestamptz)
UNION ALL
SELECT 'behind', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
WHERE EXISTS (SELECT FROM text_changes
    WHERE kind = 'message' AND item_id <> ALL(%(exclude_messages)s::uuid[])
        OR kind NOT IN ('message', 'neighbours'))

-- name: details
SELECT asked.place, 'message' AS kind, m.id, m.text, m.created_at, ARRAY[m.id] AS sources,
       m.segment_id, m.external_id, coalesce(m.name, m.role) AS speaker
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (id, place) JOIN messages m USING (id)
UNION ALL
SELECT asked.place, 'memory', m.id, m.text, m.created_at,
       ARRAY(SELECT e.message_id FROM memory_evidence e JOIN messages said ON said.id = e.message_id
             WHERE e.memory_id = m.id GROUP BY e.message_id, said.seq ORDER BY said.seq),
       m.segment_id, NULL, ''
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (id, place) JOIN memories m USING (id)
UNION ALL
SELECT asked.place, 'segment', s.id, concat_ws(E'\n', s.title, s.summary), s.started_at,
       ARRAY[]::uuid[], s.id, NULL, ''
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (id, place) JOIN segments s USING (id)
ORDER BY place

-- name: pending_changes
SELECT id, kind, item_id FROM text_changes ORDER BY id LIMIT %(limit)s

-- name: take_changes
DELETE FROM text_changes WHERE id = ANY (%(ids)s::bigint[])

-- name: spread
-- The messages whose documents hold the words of the given ones: the one before, the two after;
-- of a segment that lost a message or took another path, all of them.
WITH touched AS (
    SELECT segment_id, seq FROM messages WHERE id = ANY (%(ids)s::uuid[])
)
SELECT near.id FROM touched CROSS JOIN LATERAL (
    (SELECT id FROM messages m
     WHERE m.segment_id = touched.segment_id AND m.role <> 'tool' AND m.text ~ '\S'
       AND m.on_path AND m.seq < touched.seq
     ORDER BY m.seq DESC LIMIT 1)
    UNION ALL
    (SELECT id FROM messages m
     WHERE m.segment_id = touched.segment_id AND m.role <> 'tool' AND m.text ~ '\S'
       AND m.on_path AND m.seq >= touched.seq
     ORDER BY m.seq LIMIT 3)
) AS near
UNION
SELECT id FROM messages
WHERE (segment_id = ANY (%(segments)s::uuid[]) OR id = ANY (%(ids)s::uuid[])) AND role <> 'tool' AND text ~ '\S'

-- name: message_texts
-- A question just before a message counts twice: an answer leaves its words out.
SELECT m.id, m.text, m.name AS speaker, m.created_at AS said_at, NULL::timestamptz AS happens_at,
       coalesce(before.texts, '{}') || coalesce(after.texts, '{}')
           || CASE WHEN before.texts[1] ~ '[?\uff1f\u061f]' THEN before.texts[1:1] ELSE '{}' END AS around
FROM messages m
CROSS JOIN LATERAL (
    SELECT array_agg(text) AS texts FROM (
        SELECT text FROM messages b
        WHERE b.segment_id = m.segment_id AND b.role <> 'tool' AND b.text ~ '\S'
          AND b.seq < m.seq AND (b.on_path OR NOT m.on_path)
        ORDER BY b.seq DESC LIMIT 2) AS two
) AS before
CROSS JOIN LATERAL (
    SELECT array_agg(text) AS texts FROM (
        SELECT text FROM messages a
        WHERE a.segment_id = m.segment_id AND a.role <> 'tool' AND a.text ~ '\S'
          AND a.seq > m.seq AND (a.on_path OR NOT m.on_path)
        ORDER BY a.seq LIMIT 1) AS one
) AS after
WHERE m.id = ANY (%(ids)s::uuid[]) AND m.role <> 'tool' AND m.text ~ '\S'

-- name: memory_texts
SELECT id, text, NULL AS speaker, created_at AS said_at, happens_at, '{}'::text[] AS around
FROM memories
WHERE id = ANY (%(ids)s::uuid[])

-- name: segment_texts
SELECT id, concat_ws(E'\n', title, summary) AS text, NULL AS speaker, started_at AS said_at,
       last_message_at AS happens_at, '{}'::text[] AS around
FROM segments
WHERE id = ANY (%(ids)s::uuid[]) AND status = 'collapsed' AND concat_ws('', title, summary) ~ '\S'

-- name: message_page
SELECT id FROM messages WHERE id > %(after)s::uuid ORDER BY id LIMIT %(limit)s

-- name: memory_page
SELECT id FROM memories WHERE id > %(after)s::uuid ORDER BY id LIMIT %(limit)s

-- name: segment_page
SELECT id FROM segments WHERE id > %(after)s::uuid ORDER BY id LIMIT %(limit)s

-- name: without_vector
(SELECT 'message' AS kind, id, text, seq FROM messages
 WHERE embedding IS NULL AND role <> 'tool' AND text ~ '\S' ORDER BY seq DESC LIMIT %(limit)s)
UNION ALL
(SELECT 'memory', id, text, NULL FROM memories WHERE embedding IS NULL LIMIT %(limit)s)
UNION ALL
(SELECT 'segment', id, concat_ws(E'\n', title, summary), NULL FROM segments
 WHERE embedding IS NULL AND status = 'collapsed' AND concat_ws('', title, summary) ~ '\S'
 LIMIT %(limit)s)
UNION ALL
(SELECT 'entity', id, name, NULL FROM entities
 WHERE embedding IS NULL AND archived_at IS NULL AND name ~ '\S' LIMIT %(limit)s)
LIMIT %(limit)s

-- name: keep_message
UPDATE messages SET embedding = made.vector::halfvec, embedding_model = %(model)s
FROM unnest(%(ids)s::uuid[], %(texts)s::text[], %(vectors)s::text[]) AS made (id, text, vector)
WHERE messages.id = made.id AND messages.text = made.text AND embedding IS NULL

-- name: keep_memory
UPDATE memories SET embedding = made.vector::halfvec, embedding_model = %(model)s
FROM unnest(%(ids)s::uuid[], %(texts)s::text[], %(vectors)s::text[]) AS made (id, text, vector)
WHERE memories.id = made.id AND memories.text = made.text AND embedding IS NULL

-- name: keep_segment
UPDATE segments SET embedding = made.vector::halfvec, embedding_model = %(model)s
FROM unnest(%(ids)s::uuid[], %(texts)s::text[], %(vectors)s::text[]) AS made (id, text, vector)
WHERE segments.id = made.id AND concat_ws(E'\n', title, summary) = made.text AND embedding IS NULL

-- name: keep_entity
UPDATE entities SET embedding = made.vector::halfvec, embedding_model = %(model)s
FROM unnest(%(ids)s::uuid[], %(texts)s::text[], %(vectors)s::text[]) AS made (id, text, vector)
WHERE entities.id = made.id AND entities.name = made.text AND embedding IS NULL

-- name: forget_message
UPDATE messages SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s

-- name: forget_memory
UPDATE memories SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s

-- name: forget_segment
UPDATE segments SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s

-- name: forget_entity
UPDATE entities SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s
