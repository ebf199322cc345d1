-- name: one_at_a_time
SELECT pg_advisory_xact_lock(hashtext('mira: what is remembered'))

-- name: hold_run
SELECT job, state, final FROM runs WHERE id = %(run_id)s FOR UPDATE

-- name: known
SELECT id FROM runs WHERE id = %(run_id)s

-- name: runs
SELECT * FROM runs
WHERE (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s::uuid[]))
    AND (%(job)s::text IS NULL OR job = %(job)s)
    AND (%(below_at)s::timestamptz IS NULL
        OR (started_at, id) < (%(below_at)s, %(below_id)s::uuid))
ORDER BY started_at DESC, id DESC LIMIT %(limit)s

-- name: revisions_of
SELECT run_id, memory_id, revision, change, before, after, of_run FROM (
    SELECT *, count(*) OVER (PARTITION BY run_id) AS of_run,
        row_number() OVER (PARTITION BY run_id ORDER BY at, memory_id, revision) AS place
    FROM memory_revisions WHERE run_id = ANY (%(ids)s::uuid[])
) AS numbered
WHERE place <= %(most)s::bigint OR %(most)s::bigint IS NULL
ORDER BY at, memory_id, revision

-- name: scores
SELECT memory_id, before, after FROM run_scores
WHERE run_id = %(run_id)s AND (%(beyond)s::uuid IS NULL OR memory_id > %(beyond)s::uuid)
ORDER BY memory_id LIMIT %(limit)s

-- name: sections
-- What runs made of the section on the user, as their own journal has it.
SELECT c.run_id, c.before ->> 'text' AS before, c.after ->> 'text' AS after
FROM run_changes c JOIN runs r ON r.id = c.run_id AND r.job = 'user_information'
WHERE c.run_id = ANY (%(ids)s::uuid[]) AND c.place = 'user_information'
    AND c.after ->> 'run_id' = c.run_id::text

-- name: abandon
UPDATE runs SET state = 'failed', finished_at = %(at)s,
    summary = 'MIRA was stopped while this ran: nothing of it was kept, and it is done anew.'
WHERE state = 'running'

-- name: changes
SELECT seq, place, key, before, after FROM run_changes WHERE run_id = %(run_id)s ORDER BY seq

-- name: twins
-- Entities of a run's rows that are gone, and those that came under the same name since.
WITH gone AS MATERIALIZED (
    SELECT DISTINCT coalesce(key ->> 'entity_id', key ->> 'id') AS id FROM run_changes c
    WHERE run_id = %(run_id)s AND place IN ('entities', 'memory_entities', 'entity_aliases')
        AND NOT EXISTS (SELECT FROM entities e
            WHERE e.id = coalesce(c.key ->> 'entity_id', c.key ->> 'id')::uuid)
)
SELECT DISTINCT ON (gone.id) gone.id AS was, e.id::text AS becomes FROM gone
JOIN run_changes noted ON noted.place = 'entities' AND noted.key ->> 'id' = gone.id
CROSS JOIN LATERAL (SELECT coalesce(noted.after, noted.before) AS image) AS whole
JOIN entities e ON e.user_id = (image ->> 'user_id')::uuid AND e.name = image ->> 'name'
    AND e.kind = image ->> 'kind'
ORDER BY gone.id, noted.seq

-- name: rename
UPDATE run_changes SET key = replace(key::text, %(was)s, %(becomes)s)::jsonb,
    before = replace(before::text, %(was)s, %(becomes)s)::jsonb,
    after = replace(after::text, %(was)s, %(becomes)s)::jsonb
WHERE place IN ('entities', 'memory_entities', 'entity_aliases')
    AND %(was)s IN (key ->> 'entity_id', key ->> 'id')

-- name: overtaken_by_runs
-- Later runs that stand, and touched what this one brought into being.
SELECT DISTINCT later.run_id, r.job FROM run_changes mine
JOIN run_changes later ON later.memory_ids && mine.memory_ids AND later.seq > mine.seq
    AND later.run_id <> mine.run_id AND later.place <> 'user_information'
JOIN runs r ON r.id = later.run_id AND r.state = 'done' AND r.job <> 'decay'
WHERE mine.run_id = %(run_id)s AND mine.place = 'memories' AND mine.before IS NULL

-- name: linked_by_hand
-- What the user tied to a memory that this run brought into being; or what that memory supersedes
-- by the user's word, for nothing would supersede it after. Other links go with the memory.
SELECT DISTINCT l.id FROM run_changes mine
JOIN memory_links l ON l.source_id = mine.memory_ids[1] OR l.target_id = mine.memory_ids[1]
WHERE mine.run_id = %(run_id)s AND mine.place = 'memories' AND mine.before IS NULL
    AND l.run_id IS NULL AND (l.reason = %(by_hand)s
        OR l.kind = 'supersedes' AND l.source_id = mine.memory_ids[1])

-- name: sources_lost
-- What the run made others of and is deleted since, so that these alone hold what it said, or that
-- nothing can be made of it again. The journal let go of it; the run's decisions name it.
SELECT source.id FROM runs r CROSS JOIN LATERAL jsonb_array_elements(r.decisions) AS told
CROSS JOIN LATERAL jsonb_array_elements_text(
    coalesce(told -> 'sources', jsonb_build_array(told -> 'memory_id'))) AS source (id)
WHERE r.id = %(run_id)s AND told ->> 'decision' IN ('merged', 'merge', 'split')
    AND NOT EXISTS (SELECT FROM memories m WHERE m.id = source.id::uuid)
    AND (%(again)s OR EXISTS (SELECT FROM jsonb_array_elements_text(
            coalesce(told -> 'memory_ids', jsonb_build_array(told -> 'memory_id'))) AS made (id)
        JOIN memories m ON m.id = made.id::uuid))
    AND source.id IS NOT NULL
ORDER BY source.id

-- name: scores_overtaken
SELECT count(*) AS overtaken FROM run_scores r JOIN memory_standing s USING (memory_id)
WHERE r.run_id = %(run_id)s
    AND s.importance <> CASE WHEN %(undo)s THEN r.after ELSE r.before END

-- name: turn_scores
UPDATE memory_standing s
SET importance = CASE WHEN %(undo)s THEN r.before ELSE r.after END
FROM run_scores r WHERE r.run_id = %(run_id)s AND r.memory_id = s.memory_id

-- name: keep_image
UPDATE run_changes SET after = %(image)s::jsonb WHERE seq = %(seq)s

-- name: own_revisions
-- What the run itself did to memories, in order; neither its undoing nor its repetition.
SELECT memory_id, change, before, after FROM memory_revisions
WHERE run_id = %(run_id)s AND NOT replay AND EXISTS (SELECT FROM run_changes c
    WHERE c.run_id = %(run_id)s AND c.memory_ids @> ARRAY[memory_revisions.memory_id])
ORDER BY revision, memory_id

-- name: replay_revision
INSERT INTO memory_revisions (memory_id, revision, at, actor, change, before, after, run_id, replay)
SELECT %(memory_id)s, max(revision) + 1, %(at)s, 'user', %(change)s, %(before)s::jsonb,
    %(after)s::jsonb, %(run_id)s, true
FROM memory_revisions WHERE memory_id = %(memory_id)s HAVING count(*) > 0

-- name: set_state
UPDATE runs SET state = %(state)s WHERE id = %(run_id)s
