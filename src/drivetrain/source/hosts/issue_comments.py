"""Comments on a pull request where it is an issue as well: GitHub, Gitea and Forgejo.

https://docs.github.com/rest/issues/comments
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.errors import NotFoundError
from drivetrain.source.hosts.http import part
from drivetrain.source.hosts.marks import marker

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.source.hosts.http import Api, Query


class IssueComments:
    """Those of one repository."""

    def __init__(
        self,
        api: Api,
        at: str,
        name: str,
        account: Callable[[], str],
        *,
        reads: str = "",
        writes: str = "",
        query: Query | None = None,
    ) -> None:
        """`at` is the repository's path, `name` what people call it, and `account` says who we are there. `reads` and
        `writes` are the rights that are needed, in the host's words; `query` goes with every list.
        """
        self._api = api
        self._issues = f"{at}/issues"
        self._name = name
        self._account = account
        self._reads = reads
        self._writes = writes
        self._query = query

    def put(self, pull_request: int, text: str, known: str = "") -> str:
        """Change the comment that is known, else one of ours with the same mark, else write one; its id."""
        what, body = f"comment on pull request {pull_request} of {self._name}", {"body": text}
        known = known or self._marked(pull_request, marker(text), what)
        if known:
            try:
                self._api.patch(f"{self._issues}/comments/{part(known)}", what, body, right=self._writes)
            except NotFoundError:
                pass
            else:
                return known
        return str(self._api.post(f"{self._issues}/{pull_request}/comments", what, body, right=self._writes)["id"])

    def _marked(self, pull_request: int, mark: str, what: str) -> str:
        """Our own comment with this mark, as one is there when we were killed before its id was kept."""
        if not mark:
            return ""
        path = f"{self._issues}/{pull_request}/comments"
        for page in self._api.pages(path, what, right=self._reads, query=self._query):
            for each in page:
                if marker(each.get("body") or "") == mark and (each.get("user") or {}).get("login") == self._account():
                    return str(each["id"])
        return ""
