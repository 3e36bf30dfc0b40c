"""What aliases are and how they are given: whoever gives them, it is a promotion."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.registry.versions.model import Held
from tests.registry_home import RegistryHome, registry_home

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.registry.versions.ports import Models

pytestmark = pytest.mark.filterwarnings("ignore")
"""MLflow's own, which are its makers' business."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> RegistryHome:
    return registry_home(tmp_path_factory.mktemp("registry") / "home")


@pytest.fixture
def models(shared: RegistryHome) -> Models:
    return shared.storage.models


def test_an_alias_is_kept_with_who_and_why_and_mlflow_has_it(shared: RegistryHome, models: Models) -> None:
    shared.model("alias")
    shared.model("alias")
    models.set_alias("alias", "champion", "1", by="owner")
    made = models.set_alias("alias", "champion", "2", by="20261126.1", run_id=7, reason="gate 3 passed")
    assert (made.before, made.version, made.by, made.run_id, made.reason) == (
        "1",
        "2",
        "20261126.1",
        7,
        "gate 3 passed",
    )
    assert str(shared.registry.get_model_version_by_alias("alias", "champion").version) == "2"
    taken = models.set_alias("alias", "champion", "", by="owner")
    assert (taken.before, taken.version) == ("2", "")
    assert [each.version for each in models.promotions("alias")] == ["", "2", "1"]
    assert shared.registry.get_registered_model("alias").aliases == {}


def test_an_alias_that_is_there_is_no_second_promotion(shared: RegistryHome, models: Models) -> None:
    shared.model("twice")
    first = models.set_alias("twice", "champion", "1", by="owner")
    assert models.set_alias("twice", "champion", "1", by="somebody else") == first
    assert len(models.promotions("twice")) == 1


def test_an_alias_is_given_only_while_another_stands(shared: RegistryHome, models: Models) -> None:
    for _ in range(3):
        shared.model("stands")
    models.set_alias("stands", "champion", "1", by="owner", still=Held("stands", "champion", ""))
    shared.registry.set_registered_model_alias("stands", "champion", "2")  # by MLflow itself: nobody has looked since
    with pytest.raises(ConflictError, match="the champion is stands:2 by now, no longer stands:1"):
        models.set_alias("stands", "champion", "3", by="owner", still=Held("stands", "champion", "1"))
    with pytest.raises(ConflictError, match="the champion is stands:2 by now, no longer none"):
        models.set_alias("stands", "champion", "3", by="owner", still=Held("stands", "champion", ""))
    models.set_alias("stands", "challenger", "3", by="owner", still=Held("stands", "champion", "2"))
    aliases = shared.registry.get_registered_model("stands").aliases
    assert {alias: str(version) for alias, version in aliases.items()} == {"champion": "2", "challenger": "3"}
    assert [(each.alias, each.version, each.by) for each in models.promotions("stands")] == [
        ("challenger", "3", "owner"),
        ("champion", "2", "somebody"),
        ("champion", "1", "owner"),
    ]


def test_of_many_that_have_seen_one_champion_one_takes_its_place(shared: RegistryHome, models: Models) -> None:
    for _ in range(5):
        shared.model("contested")
    models.set_alias("contested", "champion", "1", by="owner")

    def take(version: int) -> bool:
        try:
            still = Held("contested", "champion", "1")
            models.set_alias("contested", "champion", str(version), by=str(version), still=still)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(2, 6))) == 1
    assert len(models.promotions("contested")) == 2


@pytest.mark.parametrize("alias", ["", "latest", "v1", "a b", "a/b", "x" * 256, "ä"])
def test_an_alias_that_mlflow_refuses_is_refused(shared: RegistryHome, models: Models, alias: str) -> None:
    if "wrong" not in models.names():
        shared.model("wrong")
    with pytest.raises(UserError):
        models.set_alias("wrong", alias, "1", by="owner")
    with pytest.raises(NotFoundError, match="no wrong:9"):
        models.set_alias("wrong", "champion", "9", by="owner")
    assert not models.promotions("wrong")


def test_an_alias_that_mlflow_was_asked_for_is_a_promotion(shared: RegistryHome, models: Models) -> None:
    shared.model("theirs")
    shared.registry.set_registered_model_alias("theirs", "champion", "1")
    (found,) = models.promotions("theirs")
    assert (found.alias, found.version, found.before) == ("champion", "1", "")
    shared.registry.delete_registered_model_alias("theirs", "champion")
    assert [each.version for each in models.promotions("theirs")] == ["", "1"]


KILLED = """
import os, signal, sys
from pathlib import Path
from drivetrain.home import Home
from drivetrain.store.promotions import SqlitePromotions
from drivetrain.wire.storage import Storage

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

SqlitePromotions.add = die
Storage(Home(Path(sys.argv[1]))).models.set_alias("killed", "champion", "1", by="Ada", run_id=7, reason="why not")
"""


def test_a_kill_between_alias_and_event_loses_neither_who_nor_the_event(shared: RegistryHome, models: Models) -> None:
    shared.model("killed")
    before = len(shared.storage.webhook_posts.pending(1000))
    done = subprocess.run([sys.executable, "-c", KILLED, str(shared.home.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert models.find("killed").aliases == ("champion",)
    (found,) = models.promotions("killed")
    assert (found.by, found.run_id, found.reason) == ("Ada", 7, "why not")
    (post,) = shared.storage.webhook_posts.pending(1000)[before:]
    told = json.loads(post.payload)
    assert (post.webhook, told["event"], told["model"], told["version"], told["run"]) == (
        "drivetrain-models",
        "model.promoted",
        "killed",
        "1",
        7,
    )
    models.look()
    assert len(shared.storage.webhook_posts.pending(1000)) == before + 1


def test_processes_that_promote_at_once_leave_one_line_of_promotions(shared: RegistryHome, models: Models) -> None:
    for _ in range(2):
        shared.model("raced")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: models.set_alias("raced", "champion", str(n % 2 + 1), by=str(n)), range(24)))
    line = models.promotions("raced")[::-1]
    assert [each.before for each in line] == ["", *(each.version for each in line[:-1])]
    assert models.find("raced@champion").version == line[-1].version


def test_aliases_of_versions_from_before_are_kept_and_no_news(tmp_path: Path) -> None:
    old = registry_home(tmp_path / "home")
    old.model("old")
    old.registry.set_registered_model_alias("old", "champion", "1")
    with old.storage.database.writing() as connection:
        connection.execute("UPDATE registry_since SET since_ms = since_ms + 86400000")
    assert [each.alias for each in old.storage.models.promotions("old")] == ["champion"]
    assert not old.storage.webhook_posts.pending()
    old.storage.models.set_alias("old", "champion", "", by="owner")
    assert len(old.storage.webhook_posts.pending()) == 1
