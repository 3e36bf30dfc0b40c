-- Times are ISO 8601 in UTC with milliseconds and a Z; JSON is text.

CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    branch TEXT NOT NULL,
    file TEXT NOT NULL,
    poll_seconds REAL NOT NULL,
    created_at TEXT NOT NULL,
    removed_at TEXT
);

-- The newest position of every ref that has been turned into an event.
CREATE TABLE refs (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    ref TEXT NOT NULL,
    sha TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (project_id, ref)
);

-- What happened at a source. state: new -> done; outcome says in words what came of it.
CREATE TABLE source_events (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    ref TEXT NOT NULL,
    old_sha TEXT NOT NULL,
    new_sha TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    outcome TEXT NOT NULL DEFAULT '',
    run_id INTEGER,
    received_at TEXT NOT NULL,
    handled_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX source_events_new ON source_events (state) WHERE state = 'new';

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    file TEXT NOT NULL,
    project_id INTEGER REFERENCES projects (id) ON DELETE SET NULL,
    project TEXT NOT NULL DEFAULT '',
    source_event_id INTEGER UNIQUE,
    rerun_of INTEGER,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,             -- RepositorySource as JSON
    branch TEXT NOT NULL,             -- its ref, for filtering
    commit_sha TEXT NOT NULL,
    requested_for TEXT NOT NULL,
    requested_for_email TEXT NOT NULL DEFAULT '',
    parameters TEXT NOT NULL DEFAULT '{}',
    variables TEXT NOT NULL DEFAULT '{}',
    tags TEXT NOT NULL DEFAULT '[]',
    plan BLOB,                        -- Plan as JSON
    state TEXT NOT NULL DEFAULT 'pending',
    result TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    cancel_by TEXT NOT NULL DEFAULT '',
    canceling INTEGER NOT NULL DEFAULT 0,  -- the engine has taken the request up
    created_at TEXT NOT NULL,
    started_at TEXT NOT NULL DEFAULT '',
    finished_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX runs_unfinished ON runs (id) WHERE state <> 'completed';
CREATE INDEX runs_by_project ON runs (project_id, id);
CREATE INDEX runs_by_commit ON runs (commit_sha);

CREATE TABLE stages (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,        -- order in the plan
    name TEXT NOT NULL,
    data TEXT NOT NULL,               -- StageRecord as JSON
    PRIMARY KEY (run_id, name)
);

CREATE TABLE jobs (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    leg TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    state TEXT NOT NULL,
    data TEXT NOT NULL,               -- JobRecord as JSON
    PRIMARY KEY (run_id, stage, job, leg, attempt)
);

CREATE TABLE steps (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    leg TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    step INTEGER NOT NULL,
    data TEXT NOT NULL,               -- StepRecord as JSON
    PRIMARY KEY (run_id, stage, job, leg, attempt, step)
);

-- The one stream that pages, APIs and hooks read.
CREATE TABLE events (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    time TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
);
CREATE INDEX events_by_type ON events (run_id, type);

CREATE TABLE artifacts (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    data TEXT NOT NULL,               -- Artifact as JSON
    PRIMARY KEY (run_id, name)
);

-- $(Rev:r): how many runs a name has had.
CREATE TABLE counters (
    pipeline TEXT NOT NULL,
    key TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (pipeline, key)
);

-- counter(prefix, seed) of the language: what each run got, so that a run always gets the same.
CREATE TABLE run_counters (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    prefix TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (run_id, prefix)
);

-- Only SHA-256 of a token is kept.
CREATE TABLE job_tokens (
    hash TEXT PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    leg TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    issued_at TEXT NOT NULL
);
CREATE INDEX job_tokens_by_run ON job_tokens (run_id);

-- What MLflow holds of a training run, as last read back, so that pages need no MLflow.
CREATE TABLE training_runs (
    id TEXT PRIMARY KEY,
    run_id INTEGER,                   -- the pipeline run that made it
    start_time INTEGER NOT NULL,      -- milliseconds since 1970
    deleted INTEGER NOT NULL,
    data TEXT NOT NULL,               -- TrainingRun as JSON
    updated_at TEXT NOT NULL
);
CREATE INDEX training_runs_by_run ON training_runs (run_id);
CREATE INDEX training_runs_newest ON training_runs (start_time) WHERE NOT deleted;
