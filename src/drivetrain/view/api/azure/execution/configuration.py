"""The configuration of a run, as azureml-core sends it (`azureml/core/runconfig.py`): read, and checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from drivetrain.errors import UserError
from drivetrain.view.api.azure.documents import listed, mapping, text, texts
from drivetrain.view.api.azure.execution import datasets

LOCAL = "local"
SCRIPT = "azureml-setup/script.py"
"""What runs the script, beside the project."""
_MOST_SECONDS = 10**8


class Configuration(Struct, frozen=True):
    """What is to be run, and how."""

    target: str
    script: str
    arguments: Sequence[str]
    command: str
    """A line for a shell, instead of a script."""
    interpreter: str
    user_managed: bool
    """Whether the environment is the user's own, and not to be made from `conda`."""
    conda: Mapping[str, Any]
    image: str
    environment: str
    """The name of the environment."""
    environment_version: str
    variables: Mapping[str, str]
    in_container: bool
    collect: Sequence[str]
    """Folders whose files become the run's when it ends."""
    seconds: int
    """The longest that it may take; 0: as long as it takes."""
    nodes: int
    data: Mapping[str, Any]
    """References to datastores, by name; datasets are in the variables."""

    @property
    def line(self) -> Sequence[str]:
        """The program and its arguments."""
        if self.command:
            return ["bash", "-c", self.command]
        return [self.interpreter, SCRIPT, self.script, *self.arguments]


def configuration(body: dict[str, Any]) -> Configuration:
    """The configuration in the body of a request. Raises UserError."""
    found = _lower(mapping(body, "Configuration") or mapping(body, "configuration"))
    environment, history = mapping(found, "environment"), mapping(found, "history")
    python, docker = mapping(environment, "python"), mapping(environment, "docker")
    given = datasets.variables(mapping(found, "data"))
    framework = text(found, "framework") or "Python"
    if framework.lower() not in ("python", "tensorflow", "pytorch"):
        raise UserError(f"the framework '{framework}' is not served here: use Python")
    script, command = text(found, "script"), text(found, "command")
    if not script and not command:
        raise UserError("the run configuration names neither a script nor a command")
    if command and given:
        raise UserError("a command cannot be given datasets here: run a script, or read them in what the command runs")
    return Configuration(
        target=text(found, "target") or LOCAL,
        script=_inside(script),
        arguments=[str(each) for each in listed(found, "arguments")],
        command=command,
        interpreter=text(python, "interpreterPath") or "python",
        user_managed=python.get("userManagedDependencies") is True,
        conda=mapping(python, "condaDependencies"),
        image=text(docker, "baseImage"),
        environment=text(environment, "name"),
        environment_version=text(environment, "version"),
        variables={**texts(environment, "environmentVariables"), **texts(found, "environmentVariables"), **given},
        in_container=mapping(found, "docker").get("useDocker") is True or docker.get("enabled") is True,
        collect=_collected(history),
        seconds=_whole(found, "maxRunDurationSeconds", 0, _MOST_SECONDS),
        nodes=_whole(found, "nodeCount", 1, 1000),
        data={**_references(mapping(found, "data")), **mapping(found, "dataReferences")},
    )


def _references(data: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in data.items() if not datasets.is_dataset(each)}


def _lower(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key[:1].lower() + key[1:]: value for key, value in found.items()}


def _inside(script: str) -> str:
    parts = script.replace("\\", "/").split("/")
    if script.startswith("/") or ".." in parts:
        raise UserError(f"the script '{script[:200]}' is not inside the project")
    return script


def _collected(history: dict[str, Any]) -> Sequence[str]:
    """`outputs` is always kept, and the folders that the configuration watches."""
    if history.get("outputCollection") is False:
        return []
    watched = [each for each in listed(history, "directoriesToWatch") if isinstance(each, str)]
    return [_inside(each) for each in dict.fromkeys(["outputs", *watched])]


def _whole(found: Mapping[str, Any], key: str, default: int, most: int) -> int:
    value = found.get(key)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise UserError(f"'{key}' must be a whole number from 0 to {most}")
    return value or default
