-- What batches that are out will come to, as estimated: a restart remembers it.
CREATE TABLE spending_promises (
    batch_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    cost_usd double precision NOT NULL
);

-- Batches that a provider still works at and nobody waits for: words of theirs were erased.
CREATE TABLE batches_to_cancel (
    batch_id text PRIMARY KEY
);
CREATE FUNCTION call_batch_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO batches_to_cancel (batch_id) VALUES (OLD.batch_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER nobody_waits_for_it AFTER DELETE ON extraction_batches FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND OLD.batch_id IS NOT NULL) EXECUTE FUNCTION call_batch_back();
