"""What online deployments name, looked up: environments and code. The Lookup port of the Azure edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivetrain.run.azureml.conda import read_conda
from drivetrain.run.azureml.dockerfile import read_dockerfile
from drivetrain.run.azureml.images import image_stands_for
from drivetrain.run.azureml.wanted import wanted
from drivetrain.serve.model import EnvironmentSpec
from drivetrain.view.api.azure.online.ports import EnvironmentFound, Routes
from drivetrain.wire.azureml.places import Places
from drivetrain.wire.azureml.resolving import Resolver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.plan.azureml.model import EnvironmentTask
    from drivetrain.registry.model import Workspace
    from drivetrain.wire.storage import Storage


class Lookups:
    """Looks things up in the stores of a home. Any thread may call it."""

    def __init__(self, storage: Storage, address: str) -> None:
        """`address` is the edge's own, by which blobs of this home are told from others."""
        self._storage = storage
        self._address = address
        self._places = Places(storage.home, storage.assets, lambda _workspace, _run: False)

    def environment(self, workspace: Workspace, reference: str) -> EnvironmentFound:
        """An environment: the workspace's, or a curated one, which is known by its name alone."""
        resolver = self._resolver(workspace)
        return _found(resolver.environment(reference), resolver.inference_config(reference))

    def code(self, workspace: Workspace, reference: str) -> str:
        """The folder of a code asset."""
        return self._resolver(workspace).code(reference)

    def _resolver(self, workspace: Workspace) -> Resolver:
        storage = self._storage
        known = (storage.workspaces, storage.assets, storage.azure_jobs)
        return Resolver(workspace, *known, self._places, self._address)


def _found(environment: EnvironmentTask, config: Mapping[str, Any]) -> EnvironmentFound:
    """What it comes to, in the order of run/azureml/wanted.py: a conda file goes before an image's packages."""
    came_to = wanted(environment)
    said = image_stands_for(*(name for name in (environment.image, environment.name) if name)).said
    if environment.conda:
        spec = EnvironmentSpec(conda=environment.conda)
    else:
        python = came_to.python if came_to.strict or said else ""
        spec = EnvironmentSpec(python=python, requirements=came_to.packages)
    notes = tuple(_notes(environment, came_to.left_out, spec))
    return EnvironmentFound(spec, dict(came_to.variables), _routes(config), notes)


def _notes(environment: EnvironmentTask, left_out: tuple[str, ...], spec: EnvironmentSpec) -> list[str]:
    image = environment.image or read_dockerfile(environment.dockerfile).image
    instead = " ".join((*((f"Python {spec.python}",) if spec.python else ()), *spec.requirements))
    if environment.conda:
        instead = "what the conda file asks for"
    found = [f"no containers run here: instead of the image {image}, {_stands(instead)}"] if image else []
    if environment.conda and (machine := read_conda(environment.conda).machine):
        found.append(f"not installed, as they are no packages of Python: {', '.join(machine)}")
    elif left_out:
        found.append(f"not carried out: {', '.join(left_out)}")
    return found


def _stands(instead: str) -> str:
    return f"there is {instead}" if instead else "there is what the model says that it needs"


def _routes(config: Mapping[str, Any]) -> Routes | None:
    if not config:
        return None
    return Routes(*(_path(config, name) for name in ("scoringRoute", "livenessRoute", "readinessRoute")))


def _path(config: Mapping[str, Any], name: str) -> str:
    route = config.get(name)
    path = route.get("path") if isinstance(route, dict) else None
    return path if isinstance(path, str) and path.startswith("/") else "/"
