from __future__ import annotations

from pathlib import Path

import pytest

from drivetrain.run.environments.in_job.pip_options import LeaveToPip
from drivetrain.run.environments.in_job.requirement_lines import Wanted, look_through


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _look(text: str, file: str = "r.txt") -> Wanted:
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_text(text)
    return look_through([], [file], [], [])


def test_names_are_found_in_every_form() -> None:
    text = (
        "\ufeff# a comment\nnumpy\nscikit-learn == 1.0  # why\nPyYAML[fast]>=5;python_version>'3'\n\n"
        "zope.interface ~=5.0\nlong \\\n  >=1 --hash=sha256:aa \\\n  --hash=sha256:bb\n"
        "a @ https://host/a.whl\n./local\nhttps://host/b-1.tar.gz\n"
    )
    assert _look(text).names == ["numpy", "scikit-learn", "PyYAML", "zope.interface", "long", "a"]


def test_files_in_files_are_read_from_where_they_stand_and_only_once() -> None:
    Path("sub").mkdir()
    Path("sub/deep.txt").write_text("b\n-r ../r.txt\n")
    Path("sub/limits.txt").write_text("c<2\n")
    assert _look("a\n-r sub/deep.txt\n--constraint=sub/limits.txt\n").names == ["a", "b"]


def test_options_that_uv_does_not_take_from_a_file_are_lifted_to_its_command_line() -> None:
    wanted = _look("--pre\n--trusted-host a.b\n--require-hashes\nx==1 --hash=sha256:aa\n")
    assert wanted.lifted == [("pre", None), ("trusted-host", "a.b"), ("require-hashes", None)]


def test_options_that_uv_takes_from_a_file_itself_are_only_noted() -> None:
    wanted = _look("--index-url https://a\n--extra-index-url=https://b\n-f https://c\n--no-binary x\nsix\n")
    assert wanted.in_files == {"index-url", "extra-index-url", "find-links", "no-binary"}
    assert wanted.lifted == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("--prefer-binary\nsix", "--prefer-binary"),
        ("--use-feature=x\nsix", "--use-feature"),
        ("six --global-option=x", "--global-option"),
        ("six --config-settings a=b", "--config-settings"),
        ("-e git+https://host/a#egg=a", "folders only"),
        ("-r https://host/r.txt", "https://host/r.txt"),
        ("-r gone.txt", "cannot be read"),
        ("six, attrs!", "no form"),
    ],
)
def test_what_uv_reads_otherwise_leaves_the_command_to_pip(text: str, reason: str) -> None:
    if "six, " in text:
        text = "!six"
    with pytest.raises(LeaveToPip, match=reason):
        _look(text)


@pytest.mark.parametrize("line", ["./pkg", "-e .", "-f wheels", "a @ file:./a"])
def test_a_relative_path_counts_only_in_the_working_folder(line: str) -> None:
    Path("pyproject.toml").write_text('[project]\nname = "here"\n')
    _look(line, "here.txt")
    with pytest.raises(LeaveToPip, match="is relative"):
        _look(line, "sub/there.txt")


def test_a_file_that_is_no_text_is_left_to_pip() -> None:
    Path("r.txt").write_bytes(b"six \xff\n")
    with pytest.raises(LeaveToPip, match="cannot be read as UTF-8"):
        look_through([], ["r.txt"], [], [])


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("pyproject.toml", "[build-system]\nrequires = []\n[project]\nversion = '1'\nname = 'my.pkg'\n", "my.pkg"),
        ("setup.cfg", "[metadata]\nname = my-pkg\n", "my-pkg"),
        ("setup.py", "from setuptools import setup\nsetup(name='my_pkg')\n", "my_pkg"),
    ],
)
@pytest.mark.parametrize("line", ["./p", "-e ./p", "./p[extra] ; python_version > '3'"])
def test_a_project_in_a_folder_is_known_by_name_to_be_built_anew(file: str, text: str, name: str, line: str) -> None:
    Path("p").mkdir()
    Path("p", file).write_text(text)
    assert _look(line).rebuilt == [name]


def test_a_project_that_hides_its_name_is_left_to_pip() -> None:
    Path("p").mkdir()
    Path("p/setup.py").write_text("from setuptools import setup\nsetup(**make())\n")
    with pytest.raises(LeaveToPip, match="what its project is called"):
        _look("./p")
