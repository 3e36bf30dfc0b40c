-- A test is named once: its results in a hundred runs are a few numbers each.
CREATE TABLE tests (
    id INTEGER PRIMARY KEY,
    storage TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    UNIQUE (storage, name, title)
);

-- What one report, or several that were merged, told of its tests.
CREATE TABLE test_reports (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    leg TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    step INTEGER NOT NULL,
    tries INTEGER NOT NULL,           -- of the step: an earlier try's no longer count
    data TEXT NOT NULL,               -- ReportTitle as JSON
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    not_executed INTEGER NOT NULL,
    seconds REAL NOT NULL,
    published_at TEXT NOT NULL
);
CREATE INDEX test_reports_by_run ON test_reports (run_id);

CREATE TABLE test_results (
    report_id INTEGER NOT NULL REFERENCES test_reports (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,        -- in the report
    test_id INTEGER NOT NULL,
    outcome INTEGER NOT NULL,         -- 0 failed, 1 inconclusive, 2 not executed, 3 passed: as pages sort them
    seconds REAL NOT NULL,
    PRIMARY KEY (report_id, position)
) WITHOUT ROWID;
CREATE INDEX test_results_by_outcome ON test_results (report_id, outcome);
CREATE INDEX test_results_by_test ON test_results (test_id, report_id);

-- Of results that have anything to say; the output itself lies in a file of the job.
CREATE TABLE test_details (
    report_id INTEGER NOT NULL REFERENCES test_reports (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    stack TEXT NOT NULL,
    output_at INTEGER NOT NULL,
    output_size INTEGER NOT NULL,
    PRIMARY KEY (report_id, position)
);

CREATE TABLE coverage_reports (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    job TEXT NOT NULL,
    leg TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    step INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    tool TEXT NOT NULL,
    lines_covered INTEGER NOT NULL,
    lines_total INTEGER NOT NULL,
    branches_covered INTEGER NOT NULL,
    branches_total INTEGER NOT NULL,
    published_at TEXT NOT NULL
);
CREATE INDEX coverage_reports_by_run ON coverage_reports (run_id);

CREATE TABLE coverage_files (
    report_id INTEGER NOT NULL REFERENCES coverage_reports (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    data TEXT NOT NULL,               -- FileCoverage as JSON
    PRIMARY KEY (report_id, position)
);

-- The reports that count: of each job its newest attempt, of each step its newest try.
CREATE VIEW current_test_reports AS
SELECT * FROM test_reports AS report
WHERE NOT EXISTS (
    SELECT 1 FROM jobs
    WHERE jobs.run_id = report.run_id AND jobs.stage = report.stage AND jobs.job = report.job
        AND jobs.leg = report.leg AND jobs.attempt > report.attempt
) AND NOT EXISTS (
    SELECT 1 FROM test_reports AS later
    WHERE later.run_id = report.run_id AND later.stage = report.stage AND later.job = report.job
        AND later.leg = report.leg AND later.attempt = report.attempt AND later.step = report.step
        AND later.tries > report.tries
);

CREATE VIEW current_coverage_reports AS
SELECT * FROM coverage_reports AS report
WHERE NOT EXISTS (
    SELECT 1 FROM jobs
    WHERE jobs.run_id = report.run_id AND jobs.stage = report.stage AND jobs.job = report.job
        AND jobs.leg = report.leg AND jobs.attempt > report.attempt
) AND NOT EXISTS (
    SELECT 1 FROM coverage_reports AS later
    WHERE later.run_id = report.run_id AND later.stage = report.stage AND later.job = report.job
        AND later.leg = report.leg AND later.attempt = report.attempt AND later.step = report.step
        AND later.tries > report.tries
);
