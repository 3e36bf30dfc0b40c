-- Personal access tokens: only SHA-256 of a token is kept.
CREATE TABLE personal_tokens (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    hash TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,              -- read, manage
    project_id INTEGER REFERENCES projects (id) ON DELETE CASCADE, -- NULL: all projects
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
