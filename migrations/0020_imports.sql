-- Chapters of a conversation that was had elsewhere: found like any other, never continued.
ALTER TABLE segments ADD COLUMN imported boolean NOT NULL DEFAULT false;
