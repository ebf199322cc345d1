-- The first shape of the store: conversation, memory, and what happened to each.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    timezone text NOT NULL,
    cumulative_activity_days integer NOT NULL DEFAULT 0,
    last_activity_date date,
    -- Keys the hashes of deleted memories; 244 random bits, of no use without the hashed words.
    text_key bytea NOT NULL DEFAULT decode(
        replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'),
    created_at timestamptz NOT NULL DEFAULT now()
);
-- MIRA is for one person: a second row is refused by the database itself.
CREATE UNIQUE INDEX one_user_only ON users ((true));

CREATE TABLE user_activity_days (
    user_id uuid NOT NULL REFERENCES users,
    day date NOT NULL,
    first_message_at timestamptz NOT NULL,
    message_count integer NOT NULL,
    PRIMARY KEY (user_id, day)
);

CREATE TABLE continuums (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL UNIQUE REFERENCES users,
    touchstone jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A segment's row is its sentinel: written with the first message, closed by the collapse.
CREATE TABLE segments (
    id uuid PRIMARY KEY,
    continuum_id uuid NOT NULL REFERENCES continuums,
    status text NOT NULL CHECK (status IN ('active', 'collapsed')),
    started_at timestamptz NOT NULL,
    last_message_at timestamptz NOT NULL,
    ended_at timestamptz,
    collapsed_at timestamptz,
    title text,
    summary text,
    complexity smallint CHECK (complexity BETWEEN 1 AND 3),
    tools_used text[] NOT NULL DEFAULT '{}',
    message_count integer NOT NULL DEFAULT 0,
    embedding halfvec(384),
    embedding_model text,
    summarised_at timestamptz,
    extracted_at timestamptz,
    CHECK ((status = 'collapsed') = (collapsed_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_active_segment ON segments (continuum_id) WHERE status = 'active';
CREATE INDEX segments_by_start ON segments (started_at DESC, id DESC);

CREATE TABLE turns (
    id uuid PRIMARY KEY,
    continuum_id uuid NOT NULL REFERENCES continuums,
    state text NOT NULL CHECK (state IN ('running', 'completed', 'interrupted', 'failed')),
    user_message_id uuid NOT NULL,
    assistant_message_id uuid,
    retry_of uuid REFERENCES turns,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    trace jsonb,
    error jsonb,
    idempotency_key text UNIQUE,
    request_hash text,
    -- What was asked beside the message, for a retry to ask again.
    wishes jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX turns_running ON turns (continuum_id) WHERE state = 'running';
CREATE INDEX turns_of_message ON turns (user_message_id);
-- Finds the traces that quote a memory, so that its deletion reaches them.
CREATE INDEX turns_by_hit ON turns USING gin ((trace -> 'considered') jsonb_path_ops);

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    continuum_id uuid NOT NULL REFERENCES continuums,
    segment_id uuid NOT NULL REFERENCES segments,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    turn_id uuid REFERENCES turns DEFERRABLE INITIALLY DEFERRED,
    parent_id uuid REFERENCES messages,
    role text NOT NULL CHECK (role IN ('user', 'assistant', 'tool')),
    name text,
    content jsonb NOT NULL,
    text text NOT NULL,
    status text NOT NULL CHECK (status IN ('complete', 'interrupted', 'failed')),
    memory_refs uuid[] NOT NULL DEFAULT '{}',
    emotion text,
    external_id text,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    embedding halfvec(384),
    embedding_model text
);
CREATE UNIQUE INDEX messages_by_seq ON messages (seq);
CREATE INDEX messages_of_segment ON messages (segment_id, seq);
CREATE INDEX messages_by_time ON messages (created_at DESC, seq DESC);
CREATE INDEX messages_without_vector ON messages (seq) WHERE embedding IS NULL AND role <> 'tool';
CREATE INDEX messages_by_vector ON messages USING hnsw (embedding halfvec_cosine_ops)
    WITH (m = 32, ef_construction = 200);
CREATE INDEX segments_by_vector ON segments USING hnsw (embedding halfvec_cosine_ops)
    WITH (m = 32, ef_construction = 200);

-- A run is one piece of background work, with what it saw, decided and changed.
CREATE TABLE runs (
    id uuid PRIMARY KEY,
    job text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'undone')),
    summary text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    model text,
    input_tokens integer NOT NULL DEFAULT 0,
    output_tokens integer NOT NULL DEFAULT 0,
    inputs jsonb NOT NULL DEFAULT '{}',
    decisions jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX runs_by_start ON runs (started_at DESC, id DESC);
CREATE INDEX runs_of_segment ON runs ((inputs ->> 'segment_id'));

CREATE TABLE memories (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    text text NOT NULL CHECK (length(text) > 0),
    kind text NOT NULL CHECK (kind IN ('fact', 'preference', 'experience', 'decision', 'intention',
        'skill', 'observation', 'concept', 'emotion', 'context')),
    importance numeric(5, 3) NOT NULL DEFAULT 0.5 CHECK (importance BETWEEN 0 AND 1),
    confidence numeric(3, 2) NOT NULL DEFAULT 0.9 CHECK (confidence BETWEEN 0 AND 1),
    source text NOT NULL CHECK (source IN ('user', 'assistant', 'tool', 'web', 'import')),
    trust text NOT NULL CHECK (trust IN ('trusted', 'untrusted')),
    state text NOT NULL CHECK (state IN ('active', 'dormant', 'archived', 'pending')),
    pinned boolean NOT NULL DEFAULT false,
    segment_id uuid REFERENCES segments,
    run_id uuid REFERENCES runs,
    happens_at timestamptz,
    expires_at timestamptz,
    revision integer NOT NULL DEFAULT 1,
    activity_days_at_creation integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    embedding halfvec(384),
    embedding_model text
);
CREATE INDEX memories_by_time ON memories (created_at DESC, id DESC);
CREATE INDEX memories_of_segment ON memories (segment_id);
CREATE INDEX memories_without_vector ON memories (id) WHERE embedding IS NULL;
CREATE INDEX memories_by_vector ON memories USING hnsw (embedding halfvec_cosine_ops)
    WITH (m = 32, ef_construction = 200);

-- Apart from the memory, so that counting an access never touches the vector index.
CREATE TABLE memory_access (
    memory_id uuid PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    surfaced_count integer NOT NULL DEFAULT 0,
    cited_count integer NOT NULL DEFAULT 0,
    last_accessed_at timestamptz NOT NULL
);

-- The very characters that a memory was drawn from: text[start_at:end_at] of the message.
CREATE TABLE memory_evidence (
    memory_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    message_id uuid NOT NULL REFERENCES messages,
    start_at integer NOT NULL CHECK (start_at >= 0),
    end_at integer NOT NULL CHECK (end_at > start_at),
    PRIMARY KEY (memory_id, message_id, start_at)
);
CREATE INDEX evidence_of_message ON memory_evidence (message_id);

CREATE TABLE memory_revisions (
    memory_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    revision integer NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor IN ('user', 'extraction', 'consolidation', 'refinement',
        'decay', 'tool', 'import')),
    change text NOT NULL,
    before jsonb,
    after jsonb,
    run_id uuid REFERENCES runs,
    PRIMARY KEY (memory_id, revision)
);
CREATE INDEX revisions_of_run ON memory_revisions (run_id);

-- What was deleted stays deleted: a keyed hash of each wording that it had, never the words.
CREATE TABLE memory_tombstones (
    memory_id uuid NOT NULL,
    text_hash bytea NOT NULL,
    deleted_at timestamptz NOT NULL,
    PRIMARY KEY (memory_id, text_hash)
);
CREATE INDEX tombstones_by_hash ON memory_tombstones (text_hash);

CREATE TABLE memory_links (
    id uuid PRIMARY KEY,
    source_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    target_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('supports', 'conflicts', 'supersedes', 'related', 'caused_by',
        'motivated_by', 'instance_of', 'derived_from', 'sequence', 'contains')),
    confidence numeric(3, 2) NOT NULL DEFAULT 0.9,
    reason text NOT NULL DEFAULT '',
    run_id uuid REFERENCES runs,
    created_at timestamptz NOT NULL,
    CHECK (source_id <> target_id),
    UNIQUE (source_id, target_id, kind)
);
CREATE INDEX links_by_target ON memory_links (target_id);

CREATE TABLE entities (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    name text NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (user_id, name, kind)
);

CREATE TABLE memory_entities (
    memory_id uuid NOT NULL REFERENCES memories ON DELETE CASCADE,
    entity_id uuid NOT NULL REFERENCES entities ON DELETE CASCADE,
    PRIMARY KEY (memory_id, entity_id)
);
CREATE INDEX memories_of_entity ON memory_entities (entity_id);

-- One-off jobs that a request started (202), and the scheduled ones' last runs.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    progress double precision NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    error jsonb,
    result jsonb,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE TABLE job_runs (
    name text PRIMARY KEY,
    last_run_at timestamptz NOT NULL,
    seconds double precision NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'failed')),
    detail text NOT NULL DEFAULT ''
);

-- What the text index has still to take in; written by triggers, so that nothing can be missed.
CREATE TABLE text_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    item_id uuid NOT NULL
);

CREATE FUNCTION note_text_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_changes (kind, item_id) VALUES (TG_ARGV[0], COALESCE(NEW.id, OLD.id));
    RETURN NULL;
END $$;

CREATE TRIGGER message_text AFTER INSERT OR DELETE OR UPDATE OF text ON messages
    FOR EACH ROW EXECUTE FUNCTION note_text_change('message');
-- The words of a message stand in its neighbours' documents too: those of its segment go anew.
CREATE FUNCTION note_message_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO text_changes (kind, item_id) VALUES ('neighbours', OLD.segment_id);
    RETURN NULL;
END $$;
CREATE TRIGGER message_gone AFTER DELETE ON messages
    FOR EACH ROW EXECUTE FUNCTION note_message_gone();

CREATE TRIGGER memory_text AFTER INSERT OR DELETE OR UPDATE OF text, state ON memories
    FOR EACH ROW EXECUTE FUNCTION note_text_change('memory');
CREATE TRIGGER segment_text AFTER DELETE OR UPDATE OF summary, title ON segments
    FOR EACH ROW EXECUTE FUNCTION note_text_change('segment');
