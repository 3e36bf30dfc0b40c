from __future__ import annotations

import re
from pathlib import Path

import pytest

import drivetrain
from drivetrain.definition.lint.images import RETIRED
from tests.unit.definition.lint.linting import found

PAGE = (Path(drivetrain.__file__).parents[2] / "docs" / "lint.md").read_text("utf-8")


@pytest.mark.parametrize("label", RETIRED)
def test_a_retired_image_of_a_pool(label: str) -> None:
    shouted = label.replace("macos", "macOS").replace("ubuntu", "Ubuntu")
    text = f"pool:\n  vmImage: {shouted}\nsteps: [{{script: x}}]\n"
    assert found("retired-image", text) == [f"2:12 Azure no longer has the image '{shouted}'"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("strategy:\n  matrix:\n    old: {imageName: ubuntu-18.04}\nsteps: [{script: x}]", "3:22"),
        ("variables:\n  vmImage: ubuntu-18.04\nsteps: [{script: x}]", "2:12"),
        ("variables:\n- name: image\n  value: ubuntu-18.04\nsteps: [{script: x}]", "3:10"),
        ("parameters:\n- name: image\n  default: ubuntu-18.04\nsteps: [{script: x}]", "3:12"),
        ("parameters:\n- name: image\n  values: [ubuntu-18.04]\nsteps: [{script: x}]", "3:12"),
        ("parameters: {os: ubuntu-18.04}\nsteps: [{script: x}]", "1:18"),
    ],
)
def test_a_label_that_is_handed_to_a_pool(text: str, place: str) -> None:
    assert found("retired-image", f"{text}\n") == [f"{place} Azure no longer has the image 'ubuntu-18.04'"]


@pytest.mark.parametrize(
    "text",
    [
        "pool: {vmImage: ubuntu-24.04}\nsteps: [{script: x}]",
        "pool: {vmImage: ubuntu-latest}\nsteps: [{script: x}]",
        "pool: {vmImage: $(image)}\nsteps: [{script: x}]",
        "pool: {name: ubuntu-18.04}\nsteps: [{script: x}]",
        "steps: [{script: ubuntu-18.04, displayName: ubuntu-18.04}]",
        "jobs:\n- job: J\n  container: ubuntu-18.04\n  steps: [{script: x}]",
    ],
)
def test_other_images_and_other_places(text: str) -> None:
    assert found("retired-image", f"{text}\n") == []


def test_the_page_lists_the_labels() -> None:
    listed = re.search(r"The labels: (.*?)\. See", PAGE, re.DOTALL)
    assert listed
    assert {label.lower() for label in re.findall("`([^`]+)`", listed[1])} == RETIRED.keys()
