from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import coverage

from tests.measuring.children import CHILD, FOLDER, read

ROOT = Path(__file__).parents[2]
LINT = ["lint", str(ROOT / "tests/scenarios/04_matrix.yml")]
THREADED = """
import asyncio, drivetrain.lang.yaml, threading
thread = threading.Thread(target=drivetrain.lang.yaml.read, args=("a: [1, {b: c}]",), kwargs={"file": "a.yml"})
thread.start(); thread.join()
"""


def run(*words: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, *words], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def by_child(program: str, folder: Path, environment: dict[str, str]) -> dict[str, set[tuple[int, int]]]:
    start = f"exec(compile(open({str(CHILD)!r}).read(), 'child', 'exec'))\n"
    run("-c", start + program, *LINT, environment=environment | {FOLDER: str(folder)})
    return {path: set(arcs) for path, arcs in read(folder).items() if arcs}


def by_coverage(program: str, folder: Path, environment: dict[str, str]) -> dict[str, set[tuple[int, int]]]:
    script, settings, file = folder / "script.py", folder / "settings", folder / "data"
    script.write_text(program)
    settings.write_text("[run]\npatch = _exit\n")
    words = [f"--rcfile={settings}", "--branch", "--source=drivetrain", f"--data-file={file}", str(script), *LINT]
    run("-m", "coverage", "run", *words, environment=environment)
    data = coverage.CoverageData(str(file))
    data.read()
    return {path: set(arcs) for path in data.measured_files() if (arcs := data.arcs(path))}


def same(program: str, tmp_path: Path, environment: dict[str, str]) -> None:
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
    expected = by_coverage(program, tmp_path / "theirs", environment)
    assert len(expected) > 3
    assert by_child(program, tmp_path / "ours", environment) == expected


def test_a_command_has_the_branches_that_coverage_finds(tmp_path: Path, unmeasured: dict[str, str]) -> None:
    same("import runpy; runpy.run_module('drivetrain', run_name='__main__')", tmp_path, unmeasured)


def test_so_have_threads_and_processes_that_leave_at_once(tmp_path: Path, unmeasured: dict[str, str]) -> None:
    same(THREADED, tmp_path, unmeasured)
    (tmp_path / "left").mkdir()
    left = by_child(f"{THREADED}\nimport os; os._exit(0)", tmp_path / "left", unmeasured)
    assert left == by_coverage(THREADED, tmp_path / "theirs", unmeasured)


def test_a_file_that_was_not_written_to_its_end_is_left_out(tmp_path: Path) -> None:
    (tmp_path / f"{os.getpid()}-1.new").write_bytes(b"{")
    assert read(tmp_path) == {}
