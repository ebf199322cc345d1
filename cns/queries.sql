-- name: user
SELECT id, name, timezone FROM users

-- name: add_user
INSERT INTO users (id, email, name, timezone, created_at)
VALUES (%(id)s, 'user@localhost', %(name)s, %(timezone)s, %(now)s)
ON CONFLICT DO NOTHING

-- name: update_user
UPDATE users SET name = %(name)s, timezone = %(timezone)s
WHERE (name, timezone) IS DISTINCT FROM (%(name)s, %(timezone)s)

-- name: add_continuum
INSERT INTO continuums (id, user_id, created_at) VALUES (%(id)s, %(user_id)s, %(now)s)
ON CONFLICT (user_id) DO NOTHING

-- name: continuum
SELECT s.id, s.status, s.started_at, s.last_message_at, s.ended_at, s.title, s.summary,
    s.complexity, s.tools_used, s.message_count, s.turns, s.imported, c.id AS whole_id, c.touchstone,
    s.so_far, m.id AS so_far_to
FROM continuums c
LEFT JOIN segments s ON s.continuum_id = c.id AND s.status = 'active'
LEFT JOIN messages m ON m.id = s.so_far_to AND m.on_path -- else it tells of a branch that was left
WHERE c.user_id = %(user_id)s

-- name: keep_touchstone
UPDATE continuums SET touchstone = %(touchstone)s
WHERE id = %(id)s AND touchstone IS DISTINCT FROM %(touchstone)s
    AND coalesce((touchstone ->> 'at')::timestamptz <= %(at)s, true)

-- name: drop_touchstone
UPDATE continuums SET touchstone = NULL WHERE id = %(id)s AND touchstone IS NOT NULL

-- name: segment_messages
SELECT id, segment_id, turn_id, parent_id, role, name, content, status, memory_refs, emotion,
    external_id, metadata, created_at
FROM messages WHERE segment_id = %(segment_id)s AND (on_path OR %(off_path)s) ORDER BY seq

-- name: turn_messages
SELECT id, segment_id, turn_id, parent_id, role, name, content, status, memory_refs, emotion,
    external_id, metadata, created_at
FROM messages WHERE turn_id = %(turn_id)s ORDER BY seq

-- name: newest_of_segment
-- At most so many of the newest, beginning at a round place of the order: so the first of them
-- stays the same for many turns, and with it what a model has read before.
WITH newest AS MATERIALIZED (
    SELECT id, segment_id, turn_id, parent_id, role, name, content, status, memory_refs, emotion,
        external_id, metadata, created_at, seq
    FROM messages WHERE segment_id = %(segment_id)s AND on_path
    ORDER BY seq DESC LIMIT %(window)s
), edge AS (
    SELECT CASE WHEN count(*) < %(window)s THEN 0
        ELSE (min(seq) + %(stride)s - 1) / %(stride)s * %(stride)s END AS seq
    FROM newest
)
SELECT newest.* FROM newest, edge WHERE newest.seq >= edge.seq ORDER BY newest.seq

-- name: kin
SELECT id, segment_id, role, parent_id, turn_id, role = 'user' OR role = 'assistant' AND text <> ''
    AS said, left_path_at
FROM messages WHERE segment_id = %(segment_id)s ORDER BY seq

-- name: versions
-- All that follows the given parents in these segments, where any of them has branches.
SELECT id, segment_id, role, parent_id, turn_id, role = 'user' OR role = 'assistant' AND text <> ''
    AS said, left_path_at
FROM messages
WHERE segment_id IN (
        SELECT segment_id FROM messages
        WHERE segment_id = ANY (%(segments)s::uuid[]) AND NOT on_path)
    AND (parent_id = ANY (%(parents)s::uuid[]) OR parent_id IS NULL AND %(first)s)
ORDER BY seq

-- name: change_path
UPDATE messages SET on_path = NOT id = ANY (%(left)s::uuid[]),
    left_path_at = CASE WHEN id = ANY (%(left)s::uuid[]) THEN %(at)s::timestamptz END
WHERE id = ANY (%(left)s::uuid[] || %(joined)s::uuid[])

-- name: count_segment
UPDATE segments SET
    message_count = (SELECT count(*) FROM messages
        WHERE segment_id = %(segment_id)s AND on_path
            AND (role = 'user' OR role = 'assistant' AND text <> '')),
    turns = (SELECT count(*) FROM messages
        WHERE segment_id = %(segment_id)s AND on_path AND role = 'user'),
    tools_used = ARRAY(SELECT DISTINCT block ->> 'name' AS tool
        FROM messages, jsonb_array_elements(content) AS block
        WHERE segment_id = %(segment_id)s AND on_path AND role = 'assistant'
            AND block ->> 'type' = 'tool_use'
        ORDER BY tool)
WHERE id = %(segment_id)s

-- name: open_segment
INSERT INTO segments (id, continuum_id, status, started_at, last_message_at)
VALUES (%(id)s, %(continuum_id)s, 'active', %(started_at)s, %(last_message_at)s)
ON CONFLICT (id) DO NOTHING

-- name: add_message
INSERT INTO messages (id, continuum_id, segment_id, turn_id, parent_id, role, name, content, text,
    status, memory_refs, emotion, external_id, metadata, created_at)
VALUES (%(id)s, %(continuum_id)s, %(segment_id)s, %(turn_id)s, %(parent_id)s, %(role)s, %(name)s,
    %(content)s, %(text)s, %(status)s, %(memory_refs)s::uuid[], %(emotion)s, %(external_id)s,
    %(metadata)s, %(created_at)s)
ON CONFLICT (id) DO NOTHING

-- name: touch_segment
UPDATE segments SET
    last_message_at = greatest(last_message_at, %(at)s),
    message_count = message_count + %(said)s,
    turns = turns + %(turns)s,
    tools_used = ARRAY(SELECT DISTINCT unnest(tools_used || %(tools)s::text[]) AS tool ORDER BY tool)
WHERE id = %(segment_id)s

-- name: save_turn
INSERT INTO turns (id, continuum_id, state, user_message_id, assistant_message_id, retry_of,
    started_at, finished_at, trace, error, idempotency_key, request_hash, wishes)
VALUES (%(id)s, (SELECT id FROM continuums), %(state)s, %(user_message_id)s,
    %(assistant_message_id)s, %(retry_of)s, %(started_at)s, %(finished_at)s, %(trace)s, %(error)s,
    %(idempotency_key)s, %(request_hash)s, %(wishes)s)
ON CONFLICT (id) DO UPDATE SET state = excluded.state,
    assistant_message_id = excluded.assistant_message_id, finished_at = excluded.finished_at,
    trace = excluded.trace, error = excluded.error

-- name: free_key
UPDATE turns SET idempotency_key = NULL, request_hash = NULL
WHERE idempotency_key = %(key)s AND id <> %(id)s AND started_at <= %(until)s

-- name: note_activity
WITH today AS (
    INSERT INTO user_activity_days (user_id, day, first_message_at, message_count)
    VALUES (%(user_id)s, %(day)s, %(at)s, 1)
    ON CONFLICT (user_id, day) DO UPDATE SET message_count = user_activity_days.message_count + 1
    RETURNING message_count
)
UPDATE users SET cumulative_activity_days = cumulative_activity_days + 1,
    last_activity_date = greatest(last_activity_date, %(day)s)
FROM today WHERE users.id = %(user_id)s AND today.message_count = 1

-- name: turn
SELECT * FROM turns WHERE id = %(id)s

-- name: turn_of_key
SELECT * FROM turns WHERE idempotency_key = %(key)s

-- name: answered_since
SELECT EXISTS (
    SELECT FROM turns later JOIN turns t ON t.user_message_id = later.user_message_id
    WHERE t.id = %(id)s AND later.started_at > t.started_at AND later.state = 'completed'
) AS answered

-- name: message
SELECT id, segment_id, turn_id, parent_id, role, name, content, status, memory_refs, emotion,
    external_id, metadata, created_at
FROM messages WHERE id = %(id)s

-- name: place_of_message
SELECT created_at, seq FROM messages WHERE id = %(id)s

-- name: messages
SELECT id, segment_id, turn_id, parent_id, role, name, content, status, memory_refs, emotion,
    external_id, metadata, created_at, seq
FROM messages
WHERE (%(below)s::bigint IS NULL OR (created_at, seq) < (%(below_at)s::timestamptz, %(below)s))
    AND (%(before_seq)s::bigint IS NULL
        OR (created_at, seq) < (%(before_at)s::timestamptz, %(before_seq)s))
    AND (%(after_seq)s::bigint IS NULL
        OR (created_at, seq) > (%(after_at)s::timestamptz, %(after_seq)s))
    AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s)
    AND (%(after)s::timestamptz IS NULL OR created_at > %(after)s)
    AND (%(segment_id)s::uuid IS NULL OR segment_id = %(segment_id)s)
    AND (on_path OR %(off_path)s)
ORDER BY created_at DESC, seq DESC LIMIT %(limit)s

-- name: following
SELECT id, segment_id, turn_id, parent_id, role, name, content, status, memory_refs, emotion,
    external_id, metadata, created_at, seq
FROM messages
WHERE on_path AND (%(above)s::bigint IS NULL
    OR (created_at, seq) > (%(above_at)s::timestamptz, %(above)s))
ORDER BY created_at, seq LIMIT %(limit)s

-- name: segments
SELECT id, status, started_at, last_message_at, ended_at, title, summary, complexity, tools_used,
    message_count, turns, imported
FROM segments
WHERE (%(started_at)s::timestamptz IS NULL OR (started_at, id) < (%(started_at)s, %(id)s::uuid))
    AND (%(imported)s OR NOT imported)
ORDER BY started_at DESC, id DESC LIMIT %(limit)s

-- name: segment
SELECT id, status, started_at, last_message_at, ended_at, title, summary, complexity, tools_used,
    message_count, turns, imported
FROM segments WHERE id = %(id)s

-- name: segment_count
SELECT count(*) AS segments FROM segments WHERE status = 'collapsed'

-- name: sum_up
UPDATE segments SET so_far = %(text)s, so_far_to = %(to)s
WHERE id = %(id)s AND status = 'active'
    AND EXISTS (SELECT FROM messages WHERE id = %(to)s AND segment_id = %(id)s AND on_path)

-- name: close_segment
UPDATE segments SET status = 'collapsed', so_far = NULL, so_far_to = NULL, title = %(title)s, summary = %(summary)s,
    complexity = %(complexity)s, ended_at = %(ended_at)s, collapsed_at = %(collapsed_at)s
WHERE id = %(id)s AND status = 'active'

-- name: hold_segment
SELECT id FROM segments WHERE id = %(id)s FOR NO KEY UPDATE

-- name: count_there
SELECT count(*) AS there FROM messages WHERE id = ANY (%(ids)s::uuid[])

-- name: finish_segment
UPDATE segments SET title = %(title)s, summary = %(summary)s, complexity = %(complexity)s,
    embedding = fitting(%(vector)s::halfvec), summarised_at = now(),
    embedding_model = CASE WHEN fitting(%(vector)s::halfvec) IS NOT NULL THEN %(model)s END
WHERE id = %(id)s AND status = 'collapsed' AND summarised_at IS NULL

-- name: unfinished_segments
SELECT id FROM segments WHERE status = 'collapsed' AND summarised_at IS NULL ORDER BY started_at

-- name: fail_running_turns
UPDATE turns SET state = 'interrupted', finished_at = now(), error = %(error)s
WHERE state = 'running'

-- name: save_job
INSERT INTO jobs (id, name, state, progress, done, total, error, result, created_at, finished_at)
VALUES (%(id)s, %(name)s, %(state)s, %(progress)s, %(done)s, %(total)s, %(error)s, %(result)s,
    %(created_at)s, %(finished_at)s)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, progress = excluded.progress,
    done = excluded.done, total = excluded.total, error = excluded.error,
    result = excluded.result, finished_at = excluded.finished_at

-- name: job
SELECT * FROM jobs WHERE id = %(id)s

-- name: abandon_jobs
UPDATE jobs SET state = 'failed', finished_at = %(now)s, error = %(error)s
WHERE state IN ('queued', 'running')

-- name: note_run
INSERT INTO job_runs (name, last_run_at, seconds, outcome, detail)
VALUES (%(name)s, %(at)s, %(seconds)s, %(outcome)s, %(detail)s)
ON CONFLICT (name) DO UPDATE SET last_run_at = excluded.last_run_at, seconds = excluded.seconds,
    outcome = excluded.outcome, detail = excluded.detail

-- name: last_runs
SELECT * FROM job_runs

-- name: paused_jobs
SELECT name FROM paused_jobs

-- name: pause_job
INSERT INTO paused_jobs (name) VALUES (%(name)s) ON CONFLICT DO NOTHING

-- name: resume_job
DELETE FROM paused_jobs WHERE name = %(name)s
