-- What an erasure looks for in the journal, which grows with every run.

CREATE INDEX changes_of_entity ON run_changes ((coalesce(key ->> 'id', key ->> 'entity_id')))
    WHERE place IN ('entities', 'entity_aliases');
CREATE INDEX changes_of_named ON run_changes ((key ->> 'entity_id'))
    WHERE place = 'memory_entities';
CREATE INDEX changes_of_evidence ON run_changes ((key ->> 'message_id'))
    WHERE place = 'memory_evidence';
