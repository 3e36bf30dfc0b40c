"""Checkout@1, the `checkout` step: a commit, out of the local repository that holds it.

Objects are shared with that repository rather than copied, so history is there in full and costs nothing; only with
a `fetchDepth` is a shallow copy fetched. No hook and no template of the machine is run.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.runner.sources import SELF, say_where, sources_folder
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.scripts.programs import find_program
from drivetrain.run.tasks.sources import subversion

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec, RepositorySource
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.process import Exit

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FILTER = re.compile(r"blob:none|blob:limit=\d+[kmgKMG]?|tree:\d+|sparse:oid=\S+|object:type=(blob|tree|commit|tag)")
"""https://git-scm.com/docs/git-rev-list#Documentation/git-rev-list.txt---filterltfilter-specgt"""
_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-c", "advice.detachedHead=false")
_FAILED = "Git {} failed with exit code: {{}}"


TASKS = {
    "Checkout@1": Declared(
        "Checkout",
        "Get sources from the repository",
        (),
        {
            "repository": "self",
            "clean": "",
            "fetchDepth": "0",
            "fetchFilter": "",
            "fetchTags": "false",
            "lfs": "false",
            "persistCredentials": "false",
            "submodules": "false",
            "path": "",
            "sparseCheckoutDirectories": "",
            "sparseCheckoutPatterns": "",
            "workspaceRepo": "",
        },
    ),
}


def run(context: StepContext) -> Outcome:
    """Check a repository out: the pipeline's own, or another by its alias. Always by this machine's git."""
    context.on_host = True
    alias = context.inputs.text("repository")
    if alias.lower() == "none":
        context.log.line("No sources are checked out (checkout: none).")
        return SUCCEEDED
    return _Checkout(context, alias, _source(context.job.spec, alias)).run()


def _source(spec: JobSpec, alias: str) -> RepositorySource:
    if alias.lower() == SELF:
        return spec.source
    found = next((source for name, source in spec.repositories.items() if name.lower() == alias.lower()), None)
    if found is None:
        known = ", ".join([SELF, *spec.repositories])
        raise UserError(f"this run has no repository '{alias}'", hint=f"it has {known}; run the pipeline again")
    return found


class _Checkout:
    def __init__(self, context: StepContext, alias: str, source: RepositorySource) -> None:
        self.context = context
        self.inputs = context.inputs
        self.alias = alias
        self.source = source
        self.sha = source.commit.sha
        self.git = find_program(context, "git", hint="install git")
        self.folder = sources_folder(context, source)

    def run(self) -> Outcome:
        if not _SHA.fullmatch(self.sha):
            raise UserError(f"'{self.sha}' is not a commit id", hint="run the pipeline again")
        self.context.log.line(f"Syncing repository: {self.source.name} ({self.source.provider})")
        self.folder.mkdir(parents=True, exist_ok=True)
        say_where(self.context, self.alias, self.source, self.folder)
        if self.source.provider == subversion.PROVIDER:
            return subversion.export(self.context, self.source, self.folder)
        for name, args in self._commands():
            ended = self._call(args)
            if ended.code or ended.stop:
                return self._failed(name, ended)
            if name == "init":
                self._share_objects()
        return SUCCEEDED

    def _commands(self) -> list[tuple[str, list[str]]]:
        """The git commands in order, each with its name for messages. Raises UserError for a wrong option."""
        self._check_filter()
        commands = [*self._clean(), ("init", ["init", "--quiet", "--template=", str(self.folder)])]
        if self.source.uri:
            commands.append(("config", ["config", "remote.origin.url", self.source.uri]))
        if self.inputs.flag("lfs"):
            commands.append(("lfs", ["lfs", "install", "--local", "--skip-repo"]))
        commands += self._fetch()
        commands += self._sparse()
        commands.append(("checkout", ["checkout", "--force", "--detach", self.sha]))
        return [*commands, *self._submodules()]

    def _clean(self) -> list[tuple[str, list[str]]]:
        """Only what an earlier step of the job has checked out here can be cleaned: jobs start in empty folders."""
        if not self.inputs.flag("clean") or not (self.folder / ".git").exists():
            return []
        cleaned = [("clean", ["clean", "-ffdx"]), ("reset", ["reset", "--hard", "HEAD"])]
        if (self.folder / ".gitmodules").exists():
            inside = ["submodule", "--quiet", "foreach", "--recursive"]
            cleaned += [("clean", [*inside, "git clean -ffdx"]), ("reset", [*inside, "git reset --hard HEAD"])]
        return cleaned

    def _fetch(self) -> list[tuple[str, list[str]]]:
        branch = self.source.ref.removeprefix("refs/heads/")
        commands = []
        if self._depth():
            commands.append(("fetch", self._shallow_fetch(branch)))
        elif branch != self.source.ref:
            commands.append(("update-ref", ["update-ref", f"refs/remotes/origin/{branch}", self.sha]))
        if self.inputs.flag("fetchTags"):
            commands.append(("fetch", ["fetch", "--quiet", self._url(), "refs/tags/*:refs/tags/*"]))
        return commands

    def _check_filter(self) -> None:
        """All objects are here: a filter has nothing to leave out, but one that git would refuse is refused."""
        wanted = self.inputs.text("fetchFilter")
        if wanted and not all(_FILTER.fullmatch(part) for part in wanted.removeprefix("combine:").split("+")):
            raise UserError(
                f"fetchFilter '{wanted}' is not one that git knows", hint="use blob:none, blob:limit=1m or tree:0"
            )

    def _sparse(self) -> list[tuple[str, list[str]]]:
        """Directories come before patterns. Raises UserError for what git would take as an option."""
        directories, patterns = (
            self.inputs.text(f"sparseCheckout{kind}").split() for kind in ("Directories", "Patterns")
        )
        wanted = directories or patterns
        option = next((word for word in wanted if word.startswith("-")), None)
        if option is not None:
            raise UserError(
                f"'{option}' cannot be checked out sparsely", hint="write ./ before a name that begins with -"
            )
        if not wanted:
            return []
        cone = "--cone" if directories else "--no-cone"
        steps = (["init", cone], ["set", *wanted])
        return [("sparse-checkout", ["sparse-checkout", *args]) for args in steps]

    def _submodules(self) -> list[tuple[str, list[str]]]:
        wanted = self.inputs.text("submodules").lower()
        if wanted not in ("true", "recursive"):
            return []
        depth = [f"--depth={self._depth()}"] if self._depth() else []
        recursive = ["--recursive"] if wanted == "recursive" else []
        return [
            ("submodule", ["submodule", "--quiet", "sync", *recursive]),
            ("submodule", ["submodule", "update", "--init", "--force", *depth, *recursive]),
        ]

    def _url(self) -> str:
        return f"file://{self.source.fetch_from}"

    def _depth(self) -> int:
        text = self.inputs.text("fetchDepth") or "0"
        if not text.isdecimal():
            raise UserError(f"fetchDepth is '{text}', which is not a number of at least 0")
        return int(text)

    def _shallow_fetch(self, branch: str) -> list[str]:
        target = f"refs/remotes/origin/{branch if branch != self.source.ref else 'self'}"
        tags = "--tags" if self.inputs.flag("fetchTags") else "--no-tags"
        return ["fetch", "--quiet", "--force", tags, f"--depth={self._depth()}", self._url(), f"{self.sha}:{target}"]

    def _share_objects(self) -> None:
        """Point at the objects of the repository that holds the commit, beside what was checked out here before."""
        if self._depth():
            return
        source = Path(self.source.fetch_from)
        objects = next((path for path in (source / "objects", source / ".git" / "objects") if path.is_dir()), None)
        if objects is None:
            raise UserError(
                f"there is no git repository at {source}", hint="was it moved? `drivetrain doctor` checks the mirrors"
            )
        shared = self.folder / ".git" / "objects" / "info" / "alternates"
        before = shared.read_text("utf-8").splitlines() if shared.exists() else []
        shared.write_text("".join(f"{line}\n" for line in dict.fromkeys([*before, str(objects)])), "utf-8")

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
        if ended.stop is None and name == "submodule":
            self.context.error(
                "Submodules are fetched from their own addresses, with your own credentials. One that is a folder of "
                "this machine needs `git config --global protocol.file.allow always`."
            )
        if ended.stop is None and name == "lfs":
            self.context.error("`lfs: true` needs git-lfs, which is not there. Install it: https://git-lfs.com")
        return outcome

    def _has_commit(self) -> bool:
        return not self._call(["cat-file", "-e", f"{self.sha}^{{commit}}"]).code
