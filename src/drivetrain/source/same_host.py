"""Whether a service connection is for the host of a remote: its credentials go nowhere else. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from drivetrain.source.access import host_of

_SERVICE = re.compile(r"^(?:www|api|ssh|altssh|vs-ssh)\.")
"""GitHub, Bitbucket and Azure Repos have their API and ssh beside the site: api.github.com, ssh.dev.azure.com."""
_AZURE = re.compile(r"^[a-z0-9-]+\.visualstudio\.com$")
_PORTS = {"http": 80, "https": 443, "svn": 3690, "ssh": 22}


def is_for(connection_url: str, url: str) -> bool:
    """Whether what signs in at `connection_url` may be given to the host of `url`. Over http without TLS only when the
    connection itself is for that.
    """
    there, here = _place(connection_url), _place(url)
    if not here[1] or there[1] != here[1]:
        return False
    if here[0] in ("https", "http"):
        return there[0] == here[0] and there[2] == here[2]
    return True


def _place(url: str) -> tuple[str, str, int | None]:
    """(scheme, name, port) of the host; the name without what services put in front of it."""
    scheme = url.partition("://")[0].lower().removeprefix("svn+") if "://" in url else "ssh"
    try:
        parts = urlsplit(f"//{host_of(url)}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return scheme, "", None
    short = _SERVICE.sub("", name)
    if _AZURE.fullmatch(name) or short == "visualstudio.com":
        short = "dev.azure.com"
    return scheme, short, port or _PORTS.get(scheme)
