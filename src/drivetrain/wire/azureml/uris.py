"""The URIs by which clients of Azure Machine Learning name data, in pieces. Pure.

https://learn.microsoft.com/azure/machine-learning/concept-data#uri
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from drivetrain.errors import UserError

_LONG = re.compile(
    r"azureml://subscriptions/([^/]+)/resource[gG]roups/([^/]+)(?:/providers/Microsoft\.MachineLearningServices)?"
    r"/workspaces/([^/]+)/(.+)",
    re.IGNORECASE,
)
_ARM = re.compile(
    r"(?:azureml:)?/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/([^/]+)/(.+)",
    re.IGNORECASE,
)
_DATASTORE = re.compile(r"datastores/([^/]+)(?:/paths(?:/(.*))?)?", re.DOTALL)
_JOB = re.compile(r"jobs/([^/]+)/outputs/([^/]+)(?:/paths(?:/(.*))?)?", re.DOTALL)
_ASSET = re.compile(r"(\w+)/([^/]+)/(?:versions/([^/]+)|labels/([^/]+))/?", re.IGNORECASE)
_REGISTRY = re.compile(r"azureml://registries/([^/]+)/(\w+)/([^/]+)/(?:versions|labels)/([^/]+)/?", re.IGNORECASE)
_SHORT = re.compile(r"azureml:([^:@/]+)(?::([^:@/]+)|@([^:@/]+))?")
_BLOB = re.compile(r"/([a-z0-9]{3,24})\.blob\.[^/]+/([^/]+)/?(.*)", re.DOTALL)


class WorkspaceName(Struct, frozen=True):
    """The workspace that a URI names."""

    subscription: str
    resource_group: str
    name: str


class InDatastore(Struct, frozen=True):
    """A path in a datastore."""

    name: str
    path: str = ""


class OfJob(Struct, frozen=True):
    """A path in an output of a job."""

    job: str
    output: str
    path: str = ""


class OfAsset(Struct, frozen=True):
    """An asset."""

    kind: str
    """As the path of REST names it (`data`, `models`); empty where the place where it stands says it."""
    name: str
    version: str = ""
    label: str = ""
    registry: str = ""
    """The registry that has it; empty for the workspace."""


class InBlob(Struct, frozen=True):
    """A path in a container of an account of this home."""

    account: str
    container: str
    path: str = ""


class OnTheWeb(Struct, frozen=True):
    """Something else."""

    url: str


class Named(Struct, frozen=True):
    """What a URI names, and in which workspace; None for the one that it stands in."""

    what: InDatastore | OfJob | OfAsset | InBlob | OnTheWeb
    workspace: WorkspaceName | None = None


def named(uri: str, address: str = "") -> Named:
    """What a URI names. `address` is the edge's own. Raises UserError."""
    if found := _REGISTRY.fullmatch(uri):
        return Named(OfAsset(found[2].lower(), found[3], found[4], found[4] if "/labels/" in uri else "", found[1]))
    long = _LONG.fullmatch(uri) or _ARM.fullmatch(uri)
    if long:
        return Named(_below(long[4], uri), WorkspaceName(long[1], long[2], long[3]))
    if uri.startswith("azureml://"):
        return Named(_below(uri.removeprefix("azureml://"), uri))
    if short := _SHORT.fullmatch(uri):
        return Named(OfAsset("", short[1], short[2] or "", short[3] or ""))
    return Named(_elsewhere(uri, address))


def _below(rest: str, uri: str) -> InDatastore | OfJob | OfAsset:
    if found := _DATASTORE.fullmatch(rest):
        return InDatastore(found[1], safe_path(found[2] or "", uri))
    if found := _JOB.fullmatch(rest):
        return OfJob(found[1], found[2], safe_path(found[3] or "", uri))
    if found := _ASSET.fullmatch(rest):
        return OfAsset(found[1].lower(), found[2], found[3] or "", found[4] or "")
    raise UserError(f"'{uri[:200]}' is no URI of Azure Machine Learning", hint="azureml://datastores/NAME/paths/PATH")


def _elsewhere(uri: str, address: str) -> InBlob | OnTheWeb:
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https"):
        ours = f"{parts.scheme}://{parts.netloc}" == address
        found = _BLOB.fullmatch(parts.path)
        if found and (ours or parts.hostname == "127.0.0.1"):
            return InBlob(found[1], found[2], safe_path(unquote(found[3]), uri))
        return OnTheWeb(uri)
    if parts.scheme in ("wasb", "wasbs", "abfs", "abfss") and parts.username:
        account = (parts.hostname or "").partition(".")[0]
        return InBlob(account, parts.username, safe_path(unquote(parts.path.lstrip("/")), uri))
    raise UserError(
        f"'{uri[:200]}' cannot be used here", hint="use a data asset, azureml://datastores/NAME/paths/PATH, or https"
    )


def safe_path(path: str, uri: str) -> str:
    """The path, if it does not climb. Raises UserError."""
    parts = [part for part in path.split("/") if part]
    if any(part in (".", "..") or "\0" in part or len(part.encode("utf-8", "replace")) > 255 for part in parts):  # noqa: PLR2004
        raise UserError(f"'{uri[:200]}' has a path that leads elsewhere")
    return "/".join(parts)
