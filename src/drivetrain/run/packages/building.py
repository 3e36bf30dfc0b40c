"""Makes a task of its source, as `make.js` of https://github.com/microsoft/azure-pipelines-tasks does for one task: npm
for what it needs, its own TypeScript compiler, and nothing that is only needed for that.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from drivetrain.errors import NotFoundError, UnavailableError, UserError
from drivetrain.run.packages.copying import copy_task
from drivetrain.run.packages.task_json import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_QUIET = ("--no-audit", "--no-fund", "--loglevel=error")
_SCRIPTS = "--ignore-scripts"
_LOCK = "package-lock.json"
_LAST_LINES = 20
_HINT = "npm's settings say which registry it asks: npm config get registry"


@contextlib.contextmanager
def build_task(source: Path, *, scripts: bool, say: Callable[[str], None]) -> Iterator[Path]:
    """A folder with the built task, for as long as the context lasts. Raises NotFoundError, UnavailableError,
    UserError with the last lines of what failed.
    """
    if not (source / FILE).is_file():
        raise NotFoundError(f"there is no {FILE} in {source}", hint="name the folder of one task")
    work = Path(tempfile.mkdtemp(prefix="drivetrain-build-"))
    try:
        # The name stays: what goes wrong is told with it.
        folder = work / source.name
        copy_task(source, folder)
        _Build(folder, source, scripts=scripts, say=say).run()
        yield folder
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Build:
    def __init__(self, folder: Path, source: Path, *, scripts: bool, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._source = source
        self._options = _QUIET if scripts else (*_QUIET, _SCRIPTS)
        self._say = say

    def run(self) -> None:
        for name in ("node_modules", "Tests", "_buildConfigs"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        # The registry that it names is its authors'; the user's own npm settings say where packages come from here.
        (self._folder / ".npmrc").unlink(missing_ok=True)
        if (self._folder / "package.json").is_file():
            self._install()
        if (self._folder / "tsconfig.json").is_file():
            self._compile()
        if (self._folder / "package.json").is_file():
            self._npm("prune", "--omit=dev")
        self._externals()

    def _install(self) -> None:
        """With the locked versions, where the registry has them all; else with those that its package.json allows."""
        lock = self._folder / _LOCK
        if lock.is_file():
            _unpinned(lock)
            try:
                self._npm("ci")
            except UserError:
                self._say("not all locked versions are in the registry: the newest that fit are taken")
                lock.unlink()
            else:
                return
        self._npm("install")

    def _compile(self) -> None:
        compiler = self._folder / "node_modules" / "typescript" / "bin" / "tsc"
        if not compiler.is_file():
            raise UserError(
                f"{self._source} has no TypeScript among its devDependencies",
                hint="build it as its own project says, then: drivetrain task add FOLDER",
            )
        made = self._folder.with_name(".made")  # elsewhere: the compiler does not read the folder that it writes to
        self._call(["node", str(compiler), "--outDir", str(made), "--rootDir", "."], "tsc")
        shutil.copytree(made, self._folder, dirs_exist_ok=True)

    def _npm(self, *arguments: str) -> None:
        self._call(["npm", *arguments, *self._options], f"npm {arguments[0]}")

    def _call(self, command: list[str], title: str) -> None:
        self._say(f"{title} in a copy of {self._source}")
        program = shutil.which(command[0])
        if program is None:
            raise UnavailableError(
                f"{command[0]} is not installed", hint="install Node.js with npm: https://nodejs.org"
            )
        done = subprocess.run(
            [program, *command[1:]],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            last = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
            hint = _HINT if command[0] == "npm" else ""
            raise UserError(f"{title} ended with {done.returncode} for {self._source}:\n{last}", hint=hint)

    def _externals(self) -> None:
        """Programs that `make.js` downloads into a task, mostly for Windows."""
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            found: Any = msgspec.json.decode((self._folder / "make.json").read_bytes())
            if isinstance(found, dict) and found.get("externals"):
                self._say("its make.json names programs that are not downloaded; the task may miss them")


def _unpinned(lock: Path) -> None:
    """A lock without the addresses of its authors' registry; versions and digests stay."""
    try:
        found = msgspec.json.decode(lock.read_bytes())
    except msgspec.MsgspecError as error:
        raise UserError(f"{lock} cannot be read: {error}") from error
    lock.write_bytes(msgspec.json.encode(_without_addresses(found)))


def _without_addresses(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_addresses(item) for key, item in value.items() if key != "resolved"}
    return [_without_addresses(item) for item in value] if isinstance(value, list) else value
