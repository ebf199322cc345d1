-- Jobs whose schedule the user stopped.
CREATE TABLE paused_jobs (
    name text PRIMARY KEY
);
