"""Clients of hosts by the links of projects: one is kept as long as its link and credentials stay the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from drivetrain.source.hosts.clients import client
from drivetrain.source.hosts.credentials import Credentials

if TYPE_CHECKING:
    from drivetrain.clock import Clock
    from drivetrain.run.library.ports import Library
    from drivetrain.source.hosts.model import Link
    from drivetrain.source.hosts.ports import Host, Links
    from drivetrain.source.ports import Projects


class Hosts:
    """Any thread may ask. Secrets are read anew each time, so that one that was changed works at once."""

    def __init__(self, links: Links, projects: Projects, library: Library, clock: Clock | None = None) -> None:
        self._links = links
        self._projects = projects
        self._library = library
        self._clock = clock
        self._kept: dict[int, tuple[Link, Credentials, Host | None]] = {}
        self._lock = threading.Lock()

    def of(self, project_id: int) -> Host | None:
        """The client for a project; None when it has no link, or the link no credentials. Raises as `client` does."""
        link = self._links.get(project_id)
        return None if link is None else self.client(link)

    def client(self, link: Link) -> Host | None:
        """The client for a link; None when it has no credentials. Raises NotFoundError when its service connection is
        not there any more, UserError when its address is wrong.
        """
        credentials = self.credentials(link)
        if credentials is None:
            return None
        with self._lock:
            known = self._kept.get(link.project_id)
            if known is None or known[:2] != (link, credentials):
                known = (link, credentials, client(link, credentials, self._clock))
                self._kept[link.project_id] = known
        return known[2]

    def credentials(self, link: Link) -> Credentials | None:
        """What the link signs in with; None when it names no service connection. Raises NotFoundError."""
        if not link.connection:
            return None
        project = self._projects.get(link.project_id)
        connection = self._library.connection(project.name if project else "", link.connection)
        return Credentials(connection.scheme, connection.parameters)
