"""Azure compares the fixed words of its paths ignoring case, and clients write them in several ways; routes do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.view.api.azure.identity.discovery import PUBLIC_STORAGE_SUFFIX, STORAGE_SUFFIX

if TYPE_CHECKING:
    from drivetrain.view.api.mlflow.asgi import Application, Receive, Scope, Send

_WORDS = (
    "subscriptions",
    "resourceGroups",
    "providers",
    "Microsoft.MachineLearningServices",
    "workspaces",
    "onlineEndpoints",
    "batchEndpoints",
    "listKeys",
    "listSecrets",
)
_SPELLED = {word.lower(): word for word in _WORDS}


def canonical(path: str) -> str:
    """The path with one slash between its parts and fixed words as routes spell them. The value behind a fixed word
    stays as it is, whatever it is; so does what follows the workspace where a service other than Azure Resource
    Manager's is asked, as names of files may.
    """
    parts: list[str] = []
    fixed = False
    pieces = path.split("/")
    for place, part in enumerate(pieces):
        if not part and parts:
            continue
        if "providers" in parts and parts[-2] == "workspaces" and parts[1] != "subscriptions":
            return "/".join([*parts, *pieces[place:]])
        word = _SPELLED.get(part.lower(), part)
        parts.append(part if fixed else word)
        fixed = not fixed and part.lower() in ("subscriptions", "resourcegroups", "workspaces")
    return "/".join(parts)


def _as_ours(path: str) -> str:
    """The path of an account that a client takes to be one of the public cloud."""
    _, account, *rest = path.split("/", 2)
    name = account.removesuffix(f".blob.{PUBLIC_STORAGE_SUFFIX}")
    return path if name == account else "/".join(["", f"{name}.blob.{STORAGE_SUFFIX}", *rest])


def _is_blob(path: str) -> bool:
    """Whether it is an address of blob storage, where every name means itself."""
    return path.split("/", 2)[1].endswith(f".{STORAGE_SUFFIX}")


def _is_of_resources(path: str) -> bool:
    return "/providers/" in path or path.startswith("/subscriptions/")


def with_canonical_paths(application: Application) -> Application:
    """The application, whose routes see canonical paths."""

    async def rewritten(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "//metadata/endpoints":  # as the `az` of 2019 asks
            scope = {**scope, "path": "/metadata/endpoints"}
        if scope["type"] == "http" and PUBLIC_STORAGE_SUFFIX in scope["path"]:
            scope = {**scope, "path": _as_ours(scope["path"])}
        if scope["type"] == "http" and _is_of_resources(scope["path"].lower()) and not _is_blob(scope["path"]):
            scope = {**scope, "path": canonical(scope["path"])}
        await application(scope, receive, send)

    return rewritten
