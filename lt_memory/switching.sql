-- name: model
SELECT name, dimensions, made_by FROM embedding_models WHERE place = %(place)s

-- name: note_model
INSERT INTO embedding_models (place, name, dimensions, made_by)
VALUES (%(place)s, %(name)s, %(dimensions)s, %(made_by)s::jsonb)
ON CONFLICT (place) DO NOTHING

-- name: indexes
SELECT indexname AS name, indexdef AS definition FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = %(place)s
    AND indexdef ~ '\m(next_)?embedding(_model)?\M'
ORDER BY indexname

-- name: add_columns
ALTER TABLE {place} ADD COLUMN next_embedding halfvec(%(dimensions)s),
    ADD COLUMN next_embedding_model text

-- name: add_trigger
CREATE TRIGGER next_vector_outdated BEFORE UPDATE OF {texts} ON {place} FOR EACH ROW
WHEN (({olds}) IS DISTINCT FROM ({news})) EXECUTE FUNCTION forget_next_vector()

-- name: drop_trigger
DROP TRIGGER IF EXISTS next_vector_outdated ON {place}

-- name: drop_next
ALTER TABLE {place} DROP COLUMN IF EXISTS next_embedding,
    DROP COLUMN IF EXISTS next_embedding_model

-- name: drop_old
ALTER TABLE {place} DROP COLUMN embedding, DROP COLUMN embedding_model

-- name: rename_vector
ALTER TABLE {place} RENAME COLUMN next_embedding TO embedding

-- name: rename_model
ALTER TABLE {place} RENAME COLUMN next_embedding_model TO embedding_model

-- name: rename_index
ALTER INDEX {next} RENAME TO {name}

-- name: forget_next
DELETE FROM embedding_models WHERE place = 'next'

-- name: promote
WITH gone AS (DELETE FROM embedding_models RETURNING *)
INSERT INTO embedding_models (place, name, dimensions, made_by)
SELECT 'standing', name, dimensions, made_by FROM gone WHERE place = 'next'

-- name: forget_noted
-- What undoing brings back is read anew: a vector of the old model would be taken for one of the
-- new, or not fit.
UPDATE run_changes SET
    before = CASE WHEN before ? 'embedding' THEN before || nothing ELSE before END,
    after = CASE WHEN after ? 'embedding' THEN after || nothing ELSE after END
FROM (SELECT '{"embedding": null, "embedding_model": null}'::jsonb AS nothing) AS vectors
WHERE before ? 'embedding' OR after ? 'embedding'

-- name: hold_all
LOCK TABLE messages, segments, memories, entities IN ACCESS EXCLUSIVE MODE

-- name: be_patient
SET LOCAL lock_timeout = '1s'

-- name: reached
SELECT count(*) FILTER (WHERE done) AS done, count(*) AS total FROM (
    SELECT next_embedding IS NOT NULL AS done FROM messages WHERE role <> 'tool' AND text ~ '\S'
    UNION ALL SELECT next_embedding IS NOT NULL FROM memories
    UNION ALL SELECT next_embedding IS NOT NULL FROM segments
        WHERE status = 'collapsed' AND concat_ws('', title, summary) ~ '\S'
    UNION ALL SELECT next_embedding IS NOT NULL FROM entities
        WHERE archived_at IS NULL AND name ~ '\S'
) AS texts
