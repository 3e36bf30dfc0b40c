-- What gates have said of versions of models. No foreign key: it is known for ever. See registry/gates/model.py.

CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    gate TEXT NOT NULL,
    model TEXT NOT NULL,              -- the candidate's name
    version TEXT NOT NULL,
    champion TEXT NOT NULL,           -- NAME:VERSION; empty for none
    passed INTEGER NOT NULL,
    findings TEXT NOT NULL,           -- JSON
    rules TEXT NOT NULL,              -- digest of what was asked
    data_digest TEXT NOT NULL,        -- of the evaluation data; empty when there was none
    run_id INTEGER,                   -- the pipeline run that asked
    step TEXT NOT NULL,
    by TEXT NOT NULL,
    promoted TEXT NOT NULL            -- the alias that it got for it; empty for none
);
CREATE INDEX verdicts_by_model ON verdicts (model, version, id);
CREATE INDEX verdicts_by_run ON verdicts (run_id, id) WHERE run_id IS NOT NULL;
