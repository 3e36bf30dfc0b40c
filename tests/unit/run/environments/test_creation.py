from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UnavailableError
from drivetrain.run.environments.creation import create_environment, is_ready
from drivetrain.run.environments.default_python import prepare
from drivetrain.run.environments.interpreters import Interpreter, SearchPath, find_interpreters
from drivetrain.run.environments.job_environment import use_version
from drivetrain.run.environments.shims import shims
from drivetrain.run.environments.version_spec import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.run.environments.conftest import Job, Wheelhouse

MINORS = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.mark.parametrize("minor", MINORS)
def test_plain_pip_works_in_a_private_environment_of_every_version(
    minor: str, machine: list[Interpreter], new_job: Callable[[Interpreter], Job], wheelhouse: Wheelhouse
) -> None:
    interpreter = choose(minor, machine)
    if interpreter is None:
        pytest.skip(f"this machine has no Python {minor}")
    wheelhouse.add("alpha", "1.0")
    before = _everything_in(interpreter)
    try:
        job = new_job(interpreter)
    except UnavailableError as error:
        if minor == "2.7" and "fetching virtualenv" in error.message:
            pytest.skip(f"Python 2.7 needs the network once: {error.message}")
        raise
    told = job.ok(
        "pip install alpha && python -m pip --version && python -c"
        " \"import sys, alpha; print('%d.%d %s' % (sys.version_info[0], sys.version_info[1], alpha.__file__))\""
    ).splitlines()
    assert told[-1].startswith(f"{minor} {job.environment['pythonLocation']}")
    assert f"(python {minor})" in told[-2]
    assert job.ok("command -v python pip uv").count(job.environment["pythonLocation"]) == 3
    assert _everything_in(interpreter) == before


def _everything_in(interpreter: Interpreter) -> set[str]:
    root = Path(os.path.realpath(interpreter.path)).parent.parent
    minor = ".".join(interpreter.version.split(".")[:2])
    return {str(file) for file in root.glob(f"lib/python{minor}/site-packages/*")}


def test_preparing_a_job_makes_no_environment_and_starts_nothing(tmp_path: Path, home: Path) -> None:
    prepare(tmp_path / "first", home)
    given = prepare(tmp_path / "job", home)
    assert not (tmp_path / "job").exists()
    assert given.path_prepend == [str(tmp_path / "job/python/default/bin"), str(shims(home).bin), str(shims(home).az)]


@pytest.mark.parametrize("first", ["python -V", "python3 -V", "pip --version", "pip3 --version", "uv --version"])
def test_the_first_program_that_is_called_makes_the_environment(lazy_job: Job, first: str) -> None:
    told = lazy_job.ok(f"{first}; command -v python; python -c 'import sys; print(sys.prefix)'")
    assert told.splitlines()[-1] == lazy_job.environment["DRIVETRAIN_PYTHON_ENV"]


def test_a_step_that_pipes_and_quotes_sees_nothing_of_the_making(lazy_job: Job) -> None:
    done = lazy_job.run(
        "x=$(echo 'print(\"a  b\")' | python - '1 2' \"3'4\"); echo \"[$x]\"; python -c 'raise SystemExit(3)'"
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "[a  b]\n", "")


def test_programs_called_at_once_make_one_environment(lazy_job: Job) -> None:
    told = lazy_job.ok("for i in 1 2 3 4; do python -c 'import sys, pip; print(sys.prefix)' & done; wait")
    assert told.splitlines() == [lazy_job.environment["DRIVETRAIN_PYTHON_ENV"]] * 4


def test_a_shim_outside_a_job_says_what_is_missing(home: Path) -> None:
    done = subprocess.run([shims(home).bin / "python"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 127
    assert "DRIVETRAIN_PYTHON_ENV is not set; this python works only in the steps of a job" in done.stderr


def test_the_same_version_twice_in_a_job_is_the_same_environment(
    tmp_path: Path, home: Path, interpreter: Interpreter
) -> None:
    first = use_version(tmp_path, home, interpreter)
    (first.prefix / "mine").touch()
    assert use_version(tmp_path, home, interpreter) == first
    assert (first.prefix / "mine").exists()
    assert first.variables["pythonLocation"] == str(first.prefix)
    assert first.path_prepend == [str(first.bin), str(first.prefix)]


def test_half_an_environment_is_never_used(tmp_path: Path, home: Path, interpreter: Interpreter) -> None:
    prefix = use_version(tmp_path, home, interpreter).prefix
    (prefix / ".drivetrain/ready").unlink()
    (prefix / "bin/python").unlink()
    (prefix / "rest").touch()
    python = use_version(tmp_path, home, interpreter)
    assert not (prefix / "rest").exists()
    assert subprocess.run([python.python, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0


def test_a_damaged_mark_is_not_believed(tmp_path: Path, home: Path, interpreter: Interpreter) -> None:
    prefix = use_version(tmp_path, home, interpreter).prefix
    (prefix / ".drivetrain/ready").write_bytes(b"\xff\x00")
    assert not is_ready(prefix, interpreter)
    use_version(tmp_path, home, interpreter)
    assert is_ready(prefix, interpreter)


_MAKE = """
import sys
from pathlib import Path
from drivetrain.run.environments.creation import create_environment
from drivetrain.run.environments.interpreters import Interpreter
create_environment(Path(sys.argv[1]), Interpreter(Path(sys.argv[3]), *sys.argv[4:]), Path(sys.argv[2]))
"""


def _words(item: Interpreter) -> list[str]:
    return [str(item.path), item.version, item.implementation, item.architecture, item.source]


def _maker(prefix: Path, home: Path, item: Interpreter) -> subprocess.Popen[bytes]:
    words = [str(prefix), str(home), *_words(item)]
    return subprocess.Popen([sys.executable, "-c", _MAKE, *words], start_new_session=True)


@pytest.mark.parametrize("moment", range(4))
def test_a_maker_that_is_killed_leaves_nothing_that_is_used(
    tmp_path: Path, interpreter: Interpreter, moment: int
) -> None:
    prefix, home = tmp_path / "job/python/x", tmp_path / "home"
    signs = (
        "job/python",
        "job/python/x/pyvenv.cfg",
        "job/python/x/lib/*/site-packages/pip",
        "job/python/x/.drivetrain",
    )
    process = _maker(prefix, home, interpreter)
    deadline = time.monotonic() + 60
    while not any(tmp_path.glob(signs[moment])) and process.poll() is None:
        assert time.monotonic() < deadline
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    create_environment(prefix, interpreter, home)
    assert is_ready(prefix, interpreter)
    done = subprocess.run([prefix / "bin/pip", "--version"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("pip "), done.stderr


def test_two_processes_at_once_make_one_environment(tmp_path: Path, interpreter: Interpreter) -> None:
    prefix, home = tmp_path / "job/python/x", tmp_path / "home"
    makers = [_maker(prefix, home, interpreter) for _ in range(3)]
    assert [maker.wait(120) for maker in makers] == [0, 0, 0]
    assert is_ready(prefix, interpreter)


def test_two_jobs_at_once_on_a_new_home_both_get_theirs(tmp_path: Path, interpreter: Interpreter) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda name: use_version(tmp_path / name, home, interpreter), "abc"))
    assert len({python.prefix for python in made}) == 3
    for python in made:
        assert subprocess.run([python.bin / "pip", "--version"], capture_output=True, check=False).returncode == 0


def test_an_interpreter_that_is_gone_is_a_clear_error(tmp_path: Path, home: Path) -> None:
    gone = Interpreter(tmp_path / "gone/python", "3.11.7", "cpython", "x64", "pyenv")
    with pytest.raises(UnavailableError, match=r"making a Python 3\.11\.7 environment from .*gone/python failed"):
        use_version(tmp_path / "job", home, gone)


def test_a_home_that_is_a_file_is_a_clear_error(tmp_path: Path, interpreter: Interpreter) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(UnavailableError, match="shims for Python cannot be written") as caught:
        prepare(tmp_path / "job", tmp_path / "home")
    assert "DRIVETRAIN_HOME" in caught.value.hint
    with pytest.raises(UnavailableError) as caught:
        use_version(tmp_path / "job", tmp_path / "home", interpreter)


_ON_SMALL_DISK = """
mount -t tmpfs -o {options} none {mount} && cd / && exec {python} -c '
import sys
from pathlib import Path
from drivetrain.errors import UnavailableError
from drivetrain.run.environments.interpreters import Interpreter
from drivetrain.run.environments.job_environment import use_version
try:
    use_version(Path(sys.argv[1]), Path(sys.argv[2]), Interpreter(Path(sys.argv[3]), *sys.argv[4:]))
except UnavailableError as error:
    print(error.message, "HINT", error.hint)
' "$@"
"""


def _own_mounts() -> bool:
    done = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not shutil.which("unshare") or not _own_mounts(), reason="needs a mount namespace of its own")
@pytest.mark.parametrize(
    ("options", "what", "hint"),
    [
        ("size=1m", "No space left on device", "free some disk space"),
        ("ro", "Read-only file system", "make DRIVETRAIN_HOME"),
    ],
)
@pytest.mark.parametrize("on_disk", ["job", "home"])
def test_a_disk_that_is_full_or_cannot_be_written_is_a_clear_error(
    tmp_path: Path, interpreter: Interpreter, options: str, what: str, hint: str, on_disk: str
) -> None:
    mount = tmp_path / "disk"
    mount.mkdir()
    folders = {"job": tmp_path / "job", "home": tmp_path / "home"} | {on_disk: mount / on_disk}
    script = _ON_SMALL_DISK.format(options=options, mount=mount, python=sys.executable)
    words = [str(folders["job"]), str(folders["home"]), *_words(interpreter)]
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", script, "bash", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert what in done.stdout
    assert hint in done.stdout.partition("HINT")[2]


def test_a_home_with_blanks_and_quotes_in_its_name_works(tmp_path: Path, quiet_machine: dict[str, str]) -> None:
    home, job_folder = tmp_path / "my 'home'", tmp_path / "job $1"
    given = prepare(job_folder, home)
    path = os.pathsep.join([*given.path_prepend, quiet_machine["PATH"]])
    environment = quiet_machine | given.variables | {"PATH": path}
    for command in ("python -m pip --version", "pip --version", "uv pip list"):
        done = subprocess.run(
            ["bash", "-c", command], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        assert "pip" in done.stdout


def test_the_environment_of_a_job_is_no_interpreter_of_the_machine(job: Job, home: Path) -> None:
    search = SearchPath.of_machine(home, job.environment | {"PYENV_ROOT": "/none"})
    prefix = job.environment["pythonLocation"]
    assert all(not str(item.path).startswith(prefix) for item in find_interpreters(search))
