"""What the doctor says of online endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError
from drivetrain.serve.model import Endpoint, InstanceState
from drivetrain.wire.health import Finding, Verdict
from drivetrain.wire.serving.serving import fronts_of
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.home import Home
    from drivetrain.serve.model import Status


def endpoints(home: Home) -> Iterator[Finding]:
    """Each endpoint: whether its front answers, and each deployment with traffic has a replica that is ready."""
    if not home.database.exists():
        return
    storage = Storage(home)
    try:
        known = storage.endpoints.all()
    except DrivetrainError:
        return  # the database's own check tells of it
    fronts = fronts_of(storage)
    for endpoint in known:
        yield _finding(endpoint, fronts.status(endpoint.name))


def _finding(endpoint: Endpoint, status: Status | None) -> Finding:
    name = f"endpoint {endpoint.name}"
    if status is None:
        mend = "drivetrain up starts it, and looks after it"
        return Finding(name, Verdict.FAIL, "its front does not run", mend)
    ready = {each.deployment for each in status.instances if each.state is InstanceState.READY}
    missing = [each for each, share in endpoint.traffic.items() if share and each not in {*ready, *status.asleep}]
    if missing:
        words = f"no replica of {', '.join(missing)} is ready"
        return Finding(name, Verdict.FAIL, words, f"drivetrain endpoint logs {endpoint.name} {missing[0]}")
    return Finding(name, Verdict.OK, f"answers at {status.url}")
