"""Checkout@1, the `checkout` step: a commit, out of the local repository that holds it.

Objects are shared with that repository rather than copied, so history is there in full and costs nothing; with a
`fetchDepth` it is cut off as git cuts it. No hook and no template of the machine is run.
https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/steps-checkout
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivetrain.errors import UserError
from drivetrain.run.model import SUBVERSION
from drivetrain.run.runner.outcome import SUCCEEDED, Outcome
from drivetrain.run.runner.sources import SELF, say_where, sources_folder
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.sources.git_command import Git
from drivetrain.run.tasks.sources.options import read_options
from drivetrain.run.tasks.sources.repository import Origin, lay_out, write_refs

if TYPE_CHECKING:
    from drivetrain.run.model import JobSpec, RepositorySource
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.process import Exit

_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_WITHOUT_LFS = "`lfs: true` needs git-lfs, which is not there. Install it: https://git-lfs.com"
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


def _seldom(place: str) -> Any:
    """What few checkouts need, by its module beside this one and its name: a plain one is quicker than their import."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), name)


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
        self.options = read_options(context.inputs)
        self.alias = alias
        self.source = source
        self.git = Git(context, lfs=self.options.lfs)
        self.folder = sources_folder(context, source)
        self.origin = Origin(source.uri, Path(source.fetch_from), source.commit.sha, source.ref)

    def run(self) -> Outcome:
        if not _SHA.fullmatch(self.origin.sha):
            raise UserError(f"'{self.origin.sha}' is not a commit id", hint="run the pipeline again")
        self.context.log.line(f"Syncing repository: {self.source.name} ({self.source.provider})")
        self.folder.mkdir(parents=True, exist_ok=True)
        say_where(self.context, self.alias, self.source, self.folder)
        if self.source.provider == SUBVERSION:
            exported: Outcome = _seldom("subversion:export")(self.context, self.source, self.folder)
            return exported
        for part in (self._clean, self._set_up, self._large_files, self._check_out, self._submodules):
            if (failed := part()) is not None:
                return failed
        if self.options.persist:
            _seldom("credentials:persist")(self.context, self.folder / ".git" / "config", self.origin.url)
        return SUCCEEDED

    def _do(self, name: str, *args: str, config: dict[str, str] | None = None) -> Outcome | None:
        """What a git command comes to when it fails, else None."""
        ended = self.git.run(self.folder, args, config)
        return self._failed(name, ended) if ended.code or ended.stop else None

    def _clean(self) -> Outcome | None:
        """Only what an earlier step of the job has checked out here can be cleaned: jobs start in empty folders."""
        if not self.options.clean or not (self.folder / ".git").exists():
            return None
        failed = self._do("clean", "clean", "-ffdx") or self._do("reset", "reset", "--hard", "HEAD")
        if failed or not (self.folder / ".gitmodules").exists():
            return failed
        inside = ("submodule", "--quiet", "foreach", "--recursive")
        return self._do("clean", *inside, "git clean -ffdx") or self._do("reset", *inside, "git reset --hard HEAD")

    def _set_up(self) -> Outcome | None:
        """The repository with its refs, and what is to be seen of it."""
        folder, origin, depth = self.folder / ".git", self.origin, self.options.depth
        again = folder.exists()
        lay_out(folder, origin)
        write_refs(folder, origin, b"" if depth else self.git.refs(origin.lender, tags=self.options.tags))
        failed = self._do("config", "config", "remote.origin.url", origin.url) if again and origin.url else None
        failed = failed or (self._shallow() if depth else None)
        for args in self.options.sparse:
            failed = failed or self._do("sparse-checkout", "sparse-checkout", *args)
        return failed

    def _shallow(self) -> Outcome | None:
        tags = "--tags" if self.options.tags else "--no-tags"
        wanted = f"+{self.origin.sha}:{self.origin.tracking}" if self.origin.tracking else self.origin.sha
        words = ("fetch", "--quiet", "--force", tags, f"--depth={self.options.depth}")
        return self._do("fetch", *words, str(self.origin.lender), wanted)

    def _large_files(self) -> Outcome | None:
        """Fetched at once, before the checkout would ask for them one by one, as the agent does. Those of a mirror stay
        with it, for the next job.
        """
        if not self.options.lfs:
            return None
        failed = self._do("lfs", "lfs", "install", "--local", "--skip-repo")
        if failed or not self.origin.url:
            return failed
        if self.git.ask(self.folder, ["cat-file", "-e", f"{self.origin.sha}:.lfsconfig"]) is not None:
            failed = self._do("checkout", "checkout", self.origin.sha, "--", ".lfsconfig")
        config = _seldom("credentials:signed_in")(self.context, self.origin.url)
        kept = _seldom("large_files:kept_with_mirror")
        with kept(self.folder / ".git", self.origin, self.context.job.home / "mirrors"):
            return failed or self._do("lfs fetch", "lfs", "fetch", "origin", self.origin.sha, config=config)

    def _check_out(self) -> Outcome | None:
        return self._do("checkout", "checkout", "--force", "--detach", self.origin.sha)

    def _submodules(self) -> Outcome | None:
        if not self.options.submodules:
            return None
        modules = _seldom("submodules:Submodules")(self.context, self.git, self.options)
        failed: Outcome | None = modules.check_out(self.folder, self.origin.url)
        return failed

    def _failed(self, name: str, ended: Exit) -> Outcome:
        outcome = self.context.outcome(ended, message=_FAILED.format(name))
        if ended.stop is not None:
            return outcome
        if name in ("checkout", "fetch") and not self.git.has_commit(self.folder, self.origin.sha):
            self.context.error(
                f"Commit {self.origin.sha} is not in {self.origin.lender} ({self.origin.ref}). "
                "Was the branch rewritten? Run the pipeline again for its present commit."
            )
        if name == "lfs":
            self.context.error(_WITHOUT_LFS)
        return outcome
