"""Digests of model folders, and what their files say: nothing of a hostile one is loaded or followed."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from drivetrain.registry.versions.digests import content_of
from drivetrain.registry.versions.learning import folder_of, run_named
from drivetrain.registry.versions.mlmodel import pins, read_model_file

if TYPE_CHECKING:
    from pathlib import Path

BOMB = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} {{<<: [*{chr(97 + n)}, *{chr(97 + n)}]}}\n" for n in range(24)
)


def test_a_digest_is_of_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("1")
    (tmp_path / "c.txt").write_text("22")
    found = content_of(tmp_path)
    files = {"a/b.txt": hashlib.sha256(b"1").hexdigest(), "c.txt": hashlib.sha256(b"22").hexdigest()}
    assert found.files == {name: f"sha256:{digest}" for name, digest in files.items()}
    assert found.size == 3
    lines = "".join(f"sha256:{digest} '{name}'\n" for name, digest in files.items())
    assert found.digest == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def test_a_name_with_a_line_feed_cannot_stand_for_two_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    digest = hashlib.sha256(b"x").hexdigest()
    (one / f"a\nsha256:{digest} 'b'").write_text("x")
    for name in ("a", "b"):
        (two / name).write_text("x")
    assert content_of(one).digest != content_of(two).digest


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret", tmp_path / "model"
    secret.write_text("secret")
    folder.mkdir()
    (folder / "model.pkl").symlink_to(secret)
    (folder / "more").symlink_to(tmp_path)
    assert content_of(folder).files == {}
    (folder / "MLmodel").symlink_to(secret)
    assert read_model_file(folder).flavors == ()
    assert content_of(folder / "model.pkl").digest == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: [",
        "!!python/object/apply:os.system [false]",
        BOMB,
        "flavors: 1",
        "- " * 5000,
        "\0",
        "signature: []",
        "a: !!bool x",
        "a: !!int ''",
        "a: !!timestamp x",
    ],
)
def test_a_broken_or_hostile_mlmodel_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    found = read_model_file(tmp_path)
    assert (found.flavors, found.signature) == ((), {})


def test_a_mlmodel_says_flavors_signature_and_python(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(
        "flavors:\n  sklearn: {}\n  python_function: {python_version: 3.12.3}\n"
        "signature: {inputs: '[{\"name\": \"x\"}]', outputs: 'broken', params: null}\n"
    )
    (tmp_path / "requirements.txt").write_text("Scikit_Learn==1.7.0\nnumpy>=1\npandas[all] == 2.2.1 ; x\n# a==1\n")
    found = read_model_file(tmp_path)
    assert (found.flavors, found.signature) == (("python_function", "sklearn"), {"inputs": [{"name": "x"}]})
    assert (found.python, found.packages) == ("3.12.3", {"scikit-learn": "1.7.0", "pandas": "2.2.1"})
    (tmp_path / "python_env.yaml").write_text("python: 3.11.1\n")
    assert read_model_file(tmp_path).python == "3.11.1"


def test_only_exact_versions_are_pins() -> None:
    lines = "a==1\nb>=1\nc\n-r other.txt\nd @ https://x\nE.f===2+cpu\n--index-url http://x\na;b==1\n../x==1\n"
    assert pins(lines) == {"a": "1", "e-f": "2+cpu"}


@pytest.mark.parametrize(
    "location",
    [
        "",
        "s3://b/c",
        "mlflow-artifacts:/",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/a/../../x",
        "file:///etc",
        "/etc",
    ],
)
def test_only_what_lies_among_the_artifacts_is_a_folder(tmp_path: Path, location: str) -> None:
    (tmp_path / "artifacts" / "a").mkdir(parents=True)
    (tmp_path / "x").mkdir()
    assert folder_of(location, tmp_path / "artifacts") is None
    assert folder_of("mlflow-artifacts:/a", tmp_path / "artifacts") == (tmp_path / "artifacts" / "a")
    (tmp_path / "artifacts" / "out").symlink_to(tmp_path / "x")
    assert folder_of("mlflow-artifacts:/out", tmp_path / "artifacts") is None


def test_a_name_of_other_bytes_is_kept_as_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff")).write_text("x")
    assert list(content_of(tmp_path).files) == ["a\\udcff"]


@pytest.mark.parametrize(("text", "run"), [("7", 7), ("", None), ("x", None), ("9" * 19, None), ("\u0663", None)])
def test_a_tag_names_a_run_that_can_be(text: str, run: int | None) -> None:
    assert run_named(text) == run
