"""Submodules of a checkout, out of mirrors as the repository itself is: fetched once, whichever job asks first.

What `git submodule update --init` leaves is left here, too: `.git/modules`, links to it, and the settings that git's
later commands want. https://git-scm.com/docs/gitsubmodules
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from drivetrain.errors import DrivetrainError, UserError
from drivetrain.run.tasks.sources.credentials import login_for
from drivetrain.run.tasks.sources.modules import Module, read_modules
from drivetrain.run.tasks.sources.repository import Origin, lay_out, section, write_refs

if TYPE_CHECKING:
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome
    from drivetrain.run.tasks.sources.git_command import Git
    from drivetrain.run.tasks.sources.options import Options

_DEEPEST = 32
"""Levels of submodules within submodules: one that has itself would never end."""
_LINK = b"160000 "
_LOOK_SECONDS = 0.02


class Submodules:
    """Checks submodules out for one step."""

    def __init__(self, context: StepContext, git: Git, options: Options) -> None:
        self._context = context
        self._git = git
        self._options = options

    def check_out(self, top: Path, url: str, level: int = 1) -> Outcome | None:
        """Those of what is checked out at `top` and comes from `url`; what the step comes to when that fails.

        Raises UserError for an address or a place that is refused, UnavailableError when one cannot be fetched.
        """
        links = self._links(top)
        if not links:
            return None
        settings = self._git.ask(top, ["config", "--blob", "HEAD:.gitmodules", "--list", "-z"]) or b""
        for module in read_modules(settings, links, url):
            failed = None if module.update == "none" else self._one(top, module, level)
            if failed is not None:
                return failed
        return None

    def _links(self, top: Path) -> dict[str, str]:
        listed = (self._git.ask(top, ["ls-files", "--stage", "-z"]) or b"").split(b"\0")
        links = (entry.partition(b"\t") for entry in listed if entry.startswith(_LINK))
        return {os.fsdecode(path): mode.split()[1].decode("ascii") for mode, _, path in links}

    def _one(self, top: Path, module: Module, level: int) -> Outcome | None:
        if level > _DEEPEST:
            raise UserError(f"submodules lie more than {_DEEPEST} deep", hint="is one in itself?")
        folder = top / module.path
        if not folder.exists():
            return None  # a sparse checkout leaves it out
        if folder.is_symlink() or Path(os.path.realpath(folder)) != Path(os.path.realpath(top), module.path):
            raise UserError(f"the submodule '{module.path}' would be outside of its repository")
        self._refuse_folder(top, module)
        lender = self._fetched(module)
        if lender is None:
            return self._context.must_end()
        failed = self._set_up(top, folder, module, lender)
        if failed is None and self._options.nested:
            failed = self.check_out(folder, module.url, level + 1)
        return failed

    def _refuse_folder(self, top: Path, module: Module) -> None:
        """A folder of this machine counts only where its user has told git so, as git itself has it.

        https://git-scm.com/docs/git-config#Documentation/git-config.txt-protocolallow
        """
        if not module.local:
            return
        if self._context.job.spec.restricted:
            raise UserError(f"the submodule '{module.path}' is in a folder, which a fork's pull request may not read")
        told = (self._git.ask(top, ["config", "--get", "protocol.file.allow"]) or b"").strip() == b"always"
        if not told and "file" not in self._context.environment().get("GIT_ALLOW_PROTOCOL", "").split(":"):
            raise UserError(
                f"the submodule '{module.path}' is in a folder of this machine, {module.url}",
                hint="`git config --global protocol.file.allow always` permits such",
            )

    def _fetched(self, module: Module) -> Path | None:
        """A local repository with the commit; None when the step has to end before it is there."""
        found: list[Path | DrivetrainError] = []

        def fetch() -> None:
            try:
                login = login_for(self._context, module.url)
                found.append(self._context.job.services.mirrors.repository(module.url, module.sha, login))
            except DrivetrainError as error:
                found.append(error)

        thread = Thread(target=fetch, name="submodule", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_LOOK_SECONDS)
            if thread.is_alive() and self._context.job.watch.sleep(0) is not None:
                return None  # what it has started ends with the job
        if not found or isinstance(found[0], DrivetrainError):
            raise self._cannot(module, found[0] if found else None)
        return found[0]

    def _cannot(self, module: Module, error: object) -> DrivetrainError:
        reason = error.message if isinstance(error, DrivetrainError) else "the runner failed"
        kind = type(error) if isinstance(error, DrivetrainError) else UserError
        return kind(
            f"The submodule '{module.path}' cannot be fetched from {module.url}: {reason}",
            hint="submodules are fetched as git would fetch them on this machine: by its ssh keys and credential "
            "helpers, and at the repository's own host with its credentials",
        )

    def _set_up(self, top: Path, folder: Path, module: Module, lender: Path) -> Outcome | None:
        around = self._git_folder(top)
        own = _own_folder(around, module.name)
        origin = Origin(module.url, lender, module.sha, "")
        lay_out(own, origin, work_tree=os.path.relpath(folder, own))
        write_refs(own, origin, b"" if self._options.depth else self._git.refs(lender, tags=False))
        (folder / ".git").write_text(f"gitdir: {os.path.relpath(own, folder)}\n", "utf-8")
        _activate(around / "config", module)
        for name, args in self._commands(module, lender):
            ended = self._git.run(folder, args)
            if ended.code or ended.stop:
                return self._context.outcome(ended, message=f"Git {name} of a submodule failed with exit code: {{}}")
        if self._context.job.containers is not None:
            self._copy_objects(folder, own)
        self._context.log.line(f"Submodule path '{module.path}': checked out '{module.sha}'")
        return None

    def _copy_objects(self, folder: Path, own: Path) -> None:
        """A container was given the mirrors of the job's repositories when it started, and not those of submodules."""
        if self._git.ask(folder, ["repack", "-a", "-d", "--quiet"]) is not None:
            (own / "objects" / "info" / "alternates").unlink()

    def _commands(self, module: Module, lender: Path) -> list[tuple[str, list[str]]]:
        shallow = ["fetch", "--quiet", "--no-tags", f"--depth={self._options.depth}", str(lender), module.sha]
        commands = [("fetch", shallow)] if self._options.depth else []
        return [*commands, ("checkout", ["checkout", "--quiet", "--force", "--detach", module.sha])]

    def _git_folder(self, top: Path) -> Path:
        link = top / ".git"
        if link.is_dir():
            return link
        return Path(os.path.normpath(top / link.read_text("utf-8").removeprefix("gitdir:").strip()))


def _own_folder(around: Path, name: str) -> Path:
    """Where the repository of a submodule is kept: within that of no other. Raises UserError."""
    modules = around / "modules"
    own = modules / name
    within = [parent for parent in own.parents if parent.is_relative_to(modules) and (parent / "HEAD").exists()]
    if within or (own.exists() and not (own / "HEAD").exists()):
        raise UserError(f"the submodule '{name}' would be kept within that of another", hint="give it another name")
    return own


def _activate(config: Path, module: Module) -> None:
    """What `git submodule init` writes."""
    name = module.name.replace("\\", "\\\\").replace('"', '\\"')
    title = f'submodule "{name}"'
    text = config.read_text("utf-8", "surrogateescape")
    if f"[{title}]" not in text:
        added = section(title, {"active": "true", "url": module.url})
        config.write_text(text + added, "utf-8", "surrogateescape")
