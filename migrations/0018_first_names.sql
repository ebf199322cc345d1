-- Whether what speaks of somebody by half a name may mean that one: said within a week of what names
-- that one, or in the company of another name. Else one first name would do for any stranger.
CREATE FUNCTION may_mean(named_in uuid, meant uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM memories said JOIN memory_entities known ON known.entity_id = meant
        JOIN memories other ON other.id = known.memory_id
        WHERE said.id = named_in AND (
            abs(extract(epoch FROM said.created_at - other.created_at)) <= 7 * 86400
            OR EXISTS (SELECT FROM memory_entities mine JOIN memory_entities theirs USING (entity_id)
                WHERE mine.memory_id = said.id AND theirs.memory_id = other.id)))
$$;
