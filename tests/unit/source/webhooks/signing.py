"""Signatures of deliveries, as each host makes them."""

from __future__ import annotations

import hashlib
import hmac

from drivetrain.source.hosts.model import HostKind
from tests.unit.source.webhooks.conftest import SECRET


def signed(host: HostKind, body: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        HostKind.GITHUB: {"X-Hub-Signature-256": f"sha256={digest}"},
        HostKind.GITEA: {"X-Gitea-Signature": digest},
        HostKind.BITBUCKET: {"X-Hub-Signature": f"sha256={digest}"},
        HostKind.GITLAB: {"X-Gitlab-Token": secret},
        HostKind.AZURE_REPOS: {"X-Drivetrain-Secret": secret},
    }[host]
