"""As whom steps act inside a container: as somebody with this user's id, so that files of the workspace stay ours.

The agent makes such a user too: https://github.com/microsoft/azure-pipelines-agent (ContainerOperationProvider).
"""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from drivetrain.run.containers.inside import ROOT

if TYPE_CHECKING:
    from drivetrain.run.containers.inside import Container

_MAKE = """
if grep -q "^[^:]*:[^:]*:$1:" /etc/passwd; then exit 0; fi
useradd -m -u "$1" "$2" 2>/dev/null || adduser -D -u "$1" "$2" >/dev/null 2>&1 || {
  echo "$2:x:$1:$3::/home/$2:/bin/sh" >> /etc/passwd && mkdir -p "/home/$2" && chown "$1:$3" "/home/$2" || exit 1
}
if test -e /etc/sudoers; then echo "$2 ALL=(ALL:ALL) NOPASSWD:ALL" >> /etc/sudoers; fi
"""
"""Makes a user of an id, a name and a group's id, unless there is one of this id; by hand where the image has no
program for it. Where there is sudo, it may do anything."""


def user_inside(container: Container) -> str:
    """What `exec --user` is to be told: root where we are root, or where root inside is us."""
    uid = os.getuid()
    if uid == 0 or container.engine.rootless:
        return ROOT
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return ensure_user(container, uid, os.getgid(), f"{name}_azpcontainer")


def ensure_user(container: Container, uid: int, gid: int, name: str) -> str:
    """A user of this id, made inside if need be; only the bare ids where the image cannot make one."""
    code, _ = container.sh(_MAKE, str(uid), name[:32], str(gid))
    return str(uid) if not code else f"{uid}:{gid}"
