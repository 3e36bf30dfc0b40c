from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.environments.in_job.pip_options import LeaveToPip
from drivetrain.run.environments.in_job.pip_settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.run.environments.interpreters import Interpreter


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    return tmp_path / "user"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _indexes(tmp_path: Path, **environ: str) -> list[str | None]:
    everything = {"XDG_CONFIG_DIRS": str(tmp_path / "xdg")} | environ
    return [value for name, value in settings(everything, str(tmp_path / "prefix")) if name == "index-url"]


def test_a_later_file_replaces_what_an_earlier_one_says(tmp_path: Path, user: Path) -> None:
    order = [
        tmp_path / "xdg/pip/pip.conf",
        user / ".pip/pip.conf",
        user / ".config/pip/pip.conf",
        tmp_path / "prefix/pip.conf",
    ]
    for number, file in enumerate(order):
        _write(file, f"[global]\nindex-url = https://{number}\n")
        assert _indexes(tmp_path) == [f"https://{number}"]
    assert _indexes(tmp_path, PIP_INDEX_URL="https://v") == ["https://v"]


def test_the_section_of_the_command_goes_before_the_global_one_of_a_later_file(tmp_path: Path, user: Path) -> None:
    _write(user / ".pip/pip.conf", "[install]\nindex_url = https://install\n")
    _write(tmp_path / "prefix/pip.conf", "[global]\nindex-url = https://global\n")
    assert _indexes(tmp_path) == ["https://install"]


def test_a_named_file_replaces_the_users(tmp_path: Path, user: Path) -> None:
    _write(user / ".pip/pip.conf", "[global]\nindex-url = https://user\n")
    _write(tmp_path / "named", "[global]\nextra-index-url = https://named\n")
    assert _indexes(tmp_path, PIP_CONFIG_FILE=str(tmp_path / "named")) == []
    assert _indexes(tmp_path, PIP_CONFIG_FILE=str(tmp_path / "missing")) == ["https://user"]
    assert _indexes(tmp_path, PIP_CONFIG_FILE=os.devnull) == []


def test_several_values_stand_on_several_lines_or_side_by_side(tmp_path: Path, user: Path) -> None:
    _write(user / ".pip/pip.conf", "[global]\nfind-links =\n    /a\n    /b\nextra-index-url = https://x https://y\n")
    accumulating = ("find-links", "extra-index-url")
    assert [given for given in settings({"XDG_CONFIG_DIRS": "/none"}, str(tmp_path)) if given[0] in accumulating] == [
        ("find-links", "/a"), ("find-links", "/b"), ("extra-index-url", "https://x"), ("extra-index-url", "https://y"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["index-url = no section", "[global]\nx", "[global\n"])
def test_a_file_that_cannot_be_read_is_left_for_pip_to_complain_about(tmp_path: Path, user: Path, text: str) -> None:
    _write(user / ".pip/pip.conf", text)
    with pytest.raises(LeaveToPip, match=r"pip\.conf cannot be read"):
        settings({}, str(tmp_path))


def test_a_setting_of_another_command_is_ignored(tmp_path: Path, user: Path) -> None:
    without = settings({"XDG_CONFIG_DIRS": "/none"}, str(tmp_path))
    _write(user / ".pip/pip.conf", "[list]\nformat = json\n[freeze]\nindex-url = https://a\n")
    assert settings({"XDG_CONFIG_DIRS": "/none"}, str(tmp_path)) == without


def test_it_reads_what_pip_itself_reads(user: Path, interpreter: Interpreter) -> None:
    _write(user / ".pip/pip.conf", "[global]\nindex-url = https://a\ntimeout = 7\n[install]\nno-deps = true\n")
    _write(user / ".config/pip/pip.conf", "[global]\nindex-url = https://b\nextra_index_url = https://c\n")
    environ = {"HOME": str(user), "PATH": os.environ["PATH"], "PIP_TIMEOUT": "9", "XDG_CONFIG_DIRS": "/none"}
    code = (
        "import json\n"
        "from pip._internal.commands import create_command\n"
        "given = create_command('install').parse_args([])[0]\n"
        "print(json.dumps([given.index_url, given.extra_index_urls, given.timeout, given.ignore_dependencies]))"
    )
    done = subprocess.run([interpreter.path, "-c", code], env=environ, capture_output=True, text=True, check=True)
    ours = dict(settings(environ, "/nowhere"))
    assert json.loads(done.stdout) == [
        ours["index-url"],
        [ours["extra-index-url"]],
        float(str(ours["timeout"])),
        "no-deps" in ours,
    ]
