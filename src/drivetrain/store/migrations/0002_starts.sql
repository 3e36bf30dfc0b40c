-- Stages with `trigger: manual` that somebody has started; the engine takes them up when their turn has come.
CREATE TABLE starts (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    started_by TEXT NOT NULL,
    PRIMARY KEY (run_id, stage)
);
