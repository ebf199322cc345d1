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

-- name: held
-- How many numbers a vector has in the columns.
SELECT atttypmod AS dimensions FROM pg_attribute
WHERE attrelid = 'messages'::regclass AND attname = 'embedding' AND NOT attisdropped

-- name: forget_message
UPDATE messages SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s
    AND %(model)s = coalesce((SELECT name FROM embedding_models WHERE place = 'standing'), %(model)s)

-- name: forget_memory
UPDATE memories SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s
    AND %(model)s = coalesce((SELECT name FROM embedding_models WHERE place = 'standing'), %(model)s)

-- name: forget_segment
UPDATE segments SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s
    AND %(model)s = coalesce((SELECT name FROM embedding_models WHERE place = 'standing'), %(model)s)

-- name: forget_entity
UPDATE entities SET embedding = NULL, embedding_model = NULL WHERE embedding_model <> %(model)s
    AND %(model)s = coalesce((SELECT name FROM embedding_models WHERE place = 'standing'), %(model)s)
