"""The acts of `drivetrain demo`: a real repository, a real server, real pushes. view/cli/demo.py tells of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import UnavailableError
from drivetrain.home import Home
from drivetrain.source.git import environment, git, text_of
from drivetrain.view.ports import RunFilter
from drivetrain.wire.projects import ProjectBook
from drivetrain.wire.server_process import ask, start, stop
from drivetrain.wire.serving.serving import fronts_of
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drivetrain.record.tracking.model import TrainingRun
    from drivetrain.run.model import Run
    from drivetrain.wire.server_process import ServerInfo

EXAMPLES = Path(__file__).parents[1] / "examples"
PARAMS = Path("python/local/config/params.json")
FIRST, AZURE = "diabetes", "azureml-v2"
"""The examples that are shown, which are the names of their projects, too."""
CONNECTION = "my-azure"
"""The service connection that the second one names."""
BRANCH = "main"
APPEAR_SECONDS = 60.0
SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.05
MOST_TRAINING_RUNS = 1000
AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada Example",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}
_T = TypeVar("_T")


class Demo(Struct, frozen=True):
    """One demonstration, in a home of its own below the user's, so that nothing of theirs is touched."""

    home: Home
    storage: Storage
    project: str = FIRST

    @classmethod
    def below(cls, home: Home) -> Demo:
        """The demonstration of a home. It uses the caches of an earlier one, nothing else of it."""
        demo = Home(home.root / "demo")
        return cls(demo, Storage(demo))

    def of(self, project: str) -> Demo:
        """The same home, with another example."""
        return replace(self, project=project)

    @property
    def repository(self) -> Path:
        """The bare repository that is pushed to."""
        return self.home.root / f"{self.project}.git"

    @property
    def checkout(self) -> Path:
        """The data scientist's clone of it."""
        return self.home.root / self.project

    def clear(self) -> None:
        """Stop what an earlier demonstration left running, and remove all of it but its caches."""
        self.stop()
        self.home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for entry in self.home.root.iterdir():
            if entry.is_dir() and entry != self.home.cache:
                shutil.rmtree(entry)
            elif entry.is_file():
                entry.unlink()

    def make_repository(self) -> None:
        """A bare repository, and a clone with the example in it, not committed yet."""
        git(["init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(self.repository)])
        git(["clone", "--quiet", str(self.repository), str(self.checkout)])
        shutil.copytree(EXAMPLES / self.project, self.checkout, dirs_exist_ok=True)

    def start_server(self) -> ServerInfo:
        """The server of the demonstration's home, and the repository as its project."""
        self.watch()
        return start(self.home, 0)

    def watch(self) -> None:
        """Make the repository a project."""
        ProjectBook(self.home).add(
            str(self.repository),
            name=self.project,
            branch=BRANCH,
            file="azure-pipelines.yml",
            poll_seconds=5,
            hook=True,
            run_now=False,
        )

    def connect(self) -> None:
        """The service connection that the example names, with the subscription that its scripts name."""
        named = json.loads((self.checkout / "config.json").read_text("utf-8"))["subscription_id"]
        words = ["connection", "add", CONNECTION, "--type", "azurerm", "--open", "--data", f"subscriptionId={named}"]
        self.command(*words)

    def command(self, *words: str) -> str:
        """What a command of ours says when it is given in the demonstration's home. Raises UnavailableError."""
        environ = {**os.environ, "DRIVETRAIN_HOME": str(self.home.root)}
        line = [sys.executable, "-m", "drivetrain", *words]
        done = subprocess.run(line, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnavailableError(
                f"`drivetrain {' '.join(words)}` failed: {done.stderr.strip() or done.stdout.strip()}"
            )
        return done.stdout

    def live(self) -> Mapping[str, str]:
        """The models of the deployments that have traffic, by name of deployment."""
        endpoint = self.storage.endpoints.get(self.project)
        models = {each.name: each.spec.model for each in self.storage.endpoints.deployments(self.project)}
        return {name: models[name] for name, percent in endpoint.traffic.items() if percent}

    def stop(self) -> None:
        """End the server and the endpoints, which would go on without it."""
        stop(self.home)
        if self.home.database.exists():
            storage = Storage(self.home)  # its own: the file that it has opened may be removed
            fronts = fronts_of(storage)
            for each in storage.endpoints.all():
                fronts.stop(each.name)

    def push(self, message: str, params: Mapping[str, float] | None = None) -> str:
        """Commit what the checkout holds, with other hyperparameters if given, and push it; the commit's id."""
        if params is not None:
            (self.checkout / PARAMS).write_text(json.dumps(params) + "\n", encoding="utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", f"--message={message}")
        # As the data scientist would: with the repository's hooks, which our own git calls leave out.
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_CONFIG")}
        command = ["git", "push", "--quiet", "origin", f"HEAD:{BRANCH}"]
        done = subprocess.run(command, cwd=self.checkout, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnavailableError(f"git push failed: {done.stderr.strip()}", hint="drivetrain doctor checks git")
        return text_of(git(["rev-parse", "HEAD"], cwd=self.checkout)).strip()

    def _git(self, *words: str) -> None:
        git(words, cwd=self.checkout, env=environment(AUTHOR))

    def run_of(self, sha: str) -> Run:
        """The run that a push has started, once it is there. Raises UnavailableError after a minute."""

        def found() -> Run | None:
            return next(iter(self.storage.queries.runs(RunFilter(commit=sha))), None)

        return self._until(found, APPEAR_SECONDS, f"no run was started for {sha[:8]}")

    def training_of(self, run: Run) -> Sequence[TrainingRun]:
        """The finished training runs of a pipeline run, as our pages show them. Raises UnavailableError."""

        def finished() -> Sequence[TrainingRun] | None:
            runs = self.storage.training_runs.of_pipeline_run(run.id)
            return runs if runs and all(each.status == "FINISHED" for each in runs) else None

        return self._until(finished, SETTLE_SECONDS, f"run {run.number} has no finished training run")

    def tracked(self, server: ServerInfo, run: Run) -> set[str]:
        """Ids of the training runs that MLflow itself finds by the tag `build number`, as the seed's scripts do."""
        experiments = {each.experiment_id for each in self.storage.training_runs.of_pipeline_run(run.id)}
        wanted = {
            "experiment_ids": sorted(experiments),
            "filter": f"tags.`build number` = '{run.number}'",
            "max_results": MOST_TRAINING_RUNS,
        }
        answer = ask(self.home, server, "POST", "/mlflow/api/2.0/mlflow/runs/search", wanted)
        return {each["info"]["run_id"] for each in answer.get("runs", ())}

    def _until(self, look: Callable[[], _T | None], seconds: float, complaint: str) -> _T:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            time.sleep(LOOK_SECONDS)
        raise UnavailableError(complaint, hint=f"the server's log is {self.home.server_log}")
