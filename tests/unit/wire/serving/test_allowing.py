"""Which pipeline runs may change what is live."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry.versions.model import ModelVersion
from drivetrain.serve.model import Endpoint
from drivetrain.wire.serving.serving import check_may_change

if TYPE_CHECKING:
    from drivetrain.wire.storage import Storage


def storage(*, restricted: bool = False, project_id: int | None = 1) -> Storage:
    """With one run, of the project `mine`."""

    def get(run_id: int) -> Any:
        if run_id != 7:
            raise NotFoundError("there is no such run")
        return SimpleNamespace(restricted=restricted, project_id=project_id, project="mine")

    def find(text: str) -> ModelVersion:
        return ModelVersion(text, "1", project={"home": ""}.get(text, text))

    endpoints = [Endpoint("Shared"), Endpoint("own", "mine"), Endpoint("other", "theirs")]
    kept = SimpleNamespace(
        runs=SimpleNamespace(get=get),
        endpoints=SimpleNamespace(all=lambda: endpoints),
        models=SimpleNamespace(find=find),
    )
    return cast("Storage", kept)


@pytest.mark.parametrize("endpoint", ["shared", "own", "new"])
@pytest.mark.parametrize("model", ["", "home", "mine"])
def test_a_run_changes_what_is_its_projects_or_the_homes(endpoint: str, model: str) -> None:
    assert check_may_change(storage(), 7, endpoint, model) == "mine", "what it makes is its project's"


@pytest.mark.parametrize(("endpoint", "model"), [("OTHER", ""), ("own", "theirs")])
def test_what_is_another_projects_is_not_there_for_it(endpoint: str, model: str) -> None:
    with pytest.raises(NotFoundError, match="project mine has no"):
        check_may_change(storage(), 7, endpoint, model)
    for run_id in (None, 8):
        assert not check_may_change(storage(), run_id, endpoint, model)
    assert not check_may_change(storage(project_id=None), 7, endpoint, model)


def test_a_run_of_a_fork_changes_nothing() -> None:
    with pytest.raises(UserError, match="may not change what is live"):
        check_may_change(storage(restricted=True), 7, "own", "mine")
