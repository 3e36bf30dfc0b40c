"""The page of `az ml` and `az pipelines` is held against the tables of their verbs."""

from __future__ import annotations

from pathlib import Path

from drivetrain.run.az.in_job.command import GROUPS

PAGE = Path(__file__).parents[4] / "docs" / "azure" / "az-ml.md"


def verbs() -> list[str]:
    """The table of verbs."""
    found = [
        f"| `az {group} {name}` | {verb.help} | {' '.join(f'`{option.flags[0]}`' for option in verb.options)} |"
        for group, service in GROUPS.items()
        for name, verb in sorted(service.VERBS.items())
    ]
    return ["| Command | What it does | Options |", "|---|---|---|", *found]


def test_every_verb_is_in_the_docs() -> None:
    assert "\n".join(verbs()) in PAGE.read_text("utf-8")
