"""The credentials of repositories that a job is given: only one whose checkouts need the host once more."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from drivetrain.plan.names.model import of_major_version
from drivetrain.source.access import NoAccessError, login_of
from drivetrain.source.git import is_local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.plan.model import StepPlan
    from drivetrain.run.model import JobSpec
    from drivetrain.source.access import Login
    from drivetrain.wire.storage import Storage

_CHECKOUT = "checkout@1"
_WANTING = ("lfs", "submodules", "persistCredentials")
"""Inputs of a checkout that make it, or the steps after it, ask the host."""


def logins_of_job(storage: Storage, spec: JobSpec) -> Mapping[str, tuple[str, str]]:
    """See `JobSecrets.logins`. A run that may have no secrets, of a fork's pull request, has none."""
    if not any(_wants(step) for step in spec.steps):
        return {}
    run = storage.runs.get(spec.run_id)
    if run.restricted:
        return {}
    project = storage.projects.get(run.project_id) if run.project_id is not None else None
    # Of two at one host, the one of the project's own repository counts: it comes last.
    urls = [*(each.uri for each in spec.repositories.values()), *([project.url] if project else [])]
    return dict(_logins(storage, [url for url in urls if url and not is_local(url)]))


def _wants(step: StepPlan) -> bool:
    asked = (step.inputs.get(name, "").lower() for name in _WANTING)
    return of_major_version(step.task).lower() == _CHECKOUT and any(value not in ("", "false") for value in asked)


def _logins(storage: Storage, urls: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for url in urls:
        login = _login(storage, url)
        site = _site(url)
        if login is not None and site:
            yield site, (login.username, login.password)


def _login(storage: Storage, url: str) -> Login | None:
    with suppress(NoAccessError):  # whoever needs it says that there is none
        access = storage.accesses.of_url(url)
        return access.login if access is not None else login_of(url)[1]
    return None


def _site(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}{separator}{host}".lower() if scheme in ("http", "https") else ""
