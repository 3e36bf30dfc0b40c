"""Keeps a job's token to its own project: what it may not touch is refused, what it searches is filtered.

Experiments are names that all projects share; runs, artifacts, logged and registered models belong to one. What has no
project is the home's own. The owner sees everything, and is never asked.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from drivetrain.record.tracking.model import PROJECT_TAG
from drivetrain.view.api.mlflow.operations import Operation, Touches, operation_of, owner_of_files
from drivetrain.view.api.mlflow.ownership import LOGGED_MODEL, project_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from drivetrain.view.api.mlflow.ownership import Ownership

    Reshape = Callable[[bytes], Awaitable[bytes]]

_RUN_KEYS = frozenset(("run_id", "run_uuid", "runId", "runUuid", "run_ids", "runIds", "source_run_id", "sourceRunId"))
_NAME_KEYS = frozenset({"name", "new_name", "newName"})
_MODEL_KEYS = frozenset({"model_id", "modelId", "model_ids", "modelIds"})
_REWRITTEN = frozenset({Touches.SEARCH, Touches.NEW_MODEL, Touches.NEW_VERSION, Touches.NEW_LOGGED})
_SAFE = re.compile(r"[A-Za-z0-9 ._-]*")
_EXPERIMENT_KEYS = frozenset({"experiment_id", "experimentId"})
_PATH_KEYS = frozenset({"path"})
_SOURCE_KEYS = frozenset({"source"})
_TAG_KEYS = frozenset({"key"})
_RESERVED = f"tag '{PROJECT_TAG}' is set by Drivetrain; a job cannot change it"
_CLOSED = "is not open to jobs; use the owner's token"


class Verdict:
    """What becomes of a job's request: refused with a reason, or let through with this body; its answer reshaped."""

    def __init__(self, reason: str = "", body: bytes | None = None, reshape: Reshape | None = None) -> None:
        self.reason = reason
        self.body = body
        self.reshape = reshape


class Isolation:
    """Judges requests of jobs."""

    def __init__(self, ownership: Ownership) -> None:
        self.ownership = ownership

    def reads_body(self, method: str, path: str) -> bool:
        """Whether the body is needed for the verdict; else it may be of any size, and streams by."""
        return operation_of(method, path).touches not in (Touches.FILES, Touches.NOTHING, Touches.OTHERS)

    def registers(self, method: str, path: str) -> bool:
        """Whether a request makes a model, or a version of one."""
        return operation_of(method, path).touches in (Touches.NEW_MODEL, Touches.NEW_VERSION)

    async def verdict(self, project: str, method: str, path: str, query: bytes, body: bytes) -> Verdict:
        """The verdict on a request of a job of this project. Raises UnavailableError."""
        operation = operation_of(method, path)
        if operation.touches is Touches.NOTHING:
            return Verdict()
        if operation.touches is Touches.OTHERS:
            return Verdict(f"{method} {path[:200]} {_CLOSED}")
        try:
            asked = _Asked(query, body)
        except (ValueError, RecursionError):
            # MLflow has its own answer to this. Only where something is to be put into the body, there must be one.
            return Verdict("the body is no JSON object" if operation.touches in _REWRITTEN else "")
        return await _Case(self.ownership, project, path, operation, asked).decide()


class _Asked:
    """The pairs of a query and of a body, each with everything that it might be read as."""

    def __init__(self, query: bytes, body: bytes) -> None:
        self.query = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        self._pairs: list[tuple[str, Any]] = list(self.query)
        self.document = self._read(body) if body.strip() else {}

    def _read(self, body: bytes) -> dict[str, Any]:
        document = json.loads(body, object_pairs_hook=self._noted)
        if isinstance(document, str):  # old clients encode twice, and MLflow decodes twice
            document = json.loads(document, object_pairs_hook=self._noted)
        if not isinstance(document, dict):
            raise ValueError  # noqa: TRY004 - as text that is no JSON raises
        return document

    def _noted(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._pairs += pairs  # also those of a key that comes twice, of which one wins
        return dict(pairs)

    def named(self, keys: frozenset[str]) -> Iterator[str]:
        """Every text under one of these keys, at any depth."""
        for key, value in self._pairs:
            if key in keys:
                yield from (str(each) for each in (value if isinstance(value, list) else [value]))


class _Case:
    """One request."""

    def __init__(self, ownership: Ownership, project: str, path: str, operation: Operation, asked: _Asked) -> None:
        self._ownership = ownership
        self._project = project
        self._path = path
        self._operation = operation
        self._asked = asked

    async def decide(self) -> Verdict:  # noqa: C901, PLR0911 - one line per kind
        """The verdict."""
        subject = self._operation.subject
        match self._operation.touches:
            case Touches.RUNS:
                return await self._runs()
            case Touches.SEARCH:
                return self._search()
            case Touches.EXPERIMENTS:
                return await self._experiments()
            case Touches.MODEL:
                return await self._model()
            case Touches.NEW_MODEL | Touches.NEW_LOGGED | Touches.NEW_VERSION:
                return await self._new()
            case Touches.MODELS | Touches.VERSIONS | Touches.ALL_LOGGED:
                return Verdict(reshape=self._only_ours)
            case Touches.LOGGED:
                if PROJECT_TAG in {*self._asked.named(_TAG_KEYS)} or self._path.endswith(f"/{PROJECT_TAG}"):
                    return Verdict(_RESERVED)
                return self._judge("logged model", subject, await self._ownership.of_logged(subject))
            case Touches.FILES:
                return await self._files([subject])
            case Touches.LISTED_FILES:
                return await self._files(list(self._asked.named(_PATH_KEYS)))
            case _:
                return Verdict(_CLOSED)

    def _judge(self, what: str, name: str, project: str | None) -> Verdict:
        """What is not there is MLflow's to say."""
        if project is None or project == self._project:
            return Verdict()
        return Verdict(f"the {what} '{name[:200]}' belongs to another project")

    async def _runs(self) -> Verdict:
        for run_id in {*self._asked.named(_RUN_KEYS)}:
            verdict = self._judge("training run", run_id, await self._ownership.of_run(run_id))
            if verdict.reason:
                return verdict
        for model_id in {*self._asked.named(_MODEL_KEYS)} - {""}:
            verdict = self._judge("logged model", model_id, await self._ownership.of_logged(model_id))
            if verdict.reason:
                return verdict
        return Verdict()

    async def _experiments(self) -> Verdict:
        for experiment_id in {*self._asked.named(_EXPERIMENT_KEYS)}:
            if await self._ownership.holds_others(experiment_id, self._project):
                return Verdict(f"the experiment {experiment_id[:50]} holds training runs of other projects as well")
        return Verdict()

    def _search(self) -> Verdict:
        """Ours comes first, so that nothing that the client wrote can take its meaning; there is no OR."""
        if not _SAFE.fullmatch(self._project):
            return Verdict("a project of this name cannot search: it has odd characters")
        ours = f"= '{self._project}'" if self._project else "IS NULL"
        asked = self._asked.document.get("filter")
        if asked is not None and not isinstance(asked, str):
            return Verdict("the filter is no text")
        more = f" AND {asked}" if asked and asked.strip() else ""
        document = {**self._asked.document, "filter": f"tags.`{PROJECT_TAG}` {ours}{more}"}
        return Verdict(body=json.dumps(document).encode())

    async def _model(self) -> Verdict:
        if PROJECT_TAG in {*self._asked.named(_TAG_KEYS)} and self._operation.touches is Touches.MODEL:
            return Verdict(_RESERVED)
        for name in {*self._asked.named(_NAME_KEYS)}:
            verdict = self._judge("registered model", name, await self._ownership.of_model(name))
            if verdict.reason:
                return verdict
        return Verdict()

    async def _new(self) -> Verdict:
        verdict = await self._runs()
        if verdict.reason or self._operation.touches is Touches.NEW_VERSION:
            return verdict if verdict.reason else await self._version()
        tags = self._asked.document.get("tags", [])
        if not isinstance(tags, list):
            return Verdict("tags are no list")
        kept = [tag for tag in tags if not (isinstance(tag, dict) and tag.get("key") == PROJECT_TAG)]
        own = [{"key": PROJECT_TAG, "value": self._project}] if self._project else []
        return Verdict(body=json.dumps({**self._asked.document, "tags": [*kept, *own]}).encode())

    async def _version(self) -> Verdict:
        """Whoever may read a version may read its files, and have them served: they have to be the project's, too."""
        for source in {*self._asked.named(_SOURCE_KEYS)}:
            verdict = await self._source(source)
            if verdict.reason:
                return verdict
        return await self._model()

    async def _source(self, source: str) -> Verdict:
        scheme, _, path = source.strip().partition(":")
        parts = unquote(path).strip("/").split("/")
        match scheme.lower():
            case "mlflow-artifacts" if path.startswith("//") or ".." in parts:
                return Verdict("the source of a version begins with mlflow-artifacts:/ and has no '..'")
            case "mlflow-artifacts":
                return await self._files([path.strip("/")])
            case "runs":
                return self._judge("training run", parts[0], await self._ownership.of_run(parts[0]))
            case "models" if LOGGED_MODEL.fullmatch(parts[0]):
                return self._judge("logged model", parts[0], await self._ownership.of_logged(parts[0]))
            case "models":
                name = parts[0].partition("@")[0]
                return self._judge("registered model", name, await self._ownership.of_model(name))
            case _:
                return Verdict()

    async def _files(self, paths: Sequence[str]) -> Verdict:
        for path in paths or [""]:
            owner = owner_of_files(path)
            if owner is None:
                return Verdict(f"there are artifacts of no training run at '{path[:200]}'")
            name, logged = owner
            project = await (self._ownership.of_logged(name) if logged else self._ownership.of_run(name))
            if project is None:
                return Verdict(f"there is no training run '{name[:200]}'")
            if project != self._project:
                return self._judge("training run", name, project)
        return Verdict()

    async def _only_ours(self, content: bytes) -> bytes:
        """A list without what belongs to others."""
        try:
            document = json.loads(content)
        except ValueError:
            return content
        for key in ("registered_models", "registered_models_databricks", "model_versions", "models"):
            if isinstance(document.get(key), list):
                document[key] = [each for each in document[key] if await self._is_ours(key, each)]
        return json.dumps(document).encode()

    async def _is_ours(self, key: str, each: Mapping[str, Any]) -> bool:
        if key == "model_versions":
            return await self._ownership.of_model(str(each.get("name", ""))) in (None, self._project)
        tags = each.get("info", {}).get("tags", []) if key == "models" else each.get("tags", [])
        return project_in(tags) == self._project
