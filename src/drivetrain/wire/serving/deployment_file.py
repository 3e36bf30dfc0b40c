"""A deployment as Azure's own YAML has it -> what is to be deployed, or all that is wrong with it, with places.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-deployment-managed-online
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.gate.fields import number
from drivetrain.definition.problems import Problems
from drivetrain.definition.schema import Place
from drivetrain.definition.shape import fields, is_empty, shown, string, texts
from drivetrain.errors import DefinitionError
from drivetrain.lang.tree import Mapping, Scalar
from drivetrain.serve.model import DeploymentSpec, EnvironmentSpec, Probe, RequestSettings, Script
from drivetrain.wire.serving.azure_file import tree_of

if TYPE_CHECKING:
    from drivetrain.lang.tree import Node

MOST_INSTANCES = 100
_MODEL = re.compile(r"(?:azureml:)?([^:@/]{1,255})(?:[:@]([^:@/]{1,255}))?")


def _place(title: str, keys: str) -> Place:
    return Place(title, frozenset(keys.split()))


DEPLOYMENT = _place(
    "a deployment",
    "$schema name endpoint_name type description tags properties model model_mount_path code_configuration environment "
    "environment_variables instance_type instance_count app_insights_enabled scale_settings request_settings "
    "liveness_probe readiness_probe egress_public_network_access data_collector",
)
CODE = _place("code_configuration", "code scoring_script")
MODEL = _place("model", "name version path type description tags properties flavors")
ENVIRONMENT = _place(
    "environment", "name version description tags image conda_file build os_type inference_config $schema"
)
REQUEST = _place("request_settings", "request_timeout_ms max_concurrent_requests_per_instance max_queue_wait_ms")
PROBE = _place("a probe", "initial_delay period timeout success_threshold failure_threshold")


class DeploymentFile(Struct, frozen=True):
    """What a file says."""

    spec: DeploymentSpec
    name: str = ""
    endpoint: str = ""


def deployment_of(path: Path) -> DeploymentFile:
    """The deployment of a file. Raises DefinitionError with all that is wrong, NotFoundError, UnavailableError."""
    problems = Problems()
    found = _Reader(problems, path.parent).deployment(tree_of(path, "a deployment"))
    if problems.errors:
        raise DefinitionError(problems.sorted())
    return found


class _Reader:
    def __init__(self, problems: Problems, folder: Path) -> None:
        self._problems = problems
        self._folder = folder

    def deployment(self, root: Node) -> DeploymentFile:
        found = fields(root, DEPLOYMENT, self._problems)
        model, files = self._model(found.get("model"))
        variables = texts(found.get("environment_variables"), "environment_variables", self._problems)
        spec = DeploymentSpec(
            model=model,
            files=files,
            script=self._script(found.get("code_configuration")),
            environment=self._environment(found.get("environment")),
            variables={name: value.value for name, value in variables.items()},
            instances=self._whole(found.get("instance_count"), "instance_count", 1, 1, MOST_INSTANCES),
            request=self._request(found.get("request_settings")),
            liveness=self._probe(found.get("liveness_probe"), "liveness_probe"),
            readiness=self._probe(found.get("readiness_probe"), "readiness_probe"),
        )
        if not (model or files or spec.script) and not self._problems.errors:
            hint = "model: azureml:NAME:VERSION, model: {path: DIR}, or code_configuration"
            self._problems.error(root, "there is nothing to deploy", code="empty", hint=hint)
        return DeploymentFile(spec, self._text(found, "name"), self._text(found, "endpoint_name"))

    def _text(self, found: dict[str, Node], name: str) -> str:
        return string(found.get(name), name, self._problems).strip()

    def _model(self, node: Node | None) -> tuple[str, str]:
        """The name of a registered model, or the folder of one that is none."""
        if node is None or is_empty(node):
            return "", ""
        if isinstance(node, Mapping):
            given = fields(node, MODEL, self._problems)
            if "path" in given:
                return "", self._path(given["path"], "model.path", folder=None)
            name, version = self._text(given, "name"), self._text(given, "version")
            return f"{name}:{version}" if version else name, ""
        text = string(node, "model", self._problems).strip()
        match = _MODEL.fullmatch(text)
        if match is None:
            hint = "azureml:NAME:VERSION, azureml:NAME@ALIAS, or path: DIR"
            self._problems.error(node, f"model: '{shown(text)}' names no model", code="wrong-value", hint=hint)
            return "", ""
        reference = text.removeprefix("azureml:")
        # In Azure, `latest` is the newest version; a name alone is the champion here.
        return (reference.removesuffix("@latest"), "") if reference.endswith("@latest") else (reference, "")

    def _script(self, node: Node | None) -> Script | None:
        if node is None or is_empty(node):
            return None
        found = fields(node, CODE, self._problems)
        for name in ("code", "scoring_script"):
            if is_empty(found.get(name)):
                self._problems.error(node, f"code_configuration has no {name}", code="empty")
        if is_empty(found.get("code")) or is_empty(found.get("scoring_script")):
            return None
        folder = self._path(found["code"], "code", folder=True)
        script = self._text(found, "scoring_script")
        inside = folder and (Path(folder) / script).resolve().is_relative_to(Path(folder).resolve())
        if folder and not (inside and (Path(folder) / script).is_file()):
            said = f"scoring_script: there is no file '{shown(script)}' in {folder}"
            self._problems.error(found["scoring_script"], said, code="not-found")
        return Script(folder, script)

    def _environment(self, node: Node | None) -> EnvironmentSpec:
        if node is None or is_empty(node):
            return EnvironmentSpec()
        if isinstance(node, Scalar):
            hint = "give conda_file, or leave it out: the model says itself what it needs"
            said = f"environment: '{shown(node.value)}' is of a workspace of Azure, and not known here"
            self._problems.error(node, said, code="not-here", hint=hint)
            return EnvironmentSpec()
        found = fields(node, ENVIRONMENT, self._problems)
        conda = found.get("conda_file")
        if conda is None or is_empty(conda):
            return EnvironmentSpec()
        path = self._path(conda, "conda_file", folder=False)
        return EnvironmentSpec(conda=self._content(conda, path)) if path else EnvironmentSpec()

    def _content(self, node: Node, path: str) -> str:
        try:
            return Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._problems.error(node, f"conda_file: cannot read {path}: {error}", code="not-found")
            return ""

    def _path(self, node: Node, title: str, *, folder: bool | None) -> str:
        """A path of this machine, from the file's own folder on; `folder` None takes either."""
        text = string(node, title, self._problems).strip()
        path = (self._folder / text.removeprefix("file:")).absolute()
        there = path.exists() if folder is None else (path.is_dir() if folder else path.is_file())
        if not there:
            kind = "folder" if folder else "file"
            self._problems.error(node, f"{title}: there is no {kind} {shown(str(path))}", code="not-found")
            return ""
        return str(path)

    def _request(self, node: Node | None) -> RequestSettings:
        if node is None or is_empty(node):
            return RequestSettings()
        found = fields(node, REQUEST, self._problems)
        usual = RequestSettings()
        return RequestSettings(
            self._whole(found.get("request_timeout_ms"), "request_timeout_ms", usual.timeout_ms, 1, 180_000),
            self._whole(
                found.get("max_concurrent_requests_per_instance"),
                "max_concurrent_requests_per_instance",
                usual.concurrent,
                1,
                10_000,
            ),
            self._whole(found.get("max_queue_wait_ms"), "max_queue_wait_ms", usual.queue_ms, 0, 180_000),
        )

    def _probe(self, node: Node | None, title: str) -> Probe:
        if node is None or is_empty(node):
            return Probe()
        found = fields(node, Place(title, PROBE.keys), self._problems)
        usual = Probe()

        def seconds(name: str, least: float) -> float:
            default: float = getattr(usual, name)
            return number(found.get(name), name, self._problems, default=default, least=least, most=86_400)

        return Probe(
            seconds("initial_delay", 0),
            seconds("period", 0.1),
            seconds("timeout", 0.1),
            self._whole(found.get("success_threshold"), "success_threshold", usual.success_threshold, 1, 1000),
            self._whole(found.get("failure_threshold"), "failure_threshold", usual.failure_threshold, 1, 1000),
        )

    def _whole(self, node: Node | None, title: str, default: int, least: int, most: int) -> int:
        value = number(node, title, self._problems, default=default, least=least, most=most)
        if value != int(value) and node is not None:
            self._problems.error(node, f"{title} must be a whole number", code="wrong-value")
            return default
        return int(value)
