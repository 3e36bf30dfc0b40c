"""docs/tracking.md is held against what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from drivetrain.record.tracking.model import BUILD_ID_TAG, JOB_TAG, RESERVED_TAGS
from drivetrain.record.tracking.writes import OPERATIONS
from drivetrain.view.api.mlflow.ports import Identity
from drivetrain.view.api.mlflow.tagging import with_run_tags

PAGE = Path(__file__).parents[2] / "docs" / "tracking.md"


def first_column(part: str) -> set[str]:
    text = PAGE.read_text("utf-8").split(f"## {part}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def test_the_page_names_every_tag_that_is_added() -> None:
    documented = first_column("Tags that the server adds")
    given = {name: "http://x" for name in documented if not name.startswith("mlflow.")}
    body = with_run_tags(b'{"experiment_id": "0"}', Identity("job", given, pipeline_run_id=7))
    assert {tag["key"] for tag in json.loads(body)["tags"]} == documented
    assert {BUILD_ID_TAG, JOB_TAG} <= documented
    assert f"`{RESERVED_TAGS}`" in PAGE.read_text("utf-8")


def test_the_page_names_every_hot_write() -> None:
    text = PAGE.read_text("utf-8").split("## What is ours")[1]
    assert all(f"`{operation}`" in text for operation in OPERATIONS)
