"""What is written down as it happens: the runner's journal, and the event stream of a run.

A journal is `journal.jsonl` in the job's folder: one JSON object a line, `n` counts from 1 without gaps. A line
without its newline was cut by a crash and does not count. The engine turns journal entries into run events by adding
`stage`, `job`, `leg` (empty without a matrix) and `attempt`; run events live in the `events` table, numbered per run,
written in the same transaction as the state that they change.

    type                 in journal   data (besides n, time, type)
    run.queued                        number, reason, branch, commit
    run.started                       -
    run.canceling                     by
    run.completed                     result, reason
    run.number                x       number                             ##vso[build.updatebuildnumber]
    run.tag                   x       tag                                ##vso[build.addbuildtag]
    stage.waiting                     stage, reason, gate                its condition held; it is started by hand, or
                                                                         (gate: true) its checks have not passed
    stage.released                    stage, by                          somebody has started it
    stage.started                     stage
    stage.completed                   stage, result, reason
    job.queued                        -                                  its condition held; it waits for a slot
    job.started               x       pid
    job.canceling             x       reason                             seen by the runner
    job.completed             x       result, reason
    step.started              x       step, name, display_name, task, tries
    step.progress             x       step, percent, text
    step.completed            x       step, result, outcome, exit_code, reason
    variable.set              x       step, name, value, output, secret  value of a secret is sealed; only outputs
    issue                     x       type_, message, step, file, line, column, code
    artifact.published        x       name, kind, files, size
    log.summary               x       step, path                         ##vso[task.uploadsummary]
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

EVENT_VERSION = 1


class JournalEntry(Struct, frozen=True):
    """One line of a job's journal."""

    n: int
    time: str
    type: str
    data: Mapping[str, object] = field(default_factory=dict)


class RunEvent(Struct, frozen=True):
    """One entry of a run's event stream."""

    seq: int
    """From 1, without gaps, per run."""
    time: str
    type: str
    data: Mapping[str, object] = field(default_factory=dict)
    version: int = EVENT_VERSION
