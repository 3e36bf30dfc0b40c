"""A delivery, and what is to be read out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drivetrain.source.events import PullRequest

if TYPE_CHECKING:
    from drivetrain.source.hosts.model import HostKind
    from drivetrain.source.webhooks.model import Said

OLD, NEW, HEAD, MERGE = "1" * 40, "2" * 40, "3" * 40, "4" * 40
ZERO = "0" * 40
AT = "2026-11-20T08:15:30.000Z"
GITEA_PAGE = "https://git.example.org/lab/churn"


@dataclass(frozen=True)
class Case:
    host: HostKind
    event: str
    body: dict[str, Any]
    said: Said
    repository: str
    what: str
    headers: dict[str, str] = field(default_factory=dict)


def github_pull_request(**more: Any) -> dict[str, Any]:
    repository = {"full_name": "lab/churn", "clone_url": "https://github.com/lab/churn.git"}
    return {
        "number": 7,
        "state": "open",
        "title": "Try a deeper tree",
        "draft": False,
        "merged": False,
        "merged_at": None,
        "merge_commit_sha": MERGE,
        "updated_at": "2026-11-20T08:15:30Z",
        "html_url": "https://github.com/lab/churn/pull/7",
        "user": {"login": "mona"},
        "head": {"ref": "deeper", "sha": HEAD, "repo": repository},
        "base": {"ref": "main", "sha": OLD, "repo": repository},
        **more,
    }


def pull_request(**more: Any) -> PullRequest:
    told = PullRequest(7, "Try a deeper tree", "mona", "refs/heads/deeper", HEAD, "refs/heads/main")
    values = {name: getattr(told, name) for name in told.__struct_fields__}
    return PullRequest(**{**values, **more})
