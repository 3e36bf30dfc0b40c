"""Templates and checkouts of other repositories by the real command and real git; the host is a folder."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Workplace

RESOURCES = """\
resources:
  repositories:
  - repository: templates
    type: github
    name: contoso/templates
    endpoint: hub
    ref: {ref}
"""
TEMPLATE = "parameters:\n- name: who\n  type: string\nsteps:\n- bash: echo {word} ${{{{ parameters.who }}}}\n"
INCLUDE = "steps:\n- template: jobs/greet.yml@templates\n  parameters:\n    who: world\n"
BOTH = """\
steps:
- checkout: self
- checkout: templates
- bash: ls; cat templates/word.txt; git -C templates log -1 --format=%H
"""


@pytest.fixture
def templates(workplace: Workplace, tmp_path: Path) -> Workplace:
    """`contoso/templates` on a host that the settings call github: `hello` at v1, `bye` on main."""
    made = replace(workplace, repo=tmp_path / "hub" / "contoso" / "templates")
    made.repo.mkdir(parents=True)
    made.git("init", "--quiet", "--initial-branch=main")
    say(made, "hello")
    made.git("tag", "v1")
    say(made, "bye")
    home = Path(workplace.env["DRIVETRAIN_HOME"])
    home.mkdir()
    (home / "config.toml").write_text(f'[repository_hosts]\ngithub = "file://{tmp_path}/hub"\n')
    return made


def say(templates: Workplace, word: str) -> str:
    templates.write(TEMPLATE.format(word=word), "jobs/greet.yml")
    templates.write(f"{word}\n", "word.txt")
    return templates.commit(word)


def run(workplace: Workplace, *words: str, command: str = "run") -> str:
    """What a run writes, without what stands before each line."""
    return re.sub(r"(?m)^(\[[\w.]+\])? *", "", workplace.call(command, *words).stdout)


@pytest.mark.parametrize(("ref", "word"), [("refs/tags/v1", "hello"), ("main", "bye"), ("refs/heads/main", "bye")])
def test_a_template_comes_from_another_repository_at_its_ref(
    workplace: Workplace, templates: Workplace, ref: str, word: str
) -> None:
    workplace.write(RESOURCES.format(ref=ref) + INCLUDE)
    assert f"echo {word} world" in workplace.call("expand").stdout
    assert f"\n{word} world\n" in run(workplace)
    plan = msgspec.json.decode(workplace.call("plan").stdout)
    assert plan["repositories"]["templates"]["version"] == templates.git("rev-list", "-1", ref).strip()


@pytest.mark.usefixtures("templates")
def test_a_ref_may_come_from_a_parameter(workplace: Workplace) -> None:
    declared = "parameters:\n- name: version\n  type: string\n  default: v1\n"
    workplace.write(declared + RESOURCES.format(ref="refs/tags/${{ parameters.version }}") + INCLUDE)
    assert "echo hello world" in workplace.call("expand").stdout
    err = workplace.call("expand", "--parameter", "version=v9", code=1).stderr
    assert (
        "azure-pipelines.yml:13:13: error: the repository 'templates' (github contoso/templates) has no refs/tags/v9"
        in err
    )


def test_a_folder_of_this_machine_is_taken_as_it_stands(workplace: Workplace, templates: Workplace) -> None:
    workplace.write(RESOURCES.format(ref="refs/tags/v1") + INCLUDE)
    templates.write(TEMPLATE.format(word="draft"), "jobs/greet.yml")
    named = ("--repository", f"templates={templates.repo}")
    assert "echo draft world" in workplace.call("expand", *named).stdout
    assert workplace.call("lint", *named).returncode == 0
    assert "\ndraft world\n" in run(workplace, *named)
    assert (
        "echo hello world" in workplace.call("expand", "--repository", f"contoso/templates={templates.repo}@v1").stdout
    )


def test_a_problem_in_a_template_is_shown_with_its_line(workplace: Workplace, templates: Workplace) -> None:
    workplace.write(RESOURCES.format(ref="main") + INCLUDE)
    templates.write("steps:\n- bash: echo\n  displayname: x\n", "jobs/greet.yml")
    err = workplace.call("expand", "--repository", f"templates={templates.repo}", code=1).stderr
    assert "jobs/greet.yml@templates:3:3: error:" in err
    assert "    3 |   displayname: x" in err


@pytest.mark.parametrize("command", ["lint", "expand", "plan", "run"])
def test_a_host_that_is_not_there_says_what_to_do(workplace: Workplace, templates: Workplace, command: str) -> None:
    templates.repo.rename(templates.repo.with_name("gone"))
    workplace.write(RESOURCES.format(ref="main") + INCLUDE)
    done = workplace.call(command, code=1)
    shown = done.stdout + done.stderr
    assert "the repository 'templates' (github contoso/templates) cannot be reached at file://" in shown
    assert "--repository templates=PATH" in shown


@pytest.mark.parametrize(
    ("entry", "says"),
    [("templates", "is not ALIAS=PATH"), ("=x", "is not ALIAS=PATH"), ("templates=gone", "there is no such folder")],
)
def test_a_wrong_option_is_explained(workplace: Workplace, entry: str, says: str) -> None:
    workplace.write("steps: []\n")
    assert says in workplace.call("expand", "--repository", entry, code=2).stderr


@pytest.mark.usefixtures("templates")
def test_two_repositories_are_checked_out_side_by_side(workplace: Workplace) -> None:
    workplace.write(RESOURCES.format(ref="refs/tags/v1") + BOTH)
    out = run(workplace)
    assert "\nrepo\ntemplates\nhello\n" in out
    assert "Checkout contoso/templates@refs/tags/v1 to s/templates" in out


def test_a_run_takes_uncommitted_files_of_a_named_folder_along(workplace: Workplace, templates: Workplace) -> None:
    workplace.write(RESOURCES.format(ref="main") + BOTH)
    templates.write("not committed\n", "word.txt")
    assert "\nnot committed\n" in run(workplace, "--repository", f"templates={templates.repo}")
    assert templates.git("status", "--porcelain") == " M word.txt\n"


def test_a_run_that_is_run_again_has_the_commits_that_it_had(workplace: Workplace, templates: Workplace) -> None:
    workplace.write(RESOURCES.format(ref="main") + BOTH)
    first = templates.git("rev-parse", "main").strip()
    assert f"\nbye\n{first}\n" in run(workplace)
    second = say(templates, "moved")
    assert f"\nbye\n{first}\n" in run(workplace, command="rerun")
    assert f"\nmoved\n{second}\n" in run(workplace)
    templates.repo.rename(templates.repo.with_name("gone"))
    assert f"\nmoved\n{second}\n" in run(workplace, command="rerun")


def test_every_job_gets_the_same_commit_whatever_is_pushed_meanwhile(
    workplace: Workplace, templates: Workplace
) -> None:
    push = f"git -C {templates.repo} commit --quiet --allow-empty -m meanwhile"
    jobs = (
        f"jobs:\n- job: A\n  steps:\n  - checkout: templates\n  - bash: git log -1 --format=%s; {push}\n"
        "- job: B\n  dependsOn: A\n  steps:\n  - checkout: templates\n  - bash: git log -1 --format=%s\n"
    )
    workplace.write(RESOURCES.format(ref="main") + jobs)
    out = run(workplace)
    assert out.count("\nbye\n") == 2
    assert templates.git("log", "-1", "--format=%s") == "meanwhile\n"


def test_what_is_declared_and_not_used_is_not_fetched(workplace: Workplace, templates: Workplace) -> None:
    templates.repo.rename(templates.repo.with_name("gone"))
    workplace.write(RESOURCES.format(ref="main") + "steps:\n- bash: echo all is well\n")
    assert "all is well" in run(workplace)
    assert workplace.json("runs")[0]["result"] == "Succeeded"


def test_variables_may_refer_to_what_was_found(workplace: Workplace, templates: Workplace) -> None:
    variables = """\
variables:
  found: $[ join(',', resources.repositories.templates.*) ]
  own: $[ resources['repositories'].self.ref ]
steps:
- bash: echo "$(found) $(own)"
"""
    workplace.write(RESOURCES.format(ref="main") + variables)
    out = run(workplace)
    assert f",contoso/templates,refs/heads/main,github,file://{templates.repo}," in out
    assert f",{templates.git('rev-parse', 'main').strip()} refs/heads/main\n" in out
