"""Settings: `config.toml` in the home folder, each of them overridden by `DRIVETRAIN_<NAME>` in the environment."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import DefinitionError, Position, Problem, UnavailableError

if TYPE_CHECKING:
    import tomllib
    from collections.abc import Mapping
    from pathlib import Path

    from drivetrain.home import Home

MAX_PORT = 65535
MAX_DAYS = 99999
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class Settings(Struct, frozen=True):
    """Every setting with its default."""

    host: str = "127.0.0.1"
    port: int = 8674
    azure_port: int = 8675
    endpoint_port: int = 8700
    azure: str = "connection"
    azure_projects: Mapping[str, str] = {}
    executor: str = "local"
    azureml_connection: str = ""
    azureml_workspace: str = ""
    public_url: str = ""
    badges: str = "private"
    max_parallel_jobs: int = 0
    keep_work: str = "failed"
    containers: str = "engine"
    pip: str = "uv"
    allow_python_install: bool = True
    artifacts_across_projects: bool = True
    retention_days: int = 30
    retention_pull_request_days: int = 10
    retention_artifact_days: int = 30
    retention_work_days: int = 7
    retention_recent: int = 3
    retention_mirror_days: int = 90
    retention_branches: Mapping[str, str] = {}
    tasks: str = ""
    cache_megabytes: int = 20_000
    otlp: str = ""
    otlp_percent: int = 10
    repositories: Mapping[str, str] = {}
    repository_hosts: Mapping[str, str] = {}


class Rule(Struct, frozen=True):
    """What a setting means, and which values it may have beyond its type."""

    meaning: str
    choices: tuple[str, ...] = ()
    """Of a table, the names that it may have."""
    most: int | None = None
    values: str = r"/.*|[a-z+]+://.+|[\w.-]+@[\w.-]+:.+"
    """Of a table, what its values look like, and what they are called."""
    value_title: str = "a URL or an absolute path"
    example: str = '{ github = "https://github.com" }'


RULES: Mapping[str, Rule] = {
    "host": Rule("The address the server listens on; another than loopback lets other machines in"),
    "port": Rule("The port the server listens on; 0 lets the system choose at every start", most=MAX_PORT),
    "azure_port": Rule(
        "The port of this machine on which official Azure clients are served; 0 lets the system choose", most=MAX_PORT
    ),
    "endpoint_port": Rule(
        "The first port of online endpoints: each takes the next free one from here on; 0 lets the system choose",
        most=MAX_PORT,
    ),
    "azure": Rule(
        "Where Azure is: here, but for steps whose service connection leads to Azure itself (`connection`); here for "
        "all (`local`); at Azure itself for all (`real`); like `connection`, and Azure's own host names lead here, too "
        "(`hosts`)",
        choices=("connection", "hosts", "local", "real"),
    ),
    "azure_projects": Rule(
        "Table: the same for some projects, by name (of a working tree: the name of its folder)",
        values="connection|hosts|local|real",
        value_title="connection, hosts, local or real",
        example='{ churn = "real" }',
    ),
    "executor": Rule(
        "Where the jobs of Azure Machine Learning are carried out: on this machine, or by a real workspace",
        choices=("local", "azureml"),
    ),
    "azureml_connection": Rule('With `executor = "azureml"`: the service connection that signs in to Azure'),
    "azureml_workspace": Rule(
        'With `executor = "azureml"`: SUBSCRIPTION/GROUP/WORKSPACE; empty for the one that the job was submitted to'
    ),
    "public_url": Rule("Where people reach the server, when a proxy stands in front of it"),
    "badges": Rule(
        "Who may see the badges of projects: everybody who knows the address, or those who sign in",
        choices=("private", "public"),
    ),
    "max_parallel_jobs": Rule("How many jobs may run at once, over all runs; 0 is the number of processors"),
    "keep_work": Rule("When a job's work folder outlives the job", choices=("always", "failed", "never")),
    "containers": Rule(
        "Where jobs in containers run: by docker or podman, or on this machine", choices=("engine", "host")
    ),
    "pip": Rule("What carries out `pip install` in a job's environment", choices=("uv", "pip")),
    "allow_python_install": Rule("Whether uv may install a Python version that the machine has not"),
    "artifacts_across_projects": Rule("Whether a job may take artifacts from runs of other projects of this home"),
    "retention_days": Rule("How many days a completed run is kept; 0 is for ever", most=MAX_DAYS),
    "retention_pull_request_days": Rule("How many days a run of a pull request is kept; 0 is for ever", most=MAX_DAYS),
    "retention_artifact_days": Rule("How many days the artifacts of a run are kept; 0 is as long as it", most=MAX_DAYS),
    "retention_work_days": Rule(
        "How many days the work folder of a job that failed is kept; 0 is as long as its run", most=MAX_DAYS
    ),
    "retention_recent": Rule("How many of the newest runs of a pipeline are kept however old they are", most=MAX_DAYS),
    "retention_mirror_days": Rule(
        "How many days the mirror of a repository is kept that nothing uses any more; 0 is for ever", most=MAX_DAYS
    ),
    "retention_branches": Rule(
        "Table: how long runs of some branches are kept, by pattern; a number of days, or forever",
        values=r"[1-9]\d{0,4}|forever",
        value_title="a number of days from 1 to 99999, or forever",
        example='{ "release/*" = "forever" }',
    ),
    "tasks": Rule("A folder of task packages, looked at whenever a run is made; see `drivetrain task`"),
    "cache_megabytes": Rule("How many megabytes the task Cache may keep in this home; 0 is no limit"),
    "otlp": Rule(
        "Where endpoints send traces of requests, by OTLP over HTTP, such as `http://localhost:4318/v1/traces`; empty "
        "for nowhere. Needs the extra `otel`"
    ),
    "otlp_percent": Rule("How many percent of the requests that bring no trace of their own are traced", most=100),
    "repositories": Rule("Table: where a repository is, by alias or name in the pipeline; a URL or an absolute path"),
    "repository_hosts": Rule(
        "Table: the address of a host of repositories, by `type`",
        choices=("git", "github", "githubenterprise", "bitbucket"),
    ),
}
"""One for each setting; docs/settings.md is held against this table."""

DEFAULTS: Mapping[str, Any] = {name: getattr(Settings(), name) for name in Settings.__struct_fields__}


def load(home: Home, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a home. Raises DefinitionError with file:line:column for what is wrong in the file, or with the
    variable's name; UnavailableError when the file cannot be read. A missing file is an empty one.
    """
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    values = _from_file(home.config, problems) | _from_environment(environ, problems)
    if problems:
        raise DefinitionError(problems)
    return replace(Settings(), **values)


def _from_file(path: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}  # a home that cannot be used is told of by whoever needs it
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(f"cannot read {path}: {error}", hint="mend or remove the file") from error
    import tomllib  # noqa: PLC0415 - most homes have no such file

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(_toml_problem(path, error))
        return {}
    values = {}
    for name, value in found.items():
        problem = _wrong(name, value)
        if problem:
            message, hint = problem
            problems.append(Problem(_position(path, text, name), message, hint, code="setting"))
        else:
            values[name] = value
    return values


def _from_environment(environ: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    values = {}
    for name, default in DEFAULTS.items():
        variable = f"DRIVETRAIN_{name.upper()}"
        if not environ.get(variable):
            continue
        value = _parse(default, environ[variable])
        problem = _wrong(name, value)
        if problem:
            message, hint = problem
            problems.append(Problem(Position(f"${variable}", 1, 1), message, hint, code="setting"))
        else:
            values[name] = value
    return values


def _parse(default: Any, text: str) -> Any:
    """The text as the default's type, or as it is when it is none."""
    if isinstance(default, bool):
        lowered = text.strip().lower()
        return lowered in TRUE_WORDS if lowered in TRUE_WORDS | FALSE_WORDS else text
    if isinstance(default, int):
        return int(text) if re.fullmatch(r"\s*\d{1,9}\s*", text) else text
    if isinstance(default, dict):
        entries = [entry.partition("=") for entry in text.split()]
        return {name: value for name, _, value in entries} if all(equals for _, equals, _ in entries) else text
    return text


def _wrong(name: str, value: Any) -> tuple[str, str] | None:
    """(message, hint) when this is no setting, or no value for it."""
    if name not in DEFAULTS:
        import difflib  # noqa: PLC0415 - only after a typing error

        near = difflib.get_close_matches(name, DEFAULTS, n=1)
        return f"unknown setting {name!r}", f"did you mean {near[0]!r}?" if near else f"settings: {', '.join(DEFAULTS)}"
    default, rule = DEFAULTS[name], RULES[name]
    kind: type = type(default)
    if type(value) is not kind:
        words = {int: "a whole number", bool: "true or false", str: "a text in quotes", dict: "a table of texts"}
        return f"{name} must be {words[kind]}, not {value!r}", f"for example {name} = {_example(default, rule)}"
    if isinstance(value, dict):
        return _wrong_table(name, value, rule)
    if rule.choices and value not in rule.choices:
        return (
            f"{name} must be {' or '.join(rule.choices)}, not {value!r}",
            f"for example {name} = {_example(default, rule)}",
        )
    if isinstance(value, int):
        return _out_of_range(name, value, rule.most)
    return None


def _out_of_range(name: str, value: int, most: int | None) -> tuple[str, str] | None:
    if most is not None and not 0 <= value <= most:
        return f"{name} must be 0 to {most}, not {value}", ""
    return (f"{name} must not be negative", "") if value < 0 else None


def _wrong_table(name: str, table: Mapping[str, Any], rule: Rule) -> tuple[str, str] | None:
    unknown = next((key for key in table if rule.choices and key not in rule.choices), None)
    if unknown is not None:
        return f"{name} has no {unknown!r}", f"it may have {', '.join(rule.choices)}"
    for key, value in table.items():
        if not isinstance(value, str) or not re.fullmatch(rule.values, value):
            # The value is not shown: a URL may hold a password.
            return f"{name}.{key} must be {rule.value_title}", f"for example {name} = {rule.example}"
    return None


def _example(value: Any, rule: Rule) -> str:
    if isinstance(value, dict):
        return rule.example
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


def _position(path: Path, text: str, name: str) -> Position:
    found = re.search(rf"^[ \t]*\[*[\"']?({re.escape(name)})[\"']?\s*[=.\]]", text, re.MULTILINE)
    start = found.start(1) if found else 0
    return Position(str(path), text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1)


def _toml_problem(path: Path, error: tomllib.TOMLDecodeError) -> Problem:
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line, column = (int(found[1]), int(found[2])) if found else (1, 1)
    message = re.sub(r" \(at .*\)$", "", str(error))
    return Problem(Position(str(path), line, column), f"not TOML: {message}", "https://toml.io", code="toml")
