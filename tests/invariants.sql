-- Each query finds what must never be; the comment above it is how a breach is told, with the
-- row's columns in braces. What a client was told comes in as `sent`, `acknowledged`, `answered`
-- and `called` (see `Ledger`).

-- name: acknowledged_message_kept
-- The acknowledged message "{text}" of turn {turn} is lost.
SELECT told.key AS turn, told.value AS text
FROM jsonb_each_text(%(acknowledged)s::jsonb) AS told
LEFT JOIN turns t ON t.id = told.key::uuid
LEFT JOIN messages m ON m.id = t.user_message_id AND m.role = 'user'
WHERE m.text IS DISTINCT FROM told.value

-- name: message_stored_once
-- The message "{text}" was sent once and stands {times} times.
SELECT m.text, count(*) AS times
FROM jsonb_array_elements_text(%(sent)s::jsonb) AS sent JOIN messages m ON m.text = sent.value
WHERE m.role = 'user' GROUP BY m.text HAVING count(*) > 1

-- name: messages_stand_as_sent
-- The message "{text}" was sent after "{before}" and stands before it.
SELECT text, before FROM (
    SELECT m.text, m.seq, lag(m.seq) OVER sending AS seq_before, lag(m.text) OVER sending AS before
    FROM jsonb_array_elements_text(%(sent)s::jsonb) WITH ORDINALITY AS sent (text, place)
    JOIN messages m ON m.text = sent.text AND m.role = 'user'
    WINDOW sending AS (ORDER BY sent.place, m.seq)
) AS stored
WHERE seq < seq_before

-- name: answer_kept
-- The answer {message} of turn {turn} was told as complete, and is lost.
SELECT told.key AS turn, told.value AS message
FROM jsonb_each_text(%(answered)s::jsonb) AS told
LEFT JOIN messages m
    ON m.id = told.value::uuid AND m.turn_id = told.key::uuid AND m.role = 'assistant'
WHERE m.id IS NULL

-- name: told_tool_call_accounted_for
-- The tool call {call} was told in turn {turn}, which is {state}, and has neither a result nor an
-- interruption.
SELECT told.key AS call, told.value AS turn, coalesce(t.state, 'lost') AS state
FROM jsonb_each_text(%(called)s::jsonb) AS told
LEFT JOIN turns t ON t.id = told.value::uuid
WHERE coalesce(t.state, 'lost') NOT IN ('interrupted', 'failed') AND NOT EXISTS (
    SELECT FROM messages m CROSS JOIN jsonb_array_elements(m.content) AS block
    WHERE m.turn_id = t.id AND m.role = 'tool' AND block ->> 'tool_use_id' = told.key)

-- name: tool_call_answered
-- The tool call {call} in message {message} has no result.
SELECT m.id AS message, block ->> 'id' AS call
FROM messages m CROSS JOIN jsonb_array_elements(m.content) AS block
WHERE block ->> 'type' = 'tool_use' AND NOT EXISTS (
    SELECT FROM messages r CROSS JOIN jsonb_array_elements(r.content) AS result
    WHERE r.turn_id = m.turn_id AND r.role = 'tool' AND r.seq > m.seq
        AND result ->> 'type' = 'tool_result' AND result ->> 'tool_use_id' = block ->> 'id')

-- name: tool_result_asked_for
-- The result in message {message} answers the tool call {call}, which nobody made.
SELECT m.id AS message, block ->> 'tool_use_id' AS call
FROM messages m CROSS JOIN jsonb_array_elements(m.content) AS block
WHERE block ->> 'type' = 'tool_result' AND NOT EXISTS (
    SELECT FROM messages c CROSS JOIN jsonb_array_elements(c.content) AS called
    WHERE c.turn_id = m.turn_id AND c.role = 'assistant' AND c.seq < m.seq
        AND called ->> 'type' = 'tool_use' AND called ->> 'id' = block ->> 'tool_use_id')

-- name: place_unique
-- The place {seq} in the order is taken by {times} messages.
SELECT seq, count(*) AS times FROM messages GROUP BY seq HAVING count(*) > 1

-- name: order_follows_time
-- Message {message} was said before message {before}, and stands after it.
SELECT id AS message, before FROM (
    SELECT id, created_at, lag(created_at) OVER told AS at_before, lag(id) OVER told AS before
    FROM messages WINDOW told AS (PARTITION BY segment_id ORDER BY seq)
) AS placed
WHERE created_at < at_before

-- name: parent_before_child
-- Message {message} stands before the message {parent} that it answers.
SELECT m.id AS message, p.id AS parent
FROM messages m JOIN messages p ON p.id = m.parent_id WHERE p.seq >= m.seq

-- name: parent_exists
-- Message {message} answers the message {parent}, which is not there.
SELECT m.id AS message, m.parent_id AS parent
FROM messages m LEFT JOIN messages p ON p.id = m.parent_id AND p.continuum_id = m.continuum_id
WHERE m.parent_id IS NOT NULL AND p.id IS NULL

-- name: path_has_one_version
-- Of what follows message {message}, {versions} versions are on the path.
SELECT parent_id AS message, count(DISTINCT CASE role WHEN 'user' THEN id ELSE turn_id END)
    AS versions
FROM messages WHERE on_path AND parent_id IS NOT NULL GROUP BY parent_id, role = 'user'
HAVING count(DISTINCT CASE role WHEN 'user' THEN id ELSE turn_id END) > 1

-- name: path_is_a_chain
-- Message {message} is on the path, and the message {parent} that it follows is not.
SELECT m.id AS message, p.id AS parent
FROM messages m JOIN messages p ON p.id = m.parent_id WHERE m.on_path AND NOT p.on_path

-- name: message_in_a_segment
-- Message {message} belongs to no segment of its continuum.
SELECT m.id AS message
FROM messages m LEFT JOIN segments s ON s.id = m.segment_id AND s.continuum_id = m.continuum_id
WHERE s.id IS NULL

-- name: text_of_its_blocks
-- The text of message {message} is not that of its blocks.
SELECT m.id AS message
FROM messages m
WHERE m.text <> (
    SELECT coalesce(string_agg(block ->> 'text', E'\n\n' ORDER BY place), '')
    FROM jsonb_array_elements(m.content) WITH ORDINALITY AS blocks (block, place)
    WHERE block ->> 'type' = 'text')

-- name: segment_not_empty
-- Segment {segment} has no message.
SELECT s.id AS segment FROM segments s
WHERE NOT EXISTS (SELECT FROM messages m WHERE m.segment_id = s.id)

-- name: segment_begins_with_its_first
-- Segment {segment} begins at {said}, but its first message at {is}.
SELECT s.id AS segment, s.started_at AS said, min(m.created_at) AS is
FROM segments s JOIN messages m ON m.segment_id = s.id
GROUP BY s.id HAVING s.started_at <> min(m.created_at)

-- name: segment_ends_with_its_last
-- Segment {segment} says that its last message is of {said}; it is of {is}.
SELECT s.id AS segment, s.last_message_at AS said, max(m.created_at) AS is
FROM segments s JOIN messages m ON m.segment_id = s.id
GROUP BY s.id HAVING s.last_message_at <> max(m.created_at)

-- name: segment_counts_messages
-- Segment {segment} counts {said} messages; there are {are}.
SELECT s.id AS segment, s.message_count AS said,
    count(*) FILTER (WHERE m.role = 'user' OR m.role = 'assistant' AND m.text <> '') AS are
FROM segments s JOIN messages m ON m.segment_id = s.id AND m.on_path
GROUP BY s.id
HAVING s.message_count
    <> count(*) FILTER (WHERE m.role = 'user' OR m.role = 'assistant' AND m.text <> '')

-- name: segment_counts_turns
-- Segment {segment} says that the user spoke {said} times; it was {are}.
SELECT s.id AS segment, s.turns AS said, count(*) FILTER (WHERE m.role = 'user') AS are
FROM segments s JOIN messages m ON m.segment_id = s.id AND m.on_path
GROUP BY s.id HAVING s.turns <> count(*) FILTER (WHERE m.role = 'user')

-- name: segment_names_its_tools
-- Segment {segment} names the tools {said}; called were {are}.
SELECT s.id AS segment, s.tools_used AS said, used.tools AS are
FROM segments s CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT block ->> 'name' ORDER BY block ->> 'name'), '{}') AS tools
    FROM messages m CROSS JOIN jsonb_array_elements(m.content) AS block
    WHERE m.segment_id = s.id AND m.on_path AND block ->> 'type' = 'tool_use'
) AS used
WHERE ARRAY(SELECT unnest(s.tools_used) AS tool ORDER BY tool) <> used.tools

-- name: segments_apart
-- Segment {segment} begins before segment {before} has ended.
SELECT segment, before FROM (
    SELECT segment_id AS segment, min(seq) AS first, lag(max(seq)) OVER begun AS last_before,
        lag(segment_id) OVER begun AS before
    FROM messages GROUP BY segment_id WINDOW begun AS (ORDER BY min(seq))
) AS stretches
WHERE first < last_before

-- name: one_active_segment
-- Continuum {continuum} has {times} active segments.
SELECT continuum_id AS continuum, count(*) AS times
FROM segments WHERE status = 'active' GROUP BY continuum_id HAVING count(*) > 1

-- name: collapsed_segment_complete
-- Segment {segment} is collapsed without an end, a title or a summary.
SELECT id AS segment FROM segments
WHERE status = 'collapsed' AND (ended_at IS NULL OR title IS NULL OR summary IS NULL)

-- name: evidence_message_exists
-- Memory {memory} rests on message {message}, which is not there.
SELECT e.memory_id AS memory, e.message_id AS message
FROM memory_evidence e LEFT JOIN messages m ON m.id = e.message_id WHERE m.id IS NULL

-- name: evidence_memory_exists
-- Evidence in message {message} is of memory {memory}, which is not there.
SELECT e.memory_id AS memory, e.message_id AS message
FROM memory_evidence e LEFT JOIN memories m ON m.id = e.memory_id WHERE m.id IS NULL

-- name: evidence_inside_text
-- Memory {memory} rests on characters {start} to {end} of message {message}, which has {length}.
SELECT e.memory_id AS memory, e.message_id AS message, e.start_at AS start, e.end_at AS end,
    length(m.text) AS length
FROM memory_evidence e JOIN messages m ON m.id = e.message_id
WHERE e.start_at < 0 OR e.end_at <= e.start_at OR e.end_at > length(m.text)

-- name: evidence_says_something
-- Memory {memory} rests on blanks in message {message}.
SELECT e.memory_id AS memory, e.message_id AS message
FROM memory_evidence e JOIN messages m ON m.id = e.message_id
WHERE substr(m.text, e.start_at + 1, e.end_at - e.start_at) !~ '\S'

-- name: extracted_memory_has_evidence
-- Memory {memory} was drawn from what was said, and rests on nothing.
SELECT r.memory_id AS memory FROM memory_revisions r JOIN memories m ON m.id = r.memory_id
WHERE r.revision = 1 AND r.actor = 'extraction'
    AND NOT EXISTS (SELECT FROM memory_evidence e WHERE e.memory_id = r.memory_id)

-- name: revisions_gapless
-- The revisions of memory {memory} are {are}.
SELECT m.id AS memory, kept.numbers AS are
FROM memories m CROSS JOIN LATERAL (
    SELECT array_agg(r.revision ORDER BY r.revision) AS numbers
    FROM memory_revisions r WHERE r.memory_id = m.id
) AS kept
WHERE coalesce(kept.numbers <> ARRAY(SELECT generate_series(1, cardinality(kept.numbers))), true)

-- name: revision_of_a_memory
-- Revision {revision} is of memory {memory}, which is not there.
SELECT r.memory_id AS memory, r.revision
FROM memory_revisions r LEFT JOIN memories m ON m.id = r.memory_id
WHERE m.id IS NULL AND r.after IS NOT NULL AND r.revision = (
    SELECT max(revision) FROM memory_revisions newest WHERE newest.memory_id = r.memory_id)

-- name: standing_of_each_memory
-- Memory {memory} has no standing.
SELECT m.id AS memory FROM memories m LEFT JOIN memory_standing s ON s.memory_id = m.id
WHERE s.memory_id IS NULL

-- name: journal_of_a_run_that_ended
-- Run {run} is {state}, and changed {changes} rows.
SELECT r.id AS run, r.state, count(*) AS changes FROM runs r JOIN run_changes c ON c.run_id = r.id
WHERE r.state NOT IN ('done', 'undone') GROUP BY r.id

-- name: link_between_memories
-- Link {link} joins {source} and {target}, of which one is not there.
SELECT l.id AS link, l.source_id AS source, l.target_id AS target
FROM memory_links l LEFT JOIN memories s ON s.id = l.source_id
LEFT JOIN memories t ON t.id = l.target_id
WHERE s.id IS NULL OR t.id IS NULL

-- name: entity_of_a_memory
-- Entity {entity} is said to be in memory {memory}; one of them is not there.
SELECT me.entity_id AS entity, me.memory_id AS memory
FROM memory_entities me LEFT JOIN memories m ON m.id = me.memory_id
LEFT JOIN entities e ON e.id = me.entity_id
WHERE m.id IS NULL OR e.id IS NULL

-- name: deleted_memory_gone
-- Memory {memory} was deleted, and is there.
SELECT DISTINCT t.memory_id AS memory
FROM memory_tombstones t JOIN memories m ON m.id = t.memory_id

-- name: question_of_turn_exists
-- Turn {turn} answers the message {message}, which is not there or not the user's.
SELECT t.id AS turn, t.user_message_id AS message
FROM turns t LEFT JOIN messages m ON m.id = t.user_message_id AND m.role = 'user'
WHERE m.id IS NULL

-- name: answer_of_turn_exists
-- Turn {turn} names the answer {message}, which is not there or not its own.
SELECT t.id AS turn, t.assistant_message_id AS message
FROM turns t LEFT JOIN messages m
    ON m.id = t.assistant_message_id AND m.role = 'assistant' AND m.turn_id = t.id
WHERE t.assistant_message_id IS NOT NULL AND m.id IS NULL

-- name: completed_turn_answered
-- Turn {turn} is completed without an answer.
SELECT id AS turn FROM turns WHERE state = 'completed' AND assistant_message_id IS NULL

-- name: one_answer_a_turn
-- Turn {turn} has {times} answers.
SELECT m.turn_id AS turn, count(*) AS times FROM messages m
WHERE m.role = 'assistant' AND NOT m.content @> '[{"type": "tool_use"}]'
GROUP BY m.turn_id HAVING count(*) > 1

-- name: turn_of_message_exists
-- Message {message} is of turn {turn}, which is not there.
SELECT m.id AS message, m.turn_id AS turn
FROM messages m LEFT JOIN turns t ON t.id = m.turn_id
WHERE m.turn_id IS NOT NULL AND t.id IS NULL

-- name: answer_to_its_question
-- Message {message} is of turn {turn}, and does not answer that turn's question.
SELECT m.id AS message, t.id AS turn FROM messages m JOIN turns t ON t.id = m.turn_id
WHERE m.role <> 'user' AND m.parent_id IS DISTINCT FROM t.user_message_id

-- name: ended_turn_has_an_end
-- Turn {turn} is {state}, and its end is {end}.
SELECT id AS turn, state, coalesce(finished_at::text, 'open') AS end FROM turns
WHERE (state = 'running') <> (finished_at IS NULL)

-- name: failed_turn_says_why
-- Turn {turn} failed without a reason.
SELECT id AS turn FROM turns WHERE state = 'failed' AND error IS NULL

-- name: key_of_one_turn
-- The key "{key}" began {times} turns.
SELECT idempotency_key AS key, count(*) AS times
FROM turns WHERE idempotency_key IS NOT NULL GROUP BY idempotency_key HAVING count(*) > 1

-- name: embedding_of_its_model
-- A vector of {table} {id} stands without its model, or a model without its vector.
SELECT 'messages' AS "table", id FROM messages WHERE (embedding IS NULL) <> (embedding_model IS NULL)
UNION ALL
SELECT 'memories', id FROM memories WHERE (embedding IS NULL) <> (embedding_model IS NULL)
UNION ALL
SELECT 'segments', id FROM segments WHERE (embedding IS NULL) <> (embedding_model IS NULL)

-- name: embedding_has_its_dimensions
-- The vector of {table} {id} has {dimensions} numbers and the length {length}; 384 and 1 are right.
SELECT "table", id, vector_dims(embedding) AS dimensions, round(l2_norm(embedding)::numeric, 3) AS length
FROM (
    SELECT 'messages' AS "table", id, embedding FROM messages
    UNION ALL SELECT 'memories', id, embedding FROM memories
    UNION ALL SELECT 'segments', id, embedding FROM segments
) AS every
WHERE vector_dims(embedding) <> coalesce(
    (SELECT dimensions FROM embedding_models WHERE place = 'standing'), 384) OR abs(l2_norm(embedding) - 1) > 0.01

-- name: job_ended_rightly
-- Job {job} is {state}, with end {end}, error {error}, progress {progress} and {done} of {total} done.
SELECT id AS job, state, coalesce(finished_at::text, 'open') AS end, error IS NOT NULL AS error,
    progress, done, total
FROM jobs
WHERE state NOT IN ('queued', 'running', 'done', 'failed')
    OR (state IN ('done', 'failed')) <> (finished_at IS NOT NULL)
    OR (state = 'failed') <> (error IS NOT NULL)
    OR progress NOT BETWEEN 0 AND 1 OR done > total

-- name: run_ended_rightly
-- Run {run} is {state}, with end {end}.
SELECT id AS run, state, coalesce(finished_at::text, 'open') AS end FROM runs
WHERE state NOT IN ('running', 'done', 'failed', 'undone')
    OR (state = 'running') <> (finished_at IS NULL)

-- name: pending_text_of_a_kind
-- The text index is told of a change to {kind} {item}, which it does not know.
SELECT kind, item_id AS item FROM text_changes
WHERE kind NOT IN ('message', 'memory', 'segment', 'neighbours')

-- name: knowledge_versions_without_a_gap
-- The block {label} holds version {version}, and {versions} are there.
SELECT b.label, b.version, count(v.version) AS versions
FROM knowledge_blocks b LEFT JOIN knowledge_versions v ON v.block_id = b.id
GROUP BY b.id HAVING count(v.version) <> b.version OR max(v.version) <> b.version

-- name: knowledge_block_has_a_mark
-- The block {label} does not know which turns it has taken in.
SELECT b.label FROM knowledge_blocks b LEFT JOIN knowledge_marks m ON m.block_id = b.id
WHERE m.block_id IS NULL

-- name: user_information_drawn_from_what_is_there
-- What is known about the user is drawn from the memory {memory}, which is gone.
SELECT drawn.id AS memory FROM user_information u CROSS JOIN unnest(u.memory_ids) AS drawn (id)
WHERE NOT u.by_hand AND NOT EXISTS (SELECT FROM memories m WHERE m.id = drawn.id)

-- name: at_rest_no_turn_runs
-- Turn {turn} is left running.
SELECT id AS turn FROM turns WHERE state = 'running'

-- name: at_rest_no_job_runs
-- Job {job} ({name}) is left {state}.
SELECT id AS job, name, state FROM jobs WHERE state IN ('queued', 'running')
