from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError
from drivetrain.run.environments.in_job import bytecode
from drivetrain.run.environments.in_job.bytecode import uncompiled
from drivetrain.run.environments.uv_program import uv_cache
from drivetrain.run.environments.wheels import cache_tag, forget_wheels

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.run.environments.conftest import Job, Wheelhouse

PACKAGE = {
    "pack/__init__.py": "VALUE = 1\n",
    "pack/deep/__init__.py": "",
    "pack/deep/leaf.py": "NAME = 'leaf'\n",
    "pack/template.py": "this is {{ no }} Python\n",
    "single.py": "X = 1\n",
}
COMPILED = ("pack/__init__", "pack/deep/__init__", "pack/deep/leaf", "single")


def _site(job: Job) -> Path:
    return next(Path(job.environment["pythonLocation"]).glob("lib/python3*/site-packages"))


def _bytecode(job: Job, module: str) -> Path:
    source = _site(job) / f"{module}.py"
    return source.parent / "__pycache__" / f"{source.stem}.{cache_tag(_site(job))}.pyc"


def test_what_is_installed_is_compiled_at_once_and_a_template_is_passed_over(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("pack", "1.0", PACKAGE)
    job.ok("pip install pack")
    assert all(_bytecode(job, module).exists() for module in COMPILED)
    assert not _bytecode(job, "pack/template").exists()


def test_the_next_environment_gets_the_same_bytecode_and_python_takes_it(
    new_job: Callable[[], Job], wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("pack", "1.1", PACKAGE)
    first, second = new_job(), new_job()
    first.ok("pip install pack")
    second.ok("pip install pack")
    for module in COMPILED:
        assert _bytecode(first, module).samefile(_bytecode(second, module))
        assert (_site(first) / f"{module}.py").samefile(_site(second) / f"{module}.py")
    told = second.run("python -v -c 'import pack.deep.leaf'").stderr
    for module in COMPILED[:3]:
        assert f"{_bytecode(second, module)} matches {_site(second)}/{module}.py" in told


def test_what_was_compiled_once_is_not_compiled_again(new_job: Callable[[], Job], wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("pack", "1.2", PACKAGE)
    first = new_job()
    first.ok("pip install pack")
    made = _bytecode(first, "single").stat().st_mtime_ns
    second = new_job()
    second.ok("pip install pack")
    assert _bytecode(second, "single").stat().st_mtime_ns == made
    cache = Path(second.environment["UV_CACHE_DIR"])
    assert uncompiled(str(_site(second)), str(cache), cache_tag(_site(second))) == []


def test_tracebacks_name_the_file_in_the_environment(new_job: Callable[[], Job], wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("boom", "1.0", {"boom.py": "def go():\n    raise ValueError('here')\n"})
    for job in (new_job(), new_job()):
        done = job.run("pip install -q boom; python -c 'import boom; boom.go()'")
        assert f'File "{_site(job)}/boom.py", line 2, in go' in done.stderr


def test_removing_and_upgrading_in_one_job_leaves_the_other_alone(
    new_job: Callable[[], Job], wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("pack", "1.3", PACKAGE)
    first, second, third = new_job(), new_job(), new_job()
    for job in (first, second):
        job.ok("pip install pack")
    wheelhouse.add("pack", "1.4", PACKAGE | {"pack/__init__.py": "VALUE = 2\n"})
    first.ok("pip install --upgrade pack")
    first.ok("pip uninstall -y pack")
    assert not (_site(first) / "pack").exists()
    assert not _bytecode(first, "single").exists()
    second.ok("DRIVETRAIN_PIP=pip pip install --force-reinstall --no-deps pack==1.3")
    third.ok("pip install pack==1.3")
    for job in (second, third):
        assert job.ok("python -c 'import pack; print(pack.VALUE)'") == "1\n"
    assert all(_bytecode(third, module).exists() for module in COMPILED)


def test_an_installed_file_that_a_job_edits_stays_that_jobs_own(
    new_job: Callable[[], Job], wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("pack", "1.5", PACKAGE)
    first, second = new_job(), new_job()
    for job in (first, second):
        job.ok("pip install pack")
    first.ok(f"sed -i 's/1/77/' {_site(first)}/pack/__init__.py")
    assert first.ok("python -c 'import pack; print(pack.VALUE)'") == "77\n"
    assert second.ok("python -c 'import pack; print(pack.VALUE)'") == "1\n"


def test_jobs_that_install_at_once_all_get_everything(new_job: Callable[[], Job], wheelhouse: Wheelhouse) -> None:
    many = {f"big/m{number}.py": f"N = {number}\n" for number in range(200)} | {"big/__init__.py": ""}
    wheelhouse.add("big", "1.0", many)
    jobs = [new_job() for _ in range(4)]
    script = " & ".join(f"({job.environment['pythonLocation']}/bin/pip install -q big || echo bad)" for job in jobs)
    done = jobs[0].run(f"{script} & wait")
    assert (done.stdout, done.stderr) == ("", "")
    for job in jobs:
        assert job.ok("python -c 'import big.m199; print(big.m199.N)'") == "199\n"
    assert len(list((_site(jobs[0]) / "big/__pycache__").iterdir())) == 201
    later = new_job()
    later.ok("pip install -q big")
    assert len(list((_site(later) / "big/__pycache__").iterdir())) == 201


def test_a_compilation_that_was_killed_is_finished_by_the_next_job(
    new_job: Callable[[], Job], wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("slow", "1.0", {f"slow/m{n}.py": "x = [\n" + "  (1, 2),\n" * 2000 + "]\n" for n in range(200)})
    first = new_job()
    wait_for_bytecode = f"cd {_site(first)}; until ls slow/__pycache__/*.pyc >/dev/null 2>&1; do :; done"
    first.run(f"setsid pip install -q slow & job=$!; {wait_for_bytecode}; kill -9 -$job")
    compiled = len(list((_site(first) / "slow/__pycache__").glob("*.pyc")))
    assert 0 < compiled < 200
    second = new_job()
    second.ok("pip install -q slow")
    assert len(list((_site(second) / "slow/__pycache__").glob("*.pyc"))) == 200


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, True), (60.0, False)])
def test_only_a_long_compilation_says_what_it_does(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    seconds: float,
    expected: bool,
) -> None:
    monkeypatch.setattr(bytecode, "_QUIET_SECONDS", seconds)
    archive, site = tmp_path / "archive-v0/1", tmp_path / "site"
    archive.mkdir(parents=True)
    site.mkdir()
    (archive / "single.py").write_text("X = 1\n")
    mark = tmp_path / "compiled/tag/1"
    bytecode.compile_wheels([bytecode.Uncompiled(str(archive), str(site), str(mark))], str(tmp_path))
    assert mark.exists()
    assert ("compiling the new packages once" in capsys.readouterr().out) == expected


def test_shared_wheels_can_be_forgotten(tmp_path: Path) -> None:
    (uv_cache(tmp_path) / "archive-v0/x").mkdir(parents=True)
    forget_wheels(tmp_path)
    forget_wheels(tmp_path)
    assert not uv_cache(tmp_path).exists()


def test_shared_wheels_that_cannot_be_removed_are_a_clear_error(tmp_path: Path) -> None:
    uv_cache(tmp_path).parent.mkdir(parents=True)
    uv_cache(tmp_path).write_text("")
    with pytest.raises(UnavailableError, match="cannot be removed") as caught:
        forget_wheels(tmp_path)
    assert str(uv_cache(tmp_path)) in caught.value.hint


def test_a_job_on_another_file_system_works_without_links(job: Job, wheelhouse: Wheelhouse) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == _site(job).stat().st_dev or not os.access(other, os.W_OK):
        pytest.skip("there is no second file system to write to")
    wheelhouse.add("pack", "1.6", PACKAGE)
    target = other / f"drivetrain-test-{os.getpid()}"
    try:
        job.ok(f"pip install --target {target} pack && PYTHONPATH={target} python -c 'import pack.deep.leaf'")
    finally:
        job.run(f"rm -rf {target}")
