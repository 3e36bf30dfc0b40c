"""Docker@2: build and push images, sign in to registries, by docker or podman. Always by this machine's engine.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/docker-v2
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.containers import images
from drivetrain.run.containers.engine import DOCKER, ask, find_engine
from drivetrain.run.containers.registries import FILE, login_environment, registry_of, sign_in
from drivetrain.run.runner.handlers import set_output
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.python.python_script import split_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivetrain.run.containers.engine import Engine
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "Docker@2": Declared(
        "Docker",
        "Build or push Docker images, login or logout, start or stop containers, or run a Docker command",
        (),
        {
            "containerRegistry": "",
            "repository": "",
            "command": "buildAndPush",
            "Dockerfile": "**/Dockerfile",
            "buildContext": "**",
            "tags": "$(Build.BuildId)",
            "arguments": "",
            "addPipelineData": "true",
            "addBaseImageData": "true",
            "container": "",
        },
    ),
}
_AUTH_FILE = "REGISTRY_AUTH_FILE"


def run(context: StepContext) -> Outcome:
    """Carry out the command; any that is not one of the task's own is passed on to the engine."""
    context.on_host = True
    command = context.inputs.required("command")
    docker = _Docker(context, find_engine(), command)
    done = _COMMANDS.get(command.lower(), _Docker.other)(docker)
    if docker.outputs:
        set_output(context, "DockerOutput", "\n".join(docker.outputs))
    return done


class _Docker:
    def __init__(self, context: StepContext, engine: Engine, command: str) -> None:
        self.context = context
        self.inputs = context.inputs
        self.engine = engine
        self.command = command
        self.outputs: list[str] = []
        self._signed_in = False
        self.environment = self._kept_logins()

    def build(self, *, arguments: bool = True) -> Outcome:
        dockerfile = self._dockerfile()
        args = ["build", "-f", str(dockerfile)]
        for label in self._labels(dockerfile):
            args += ["--label", label]
        args += self._arguments() if arguments else []
        names = images.tagged(self._names(), images.tags(self.inputs.text("tags")))
        for name in names:
            args += ["-t", name]
        if not names:
            self.context.debug("Not adding any tags to the built image as no repository is specified.")
        return self._run([*args, self._build_context(dockerfile)], "build")

    def push(self, *, arguments: bool = True) -> Outcome:
        if not self.inputs.text("repository"):
            self.context.warning("No repository is specified. Nothing will be pushed.")
        for name in images.tagged(self._names(), images.tags(self.inputs.text("tags"))):
            done = self._run(["push", name, *(self._arguments() if arguments else [])], "push")
            if done is not SUCCEEDED:
                return done
        return SUCCEEDED

    def build_and_push(self) -> Outcome:
        if self.inputs.text("arguments"):
            self.context.warning(
                "The arguments input is not supported when the command is buildAndPush. Ignoring the input."
            )
        built = self.build(arguments=False)
        return self.push(arguments=False) if built is SUCCEEDED else built

    def login(self) -> Outcome:
        registry = registry_of(self.context.job, self.inputs.required("containerRegistry"))
        self._sign_in()
        self.context.log.line(f"Signed in to {registry.host or registry.server}, for the steps of this job.")
        return SUCCEEDED

    def logout(self) -> Outcome:
        """Forget one registry, or all of them."""
        path, connection = self._auth_file(), self.inputs.text("containerRegistry")
        if not path or not Path(path).is_file():
            return SUCCEEDED
        if connection:
            registry = registry_of(self.context.job, connection)
            return self._run(["logout", registry.host or registry.server], "logout")
        Path(path).unlink()
        self.context.log.line(
            "Logging out. Removing all auth data from temp docker config, since no registry is specified."
        )
        return SUCCEEDED

    def lifecycle(self) -> Outcome:
        """`start` and `stop` of a container of the job."""
        name = self.inputs.required("container")
        try:
            known = json.loads(self.context.job.variables.value("Agent.ContainerMapping") or "{}")
        except ValueError:
            known = {}
        if name not in known:
            raise UserError(f"Container not found: {name}", hint=f"this job has {', '.join(known) or 'no containers'}")
        command = self.command.lower()
        return self._run([command, *self._arguments(), known[name]["id"]], command)

    def other(self) -> Outcome:
        return self._run([self.command, *self._arguments()], self.command)

    def _run(self, args: Sequence[str], name: str) -> Outcome:
        """Run the engine; what it wrote, as the log has it, is kept in a file, which is an output of the task."""
        if self.inputs.text("containerRegistry") and name in ("build", "push"):
            self._sign_in()
        log = self.context.job.layout.log(self.context.index)
        self.context.command([self.engine.program, *args])
        before = log.stat().st_size
        ended = self.context.run([self.engine.program, *args], self.context.default_folder, env=self.environment)
        folder = self.context.job.layout.temp / "task_outputs"
        folder.mkdir(exist_ok=True)
        kept = folder / f"{name}_{time.time_ns() // 1_000_000}.txt"
        with log.open("rb") as source:
            source.seek(before)
            kept.write_bytes(source.read())
        self.outputs.append(str(kept))
        message = f"The process '{self.engine.program}' failed with exit code {{}}"
        return SUCCEEDED if not ended.code and ended.stop is None else self.context.outcome(ended, message=message)

    def _arguments(self) -> list[str]:
        return split_arguments(self.inputs.text("arguments").replace("\n", " "))

    def _dockerfile(self) -> Path:
        pattern = self.inputs.required("Dockerfile")
        root = Path(self.context.default_folder)
        if not set(pattern) & set("*?["):
            found = [Path(self.inputs.path("Dockerfile"))]
        else:
            relative = pattern.removeprefix(f"{root}/").lstrip("/")
            found = sorted(root.glob(relative), key=lambda path: (len(path.parts), str(path)))
        for path in found:
            if path.is_file():
                return path
        raise UserError(f"No Dockerfile matching  {pattern}  was found.", hint=f"it is looked for in {root}")

    def _build_context(self, dockerfile: Path) -> str:
        given = self.inputs.text("buildContext")
        return str(dockerfile.parent) if not given or "*" in given else self.inputs.path("buildContext")

    def _labels(self, dockerfile: Path) -> list[str]:
        value = self.context.job.variables.value
        found = images.labels(value, pipeline_data=self.inputs.flag("addPipelineData"))
        base = (
            images.base_image(dockerfile.read_text("utf-8", "replace")) if self.inputs.flag("addBaseImageData") else ""
        )
        if base:
            found.append(f"image.base.ref.name={base}")
            digest = ask(self.engine.program, "image", "inspect", "--format", "{{index .RepoDigests 0}}", base)
            if not digest.code and "@" in digest.out:
                found.append(f"image.base.digest={digest.out.strip().rpartition('@')[2]}")
        return found

    def _names(self) -> list[str]:
        connection = self.inputs.text("containerRegistry")
        servers = [registry_of(self.context.job, connection).server] if connection else self._signed_in_to()
        return images.image_names(self.inputs.text("repository"), servers)

    def _signed_in_to(self) -> list[str]:
        """The registries that earlier steps have signed in to."""
        path = self._auth_file()
        try:
            found = json.loads(Path(path).read_text("utf-8")) if path else {}
        except (OSError, ValueError):
            return []
        return list(found.get("auths", {}))

    def _sign_in(self) -> None:
        """For this step and those after it, in the job's temporary folder, as on Azure."""
        if self._signed_in:
            return
        self._signed_in = True
        job = self.context.job
        registry = registry_of(job, self.inputs.required("containerRegistry"))
        job.masker.add(registry.password)
        if not self.environment:
            self.environment = login_environment(self.engine, job.layout.temp / f"docker-{os.urandom(8).hex()}")
            for name, value in self.environment.items():
                job.variables.define(name, value)
        sign_in(self.engine, registry, self.environment)

    def _kept_logins(self) -> dict[str, str]:
        job = self.context.job
        path = self._auth_file()
        if not path or not Path(path).is_relative_to(job.layout.temp):
            return {}
        return {name: job.variables.value(name) for name in ("DOCKER_CONFIG", _AUTH_FILE) if job.variables.get(name)}

    def _auth_file(self) -> str:
        value = self.context.job.variables.value
        if self.engine.kind != DOCKER:
            return value(_AUTH_FILE)
        return os.path.join(value("DOCKER_CONFIG"), FILE) if value("DOCKER_CONFIG") else ""  # noqa: PTH118 - text


_COMMANDS: dict[str, Callable[[_Docker], Outcome]] = {
    "buildandpush": _Docker.build_and_push,
    "build": _Docker.build,
    "push": _Docker.push,
    "login": _Docker.login,
    "logout": _Docker.logout,
    "start": _Docker.lifecycle,
    "stop": _Docker.lifecycle,
}
