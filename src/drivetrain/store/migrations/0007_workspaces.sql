CREATE TABLE workspaces (
    id TEXT PRIMARY KEY,              -- a GUID
    subscription TEXT NOT NULL COLLATE NOCASE,
    resource_group TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL COLLATE NOCASE,
    project TEXT NOT NULL,            -- whose it is; empty for the home's own
    body TEXT NOT NULL,               -- JSON
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (subscription, resource_group, name)
);

-- Environments, data, components, computes, endpoints, ...: what a workspace holds, as its clients described it.
CREATE TABLE assets (
    id INTEGER PRIMARY KEY,           -- a newer version has a higher one
    workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,            -- empty for what has none
    body TEXT NOT NULL,               -- JSON
    hash TEXT NOT NULL,
    archived INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (workspace, kind, name, version)
);
CREATE INDEX assets_by_hash ON assets (workspace, kind, hash) WHERE hash <> '';
