-- name: memories
SELECT m.text, m.kind, m.state, m.source, m.trust, m.pinned, m.confidence, s.importance,
    m.valid_until IS NULL AS holds, m.deletion_announced_at IS NOT NULL AS announced,
    m.refined_at IS NOT NULL AS refined, m.refinement_rejections, m.embedding IS NULL AS no_vector,
    (SELECT array_agg(e.name || ', ' || e.kind ORDER BY e.name) FROM memory_entities me
        JOIN entities e ON e.id = me.entity_id WHERE me.memory_id = m.id) AS names,
    (SELECT array_agg((w.seq, v.start_at, v.end_at)::text ORDER BY w.seq, v.start_at)
        FROM memory_evidence v JOIN messages w ON w.id = v.message_id WHERE v.memory_id = m.id)
        AS rests_on,
    (SELECT array_agg(r.actor ORDER BY r.revision) FROM memory_revisions r
        WHERE r.memory_id = m.id) AS revised_by
FROM memories m JOIN memory_standing s ON s.memory_id = m.id

-- name: links
SELECT a.text AS source, l.kind, b.text AS target, l.settlement
FROM memory_links l JOIN memories a ON a.id = l.source_id JOIN memories b ON b.id = l.target_id

-- name: entities
SELECT e.name, e.kind, e.archived_at IS NOT NULL AS put_away,
    ARRAY(SELECT a.name FROM entity_aliases a WHERE a.entity_id = e.id ORDER BY a.name) AS aliases
FROM entities e

-- name: tombstones
SELECT count(*) FROM memory_tombstones

-- name: knowledge
SELECT b.label, v.version, v.actor, v.content, m.taken_up_to
FROM knowledge_blocks b JOIN knowledge_versions v ON v.block_id = b.id
JOIN knowledge_marks m ON m.block_id = b.id

-- name: user_information
SELECT text, by_hand FROM user_information

-- name: judged_pairs
SELECT least(a.text, b.text) AS one, greatest(a.text, b.text) AS other
FROM judged_pairs j JOIN memories a ON a.id = j.one JOIN memories b ON b.id = j.other

-- name: linked_memories
SELECT m.text FROM linked_memories l JOIN memories m ON m.id = l.memory_id

-- name: segments
SELECT started_at, status, extracted_at IS NOT NULL AS extracted FROM segments

-- name: vectors
SELECT 'message' AS of, seq::text AS named, embedding_model, md5(embedding::text) FROM messages
UNION ALL SELECT 'segment', started_at::text, embedding_model, md5(embedding::text) FROM segments
UNION ALL SELECT 'memory', text, embedding_model, md5(embedding::text) FROM memories
UNION ALL SELECT 'entity', name || ', ' || kind, embedding_model, md5(embedding::text)
FROM entities

-- name: embedding_models
SELECT place, name, dimensions FROM embedding_models

-- name: batches
SELECT s.started_at, b.status, b.batch_id IS NOT NULL AS heard, b.retry_count,
    cardinality(b.requests) AS asked, (SELECT count(*) FROM jsonb_object_keys(b.answered)) AS answered
FROM extraction_batches b JOIN segments s ON s.id = b.segment_id

-- name: batches_to_call_back
SELECT count(*) FROM batches_to_cancel

-- name: text_to_be_indexed
SELECT count(*) > 0 AS waits FROM text_changes

-- name: runs_that_never_ended
SELECT job, state FROM runs WHERE state = 'running'

-- name: what_runs_changed
SELECT r.job, c.place, c.before IS NULL AS new, c.after IS NULL AS gone, count(*)
FROM runs r JOIN run_changes c ON c.run_id = r.id GROUP BY 1, 2, 3, 4

-- name: what_runs_scored
SELECT r.job, count(*) FROM runs r JOIN run_scores c ON c.run_id = r.id GROUP BY r.job
