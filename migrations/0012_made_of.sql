-- Origins go on to what a run made of a memory, not to what it merely links to it.
CREATE OR REPLACE FUNCTION hand_origins_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO memory_origins (memory_id, origin)
    SELECT NEW.source_id, o.origin FROM memory_origins o
    JOIN memories made ON made.id = NEW.source_id AND made.run_id = NEW.run_id
    WHERE o.memory_id = NEW.target_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
