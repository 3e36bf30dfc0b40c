"""Makes deployments startable that were asked for: the row says what is to be done, so whoever comes next goes on."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import DrivetrainError, NotFoundError, UnavailableError
from drivetrain.serve.model import Deployment, DeploymentState, Launch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.serve.parts import ServingParts

TO_DO = {DeploymentState.CREATING, DeploymentState.UPDATING}
ATTEMPTS = 2
LONGEST_PROBLEM = 4000
_log = logging.getLogger("drivetrain")


def to_prepare(parts: ServingParts) -> Sequence[Deployment]:
    """What is asked for, and not ready."""
    found = []
    for endpoint in parts.endpoints.all():
        with suppress(NotFoundError):  # deleted meanwhile
            found += [each for each in parts.endpoints.deployments(endpoint.name) if each.state in TO_DO]
    return found


def prepare(parts: ServingParts, endpoint: str, name: str) -> None:
    """Prepare it until its spec is the one that was prepared; nothing when somebody else does."""
    with parts.locks.preparing(endpoint, name) as mine:
        while mine:
            asked = _asked(parts, endpoint, name)
            if asked is None:
                return
            parts.say(endpoint, name, "")
            done = _prepared(parts, asked)
            if _keep(parts, asked, done):
                parts.tell_front(endpoint)
                return


def _asked(parts: ServingParts, endpoint: str, name: str) -> Deployment | None:
    try:
        found = parts.endpoints.deployment(endpoint, name)
    except NotFoundError:
        return None
    return found if found.state in TO_DO else None


def _prepared(parts: ServingParts, asked: Deployment) -> Deployment:
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            return replace(asked, state=DeploymentState.READY, launch=_launch(parts, asked), problem="")
        except UnavailableError as error:
            problem = _text(error)  # trying again may help
        except DrivetrainError as error:
            problem = _text(error)
            break
        except Exception as error:  # noqa: BLE001 - it is logged, and the deployment says that it failed
            _log.exception("%s/%s could not be prepared", asked.endpoint, asked.name)
            problem = f"an error of Drivetrain's own: {type(error).__name__}: {error}; its server's log has more"
            break
    return replace(asked, state=DeploymentState.FAILED, problem=problem[:LONGEST_PROBLEM])


def _launch(parts: ServingParts, asked: Deployment) -> Launch:
    def say(text: str) -> None:
        parts.say(asked.endpoint, asked.name, text)

    return parts.prepare(asked, say)


def _text(error: DrivetrainError) -> str:
    return f"{error.message}\n{error.hint}" if error.hint else error.message


def _keep(parts: ServingParts, asked: Deployment, done: Deployment) -> bool:
    """Whether it was still what was asked for, or is gone."""
    with parts.locks.changing(asked.endpoint):
        now = _asked(parts, asked.endpoint, asked.name)
        if now is None:
            return True
        if now.spec != asked.spec:
            return False
        parts.endpoints.put_deployment(done, by=now.created_by)
        return True
