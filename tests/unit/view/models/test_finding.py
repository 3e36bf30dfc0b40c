from __future__ import annotations

import pytest

from drivetrain.errors import NotFoundError, UserError
from drivetrain.registry.gates.memory import MemoryVerdicts
from drivetrain.registry.versions.model import ModelVersion
from drivetrain.view.models.finding import finder, other_champion
from drivetrain.view.models.ports import Registry
from tests.browser.story_models import StoryModels

CHAMPION = ModelVersion("fraud", "2", aliases=("champion",))


@pytest.mark.parametrize(
    ("live", "found"),
    [("fraud:1", CHAMPION), ("fraud:2", None), ("other:1", None), ("", None), ("files of somebody", None)],
)
def test_the_champion_is_told_when_another_version_is_live(live: str, found: ModelVersion | None) -> None:
    assert other_champion(live, {"fraud@champion": CHAMPION}.get) == found


def test_what_cannot_be_found_is_none_and_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    models = StoryModels()

    def find(reference: str) -> ModelVersion:
        asked.append(reference)
        if reference == "a/b@champion":
            raise UserError("names no model")
        if reference != "fraud@champion":
            raise NotFoundError("nothing")
        return CHAMPION

    monkeypatch.setattr(models, "find", find)
    found = finder(Registry(models, MemoryVerdicts()))
    assert [found("fraud@champion"), found("fraud@champion"), found("a/b@champion"), found("x"), found("")] == [
        CHAMPION,
        CHAMPION,
        None,
        None,
        None,
    ]
    assert asked == ["fraud@champion", "a/b@champion", "x"]
    assert finder(None)("fraud@champion") is None
