from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import drivetrain.view.cli
from drivetrain.errors import ConflictError, DefinitionError, NotFoundError, Position, Problem, UnavailableError
from drivetrain.view.cli.failure import BUG, FAILED, INTERRUPTED, USAGE, exit_code, run_command
from drivetrain.view.cli.group import cli, commands

NAMES = [name for name, _ in commands()]
DRIVETRAIN = Path(sys.executable).parent / "drivetrain"


@pytest.mark.parametrize(("name", "short"), list(commands()))
def test_the_table_agrees_with_the_command_it_names(name: str, short: str) -> None:
    command = importlib.import_module(f"drivetrain.view.cli.{name.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(200) == short


def test_help_names_every_command() -> None:
    text = CliRunner().invoke(cli, ["--help"]).output
    assert all(f"  {name} " in text for name in NAMES)


def test_help_shows_the_first_commands_each_on_its_line() -> None:
    lines = [line.strip() for line in CliRunner().invoke(cli, ["--help"]).output.splitlines()]
    assert "drivetrain up                  start the server, then" in lines
    assert not any("\\b" in line for line in lines)


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    result = CliRunner().invoke(cli, ["statsu"])
    assert result.exit_code == USAGE
    assert "Did you mean 'status'" in result.output


def test_help_imports_none_of_the_commands_and_nothing_heavy(unmeasured: dict[str, str]) -> None:
    code = (
        "import sys; from drivetrain.view.cli.group import cli; cli.main(['--help'], standalone_mode=False); "
        "heavy = {'mlflow', 'pandas', 'fastapi', 'rich', 'sqlalchemy', 'sqlite3'}; "
        "print([module for module in sys.modules if module.split('.')[0] in heavy])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=unmeasured, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_printed() -> None:
    done = subprocess.run([DRIVETRAIN, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("drivetrain, version ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DefinitionError([Problem(Position("f.yml", 1, 2), "bad")]), FAILED),
        (UnavailableError("no uv"), FAILED),
        (NotFoundError("no run 7"), USAGE),
        (ConflictError("is there already"), USAGE),
    ],
)
def test_errors_have_their_exit_codes(error: DefinitionError, code: int) -> None:
    assert exit_code(error) == code


def failing(error: BaseException) -> click.Command:
    @click.command
    def command() -> None:
        raise error

    return command


def test_an_error_is_printed_with_its_hint(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["drivetrain"])
    assert run_command(failing(NotFoundError("there is no run 7", hint="drivetrain runs"))) == USAGE
    assert capsys.readouterr().err == "error: there is no run 7\nhint: drivetrain runs\n"


def test_a_bug_is_reported_as_one(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["drivetrain"])
    assert run_command(failing(ZeroDivisionError("oh"))) == BUG
    assert "bug: ZeroDivisionError: oh" in capsys.readouterr().err


def test_an_interruption_has_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["drivetrain"])
    assert run_command(failing(KeyboardInterrupt())) == INTERRUPTED


def test_every_module_of_the_folder_is_a_command_or_serves_them() -> None:
    folder = Path(next(iter(drivetrain.view.cli.__path__)))
    serving = {"__init__", "checks", "choose", "explain", "failure", "files", "follow", "foreground", "group", "output"}
    serving |= {"deciding", "gate_lines", "report_lines", "sarif", "shelf", "sources", "training", "watching"}
    serving |= {"deployment_words", "endpoint_requests", "invoking", "releasing", "serving_lines", "verdict_lines"}
    found = {path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem not in serving}
    assert found == set(NAMES)
