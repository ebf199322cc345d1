-- name: newest
SELECT * FROM extraction_batches WHERE segment_id = %(segment_id)s
ORDER BY submitted_at DESC, retry_count DESC LIMIT 1

-- name: under_way
SELECT * FROM extraction_batches WHERE ended_at IS NULL ORDER BY submitted_at, id

-- name: begin
INSERT INTO extraction_batches (id, segment_id, status, batch_id, retry_count, requests, answered,
    submitted_at, ended_at)
VALUES (%(id)s, %(segment_id)s, %(status)s, %(batch_id)s, %(retry_count)s, %(requests)s,
    %(answered)s::jsonb, %(submitted_at)s, %(ended_at)s)
ON CONFLICT (segment_id) WHERE ended_at IS NULL DO NOTHING

-- name: keep
UPDATE extraction_batches SET status = %(status)s, batch_id = %(batch_id)s,
    answered = %(answered)s::jsonb, ended_at = %(ended_at)s
WHERE id = %(id)s

-- name: withdraw
DELETE FROM extraction_batches WHERE id = %(id)s

-- name: tidy
DELETE FROM extraction_batches b USING segments s
WHERE s.id = b.segment_id AND s.extracted_at IS NOT NULL
    AND b.ended_at IS NOT NULL AND b.submitted_at < %(before)s

-- name: to_cancel
SELECT batch_id FROM batches_to_cancel ORDER BY batch_id

-- name: cancelled
DELETE FROM batches_to_cancel WHERE batch_id = %(batch_id)s
