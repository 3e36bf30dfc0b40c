"""What is written down as it happens: the runner's journal, and the event stream of a run.

A journal is `journal.jsonl` in the job's folder: one JSON object a line, `n` counts from 1 without gaps. A line
without its newline was cut by a crash and does not count. The engine turns journal entries into run events by adding
`stage`, `job`, `leg` (empty without a matrix) and `attempt`; run events live in the `events` table, numbered per run,
written in the same transaction as the state that they change.

    type                 in journal   data (besides n, time, type)
    run.queued                        number, reason, branch, commit, starts (stages that are not to wait for a hand)
    run.started                       -
    run.canceling                     by
    run.completed                     result, reason
    run.reopened                      by, stages                         another attempt at these stages
    run.number                x       number                             ##vso[build.updatebuildnumber]
    run.tag                   x       tag                                ##vso[build.addbuildtag]
    stage.waiting                     stage, reason, gate                its condition held; it is started by hand, or
                                                                         (gate: true) its checks have not passed
    checks.skipped                    stage, by, checks                  the run was started without checks
    check.started                     stage, check, resource
    check.decided                     stage, check, resource, by, approve, comment, at
    check.completed                   stage, check, resource, state, reason
    stage.released                    stage, by                          somebody has started it
    stage.started                     stage, attempt
    stage.completed                   stage, attempt, result, reason
    job.queued                        -                                  its condition held; it waits for a slot
    job.started               x       pid
    job.canceling             x       reason                             seen by the runner
    job.completed             x       result, reason
    step.started              x       step, name, display_name, task, tries
    step.progress             x       step, percent, text
    step.completed            x       step, result, outcome, exit_code, reason
    variable.set              x       step, name, value, output, secret  value of a secret is sealed; only outputs
    issue                     x       type_, message, step, file, line, column, code
    cache.used                x       step, key, word, size              key of Cache: hit, inexact, miss, saved, there
    environment.used          x       environments                       of each Python: python, packages by name
    attachment                x       step, type_, name, path            ##vso[task.addattachment], uploadsummary, ...
    step.detail               x       step, id, parent, name, type, ...  ##vso[task.logdetail]
    tests.published           x       step, title, format, platform, configuration, results, outputs, attachments,
                                      passed, failed, skipped, seconds; `results` is a file in the job's folder
    coverage.published        x       step, tool, files, lines_covered, lines_total, branches_covered, branches_total
    validation.requested      x       step, title, instructions, approvers, notify, own_runs  ManualValidation
    validation.timedOut       x       step                               nobody decided in time
    artifact.published        x       name, kind, files, size, location, properties  again when files are added
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
