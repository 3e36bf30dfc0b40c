"""What may be put into the library: names, values and connections that steps can use. Pure; all of it is hostile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.library.connection_types import TYPES, known_type
from drivetrain.run.library.model import ItemKind
from drivetrain.run.library.ports import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drivetrain.run.library.connection_types import Scheme

LONGEST_NAME = 256
LARGEST_VALUE = 64 << 10
"""Bytes. Linux takes at most 128 KiB for one variable of an environment."""
LARGEST_FILE = 10 << 20
"""https://learn.microsoft.com/azure/devops/pipelines/library/secure-files"""
RESERVED = ("endpoint", "input", "secret", "path", "securefile")
"""https://learn.microsoft.com/azure/devops/pipelines/process/variables#variable-naming-restrictions"""
_VAULT = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,126}")
_SECRET = re.compile(r"[A-Za-z0-9-]{1,127}")
DATA = "data."
"""What a connection's own data begin with among those of its item."""


def checked_name(kind: ItemKind, name: str) -> str:
    """The name, when an item may be called so. Raises UserError."""
    word = WORDS[kind][0]
    if kind is ItemKind.KEY_VAULT:
        # https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault
        if not _VAULT.fullmatch(name):
            raise UserError(f"{name!r} is no name for a {word}", hint="letters, digits and -, a letter first")
        return name
    if not 0 < len(name) <= LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise UserError(
            f"{name[:80]!r} is no name for a {word}",
            hint=f"1 to {LONGEST_NAME} characters that can be seen, no blanks at its ends",
        )
    if kind is ItemKind.SECURE_FILE and (name in {".", ".."} or set(name) & set("/\\")):
        raise UserError(f"{name!r} is no name for a {word}", hint="the name of a file, without folders")
    if "," in name:  # several names in one input have commas between them
        raise UserError(f"{name!r} is no name for a {word}", hint="leave the comma out")
    return name


def checked_value_name(kind: ItemKind, name: str) -> str:
    """The name of a variable, a secret or a parameter. Raises UserError."""
    if kind is ItemKind.KEY_VAULT:
        # https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers
        if not _SECRET.fullmatch(name):
            raise UserError(f"{name[:80]!r} is no name for a secret of a vault", hint="letters, digits and -")
        return name
    if not 0 < len(name) <= LONGEST_NAME or name != name.strip() or not name.isprintable() or set(name) & set("=()$"):
        raise UserError(
            f"{name[:80]!r} is no name for a variable",
            hint=f"1 to {LONGEST_NAME} characters that can be seen, none of = ( ) $, no blanks at its ends",
        )
    return name


def checked_value(name: str, value: str) -> str:
    """A value that a program can be given. Raises UserError."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise UserError(f"the value of '{name}' is not text", hint="keep other bytes in a secure file") from None
    if "\0" in value:
        raise UserError(f"there is a NUL in the value of '{name}'", hint="no program can be given it; leave it out")
    if size > LARGEST_VALUE:
        raise UserError(
            f"the value of '{name}' has {size} bytes; {LARGEST_VALUE} are the most", hint="keep it in a secure file"
        )
    return value


def warnings_of(names: Iterable[str]) -> list[str]:
    """What Azure would not pass on."""
    return [
        f"tasks do not get variables whose names begin with {' or '.join(RESERVED)}: '{name}'"
        for name in names
        if name.lower().startswith(RESERVED)
    ]


def unique_names(kind: ItemKind, names: Iterable[str]) -> None:
    """Names that differ in case only are the same. Raises UserError."""
    seen: dict[str, str] = {}
    for name in names:
        checked_value_name(kind, name)
        if name.lower() in seen:
            raise UserError(f"'{seen[name.lower()]}' and '{name}' are the same name", hint="case does not matter")
        seen[name.lower()] = name


def described_connection(kind: str, scheme: str, url: str) -> dict[str, str]:
    """`type`, `scheme` and `url` of a connection, as Azure writes them, with the defaults of its type. Raises
    UserError."""
    known = known_type(kind)
    if known is None:
        _plain_word(kind, "type")
        if not url:
            raise UserError(f"a connection of type '{kind}' needs a URL", hint=_types())
        return {"type": kind, "scheme": _plain_word(scheme or "None", "scheme"), "url": checked_url(url)}
    found = known.scheme(scheme)
    if found is None:
        schemes = ", ".join(each.name for each in known.schemes)
        raise UserError(f"type {known.name} has no scheme '{scheme}'", hint=f"its schemes: {schemes}")
    if not (url or known.url):
        raise UserError(f"a connection of type {known.name} needs a URL", hint="give it with --url")
    return {"type": known.name, "scheme": found.name, "url": checked_url(url or known.url)}


def _plain_word(text: str, what: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", text):
        raise UserError(f"{text[:80]!r} is no {what} of a connection", hint=_types())
    return text


def _types() -> str:
    return f"known types: {', '.join(TYPES)}"


def checked_url(url: str) -> str:
    """An address without a password in it: those are parameters. Raises UserError."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S{1,2000}", url) or not url.isprintable():
        raise UserError(f"{url[:80]!r} is not a URL", hint="such as https://example.com/simple")
    if re.match(r"[^/]+//[^/?#]*@", url):
        raise UserError(
            "there are credentials in the URL", hint="leave them out: they are parameters of the connection"
        )
    return url


def _scheme(data: Mapping[str, str]) -> Scheme | None:
    known = known_type(data.get("type", ""))
    return known.scheme(data.get("scheme", "")) if known else None


def spelled(data: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Parameters by the names that tasks look for: those of the scheme in any case, others as they are."""
    scheme = _scheme(data)
    names = {parameter.name.lower(): parameter.name for parameter in scheme.parameters} if scheme else {}
    return {names.get(name.lower(), name): value for name, value in given.items()}


def is_secret(data: Mapping[str, str], name: str) -> bool:
    """Whether a parameter of a connection is a secret by its type; one that the type does not know, is."""
    scheme = _scheme(data)
    known = {parameter.name.lower(): parameter.secret for parameter in scheme.parameters} if scheme else {}
    return known.get(name.lower(), True)


def defaults_of(data: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What a new connection has where nothing else is said: its parameters, and its data."""
    known, scheme = known_type(data.get("type", "")), _scheme(data)
    parameters = {each.name: each.default for each in (scheme.parameters if scheme else ()) if each.default}
    fields = {f"{DATA}{each.name}": each.default for each in (known.data if known else ()) if each.default}
    return parameters, fields


def complete(data: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise UserError when a parameter that its scheme needs is missing."""
    scheme, given = _scheme(data), {name.lower() for name in names}
    for parameter in scheme.parameters if scheme else ():
        if parameter.required and parameter.name.lower() not in given:
            option = "--secret" if parameter.secret else "--parameter"
            value = "" if parameter.secret else "=VALUE"
            raise UserError(
                f"{data['type']} with {data['scheme']} needs the parameter {parameter.name}: {parameter.about}",
                hint=f"give it with {option} {parameter.name}{value}",
            )
