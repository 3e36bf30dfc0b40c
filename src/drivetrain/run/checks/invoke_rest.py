"""Invoke REST API: a service of the user's is asked until it agrees.

https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - settings are read by their annotations
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, urlsplit

from msgspec import Struct, field

from drivetrain.clock import parse_timestamp
from drivetrain.errors import UserError
from drivetrain.lang.expressions import Context, ExpressionError, evaluate_boolean, parse
from drivetrain.lang.macros import expand_macros
from drivetrain.lang.values import caseless
from drivetrain.run.checks.facts import Finding, deadline, in_words
from drivetrain.run.checks.model import Category, CheckState
from drivetrain.run.model import Result
from drivetrain.run.predefined import Place, predefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.checks.facts import Facts
    from drivetrain.run.checks.model import CheckRun

TYPE = "invokeRestApi"
TITLE = "Invoke REST API"
TIMEOUT_RESULT = Result.SKIPPED
"""If there is no positive decision when the time is over, the stage is skipped."""
DAY = 1440
OK = range(200, 300)
SOON = timedelta(seconds=0.2)
"""How soon a service that is being asked is looked at again."""
MOST_EVALUATIONS = 2000
"""https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks#error-handling"""
LONGEST_BODY = 30_000
NAMES = ("root", "status")
_DEFAULT_HEADERS = {"Content-Type": "application/json"}


class Settings(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """How it is set. Texts may hold macros of predefined variables."""

    url: str
    method: Literal["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "PATCH"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    success_criteria: str = ""
    """An expression over `root`, the JSON of the answer, and `status`; empty for any answer 200 to 299."""
    interval: float = 0
    """Minutes between two evaluations; 0: the first answer is final."""
    timeout: float = DAY
    """Minutes."""

    def verify(self) -> None:
        """Raises UserError that names the setting."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise UserError(f"url: '{self.url}' is not an address", hint="such as https://example.com/ready")
        if len(self.body) > LONGEST_BODY:
            raise UserError(f"body: at most {LONGEST_BODY} characters")
        if self.interval and self.interval < 1:
            raise UserError("interval: at least 1 minute, or 0: the first answer is final")
        if self.interval and self.timeout / self.interval > MOST_EVALUATIONS:
            hint = "a longer interval, or a shorter timeout"
            raise UserError(f"interval: the service would be asked more than {MOST_EVALUATIONS} times", hint=hint)
        for name, value in self.headers.items():
            if not name.strip() or not name.isascii() or any(sign in name + value for sign in "\r\n"):
                raise UserError(f"headers: '{name}' is not a header", hint="such as --header Accept=application/json")
        self._verify_criteria()

    def _verify_criteria(self) -> None:
        try:
            parse(self.success_criteria, functions=(), names=NAMES)
        except ExpressionError as error:
            hint = "an expression over `root`, the JSON of the answer, and `status`: eq(root['state'], 'ready')"
            raise UserError(f"successCriteria: {error.message}", hint=hint) from error


def category(settings: Settings) -> Category:
    """Dynamic."""
    del settings
    return Category.DYNAMIC


def describe(settings: Settings) -> str:
    """In a few words, for people."""
    again = f", again after {in_words(settings.interval)}" if settings.interval else ""
    return f"{settings.method} {settings.url}{again}, within {in_words(settings.timeout)}"


def look(settings: Settings, check: CheckRun, facts: Facts) -> Finding:
    """Where the asking stands. With an interval an answer holds only so long, until the stage begins."""
    until = deadline(check, settings.timeout)
    if check.check.id in facts.calling:
        return Finding(CheckState.RUNNING, f"asks {_place(settings)}", facts.now + SOON)
    answer = facts.answers.get(check.check.id)
    if answer is None:
        return Finding(CheckState.RUNNING, f"asks {_place(settings)}", facts.now + SOON, call=True)
    said = f"{_place(settings)} answered {answer.status or 'nothing'}: {answer.text}".rstrip(": ")
    if not settings.interval:
        return Finding(CheckState.PASSED if answer.passed else CheckState.FAILED, said)
    again = parse_timestamp(answer.at) + timedelta(minutes=settings.interval)
    state = CheckState.PASSED if answer.passed else CheckState.RUNNING
    asks = facts.now >= again
    return Finding(state, said, facts.now + SOON if asks else min(again, until), call=asks)


def _place(settings: Settings) -> str:
    """Who is asked, for people: without what may be secret in an address."""
    return urlsplit(settings.url).hostname or "the service"


class Question(Struct, frozen=True):
    """One HTTP request, made whole."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    criteria: str


def question(settings: Settings, place: Place) -> Question:
    """The request for a stage. What variables hold is hostile: it cannot leave its place in an address, a JSON body or
    a header.
    """
    values = {name.lower(): value for name, value in predefined(place).items()}
    is_json = settings.body.lstrip()[:1] in {"{", "["}

    def filled(text: str, quoted: Callable[[str], str]) -> str:
        return expand_macros(text, lambda name: None if name.lower() not in values else quoted(values[name.lower()]))

    return Question(
        settings.method,
        filled(settings.url, lambda value: quote(value, safe=":/")),
        {**_DEFAULT_HEADERS, **{name: filled(text, _one_line) for name, text in settings.headers.items()}},
        filled(settings.body, (lambda value: json.dumps(value)[1:-1]) if is_json else str),
        settings.success_criteria,
    )


def _one_line(value: str) -> str:
    return quote(value, safe=" !#$&'()*+,/:;=?@[]-._~")


def agrees(criteria: str, status: int, text: str) -> bool:
    """Whether an answer is a success. Raises ExpressionError, ValueError when it cannot be told."""
    if not criteria.strip():
        return status in OK
    root = json.loads(text, parse_int=Decimal, parse_float=Decimal) if text.strip() else None
    values = {"root": caseless(root), "status": Decimal(status)}
    return status in OK and evaluate_boolean(parse(criteria), Context(values))
