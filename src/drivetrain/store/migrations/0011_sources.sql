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

-- Since when pull requests are looked for at a host: what was open then starts no runs.
CREATE TABLE host_looks (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    repository TEXT NOT NULL,
    first_at TEXT NOT NULL,
    PRIMARY KEY (project_id, host, repository)
);

-- Deliveries of webhooks, kept before they are answered. state: new -> done or failed, and new again when replayed.
-- An id is never used again: words in the inbox, and so events, are named after it.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
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
CREATE INDEX deliveries_by_age ON deliveries (received_at) WHERE state <> 'new';

-- Pull requests as they were last seen.
CREATE TABLE pull_requests (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,              -- open, closed, merged
    head_sha TEXT NOT NULL,
    data TEXT NOT NULL,               -- PullRequest as JSON
    changed_at TEXT NOT NULL,         -- as the host says, ISO 8601; empty when it does not
    seen_at TEXT NOT NULL,
    PRIMARY KEY (project_id, number)
);

-- When `schedules:` of a branch's pipeline file are due next: the file as it was at a commit.
CREATE TABLE pipeline_schedules (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    ref TEXT NOT NULL,
    cron TEXT NOT NULL,
    name TEXT NOT NULL,               -- its display name
    due_at TEXT NOT NULL,             -- ISO 8601, UTC
    data TEXT NOT NULL,               -- Schedule as JSON
    PRIMARY KEY (project_id, ref, cron, name)
);
CREATE INDEX pipeline_schedules_by_moment ON pipeline_schedules (due_at);

-- What hosts are told. The answer is worked out from the run, or the event, as it is when it is sent.
CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,               -- report, comment, reply
    subject TEXT NOT NULL,            -- one commit, one pull request, one comment: the newest run of it counts
    sha TEXT NOT NULL DEFAULT '',     -- the commit that a report is about
    pull_request INTEGER NOT NULL DEFAULT 0,
    run_id INTEGER REFERENCES runs (id) ON DELETE CASCADE,
    event_id INTEGER,                 -- of an event that has no run
    at TEXT NOT NULL DEFAULT '',      -- when that happened: the newest of a subject counts
    text TEXT NOT NULL DEFAULT '',    -- of a reply
    changes INTEGER NOT NULL DEFAULT 1, -- how often there was something new to say; 0: nothing is owed
    owed_since TEXT NOT NULL DEFAULT '',
    told TEXT NOT NULL DEFAULT '',    -- digest of what was told
    told_at TEXT NOT NULL DEFAULT '',
    known TEXT NOT NULL DEFAULT '',   -- what the host calls it
    tries INTEGER NOT NULL DEFAULT 0,
    due_at TEXT NOT NULL DEFAULT '',
    trouble TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, kind, subject)
);
CREATE INDEX answers_due ON answers (due_at) WHERE changes > 0;
CREATE INDEX answers_by_run ON answers (run_id);

-- Runs of projects at hosts about which something has changed since their answers were looked at: written in the
-- transaction of the change itself, so that no crash forgets it. Runs that were there before the link are not told of.
CREATE TABLE changed_runs (
    run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    seen INTEGER NOT NULL DEFAULT 1   -- counts changes
);
CREATE TRIGGER runs_to_tell AFTER INSERT ON runs
WHEN EXISTS (SELECT 1 FROM links WHERE project_id = NEW.project_id)
BEGIN
    INSERT INTO changed_runs (run_id) VALUES (NEW.id) ON CONFLICT (run_id) DO UPDATE SET seen = seen + 1;
END;
CREATE TRIGGER runs_to_tell_again AFTER UPDATE OF state, number, canceling ON runs
WHEN EXISTS (SELECT 1 FROM links WHERE project_id = NEW.project_id)
BEGIN
    INSERT INTO changed_runs (run_id) VALUES (NEW.id) ON CONFLICT (run_id) DO UPDATE SET seen = seen + 1;
END;
CREATE TRIGGER stages_to_tell AFTER UPDATE OF data ON stages
WHEN json_extract(NEW.data, '$.state') <> json_extract(OLD.data, '$.state')
BEGIN
    INSERT INTO changed_runs (run_id) SELECT id FROM runs JOIN links USING (project_id) WHERE id = NEW.run_id
    ON CONFLICT (run_id) DO UPDATE SET seen = seen + 1;
END;
CREATE TRIGGER training_to_tell AFTER INSERT ON training_runs
WHEN NEW.run_id IS NOT NULL
BEGIN
    INSERT INTO changed_runs (run_id) SELECT id FROM runs JOIN links USING (project_id) WHERE id = NEW.run_id
    ON CONFLICT (run_id) DO UPDATE SET seen = seen + 1;
END;

-- The same of events that came to no run: a pull request that waits for a word, or cannot be merged.
CREATE TABLE changed_events (
    event_id INTEGER PRIMARY KEY REFERENCES source_events (id) ON DELETE CASCADE
);
CREATE TRIGGER events_to_tell AFTER UPDATE OF state ON source_events
WHEN NEW.state = 'done' AND NEW.run_id IS NULL AND NEW.reason = 'PullRequest'
    AND EXISTS (SELECT 1 FROM links WHERE project_id = NEW.project_id)
BEGIN
    INSERT INTO changed_events (event_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
END;

-- Whoever changes a link may have mended what was wrong.
CREATE TRIGGER links_mended AFTER UPDATE ON links
BEGIN
    UPDATE answers SET due_at = '' WHERE project_id = NEW.project_id AND changes > 0;
END;

-- Branches whose pipeline file was looked at for `schedules:`, and where they were then.
CREATE TABLE scheduled_refs (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    ref TEXT NOT NULL,
    sha TEXT NOT NULL,
    file_id TEXT NOT NULL,            -- the file as git calls it; empty when there is none
    PRIMARY KEY (project_id, ref)
);

-- What started a run, when it was no push: as JSON, like the event's. restricted: it is made of what a stranger wrote, and
-- gets no secrets.
ALTER TABLE runs ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN restricted INTEGER NOT NULL DEFAULT 0;

-- Runs that have come further since it was looked at what they start: written in the transaction in which a stage or the
-- run ends, so that no crash forgets it.
CREATE TABLE progressed_runs (
    run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    seen INTEGER NOT NULL DEFAULT 1   -- counts what has ended
);
CREATE TRIGGER runs_completed AFTER UPDATE OF state ON runs
WHEN NEW.state = 'completed' AND OLD.state <> 'completed' AND NEW.project_id IS NOT NULL
BEGIN
    INSERT INTO progressed_runs (run_id) VALUES (NEW.id) ON CONFLICT (run_id) DO UPDATE SET seen = seen + 1;
END;
CREATE TRIGGER stages_completed AFTER UPDATE OF data ON stages
WHEN json_extract(NEW.data, '$.state') = 'completed' AND json_extract(OLD.data, '$.state') <> 'completed'
BEGIN
    INSERT INTO progressed_runs (run_id) SELECT id FROM runs WHERE id = NEW.run_id AND project_id IS NOT NULL
    ON CONFLICT (run_id) DO UPDATE SET seen = seen + 1;
END;

-- Refs of the repositories that `resources.repositories` with a trigger name, as they were last seen for a project.
CREATE TABLE resource_refs (
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    url TEXT NOT NULL,                -- without a password
    ref TEXT NOT NULL,
    sha TEXT NOT NULL,                -- empty when it is gone
    moves INTEGER NOT NULL DEFAULT 0, -- how often it has moved
    PRIMARY KEY (project_id, url, ref)
);
