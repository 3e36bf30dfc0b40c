"""A slow and obvious evaluator, to compare the engine with.

It is written from the documentation alone, shares no code with the engine, and works on trees instead of texts:

    ("value", v)  ("name", "variables")  ("look", tree, [("at", tree) | ("dot", name) | ("star",), ...])
    ("call", "eq", [tree, ...])

A number is a Decimal, a version a tuple of integers, an array a list, an object a dict or a Folding; what `*` finds is
a Found.
https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from tests.unit.lang.expressions.reference_text import WrongError, date_text, quoted, template


class Found(list[Any]):
    """What `*` finds."""


class Folding(NamedTuple):
    """A context whose members are found in any case; in a strict one a member that is not there is an error."""

    members: dict[str, Any]
    strict: bool = False


# --- conversions: #type-casting


def is_collection(value: Any) -> bool:
    return isinstance(value, list | dict | Folding)


def truth(value: Any) -> bool:
    if value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    return value != 0 if isinstance(value, Decimal) else True


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return number_text(Fraction(value))
    if isinstance(value, datetime):
        return date_text(value, "yyyy-MM-dd HH:mm:ss") + "+00:00"
    if isinstance(value, tuple) and not isinstance(value, Folding):
        return ".".join(str(part) for part in value)
    raise WrongError(f"{value} is no text")


def number_text(number: Fraction) -> str:
    """At most seven decimals, the half away from zero, no zeros at the end."""
    sign = "-" if number < 0 else ""
    scaled = abs(number) * 10**7
    whole = scaled.numerator // scaled.denominator
    if (scaled - whole) * 2 >= 1:
        whole += 1
    digits = str(whole).rjust(8, "0")
    shown = (digits[:-7] + "." + digits[-7:]).rstrip("0").rstrip(".")
    return shown if shown == "0" else sign + shown


def number(value: Any) -> Fraction | None:
    if value is None or value == "":
        return Fraction(0)
    if isinstance(value, bool | Decimal):
        return Fraction(value)
    return number_of(value) if isinstance(value, str) else None


def number_of(given: str) -> Fraction | None:
    """A sign, digits with commas among them, a point, digits; blanks around it."""
    rest = given.strip("\t\n\v\f\r ")
    negative = rest.startswith("-")
    if rest[:1] in {"+", "-"}:
        rest = rest[1:]
    whole, _, part = rest.partition(".")
    if whole.startswith(","):
        return None
    whole = whole.replace(",", "")
    if not whole + part or any(letter not in "0123456789" for letter in whole + part):
        return None
    found = Fraction(int(whole + part), 10 ** len(part))
    return (-found if negative else found) if found < 2**96 else None


def version(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, tuple) and not isinstance(value, Folding):
        return value
    if isinstance(value, bool) or not isinstance(value, str | Decimal):
        return None
    parts = [part.strip() for part in text(value).split(".")]
    if not 2 <= len(parts) <= 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return tuple(int(part) for part in parts) if all(int(part) < 2**31 for part in parts) else None


def fold(given: str) -> str:
    """Ordinal, ignoring case: upper case, letter by letter; a letter that would become two stays."""
    return "".join(
        up if len(up := letter.upper()) == 1 and letter not in "\u0131\u017f" else letter for letter in given
    )


# --- comparisons: #eq, #lt


def equal(left: Any, right: Any) -> bool:
    if is_collection(left):
        return left is right
    if isinstance(left, str):
        return not is_collection(right) and fold(left) == fold(text(right))
    if isinstance(left, bool):
        return left == truth(right)
    if isinstance(left, Decimal):
        return Fraction(left) == number(right)
    if left is None:
        return right is None or right == ""
    return bool(left == (right if isinstance(left, datetime) else version(right)))


def order(left: Any, right: Any) -> int:
    if isinstance(left, str):
        return sign(fold(left).encode("utf-16-be", "surrogatepass"), fold(text(right)).encode("utf-16-be"))
    if isinstance(left, bool):
        return sign(left, truth(right))
    if isinstance(left, datetime):
        return sign(left, must(right if isinstance(right, datetime) else None))
    if isinstance(left, tuple) and not isinstance(left, Folding):
        return sign(left, must(version(right)))
    return sign(must(number(left)), must(number(right)))


def must(value: Any) -> Any:
    if value is None:
        raise WrongError("it cannot be converted")
    return value


def sign(left: Any, right: Any) -> int:
    return 1 if left > right else -1 if left < right else 0


# --- access: #variables, #filtered-arrays


def children(value: Any) -> list[Any]:
    if isinstance(value, Folding):
        return list(value.members.values())
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def pick(target: Any, index: Any) -> list[Any]:
    """The one member or item, or none."""
    if isinstance(target, list):
        place = number(index)
        return [target[int(place)]] if place is not None and 0 <= place < len(target) else []
    if is_collection(index):
        return []
    if isinstance(target, Folding):
        found = [value for key, value in target.members.items() if fold(key) == fold(text(index))]
        if not found and target.strict:
            raise WrongError("Key not found")
        return found
    return [target[text(index)]] if isinstance(target, dict) and text(index) in target else []


def look(target: Any, link: tuple[Any, ...], contexts: dict[str, Any]) -> Any:
    if link[0] == "star":
        if isinstance(target, Found):
            return Found(inner for child in target for inner in children(child))
        return Found(children(target))
    if not is_collection(target):
        return None
    index = link[1] if link[0] == "dot" else evaluate(link[1], contexts)
    if isinstance(target, Found):
        return Found(inner for child in target if is_collection(child) for inner in pick(child, index))
    return next(iter(pick(target, index)), None)


# --- functions: #functions


def evaluate(tree: Any, contexts: dict[str, Any]) -> Any:
    if tree[0] == "value":
        return tree[1]
    if tree[0] == "name":
        return contexts[tree[1].lower()]
    if tree[0] == "look":
        value = evaluate(tree[1], contexts)
        for link in tree[2]:
            value = look(value, link, contexts)
        return value
    return globals()["f_" + tree[1].lower()](lambda number: evaluate(tree[2][number], contexts), len(tree[2]))


def f_and(arg: Any, count: int) -> Any:
    return all(truth(arg(place)) for place in range(count))


def f_or(arg: Any, count: int) -> Any:
    return any(truth(arg(place)) for place in range(count))


def f_xor(arg: Any, _: int) -> Any:
    return [truth(arg(0)), truth(arg(1))].count(True) == 1


def f_not(arg: Any, _: int) -> Any:
    return not truth(arg(0))


def f_eq(arg: Any, _: int) -> Any:
    return equal(arg(0), arg(1))


def f_ne(arg: Any, _: int) -> Any:
    return not equal(arg(0), arg(1))


def f_lt(arg: Any, _: int) -> Any:
    return order(arg(0), arg(1)) == -1


def f_le(arg: Any, _: int) -> Any:
    return order(arg(0), arg(1)) != 1


def f_gt(arg: Any, _: int) -> Any:
    return order(arg(0), arg(1)) == 1


def f_ge(arg: Any, _: int) -> Any:
    return order(arg(0), arg(1)) != -1


def f_in(arg: Any, count: int) -> Any:
    left = arg(0)
    return any(equal(left, arg(place)) for place in range(1, count))


def f_notin(arg: Any, count: int) -> Any:
    return not f_in(arg, count)


def f_contains(arg: Any, _: int) -> Any:
    part, whole = fold(text(arg(1))), fold(text(arg(0)))
    return any(whole[place : place + len(part)] == part for place in range(len(whole) + 1))


def f_startswith(arg: Any, _: int) -> Any:
    whole, part = fold(text(arg(0))), fold(text(arg(1)))
    return whole[: len(part)] == part


def f_endswith(arg: Any, _: int) -> Any:
    whole, part = fold(text(arg(0))), fold(text(arg(1)))
    return part == "" or whole[-len(part) :] == part


def f_containsvalue(arg: Any, _: int) -> Any:
    collection = arg(0)
    if not is_collection(collection):
        return False
    right = arg(1)
    return any(equal(right, child) for child in children(collection))


def f_coalesce(arg: Any, count: int) -> Any:
    value = None
    for place in range(count):
        value = arg(place)
        if value is not None and not (isinstance(value, str) and value == ""):
            return value
    return value


def f_iif(arg: Any, _: int) -> Any:
    condition, yes, no = truth(arg(0)), arg(1), arg(2)
    return yes if condition else no


def f_lower(arg: Any, _: int) -> Any:
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text(arg(0)))


def f_upper(arg: Any, _: int) -> Any:
    return "".join(
        up if len(up := letter.upper()) == 1 and letter not in "\u0131\u017f" else letter for letter in text(arg(0))
    )


def f_trim(arg: Any, _: int) -> Any:
    given = text(arg(0))
    while given and given[0].isspace():
        given = given[1:]
    while given and given[-1].isspace():
        given = given[:-1]
    return given


def f_length(arg: Any, _: int) -> Any:
    value = arg(0)
    if isinstance(value, str):
        return Decimal(sum(2 if ord(letter) > 0xFFFF else 1 for letter in value))
    if not is_collection(value):
        raise WrongError("it has no length")
    return Decimal(len(children(value)))


def f_replace(arg: Any, _: int) -> Any:
    given, old, new = text(arg(0)), text(arg(1)), text(arg(2))
    result = ""
    while given:
        if old and given.startswith(old):
            result, given = result + new, given[len(old) :]
        else:
            result, given = result + given[0], given[1:]
    return result


def f_split(arg: Any, _: int) -> Any:
    given, separator = text(arg(0)), text(arg(1))
    found = [""]
    while given:
        if separator and given.startswith(separator):
            found, given = [*found, ""], given[len(separator) :]
        else:
            found[-1], given = found[-1] + given[0], given[1:]
    return found


def f_join(arg: Any, _: int) -> Any:
    items = arg(1)
    if not isinstance(items, list):
        return "" if is_collection(items) else text(items)
    result = ""
    for place, item in enumerate(items):
        if place:
            result += text(arg(0))
        result += "" if is_collection(item) else text(item)
    return result


def f_substring(arg: Any, _: int) -> Any:
    given, start, length = text(arg(0)), int(must(number(arg(1)))), int(must(number(arg(2))))
    if start < 0 or length < 0 or start + length > len(given):
        raise WrongError("outside")
    return given[start : start + length]


def f_format(arg: Any, count: int) -> Any:
    pieces = template(text(arg(0)), count - 1)
    return "".join(piece if isinstance(piece, str) else argument(arg(piece[0] + 1), piece[1]) for piece in pieces)


def argument(value: Any, specifiers: str) -> str:
    if not specifiers:
        return text(value)
    text(value)
    if not isinstance(value, datetime):
        raise WrongError("no date")
    return date_text(value, specifiers)


def f_converttojson(arg: Any, _: int) -> Any:
    return json_text(arg(0), "")


def json_text(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, Folding):
        value = value.members
    if isinstance(value, dict):
        rows = [f"{inner}{quoted(key)}: {json_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}" if rows else "{}"
    if isinstance(value, list):
        rows = [inner + json_text(item, inner) for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]" if rows else "[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, Decimal) else quoted(text(value))
