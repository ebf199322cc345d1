-- How each invariant is broken, past foreign keys and triggers: one for every query of
-- `invariants.sql`, in its order. The comment is what a breach is then told with.

-- name: acknowledged_message_kept
-- acknowledged message "My sister Anna lives in Leeds." of turn
DELETE FROM messages WHERE id = (SELECT id FROM messages ORDER BY seq LIMIT 1)

-- name: message_stored_once
-- "My sister Anna lives in Leeds." was sent once and stands 2
INSERT INTO messages (id, continuum_id, segment_id, turn_id, parent_id, role, content, text,
    status, created_at)
SELECT gen_random_uuid(), continuum_id, segment_id, turn_id, parent_id,
    role, content, text, status, created_at
FROM messages WHERE id = (SELECT id FROM messages ORDER BY seq LIMIT 1)

-- name: messages_stand_as_sent
-- "And my brother in Bath." was sent after "My sister Anna lives in Leeds." and stands before it
ALTER TABLE messages ALTER seq DROP IDENTITY;
UPDATE messages SET seq = 1000 WHERE id = (SELECT id FROM messages ORDER BY seq LIMIT 1)

-- name: answer_kept
-- was told as complete, and is lost
DELETE FROM messages WHERE text = 'I see.'

-- name: told_tool_call_accounted_for
-- which is completed, and has neither a result nor an interruption
DELETE FROM messages WHERE role = 'tool'

-- name: tool_call_answered
-- has no result
DELETE FROM messages WHERE role = 'tool'

-- name: tool_result_asked_for
-- which nobody made
DELETE FROM messages WHERE content @> '[{"type": "tool_use"}]'

-- name: place_unique
-- The place 7 in the order is taken by 3 messages
ALTER TABLE messages ALTER seq DROP IDENTITY;
DROP INDEX messages_by_seq;
UPDATE messages SET seq = 7 WHERE text = 'I see.'

-- name: order_follows_time
-- was said before message
UPDATE messages SET created_at = created_at - interval '1 day'
WHERE id = (SELECT id FROM messages ORDER BY seq DESC LIMIT 1)

-- name: parent_before_child
-- stands before the message
UPDATE messages SET parent_id = (SELECT id FROM messages ORDER BY seq DESC LIMIT 1)
WHERE id = (SELECT id FROM messages ORDER BY seq LIMIT 1)

-- name: parent_exists
-- answers the message 00000000-0000-4000-8000-000000000000, which is not there
UPDATE messages SET parent_id = '00000000-0000-4000-8000-000000000000'
WHERE id = (SELECT id FROM messages ORDER BY seq DESC LIMIT 1)

-- name: path_has_one_version
-- , 2 versions are on the path
UPDATE messages SET turn_id = gen_random_uuid() WHERE text = 'I see.'

-- name: path_is_a_chain
-- is on the path, and the message
UPDATE messages SET on_path = false, left_path_at = now() WHERE role = 'user'

-- name: message_in_a_segment
-- belongs to no segment
UPDATE messages SET segment_id = '00000000-0000-4000-8000-000000000000'
WHERE id = (SELECT id FROM messages ORDER BY seq DESC LIMIT 1)

-- name: text_of_its_blocks
-- is not that of its blocks
UPDATE messages SET text = 'else' WHERE id = (SELECT id FROM messages ORDER BY seq DESC LIMIT 1)

-- name: segment_not_empty
-- has no message
DELETE FROM messages

-- name: segment_begins_with_its_first
-- but its first message at
UPDATE segments SET started_at = started_at - interval '1 hour'

-- name: segment_ends_with_its_last
-- says that its last message is of
UPDATE segments SET last_message_at = last_message_at + interval '1 hour'

-- name: segment_counts_messages
-- counts 9 messages; there are 3
UPDATE segments SET message_count = 9

-- name: segment_counts_turns
-- spoke 9 times; it was 1
UPDATE segments SET turns = 9

-- name: segment_names_its_tools
-- names the tools ['other_tool']; called were ['search_tool']
UPDATE segments SET tools_used = '{other_tool}'

-- name: segments_apart
-- has ended
UPDATE messages SET segment_id = (SELECT id FROM segments
WHERE status = 'collapsed') WHERE id = (SELECT id FROM messages ORDER BY seq DESC LIMIT 1)

-- name: one_active_segment
-- has 2 active segments
DROP INDEX one_active_segment;
UPDATE segments SET status = 'active', collapsed_at = NULL

-- name: collapsed_segment_complete
-- is collapsed without
UPDATE segments SET title = NULL WHERE status = 'collapsed'

-- name: evidence_message_exists
-- rests on message
DELETE FROM messages WHERE id = (SELECT id FROM messages ORDER BY seq LIMIT 1)

-- name: evidence_memory_exists
-- Evidence in message
DELETE FROM memories

-- name: evidence_inside_text
-- rests on characters 0 to 1000 of message
UPDATE memory_evidence SET end_at = 1000

-- name: evidence_says_something
-- rests on blanks
UPDATE memory_evidence SET start_at = 2, end_at = 3

-- name: extracted_memory_has_evidence
-- rests on nothing
DELETE FROM memory_evidence

-- name: revisions_gapless
-- are [2].
UPDATE memory_revisions SET revision = 2

-- name: revision_of_a_memory
-- Revision 1 is of memory
DELETE FROM memories

-- name: standing_of_each_memory
-- has no standing.
DELETE FROM memory_standing

-- name: journal_of_a_run_that_ended
-- is failed, and changed 1 rows.
INSERT INTO runs (id, job, state, started_at, finished_at)
VALUES ('00000000-0000-4000-8000-000000000001', 'link', 'failed', now(), now());
INSERT INTO run_changes (run_id, place, key, memory_ids)
VALUES ('00000000-0000-4000-8000-000000000001', 'memories', '{}', '{}')

-- name: link_between_memories
-- of which one is not there
DELETE FROM memories WHERE id = (SELECT target_id FROM memory_links)

-- name: entity_of_a_memory
-- one of them is not there
DELETE FROM entities

-- name: deleted_memory_gone
-- was deleted, and is there
INSERT INTO memory_tombstones SELECT id, 'x', now() FROM memories

-- name: question_of_turn_exists
-- which is not there or not the user's
DELETE FROM messages WHERE id = (SELECT id FROM messages ORDER BY seq LIMIT 1)

-- name: answer_of_turn_exists
-- names the answer
DELETE FROM messages WHERE text = 'I see.'

-- name: completed_turn_answered
-- is completed without an answer
UPDATE turns SET assistant_message_id = NULL

-- name: one_answer_a_turn
-- has 2 answers
INSERT INTO messages (id, continuum_id, segment_id, turn_id, parent_id, role, content, text,
    status, created_at)
SELECT gen_random_uuid(), continuum_id, segment_id, turn_id, parent_id,
    role, content, text, status, created_at
FROM messages WHERE text = 'I see.'

-- name: turn_of_message_exists
-- which is not there.
DELETE FROM turns

-- name: answer_to_its_question
-- does not answer that turn's question
UPDATE messages SET parent_id = NULL WHERE text = 'I see.'

-- name: ended_turn_has_an_end
-- is completed, and its end is open
UPDATE turns SET finished_at = NULL

-- name: failed_turn_says_why
-- failed without a reason
UPDATE turns SET state = 'failed'

-- name: key_of_one_turn
-- The key "k1" began 2 turns
ALTER TABLE turns DROP CONSTRAINT turns_idempotency_key_key;
UPDATE turns SET idempotency_key = 'k1'

-- name: embedding_of_its_model
-- A vector of memories
UPDATE memories SET embedding_model = NULL

-- name: embedding_has_its_dimensions
-- has 2 numbers and the length 1.0
DROP INDEX segments_by_vector;
ALTER TABLE segments ALTER embedding TYPE halfvec;
UPDATE segments SET embedding = '[1,0]', embedding_model = 'fake'

-- name: job_ended_rightly
-- is done, with end open
UPDATE jobs SET finished_at = NULL

-- name: run_ended_rightly
-- is done, with end open
INSERT INTO runs (id, job, state, started_at, finished_at) VALUES (gen_random_uuid(), 'extract', 'done', now(), NULL)

-- name: pending_text_of_a_kind
-- told of a change to poem
INSERT INTO text_changes (kind, item_id) VALUES ('poem', gen_random_uuid())

-- name: knowledge_versions_without_a_gap
-- The block rye holds version 2, and 1 are there
DELETE FROM knowledge_versions WHERE version = 1

-- name: knowledge_block_has_a_mark
-- The block rye does not know which turns
DELETE FROM knowledge_marks

-- name: user_information_drawn_from_what_is_there
-- is drawn from the memory
INSERT INTO user_information (text, by_hand, updated_at, memory_ids, basis, run_id)
VALUES ('Tea.', false, now(), ARRAY[gen_random_uuid()], '', gen_random_uuid())

-- name: at_rest_no_turn_runs
-- is left running
UPDATE turns SET state = 'running', finished_at = NULL

-- name: at_rest_no_job_runs
-- (collapse) is left queued
UPDATE jobs SET state = 'queued', finished_at = NULL
