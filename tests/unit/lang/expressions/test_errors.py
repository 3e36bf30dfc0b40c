"""What is wrong is said in the words of Azure Pipelines.

The service parses `${{ }}` twice: once for its syntax, when every word is accepted, and once more with the words that
are legal. Conditions and `$[ ]` are parsed once, so that there an unknown word is told before what follows it. The
expression is told without the blanks around it, and the position counts from 1.
https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.lang.expressions import Context, ExpressionError, evaluate, parse
from drivetrain.lang.expressions.trace import written

FUNCTIONS = {"always": (0, 0), "failed": (0, None), "counter": (0, 2)}
NAMES = ("variables", "parameters")
HERE = "Located at position"

ERRORS = [
    # words that mean nothing: contexts, functions, and what looks like a value
    ("foo", f"Unrecognized value: 'foo'. {HERE} 1 within expression: 'foo'.", 0, "variables"),
    ("foo()", f"Unrecognized value: 'foo'. {HERE} 1 within expression: 'foo()'.", 0, ""),
    ("eq(1, varables.x)", f"Unrecognized value: 'varables'. {HERE} 7", 6, "did you mean variables?"),
    ("equals(1, 2)", f"Unrecognized value: 'equals'. {HERE} 1", 0, ""),
    ("startwith('a', 'b')", f"Unrecognized value: 'startwith'. {HERE} 1", 0, "did you mean startsWith?"),
    ("null", f"Unrecognized value: 'null'. {HERE} 1 within expression: 'null'.", 0, "no null to write"),
    ("eq(NULL, '')", f"Unrecognized value: 'NULL'. {HERE} 4 within expression: 'eq(NULL, '')'.", 3, ""),
    ("NaN", f"Unrecognized value: 'NaN'. {HERE} 1", 0, ""),
    ("Infinity", f"Unrecognized value: 'Infinity'. {HERE} 1", 0, ""),
    ("+1", f"Unrecognized value: '+1'. {HERE} 1", 0, ""),
    ("!true", f"Unrecognized value: '!true'. {HERE} 1", 0, ""),
    ("!eq(1, 1)", f"Unrecognized value: '!eq'. {HERE} 1", 0, ""),
    ("'abc", f"Unrecognized value: ''abc'. {HERE} 1", 0, "close the string"),
    ("'a''", f"Unrecognized value: ''a'''. {HERE} 1", 0, "close the string"),
    ('"a"', f"Unrecognized value: '\"a\"'. {HERE} 1", 0, "single quotes"),
    ("1.2.3.4.5", f"Unrecognized value: '1.2.3.4.5'. {HERE} 1", 0, ""),
    ("-1.2.3", f"Unrecognized value: '-1.2.3'. {HERE} 1", 0, ""),
    ("1..2", f"Unrecognized value: '1..2'. {HERE} 1", 0, ""),
    ("1a", f"Unrecognized value: '1a'. {HERE} 1", 0, ""),
    ("-", f"Unrecognized value: '-'. {HERE} 1", 0, ""),
    ("0x1F", f"Unrecognized value: '0x1F'. {HERE} 1", 0, ""),
    ("1e3", f"Unrecognized value: '1e3'. {HERE} 1", 0, ""),
    ("9" * 40, "Unrecognized value: '" + "9" * 40, 0, ""),
    ("a-b", f"Unrecognized value: 'a-b'. {HERE} 1", 0, ""),
    ("$(x)", f"Unrecognized value: '$'. {HERE} 1", 0, ""),
    # functions
    ("eq", f"Expected '(' to follow a function: 'eq'. {HERE} 1 within expression: 'eq'.", 0, ""),
    ("always", f"Expected '(' to follow a function: 'always'. {HERE} 1", 0, ""),
    ("eq 1", f"Expected '(' to follow a function: 'eq'. {HERE} 1", 0, ""),
    ("eq(1)", f"Unexpected symbol: ')'. {HERE} 5 within expression: 'eq(1)'.", 4, "eq takes 2 arguments"),
    ("eq()", f"Unexpected symbol: ')'. {HERE} 4", 3, "eq takes 2 arguments"),
    ("eq(1, 2, 3)", f"Unexpected symbol: ','. {HERE} 8", 7, "eq takes 2 arguments"),
    ("in('a')", f"Unexpected symbol: ')'. {HERE} 7", 6, "in takes 2 or more arguments"),
    ("iif(true)", f"Unexpected symbol: ')'. {HERE} 9", 8, "iif takes 3 arguments"),
    ("not(1, 2)", f"Unexpected symbol: ','. {HERE} 6", 5, "not takes 1 argument"),
    ("always('A')", f"Unexpected symbol: ')'. {HERE} 11", 10, "always takes 0 arguments"),
    ("counter('p', 7, 1)", f"Unexpected symbol: ','. {HERE} 15", 14, "counter takes 0 to 2 arguments"),
    ("or(true,)", f"Unexpected symbol: ')'. {HERE} 9", 8, ""),
    ("or(,true)", f"Unexpected symbol: ','. {HERE} 4", 3, ""),
    ("or(true true)", f"Unexpected symbol: 'true'. {HERE} 9", 8, ""),
    ("coalesce(variables.x, [])", f"Unexpected symbol: '['. {HERE} 23", 22, ""),
    ("eq(1, 2", f"Unclosed function: 'eq'. {HERE} 1 within expression: 'eq(1, 2'.", 0, "missing )"),
    ("eq(1,", f"Unclosed function: 'eq'. {HERE} 1", 0, "missing )"),
    ("eq(1, not(", f"Unclosed function: 'not'. {HERE} 7", 6, "missing )"),
    ("eq(1, 2))", f"Unexpected symbol: ')'. {HERE} 9", 8, ""),
    # what stands where it cannot
    ("(true)", f"Unexpected symbol: '('. {HERE} 1", 0, ""),
    ("variables()", f"Unexpected symbol: '('. {HERE} 10", 9, ""),
    ("*", f"Unexpected symbol: '*'. {HERE} 1", 0, ""),
    ("]", f"Unexpected symbol: ']'. {HERE} 1", 0, ""),
    ("1 2", f"Unexpected symbol: '2'. {HERE} 3 within expression: '1 2'.", 2, ""),
    ("'a'.b", f"Unexpected symbol: '.'. {HERE} 4", 3, ""),
    ("'a' 'b'", f"Unexpected symbol: ''b''. {HERE} 5", 4, ""),
    ("true variables", f"Unexpected symbol: 'variables'. {HERE} 6", 5, ""),
    ("1e3 2", f"Unrecognized value: '1e3'. {HERE} 1", 0, ""),
    ("eq(1) 2", f"Unexpected symbol: ')'. {HERE} 5", 4, ""),
    # members
    ("variables..x", f"Unexpected symbol: '.'. {HERE} 11", 10, ""),
    ("variables.1", f"Unexpected symbol: '1'. {HERE} 11", 10, ""),
    ("variables.9num", f"Unexpected symbol: '9num'. {HERE} 11", 10, ""),
    ("variables.a-b", f"Unexpected symbol: 'a-b'. {HERE} 11", 10, "['a-b']"),
    ("variables.", f"Expected a property name to follow the dereference operator '.': '.'. {HERE} 10", 9, ""),
    ("variables[]", f"Unexpected symbol: ']'. {HERE} 11", 10, ""),
    ("variables[1,2]", f"Unexpected symbol: ','. {HERE} 12", 11, ""),
    ("variables['a' 'b']", f"Unexpected symbol: ''b''. {HERE} 15", 14, ""),
    ("variables['a'", f"Unclosed indexer: '['. {HERE} 10", 9, "missing ]"),
    ("variables[", f"Unclosed indexer: '['. {HERE} 10", 9, "missing ]"),
    ("variables['a')", f"Unexpected symbol: ')'. {HERE} 14", 13, ""),
    # limits
    ("not(" * 50 + "1" + ")" * 50, "Exceeded max expression depth 50.", 0, ""),
    ("'" + "a" * 21_000 + "'", "Exceeded max expression length 21000.", 0, ""),
    # blanks around the expression do not count
    ("  null\n", f"Unrecognized value: 'null'. {HERE} 1 within expression: 'null'.", 2, ""),
    ("\n  eq(1)\n", f"Unexpected symbol: ')'. {HERE} 5 within expression: 'eq(1)'.", 7, ""),
]
TWICE = [
    # expression, in `${{ }}`, elsewhere
    ("1 == 2", ("Unexpected symbol: '=='", 2), ("Unrecognized value: '=='", 2)),
    ("1 != 2", ("Unexpected symbol: '!='", 2), ("Unrecognized value: '!='", 2)),
    ("true && false", ("Unexpected symbol: '&&'", 5), ("Unrecognized value: '&&'", 5)),
    ("! true", ("Unexpected symbol: 'true'", 2), ("Unrecognized value: '!'", 0)),
    ("1 !", ("Unexpected symbol: '!'", 2), ("Unrecognized value: '!'", 2)),
    ('"double" 2', ("Unexpected symbol: '2'", 9), ("Unrecognized value: '\"double\"'", 0)),
    ("foo 2", ("Unexpected symbol: '2'", 4), ("Unrecognized value: 'foo'", 0)),
    ("foo(1) 2", ("Unexpected symbol: '2'", 7), ("Unrecognized value: 'foo'", 0)),
    ("eq(foo, 1", ("Unclosed function: 'eq'", 0), ("Unrecognized value: 'foo'", 3)),
    ("foo[", ("Unclosed indexer: '['", 3), ("Unrecognized value: 'foo'", 0)),
    ("foo.", ("Expected a property name", 3), ("Unrecognized value: 'foo'", 0)),
    ("always(1)", ("Unexpected symbol: ')'", 8), ("Unexpected symbol: ')'", 8)),
    ("foo.a", ("Unrecognized value: 'foo'", 0), ("Unrecognized value: 'foo'", 0)),
]


def error(text: str, *, template: bool = False) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(text, functions=FUNCTIONS, names=NAMES, template=template)
    return caught.value


@pytest.mark.parametrize(("text", "message", "position", "hint"), ERRORS, ids=[text[:20] for text, *_ in ERRORS])
def test_an_error_says_what_is_wrong_and_where(text: str, message: str, position: int, hint: str) -> None:
    for found in (error(text), error(text, template=True)):
        assert found.message.startswith(message)
        assert found.position == position
        assert hint in found.hint


@pytest.mark.parametrize(("text", "template", "elsewhere"), TWICE, ids=[text for text, *_ in TWICE])
def test_templates_tell_a_wrong_syntax_before_an_unknown_word(
    text: str, template: tuple[str, int], elsewhere: tuple[str, int]
) -> None:
    for found, (message, position) in ((error(text, template=True), template), (error(text), elsewhere)):
        assert found.message.startswith(f"{message}{'' if message.startswith('Expected') else '.'}")
        assert found.position == position


def test_operators_are_explained_wherever_they_are_met() -> None:
    assert "write eq(a, b)" in error("1 == 2").hint
    assert "write eq(a, b)" in error("1 == 2", template=True).hint


pieces = st.sampled_from(
    ["eq", "(", ")", "[", "]", ",", ".", "*", "'a'", "''", "'", "1", "1.2.3", "-", ".5", "true", "null", " ", "a",
     "variables", "==", "!", "format", "{0}", "\n", "join", "convertToJson", "length"]
)  # fmt: skip
soup = st.one_of(st.text(), st.lists(pieces, max_size=40).map("".join))


def outcome(text: str, *, template: bool = False) -> str | ExpressionError:
    """The expression as traces write it, or the error."""
    try:
        root = parse(text, functions={}, names={"a", "variables"}, template=template).root
    except ExpressionError as caught:
        return caught
    return written(root) if root else ""


@given(soup, st.booleans())
def test_any_text_parses_or_is_an_error_with_a_place_in_the_text(text: str, template: bool) -> None:  # noqa: FBT001
    found = outcome(text, template=template)
    if isinstance(found, ExpressionError):
        assert 0 <= found.position <= len(text)
    else:
        assert bool(found) == bool(text.strip())


@given(soup)
def test_a_template_accepts_what_any_other_place_accepts(text: str) -> None:
    assert isinstance(outcome(text), str) == isinstance(outcome(text, template=True), str)


calls = st.recursive(
    st.sampled_from(["'a'", "'{0}'", "''", "1", "-1.5", "1.2.3", "true", "a", "variables.x", "a.*", "variables"]),
    lambda inner: st.builds(
        lambda name, arguments: f"{name}({', '.join(arguments)})",
        st.sampled_from(["eq", "lt", "format", "join", "split", "length", "substring", "iif", "convertToJson", "in"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)


@given(calls, st.sampled_from([None, "x", ["x", ["y"]], {"x": "y"}, True]))
def test_an_evaluation_fails_with_a_place_in_the_text_or_not_at_all(text: str, value: object) -> None:
    context = Context({"a": value, "variables": {"x": value}})  # type: ignore[dict-item]
    position = 0
    try:
        evaluate(parse(text), context)
    except ExpressionError as caught:
        position = caught.position
    assert 0 <= position <= len(text)
