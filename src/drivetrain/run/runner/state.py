"""What a running job knows: its specification, folders, variables, journal, status, and what its steps share."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import NotFoundError
from drivetrain.home import Home
from drivetrain.run.azure import BUNDLE_VARIABLES, EDGE_VARIABLES, not_inherited, plain_bundles
from drivetrain.run.environments.conda import conda_variable
from drivetrain.run.environments.default_python import prepare
from drivetrain.run.mirrors import NoMirrors
from drivetrain.run.model import Result
from drivetrain.run.runner.layout import RUNNER_VARIABLES, Known
from drivetrain.run.runner.process import Grace
from drivetrain.run.runner.processes import JOB_MARK, STEP_MARK
from drivetrain.run.runner.results import merged
from drivetrain.run.runner.variables import Variables
from drivetrain.run.tasks.registry import packages_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from drivetrain.plan.model import StepPlan
    from drivetrain.run.caches.ports import Caches
    from drivetrain.run.containers.job import JobContainers
    from drivetrain.run.journal import JournalWriter
    from drivetrain.run.mirrors import Mirrors
    from drivetrain.run.model import JobSecrets, JobSpec
    from drivetrain.run.ports import ArtifactSink, OtherRuns, Vault
    from drivetrain.run.runner.layout import Layout
    from drivetrain.run.runner.mask import Masker
    from drivetrain.run.runner.watch import Watch

# A server started from a git hook, or a run within another run's step, must not hand these down.
_NOT_INHERITED = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH"}
    | {"GIT_ALTERNATE_OBJECT_DIRECTORIES", "DRIVETRAIN_STEP", "VIRTUAL_ENV", "PYTHONHOME"}
)


_WORDS = frozenset({"type_", "task", "kind"})
"""Fields of journal entries that hold words of ours, never a user's text."""
_NAMES = frozenset({"name", "number", "tag"})
"""Fields by which things are found again."""
_MACRO = re.compile(r"\$\(([^()]+)\)")
_OF_THIS_MACHINE = frozenset({*EDGE_VARIABLES, *BUNDLE_VARIABLES})
"""They name addresses and files that a container with a network of its own does not have."""
SHORTEST_MASKED = "AZP_IGNORE_SECRETS_SHORTER_THAN"


def no_secure_files(ticket: str) -> bytes:
    """There are none."""
    raise NotFoundError(f"there is no secure file {ticket!r}", hint="drivetrain secure-file list")


class Services(NamedTuple):
    """What comes from outside the run station, and what tests shorten."""

    vault: Vault
    artifacts: ArtifactSink
    runs: OtherRuns
    caches: Caches
    grace: Grace = Grace()
    retry_seconds: Callable[[int], float] = lambda number: float((number + 1) ** 2)
    """How long to wait after the failed try `number` (from 0), as the agent does."""
    secure_file: Callable[[str], bytes] = no_secure_files
    """The content of a secure file, by its ticket."""
    mirrors: Mirrors = NoMirrors()


class JobState:
    """Everything that the steps of one job share."""

    def __init__(
        self,
        spec: JobSpec,
        secrets: JobSecrets,
        layout: Layout,
        journal: JournalWriter,
        watch: Watch,
        services: Services,
        masker: Masker,
    ) -> None:
        self.spec = spec
        self.layout = layout
        self.watch = watch
        self.services = services
        self.masker = masker
        """Knows the secrets that the job started with, and those that are added."""
        self.handed = secrets
        """What it was given and may not be written down."""
        self.status = Result.SUCCEEDED
        self.failed: tuple[StepPlan, int] | None = None
        """The first step that failed, and its number."""
        self.variables = self._variables(secrets)
        self.containers: JobContainers | None = None
        """Those that the job has, while they run."""
        self.prepended: list[str] = []
        """Folders put in front of PATH by steps, the newest first."""
        self.task_variables: dict[str, dict[str, str]] = {}
        """By the step's name: see StepContext.task_variables."""
        self.fixed_task_variables: set[tuple[str, str]] = set()
        """Those that may not be set again, by the step's name and their own in lower case."""
        self.at_end: list[Callable[[], None]] = []
        """What steps want done when the last one is over, such as taking credentials out of files."""
        self.packages = packages_in(Home(self.home).tasks)
        """The tasks of the user's own."""
        self.connections = {name.lower(): each for name, each in secrets.connections.items()}
        """The service connections that its steps may use, as steps have changed them (`task.setendpoint`), by the names
        that they are called by, in lower case."""
        self.secure_files = {name.lower(): each for name, each in secrets.secure_files.items()}
        """The secure files that its steps may use, by the names they are called by, in lower case."""
        self._journal = journal
        self._python = prepare(layout.job, self.home)
        self._given = {**spec.environment, **secrets.environment, "TF_BUILD": "True"}
        left = {*_NOT_INHERITED, *not_inherited(os.environ, spec.azure)}
        self._inherited = {name: value for name, value in os.environ.items() if name not in left}
        self._base = self._base_environment()

    @property
    def home(self) -> Path:
        """The home folder."""
        return Path(self.spec.home)

    def _variables(self, secrets: JobSecrets) -> Variables:
        variables = Variables(self.masker)
        for item in self.spec.variables:
            variables.define(item.name, item.value, readonly=item.readonly)
        known = Known(self.spec, self.layout, variables.flag("System.Debug"))
        for name, value in RUNNER_VARIABLES.items():
            if (found := value(known)) is not None:
                variables.define(name, str(found), readonly=True)
        shortest = variables.value(SHORTEST_MASKED) or os.environ.get(SHORTEST_MASKED, "")
        self.masker.ignore_shorter_than(int(shortest) if shortest.isdecimal() and len(shortest) < 3 else 0)  # noqa: PLR2004
        for name, text in secrets.variables.items():
            variables.define(name, text, secret=True)
        return variables

    def _base_environment(self) -> Mapping[str, str]:
        return {**conda_variable(self._inherited), **self._inherited, **self._python.variables, **self._given}

    def expand_input(self, text: str) -> str:
        """An input of a task: macros of variables first, then those that name an environment variable of this machine,
        such as `$(HOME)`.

        `TaskRunner` and `VarUtil.ExpandEnvironmentVariables` in https://github.com/microsoft/azure-pipelines-agent
        """
        expanded = self.variables.expand(text)
        # What a variable of the machine holds is taken as it is.
        return _MACRO.sub(lambda macro: self._inherited.get(macro[1], macro[0]), expanded)

    def environment(self, own: Mapping[str, str], index: int, without: Collection[str] = ()) -> dict[str, str]:
        """The environment of a step's programs: inherited, the job's, variables, then the step's own `env`. `without`:
        what it does not get of the job's.
        """
        base = {**self._base, **{name: self._inherited.get(name, "") for name in without}}
        if without:
            base |= plain_bundles(self._given)
        found = {
            **{name: value for name, value in base.items() if value or name not in without},
            **self.variables.environment(),
            **own,
        }
        path = [*self.prepended, *self._python.path_prepend, found.get("PATH", os.defpath)]
        found["PATH"] = os.pathsep.join(path)
        return {**found, **self._marks(index)}

    def environment_inside(self, own: Mapping[str, str], index: int, without: Collection[str] = ()) -> dict[str, str]:
        """The same in a container: nothing of this machine, and its own PATH, before which `prepended` is put."""
        reaches = self.containers is None or self.containers.on_host_network
        hidden = without if reaches else _OF_THIS_MACHINE
        given = {name: value for name, value in self._given.items() if name not in hidden}
        if without and reaches:
            given |= plain_bundles(given)
        return {**given, **self.variables.environment(), **own, **self._marks(index)}

    def _marks(self, index: int) -> dict[str, str]:
        return {JOB_MARK: str(self.layout.job), STEP_MARK: f"{self.layout.job}#{index}"}

    def record(self, kind: str, /, **data: object) -> None:
        """Write a journal entry, secrets masked."""
        self._journal.write(kind, {name: self._masked(name, value) for name, value in data.items()})

    def _masked(self, name: str, value: object) -> object:
        if name in _WORDS:
            return value
        return self.masker.name(value) if name in _NAMES and isinstance(value, str) else self.masker.value(value)

    def record_sealed(self, kind: str, data: Mapping[str, object]) -> None:
        """Write a journal entry as it is: its secrets are sealed already."""
        self._journal.write(kind, dict(data))

    def merge(self, result: Result) -> None:
        """A step has ended: the job's status is the worst of its steps'."""
        if result in (Result.FAILED, Result.SUCCEEDED_WITH_ISSUES):
            self.set_status(merged(self.status, result))

    def set_status(self, status: Result) -> None:
        """Change the status that conditions and `Agent.JobStatus` see."""
        if status is not self.status:
            self.status = status
            self.variables.define("Agent.JobStatus", status.value, readonly=True)
