"""How replicas are started, by what a deployment is made of."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.errors import UnavailableError
from drivetrain.serve.model import Launch, Limits, Speaks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.serve.model import Server

OF_REPLICAS = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true",
}
"""One core, as a replica answers one request after the other: more cores are used by more replicas. And MLflow may read
pickles: that is what the process is for.
"""
_SHARE = 0.75


def default_limits() -> Limits:
    """Three quarters of the machine's memory: enough for any model, and too little to take the machine down."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Limits(memory_mb=max(int(total * _SHARE) >> 20, 512))


def of_model(python: Path, program: Path, description: dict[str, Any], place: Path, runtime: str, note: str) -> Launch:
    """Our own replica; what it is told is kept in `place`."""
    text = json.dumps(description, sort_keys=True)
    file = place / f"replica-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    try:
        place.mkdir(parents=True, exist_ok=True)
        waiting = file.with_suffix(f".{os.getpid()}")
        waiting.write_text(text, "utf-8")
        waiting.replace(file)
    except OSError as error:
        raise UnavailableError(f"{file} cannot be written: {error}") from error
    return Launch(
        command=(str(python), str(program), "{socket}", str(file)),
        folder=str(place),
        speaks=Speaks.FRAMES,
        variables=OF_REPLICAS,
        limits=default_limits(),
        runtime=runtime,
        note=note,
    )


def of_script(python: Path, program: Path, code: Path, file: str, models: Mapping[str, str], version: str) -> Launch:
    """The official server for scoring scripts, listening on loopback alone, with the variables that Azure sets.

    https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http
    """
    server = program / "script_server.py"
    return Launch(
        command=(str(python), str(server), "--entry_script", str(code / file), "--port", "{port}"),
        folder=str(code),
        speaks=Speaks.HTTP,
        variables={"AML_APP_ROOT": str(code), **models},
        live="/",
        ready="/",
        limits=default_limits(),
        runtime=f"azureml-inference-server-http {version}".strip(),
        note="it has a scoring script",
    )


def of_server(server: Server, python: Path | None, folder: Path, models: Mapping[str, str]) -> Launch:
    """A program of the user's own; with an environment its first word is looked for there first."""
    words = list(server.command)
    variables = dict(models)
    if python is not None:
        inside = python.parent / words[0]
        words[0] = str(inside) if inside.is_file() else words[0]
        variables |= {"PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "VIRTUAL_ENV": str(python.parents[1])}
    return Launch(
        command=tuple(words),
        folder=server.folder or str(folder),
        speaks=Speaks.HTTP,
        variables=variables,
        score=server.score,
        live=server.live,
        ready=server.ready,
        limits=default_limits(),
        runtime=Path(server.command[0]).name,
        note="it has a command of its own",
    )
