"""Secrets that a file shows, or lets a script print.

https://learn.microsoft.com/azure/devops/pipelines/process/set-secret-variables
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.lint.variables import declared
from drivetrain.definition.lint.walk import scripts
from drivetrain.definition.shape import shown, to_bool
from drivetrain.lang.tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.definition.lint.rule import Sources

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENDINGS = ("password", "passwd", "passphrase", "secret", "token", "apikey", "connectionstring")
_LAST = frozenset({"pwd", "pat"})
_KEYS = frozenset(
    {"access", "account", "api", "auth", "encryption", "master", "private", "shared", "signing", "ssh"}
    | {"storage", "subscription"}
)
"""What makes a `key` a secret one; a cache or a project has keys too."""
_PRINTS = re.compile(
    r"^\s*(?:[-@(]\s*)?(?:echo|printf|print|write-(?:host|output|information|verbose))\b", re.IGNORECASE
)
_MACRO = re.compile(r"\$\((?!pwd\))([\w.-]+)\)")
"""With a blank in it, and when it is `$(pwd)`, it is a command of the shell."""
_ELSEWHERE = re.compile(r"[|>]|##vso\[")
"""What is piped, redirected or a logging command does not get into the log."""
_NO_VALUE = re.compile(
    r"\$[({\[]|%\w+%|__\w+__|#\{|\A(?:<.*>|x{3,}|\*+|\.{3})\Z|\A(?:/|~|\.{1,2}[/\\]|[a-z]:\\|https?://)", re.IGNORECASE
)
"""A value that comes from elsewhere, that stands for one, or that says where it lies."""


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret: `dbPassword` does, `passwordFile` does not."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    joined = "".join(words)
    return joined.endswith(_ENDINGS) or words[-1] in _LAST or (words[-1] == "key" and not _KEYS.isdisjoint(words[-2:]))


def secrets_echoed(sources: Sources) -> Iterator[Finding]:
    """Masking hides what is known to be secret, as long as nothing changes it on its way; it is a last resort."""
    for script in scripts(sources.roots):
        offset = 0
        for line in script.value.splitlines(keepends=True):
            for match in _printed(line):
                message = f"the secret {shown(match[0])} is printed"
                yield Finding(script.position_at(offset + match.start()), message, "leave it out, or print its length")
            offset += len(line)


def _printed(line: str) -> Iterator[re.Match[str]]:
    if _PRINTS.match(line) and not _ELSEWHERE.search(_MACRO.sub("", line)):
        yield from (match for match in _MACRO.finditer(line) if is_secret_name(match[1]))


def secrets_in_clear_text(sources: Sources) -> Iterator[Finding]:
    """Whoever may read the repository may read them, and its history keeps them."""
    for root in sources.roots:
        for variable in declared(root):
            if (
                isinstance(variable.value, Scalar)
                and is_secret_name(variable.name.value)
                and _clear(variable.value.value)
            ):
                message = f"variable '{shown(variable.name.value)}' looks like a secret and has its value in this file"
                hint = "keep it in a variable group or as a secret variable of the pipeline"
                yield Finding(variable.value.position, message, hint)


def _clear(value: str) -> bool:
    text = value.strip()
    return bool(text) and to_bool(text) is None and not text.isdigit() and not _NO_VALUE.search(text)
