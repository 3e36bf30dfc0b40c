"""The parts of a summary and a comment: each is finished Markdown, or empty when there is nothing to say. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.model import Result, State
from drivetrain.view.answers import words
from drivetrain.view.answers.markdown import NOTHING, cell, code, table
from drivetrain.view.answers.metrics import MOST, Mark, beside, paired
from drivetrain.view.reports.words import change, counted, percent
from drivetrain.view.web.present import duration, look, number, seconds_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.view.answers.metrics import Beside
    from drivetrain.view.answers.story import Results, Story

MARKS = {Mark.BETTER: "🟢 better", Mark.WORSE: "🔴 worse", Mark.SAME: "⚪ same", Mark.NONE: ""}
MOST_TRAINING = 5
MOST_CHANGES = 30
MOST_TESTS = 10
MOST_ISSUES = 10
MOST_JOBS = 60
RESULT_ICONS = {
    Result.SUCCEEDED: "✅",
    Result.SUCCEEDED_WITH_ISSUES: "⚠️",
    Result.FAILED: "❌",
    Result.CANCELED: "⚪",
    Result.SKIPPED: "⚪",
}


def metrics(story: Story) -> str:
    """Metrics of this run beside those of the target branch's last good run, one table a training run."""
    pairs = paired(story.results.training, story.before.training if story.before else ())
    found = [_metrics(story, now, then, named=len(pairs) > 1) for now, then in pairs[:MOST_TRAINING] if now.metrics]
    if not found:
        return ""
    more = len(pairs) - MOST_TRAINING
    rest = [f"and {words.counted(more, 'more training run')}"] if more > 0 else []
    picture = [f"![Metrics over the last runs]({story.picture})"] if story.picture else []
    return "\n\n".join(["#### Metrics", *found, *rest, *picture])


def _metrics(story: Story, now: TrainingRun, then: TrainingRun | None, *, named: bool) -> str:
    rows = beside(now, then)
    title = [f"{code(now.experiment, 60)} {code(now.name, 60)}"] if named else []
    target = f"{cell(story.target, 60)}, {words.named(story.before)}" if story.before else "before"
    if then is None:
        made = table(["Metric", "This run"], [[cell(each.name, 80), number(each.now)] for each in rows[:MOST]], right=1)
    else:
        heads = ["Metric", "This run", target, "Change", ""]
        made = table(heads, [_metric(each) for each in rows[:MOST]], right=1)
    rest = [f"and {words.counted(len(rows) - MOST, 'more metric')}"] if len(rows) > MOST else []
    return "\n\n".join([*title, made, *rest])


def _metric(each: Beside) -> list[str]:
    if each.then is None:
        return [cell(each.name, 80), number(each.now), NOTHING, NOTHING, "new"]
    by = number(each.now - each.then)
    sign = "+" if each.now > each.then else ""
    return [cell(each.name, 80), f"**{number(each.now)}**", number(each.then), f"{sign}{by}", MARKS[each.mark]]


def parameters(story: Story) -> str:
    """Parameters of training runs, and of the run itself, that are not as they were."""
    if story.before is None:
        return ""
    rows = _changes(_texts(story.run.parameters), _texts(story.before.run.parameters))
    for now, then in paired(story.results.training, story.before.training)[:MOST_TRAINING]:
        rows += _changes(now.params, then.params) if then else []
    return _changed("Parameters that changed", "Parameter", story, rows)


def _texts(found: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in found.items()}


def software(story: Story) -> str:
    """Versions of Python and of packages that are not as they were."""
    if story.before is None or not story.results.software.python or not story.before.software.python:
        return ""
    now, then = story.results.software, story.before.software
    python = _changes({"Python": ", ".join(now.python)}, {"Python": ", ".join(then.python)})
    return _changed("Environment that changed", "Package", story, python + _changes(now.packages, then.packages))


def _changes(now: Mapping[str, str], then: Mapping[str, str]) -> list[list[str]]:
    return [
        [cell(name, 80), cell(now.get(name, "")), cell(then.get(name, ""))]
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    ]


def _changed(title: str, what: str, story: Story, rows: list[list[str]]) -> str:
    if not rows:
        return ""
    rest = [f"and {len(rows) - MOST_CHANGES:,} more"] if len(rows) > MOST_CHANGES else []
    made = table([what, "This run", cell(story.target, 60)], rows[:MOST_CHANGES])
    return "\n\n".join([f"#### {title}", made, *rest])


def tests(story: Story) -> str:
    """Tests and coverage, beside those of the target branch."""
    lines = [*_tests(story.results, story.before), *_coverage(story.results, story.before)]
    return "\n".join(["#### Tests", "", *lines]) if lines else ""


def _tests(now: Results, then: Results | None) -> list[str]:
    if now.tests is None:
        return []
    before = f" (before: {counted(then.tests)})" if then and then.tests else ""
    known = {(each.result.storage, each.result.name) for each in then.failed} if then else set()
    lines = [f"- {counted(now.tests)}{before}"]
    for each in now.failed[:MOST_TESTS]:
        new = " **new**" if then and then.tests and (each.result.storage, each.result.name) not in known else ""
        why = f": {code(each.result.message, 160)}" if each.result.message.strip() else ""
        lines.append(f"  - ❌{new} {code(each.result.title or each.result.name)}{why}")
    if now.tests.failed > MOST_TESTS:
        lines.append(f"  - and {words.counted(now.tests.failed - MOST_TESTS, 'more failed test')}")
    return lines


def _coverage(now: Results, then: Results | None) -> list[str]:
    if now.lines is None:
        return []
    by = change(now.lines, then.lines) if then and then.lines else ""
    return [f"- {percent(now.lines)} of the lines are covered{f' ({by})' if by else ''}"]


def problems(story: Story) -> str:
    """Errors and warnings that steps reported, the first of them."""
    errors = [each for each in story.issues if each.type == "error"]
    chosen = (errors or list(story.issues))[:MOST_ISSUES]
    if not chosen:
        return ""
    lines = [
        f"- {'❌' if each.type == 'error' else '⚠️'} {_where(each.file, each.line)}{code(each.message, 300)}"
        for each in chosen
    ]
    left = len(story.issues) - len(chosen)
    rest = [f"- and {words.counted(left, 'more issue')}"] if left else []
    return "\n".join(["#### Issues", "", *lines, *rest])


def _where(file: str, line: int) -> str:
    return f"{code(f'{file}:{line}' if line else file)}: " if file else ""


def jobs(story: Story, now: datetime) -> str:
    """Every stage and job with its result and time."""
    if not story.jobs:
        return ""
    stages = {each.name: each.display_name for each in story.stages}
    alone = len(story.stages) == 1
    rows = []
    for each in story.jobs[:MOST_JOBS]:
        icon = RESULT_ICONS.get(each.result, "🔵") if each.result else ("🔵" if each.state is State.RUNNING else "🟡")
        took = duration(seconds_between(each.started_at, each.finished_at, now))
        named = [] if alone else [cell(stages.get(each.ref.stage, each.ref.stage), 60)]
        rows.append([*named, cell(each.display_name, 80), f"{icon} {look(each.state, each.result).word}", took])
    rest = [f"and {words.counted(len(story.jobs) - MOST_JOBS, 'more job')}"] if len(story.jobs) > MOST_JOBS else []
    return "\n\n".join([table([*([] if alone else ["Stage"]), "Job", "Result", "Time"], rows), *rest])


def lead(story: Story, now: datetime) -> str:
    """What ran, and on what."""
    run, pull = story.run, story.pull_request
    source = (pull.source if pull else run.source.ref).removeprefix("refs/heads/")
    what = f"commit {code(story.sha[:8])} of {code(source, 80)}"
    merged = f", merged with {code(pull.target.removeprefix('refs/heads/'), 80)}" if pull else ""
    ended = f", in {words.took(story.results, now)}" if run.state is State.COMPLETED else ""
    page = "" if story.results.page else f". `drivetrain show {run.id}` shows it"
    return f"{words.named(story.results, 'Run')}: {what}{merged}{ended}{page}."


def sections(parts: Sequence[str]) -> str:
    """Those that say anything, below each other."""
    return "\n\n".join(part for part in parts if part)
