-- What a run changed is kept row by row, so that it can be undone and done again.

-- Scores and counts apart from the memory: rewriting them never touches the vector index.
CREATE TABLE memory_standing (
    memory_id uuid PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    importance numeric(5, 3) NOT NULL DEFAULT 0.5 CHECK (importance BETWEEN 0 AND 1),
    surfaced_count integer NOT NULL DEFAULT 0,
    cited_count integer NOT NULL DEFAULT 0,
    last_accessed_at timestamptz,
    activity_day_at_access integer
) WITH (fillfactor = 70);
INSERT INTO memory_standing (memory_id, importance, surfaced_count, cited_count, last_accessed_at,
    activity_day_at_access)
SELECT m.id, m.importance, coalesce(a.surfaced_count, 0), coalesce(a.cited_count, 0),
    a.last_accessed_at, CASE WHEN a.memory_id IS NOT NULL THEN u.cumulative_activity_days END
FROM memories m JOIN users u ON u.id = m.user_id LEFT JOIN memory_access a ON a.memory_id = m.id;
DROP TABLE memory_access;

ALTER TABLE memories
    DROP COLUMN importance,
    DROP COLUMN revision, -- the newest in memory_revisions
    -- What it says was true until then: a later statement took its place.
    ADD COLUMN valid_until timestamptz,
    ADD COLUMN dormant_at timestamptz,
    ADD COLUMN archived_at timestamptz,
    ADD COLUMN refined_at timestamptz,
    ADD COLUMN refinement_rejections integer NOT NULL DEFAULT 0;
UPDATE memories SET archived_at = updated_at WHERE state = 'archived';

ALTER TABLE memory_links
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settlement text CHECK (settlement IN ('a', 'b', 'both', 'later'));
CREATE INDEX links_in_conflict ON memory_links (created_at, id)
    WHERE kind = 'conflicts' AND settled_at IS NULL;

-- Links that are no more, for reading how things stood.
CREATE TABLE ended_links (
    id uuid NOT NULL,
    source_id uuid NOT NULL,
    target_id uuid NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ended_links_by_source ON ended_links (source_id);
CREATE INDEX ended_links_by_target ON ended_links (target_id);
CREATE FUNCTION note_ended_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ended_links (id, source_id, target_id, kind, created_at)
    VALUES (OLD.id, OLD.source_id, OLD.target_id, OLD.kind, OLD.created_at);
    RETURN NULL;
END $$;
CREATE TRIGGER link_ended AFTER DELETE ON memory_links
    FOR EACH ROW EXECUTE FUNCTION note_ended_link();

ALTER TABLE entities
    ADD COLUMN embedding halfvec(384),
    ADD COLUMN embedding_model text,
    ADD COLUMN archived_at timestamptz;
CREATE TABLE entity_aliases (
    entity_id uuid NOT NULL REFERENCES entities ON DELETE CASCADE,
    name text NOT NULL,
    PRIMARY KEY (entity_id, name)
);

-- History outlives an undone birth; erasing a memory takes it away by name.
ALTER TABLE memory_revisions DROP CONSTRAINT memory_revisions_memory_id_fkey;
CREATE INDEX revisions_by_time ON memory_revisions (at);
-- True of what undoing or repeating a run wrote.
ALTER TABLE memory_revisions ADD COLUMN replay boolean NOT NULL DEFAULT false;
CREATE FUNCTION folded(jsonb, jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT CASE WHEN $2 IS NULL THEN NULL ELSE coalesce($1, ''{}'') || $2 END';
CREATE AGGREGATE fold(jsonb) (sfunc = folded, stype = jsonb);

-- A final run cannot be undone: it says so.
ALTER TABLE runs ADD COLUMN final boolean NOT NULL DEFAULT false;

CREATE TABLE run_changes (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES runs,
    place text NOT NULL,
    key jsonb NOT NULL,
    memory_ids uuid[] NOT NULL,
    before jsonb, -- NULL: the row is new
    after jsonb -- NULL: the row is gone
);
CREATE INDEX changes_of_run ON run_changes (run_id, seq);
CREATE INDEX changes_of_memory ON run_changes USING gin (memory_ids);
-- A night's scores are many and small.
CREATE TABLE run_scores (
    run_id uuid NOT NULL REFERENCES runs,
    memory_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    before numeric(5, 3) NOT NULL,
    after numeric(5, 3) NOT NULL,
    PRIMARY KEY (run_id, memory_id)
);
CREATE INDEX scores_of_memory ON run_scores (memory_id);

-- Notes a changed row under the run that the transaction names in `mira.run_id`, if it names one:
-- the columns that differ, or of a new or lost row all of them. The first argument names the
-- table's key, the second those columns that hold a memory's id. A vector is noted only when its
-- memory is changed or goes: it follows from the text.
CREATE FUNCTION note_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text := current_setting('mira.run_id', true);
    was jsonb; -- the whole rows
    is_now jsonb;
    before jsonb; -- what is noted of them
    after jsonb;
BEGIN
    IF named IS NULL OR named = '' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN is_now := to_jsonb(NEW); END IF;
    IF TG_OP = 'INSERT' THEN
        after := is_now - 'embedding' - 'embedding_model';
    ELSIF TG_OP = 'DELETE' THEN
        before := was;
    ELSE
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, is_now -> o.key)
        INTO before, after
        FROM jsonb_each(was) AS o WHERE o.value IS DISTINCT FROM is_now -> o.key;
        IF before IS NULL THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO run_changes (run_id, place, key, memory_ids, before, after) VALUES (
        named::uuid, TG_TABLE_NAME,
        (SELECT jsonb_object_agg(name, coalesce(is_now, was) -> name)
         FROM unnest(string_to_array(TG_ARGV[0], ',')) AS name),
        ARRAY(SELECT (coalesce(is_now, was) ->> name)::uuid
              FROM unnest(string_to_array(TG_ARGV[1], ',')) AS name),
        before, after);
    RETURN NULL;
END $$;
CREATE TRIGGER memories_of_run AFTER INSERT OR UPDATE OR DELETE ON memories
    FOR EACH ROW EXECUTE FUNCTION note_run_change('id', 'id');
CREATE TRIGGER standing_of_run AFTER INSERT ON memory_standing
    FOR EACH ROW EXECUTE FUNCTION note_run_change('memory_id', 'memory_id');
CREATE TRIGGER evidence_of_run AFTER INSERT OR UPDATE OR DELETE ON memory_evidence
    FOR EACH ROW EXECUTE FUNCTION note_run_change('memory_id,message_id,start_at', 'memory_id');
CREATE TRIGGER links_of_run AFTER INSERT OR UPDATE OR DELETE ON memory_links
    FOR EACH ROW EXECUTE FUNCTION note_run_change('id', 'source_id,target_id');
CREATE TRIGGER memory_entities_of_run AFTER INSERT OR UPDATE OR DELETE ON memory_entities
    FOR EACH ROW EXECUTE FUNCTION note_run_change('memory_id,entity_id', 'memory_id');
CREATE TRIGGER entities_of_run AFTER INSERT OR UPDATE OR DELETE ON entities
    FOR EACH ROW EXECUTE FUNCTION note_run_change('id', '');
CREATE TRIGGER aliases_of_run AFTER INSERT OR UPDATE OR DELETE ON entity_aliases
    FOR EACH ROW EXECUTE FUNCTION note_run_change('entity_id,name', '');

CREATE FUNCTION note_run_scores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named text := current_setting('mira.run_id', true);
BEGIN
    IF named <> '' THEN
        INSERT INTO run_scores (run_id, memory_id, before, after)
        SELECT named::uuid, was.memory_id, was.importance, scored.importance
        FROM was JOIN scored USING (memory_id) WHERE was.importance <> scored.importance
        ON CONFLICT ON CONSTRAINT run_scores_pkey DO UPDATE SET after = excluded.after;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scores_of_run AFTER UPDATE ON memory_standing
    REFERENCING OLD TABLE AS was NEW TABLE AS scored
    FOR EACH STATEMENT EXECUTE FUNCTION note_run_scores();
