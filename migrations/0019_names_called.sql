-- A question's words are looked up among all names, whatever they name.
CREATE INDEX entities_called ON entities (entity_key(name, kind));
