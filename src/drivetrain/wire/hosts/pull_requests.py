"""A pull request by its number: as its host has it now, else as it was last heard of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError, UserError

if TYPE_CHECKING:
    from drivetrain.source.events import PullRequest
    from drivetrain.source.model import Project
    from drivetrain.wire.storage import Storage


def find_pull_request(storage: Storage, project: Project, number: int) -> PullRequest:
    """One that is open. Raises NotFoundError, UserError when it is not open, UnavailableError when its host does not
    answer.
    """
    host = storage.hosts.of(project.id)
    if host is not None:
        found = host.pull_request(number)
    else:
        known = storage.pull_requests.get(project.id, number)
        if known is None:
            hint = "drivetrain connect says where the project's repository is, and with which credentials to ask there"
            raise NotFoundError(f"nothing was ever heard of pull request {number} of {project.name}", hint=hint)
        found = known.pull_request
    if found.state != "open":
        raise UserError(f"pull request {number} of {project.name} is {found.state}", hint="reopen it at its host")
    return found
