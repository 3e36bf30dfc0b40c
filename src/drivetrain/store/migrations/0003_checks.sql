-- Environments, approvals and checks. What was decided or deployed is kept for ever: its rows name runs, but do not
-- belong to them.

-- `--approve`: who started the run without checks.
ALTER TABLE runs ADD COLUMN checks_skipped_by TEXT NOT NULL DEFAULT '';

-- project: its name; empty for the home's own.
CREATE TABLE environments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL DEFAULT '',
    deleted_at TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX environments_by_name ON environments (project, name) WHERE deleted_at = '';

CREATE TABLE environment_resources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    environment_id INTEGER NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    type TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    created_at TEXT NOT NULL,
    UNIQUE (environment_id, name)
);

-- The jobs of a run that deploy, written with the run.
CREATE TABLE deployment_jobs (
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    environment_id INTEGER NOT NULL,
    resource TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, stage, job)
);

-- One row for each attempt of a stage at a deployment job that has started, written with the job's own row.
CREATE TABLE deployments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    environment_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    data TEXT NOT NULL,               -- Deployment as JSON
    UNIQUE (run_id, stage, job, attempt)
);
CREATE INDEX deployments_by_environment ON deployments (environment_id, id);

CREATE TABLE checks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,               -- ResourceKind
    name TEXT NOT NULL COLLATE NOCASE,
    type TEXT NOT NULL,
    settings TEXT NOT NULL,           -- JSON; headers are sealed
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL DEFAULT '',
    removed_at TEXT NOT NULL DEFAULT ''
);
CREATE INDEX checks_by_resource ON checks (kind, name) WHERE removed_at = '';

-- The gate of one attempt at a stage, and its checks as they were set when it began to wait.
CREATE TABLE gates (
    run_id INTEGER NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    data TEXT NOT NULL,               -- GateRecord as JSON
    PRIMARY KEY (run_id, stage, attempt)
);

-- Every answer that a check got from a REST API.
CREATE TABLE check_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    check_id INTEGER NOT NULL,
    data TEXT NOT NULL                -- Answer as JSON
);
CREATE INDEX check_answers_by_gate ON check_answers (run_id, stage, attempt);

-- Questions to people: of a check (job, leg and step are empty), or of a step.
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    check_id INTEGER NOT NULL DEFAULT 0,
    job TEXT NOT NULL DEFAULT '',
    leg TEXT NOT NULL DEFAULT '',
    job_attempt INTEGER NOT NULL DEFAULT 0,
    step INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending',
    finished_at TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL,               -- Approval as JSON, as it was asked
    UNIQUE (run_id, stage, attempt, check_id, job, leg, job_attempt, step)
);
CREATE INDEX approvals_pending ON approvals (run_id) WHERE state = 'pending';

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    approval_id INTEGER NOT NULL,
    decided_by TEXT NOT NULL COLLATE NOCASE,
    approve INTEGER NOT NULL,
    comment TEXT NOT NULL DEFAULT '',
    acting TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL,
    UNIQUE (approval_id, decided_by)
);

-- Exclusive locks: who holds one, and who waits for it, in the order of ids. A row counts as long as its run is under
-- way and its attempt at the stage has not ended; who asks looks.
CREATE TABLE locks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    pipeline TEXT NOT NULL,
    latest INTEGER NOT NULL,          -- lockBehavior: runLatest
    state TEXT NOT NULL,              -- LockState
    UNIQUE (project, kind, name, run_id, stage, attempt)
);
