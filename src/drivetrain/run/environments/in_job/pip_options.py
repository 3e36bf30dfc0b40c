"""The options of `pip install` that uv understands the same way. Anything that is not in this table is left to pip.

Sources: https://pip.pypa.io/en/stable/cli/pip_install/ and https://docs.astral.sh/uv/pip/compatibility/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Given = tuple[str, str | None]
    """An option by its long name without dashes, and its value if it takes one."""

SHORT: dict[str, str] = {
    "r": "requirement", "c": "constraint", "e": "editable", "i": "index-url", "f": "find-links", "t": "target",
    "C": "config-settings", "U": "upgrade", "q": "quiet", "v": "verbose",
}  # fmt: skip

OTHER_NAMES: dict[str, str] = {
    "pypi-url": "index-url", "default-timeout": "timeout", "no-dependencies": "no-deps", "no-cache": "no-cache-dir",
    "config-setting": "config-settings",
}  # fmt: skip

ACCUMULATING = frozenset({"requirement", "constraint", "editable", "extra-index-url", "find-links", "trusted-host"})
"""Options that may be given several times, in settings separated by spaces."""

WITH_VALUE = ACCUMULATING | {
    "index-url", "no-binary", "only-binary", "config-settings", "target", "cert", "timeout", "retries",
    "upgrade-strategy", "keyring-provider", "cache-dir", "progress-bar", "root-user-action",
}  # fmt: skip

FLAGS = frozenset({
    "upgrade", "pre", "no-deps", "no-index", "require-hashes", "no-build-isolation", "force-reinstall", "quiet",
    "verbose", "no-compile", "isolated",
})  # fmt: skip

WITHOUT_EFFECT = frozenset({
    # uv always does so, or the job's private environment makes it meaningless; none changes what is installed.
    "user", "no-user", "no-cache-dir", "cache-dir", "disable-pip-version-check", "no-input", "no-color", "compile",
    "no-python-version-warning", "no-warn-script-location", "no-warn-conflicts", "use-pep517", "progress-bar",
    "break-system-packages", "require-virtualenv", "root-user-action",
})  # fmt: skip

GENERAL = frozenset({
    # may stand before the word `install`
    "quiet", "verbose", "isolated", "trusted-host", "cert", "timeout", "retries", "cache-dir", "no-cache-dir",
    "disable-pip-version-check", "no-input", "no-color", "no-python-version-warning", "require-virtualenv",
    "keyring-provider",
})  # fmt: skip

KNOWN = WITH_VALUE | FLAGS | WITHOUT_EFFECT


class LeaveToPip(Exception):  # noqa: N818 - it is no error
    """This command means something that uv would do differently; the text says what."""


@dataclass
class CommandLine:
    """`pip install`, taken apart."""

    options: list[Given] = field(default_factory=list)
    positionals: list[str] = field(default_factory=list)


def parse(arguments: list[str]) -> CommandLine:
    """Take the words after `pip` apart.

    Raises:
        LeaveToPip: it is not `install`, or has an option that is not in the table.
    """
    line = CommandLine()
    words = iter(arguments)
    for word in words:
        if word == "--":
            line.positionals.extend(words)
        elif word.startswith("--"):
            line.options.append(_long(word, words))
        elif word.startswith("-") and word != "-":
            line.options.extend(_short(word, words))
        else:
            line.positionals.append(word)
            if len(line.positionals) == 1:
                _check_command(word, line.options)
    if not line.positionals:
        raise LeaveToPip("it is not an install")
    del line.positionals[0]
    return line


def _check_command(word: str, before: list[Given]) -> None:
    if word != "install":
        raise LeaveToPip("it is not an install")
    for name, _ in before:
        if name not in GENERAL:
            raise LeaveToPip(f"--{name} stands before the command")


def _long(word: str, following: Iterator[str]) -> Given:
    name, equals, value = word[2:].partition("=")
    name = OTHER_NAMES.get(name, name)
    if name not in KNOWN or (equals and name not in WITH_VALUE):
        raise LeaveToPip(f"--{name} is not known to mean the same to uv")
    if name not in WITH_VALUE:
        return name, None
    return name, value if equals else _value(name, following)


def _short(word: str, following: Iterator[str]) -> Iterator[Given]:
    letters = word[1:]
    while letters:
        name = SHORT.get(letters[0])
        if name is None:
            raise LeaveToPip(f"-{letters[0]} is not known to mean the same to uv")
        letters = letters[1:]
        if name in WITH_VALUE:
            yield name, letters or _value(name, following)
            return
        yield name, None


def _value(name: str, following: Iterator[str]) -> str:
    for value in following:
        return value
    raise LeaveToPip(f"--{name} has no value")
