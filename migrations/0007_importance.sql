-- What a memory matters: the formula of lt_memory/domain/scoring.py, which says where its figures
-- come from; a property test holds the two together.

CREATE FUNCTION memory_hub(links double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 0.04 * least(links, 10)
        + 0.02 * greatest(0, links - 10) / (1 + 0.05 * greatest(0, links - 10))
$$;

-- Days until it happens, negative once it is over; none: it has no date.
CREATE FUNCTION memory_temporal(ahead double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ahead IS NULL OR ahead > 14 THEN 1.0::float8
        WHEN ahead < 0 THEN 0.8 * greatest(0, 1 + ahead / 14) + 0.1
        WHEN ahead <= 1 THEN 2.0
        WHEN ahead <= 7 THEN 1.5
        ELSE 1.2 END
$$;

CREATE FUNCTION memory_curve(worth double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (1 / (1 + exp(2 - worth)) - 1 / (1 + exp(2::float8))) / (1 - 1 / (1 + exp(2::float8)))
$$;

-- Age and idle are active days; uses are citings, and showings by their weight. What is as good as
-- nothing is held above what the server would refuse as too small.
CREATE FUNCTION memory_importance(
    age double precision, idle double precision, uses double precision, links double precision,
    ahead double precision, expired boolean, free double precision, half_life double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN expired THEN 0 ELSE memory_curve((
            0.8 * ln(1 + uses * power(0.95::float8, least(1000, greatest(0, idle - free)))
                / greatest(7, age) / 0.02)
            + memory_hub(links)
            + 2.24 * power(0.5::float8, least(1000, greatest(0, age - free) / half_life))
        ) / (1 + 0.03 * greatest(0, idle - free)) * memory_temporal(ahead)) END
$$;

-- All that the formula asks of each memory. A link vouches for its target while its source is
-- neither put away nor waiting; one that supersedes its target does not. A date counts where it lay
-- ahead: what was over when it was told ("we married in 2019") is a fact like others.
CREATE VIEW memory_standings AS
SELECT m.id, m.state, m.pinned,
    CASE WHEN m.happens_at > m.created_at THEN m.happens_at END AS happens_at, m.expires_at, s.importance,
    s.surfaced_count AS surfaced, s.cited_count AS cited, coalesce(l.links, 0) AS links,
    u.cumulative_activity_days AS today, m.activity_days_at_creation AS born,
    s.activity_day_at_access AS accessed,
    greatest(0, u.cumulative_activity_days - m.activity_days_at_creation) AS age,
    greatest(0, u.cumulative_activity_days
        - coalesce(s.activity_day_at_access, m.activity_days_at_creation)) AS idle
FROM memories m
JOIN memory_standing s ON s.memory_id = m.id
JOIN users u ON u.id = m.user_id
LEFT JOIN (
    SELECT target_id, count(*)::integer AS links
    FROM memory_links JOIN memories source ON source.id = source_id
    WHERE memory_links.kind <> 'supersedes' AND source.state IN ('active', 'dormant')
    GROUP BY target_id
) l ON l.target_id = m.id;

-- Room beside a memory for the next version of its row: a step on the ladder then leaves the vector
-- index alone.
ALTER TABLE memories SET (fillfactor = 70);

-- Nothing is deleted for want of use before this was said of it.
ALTER TABLE memories ADD COLUMN deletion_announced_at timestamptz;
