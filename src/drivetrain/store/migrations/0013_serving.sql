-- Online endpoints: which there are, what each deployment is, and what was live when. See serve/model.py.

CREATE TABLE online_endpoints (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    project TEXT NOT NULL,            -- whose it is; empty for the home's own
    workspace TEXT NOT NULL,          -- GUID; empty when it was made here
    auth TEXT NOT NULL,
    keys TEXT NOT NULL,               -- JSON of two, sealed
    key_digests TEXT NOT NULL,        -- JSON: SHA-256 of each, so that a front needs no key
    traffic TEXT NOT NULL,            -- JSON: percent by deployment
    mirror TEXT NOT NULL,             -- JSON, likewise
    port INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    body TEXT NOT NULL,               -- JSON
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE online_deployments (
    endpoint TEXT NOT NULL COLLATE NOCASE REFERENCES online_endpoints (name) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    spec TEXT NOT NULL,               -- JSON, its variables taken out
    variables TEXT NOT NULL,          -- JSON, sealed
    state TEXT NOT NULL,
    launch TEXT,                      -- JSON
    served TEXT NOT NULL,             -- JSON: the spec that `launch` was made from; empty for none
    served_variables TEXT NOT NULL,   -- JSON, sealed
    build INTEGER NOT NULL,           -- the generation in which `launch` or its variables last changed
    problem TEXT NOT NULL,
    run_id INTEGER,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (endpoint, name)
);

-- No foreign key: what was live is known for ever.
CREATE TABLE endpoint_history (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    endpoint TEXT NOT NULL COLLATE NOCASE,
    kind TEXT NOT NULL,
    by TEXT NOT NULL,
    run_id INTEGER,
    data TEXT NOT NULL                -- JSON
);
CREATE INDEX endpoint_history_by_endpoint ON endpoint_history (endpoint, id);

CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL COLLATE NOCASE,
    under_way INTEGER NOT NULL,
    data TEXT NOT NULL                -- JSON: serve/model.py, Release
);
CREATE UNIQUE INDEX releases_one_under_way ON releases (endpoint) WHERE under_way;
CREATE INDEX releases_by_endpoint ON releases (endpoint, id);
