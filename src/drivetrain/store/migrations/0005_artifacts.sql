-- Runs that are kept whatever the rules of retention say, until each lease is taken away or has run out.
CREATE TABLE leases (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    kept_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    until TEXT NOT NULL DEFAULT ''    -- empty: for ever
);
CREATE INDEX leases_by_run ON leases (run_id);

-- What is about to be removed. A row outlives a crash: folders go first, then the run's rows, then this.
-- What is removed may be a run whose rows are gone already, so there is no reference.
CREATE TABLE removals (
    run_id INTEGER NOT NULL,
    what TEXT NOT NULL,               -- run, artifacts or work
    why TEXT NOT NULL,
    marked_at TEXT NOT NULL,
    PRIMARY KEY (run_id, what)
);

-- Nobody may take up again what is about to go.
CREATE TRIGGER runs_being_removed BEFORE UPDATE OF state ON runs
WHEN NEW.state <> 'completed' AND EXISTS (SELECT 1 FROM removals WHERE run_id = NEW.id AND what <> 'work')
BEGIN
    SELECT RAISE(ABORT, 'this run is being removed');
END;

-- "The newest completed run of this pipeline."
CREATE INDEX runs_by_pipeline ON runs (pipeline COLLATE NOCASE, finished_at);
CREATE INDEX runs_by_end ON runs (finished_at) WHERE state = 'completed';
