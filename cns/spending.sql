-- name: add_outlay
INSERT INTO spending (id, at, day, purpose, subject, provider, model, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cost_usd, estimated)
VALUES (%(id)s, %(at)s, %(day)s, %(purpose)s, %(subject)s, %(provider)s, %(model)s,
    %(input_tokens)s, %(output_tokens)s, %(cache_read_tokens)s, %(cache_write_tokens)s,
    %(cost_usd)s, %(estimated)s)
ON CONFLICT (id) DO NOTHING

-- name: sums
SELECT day, purpose, provider, model, cost_usd IS NULL AS unpriced, count(*) AS calls,
    count(*) FILTER (WHERE estimated) AS estimated, coalesce(sum(cost_usd), 0) AS cost_usd,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens
FROM spending WHERE day >= %(since)s
GROUP BY day, purpose, provider, model, cost_usd IS NULL
ORDER BY day DESC, coalesce(sum(cost_usd), 0) DESC, purpose, provider, model, unpriced

-- name: calls_for
SELECT day, purpose, provider, model, cost_usd IS NULL AS unpriced, 1 AS calls,
    estimated::int AS estimated, coalesce(cost_usd, 0) AS cost_usd,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
FROM spending WHERE subject = %(subject)s
ORDER BY at, id

-- name: lifted_to
SELECT lifted_to_usd FROM spending_lifts WHERE day = %(day)s

-- name: lift
INSERT INTO spending_lifts (day, lifted_to_usd) VALUES (%(day)s, %(usd)s)
ON CONFLICT (day) DO UPDATE SET lifted_to_usd = excluded.lifted_to_usd

-- name: promise
INSERT INTO spending_promises (batch_id, at, cost_usd) VALUES (%(key)s, %(at)s, %(usd)s)
ON CONFLICT (batch_id) DO UPDATE SET at = excluded.at, cost_usd = excluded.cost_usd

-- name: redeem
DELETE FROM spending_promises WHERE batch_id = %(key)s OR at <= %(before)s

-- name: promised
SELECT batch_id, at, cost_usd FROM spending_promises WHERE at > %(since)s
