-- name: unhurried
SELECT set_config('statement_timeout', '0', true)

-- name: hold
SELECT pg_advisory_xact_lock(hashtext('mira: what is remembered'))

-- name: rescore
-- Rows are held in the order in which counting a use holds them.
WITH scored AS (
    SELECT id, importance, round(memory_importance(age, fresh, idle, cited + %(surfaced_weight)s::float8 * surfaced,
        links, extract(epoch FROM happens_at - %(now)s)::float8 / 86400,
        coalesce(expires_at <= %(now)s, false), %(free_days)s, %(half_life_days)s::float8)::numeric, 3) AS worth
    FROM memory_standings
), held AS (
    SELECT memory_id, worth FROM scored JOIN memory_standing ON memory_id = id
    WHERE scored.importance <> worth
    ORDER BY memory_id FOR NO KEY UPDATE OF memory_standing
)
UPDATE memory_standing SET importance = worth FROM held
WHERE memory_standing.memory_id = held.memory_id

-- name: drop_scores
WITH old AS (
    UPDATE runs SET final = true
    WHERE job = %(job)s AND started_at < %(before)s AND NOT final RETURNING id
)
DELETE FROM run_scores WHERE run_id IN (SELECT id FROM old)

-- name: sinking
-- Those that may have sunk so many active days on, in that time: by importance, or for a date.
-- What the user had a hand in, be it by taking a night back, is left alone as long as after a use.
SELECT id, state, pinned, happens_at, expires_at, surfaced, cited, links, today, born, accessed,
    youngest
FROM memory_standings
WHERE state IN ('active', 'dormant') AND NOT pinned AND id > %(after)s::uuid
    AND (happens_at > %(now)s OR memory_importance(age + %(days)s, fresh + %(days)s, idle + %(days)s,
        cited + %(surfaced_weight)s::float8 * surfaced, links,
        extract(epoch FROM happens_at - %(then)s)::float8 / 86400,
        coalesce(expires_at <= %(then)s, false), %(free_days)s, %(half_life_days)s::float8)
        < CASE state WHEN 'active' THEN %(dormant_below)s ELSE %(archived_below)s END::float8)
    AND NOT EXISTS (SELECT FROM memory_revisions r
        WHERE r.memory_id = memory_standings.id AND r.actor = 'user'
            AND %(days)s + (SELECT count(*) FROM user_activity_days d
                WHERE d.first_message_at > r.at) < %(free_days)s)
ORDER BY id LIMIT %(limit)s

-- name: sink
-- Where a memory is not as it was when that was decided, it stays.
WITH held AS (
    SELECT id FROM memories WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR UPDATE
), moved AS (
    UPDATE memories SET state = asked.becomes,
        dormant_at = CASE asked.becomes WHEN 'dormant' THEN %(at)s::timestamptz END,
        archived_at = CASE asked.becomes WHEN 'archived' THEN %(at)s::timestamptz END
    FROM unnest(%(ids)s::uuid[], %(was)s::text[], %(becomes)s::text[]) AS asked (id, was, becomes)
    JOIN held USING (id)
    WHERE memories.id = asked.id AND memories.state = asked.was AND NOT memories.pinned
    RETURNING memories.id, asked.was, asked.becomes
)
INSERT INTO memory_revisions (memory_id, revision, at, actor, change, before, after, run_id)
SELECT id, 1 + (SELECT max(revision) FROM memory_revisions r WHERE r.memory_id = id), %(at)s,
    'decay', CASE becomes WHEN 'dormant' THEN 'fell asleep unused' ELSE 'put away unused' END,
    jsonb_build_object('state', was), jsonb_build_object('state', becomes), %(run_id)s
FROM moved
RETURNING memory_id

-- name: put_away
-- In the archive for so long, and of no importance any more.
SELECT id, archived_at, pinned, score,
    CASE WHEN announced_at >= archived_at THEN announced_at END AS announced_at,
    (SELECT count(*) FROM user_activity_days d WHERE d.first_message_at > archived_at)::int
        AS active_days
FROM (
    SELECT m.id, m.archived_at, m.pinned, m.deletion_announced_at AS announced_at,
        memory_importance(age, fresh, idle, cited + %(surfaced_weight)s::float8 * surfaced, links,
            extract(epoch FROM s.happens_at - %(now)s)::float8 / 86400,
            coalesce(s.expires_at <= %(now)s, false), %(free_days)s, %(half_life_days)s::float8) AS score
    FROM memories m JOIN memory_standings s USING (id)
    WHERE m.state = 'archived' AND NOT m.pinned AND m.archived_at <= %(archived_before)s
) AS archived
WHERE score < %(archived_below)s
ORDER BY archived_at, id LIMIT %(limit)s

-- name: announce
UPDATE memories SET deletion_announced_at = %(at)s WHERE id = ANY (%(ids)s::uuid[])

-- name: texts
SELECT id, text FROM memories WHERE id = ANY (%(ids)s::uuid[])

-- name: rhythm
SELECT count(*) FILTER (WHERE first_message_at > %(now)s - make_interval(days => %(window)s))::int
        AS active_days,
    coalesce(ceil(extract(epoch FROM %(now)s - min(first_message_at)) / 86400), 0)::int
        AS known_days
FROM user_activity_days

-- name: active_day
SELECT cumulative_activity_days AS today FROM users
