-- What deployments have answered, by minute: for charts. Older minutes are thinned out to hours (store/minutes.py).
CREATE TABLE scoring_minutes (
    endpoint TEXT NOT NULL COLLATE NOCASE,
    deployment TEXT NOT NULL COLLATE NOCASE,
    at TEXT NOT NULL,                 -- ISO 8601, UTC, the begin
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    seconds REAL NOT NULL,
    slower_than TEXT NOT NULL,        -- JSON: counts by bucket
    mirrored INTEGER NOT NULL,
    disagreed INTEGER NOT NULL,
    PRIMARY KEY (endpoint, at, deployment)
) WITHOUT ROWID;
