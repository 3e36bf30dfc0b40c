"""Every folder with a `case.json` is an example of Azure's documentation, told again in our own words.

`azure-pipelines.yml` and the templates beside it (those of other repositories in `repositories/ALIAS`) use the feature
that a page shows; `case.json` names the page and says what it states. What must come of it is written by hand, from
the page: `expected.yml` is the final pipeline as Azure's preview prints it; `expected.txt` has the problems, one a
line: its place and a part of its message. Keys are compared in their order, texts as texts, whatever the quotes.

In `case.json`, `parameters`, `variables`, `branch` and `reason` are those of the run; `jobs` are all jobs that are
started, each with the leg it is; `waits` says what a stage, or `stage.job`, waits for; `number` is the run's name when
it is the second one at 17:04:03 on 9 March 2024.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from drivetrain.definition.final_yaml import final
from drivetrain.definition.model import CompileContext, Definition, TaskInfo
from drivetrain.definition.read import read_pipeline
from drivetrain.errors import DefinitionError, Position, Problem, Severity
from drivetrain.home import Home
from drivetrain.lang.tree import Mapping, Scalar, Sequence
from drivetrain.lang.yaml import read, write
from drivetrain.plan.compile import compile_plan
from drivetrain.plan.run_name import run_name
from drivetrain.run.tasks.catalog import CATALOG
from drivetrain.source.trees import FolderTree
from drivetrain.wire.repositories import LocalFolder, Repositories
from drivetrain.wire.template_files import PipelineFiles

if TYPE_CHECKING:
    from drivetrain.lang.tree import Node
    from drivetrain.plan.model import Plan

HERE = Path(__file__).parent
PAGES = "https://learn.microsoft.com/azure/devops/pipelines/"
FILE = "azure-pipelines.yml"
NOW = datetime(2024, 3, 9, 17, 4, 3, tzinfo=UTC)
PIPELINE, PROJECT = "Gulls", "Fleet"
NESTED, FILES = 100, 100
"""Azure's limits. https://learn.microsoft.com/azure/devops/pipelines/process/template-expressions#imposed-limits"""
INSTALLED = (
    "Axe@1 Carve@1 CopyFiles@2 Delay@1 DownloadBuildArtifacts@0 Dye@2 Engrave@1 Fly@0 Grind@1 Light@1 Logbook@1 Moor@4 "
    "NodeTool@0 Npm@1 Oven@1 Press@1 Report@1 Rig@1 Screw@0 Shovel@1 Sift@2 Sound@1 Stove@2 Timer@2 Tune@0 Watch@1 "
    "Weave@1 Whistle@1 Write@3"
)
"""Tasks that the cases name, as the pages name tasks of extensions; here they are taken to be installed."""
_STRING = re.compile(r"\$\{\{ '((?:[^']|'')*)' \}\}\Z")
NOWHERE = Position("", 1, 1)


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `case.json` says."""

    page: str
    says: str
    expect: str
    parameters: dict[str, Any] = {}
    variables: dict[str, str] = {}
    branch: str = "refs/heads/main"
    reason: str = "Manual"
    jobs: tuple[str, ...] = ()
    waits: dict[str, tuple[str, ...]] = {}
    number: str = ""

    @property
    def context(self) -> CompileContext:
        return CompileContext(
            pipeline=PIPELINE, repository="harbour", branch=self.branch, reason=self.reason, project=PROJECT
        )


def expanded(folder: Path, case: Case, *, text: str = "") -> Definition:
    """Read the pipeline of a folder, or another text in its place; problems that stop all else are raised."""
    return read_pipeline(
        text or (folder / FILE).read_text("utf-8"),
        file=FILE,
        tasks=tasks(),
        parameters={name: given(value) for name, value in case.parameters.items()},
        context=case.context,
        files=PipelineFiles(FolderTree(folder), repositories(folder)),
    )


def printed(definition: Definition) -> str:
    """What `drivetrain expand` prints."""
    assert isinstance(definition.node, Mapping)
    return write(final(definition.node))


def repositories(folder: Path) -> Repositories:
    others = {path.name: LocalFolder(path) for path in folder.glob("repositories/*")}
    return Repositories(lambda: Home(folder), others)


def tasks() -> dict[str, TaskInfo]:
    known = (reference.split("@") for reference in INSTALLED.split())
    return {**CATALOG, **{f"{name}@{version}": TaskInfo(name, int(version), name) for name, version in known}}


def given(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def case_of(folder: Path) -> Case:
    return msgspec.json.decode((folder / "case.json").read_bytes(), type=Case)


def folders(expect: str = "") -> list[Path]:
    """The folders of all cases, or of those that expect an expanded pipeline, or problems."""
    found = sorted(path.parent for path in HERE.glob("*/*/case.json"))
    return [folder for folder in found if not expect or case_of(folder).expect == expect]


def folders_with(name: str) -> list[Path]:
    """The folders of the cases that say something of `jobs`, `waits` or `number`."""
    return [folder for folder in folders() if getattr(case_of(folder), name)]


def named(folder: Path) -> str:
    return folder.relative_to(HERE).as_posix()


def bare(node: Node) -> Node:
    """A node without positions and styles; a lone expression string is the text that it says."""
    if isinstance(node, Scalar):
        string = _STRING.match(node.value)
        return Scalar(string[1].replace("''", "'") if string else node.value, NOWHERE)
    if isinstance(node, Mapping):
        return Mapping(tuple((Scalar(key.value, NOWHERE), bare(value)) for key, value in node.entries), NOWHERE)
    return Sequence(tuple(bare(item) for item in node), NOWHERE)


def plainly(text: str) -> str:
    """YAML in one style, for what it says alone to be compared."""
    return write(bare(read(text, file=FILE)))


def errors(problems: tuple[Problem, ...]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def problems_of(folder: Path, case: Case) -> list[Problem]:
    try:
        return errors(expanded(folder, case).problems)
    except DefinitionError as error:
        return errors(error.problems)


def meets(problem: Problem, line: str) -> bool:
    """Whether a line of `expected.txt` (`file:line:column part of the message`, or less of it) says this problem."""
    place, _, part = line.partition(" ")
    return f"{problem.position}:".startswith(f"{place}:") and part.casefold() in problem.message.casefold()


def planned(folder: Path) -> Plan:
    case = case_of(folder)
    pipeline = expanded(folder, case).checked()
    return compile_plan(pipeline, name=PIPELINE, tasks=tasks(), context=case.context)


def test_there_are_cases_of_every_page() -> None:
    assert len(folders()) >= 150
    assert all(case_of(folder).page.startswith(PAGES) and case_of(folder).says for folder in folders())
    assert not [folder for folder in HERE.glob("*/*") if folder.is_dir() and not (folder / "case.json").is_file()]


@pytest.mark.parametrize("folder", folders(expect="expanded"), ids=named)
def test_the_final_pipeline_is_what_the_page_says(folder: Path) -> None:
    definition = expanded(folder, case_of(folder))
    assert [str(problem) for problem in errors(definition.problems)] == []
    assert plainly(printed(definition)) == plainly((folder / "expected.yml").read_text("utf-8"))


@pytest.mark.parametrize("folder", folders(expect="expanded"), ids=named)
def test_expanding_what_was_expanded_changes_nothing(folder: Path) -> None:
    case = case_of(folder)
    text = printed(expanded(folder, case))
    assert printed(expanded(folder, case, text=text)) == text


@pytest.mark.parametrize("folder", folders(expect="problems"), ids=named)
def test_a_pipeline_that_the_page_calls_wrong_has_its_problem(folder: Path) -> None:
    problems = problems_of(folder, case_of(folder))
    wanted = (folder / "expected.txt").read_text("utf-8").splitlines()
    shown = [str(problem) for problem in problems]
    assert [line for line in wanted if not any(meets(problem, line) for problem in problems)] == [], shown


@pytest.mark.parametrize("folder", folders_with("jobs"), ids=named)
def test_these_jobs_are_started(folder: Path) -> None:
    started = [
        f"{stage.name}.{job.name} {leg.name.lower() if leg.name.startswith('Job') else leg.name}".strip()
        for stage in planned(folder).stages
        for job in stage.jobs
        for leg in job.legs
    ]
    assert tuple(started) == case_of(folder).jobs


@pytest.mark.parametrize("folder", folders_with("waits"), ids=named)
def test_stages_and_jobs_wait_for_these(folder: Path) -> None:
    stages = planned(folder).stages
    waits = {stage.name: stage.depends_on for stage in stages}
    waits |= {f"{stage.name}.{job.name}": tuple(f"{stage.name}.{name}" for name in job.depends_on)
              for stage in stages for job in stage.jobs}  # fmt: skip
    wanted = case_of(folder).waits
    assert {name: waits.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("folder", folders_with("number"), ids=named)
def test_the_run_has_this_name(folder: Path) -> None:
    case, plan = case_of(folder), planned(folder)
    variables = {variable.name: variable.value for variable in plan.variables}
    name = run_name(
        plan.name_format, now=NOW, pipeline=PIPELINE, branch=case.branch, project=PROJECT, variables=variables
    )
    assert name.render(752, 2) == case.number


def chain(folder: Path, count: int) -> Path:
    """A pipeline whose template includes a template, `count` files deep."""
    folder.mkdir()
    for number in range(count):
        below = f"- template: t{number + 1}.yml" if number + 1 < count else "- script: echo bottom"
        (folder / f"t{number}.yml").write_text(f"steps:\n{below}\n", "utf-8")
    (folder / FILE).write_text("steps:\n- template: t0.yml\n", "utf-8")
    return folder


def row(folder: Path, count: int) -> Path:
    """A pipeline that includes `count` files side by side."""
    folder.mkdir()
    for number in range(count):
        (folder / f"t{number}.yml").write_text(f"steps:\n- script: echo {number}\n", "utf-8")
    lines = "".join(f"- template: t{number}.yml\n" for number in range(count))
    (folder / FILE).write_text(f"steps:\n{lines}", "utf-8")
    return folder


LIMITS = Case(page=PAGES + "process/template-expressions#imposed-limits", says="Azure's limits", expect="expanded")


def test_templates_may_include_each_other_to_the_limit_and_no_deeper(tmp_path: Path) -> None:
    assert problems_of(chain(tmp_path / "deep", NESTED), LIMITS) == []
    assert problems_of(chain(tmp_path / "too_deep", NESTED + 5), LIMITS) != []


def test_as_many_files_as_the_limit_may_be_included_and_no_more(tmp_path: Path) -> None:
    assert problems_of(row(tmp_path / "many", FILES - 1), LIMITS) == []
    assert problems_of(row(tmp_path / "too_many", FILES + 5), LIMITS) != []
