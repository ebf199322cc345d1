-- Whom a memory named before it was worded anew, for reading how things stood. A name stands here
-- only as the memory's own words say it: what others called somebody is theirs to be erased.
CREATE TABLE past_names (
    memory_id uuid NOT NULL,
    until timestamptz NOT NULL,
    names jsonb NOT NULL,
    PRIMARY KEY (memory_id, until)
);
CREATE FUNCTION names_then(asked uuid, moment timestamptz)
    RETURNS TABLE (id uuid, name text, kind text) LANGUAGE sql STABLE AS $$
    WITH kept AS (
        SELECT p.names FROM past_names p WHERE p.memory_id = asked AND p.until > moment
        ORDER BY p.until LIMIT 1
    )
    SELECT e.id, e.name, e.kind FROM memory_entities me JOIN entities e ON e.id = me.entity_id
    WHERE me.memory_id = asked AND NOT EXISTS (SELECT FROM kept)
    UNION ALL
    SELECT (told ->> 'id')::uuid, coalesce(e.name, told ->> 'name'), told ->> 'kind'
    FROM kept CROSS JOIN LATERAL jsonb_array_elements(kept.names) AS told
    LEFT JOIN entities e ON e.id = (told ->> 'id')::uuid
    WHERE coalesce(e.name, told ->> 'name') IS NOT NULL
$$;
