"""Gates on a real registry; only what evaluates is a stand-in, that says what a test has it say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from drivetrain.clock import SystemClock
from drivetrain.definition.gate.model import Absent, Direction, Evaluation, GateFile, Kind, MetricRule, SizeRule
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.registry.gates.deciding import Gates, Question, rules_digest
from drivetrain.registry.gates.memory import MemoryVerdicts
from drivetrain.registry.gates.model import Evaluated, Outcome, Slice
from tests.registry_home import RegistryHome, registry_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.registry.versions.model import ModelVersion

pytestmark = pytest.mark.filterwarnings("ignore")
"""What MLflow is warned of by its libraries."""
RMSE = MetricRule("rmse", Direction.LOWER)
GATE = GateFile("quality", (RMSE,), promote="champion")
EVALUATED = replace(GATE, evaluation=Evaluation("data.csv", "y", Kind.REGRESSION))


class Said:
    """The Evaluator port: what each version comes to, and what happens meanwhile."""

    def __init__(self) -> None:
        self.rmse: dict[str, float] = {}
        self.asked: list[str] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def evaluate(self, version: ModelVersion, data: Path, gate: GateFile) -> Evaluated:
        assert gate.evaluation is not None
        assert data.read_text() == "x,y\n1,2\n"
        self.asked.append(version.version)
        self.meanwhile()
        return Evaluated((Slice(1, {"root_mean_squared_error": self.rmse[version.version]}),))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> RegistryHome:
    return registry_home(tmp_path_factory.mktemp("home"))


_COUNT = iter(range(1000))


class Bench:
    """One model of its own in the shared home: version 1 has an rmse of 0.5, 2 of 0.4."""

    def __init__(self, home: RegistryHome, folder: Path) -> None:
        self.home = home
        self.folder = folder
        self.name = f"model-{next(_COUNT)}"
        for rmse in (0.5, 0.4):
            home.model(self.name, {"rmse": rmse})
        self.verdicts = MemoryVerdicts()
        self.said = Said()
        self.gates = Gates(home.storage.models, self.verdicts, self.said, SystemClock())

    def champion(self, version: str, alias: str = "champion") -> None:
        self.home.registry.set_registered_model_alias(self.name, alias, version)

    def aliases(self, version: str) -> tuple[str, ...]:
        return self.home.storage.models.find(f"{self.name}:{version}").aliases

    def question(self, gate: GateFile = GATE, candidate: str | None = None) -> Question:
        return Question(gate, self.folder, self.name if candidate is None else candidate, by="ada")


@pytest.fixture
def bench(shared: RegistryHome, tmp_path: Path) -> Bench:
    (tmp_path / "data.csv").write_text("x,y\n1,2\n")
    return Bench(shared, tmp_path)


def test_a_better_candidate_passes_and_is_promoted(bench: Bench) -> None:
    bench.champion("1")
    verdict = bench.gates.ask(bench.question())
    assert (verdict.candidate, verdict.champion) == (f"{bench.name}:2", f"{bench.name}:1")
    assert (verdict.passed, verdict.promoted, verdict.by) == (True, "champion", "ada")
    assert bench.aliases("2") == ("champion",)
    assert bench.aliases("1") == ()
    assert list(bench.verdicts.latest()) == [verdict]
    (promotion,) = bench.home.storage.models.promotions(bench.name, limit=1)
    assert (promotion.by, promotion.before, promotion.reason) == ("ada", "1", "gate quality passed (verdict 1)")


def test_a_worse_candidate_fails_and_nothing_changes(bench: Bench) -> None:
    bench.champion("2")
    verdict = bench.gates.ask(bench.question(candidate=f"{bench.name}:1"))
    assert (verdict.passed, verdict.promoted) == (False, "")
    assert bench.aliases("2") == ("champion",)


def test_the_first_version_has_no_champion(bench: Bench) -> None:
    strict = replace(GATE, rules=(replace(RMSE, no_champion=Absent.FAILS),))
    assert not bench.gates.ask(bench.question(strict)).passed
    verdict = bench.gates.ask(bench.question())
    assert (verdict.champion, verdict.passed) == ("", True)
    assert verdict.findings[0].outcome is Outcome.NO_CHAMPION
    assert bench.aliases("2") == ("champion",)


def test_a_candidate_that_is_the_champion_is_compared_with_itself(bench: Bench) -> None:
    bench.champion("2")
    bench.said.rmse = {"2": 0.3}
    verdict = bench.gates.ask(bench.question(EVALUATED))
    assert (verdict.passed, verdict.champion) == (True, f"{bench.name}:2")
    assert bench.said.asked == ["2"]


def test_another_alias_may_be_the_champions(bench: Bench) -> None:
    bench.champion("1", "live")
    verdict = bench.gates.ask(bench.question(replace(GATE, champion="live", promote="next")))
    assert verdict.champion == f"{bench.name}:1"
    assert bench.aliases("2") == ("next",)


def test_a_champion_may_be_named(bench: Bench) -> None:
    asked = replace(bench.question(candidate=f"{bench.name}:1"), champion=f"{bench.name}:2")
    assert not bench.gates.ask(asked).passed
    with pytest.raises(NotFoundError):
        bench.gates.ask(replace(asked, champion=f"{bench.name}@nobody"))


def test_no_alias_is_given_where_none_is_to_be(bench: Bench) -> None:
    verdict = bench.gates.ask(replace(bench.question(), promotes=False))
    assert (verdict.passed, verdict.promoted) == (True, "")
    assert bench.aliases("2") == ()


def test_both_are_evaluated_on_the_same_data(bench: Bench) -> None:
    bench.champion("1")
    bench.said.rmse = {"1": 0.1, "2": 0.2}
    verdict = bench.gates.ask(bench.question(EVALUATED))
    assert not verdict.passed
    assert (verdict.findings[0].candidate, verdict.findings[0].champion) == (0.2, 0.1)
    assert verdict.data_digest == "sha256:81bf9fa83c6f7f151bd491a98cd7d933de3965289e3ebd77c6c425f7eaa16392"


def test_without_an_evaluation_training_runs_are_compared(bench: Bench) -> None:
    bench.champion("1")
    verdict = bench.gates.ask(replace(bench.question(EVALUATED), evaluates=False))
    assert (verdict.passed, verdict.data_digest, bench.said.asked) == (True, "", [])
    assert verdict.findings[0].candidate == 0.4


def test_other_data_may_be_named(bench: Bench, tmp_path: Path) -> None:
    bench.said.rmse = {"2": 0.2}
    elsewhere = replace(EVALUATED, evaluation=Evaluation("nowhere.csv", "y", Kind.REGRESSION))
    with pytest.raises(UserError, match=r"there is no file .*nowhere\.csv"):
        bench.gates.ask(bench.question(elsewhere))
    assert bench.gates.ask(replace(bench.question(elsewhere), data=str(tmp_path / "data.csv"))).passed


def test_data_that_change_meanwhile_are_noticed(bench: Bench, tmp_path: Path) -> None:
    bench.said.rmse = {"2": 0.2}
    bench.said.meanwhile = lambda: (tmp_path / "data.csv").write_text("x,y\n1,3\n")
    with pytest.raises(ConflictError, match="has changed while"):
        bench.gates.ask(bench.question(EVALUATED))
    assert not bench.verdicts.latest()


def test_a_champion_that_changes_meanwhile_keeps_its_place(bench: Bench) -> None:
    bench.champion("1")
    bench.home.model(bench.name, {"rmse": 0.45})
    bench.said.rmse = {"1": 0.5, "3": 0.45}
    bench.said.meanwhile = lambda: bench.champion("2")
    with pytest.raises(ConflictError, match=r"the champion is .*:2 by now, no longer .*:1"):
        bench.gates.ask(bench.question(EVALUATED, f"{bench.name}:3"))
    assert bench.aliases("2") == ("champion",)
    (verdict,) = bench.verdicts.latest()
    assert (verdict.passed, verdict.promoted) == (True, "")


def test_the_size_is_that_of_the_files(bench: Bench) -> None:
    verdict = bench.gates.ask(bench.question(replace(GATE, rules=(SizeRule(1),), promote="")))
    assert verdict.findings[0].outcome is Outcome.FAILED
    assert (verdict.findings[0].candidate or 0) > 100


# In a run.


def test_in_a_run_the_candidate_is_what_it_has_registered(bench: Bench) -> None:
    asked = replace(bench.question(candidate=""), run_id=4711)
    with pytest.raises(NotFoundError, match="run 4711 has registered no version"):
        bench.gates.ask(asked)
    tags = {"drivetrain.build_id": "4711"}
    for rmse in (0.7, 0.6):
        bench.home.model(bench.name, {"rmse": rmse}, **tags)
    bench.home.model(bench.name, {"rmse": 0.1})
    assert bench.gates.ask(asked).candidate == f"{bench.name}:4"
    assert bench.gates.ask(replace(asked, candidate=bench.name)).candidate == f"{bench.name}:4"
    assert bench.gates.ask(replace(asked, candidate=f"{bench.name}:1")).candidate == f"{bench.name}:1"
    other = f"{bench.name}-other"
    bench.home.model(other, {"rmse": 0.6}, **tags)
    with pytest.raises(UserError, match=f"several models: {bench.name}, {other}"):
        bench.gates.ask(asked)
    assert bench.gates.ask(replace(asked, candidate=other)).run_id == 4711


def test_outside_of_a_run_the_candidate_has_to_be_named(bench: Bench) -> None:
    with pytest.raises(UserError, match="no candidate is named"):
        bench.gates.ask(bench.question(candidate=""))
    with pytest.raises(NotFoundError):
        bench.gates.ask(bench.question(candidate="nobody-made-this"))


def test_a_model_without_versions_cannot_be_judged(bench: Bench) -> None:
    bench.home.registry.create_registered_model("empty-one")
    with pytest.raises(NotFoundError, match="has no version"):
        bench.gates.ask(bench.question(candidate="empty-one"))


def test_a_run_does_not_see_models_of_other_projects(bench: Bench) -> None:
    from mlflow.entities.model_registry import RegisteredModelTag  # noqa: PLC0415 - seconds, this test's only

    bench.home.registry.set_registered_model_tag(bench.name, RegisteredModelTag("drivetrain.project", "theirs"))
    asked = replace(bench.question(candidate=f"{bench.name}:2"), run_id=1, project="mine")
    with pytest.raises(NotFoundError, match="project mine has no model"):
        bench.gates.ask(asked)
    assert bench.gates.ask(replace(asked, project="theirs")).passed


# Rules.


def test_the_digest_of_rules_is_of_what_was_asked() -> None:
    same = rules_digest(EVALUATED)
    assert same == rules_digest(replace(EVALUATED, name="other", promote=""))
    others = [
        rules_digest(replace(EVALUATED, rules=(replace(RMSE, tolerance=0.1),))),
        rules_digest(replace(EVALUATED, champion="live")),
        rules_digest(EVALUATED, champion="m:1"),
        rules_digest(EVALUATED, data="other.csv"),
        rules_digest(EVALUATED, evaluates=False),
    ]
    assert len({same, *others}) == 6


def test_a_verdict_keeps_the_digest_of_its_rules(bench: Bench) -> None:
    assert bench.gates.ask(bench.question()).rules == rules_digest(GATE)
    assert bench.gates.ask(replace(bench.question(EVALUATED), evaluates=False)).rules != rules_digest(EVALUATED)
