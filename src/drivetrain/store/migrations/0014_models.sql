-- Where versions of models come from, who has had which alias, and what webhooks have brought. MLflow's registry says
-- which models, versions and aliases there are; see registry/versions/.

CREATE TABLE model_versions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,      -- MLflow's: a name may be deleted and begin at version 1 again
    source TEXT NOT NULL,             -- MLflow's: knows the version again when its model gets another name
    run_id INTEGER,                   -- the pipeline run; no foreign key: what is live is known for ever
    commit_sha TEXT NOT NULL,
    settled INTEGER NOT NULL,         -- whether its training has ended: nothing is added any more
    gone_at TEXT NOT NULL,            -- when it was seen that MLflow has it no more; empty while it has
    data TEXT NOT NULL,               -- JSON: registry/versions/model.py, ModelVersion
    UNIQUE (name, version, created_ms)
);
CREATE INDEX model_versions_by_run ON model_versions (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX model_versions_by_commit ON model_versions (commit_sha) WHERE commit_sha <> '';

-- As they were when they were looked at last.
CREATE TABLE model_aliases (
    name TEXT NOT NULL,
    alias TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (name, alias)
);

CREATE TABLE promotions (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    model TEXT NOT NULL,
    alias TEXT NOT NULL,
    version TEXT NOT NULL,            -- empty: it was taken away
    before TEXT NOT NULL,
    by TEXT NOT NULL,
    run_id INTEGER,
    reason TEXT NOT NULL
);
CREATE INDEX promotions_by_model ON promotions (model, id);

-- Who is about to do what in MLflow's registry, which does not say it afterwards.
CREATE TABLE registry_notes (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    name TEXT NOT NULL,
    alias TEXT NOT NULL,              -- empty: a version is registered
    version TEXT NOT NULL,
    by TEXT NOT NULL,
    run_id INTEGER,
    reason TEXT NOT NULL
);
CREATE INDEX registry_notes_by_name ON registry_notes (name, alias);

-- Aliases of versions that are older than this table, and were never looked at, are no news.
CREATE TABLE registry_since (since_ms INTEGER NOT NULL, looked INTEGER NOT NULL);
INSERT INTO registry_since VALUES (CAST(strftime('%s', 'now') AS INTEGER) * 1000, 0);

-- What was posted to a webhook that pipelines may name: `resources.webhooks`.
CREATE TABLE webhook_posts (
    id INTEGER PRIMARY KEY,
    webhook TEXT NOT NULL COLLATE NOCASE,
    connection TEXT NOT NULL,         -- GUID of the service connection that it came by; empty for one of our own
    received_at TEXT NOT NULL,
    payload TEXT NOT NULL,            -- JSON
    looked_at TEXT NOT NULL           -- when it was seen which pipelines it starts; empty before
);
CREATE INDEX webhook_posts_waiting ON webhook_posts (id) WHERE looked_at = '';
