-- Which job has done what a step of a pipeline job would do: a step with the same key need not be run.
CREATE TABLE node_keys (
    id INTEGER PRIMARY KEY,
    workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key TEXT NOT NULL,                -- SHA-256 of its component, its settings and its inputs
    job TEXT NOT NULL COLLATE NOCASE, -- the job's name; it may not have ended, or have failed
    UNIQUE (workspace, job)
);
CREATE INDEX node_keys_by_key ON node_keys (workspace, key, id);
