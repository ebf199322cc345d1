-- name: candidates
-- What the text index found, the nearest by vector of each kind, what links lead to from the best
-- of the memories, and what took the place of those that hold no more; with all that the ranking
-- asks of each. A row whose kind is none of the three says how two of them bear on each other.
-- The settings hold for this transaction alone. `LIMIT 1` beside a key has each row looked up by
-- its index, however the planner guesses how many there are.
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT fitting(%(vector)s::halfvec) AS vector,
           set_config('hnsw.iterative_scan', 'relaxed_order', true) AS scan,
           set_config('hnsw.ef_search', least(%(widest)s, greatest(%(breadth)s, ceil(
               %(growth)s * (SELECT power(greatest(max(reltuples), 1)::float8, 0.25) FROM pg_class
                   WHERE oid IN ('messages'::regclass, 'memories'::regclass)))))::text, true)
),
worded AS MATERIALIZED (
    SELECT kind, id, place
    FROM unnest(%(kinds_found)s::text[], %(ids_found)s::uuid[]) WITH ORDINALITY AS found (kind, id, place)
),
near_messages AS MATERIALIZED (
    SELECT near.id FROM asked CROSS JOIN LATERAL (
        SELECT id FROM messages
        WHERE embedding_model = %(model)s AND role <> 'tool'
          AND (on_path OR %(off_path)s) AND id <> ALL (%(exclude_messages)s::uuid[])
          AND (%(after)s::timestamptz IS NULL OR created_at >= %(after)s::timestamptz)
          AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s::timestamptz)
        ORDER BY embedding <=> asked.vector LIMIT %(reach)s
    ) AS near WHERE 'message' = ANY (%(kinds)s::text[]) AND asked.vector IS NOT NULL
),
-- Those that hold no more stand for what took their place. Where only some count, each is looked at.
near_memories AS MATERIALIZED (
    SELECT near.id, near.distance FROM asked CROSS JOIN LATERAL (
        (SELECT id, embedding <=> asked.vector AS distance FROM memories
        WHERE embedding_model = %(model)s AND (%(put_away)s
               OR state IN ('active', 'dormant') AND (expires_at IS NULL OR expires_at > now()))
          AND id <> ALL (%(exclude_memories)s::uuid[])
          AND %(among)s::uuid[] IS NULL
          AND (created_at >= coalesce(%(after)s::timestamptz, '-infinity')
               AND created_at < coalesce(%(before)s::timestamptz, 'infinity')
               OR happens_at >= coalesce(%(after)s::timestamptz, '-infinity')
               AND happens_at < coalesce(%(before)s::timestamptz, 'infinity'))
        ORDER BY embedding <=> asked.vector LIMIT %(reach)s)
        UNION ALL
        (SELECT m.id, m.embedding <=> asked.vector AS distance
        FROM unnest(%(among)s::uuid[]) AS counted (id) CROSS JOIN LATERAL (
            SELECT id, embedding FROM memories
            WHERE id = counted.id AND embedding_model = %(model)s LIMIT 1
        ) AS m
        ORDER BY distance LIMIT %(reach)s)
    ) AS near WHERE 'memory' = ANY (%(kinds)s::text[]) AND asked.vector IS NOT NULL
),
near_segments AS MATERIALIZED (
    SELECT near.id FROM asked CROSS JOIN LATERAL (
        SELECT id FROM segments
        WHERE embedding_model = %(model)s AND status = 'collapsed'
          AND (%(after)s::timestamptz IS NULL OR last_message_at >= %(after)s::timestamptz)
          AND (%(before)s::timestamptz IS NULL OR started_at < %(before)s::timestamptz)
        ORDER BY embedding <=> asked.vector LIMIT %(reach)s
    ) AS near WHERE 'segment' = ANY (%(kinds)s::text[]) AND asked.vector IS NOT NULL
),
-- From the first memories of each leg, both ways, the surest links first; what was put away is no
-- bridge.
walked (id, hops, way, source_id, target_id, link, confidence) AS (
    SELECT first.id, 0, ARRAY[first.id], NULL::uuid, NULL::uuid, NULL, NULL::numeric FROM (
        (SELECT id FROM near_memories ORDER BY distance, id LIMIT %(origins)s)
        UNION
        (SELECT id FROM worded WHERE kind = 'memory' ORDER BY place LIMIT %(origins)s)
    ) AS first WHERE 'memory' = ANY (%(kinds)s::text[])
    UNION ALL
    SELECT next.id, walked.hops + 1, way || next.id, next.source_id, next.target_id, next.kind,
           next.confidence
    FROM walked CROSS JOIN LATERAL (
        SELECT target_id AS id, source_id, target_id, kind, confidence
        FROM memory_links WHERE source_id = walked.id
            AND confidence >= %(surest)s AND kind <> 'supersedes' AND settled_at IS NULL
        UNION ALL
        SELECT source_id, source_id, target_id, kind, confidence
        FROM memory_links WHERE target_id = walked.id
            AND confidence >= %(surest)s AND kind <> 'supersedes' AND settled_at IS NULL
        ORDER BY confidence DESC, id LIMIT %(fan)s
    ) AS next
    WHERE walked.hops < %(hops)s AND next.id <> ALL (walked.way)
      AND (%(put_away)s OR EXISTS (
          SELECT FROM memories m WHERE m.id = next.id AND m.state IN ('active', 'dormant')))
),
found_memories AS MATERIALIZED (
    SELECT id FROM worded WHERE kind = 'memory' AND 'memory' = ANY (%(kinds)s::text[])
    UNION SELECT id FROM near_memories
    UNION SELECT id FROM walked
),
held AS MATERIALIZED (
    SELECT m.* FROM found_memories CROSS JOIN LATERAL (
        SELECT id, created_at, happens_at, embedding, embedding_model, source, state, text,
               expires_at, valid_until
        FROM memories WHERE id = found_memories.id LIMIT 1
    ) AS m
),
replaced (old_id, id, hops, way) AS (
    SELECT id, id, 0, ARRAY[id] FROM held WHERE valid_until <= now() AND NOT %(put_away)s
    UNION ALL
    SELECT old_id, source_id, hops + 1, way || source_id
    FROM replaced CROSS JOIN LATERAL (
        SELECT source_id FROM memory_links
        WHERE target_id = replaced.id AND kind = 'supersedes' LIMIT 100
    ) AS next
    WHERE source_id <> ALL (way) AND hops < 50
),
standing AS MATERIALIZED (
    SELECT m.id, m.created_at, m.happens_at,
           CASE WHEN m.embedding_model = %(model)s
                THEN 1 - (m.embedding <=> asked.vector) END AS cosine,
           s.importance, m.source = 'user' AS of_user, m.state = 'dormant' AS dormant,
           hashtextextended(lower(m.text), 0) AS wording
    FROM asked CROSS JOIN (
        SELECT * FROM held
        UNION ALL
        SELECT m.* FROM (SELECT id FROM replaced EXCEPT SELECT id FROM held) AS new
        CROSS JOIN LATERAL (
            SELECT id, created_at, happens_at, embedding, embedding_model, source, state, text,
                   expires_at, valid_until
            FROM memories WHERE id = new.id LIMIT 1
        ) AS m
    ) AS m CROSS JOIN LATERAL (
        SELECT importance FROM memory_standing WHERE memory_id = m.id LIMIT 1
    ) AS s
    WHERE (%(put_away)s
           OR m.state IN ('active', 'dormant') AND (m.expires_at IS NULL OR m.expires_at > now())
           AND (m.valid_until IS NULL OR m.valid_until > now()))
      AND m.id <> ALL (%(exclude_memories)s::uuid[])
      AND (%(among)s::uuid[] IS NULL OR m.id = ANY (%(among)s::uuid[]))
      AND (m.created_at >= coalesce(%(after)s::timestamptz, '-infinity')
           AND m.created_at < coalesce(%(before)s::timestamptz, 'infinity')
           OR m.happens_at >= coalesce(%(after)s::timestamptz, '-infinity')
           AND m.happens_at < coalesce(%(before)s::timestamptz, 'infinity'))
),
said AS MATERIALIZED (
    SELECT m.id, m.created_at,
           CASE WHEN m.embedding_model = %(model)s
                THEN 1 - (m.embedding <=> asked.vector) END AS cosine,
           m.role = 'user' AS of_user, m.name,
           length(m.text) AS letters, m.text ~ '[?\uff1f\u061f]\s*$' AS asks
    FROM (SELECT id FROM worded WHERE kind = 'message' UNION SELECT id FROM near_messages) AS found
    CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = found.id LIMIT 1) AS m CROSS JOIN asked
    WHERE 'message' = ANY (%(kinds)s::text[]) AND m.role <> 'tool'
      AND (m.on_path OR %(off_path)s) AND m.id <> ALL (%(exclude_messages)s::uuid[])
      AND (%(after)s::timestamptz IS NULL OR m.created_at >= %(after)s::timestamptz)
      AND (%(before)s::timestamptz IS NULL OR m.created_at < %(before)s::timestamptz)
),
called AS MATERIALIZED (
    SELECT e.id, e.name, e.kind FROM entities e
    WHERE entity_key(e.name, e.kind) = ANY (%(names)s::text[])
    UNION
    SELECT e.id, e.name, e.kind FROM entities e
    WHERE e.kind = 'person'
      AND split_part(entity_key(e.name, e.kind), ' ', 1) = ANY (%(names)s::text[])
    UNION
    SELECT e.id, a.name, e.kind FROM entity_aliases a JOIN entities e ON e.id = a.entity_id
    WHERE entity_key(a.name, '') = ANY (%(names)s::text[])
)
SELECT 'message' AS kind, id, created_at, NULL::timestamptz AS happens_at, cosine,
       0.5::float8 AS importance, of_user, false AS dormant, name, NULL::bigint AS wording,
       NULL::uuid AS other_id, NULL AS link, NULL::integer AS hops, letters, asks
FROM said
UNION ALL
SELECT 'memory', id, created_at, happens_at, cosine, importance::float8, of_user, dormant, NULL,
       wording, NULL, NULL, NULL, NULL, NULL
FROM standing
UNION ALL
SELECT 'segment', s.id, s.started_at, NULL,
       CASE WHEN s.embedding_model = %(model)s THEN 1 - (s.embedding <=> asked.vector) END,
       0.5, false, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (SELECT id FROM worded WHERE kind = 'segment' UNION SELECT id FROM near_segments) AS found
CROSS JOIN LATERAL (SELECT * FROM segments WHERE id = found.id LIMIT 1) AS s CROSS JOIN asked
WHERE 'segment' = ANY (%(kinds)s::text[]) AND s.status = 'collapsed'
  AND (%(after)s::timestamptz IS NULL OR s.last_message_at >= %(after)s::timestamptz)
  AND (%(before)s::timestamptz IS NULL OR s.started_at < %(before)s::timestamptz)
UNION ALL
SELECT 'called', me.memory_id, NULL, NULL, NULL, NULL, NULL, NULL, called.name, NULL, NULL,
       called.kind, NULL, NULL, NULL
FROM called CROSS JOIN standing CROSS JOIN LATERAL (
    SELECT memory_id FROM memory_entities
    WHERE memory_id = standing.id AND entity_id = called.id LIMIT 1
) AS me
UNION ALL
SELECT DISTINCT 'drawn', e.memory_id, NULL::timestamptz, NULL::timestamptz, NULL::float8,
       NULL::float8, NULL::boolean, NULL::boolean, NULL, NULL::bigint, said.id, NULL, NULL::integer,
       NULL::integer, NULL::boolean
FROM said CROSS JOIN LATERAL (
    SELECT memory_id FROM memory_evidence WHERE message_id = said.id LIMIT 1000
) AS e JOIN standing ON standing.id = e.memory_id
UNION ALL
SELECT DISTINCT 'linked', source_id, NULL::timestamptz, NULL::timestamptz, NULL::float8,
       confidence::float8, NULL::boolean, NULL::boolean, NULL, NULL::bigint, target_id, link,
       NULL::integer, NULL::integer, NULL::boolean
FROM walked WHERE hops > 0
UNION ALL
SELECT 'replaced', r.old_id, NULL, NULL,
       CASE WHEN m.embedding_model = %(model)s THEN 1 - (m.embedding <=> asked.vector) END,
       NULL, NULL, NULL, NULL, NULL, r.id, 'supersedes', r.hops,
       NULL, NULL
FROM asked CROSS JOIN replaced r JOIN standing ON standing.id = r.id JOIN held m ON m.id = r.old_id
UNION ALL
SELECT 'behind', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
WHERE EXISTS (SELECT FROM text_changes
    WHERE kind = 'message' AND item_id <> ALL(%(exclude_messages)s::uuid[])
        OR kind NOT IN ('message', 'neighbours'))

-- name: details
-- What is to be told of each, and of what is in open conflict with one of them, which is told
-- beside it: a row `conflict` says of which two.
WITH asked AS MATERIALIZED (
    :asked
),
disputed AS MATERIALIZED (
    SELECT DISTINCT asked.id, other.id AS other_id FROM asked CROSS JOIN LATERAL (
        SELECT target_id AS id FROM memory_links
        WHERE source_id = asked.id AND kind = 'conflicts' AND settled_at IS NULL
        UNION ALL
        SELECT source_id FROM memory_links
        WHERE target_id = asked.id AND kind = 'conflicts' AND settled_at IS NULL
    ) AS other JOIN memories m ON m.id = other.id
    WHERE 'memory' = ANY (%(kinds)s::text[]) AND m.state IN ('active', 'dormant')
      AND (m.expires_at IS NULL OR m.expires_at > now())
      AND (m.valid_until IS NULL OR m.valid_until > now())
      AND m.id <> ALL (%(exclude_memories)s::uuid[])
      AND (%(among)s::uuid[] IS NULL OR m.id = ANY (%(among)s::uuid[]))
)
SELECT 'message' AS told, m.id, m.text, m.created_at, ARRAY[m.id] AS sources, m.segment_id,
       m.external_id, coalesce(m.name, m.role) AS speaker, before.text AS before,
       after.text AS after, NULL::uuid AS other_id
FROM asked JOIN messages m USING (id)
LEFT JOIN LATERAL (
    SELECT left(text, %(excerpt)s) AS text FROM messages b
    WHERE b.segment_id = m.segment_id AND b.role <> 'tool' AND b.text ~ '\S' AND b.seq < m.seq
      AND b.on_path
    ORDER BY b.seq DESC LIMIT 1
) AS before ON true
LEFT JOIN LATERAL (
    SELECT left(text, %(excerpt)s) AS text FROM messages a
    WHERE a.segment_id = m.segment_id AND a.role <> 'tool' AND a.text ~ '\S' AND a.seq > m.seq
      AND a.on_path
    ORDER BY a.seq LIMIT 1
) AS after ON true
UNION ALL
SELECT 'memory', m.id, m.text, m.created_at,
       ARRAY(SELECT e.message_id FROM memory_evidence e JOIN messages said ON said.id = e.message_id
             WHERE e.memory_id = m.id GROUP BY e.message_id, said.seq ORDER BY said.seq),
       m.segment_id, NULL, '', NULL, NULL, NULL
FROM (SELECT id FROM asked UNION SELECT other_id FROM disputed) AS told JOIN memories m USING (id)
UNION ALL
SELECT 'segment', s.id, concat_ws(E'\n', s.title, s.summary), s.started_at,
       ARRAY[]::uuid[], s.id, NULL, '', NULL, NULL, NULL
FROM asked JOIN segments s USING (id)
UNION ALL
SELECT 'conflict', id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, other_id FROM disputed

-- name: found
SELECT id FROM considered WHERE kind IN ('message', 'memory', 'segment')

-- name: whole
-- Both of the above at once.
WITH considered AS MATERIALIZED (
:candidates
),
told AS (
:details
)
SELECT considered.*, NULL AS told, NULL AS text, NULL::uuid[] AS sources, NULL::uuid AS segment_id,
       NULL AS external_id, NULL AS speaker, NULL AS before, NULL AS after
FROM considered
UNION ALL
SELECT 'told', id, created_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, other_id, NULL, NULL,
       NULL, NULL,
       told, text, sources, segment_id, external_id, speaker, before, after
FROM told

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

-- name: count_texts
-- What message_texts, memory_texts and segment_texts would give; one statement is one moment.
SELECT (SELECT count(*) FROM messages WHERE role <> 'tool' AND text ~ '\S')
       + (SELECT count(*) FROM memories)
       + (SELECT count(*) FROM segments WHERE status = 'collapsed' AND concat_ws('', title, summary) ~ '\S')
           AS documents,
       EXISTS (SELECT FROM text_changes) AS pending
