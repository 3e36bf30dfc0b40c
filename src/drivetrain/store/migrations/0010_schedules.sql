-- When schedules of Azure Machine Learning are due next; what they are is among the assets.
CREATE TABLE schedule_times (
    workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    due_at TEXT NOT NULL,             -- ISO 8601, UTC
    PRIMARY KEY (workspace, name)
);
CREATE INDEX schedule_times_by_moment ON schedule_times (due_at);
