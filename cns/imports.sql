-- name: known
SELECT id FROM messages WHERE id = ANY (%(ids)s::uuid[])

-- name: brought
SELECT count(*) AS messages FROM messages WHERE metadata @> jsonb_build_object('import_id', %(import_id)s::text)

-- name: unembedded
SELECT count(*) AS messages FROM messages WHERE embedding IS NULL AND role <> 'tool' AND text ~ '\S'
    AND metadata @> jsonb_build_object('import_id', %(import_id)s::text)

-- name: open
-- Nothing is drawn from it unless it is asked for, and no model is asked to sum it up.
INSERT INTO segments (id, continuum_id, status, started_at, last_message_at, ended_at, collapsed_at,
    summarised_at, extracted_at, imported)
SELECT coming.id, (SELECT id FROM continuums), 'collapsed', coming.began, coming.ended,
    coming.ended, %(now)s, %(now)s, %(now)s, true
FROM unnest(%(ids)s::uuid[], %(began)s::timestamptz[], %(ended)s::timestamptz[])
    AS coming (id, began, ended)
ORDER BY coming.id
ON CONFLICT (id) DO UPDATE SET title = NULL, summary = NULL, embedding = NULL,
    embedding_model = NULL, started_at = least(segments.started_at, excluded.started_at),
    last_message_at = greatest(segments.last_message_at, excluded.last_message_at),
    ended_at = greatest(segments.ended_at, excluded.ended_at)

-- name: add
INSERT INTO messages (id, continuum_id, segment_id, role, name, content, text, status, external_id,
    metadata, created_at, embedding, embedding_model)
SELECT coming.id, (SELECT id FROM continuums), coming.segment_id, coming.role, coming.name,
    coming.content::jsonb, coming.text, 'complete', coming.external_id, coming.metadata::jsonb,
    coming.created_at, fitting(coming.vector::halfvec),
    CASE WHEN fitting(coming.vector::halfvec) IS NOT NULL THEN %(model)s END
FROM unnest(%(ids)s::uuid[], %(segments)s::uuid[], %(roles)s::text[], %(names)s::text[],
    %(contents)s::text[], %(texts)s::text[], %(external_ids)s::text[], %(metadata)s::text[],
    %(times)s::timestamptz[], %(vectors)s::text[]) WITH ORDINALITY
    AS coming (id, segment_id, role, name, content, text, external_id, metadata, created_at, vector,
        place)
ORDER BY coming.place
ON CONFLICT (id) DO NOTHING

-- name: count
UPDATE segments SET message_count = said.messages, turns = said.turns
FROM (SELECT segment_id, count(*) AS messages, count(*) FILTER (WHERE role = 'user') AS turns
    FROM messages WHERE segment_id = ANY (%(ids)s::uuid[]) GROUP BY segment_id) AS said
WHERE segments.id = said.segment_id

-- name: unclosed
SELECT id FROM segments WHERE id = ANY (%(ids)s::uuid[]) AND imported AND summary IS NULL
ORDER BY started_at

-- name: close
UPDATE segments SET title = %(title)s, summary = %(summary)s, complexity = %(complexity)s,
    embedding = fitting(%(vector)s::halfvec),
    embedding_model = CASE WHEN fitting(%(vector)s::halfvec) IS NOT NULL THEN %(model)s END,
    extracted_at = CASE WHEN %(extract)s THEN NULL ELSE extracted_at END
WHERE id = %(id)s

-- name: draw_from
UPDATE segments SET extracted_at = NULL
WHERE id = ANY (%(ids)s::uuid[]) AND imported AND extracted_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM runs
        WHERE job = 'extract' AND state <> 'failed' AND inputs ->> 'segment_id' = segments.id::text)
