"""Command lines as the Azure CLI reads them: words of the verb, then options in any order, `--set a.b=c`, lists."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

from .errors import WRONG, CommandError, unserved


class Option(NamedTuple):
    """One option of a verb."""

    flags: tuple[str, ...]
    help: str = ""
    required: bool = False
    flag: bool = False
    """It takes no value."""
    many: bool = False
    """It takes several values: `--set a=1 b=2`."""
    default: Any = None


class Verb(NamedTuple):
    """One command; `call(client, given)` carries it out and gives what is to be shown."""

    call: Any
    options: tuple[Option, ...] = ()
    help: str = ""
    speaks: bool = False
    """What the client prints while it is at work is what was asked for, such as the log of a job."""


GLOBAL = (
    Option(("--output", "-o"), "json, jsonc, table, tsv, yaml, yamlc or none."),
    Option(("--query",), "JMESPath query over the result."),
    Option(("--debug",), "Show whatever went wrong in full.", flag=True),
    Option(("--verbose",), "Taken, and without effect.", flag=True),
    Option(("--only-show-errors",), "Show no warnings.", flag=True),
)


LOCAL = Option(("--local",), "Of a container of Docker's: refused.", flag=True)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise CommandError(message, WRONG)


def find(group: str, verbs: dict[str, Verb], words: list[str]) -> tuple[str, list[str]]:
    """The verb that a command line begins with, and the rest. Raises CommandError when there is none."""
    leading: list[str] = []
    for word in words:
        if word.startswith("-"):
            break
        leading.append(word)
    for length in range(len(leading), 0, -1):
        name = " ".join(leading[:length])
        if name in verbs:
            return name, words[length:]
    raise unserved(group, leading)


def parse(group: str, name: str, options: tuple[Option, ...], words: list[str]) -> argparse.Namespace:
    """The values of options, by their first flag with `_` for `-`. Raises CommandError as the Azure CLI words it."""
    parser = _Parser(prog=f"az {group} {name}", add_help=False)
    for option in options:
        more: dict[str, Any] = {"action": "store_true"} if option.flag else {"default": option.default}
        if option.many:
            more = {"nargs": "*", "action": "extend"}
        parser.add_argument(*option.flags, required=option.required, **more)
    return parser.parse_args(_spelled(words))


def _spelled(words: list[str]) -> list[str]:
    """`-n=x` as argparse wants it; a value that begins with a dash, such as a negative number, is left to argparse."""
    return [part for word in words for part in (word.split("=", 1) if _is_short(word) else [word])]


def _is_short(word: str) -> bool:
    return len(word) > 3 and word[0] == "-" and word[1] != "-" and word[2] == "="  # noqa: PLR2004 - `-n=`


def pairs(values: list[str] | None, what: str = "--set") -> dict[str, str]:
    """`a=1 b=2` as a mapping. Raises CommandError."""
    found = {}
    for value in values or []:
        for part in value.split(" ") if "=" in value and what != "--set" and _all_pairs(value) else [value]:
            name, equals, rest = part.partition("=")
            if not equals or not name:
                raise CommandError(f"{what}: '{part}' is not of the form name=value", WRONG)
            found[name] = rest
    return found


def _all_pairs(value: str) -> bool:
    return all("=" in part for part in value.split(" ") if part)


def help_of(group: str, verbs: dict[str, Verb], words: list[str]) -> str:
    """The verbs below some words, or the options of one verb."""
    name = " ".join(words)
    if name in verbs:
        lines = [
            f"    {' '.join(option.flags)}{' [Required]' if option.required else ''} : {option.help}".rstrip(" :")
            for option in verbs[name].options
        ]
        return "\n".join([f"Command\n    az {group} {name} : {verbs[name].help}", "", "Arguments", *sorted(lines)])
    below = [each for each in verbs if each.startswith(f"{name} ") or not name]
    if not below:
        raise unserved(group, words)
    return "\n".join(
        [f"Group\n    az {group} {name}".rstrip(), "", "Commands:", *(f"    {each}" for each in sorted(below))]
    )
