-- A merge matters at least as much as each memory that it is made of: its credit as a newborn lasts
-- as long as that of the youngest, and it has been of no use since that one came or it was used
-- last. Its age, over which its uses are counted, lies between theirs (lt_memory/queries.sql).
ALTER TABLE memory_standing ADD COLUMN activity_day_of_youngest integer;

-- As in 0007, with the days since the youngest came for the newborn's credit.
CREATE FUNCTION memory_importance(
    age double precision, fresh double precision, idle double precision, uses double precision,
    links double precision, ahead double precision, expired boolean, free double precision,
    half_life double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN expired THEN 0 ELSE memory_curve((
            0.8 * ln(1 + uses * power(0.95::float8, least(1000, greatest(0, idle - free)))
                / greatest(7, age) / 0.02)
            + memory_hub(links)
            + 2.24 * power(0.5::float8, least(1000, greatest(0, fresh - free) / half_life))
        ) / (1 + 0.03 * greatest(0, idle - free)) * memory_temporal(ahead)) END
$$;
DROP FUNCTION memory_importance(double precision, double precision, double precision,
    double precision, double precision, boolean, double precision, double precision);

-- As in 0007; a conflict with what nobody trusts vouches for nothing.
CREATE OR REPLACE VIEW memory_standings AS
SELECT m.id, m.state, m.pinned,
    CASE WHEN m.happens_at > m.created_at THEN m.happens_at END AS happens_at, m.expires_at, s.importance,
    s.surfaced_count AS surfaced, s.cited_count AS cited, coalesce(l.links, 0) AS links,
    u.cumulative_activity_days AS today, m.activity_days_at_creation AS born,
    s.activity_day_at_access AS accessed,
    greatest(0, u.cumulative_activity_days - m.activity_days_at_creation) AS age,
    greatest(0, u.cumulative_activity_days - greatest(s.activity_day_at_access,
        coalesce(s.activity_day_of_youngest, m.activity_days_at_creation))) AS idle,
    s.activity_day_of_youngest AS youngest,
    greatest(0, u.cumulative_activity_days
        - coalesce(s.activity_day_of_youngest, m.activity_days_at_creation)) AS fresh
FROM memories m
JOIN memory_standing s ON s.memory_id = m.id
JOIN users u ON u.id = m.user_id
LEFT JOIN (
    SELECT target_id, count(*)::integer AS links
    FROM memory_links JOIN memories source ON source.id = source_id
    WHERE memory_links.kind <> 'supersedes' AND source.state IN ('active', 'dormant')
        AND (memory_links.kind <> 'conflicts' OR source.trust = 'trusted')
    GROUP BY target_id
) l ON l.target_id = m.id;
