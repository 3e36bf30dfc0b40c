"""Trying an endpoint by hand: a form made from its model's signature, and the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool

from drivetrain.errors import UserError
from drivetrain.view.models.finding import finder
from drivetrain.view.serving.form import json_body, request_body, try_form
from drivetrain.view.serving.live import lowered
from drivetrain.view.serving.ports import MOST_ASKED
from drivetrain.view.web.pages.base import render, site
from drivetrain.view.web.pages.served import find, serving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from drivetrain.serve.model import Deployment, Endpoint
    from drivetrain.view.serving.form import TryForm

FIELD = "field:"
MOST_FIELDS = 200


def _chosen(deployments: Sequence[Deployment], endpoint: Endpoint, name: str = "") -> Deployment | None:
    """The deployment whose signature the form has: the one that is named, else the one with the most traffic."""
    traffic = lowered(endpoint.traffic)
    able = [each for each in deployments if each.launch is not None]
    for each in able:
        if each.name.lower() == name.lower():
            return each
    return max(able, key=lambda each: (traffic.get(each.name.lower(), 0), each.name), default=None)


def example_of(deployments: Sequence[Deployment], endpoint: Endpoint) -> str:
    """The request body that the model's own example makes; empty when there is none."""
    found = _chosen(deployments, endpoint)
    return found.launch.example if found and found.launch else ""


def form_of(request: Request, endpoint: Endpoint, deployments: Sequence[Deployment], name: str = "") -> dict[str, Any]:
    """What a template needs for the form of an endpoint."""
    found = _chosen(deployments, endpoint, name)
    version = finder(site(request).registry)(found.spec.model) if found else None
    example = found.launch.example if found and found.launch else ""
    return {
        "tried": try_form(version.signature if version else {}, example) if found else None,
        "choices": [each.name for each in deployments if each.launch is not None],
        "chosen": name,
        "by_hand": False,
    }


async def ask(request: Request) -> Response:
    """Ask the endpoint what the form says; the form again, with the answer."""
    fields = await _fields(request)
    return await run_in_threadpool(_answer, request, fields)


def _answer(request: Request, fields: Mapping[str, str]) -> Response:
    serves, endpoint = serving(request), find(request)
    deployments = serves.endpoints.deployments(endpoint.name)
    name = next((each.name for each in deployments if each.name == fields.get("deployment")), "")
    shown = form_of(request, endpoint, deployments, name)
    tried: TryForm | None = shown["tried"]
    if tried is None:
        raise UserError(f"{endpoint.name} has no deployment that could answer", hint="its page says what they wait for")
    given = {key.removeprefix(FIELD): value for key, value in fields.items() if key.startswith(FIELD)}
    by_hand = "body" in fields
    shown |= {"tried": _filled(tried, given, fields.get("body")), "by_hand": by_hand}
    answer: dict[str, Any] = {"answer": None, "trouble": None}
    try:
        body = json_body(fields["body"]) if by_hand else request_body(tried.fields, given)
        answer["answer"] = serves.ask(endpoint.name, body, name)
    except UserError as error:
        answer["trouble"] = error
    return render(request, "endpoint_try.html", name=endpoint.name, pretty=pretty, **shown, **answer)


def _filled(tried: TryForm, given: Mapping[str, str], body: str | None) -> TryForm:
    """The form with what somebody has typed."""
    fields = tuple(replace(each, value=given.get(str(number), each.value)) for number, each in enumerate(tried.fields))
    return replace(tried, fields=fields, body=tried.body if body is None else body)


def pretty(body: str) -> str:
    """An answer as people read it, where it is short JSON."""
    try:
        return json.dumps(json.loads(body), indent=2) if len(body) < 2000 else body  # noqa: PLR2004 - longer is as it came
    except (ValueError, RecursionError):
        return body


async def _fields(request: Request) -> dict[str, str]:
    # A body may be three times as long in a form, where each quote is %22.
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 3 * MOST_ASKED:
            raise UserError("this request is too large to be tried here", hint="curl has no such limit")
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UserError("this is not a form", hint="use the page's own button") from error
    return {name: values[-1] for name, values in found.items()}
