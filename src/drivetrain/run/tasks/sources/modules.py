"""What `.gitmodules` says: where submodules are and where they come from. A stranger may have written it.

https://git-scm.com/docs/gitmodules
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_NETWORK = re.compile(r"(https?|ssh|git)://(?!-)[^\s/?#]+/[^\x00-\x20\x7f]*")
_BY_SSH = re.compile(r"(?:(?!-)[A-Za-z0-9._+-]+@)?(?!-)[A-Za-z0-9._-]+:(?!:|//)[^\x00-\x20\x7f]+")
"""`git@host:path`; two colons would name a helper program, such as `ext::`."""
_OPTION_HOST = re.compile(r"ssh://(?:[^/]*@)?-|[^/]*@-")
_SITE = re.compile(r"\w+://[^/]*|[^/:]+:|")


class Module(NamedTuple):
    """One submodule of a commit."""

    name: str
    path: str
    """From the top of the repository that has it."""
    url: str
    sha: str
    update: str = ""
    """`none`: it is not checked out."""

    @property
    def local(self) -> bool:
        """Whether it is in a folder of this machine."""
        return self.url.startswith(("/", "file://"))


def read_modules(settings: bytes, links: Mapping[str, str], url: str) -> list[Module]:
    """The submodules of a commit, by path.

    Args:
        settings: what `git config --list -z` makes of `.gitmodules`.
        links: the commits that the tree has for submodules, by path.
        url: where the repository comes from that has them: addresses may be relative to it.

    Raises UserError when one has no address, or a name or an address that is none.
    """
    said = _by_path(settings)
    return [_module(said, path, sha, url) for path, sha in sorted(links.items())]


def _by_path(settings: bytes) -> dict[str, dict[str, str]]:
    """What is said of each submodule, by its path; its name among it."""
    named: dict[str, dict[str, str]] = {}
    for entry in settings.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = entry.partition("\n")
        title, _, rest = key.partition(".")
        name, _, option = rest.rpartition(".")
        if title == "submodule" and name:
            named.setdefault(name, {"name": name})[option] = value
    return {each["path"]: each for each in named.values() if "path" in each}


def _module(said: Mapping[str, Mapping[str, str]], path: str, sha: str, url: str) -> Module:
    found = said.get(path, {})
    if not found.get("url"):
        raise UserError(f"No url found for submodule path '{path}' in .gitmodules", hint="commit a `.gitmodules`")
    name = found["name"]
    if not is_name(name):
        raise UserError(f"'{name}' in .gitmodules cannot be the name of a submodule", hint="use letters and digits")
    return Module(name, path, checked_url(resolved(url, found["url"]), path), sha, found.get("update", ""))


def is_name(name: str) -> bool:
    """Whether a submodule may be called so: its repository is kept in a folder of this name."""
    parts = re.split(r"[/\\]", name)
    plain = all(part not in ("", ".", "..") and part.lower() != ".git" for part in parts)
    return plain and not name.startswith("-") and not re.search(r"[\x00-\x1f\x7f]", name)


def resolved(url: str, relative: str) -> str:
    """The address of a submodule: one that begins with `./` or `../` counts from that of the repository around it.
    Raises UserError when it leaves the host.
    """
    if not relative.startswith(("./", "../")):
        return relative
    base, rest, separator = url.rstrip("/"), relative, "/"
    while rest.startswith(("./", "../")):
        if rest.startswith("../"):
            cut = max(base.rfind("/"), base.rfind(":"))
            separator = base[cut] if cut >= 0 else "/"
            base = base[: max(cut, 0)]
        rest = rest.partition("/")[2]
    found = f"{base}{separator}{rest}"
    site = _SITE.match(url)
    if site is None or not found.startswith(site[0]) or ".." in rest.split("/"):
        raise UserError(f"the submodule address '{relative}' leaves {url}", hint="write the whole address")
    return found


def checked_url(url: str, path: str) -> str:
    """The address, when git may be given it: by https, http, ssh or git, or a folder. Raises UserError."""
    network = _BY_NETWORK.fullmatch(url) or _BY_SSH.fullmatch(url)
    folder = url.startswith(("/", "file:///")) and not re.search(r"[\x00-\x1f\x7f]", url)
    if _OPTION_HOST.match(url) or not (network or folder):
        raise UserError(f"the submodule '{path}' has the address '{url}', which is refused", hint="use https or ssh")
    return url
