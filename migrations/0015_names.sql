-- What a name is compared by: without case, diacritics, possessive, points and a scholar's title,
-- words parted by one space. Titles that may tell two people apart (Mr, Mrs) stay.
CREATE FUNCTION entity_key(name text, kind text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(
        btrim(regexp_replace(regexp_replace(lower(regexp_replace(normalize(
            replace(name, '’', ''''), NFKD), '[\u0300-\u036f.]+', '', 'g')),
            '''s\s*$', ''), '[\s\u2010-\u2015-]+', ' ', 'g')),
        CASE kind WHEN 'person' THEN '^(?:dr|doctor|prof|professor) (?=\S+ \S)' ELSE '^$' END, '')
$$;
CREATE INDEX entities_by_key ON entities (kind, entity_key(name, kind));
CREATE INDEX people_by_first_name ON entities (split_part(entity_key(name, kind), ' ', 1))
    WHERE kind = 'person';
CREATE INDEX aliases_by_key ON entity_aliases (entity_key(name, ''));

-- Names that were merged or judged beside each other, and with itself one that was reviewed: what
-- was taken back is not done again by itself. Without foreign keys: a merged entity may come back.
CREATE TABLE judged_names (
    one uuid NOT NULL,
    other uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (one, other),
    CHECK (one <= other)
);
-- Entities that were held against the names like them.
CREATE TABLE examined_entities (
    entity_id uuid PRIMARY KEY REFERENCES entities ON DELETE CASCADE
);
