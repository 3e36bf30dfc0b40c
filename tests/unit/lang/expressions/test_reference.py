"""The engine against a slow and obvious evaluator that was written apart from it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivetrain.lang.expressions import Context, ExpressionError, evaluate, parse
from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.values import Caseless, FilteredArray, Required, Version
from tests.unit.lang.expressions import reference
from tests.unit.lang.expressions.reference import Folding
from tests.unit.lang.expressions.reference_text import WrongError

Tree = Any
ARITIES = {
    "and": (2, 4), "or": (2, 4), "xor": (2, 2), "not": (1, 1), "eq": (2, 2), "ne": (2, 2), "lt": (2, 2), "le": (2, 2),
    "gt": (2, 2), "ge": (2, 2), "in": (2, 4), "notIn": (2, 4), "contains": (2, 2), "containsValue": (2, 2),
    "startsWith": (2, 2), "endsWith": (2, 2), "coalesce": (2, 4), "format": (1, 4), "join": (2, 2), "split": (2, 2),
    "replace": (3, 3), "lower": (1, 1), "upper": (1, 1), "trim": (1, 1), "length": (1, 1), "substring": (3, 3),
    "iif": (3, 3), "convertToJson": (1, 1),
}  # fmt: skip

keys = st.sampled_from(["a", "A", "b", "id", "Id", "1", "a.b", "é", "É", "x y"])
texts = st.one_of(
    st.sampled_from(
        ["", "a", "A", "aB", "ab,cd,,", ",", "1", "1.0", " 2 ", "-1", "1,000.5", "1.2", "1.2.3", "True", "false", "é",
         "É", "ß", "SS", "\u0131", "I", "😀", "\ufb01", "it's", "{0}", "{{0}}", "{1}-{0}", "{0:yyyyMMdd}", "{0:M/d}",
         "{0:HH mm}", "{", "}", 'a\n"b\\', "\u2028", " \t"]
    ),
    st.text("ab,AB {}01.'-:yM", max_size=6),
)  # fmt: skip
numbers = st.one_of(
    st.integers(-3, 12).map(Decimal),
    st.sampled_from([Decimal("0.5"), Decimal("1.2"), Decimal("-0.00000005"), Decimal("1000.5"), Decimal("1.10")]),
)
moments = st.just(datetime(2024, 1, 31, 8, 5, 9, 120_000, tzinfo=UTC))
simple = st.one_of(st.none(), st.booleans(), numbers, texts, moments)
values = st.recursive(
    simple, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)), max_leaves=8
)


def caseless(members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects in which no two keys are one when case is ignored."""
    unique = st.lists(st.tuples(keys, members), max_size=5, unique_by=lambda entry: reference.fold(entry[0]))
    return unique.map(dict)


contexts = st.fixed_dictionaries(
    {"variables": caseless(texts), "parameters": caseless(values), "item": values, "list": st.lists(values, max_size=4)}
)
versions = st.sampled_from([(1, 2, 3), (1, 2, 0), (1, 10, 0), (1, 2, 3, 4)])
literals = st.one_of(st.booleans(), numbers.filter(lambda number: f"{number:f}" != "-0"), texts, versions)
names = st.sampled_from(["variables", "VARIABLES", "parameters", "item", "list"])
dots = st.sampled_from(["a", "A", "id", "true", "missing"])


def trees(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    links = st.one_of(st.tuples(st.just("at"), inner), st.tuples(st.just("dot"), dots), st.tuples(st.just("star")))
    looked = st.one_of(names.map(lambda name: ("name", name)), calls(inner))
    return st.one_of(calls(inner), st.tuples(st.just("look"), looked, st.lists(links, min_size=1, max_size=3)))


def calls(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    def call(name: str) -> st.SearchStrategy[Tree]:
        least, most = ARITIES[name]
        return st.tuples(st.just("call"), st.just(name), st.lists(inner, min_size=least, max_size=most))

    return st.sampled_from(sorted(ARITIES)).flatmap(call)


leaves = st.one_of(
    literals.map(lambda value: ("value", value)),
    names.map(lambda name: ("name", name)),
    st.tuples(st.just("look"), names.map(lambda name: ("name", name)), st.tuples(st.tuples(st.just("dot"), dots))),
)
anything = st.recursive(leaves, trees, max_leaves=10)


def rendered(tree: Tree) -> str:
    """The tree as the text of an expression."""
    if tree[0] == "value":
        return literal(tree[1])
    if tree[0] == "name":
        return str(tree[1])
    if tree[0] == "look":
        return rendered(tree[1]) + "".join(map(link, tree[2]))
    return f"{tree[1]}({', '.join(map(rendered, tree[2]))})"


def link(given: Any) -> str:
    if given[0] == "star":
        return ".*"
    return f".{given[1]}" if given[0] == "dot" else f"[{rendered(given[1])}]"


def literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, tuple):
        return ".".join(map(str, value))
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def of_engine(text: str, given: dict[str, Any]) -> Any:
    context = Context({**given, "variables": Caseless(given["variables"]), "parameters": Required(given["parameters"])})
    try:
        return plain(evaluate(parse(text), context))
    except ExpressionError as error:
        return WrongError if 0 <= error.position <= len(text) else error


def of_reference(tree: Tree, given: dict[str, Any]) -> Any:
    folding = {"variables": Folding(given["variables"]), "parameters": Folding(given["parameters"], strict=True)}
    try:
        return plain(reference.evaluate(tree, {**given, **folding}))
    except WrongError:
        return WrongError


def plain(value: Any) -> Any:
    """A value in which what is equal has the same type."""
    if isinstance(value, Version):
        return "version", value.parts
    if isinstance(value, Folding):
        return "object", {key: plain(item) for key, item in value.members.items()}
    if isinstance(value, tuple):
        return "version", value
    if isinstance(value, dict | Caseless):
        return "object", {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | FilteredArray):
        return [plain(item) for item in value]
    return type(value).__name__, value


@settings(max_examples=400)
@given(anything, contexts)
def test_any_expression_over_any_context_gives_what_the_reference_gives(tree: Tree, given: dict[str, Any]) -> None:
    assert of_engine(rendered(tree), given) == of_reference(tree, given)


def test_the_reference_knows_every_function() -> None:
    assert set(ARITIES) == set(FUNCTIONS)
    assert all(hasattr(reference, f"f_{name.lower()}") for name in FUNCTIONS)


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        (("call", "format", [("value", "{1}{0}"), ("value", "a"), ("value", Decimal("1.50"))]), "1.5a"),
        (("call", "eq", [("value", "é"), ("value", "É")]), True),
        (("look", ("name", "item"), [("star",), ("dot", "id")]), [Decimal(1), ""]),
        (("call", "lt", [("value", (1, 2, 0)), ("value", "1.3")]), True),
    ],
)
def test_the_reference_itself_gives_what_azure_gives(tree: Tree, value: object) -> None:
    item = {"x": {"id": Decimal(1)}, "y": {"name": "n"}, "z": {"id": ""}}
    assert reference.evaluate(tree, {"item": item}) == value
