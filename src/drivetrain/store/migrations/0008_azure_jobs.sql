-- Jobs of Azure Machine Learning: what clients submitted, and the pipeline run that carries it out.
CREATE TABLE azure_jobs (
    id INTEGER PRIMARY KEY,           -- a newer job has a higher one
    workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL,               -- JobKind
    experiment TEXT NOT NULL,
    body TEXT NOT NULL,               -- JSON
    parent TEXT NOT NULL COLLATE NOCASE, -- a job's name; empty for none
    schedule TEXT NOT NULL,           -- a schedule's name; empty for none
    archived INTEGER NOT NULL,
    run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
    job TEXT NOT NULL,                -- of the run: stage, job and leg with dots; empty for all of it
    status TEXT,                      -- JobStatus, once it is final
    reason TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (workspace, name)
);
CREATE INDEX azure_jobs_by_run ON azure_jobs (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX azure_jobs_by_parent ON azure_jobs (workspace, parent, id);
CREATE INDEX azure_jobs_unfinished ON azure_jobs (id) WHERE status IS NULL;

-- Who has a node of a compute, or waits for one, in the order of asking.
CREATE TABLE compute_nodes (
    id INTEGER PRIMARY KEY,
    compute TEXT NOT NULL COLLATE NOCASE, -- WORKSPACE-ID/NAME
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    held INTEGER NOT NULL,
    UNIQUE (run_id, stage, attempt)
);
CREATE INDEX compute_nodes_by_compute ON compute_nodes (compute, id);
