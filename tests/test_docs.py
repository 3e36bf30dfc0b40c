"""The documentation is held against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

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
