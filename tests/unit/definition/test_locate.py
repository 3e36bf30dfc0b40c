from __future__ import annotations

import pytest

from drivetrain.definition.locate import position_of
from drivetrain.lang.tree import Mapping
from drivetrain.lang.yaml import read
from drivetrain.source.model import Rule

LONG = """\
trigger:
  branches:
    include: [main, 'releases/*']
    exclude:
    - old
resources:
  repositories:
  - repository: tools
    trigger:
    - main
pr: none
"""


@pytest.mark.parametrize(
    ("text", "keys", "pattern", "place"),
    [
        (LONG, "trigger branches include", "main", "f.yml:3:15"),
        (LONG, "trigger branches include", "releases/*", "f.yml:3:22"),
        (LONG, "trigger branches exclude", "old", "f.yml:5:7"),
        (LONG, "resources repositories TOOLS trigger branches include", "main", "f.yml:10:7"),
        (LONG, "pr", "", "f.yml:11:5"),
        ("trigger: [a, b]\n", "trigger branches include", "b", "f.yml:1:14"),
        ("trigger:\n  branches: [a, b]\n", "trigger branches include", "b", "f.yml:2:17"),
        ("pr: {drafts: false}\n", "pr drafts", "", "f.yml:1:14"),
        ("steps: []\n", "trigger branches include", "a", "None"),
    ],
)
def test_the_line_that_a_rule_stands_in(text: str, keys: str, pattern: str, place: str) -> None:
    root = read(text, file="f.yml")
    assert isinstance(root, Mapping)
    assert str(position_of(root, Rule(tuple(keys.split()), pattern))) == place
