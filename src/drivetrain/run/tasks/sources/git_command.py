"""The git of this machine, as a checkout runs it: no hook, no question, and nothing of a stranger's is a command."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from drivetrain.run.tasks.scripts.programs import find_program
from drivetrain.run.tasks.sources.ref_files import read_refs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.process import Exit

_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-c", "advice.detachedHead=false")
_MOST_WORKERS = 8
_WORKERS = f"checkout.workers={min(os.cpu_count() or 1, _MOST_WORKERS)}"
"""Files are written by several processes, which git does only where there are many.
https://git-scm.com/docs/git-config#Documentation/git-config.txt-checkoutworkers"""
_BASE = {"uploadpack.allowAnySHA1InWant": "true"}


class Git:
    """Runs git for one step."""

    def __init__(self, context: StepContext, *, lfs: bool) -> None:
        self._context = context
        self._program = find_program(context, "git", hint="install git")
        self._lfs = lfs

    def run(self, folder: Path, args: Sequence[str], config: Mapping[str, str] | None = None) -> Exit:
        """A command with its output in the log. `config` reaches git by its environment: there may be secrets in it."""
        self._context.command(["git", *args])
        words = [self._program, *_SAFE, "-c", _WORKERS, *args]
        # Commit messages and branch names show up in what git writes: nothing in them is a command.
        return self._context.run(words, str(folder), env=self._environment(config or {}), commands=False)

    def ask(self, folder: Path, args: Sequence[str]) -> bytes | None:
        """What a quick command writes, unseen; None when it fails."""
        done = subprocess.run(
            [self._program, *_SAFE, *args],
            cwd=folder,
            env=self._context.environment() | self._environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return None if done.returncode else done.stdout

    def refs(self, repository: Path, *, tags: bool) -> bytes:
        """The branches, and the tags when they are wanted, of a repository: lines `ID NAME`."""
        kinds = ("heads", "tags") if tags else ("heads",)
        found = read_refs(repository, kinds)
        if found is not None:
            return found
        names = [f"refs/{kind}/" for kind in kinds]
        return self.ask(repository, ["for-each-ref", "--format=%(objectname) %(refname)", *names]) or b""

    def has_commit(self, folder: Path, sha: str) -> bool:
        """Whether the commit can be seen from the folder."""
        return self.ask(folder, ["cat-file", "-e", f"{sha}^{{commit}}"]) is not None

    def _environment(self, config: Mapping[str, str]) -> dict[str, str]:
        env = {"GIT_TERMINAL_PROMPT": "0"} | ({} if self._lfs else {"GIT_LFS_SKIP_SMUDGE": "1"})
        settings = _BASE | dict(config)
        env["GIT_CONFIG_COUNT"] = str(len(settings))
        for index, (key, value) in enumerate(settings.items()):
            env |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return env
