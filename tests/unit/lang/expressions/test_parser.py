"""The grammar: https://learn.microsoft.com/azure/devops/pipelines/process/expressions#literals and #variables"""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivetrain.lang.expressions import ExpressionError, functions_used, names_used, parse, references
from drivetrain.lang.expressions.nodes import Access, Call, Constant, Index, Named, Wildcard
from drivetrain.lang.expressions.trace import written
from drivetrain.lang.values import Value, Version

LEGAL = {"functions": {"always": (0, 0), "failed": (0, None), "counter": (0, 2)}, "names": ("variables", "parameters")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("TRUE", True), ("False", False),
        ("0", Decimal(0)), ("-1.20", Decimal("-1.2")), (".5", Decimal("0.5")), ("-.5", Decimal("-0.5")),
        ("12.", Decimal(12)), ("''", ""), ("'a b'", "a b"), ("'it''s'", "it's"), ("''''", "'"), ("'\"'", '"'),
        ("'a\nb'", "a\nb"), ("1.2.3", Version((1, 2, 3))), ("1.2.3.4", Version((1, 2, 3, 4))), (" \n 1\t", Decimal(1)),
    ],
)  # fmt: skip
def test_a_literal_is_its_value(text: str, value: Value) -> None:
    root = parse(text).root
    assert isinstance(root, Constant)
    assert root.value == value
    assert type(root.value) is type(value)


def test_an_empty_text_has_no_root() -> None:
    assert parse(" \n").root is None


def test_names_and_brackets_are_the_same_access() -> None:
    assert parse("a.b").root == Access(Named("a", 0), (Index(Constant("b", 2), 2),))
    assert parse("a['b']").root == Access(Named("a", 0), (Index(Constant("b", 2), 2),))


def test_stars_follow_a_dot_or_stand_in_brackets() -> None:
    assert parse("a.*").root == Access(Named("a", 0), (Wildcard(2),))
    assert parse("a[*].x").root == Access(Named("a", 0), (Wildcard(2), Index(Constant("x", 5), 5)))


def test_a_call_may_be_looked_into() -> None:
    root = parse("split('a', ',')[0]").root
    assert isinstance(root, Access)
    assert isinstance(root.base, Call)
    assert root.position == 0


def test_a_keyword_after_a_dot_is_a_property_whatever_it_means_elsewhere() -> None:
    root = parse("variables.true.eq.null").root
    assert root is not None
    assert written(root) == "variables['true']['eq']['null']"


@pytest.mark.parametrize(
    "text", ["EQ(1, 1)", "Always()", "VARIABLES.x", "NotIn(1, 2)", "failed('a', 'b')", "eq (1, 1)"]
)
def test_names_of_functions_and_contexts_ignore_case(text: str) -> None:
    assert parse(text, functions=LEGAL["functions"], names=LEGAL["names"]).root is not None


def test_without_a_list_any_function_and_any_name_is_accepted() -> None:
    assert parse("whatever(some.thing, 1)").root is not None
    assert parse("foo()", functions=["foo"]).root is not None
    assert parse("foo() ", names=["bar"]).root is not None


def test_split_is_legal_only_where_it_is_listed() -> None:
    assert parse("split('a', ',')[0]", functions={"split": (2, 2)}).root is not None
    with pytest.raises(ExpressionError, match="Unrecognized value: 'split'") as caught:
        parse("split('a', ',')[0]", functions={}, names=())
    assert caught.value.hint == ""


def test_nesting_just_below_the_limit_is_accepted_and_chains_have_none() -> None:
    assert parse("not(" * 49 + "1" + ")" * 49).root is not None
    assert parse("variables" + ".a" * 5_000).root is not None
    assert parse("variables" + "['a']" * 4_000).root is not None


pieces = st.sampled_from(
    ["eq", "(", ")", "[", "]", ",", ".", "*", "'a'", "''", "1", "-", ".5", "true", " ", "a", "variables", "==", ".*"]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_what_a_trace_writes_parses_to_the_same(text: str) -> None:
    try:
        root = parse(text).root
    except ExpressionError:
        return
    # A star is traced as `['*']`, and a version as `v1.2.3`, as Azure does; these are not written so.
    assume("*" not in text and not re.search(r"\d\.\d+\.\d", text))
    if root:
        again = parse(written(root)).root
        assert again is not None
        assert written(again) == written(root)


def test_references_are_the_dotted_paths_up_to_what_is_computed() -> None:
    text = "and(eq(variables.x, a['b.c'].d), in(v[variables['k']].z, w.*.id, s[0].t), always(), split(q.r, ',')[0])"
    assert names_used(parse(text)) == {
        ("variables", "x"), ("a", "b.c", "d"), ("v",), ("variables", "k"), ("w",), ("s",), ("q", "r"),
    }  # fmt: skip
    assert functions_used(parse(text)) == {"and", "eq", "in", "always", "split"}


def test_a_reference_knows_where_it_begins() -> None:
    first, second = references(parse("eq(variables.x, dependencies.A.outputs['s.v'])"))
    assert (first.path, first.position) == (("variables", "x"), 3)
    assert (second.path, second.position) == (("dependencies", "A", "outputs", "s.v"), 16)
    assert references(parse("")) == ()
