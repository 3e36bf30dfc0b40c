-- What an event is about when it is not a push (source/events.py: Cause, as JSON), and what makes it the same event as
-- another: at most one is ever taken in under a key.
ALTER TABLE source_events ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE source_events ADD COLUMN once TEXT;
CREATE UNIQUE INDEX source_events_once ON source_events (once) WHERE once IS NOT NULL;
CREATE INDEX source_events_by_commit ON source_events (new_sha);
CREATE INDEX source_events_by_project ON source_events (project_id, id);

-- The service connection that signs in to a project's repository, where no link names one.
ALTER TABLE projects ADD COLUMN connection TEXT NOT NULL DEFAULT '';

-- Projects whose repository is at a host.
CREATE TABLE links (
    project_id INTEGER PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    repository TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,         -- the last part of the webhook's path
    secret TEXT NOT NULL,             -- sealed
    data TEXT NOT NULL                -- Link as JSON
);

-- Deliveries of webhooks, kept before they are answered. state: new -> done, and new again when replayed.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    key TEXT NOT NULL,
    guid TEXT NOT NULL,
    event TEXT NOT NULL,
    headers TEXT NOT NULL,            -- JSON; no credentials
    body BLOB NOT NULL,
    received_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    outcome TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,
    handled_at TEXT NOT NULL DEFAULT '',
    UNIQUE (key, guid)
);
CREATE INDEX deliveries_new ON deliveries (id) WHERE state = 'new';
CREATE INDEX deliveries_by_project ON deliveries (project_id, id);

-- Pull requests as they were last seen.
CREATE TABLE pull_requests (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,              -- open, closed, merged
    head_sha TEXT NOT NULL,
    data TEXT NOT NULL,               -- PullRequest as JSON
    seen_at TEXT NOT NULL,
    PRIMARY KEY (project_id, number)
);

-- When `schedules:` of a branch's pipeline file are due next: the file as it was at a commit.
CREATE TABLE pipeline_schedules (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    ref TEXT NOT NULL,
    cron TEXT NOT NULL,
    due_at TEXT NOT NULL,             -- ISO 8601, UTC
    data TEXT NOT NULL,               -- Schedule as JSON
    PRIMARY KEY (project_id, ref, cron)
);
CREATE INDEX pipeline_schedules_by_moment ON pipeline_schedules (due_at);

-- What hosts were told of runs. The wanted answer is worked out from the run; it is sent until it was taken.
CREATE TABLE answers (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,            -- run 7, event 12, pull request 3
    kind TEXT NOT NULL,               -- report, comment
    wanted TEXT NOT NULL DEFAULT '',  -- digest of what is to be told
    told TEXT NOT NULL DEFAULT '',    -- digest of what was told
    known TEXT NOT NULL DEFAULT '',   -- what the host calls it
    tries INTEGER NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL DEFAULT '',
    trouble TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (project_id, subject, kind)
);
CREATE INDEX answers_due ON answers (due_at) WHERE wanted <> told;
