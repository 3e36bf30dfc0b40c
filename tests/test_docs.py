"""The documentation is held against the code."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from drivetrain.view.cli.group import cli

ROOT = Path(__file__).parents[1]


def table_column(page: str, column: int = 0) -> set[str]:
    rows = re.findall(r"^\|(.+)\|$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    return {row.split("|")[column].strip().strip("`") for row in rows}


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.match(r"[A-Za-z0-9-]+", line).group() for line in project["dependencies"]}  # type: ignore[union-attr]
    assert names <= table_column("dependencies.md")


def test_every_page_is_in_the_navigation_or_found_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert not {page for page in pages if page not in index and page not in navigation}


def test_changelog_has_the_version_or_an_unreleased_part() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_adrs_are_numbered_without_gaps_and_have_the_four_parts() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text("utf-8")
        assert all(f"**{part}" in text for part in ("Status:", "Context.", "Decision.", "Consequences."))


def test_the_command_line_reference_is_what_the_code_says(tmp_path: Path) -> None:
    made = tmp_path / "cli.md"
    subprocess.run([sys.executable, ROOT / "scripts" / "cli_reference", made], check=True)
    assert made.read_text("utf-8") == (ROOT / "docs" / "cli.md").read_text("utf-8"), "run `make docs`"


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_in_the_docs_exist(page: Path) -> None:
    wrong = []
    for line in page.read_text("utf-8").splitlines():
        found = re.match(r"(?:    |\$ |`)(?:\.venv/bin/)?drivetrain ([\w-]+)((?: (?!#)\S+)*)", line)
        if found and not accepts(found[1], re.findall(r"(?<!\S)(--?[a-z][a-z-]*)", found[2])):
            wrong.append(line)
    assert not wrong


def accepts(name: str, options: list[str]) -> bool:
    context = click.Context(cli, info_name="drivetrain")
    command = cli.get_command(context, name)
    if command is None:
        return False
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    known = {option for each in commands for param in each.get_params(context) for option in param.opts}
    return set(options) <= known | {"--no-hook"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]
