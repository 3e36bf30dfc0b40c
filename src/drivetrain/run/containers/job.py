"""The containers of one job: started before its steps, removed after them.

After ContainerOperationProvider of https://github.com/microsoft/azure-pipelines-agent. Folders of the job have the same
path inside as outside (docs/adr/0009).
"""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.azure import BUNDLE_VARIABLES
from drivetrain.run.containers import arguments
from drivetrain.run.containers.arguments import Mount, Wanted
from drivetrain.run.containers.engine import HOME_LABEL, JOB_LABEL, PODMAN, ask, find_engine
from drivetrain.run.containers.inside import Container
from drivetrain.run.containers.leftovers import note, remove, remove_stale
from drivetrain.run.containers.registries import SignedIn, full_image
from drivetrain.run.containers.users import user_inside
from drivetrain.run.containers.wanted import targets
from drivetrain.run.runner.watch import Stop
from drivetrain.run.tasks.sources.repository import lent_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.plan.model import StepPlan
    from drivetrain.run.containers.engine import Answer, Engine
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.state import JobState

DRIVER = "agent.DockerNetworkCreateDriver"
"""The agent's own switch: `host` puts all containers into the network of this machine."""
HOST = "host"
_SOCKET = "/var/run/docker.sock"
_SELINUX = Path("/sys/fs/selinux/enforce")
_SOCKETS = (_SOCKET, "/run/podman/podman.sock")
_LOOPBACK = ("//127.", "//localhost", "//[::1]")
_LOGGED_LINES = "200"
_HEALTH = "{{if .Config.Healthcheck}}{{.State.Health.Status}}{{end}}"
HEALTH_WAITS = (2, 3, 5, 7, 11, 17, 25, 32)
"""Seconds between two looks at a service that says that it is starting."""


class JobContainers:
    """Those of a job that has been started, and where each of its steps runs."""

    def __init__(self, job: JobState, engine: Engine) -> None:
        self._job = job
        self._engine = engine
        self._network = ""
        self._main: Container | None = None
        self._targets: dict[str, Container] = {}
        self._labels = {HOME_LABEL: job.spec.home, JOB_LABEL: str(job.layout.job)}

    def of(self, plan: StepPlan) -> Container | None:
        """What a step runs in; None for this machine. Raises UserError when the job has no such container."""
        alias = plan.target.container.lower() if plan.target is not None else ""
        if not alias:
            return self._main
        if alias == HOST:
            return None
        if alias not in self._targets:
            raise UserError(f"this job has no container '{alias}'", hint="name one of `resources: containers:`")
        return self._targets[alias]

    @property
    def on_host_network(self) -> bool:
        """Whether its containers reach what listens on this machine's loopback."""
        return self._network == HOST

    def start(self, context: StepContext) -> None:
        """Pull, create and start them all. Raises UserError, UnavailableError for the first that does not come up."""
        spec, program = self._job.spec, self._engine.program
        note(self._job.layout.job, program)
        for job in remove_stale(program, Path(spec.home)):
            context.log.line(f"Removed the containers that the job of {job} had left.")
        wanted = list(self._wanted())
        for each in wanted:
            self._pull(context, each)
        self._create_network(context)
        started = [(each, self._start(context, each)) for each in wanted]
        mapping = {each.alias: {"id": container.id} for each, container in started}
        self._job.variables.define("Agent.ContainerMapping", json.dumps(mapping, indent=2), readonly=True)
        for each, container in started:
            if each.service:
                self._await_health(context, container)

    def stop(self, context: StepContext | None = None) -> None:
        """Remove everything that carries the job's label."""
        failures = remove(self._engine.program, f"{JOB_LABEL}={self._job.layout.job}")
        if context is not None:
            for failure in failures:
                context.warning(failure)

    def _wanted(self) -> Iterator[Wanted]:
        spec, expand = self._job.spec, self._job.variables.expand
        plans = [("job", spec.container, False)] if spec.container is not None else []
        plans += [(alias, spec.containers[alias], False) for alias in targets(spec).values()]
        plans += [(name, plan, True) for name, plan in spec.services.items()]
        seen = set()
        for alias, plan, service in plans:
            whole = arguments.expanded(plan, expand)
            alias = whole.alias or alias if not service else alias  # noqa: PLW2901 - a better word for it
            if (alias.lower(), service) in seen:
                continue  # the job's own container is named by a target as well
            seen.add((alias.lower(), service))
            if not whole.image:
                raise UserError(f"{whole.position or alias}: a container needs an image")
            name = arguments.container_name(alias, whole.image, uuid.uuid4().hex[:6])
            yield Wanted(alias, whole, service, name)

    def _pull(self, context: StepContext, wanted: Wanted) -> None:
        if wanted.plan.local_image:
            return
        with SignedIn(self._job, self._engine, wanted.plan.endpoint) as registry:
            image = full_image(wanted.plan.image, registry.server)
            args = [self._engine.program, "pull", image]
            context.command(args)
            ended = context.run(args, str(self._job.layout.temp), env=registry.environment, commands=False)
        if ended.stop is not None:
            raise UserError("The operation was canceled.")
        if not ended.code:
            return
        if self._ask(context, "image", "inspect", "--format", "{{.Id}}", image, quiet=True).code:
            raise UserError(
                f"{wanted.plan.position}: the image {image} cannot be pulled (exit code {ended.code})",
                hint="check its name, and for a private registry `endpoint`; see the log of this step",
            )
        context.warning(f"The image {image} could not be pulled; the one that this machine has is used.")

    def _create_network(self, context: StepContext) -> None:
        if self._job.variables.value(DRIVER).strip().lower() == HOST:
            self._network = HOST
        else:
            self._network = f"drivetrain_network_{uuid.uuid4().hex}"
            labels = [part for name, value in self._labels.items() for part in ("--label", f"{name}={value}")]
            self._must(context, "network", "create", *labels, self._network)
        self._job.variables.define("Agent.ContainerNetwork", self._network, readonly=True)
        tracking = self._job.spec.environment.get("MLFLOW_TRACKING_URI", "")
        if self._network != HOST and any(name in tracking for name in _LOOPBACK):
            context.log.line(f"{tracking} is of this machine only: steps inside reach it when {DRIVER} is `host`.")

    def _start(self, context: StepContext, wanted: Wanted) -> Container:
        server = SignedIn.server_of(self._job, wanted.plan.endpoint)
        plan = arguments.with_image(wanted.plan, full_image(wanted.plan.image, server))
        created = arguments.create(
            wanted._replace(plan=plan),
            network=self._network,
            labels=self._labels,
            mounts=self._mounts(wanted),
            host=os.environ,
            confined=_SELINUX.exists() and _SELINUX.read_text("ascii").strip() == "1",
        )
        told = self._must(context, *created.args, environment=created.environment)
        container = Container(self._engine, wanted.alias, told.splitlines()[-1].strip())
        self._must(context, "start", container.id)
        if self._running(container) != "true":
            self._show_logs(context, container)
            raise UserError(f"{wanted.plan.position}: the container {wanted.alias} ended at once; its log is above")
        if wanted.service:
            return self._ready_service(context, container)
        return self._ready_job(context, wanted, container)

    def _ready_service(self, context: StepContext, container: Container) -> Container:
        for inside, outside in arguments.ports(self._ask(context, "port", container.id).out).items():
            name = f"agent.services.{container.alias}.ports.{inside}"
            self._job.variables.define(name, outside, readonly=True)
            context.log.line(f"{name} is {outside}")
        return container

    def _ready_job(self, context: StepContext, wanted: Wanted, container: Container) -> Container:
        if not container.which("bash", ()):
            raise UserError(
                f"{wanted.plan.position}: the image {wanted.plan.image} has no bash",
                hint="jobs need it in their image",
            )
        container = container._replace(user=user_inside(container))
        context.log.line(f"Container setup complete: {wanted.alias}")
        if wanted.plan.alias:
            self._targets[wanted.plan.alias.lower()] = container
        if self._main is None and self._job.spec.container is not None:
            self._main = container
            self._job.variables.define("Agent.ContainerId", container.id, readonly=True)
        return container

    def _mounts(self, wanted: Wanted) -> list[Mount]:
        layout, closed = self._job.layout, wanted.plan.read_only
        tools = Path(self._job.spec.home, "cache", "tools")
        tools.mkdir(parents=True, exist_ok=True)
        mounts = [
            Mount(str(layout.work), "work" in closed),
            Mount(str(layout.temp)),
            Mount(str(tools), "tools" in closed),
        ]
        spec = self._job.spec
        lenders = {source.fetch_from for source in (spec.source, *spec.repositories.values()) if source.fetch_from}
        lent = {str(folder) for lender in lenders for folder in lent_folders(Path(lender))}
        mounts += [Mount(folder, read_only=True) for folder in sorted(lent)]
        bundle = self._job.spec.environment.get(BUNDLE_VARIABLES[0], "")
        if self.on_host_network and Path(bundle).is_file():
            mounts.append(Mount(bundle, read_only=True))
        socket = next((each for each in _SOCKETS if Path(each).is_socket()), "")
        if wanted.plan.map_docker_socket and socket and self._engine.kind in socket:
            mounts.append(Mount(socket, target=_SOCKET))
        return mounts

    def _await_health(self, context: StepContext, container: Container) -> None:
        """Wait while a service says that it is starting. Raises UserError when it is not well then."""
        waits = iter(HEALTH_WAITS)
        while (health := self._health(container)) == "starting":
            wait = next(waits, HEALTH_WAITS[-1])
            context.log.line(f"{container.alias} service is starting, waiting {wait} seconds before checking again.")
            if self._job.watch.sleep(wait) in (Stop.CANCELED, Stop.ABANDONED):
                raise UserError("The operation was canceled.")
        if health == "healthy":
            context.log.line(f"{container.alias} service is healthy.")
        elif health:
            self._show_logs(context, container)
            raise UserError(f"Failed to initialize, {container.alias} service is {health}.")

    def _health(self, container: Container) -> str:
        program = self._engine.program
        health = ask(program, "inspect", "--format", _HEALTH, container.id).out.strip()
        if health == "starting" and self._engine.kind == PODMAN:
            ask(program, "healthcheck", "run", container.id)  # nobody else does where there is no systemd
            health = ask(program, "inspect", "--format", _HEALTH, container.id).out.strip()
        return health

    def _running(self, container: Container) -> str:
        return ask(self._engine.program, "inspect", "--format", "{{.State.Running}}", container.id).out.strip()

    def _show_logs(self, context: StepContext, container: Container) -> None:
        told = ask(self._engine.program, "logs", "--tail", _LOGGED_LINES, container.id)
        context.log.line((told.out + told.error).rstrip())

    def _must(self, context: StepContext, *args: str, environment: dict[str, str] | None = None) -> str:
        """What a command printed. Raises UserError when it failed."""
        told = self._ask(context, *args, environment=environment)
        if told.code:
            words = told.error.strip() or told.out.strip()
            raise UserError(f"{self._engine.kind} {args[0]} failed with exit code {told.code}: {words}")
        return told.out

    def _ask(
        self, context: StepContext, *args: str, environment: dict[str, str] | None = None, quiet: bool = False
    ) -> Answer:
        if not quiet:
            context.command([self._engine.program, *args])
        told = ask(self._engine.program, *args, environment=environment)
        if not quiet and told.out.strip():
            context.log.line(told.out.rstrip())
        return told


def start_containers(job: JobState, context: StepContext) -> None:
    """Start what the job asks for, or say that it runs on this machine instead. Raises UserError, UnavailableError."""
    spec = job.spec
    if spec.containers_mode == HOST:
        images = [plan.image for plan in (spec.container, *spec.services.values()) if plan is not None]
        context.warning(
            f"The job asks for containers ({', '.join(images) or 'by its steps'}); it runs on this machine instead, "
            "and its services are not started (--containers=host)."
        )
        return
    engine = find_engine()
    context.log.line(f"Container engine: {engine.kind} {engine.version} ({engine.program})")
    job.containers = JobContainers(job, engine)
    job.containers.start(context)
