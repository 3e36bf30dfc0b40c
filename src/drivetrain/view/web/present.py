"""How values look: states with icon and word, durations, moments, sizes, numbers. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from msgspec import Struct

from drivetrain.clock import parse_timestamp
from drivetrain.run.model import Result, State
from drivetrain.source.model import Reason

MINUTE, HOUR, DAY = 60, 3600, 86400


class Look(Struct, frozen=True):
    """A state's icon (also its class name) and its word: never colour alone."""

    icon: str
    word: str


PENDING, RUNNING, CANCELING = Look("pending", "Queued"), Look("running", "Running"), Look("running", "Canceling")
WAITING = Look("pending", "Waiting")
TAKEN = Look("succeeded", "Taken in")
RESULTS = {
    Result.SUCCEEDED: Look("succeeded", "Succeeded"),
    Result.SUCCEEDED_WITH_ISSUES: Look("issues", "Succeeded with issues"),
    Result.FAILED: Look("failed", "Failed"),
    Result.CANCELED: Look("canceled", "Canceled"),
    Result.SKIPPED: Look("skipped", "Skipped"),
}
REASONS = {
    Reason.MANUAL: "Manual",
    Reason.INDIVIDUAL_CI: "Push",
    Reason.BATCHED_CI: "Push (batched)",
    Reason.SCHEDULE: "Schedule",
    Reason.PULL_REQUEST: "Pull request",
    Reason.RESOURCE_TRIGGER: "Resource",
}


def look(state: State, result: Result | None, *, canceling: bool = False, waiting: bool = False) -> Look:
    """Icon and word of anything that has a state and a result."""
    if waiting and not canceling:
        return WAITING
    if state is State.PENDING:
        return PENDING
    if state is State.RUNNING or result is None:
        return CANCELING if canceling else RUNNING
    return RESULTS[result]


def reason_word(reason: Reason) -> str:
    """Why a run was started, in a word."""
    return REASONS[reason]


def seconds_between(start: str, end: str, now: datetime) -> float | None:
    """Seconds from `start` to `end`, or to `now` when it goes on; None when it has not begun."""
    if not start:
        return None
    finish = parse_timestamp(end) if end else now
    return max(0.0, (finish - parse_timestamp(start)).total_seconds())


def duration(seconds: float | None) -> str:
    """`0.4s`, `12s`, `3m 05s`, `2h 04m`, `3d 02h`; a dash for None. live.js has the same rule."""
    if seconds is None:
        return "–"  # noqa: RUF001 - an en dash is meant
    if seconds < 10:  # noqa: PLR2004 - tenths matter only for short steps
        return f"{math.floor(seconds * 10) / 10:.1f}s"
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m {whole % MINUTE:02d}s"
    if whole < DAY:
        return f"{whole // HOUR}h {whole % HOUR // MINUTE:02d}m"
    return f"{whole // DAY}d {whole % DAY // HOUR:02d}h"


def ago(moment: str, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `yesterday`, then the date. live.js has the same rule."""
    seconds = (now - parse_timestamp(moment)).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min ago"
    if seconds < DAY:
        return f"{int(seconds // HOUR)} h ago"
    if seconds < 2 * DAY:
        return "yesterday"
    return parse_timestamp(moment).strftime("%-d %b %Y")


def exact(moment: str) -> str:
    """The moment in full, in UTC; a page with scripts shows it in the reader's own zone."""
    return parse_timestamp(moment).astimezone(UTC).strftime("%a %-d %b %Y, %H:%M:%S UTC")


def size(amount: float) -> str:
    """Bytes as people read them: `1.4 MB`."""
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - the next unit
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"  # noqa: PLR2004
        amount /= 1000
    return f"{amount:.1f} TB"


def number(value: float) -> str:
    """A metric to five significant digits, whole numbers as they are."""
    if not math.isfinite(value):
        return {True: "NaN"}.get(math.isnan(value), "∞" if value > 0 else "−∞")  # noqa: RUF001 - a real minus
    if value == int(value) and abs(value) < 10**12:
        return f"{int(value):,}".replace("-", "−")  # noqa: RUF001 - a real minus
    return f"{value:.5g}".replace("-", "−")  # noqa: RUF001 - a real minus


def rate(per_second: float) -> str:
    """Requests a second: `0`, `0.02`, `4.1`, `128`."""
    if per_second >= 100:  # noqa: PLR2004 - three digits say enough
        return f"{per_second:,.0f}"
    return f"{per_second:.2g}" if per_second < 10 else f"{per_second:.1f}"  # noqa: PLR2004


def share(part: float | None) -> str:
    """A share from 0 to 1 in percent; a dash for None."""
    if part is None:
        return "–"  # noqa: RUF001 - an en dash is meant
    percent = part * 100
    return f"{percent:.0f} %" if percent in {0.0, 100.0} else f"{percent:.2g} %" if percent < 10 else f"{percent:.1f} %"  # noqa: PLR2004


def milliseconds(seconds: float | None) -> str:
    """A latency: `0.8 ms`, `12 ms`, `1.3 s`; a dash for None."""
    if seconds is None:
        return "–"  # noqa: RUF001 - an en dash is meant
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"  # noqa: PLR2004


def short_ref(ref: str) -> str:
    """`refs/heads/main` -> `main`, `refs/tags/v1` -> `v1`."""
    for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def short_sha(sha: str) -> str:
    """The first eight characters, as Azure shows a commit."""
    return sha[:8]
