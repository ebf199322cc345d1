-- A turn tells what all of its calls cost.
CREATE INDEX spending_by_subject ON spending (subject) WHERE subject IS NOT NULL;
