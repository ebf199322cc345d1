-- Chapters whose extraction went out by a provider's batch interface. No words are kept here: only
-- names of requests, and in which of the provider's batches each was answered.
CREATE TABLE extraction_batches (
    id uuid PRIMARY KEY,
    segment_id uuid NOT NULL REFERENCES segments ON DELETE CASCADE,
    status text NOT NULL
        CHECK (status IN ('submitted', 'processing', 'completed', 'failed', 'expired')),
    -- The provider's id; null until it has accepted the batch.
    batch_id text,
    retry_count integer NOT NULL CHECK (retry_count >= 0),
    requests text[] NOT NULL,
    answered jsonb NOT NULL,
    submitted_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((status IN ('submitted', 'processing')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_batch_under_way ON extraction_batches (segment_id) WHERE ended_at IS NULL;
CREATE INDEX batches_of_segment ON extraction_batches (segment_id, submitted_at);
