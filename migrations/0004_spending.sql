-- What each call of a model cost, and which days' ceilings were lifted.
CREATE TABLE spending (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    day date NOT NULL,
    purpose text NOT NULL,
    -- The turn or the segment that the call served; no key, for a turn's row may come later.
    subject uuid,
    provider text NOT NULL,
    model text NOT NULL,
    input_tokens integer NOT NULL,
    output_tokens integer NOT NULL,
    cache_read_tokens integer NOT NULL,
    cache_write_tokens integer NOT NULL,
    -- US dollars; null where the model's price is not known.
    cost_usd numeric CHECK (cost_usd >= 0),
    estimated boolean NOT NULL DEFAULT false
);
CREATE INDEX spending_by_day ON spending (day);

CREATE TABLE spending_lifts (
    day date PRIMARY KEY,
    lifted_to_usd numeric NOT NULL CHECK (lifted_to_usd > 0)
);

ALTER TABLE runs ADD COLUMN cost_usd numeric CHECK (cost_usd >= 0);
