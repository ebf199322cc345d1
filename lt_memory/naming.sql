-- prepared: named
-- Who is meant by a name: first whoever is called just so, then who is called so but for case,
-- diacritics and the like or by an alias, then the only person with that first name. An alias that
-- is the first name of several is nobody's. A first name alone is borne out by time or company.
WITH asked AS (
    SELECT entity_key(%(name)s, %(kind)s) AS key, entity_key(%(name)s, '') AS plain
), found AS (
    SELECT id, 0 AS rank FROM entities WHERE name = %(name)s AND kind = %(kind)s
    UNION ALL
    SELECT e.id, 1 FROM asked JOIN entities e
        ON e.kind = %(kind)s AND entity_key(e.name, e.kind) = asked.key
    UNION ALL
    SELECT e.id, 1 FROM asked JOIN entity_aliases a ON entity_key(a.name, '') = asked.plain
    JOIN entities e ON e.id = a.entity_id AND e.kind = %(kind)s
    WHERE strpos(asked.key, ' ') > 0 OR %(kind)s <> 'person' OR (SELECT count(*) FROM entities f
        WHERE f.kind = 'person' AND split_part(entity_key(f.name, f.kind), ' ', 1) = asked.key
            AND strpos(entity_key(f.name, f.kind), ' ') > 0) <= 1
    UNION ALL
    SELECT e.id, 2 FROM asked JOIN entities e ON e.kind = 'person' AND %(kind)s = 'person'
        AND split_part(entity_key(e.name, e.kind), ' ', 1) = asked.key
        AND strpos(entity_key(e.name, e.kind), ' ') > 0
)
SELECT DISTINCT id, rank, rank < 2 OR may_mean(%(memory_id)s, id) AS borne_out FROM found
WHERE rank = (SELECT min(rank) FROM found) AND %(name)s ~ '\w'
LIMIT 2

-- prepared: add_entity
INSERT INTO entities (id, user_id, name, kind, created_at)
VALUES (%(id)s, %(user_id)s, %(name)s, %(kind)s, %(at)s)
ON CONFLICT (user_id, name, kind) DO UPDATE SET name = excluded.name
RETURNING id

-- prepared: wake
UPDATE entities SET archived_at = NULL WHERE id = %(id)s AND archived_at IS NOT NULL

-- prepared: add_alias
INSERT INTO entity_aliases (entity_id, name)
SELECT id, %(name)s FROM entities WHERE id = %(id)s AND name <> %(name)s
ON CONFLICT DO NOTHING

-- prepared: add_memory_entity
-- With one more memory its company is another: it is held against the names like it again.
WITH gained AS (
    INSERT INTO memory_entities (memory_id, entity_id) VALUES (%(memory_id)s, %(entity_id)s)
    ON CONFLICT DO NOTHING RETURNING entity_id
)
DELETE FROM examined_entities x USING gained WHERE x.entity_id = gained.entity_id

-- name: entity_ids_of
SELECT DISTINCT entity_id FROM memory_entities WHERE memory_id = ANY (%(ids)s::uuid[])

-- name: still_named
-- Which of these a text still names, and by which of their names.
SELECT e.id, called.name FROM entities e CROSS JOIN LATERAL (
    SELECT e.name UNION SELECT a.name FROM entity_aliases a WHERE a.entity_id = e.id
) AS called
WHERE e.id = ANY (%(entity_ids)s::uuid[])
    AND regexp_replace(replace(%(text)s, '’', ''''), '\s+', ' ', 'g')
        ~ ('(?<!\w)' || regexp_replace(called.name, '(\W)', '\\\1', 'g') || '(?!\w)')
ORDER BY e.id, called.name

-- name: keep_past_names
INSERT INTO past_names (memory_id, until, names)
SELECT m.id, %(until)s, coalesce((
    SELECT jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'name', said.name))
    FROM memory_entities me JOIN entities e ON e.id = me.entity_id
    LEFT JOIN LATERAL (
        SELECT called.name FROM (
            SELECT e.name UNION SELECT a.name FROM entity_aliases a WHERE a.entity_id = e.id
        ) AS called
        WHERE strpos(lower(m.text), lower(called.name)) > 0
        ORDER BY length(called.name) DESC, called.name LIMIT 1
    ) AS said ON true
    WHERE me.memory_id = m.id
), '[]')
FROM memories m WHERE m.id = %(memory_id)s
ON CONFLICT DO NOTHING -- two wordings of one instant: the first was before it

-- name: erase_past_names
DELETE FROM past_names WHERE memory_id = %(memory_id)s

-- name: forget_entities_of
DELETE FROM memory_entities WHERE memory_id = %(memory_id)s

-- name: forget_orphaned_entities
DELETE FROM entities e
WHERE e.id = ANY(%(entity_ids)s::uuid[])
    AND NOT EXISTS (SELECT 1 FROM memory_entities m WHERE m.entity_id = e.id)

-- name: rename_unsaid
-- A name that no memory of it says any more gives way to the longest alias that one does say.
UPDATE entities e SET name = said.name
FROM (
    SELECT DISTINCT ON (a.entity_id) a.entity_id, a.name FROM entity_aliases a
    JOIN memory_entities me USING (entity_id) JOIN memories m ON m.id = me.memory_id
    WHERE a.entity_id = ANY (%(entity_ids)s::uuid[]) AND strpos(lower(m.text), lower(a.name)) > 0
    ORDER BY a.entity_id, length(a.name) DESC, a.name
) AS said
WHERE e.id = said.entity_id
    AND NOT EXISTS (SELECT FROM memory_entities me JOIN memories m ON m.id = me.memory_id
        WHERE me.entity_id = e.id AND strpos(lower(m.text), lower(e.name)) > 0)
    AND NOT EXISTS (SELECT FROM entities x
        WHERE x.user_id = e.user_id AND x.name = said.name AND x.kind = e.kind)

-- name: forget_unsaid_aliases
DELETE FROM entity_aliases a USING entities e
WHERE e.id = a.entity_id AND a.entity_id = ANY (%(entity_ids)s::uuid[])
    AND (a.name = e.name OR NOT EXISTS (
        SELECT FROM memory_entities me JOIN memories m ON m.id = me.memory_id
        WHERE me.entity_id = a.entity_id AND strpos(lower(m.text), lower(a.name)) > 0))

-- name: unembedded
SELECT count(*) AS waiting FROM entities
WHERE archived_at IS NULL AND embedding_model IS DISTINCT FROM %(model)s

-- name: spelt_alike
WITH keyed AS MATERIALIZED (SELECT id, kind, entity_key(name, kind) AS key FROM entities)
SELECT a.id AS one, b.id AS other
FROM keyed a JOIN keyed b ON b.kind = a.kind AND b.key = a.key AND a.id < b.id
WHERE a.key <> '' AND NOT EXISTS (SELECT FROM judged_names j WHERE j.one = a.id AND j.other = b.id)
ORDER BY a.id, b.id LIMIT %(limit)s

-- name: first_names
-- A bare first name, and the only person who is known by it in full, where time or company bears
-- that out.
WITH keyed AS MATERIALIZED (
    SELECT id, entity_key(name, kind) AS key FROM entities WHERE kind = 'person'
)
SELECT a.id AS one, (array_agg(b.id ORDER BY b.id))[1] AS other
FROM keyed a JOIN keyed b ON split_part(b.key, ' ', 1) = a.key AND strpos(b.key, ' ') > 0
WHERE a.key <> ''
GROUP BY a.id
HAVING count(*) = 1 AND NOT bool_or(EXISTS (SELECT FROM judged_names j
    WHERE j.one = least(a.id, b.id) AND j.other = greatest(a.id, b.id)))
    AND bool_and(EXISTS (SELECT FROM memory_entities x
        WHERE x.entity_id = a.id AND may_mean(x.memory_id, b.id)))
ORDER BY a.id LIMIT %(limit)s

-- name: unexamined
SELECT e.id FROM entities e
WHERE e.embedding_model = %(model)s AND e.archived_at IS NULL
    AND NOT EXISTS (SELECT FROM examined_entities x WHERE x.entity_id = e.id)
ORDER BY e.created_at DESC, e.id LIMIT %(limit)s

-- name: near
SELECT asked.id AS one, near.id AS other, near.score AS vector
FROM entities asked CROSS JOIN LATERAL (
    SELECT e.id, 1 - (e.embedding <=> asked.embedding) AS score FROM entities e
    WHERE e.id <> asked.id AND e.kind = asked.kind AND e.embedding_model = asked.embedding_model
    ORDER BY e.embedding <=> asked.embedding LIMIT %(limit)s
) AS near
WHERE asked.id = ANY (%(ids)s::uuid[]) AND near.score >= %(least)s
    AND NOT EXISTS (SELECT FROM judged_names j
        WHERE j.one = least(asked.id, near.id) AND j.other = greatest(asked.id, near.id))
ORDER BY asked.id, near.score DESC, near.id

-- name: company
SELECT asked.one, asked.other,
    (SELECT count(*) FROM memory_entities x JOIN memory_entities y USING (memory_id)
     WHERE x.entity_id = asked.one AND y.entity_id = asked.other)::float8
    / greatest(1, (SELECT count(DISTINCT memory_id) FROM memory_entities
        WHERE entity_id IN (asked.one, asked.other))) AS company
FROM unnest(%(one)s::uuid[], %(other)s::uuid[]) AS asked (one, other)

-- name: known
SELECT e.id, e.name, e.kind, entity_key(e.name, e.kind) AS key, e.created_at FROM entities e
WHERE e.id = ANY (%(ids)s::uuid[])

-- name: hold
SELECT id FROM entities WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR UPDATE

-- name: linkless
SELECT e.id FROM entities e
WHERE e.archived_at IS NULL
    AND NOT EXISTS (SELECT FROM memory_entities me JOIN memories m ON m.id = me.memory_id
        WHERE me.entity_id = e.id AND m.state <> 'archived')
    AND NOT EXISTS (SELECT FROM judged_names j WHERE j.one = e.id AND j.other = e.id)
ORDER BY e.id LIMIT %(limit)s

-- name: dormant
-- Those of few memories, of which none was made for so many active days; each reviewed once.
SELECT e.id FROM entities e
JOIN memory_entities me ON me.entity_id = e.id
JOIN memories m ON m.id = me.memory_id AND m.state <> 'archived'
JOIN users u ON u.id = e.user_id
WHERE e.archived_at IS NULL
GROUP BY e.id, u.cumulative_activity_days
HAVING count(*) BETWEEN 1 AND %(most_links)s
    AND u.cumulative_activity_days - max(m.activity_days_at_creation) >= %(days)s
    AND NOT EXISTS (SELECT FROM judged_names j
        WHERE j.one = e.id AND j.other = e.id AND j.at >= max(m.created_at))
ORDER BY max(m.created_at), e.id LIMIT %(limit)s

-- name: unread_twice
-- Names about which two answers or more could not be read.
SELECT name AS id FROM runs CROSS JOIN LATERAL jsonb_array_elements(decisions) AS told
    CROSS JOIN LATERAL jsonb_array_elements_text(told -> 'entity_ids') AS name
WHERE job = 'entity_gc' AND told ->> 'decision' = 'unfit'
GROUP BY name HAVING count(*) >= 2

-- name: texts
SELECT asked.id, said.text FROM unnest(%(ids)s::uuid[]) AS asked (id) CROSS JOIN LATERAL (
    SELECT m.text FROM memory_entities me JOIN memories m ON m.id = me.memory_id
    WHERE me.entity_id = asked.id AND m.state IN ('active', 'dormant')
    ORDER BY m.created_at DESC, m.id LIMIT %(limit)s
) AS said

-- name: share_memories
-- With more memories its company is another: it is held against the names like it again.
WITH gained AS (
    INSERT INTO memory_entities (memory_id, entity_id)
    SELECT memory_id, %(heir)s FROM memory_entities WHERE entity_id = %(gone)s
    ON CONFLICT DO NOTHING RETURNING entity_id
)
DELETE FROM examined_entities x USING gained WHERE x.entity_id = gained.entity_id

-- name: leave_memories
DELETE FROM memory_entities WHERE entity_id = %(gone)s

-- name: share_names
INSERT INTO entity_aliases (entity_id, name)
SELECT %(heir)s, said.name FROM (
    SELECT name FROM entity_aliases WHERE entity_id = %(gone)s
    UNION SELECT name FROM entities WHERE id = %(gone)s
) AS said
WHERE said.name <> (SELECT name FROM entities WHERE id = %(heir)s)
ON CONFLICT DO NOTHING

-- name: leave_names
DELETE FROM entity_aliases WHERE entity_id = %(gone)s

-- name: wake_heir
UPDATE entities SET archived_at = NULL
WHERE id = %(heir)s AND archived_at IS NOT NULL
    AND (SELECT archived_at IS NULL FROM entities WHERE id = %(gone)s)

-- name: leave
DELETE FROM entities WHERE id = %(gone)s

-- name: archive
UPDATE entities SET archived_at = %(at)s WHERE id = ANY (%(ids)s::uuid[]) AND archived_at IS NULL

-- name: note_judged
INSERT INTO judged_names (one, other, at)
SELECT DISTINCT least(one, other), greatest(one, other), %(at)s::timestamptz
FROM unnest(%(one)s::uuid[], %(other)s::uuid[]) AS judged (one, other)
ON CONFLICT (one, other) DO UPDATE SET at = excluded.at

-- name: note_examined
INSERT INTO examined_entities (entity_id)
SELECT id FROM entities WHERE id = ANY (%(ids)s::uuid[]) ON CONFLICT DO NOTHING
