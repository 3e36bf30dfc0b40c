"""MLflow's own REST API as verbs, for whoever speaks another language in front of it: the answers as they are, its
errors as ours. https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.errors import ConflictError, NotFoundError, UnavailableError, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from drivetrain.record.tracking.service import Tracking

_KINDS = {
    "RESOURCE_DOES_NOT_EXIST": NotFoundError,
    "RESOURCE_ALREADY_EXISTS": ConflictError,
    "INVALID_STATE": ConflictError,
}


class MlflowCalls:
    """Calls of MLflow, which has everything that was acknowledged before it answers. Every one of them may raise
    NotFoundError, ConflictError, UserError with MLflow's words, and UnavailableError.
    """

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking

    async def get(self, operation: str, **arguments: str) -> Any:
        """`get("runs/get", run_id=...)`."""
        client = await self._ready()
        return _answer(await client.get(f"/api/2.0/mlflow/{operation}", params=arguments))

    async def post(self, operation: str, body: Mapping[str, Any], method: str = "POST") -> Any:
        """`post("runs/search", {...})`. A run that the body names is shown anew on our own pages."""
        client = await self._ready()
        found = _answer(await client.request(method, f"/api/2.0/mlflow/{operation}", json=body))
        run_id = body.get("run_id")
        if run_id and operation not in ("runs/search", "runs/get"):
            await self._tracking.touched(str(run_id))
        return found

    async def experiment(self, name: str) -> str:
        """The id of the experiment of this name, which is made if it is not there."""
        try:
            found = await self.get("experiments/get-by-name", experiment_name=name)
        except NotFoundError:
            try:
                made = await self.post("experiments/create", {"name": name})
            except ConflictError:  # somebody was quicker
                found = await self.get("experiments/get-by-name", experiment_name=name)
            else:
                return str(made["experiment_id"])
        return str(found["experiment"]["experiment_id"])

    async def create_run(self, run_id: str, request: Mapping[str, Any]) -> Any:
        """Make a training run under an id of the caller's: `run` as MLflow answers."""
        return _answer(await self._tracking.create_run(run_id, request))["run"]

    async def _ready(self) -> httpx.AsyncClient:
        await self._tracking.flush()
        return await self._tracking.client()


def _answer(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json()
    try:
        said = response.json()
        code, message = str(said.get("error_code", "")), str(said.get("message", ""))
    except (ValueError, AttributeError):
        code, message = "", response.text[:500]
    if response.is_server_error and code not in _KINDS:
        raise UnavailableError(f"MLflow answered {response.status_code}: {message}")
    raise _KINDS.get(code, UserError)(message)
