"""Reading nodes as what they must be: mappings with known keys, lists, texts, booleans, numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.definition.problems import Problems
    from drivetrain.definition.schema import Place
    from drivetrain.errors import Position
    from drivetrain.lang.tree import Node

_TRUE = frozenset({"true", "y", "yes", "on"})
_FALSE = frozenset({"false", "n", "no", "off"})
_LATE = re.compile(r"\$\(|\$\[")


def is_empty(node: Node | None) -> bool:
    """Whether a key is missing or holds nothing (`variables:` and no more, or an expression that gives nothing)."""
    return node is None or (isinstance(node, Scalar) and not node.value.strip())


def has_no_items(node: Node | None) -> bool:
    """Whether a list is missing or has nothing in it."""
    return is_empty(node) or (isinstance(node, Sequence) and not node.items)


def what(node: Node) -> str:
    """What a node is, for messages."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return f"the text '{shown(node.value)}'" if node.value else "nothing"


def shown(text: str) -> str:
    """A text of the file made short enough for a message."""
    line = text.splitlines()[0] if text else ""
    return line if line == text and len(line) <= 60 else f"{line[:60]}..."  # noqa: PLR2004 - a message's width


def closest(word: str, words: Iterable[str]) -> str:
    """The hint that names what may have been meant, empty when nothing is near."""
    import difflib  # noqa: PLC0415 - needed only for files with mistakes

    by_lower = {known.lower(): known for known in sorted(words)}
    near = difflib.get_close_matches(word.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f"did you mean '{by_lower[near[0]]}'?" if near else ""


def unexpected(node: Node) -> str:
    """What Azure says of a node that cannot stand where it stands."""
    if isinstance(node, Mapping):
        return "A mapping was not expected"
    if isinstance(node, Sequence):
        return "A sequence was not expected"
    return f"Unexpected value '{shown(node.value)}'"


def misplaced(node: Node, needed: str, problems: Problems, *, hint: str = "") -> None:
    """Report a node of a kind that cannot stand where it stands; `needed` says what must."""
    empty = isinstance(node, Mapping) and not node.entries
    message = "Expected at least one key-value pair in the mapping" if empty else unexpected(node)
    problems.error(node, message, code="wrong-type", hint=f"{needed}; {hint}" if hint else needed)


def fields(node: Node, place: Place, problems: Problems) -> dict[str, Node]:
    """What the known keys of a mapping hold. Reports keys that are unknown."""
    if not isinstance(node, Mapping):
        misplaced(node, f"{place.title} must be a mapping", problems)
        return {}
    known: dict[str, Node] = {}
    for key, value in node.entries:
        if key.value in place.keys:
            known[key.value] = value
        elif place.open:
            _odd_key(key, place, problems)
        else:
            unknown_key(key, place.title, place.keys, problems)
    return known


def _odd_key(key: Scalar, place: Place, problems: Problems) -> None:
    hint = closest(key.value, place.keys)
    if hint:
        problems.warning(key, f"key '{shown(key.value)}' in {place.title} is not read", code="unknown-key", hint=hint)


def unknown_key(key: Scalar, title: str, allowed: Iterable[str], problems: Problems) -> None:
    """Report a key that does not exist at its place."""
    names = sorted(allowed)
    hint = closest(key.value, names) or f"{title} takes: {', '.join(names)}"
    problems.error(key, unexpected(key), code="unknown-key", hint=hint)


def items(node: Node | None, title: str, problems: Problems) -> tuple[Node, ...]:
    """The items of a list; empty when it is missing or something else, which is reported."""
    if node is None or is_empty(node):
        return ()
    if isinstance(node, Sequence):
        return node.items
    misplaced(node, f"{title} must be a list", problems)
    return ()


def some_items(node: Node | None, title: str, owner: str, at: Position, problems: Problems) -> tuple[Node, ...]:
    """The items of a list that must not be empty; that is not said where a refused part may have held them."""
    if has_no_items(node) and not problems.refused:
        problems.error(at, f"{owner} has no {title}", code="empty")
    return items(node, title, problems)


def called(what: str, name: str) -> str:
    """A job or stage in messages, with its name when the file gives one."""
    return f"{what} '{shown(name)}'" if name else f"the {what}"


def text(node: Node | None, title: str, problems: Problems) -> Scalar | None:
    """A scalar, or None when it is missing or something else, which is reported."""
    if node is None or isinstance(node, Scalar):
        return node
    misplaced(node, f"{title} must be a text", problems)
    return None


def string(node: Node | None, title: str, problems: Problems, default: str = "") -> str:
    """The text of a scalar, or the default."""
    found = text(node, title, problems)
    return default if found is None else found.value


def text_or_list(node: Node | None, title: str, problems: Problems) -> tuple[Scalar, ...]:
    """One text or a list of texts, as `dependsOn` and `demands` take them."""
    if node is None or is_empty(node):
        return ()
    if isinstance(node, Scalar):
        return (node,)
    found = (text(item, f"an entry of {title}", problems) for item in items(node, title, problems))
    return tuple(entry for entry in found if entry is not None)


def texts(node: Node | None, title: str, problems: Problems) -> dict[str, Scalar]:
    """A mapping of texts, such as `env`."""
    if node is None or is_empty(node):
        return {}
    if not isinstance(node, Mapping):
        misplaced(node, f"{title} must be a mapping", problems)
        return {}
    found = {key.value: text(value, f"'{shown(key.value)}' of {title}", problems) for key, value in node.entries}
    return {key: value for key, value in found.items() if value is not None}


def boolean(node: Node | None, title: str, problems: Problems, *, default: bool) -> bool:
    """One of Azure's words for true and false, in any case."""
    found = text(node, title, problems)
    if found is None or is_empty(found):
        return default
    value = to_bool(found.value)
    if value is not None:
        return value
    message = f"{title} must be true or false, not '{shown(found.value)}'"
    problems.error(found, message, code="wrong-value")
    return default


def to_bool(word: str) -> bool | None:
    """The boolean that a word stands for in YAML of Azure Pipelines: true y yes on, false n no off."""
    lower = word.strip().lower()
    if lower in _TRUE:
        return True
    return False if lower in _FALSE else None


def late_boolean(node: Node | None, title: str, problems: Problems) -> str:
    """`true` or `false`, or a text with a macro or `$[ ]` that becomes one at run time."""
    found = text(node, title, problems)
    if found is not None and _LATE.search(found.value):
        return found.value
    return "true" if boolean(node, title, problems, default=False) else "false"


def late_number(node: Node | None, title: str, problems: Problems, default: str) -> str:
    """A whole number as text, or a text with a macro or `$[ ]` that becomes one at run time."""
    found = text(node, title, problems)
    if found is None or is_empty(found):
        return default
    if found.value.isascii() and found.value.isdigit():
        return str(int(found.value[:18]))
    if not _LATE.search(found.value):
        message = f"{title} must be a whole number, not '{shown(found.value)}'"
        problems.error(found, message, code="wrong-value")
        return default
    return found.value


def late_count(node: Node | None, title: str, problems: Problems) -> Scalar | None:
    """A whole number, or a text with a macro or `$[ ]` that becomes one at run time; None when it is missing."""
    found = text(node, title, problems)
    if found is None or is_empty(found):
        return None
    value = late_number(found, title, problems, "")
    return replace(found, value=value) if value else None


def filled(node: Node | None, title: str, problems: Problems) -> Scalar | None:
    """A scalar that is not empty, or None."""
    found = text(node, title, problems)
    return None if is_empty(found) else found


def strings(node: Node | None, title: str, problems: Problems) -> tuple[str, ...]:
    """The texts of a list, or of one text alone."""
    return tuple(entry.value for entry in text_or_list(node, title, problems))


def choice(node: Node | None, title: str, allowed: Iterable[str], problems: Problems) -> str:
    """One of some words, ignoring case; empty when it is missing."""
    found = text(node, title, problems)
    if found is None or is_empty(found):
        return ""
    words = list(allowed)
    for word in words:
        if word.lower() == found.value.lower():
            return word
    message = f"{title} must be one of {', '.join(words)}, not '{shown(found.value)}'"
    problems.error(found, message, code="wrong-value", hint=closest(found.value, words))
    return ""
