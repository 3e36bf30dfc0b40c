from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.environments.interpreters import (
    Interpreter,
    SearchPath,
    default_interpreter,
    find_interpreters,
    survey,
)

if TYPE_CHECKING:
    from pathlib import Path


def _program(file: Path, script: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def _answering(version: str, machine: str = "x86_64", *, virtual: bool = False) -> str:
    return f"echo asked >> $0.calls; printf '%s\\n' {version} cpython {machine} 64 {int(virtual)}"


def _search(tmp_path: Path, *folders: Path) -> SearchPath:
    return SearchPath(folders, tmp_path / "pyenv", (tmp_path / "uv",), tmp_path / "home")


def test_versions_of_pyenv_and_uv_are_read_from_their_folders_without_running_them(tmp_path: Path) -> None:
    never = "exit 1"
    _program(tmp_path / "pyenv/versions/3.11.7/bin/python", never)
    _program(tmp_path / "pyenv/versions/2.7.18/bin/python", never)
    _program(tmp_path / "uv/cpython-3.13.0rc2-linux-x86_64-gnu/bin/python3", never)
    _program(tmp_path / "uv/cpython-3.13.0+freethreaded-linux-aarch64-gnu/bin/python3", never)
    _program(tmp_path / "uv/pypy-3.10.14-macos-aarch64-none/bin/pypy", never)
    found = [(item.version, item.implementation, item.source) for item in find_interpreters(_search(tmp_path))]
    assert found == [
        ("3.13.0", "cpython-freethreaded", "uv"),
        ("3.13.0rc2", "cpython", "uv"),
        ("3.11.7", "cpython", "pyenv"),
        ("3.10.14", "pypy", "uv"),
        ("2.7.18", "cpython", "pyenv"),
    ]


def test_the_architecture_in_uvs_folder_name_is_given_as_azure_names_it(tmp_path: Path) -> None:
    _program(tmp_path / "uv/cpython-3.12.1-linux-aarch64-gnu/bin/python3", "exit 1")
    assert [item.architecture for item in find_interpreters(_search(tmp_path))] == ["arm64"]


def test_another_program_is_run_once_and_remembered(tmp_path: Path) -> None:
    python = _program(tmp_path / "bin/python3.9", _answering("3.9.1"))
    search = _search(tmp_path, tmp_path / "bin")
    first = find_interpreters(search)
    assert first == [Interpreter(python, "3.9.1", "cpython", "x64", "path")]
    assert find_interpreters(search) == first
    assert (tmp_path / "bin/python3.9.calls").read_text() == "asked\n"


def test_a_program_that_was_replaced_is_asked_again(tmp_path: Path) -> None:
    search = _search(tmp_path, tmp_path / "bin")
    _program(tmp_path / "bin/python3", _answering("3.9.1"))
    assert [item.version for item in find_interpreters(search)] == ["3.9.1"]
    _program(tmp_path / "bin/python3", _answering("3.10.12"))
    assert [item.version for item in find_interpreters(search)] == ["3.10.12"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 99, "programs": {}}', '{"format": 1, "programs": []}', "\x00\xff"]
)
def test_a_damaged_memory_is_made_anew(tmp_path: Path, content: str) -> None:
    _program(tmp_path / "bin/python3", _answering("3.9.1"))
    memory = tmp_path / "home/cache/interpreters.json"
    memory.parent.mkdir(parents=True)
    memory.write_text(content)
    assert [item.version for item in find_interpreters(_search(tmp_path, tmp_path / "bin"))] == ["3.9.1"]
    assert json.loads(memory.read_text())["format"] == 1


def test_a_damaged_entry_in_the_memory_is_made_anew(tmp_path: Path) -> None:
    search = _search(tmp_path, tmp_path / "bin")
    _program(tmp_path / "bin/python3", _answering("3.9.1"))
    find_interpreters(search)
    memory = tmp_path / "home/cache/interpreters.json"
    content = json.loads(memory.read_text())
    for entry in content["programs"].values():
        entry["probe"] = {"colour": "red"}
    memory.write_text(json.dumps(content))
    assert [item.version for item in find_interpreters(search)] == ["3.9.1"]


def test_a_home_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    _program(tmp_path / "bin/python3", _answering("3.9.1"))
    (tmp_path / "home").write_text("a file where the folder should be")
    assert [item.version for item in find_interpreters(_search(tmp_path, tmp_path / "bin"))] == ["3.9.1"]


def test_what_does_not_work_is_left_out_and_told_to_the_doctor(tmp_path: Path) -> None:
    _program(tmp_path / "bin/python3.5", "echo no such library >&2; exit 127")
    _program(tmp_path / "bin/python3.6", "echo hello")
    (tmp_path / "bin/python3.7").write_bytes(b"\x7fELF nothing")
    (tmp_path / "bin/python3.7").chmod(0o755)
    (tmp_path / "bin/python3.8").symlink_to("gone")
    (tmp_path / "pyenv/versions/3.4.1/bin").mkdir(parents=True)
    result = survey(_search(tmp_path, tmp_path / "bin"))
    assert result.found == ()
    reasons = {item.path.name if item.path.parent.name != "x" else "": item.reason for item in result.broken}
    assert "no such library" in reasons["python3.5"]
    assert "hello" in reasons["python3.6"] or "exit code 0" in reasons["python3.6"]
    assert "cannot be started" in reasons["python3.7"]
    assert "leads nowhere" in reasons["python3.8"]
    assert "no program" in reasons["python"]


def test_virtual_environments_and_our_own_shims_are_no_interpreters(tmp_path: Path) -> None:
    _program(tmp_path / "venv/bin/python3", _answering("3.9.1"))
    (tmp_path / "venv/pyvenv.cfg").touch()
    _program(tmp_path / "hidden/python3", _answering("3.9.2", virtual=True))
    _program(tmp_path / "home/shims/1/bin/python3", _answering("3.9.3"))
    _program(tmp_path / "pyenv/versions/myenv/bin/python", _answering("3.9.4"))
    (tmp_path / "pyenv/versions/myenv/pyvenv.cfg").touch()
    search = _search(tmp_path, tmp_path / "venv/bin", tmp_path / "hidden", tmp_path / "home/shims/1/bin")
    result = survey(search)
    assert result.found == ()
    assert result.broken == ()


def test_two_names_of_one_program_are_one_interpreter(tmp_path: Path) -> None:
    _program(tmp_path / "bin/python3.9", _answering("3.9.1"))
    (tmp_path / "bin/python3").symlink_to("python3.9")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/python").symlink_to("../bin/python3")
    assert len(find_interpreters(_search(tmp_path, tmp_path / "bin", tmp_path / "other"))) == 1


def test_a_plain_python3_is_the_first_on_path(tmp_path: Path) -> None:
    _program(tmp_path / "a/python3", _answering("3.9.1"))
    _program(tmp_path / "b/python3", _answering("3.12.1"))
    chosen = default_interpreter(_search(tmp_path, tmp_path / "a", tmp_path / "b"))
    assert chosen is not None
    assert chosen.version == "3.9.1"


def test_a_plain_python3_is_what_pyenv_chose_where_pyenv_is_first_on_path(tmp_path: Path) -> None:
    for version in ("3.11.7", "3.12.1"):
        _program(tmp_path / f"pyenv/versions/{version}/bin/python", "exit 1")
    (tmp_path / "pyenv/version").write_text("3.11.7\n")
    _program(tmp_path / "pyenv/shims/python3", "exit 1")
    chosen = default_interpreter(_search(tmp_path, tmp_path / "pyenv/shims"))
    assert chosen is not None
    assert chosen.version == "3.11.7"


def test_without_one_on_path_a_plain_python3_is_the_highest_release(tmp_path: Path) -> None:
    for version in ("2.7.18", "3.9.1", "3.10.1", "3.14.0a1"):
        _program(tmp_path / f"pyenv/versions/{version}/bin/python", "exit 1")
    chosen = default_interpreter(_search(tmp_path))
    assert chosen is not None
    assert chosen.version == "3.10.1"


def test_a_machine_without_python_has_no_default(tmp_path: Path) -> None:
    assert default_interpreter(_search(tmp_path)) is None


def test_every_interpreter_found_on_this_machine_is_what_it_is_said_to_be(machine: list[Interpreter]) -> None:
    assert machine
    for item in machine:
        ask = [str(item.path), "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
        told = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
        assert item.version.startswith(told)
