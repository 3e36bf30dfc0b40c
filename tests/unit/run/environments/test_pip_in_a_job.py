from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.environments.creation import site_packages
from drivetrain.run.environments.version_spec import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.run.environments.interpreters import Interpreter
    from tests.unit.run.environments.conftest import Job, Wheelhouse

BY_UV = "drivetrain: pip install by uv "
BY_PIP = "drivetrain: pip install by pip itself"


@pytest.mark.parametrize("pip", ["pip", "pip3", "python -m pip", "python3 -m pip"])
def test_an_install_is_carried_out_by_uv_and_says_so(job: Job, wheelhouse: Wheelhouse, pip: str) -> None:
    wheelhouse.add("alpha", "1.0")
    told = job.ok(f"{pip} install alpha && python -c 'import alpha; print(alpha.VERSION)'").splitlines()
    assert told[0].startswith(BY_UV)
    assert "DRIVETRAIN_PIP=pip turns this off" in told[0]
    assert told[-2:] == ["Successfully installed alpha-1.0", "1.0"]


def test_a_success_leaves_stderr_empty_for_steps_that_fail_on_it(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    assert job.run("pip install alpha").stderr == ""


def test_quiet_is_quiet(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    done = job.run("pip install -q alpha")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("command", ["pip install alpha", "DRIVETRAIN_PIP=uv pip install alpha"])
def test_a_setting_turns_uv_off(job: Job, wheelhouse: Wheelhouse, command: str) -> None:
    wheelhouse.add("alpha", "1.0")
    told = job.ok(command, DRIVETRAIN_PIP="pip")
    assert (BY_UV in told) == ("=uv" in command)
    assert "Successfully installed alpha-1.0" in told


def test_everything_but_an_install_is_the_real_pip(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    assert job.ok("pip --version").startswith("pip ")
    told = job.ok("pip install -q alpha; pip list --format=freeze; pip show alpha; pip uninstall -y alpha; pip freeze")
    assert "alpha==1.0" in told
    assert "Name: alpha" in told
    assert "Successfully uninstalled alpha-1.0" in told
    assert "drivetrain" not in told


def test_an_option_that_uv_does_not_share_is_the_real_pips_with_the_reason(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    told = job.ok("pip install --prefer-binary alpha")
    assert told.startswith(f"{BY_PIP}: --prefer-binary is not known to mean the same to uv\n")
    assert "Successfully installed alpha-1.0" in told


def test_uv_still_serves_after_pip_was_replaced(job: Job, wheelhouse: Wheelhouse, interpreter: Interpreter) -> None:
    wheelhouse.add("alpha", "1.0")
    bundled = next(interpreter.path.resolve().parent.parent.glob("lib/python3*/ensurepip/_bundled/pip-*.whl"))
    shutil.copy(bundled, wheelhouse.folder)
    for command in (
        "python -m pip install --force-reinstall pip",
        "DRIVETRAIN_PIP=pip pip install --force-reinstall pip",
    ):
        assert "Successfully installed pip-" in job.ok(command)
        assert BY_UV in job.ok("python -m pip install --force-reinstall alpha")
        assert BY_UV in job.ok("pip install --force-reinstall alpha")
        assert job.ok("pip --version").startswith("pip ")


def test_an_upgrade_concerns_only_what_is_named_as_pip_does_it(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0", requires="beta")
    wheelhouse.add("beta", "1.0")
    job.ok("pip install alpha")
    wheelhouse.add("alpha", "2.0", requires="beta")
    wheelhouse.add("beta", "2.0")
    assert "alpha-2.0" in job.ok("pip install --upgrade alpha")
    assert "beta==1.0" in job.ok("pip freeze")
    assert "beta-2.0" in job.ok("pip install --upgrade --upgrade-strategy eager alpha")


def test_a_folder_that_changed_is_built_again(new_job: Callable[[], Job], tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    backend = (
        "import zipfile\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        "    name = 'gamma-1.0-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(f'{folder}/{name}', 'w') as z:\n"
        "        z.write('gamma.py')\n"
        "        z.writestr('gamma-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: gamma\\nVersion: 1.0\\n')\n"
        "        z.writestr('gamma-1.0.dist-info/WHEEL',\n"
        "            'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        z.writestr('gamma-1.0.dist-info/RECORD', 'gamma.py,,\\ngamma-1.0.dist-info/METADATA,,\\n'\n"
        "            'gamma-1.0.dist-info/WHEEL,,\\ngamma-1.0.dist-info/RECORD,,\\n')\n"
        "    return name\n"
    )
    (project / "backend.py").write_text(backend)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "gamma"\nversion = "1.0"\n'
    )
    (project / "requirements.txt").write_text(".\n")
    commands = ["pip install .", "pip install -r requirements.txt"]
    for value, command in enumerate([*commands, *commands]):
        (project / "gamma.py").write_text(f"VALUE = {value}\n")
        job = new_job()
        told = job.ok(f"cd {project} && {command} && cd / && python -c 'import gamma; print(gamma.VALUE)'")
        assert told.startswith(BY_UV)
        assert told.splitlines()[-1] == str(value)


def test_a_failure_is_uvs_own_words_on_stderr_and_a_bad_exit_code(job: Job) -> None:
    done = job.run("pip install nothing-of-this-name")
    assert done.returncode != 0
    assert "nothing-of-this-name was not found" in done.stderr
    assert BY_PIP not in done.stdout


def test_where_pip_reads_more_leniently_it_gets_a_second_chance(
    new_job: Callable[..., Job], wheelhouse: Wheelhouse, machine: list[Interpreter]
) -> None:
    older = choose(">=3.8 <3.12", machine)
    if older is None:
        pytest.skip("no interpreter here brings a pip that still reads old forms of versions (3.8 to 3.11)")
    wheelhouse.add("alpha", "1.0")
    done = new_job(older).run("pip install 'alpha>dev'")
    assert done.returncode == 0
    assert f"{BY_PIP}: uv could not, and pip may read this more leniently" in done.stdout
    assert "Successfully installed alpha-1.0" in done.stdout
    assert "Failed to parse" in done.stderr


def test_the_best_version_of_all_sources_is_taken_as_pip_does_it(
    job: Job, wheelhouse: Wheelhouse, tmp_path: Path
) -> None:
    indexes = []
    for version in ("1.0", "3.0", "2.0"):
        folder = tmp_path / f"index{version}" / "alpha"
        folder.mkdir(parents=True)
        wheel = wheelhouse.add("alpha", version)
        wheel.rename(folder / wheel.name)
        (folder / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
        indexes.append(folder.parent.as_uri())
    told = job.ok(
        f"unset PIP_NO_INDEX; pip install -i {indexes[0]} "
        f"--extra-index-url {indexes[1]} --extra-index-url {indexes[2]} alpha"
    )
    assert BY_UV in told
    assert "Successfully installed alpha-3.0" in told


def test_settings_of_a_pip_configuration_file_are_kept_to(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    wheelhouse.add("alpha", "2.0")
    (job.folder / "limits.txt").write_text("alpha<2\n")
    (job.folder / "pip.conf").write_text(f"[install]\nconstraint = {job.folder / 'limits.txt'}\n")
    told = job.ok("pip install alpha", PIP_CONFIG_FILE=str(job.folder / "pip.conf"))
    assert BY_UV in told
    assert "alpha-1.0" in told


def test_settings_for_uv_do_not_reach_pip(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    wheelhouse.add("alpha", "2.0")
    (job.folder / "limits.txt").write_text("alpha<2\n")
    assert "alpha-2.0" in job.ok("pip install alpha", UV_CONSTRAINT=str(job.folder / "limits.txt"))


@pytest.mark.parametrize("setting", ["uv", "pip"])
def test_user_means_the_private_environment(job: Job, wheelhouse: Wheelhouse, setting: str) -> None:
    wheelhouse.add("alpha", "1.0")
    told = job.ok("pip install --user alpha; python -c 'import alpha; print(alpha.__file__)'", DRIVETRAIN_PIP=setting)
    assert told.splitlines()[-1].startswith(job.environment["pythonLocation"])
    assert not (Path(job.environment["HOME"]) / ".local").exists()


def test_a_requirements_file_beside_the_script_is_installed(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    wheelhouse.add("beta", "1.0")
    folder = job.folder / "python" / "local"
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text("alpha\n-r more.txt\n")
    (folder / "more.txt").write_text("beta==1.0  # pinned\n")
    told = job.ok(f"cd {folder} && pip install -r requirements.txt")
    assert "Successfully installed alpha-1.0 beta-1.0" in told


@pytest.mark.parametrize("command", ["uv pip install", "uv pip install --system", "UV_SYSTEM_PYTHON=1 uv pip install"])
def test_plain_uv_works_on_the_jobs_environment(job: Job, wheelhouse: Wheelhouse, command: str) -> None:
    wheelhouse.add("alpha", "1.0")
    job.ok(f"{command} --no-index --find-links {wheelhouse.folder} alpha")
    told = job.ok("python -c 'import alpha; print(alpha.__file__)'")
    assert told.startswith(job.environment["pythonLocation"])


def test_plain_uv_keeps_to_an_environment_that_the_job_made(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    job.ok(f"uv venv -q && uv pip install --no-index --find-links {wheelhouse.folder} alpha")
    assert job.ok(".venv/bin/python -c 'import alpha; print(alpha.VERSION)'") == "1.0\n"
    assert job.run("python -c 'import alpha'").returncode == 1


def test_a_uv_that_the_job_installs_is_run_by_ours(job: Job, wheelhouse: Wheelhouse) -> None:
    wheel = wheelhouse.add("uv", "0.1")
    entry = "[console_scripts]\nuv = uv:main\n"
    wheelhouse.add(
        "uv", "0.1", {"uv.py": "def main():\n    print('its own')\n", "uv-0.1.dist-info/entry_points.txt": entry}
    )
    assert wheel.exists()
    job.ok("pip install uv")
    assert job.ok("uv --version") == "its own\n"
    assert "Made by Drivetrain" in (Path(job.environment["pythonLocation"]) / "bin/uv").read_text()


def test_a_pip_of_the_machine_cannot_write_into_its_python(
    job: Job, wheelhouse: Wheelhouse, interpreter: Interpreter
) -> None:
    wheelhouse.add("alpha", "1.0")
    for more in ("", "--user"):
        done = job.run(f"{interpreter.path} -m pip install {more} alpha")
        assert done.returncode != 0
        assert "Could not find an activated virtualenv" in done.stderr


def test_an_installed_program_is_on_path(job: Job, wheelhouse: Wheelhouse) -> None:
    entry = "[console_scripts]\nalpha-tool = alpha:main\n"
    wheelhouse.add(
        "alpha", "1.0", {"alpha.py": "def main():\n    print('hello')\n", "alpha-1.0.dist-info/entry_points.txt": entry}
    )
    assert job.ok("pip install -q alpha; alpha-tool") == "hello\n"


def test_a_package_beside_the_script_is_never_taken_for_pip(job: Job, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("alpha", "1.0")
    (job.folder / "drivetrain_pip.py").write_text("raise SystemExit('wrong')\n")
    (job.folder / "pip.py").write_text("raise SystemExit('wrong')\n")
    assert "Successfully installed alpha-1.0" in job.ok("pip install alpha")


def test_the_site_packages_are_where_they_are_said_to_be(job: Job, interpreter: Interpreter) -> None:
    prefix = Path(job.environment["pythonLocation"])
    told = job.ok("python -c 'import sysconfig; print(sysconfig.get_paths()[\"purelib\"])'")
    assert told.strip() == str(site_packages(prefix, interpreter))
