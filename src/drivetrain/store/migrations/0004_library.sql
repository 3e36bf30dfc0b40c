-- What pipelines use and no file holds: variable groups, service connections, secure files, key vaults.
CREATE TABLE library (
    id TEXT PRIMARY KEY,              -- a GUID
    project_id INTEGER REFERENCES projects (id) ON DELETE CASCADE,  -- NULL: the home's own
    kind TEXT NOT NULL,               -- ItemKind
    name TEXT NOT NULL,
    key TEXT NOT NULL,                -- the name in lower case
    description TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL DEFAULT '{}',  -- what is said of it and is not secret, as JSON
    open INTEGER NOT NULL DEFAULT 0,  -- every pipeline of its project may use it
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);
CREATE UNIQUE INDEX library_names ON library (COALESCE(project_id, 0), kind, key);

-- Variables of a group, parameters of a connection, secrets of a vault. A secret value is sealed.
CREATE TABLE library_values (
    item TEXT NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    key TEXT NOT NULL,                -- the name in lower case
    name TEXT NOT NULL,
    secret INTEGER NOT NULL,
    value TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (item, key)
);

-- Which pipelines may use an item that is not open to all.
CREATE TABLE library_permits (
    item TEXT NOT NULL REFERENCES library (id) ON DELETE CASCADE,
    pipeline TEXT NOT NULL,
    permitted_at TEXT NOT NULL,
    permitted_by TEXT NOT NULL,
    PRIMARY KEY (item, pipeline)
);
