"""Templates -> pages. Everything is escaped, and made visible, before it reaches HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from starlette.responses import HTMLResponse

from drivetrain.serve.rules.live import what_it_serves
from drivetrain.view import verdicts
from drivetrain.view.keys import job_key, key
from drivetrain.view.logs.visible import visible
from drivetrain.view.moments import from_milliseconds
from drivetrain.view.reports import words
from drivetrain.view.web import present

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from starlette.requests import Request

    from drivetrain.view.site import Site

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


def _shown(value: object) -> object:
    return visible(value) if type(value) is str else value


@pass_context
def _ago(context: Context, moment: str) -> str:
    return present.ago(moment, context["now"])


@pass_context
def _seconds(context: Context, start: str, end: str) -> float | None:
    return present.seconds_between(start, end, context["now"])


def environment() -> Environment:
    """The templates, with the words and formats of `present`."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        auto_reload=False,
    )
    env.filters |= {
        "ago": _ago,
        "duration": present.duration,
        "exact": present.exact,
        "file_size": present.size,
        "finding_words": verdicts.why,
        "from_milliseconds": from_milliseconds,
        "key": key,
        "number": present.number,
        "milliseconds": present.milliseconds,
        "percent": words.percent,
        "rate": present.rate,
        "serves": what_it_serves,
        "share": present.share,
        "took": words.took,
        "reason": present.reason_word,
        "short_ref": present.short_ref,
        "short_sha": present.short_sha,
    }
    env.globals |= {
        "look": present.look,
        "seconds": _seconds,
        "job_key": job_key,
        "outcome_looks": words.OUTCOMES,
        "told": words.told,
        "change": words.change,
        "direction": words.direction,
    }
    return env


class Renderer:
    """Renders pages of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._environment = environment()

    def page(self, request: Request, template: str, *, code: int = 200, **context: Any) -> HTMLResponse:
        """A page; with `?part=live` only what a page with scripts puts in place of what it shows."""
        layout = "fragment.html" if request.query_params.get("part") == "live" else "layout.html"
        text = self._environment.get_template(template).render(
            layout=layout,
            now=self._site.clock.now(),
            path=request.url.path,
            query=request.query_params,
            version=self._site.version,
            **context,
        )
        return HTMLResponse(text, status_code=code)
