"""Checkout@1, the `checkout` step: the run's commit, out of the local repository that holds it.

Objects are shared with that repository rather than copied, so history is there in full and costs nothing; only with
a `fetchDepth` is a shallow copy fetched. No hook and no template of the machine is run.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.tasks.scripts import find_program

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.process import Exit

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-c", "advice.detachedHead=false")
_FAILED = "Git {} failed with exit code: {{}}"


def run(context: StepContext) -> Outcome:
    """Check the commit out into `s`, or the folder given."""
    repository = context.inputs.text("repository").lower()
    if repository == "none":
        context.log.line("No sources are checked out (checkout: none).")
        return SUCCEEDED
    if repository != "self":
        raise UserError(f"checkout of '{repository}' is not yet supported.", hint="use `checkout: self`")
    return _Checkout(context).run()


class _Checkout:
    def __init__(self, context: StepContext) -> None:
        self.context = context
        self.inputs = context.inputs
        self.source = context.job.spec.source
        self.sha = self.source.commit.sha
        self.git = find_program(context, "git", hint="install git")
        self.folder = self._folder()

    def _folder(self) -> Path:
        """`path` counts from the workspace and may not leave it."""
        work = self.context.job.layout.work
        path = Path(os.path.normpath(work / (self.inputs.text("path") or "s")))
        if path == work or not path.is_relative_to(work):
            raise UserError(
                f"checkout path '{self.inputs.text('path')}' is outside the workspace",
                hint="use a folder below $(Pipeline.Workspace), such as `path: code`",
            )
        return path

    def run(self) -> Outcome:
        if not _SHA.fullmatch(self.sha):
            raise UserError(f"'{self.sha}' is not a commit id", hint="run the pipeline again")
        self.context.log.line(f"Syncing repository: {self.source.name} ({self.source.provider})")
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.inputs.text("path"):
            self._say_where()
        for name, args in self._commands():
            ended = self._call(args)
            if ended.code or ended.stop:
                return self._failed(name, ended)
            if name == "init":
                self._share_objects()
        return SUCCEEDED

    def _commands(self) -> list[tuple[str, list[str]]]:
        """The git commands in order, each with its name for messages."""
        inputs = self.inputs
        commands = [("init", ["init", "--quiet", "--template=", str(self.folder)])]
        if self.source.uri:
            commands.append(("config", ["config", "remote.origin.url", self.source.uri]))
        if self._depth():
            commands.append(("fetch", self._shallow_fetch()))
        elif self.source.ref.startswith("refs/heads/"):
            tracking = f"refs/remotes/origin/{self.source.ref.removeprefix('refs/heads/')}"
            commands.append(("update-ref", ["update-ref", tracking, self.sha]))
        if inputs.flag("fetchTags"):
            commands.append(("fetch", ["fetch", "--quiet", self._url(), "refs/tags/*:refs/tags/*"]))
        commands.append(("checkout", ["checkout", "--force", "--detach", self.sha]))
        if inputs.text("submodules").lower() in ("true", "recursive"):
            recursive = ["--recursive"] if inputs.text("submodules").lower() == "recursive" else []
            commands.append(("submodule", ["submodule", "update", "--init", "--force", *recursive]))
        return commands

    def _url(self) -> str:
        return f"file://{self.source.fetch_from}"

    def _depth(self) -> int:
        text = self.inputs.text("fetchDepth") or "0"
        if not text.isdecimal():
            raise UserError(f"fetchDepth is '{text}', which is not a number of at least 0")
        return int(text)

    def _shallow_fetch(self) -> list[str]:
        branch = self.source.ref.removeprefix("refs/heads/")
        target = f"refs/remotes/origin/{branch}" if branch != self.source.ref else "refs/remotes/origin/self"
        tags = "--tags" if self.inputs.flag("fetchTags") else "--no-tags"
        return ["fetch", "--quiet", "--force", tags, f"--depth={self._depth()}", self._url(), f"{self.sha}:{target}"]

    def _share_objects(self) -> None:
        """Point at the objects of the repository that holds the commit."""
        if self._depth():
            return
        source = Path(self.source.fetch_from)
        objects = next((path for path in (source / "objects", source / ".git" / "objects") if path.is_dir()), None)
        if objects is None:
            raise UserError(
                f"there is no git repository at {source}", hint="was it moved? `drivetrain doctor` checks the mirrors"
            )
        (self.folder / ".git" / "objects" / "info" / "alternates").write_text(f"{objects}\n", "utf-8")

    def _call(self, args: list[str]) -> Exit:
        self.context.command(["git", *args])
        env = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": "1"}
        env |= {"GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_0": "true"}
        if not self.inputs.flag("lfs"):
            env["GIT_LFS_SKIP_SMUDGE"] = "1"
        # Commit messages and branch names show up in what git writes: nothing in them is a command.
        return self.context.run([self.git, *_SAFE, *args], str(self.folder), env=env, commands=False)

    def _failed(self, name: str, ended: Exit) -> Outcome:
        outcome = self.context.outcome(ended, message=_FAILED.format(name))
        if ended.stop is None and name in ("checkout", "fetch", "update-ref") and not self._has_commit():
            self.context.error(
                f"Commit {self.sha} is not in {self.source.fetch_from} ({self.source.ref}). "
                "Was the branch rewritten? Run the pipeline again for its present commit."
            )
        return outcome

    def _has_commit(self) -> bool:
        return not self._call(["cat-file", "-e", f"{self.sha}^{{commit}}"]).code

    def _say_where(self) -> None:
        """Later steps find the sources where they are."""
        for name in ("Build.SourcesDirectory", "Build.Repository.LocalPath", "System.DefaultWorkingDirectory"):
            self.context.job.variables.define(name, str(self.folder), readonly=True)
