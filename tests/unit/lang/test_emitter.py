from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import Position
from drivetrain.lang.tree import Mapping, Node, Scalar, Sequence
from drivetrain.lang.yaml import read, write

AT = Position("f", 1, 1)


def bare(node: Node) -> object:
    """The node without positions and styles; an empty plain scalar (null) and '' stay two things."""
    match node:
        case Scalar():
            return node.value if node.value or node.style != "plain" else None
        case Sequence():
            return [bare(item) for item in node.items]
        case Mapping():
            return ("mapping", [(key.value, bare(value)) for key, value in node.entries])


words = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(alphabet=" -:#'\"\n\t|>[]{},&*!%@`$()?<~.ab1\u2028\x85\r\\", max_size=12),
    st.sampled_from(
        ["", "---", "...", "<<", "- a", "a: b", "a #b", "true", "3.10", "x\n  y\n\n", "\n", "a\n\n\n", "?"]
    ),
)
STYLES = ["plain", "quoted", "block", "folded", "text", "value"]
scalars = st.builds(Scalar, words, st.just(AT), st.sampled_from(STYLES))
keys = st.builds(Scalar, words, st.just(AT), st.sampled_from(["plain", "quoted"]))


def collections(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    entries = st.lists(st.tuples(keys, children), max_size=4, unique_by=lambda entry: entry[0].value)
    return st.one_of(
        st.builds(Sequence, st.lists(children, max_size=4).map(tuple), st.just(AT)),
        st.builds(Mapping, entries.map(tuple), st.just(AT)),
    )


nodes: st.SearchStrategy[Node] = st.recursive(scalars, collections, max_leaves=12)


@given(collections(nodes))
def test_what_is_written_reads_back_as_the_same(node: Node) -> None:
    assert bare(read(write(node), file="f")) == bare(node)


@given(scalars.filter(lambda scalar: scalar.value != ""))
def test_a_lone_scalar_reads_back_as_the_same(node: Scalar) -> None:
    assert bare(read(write(node), file="f")) == node.value


@given(collections(nodes))
def test_writing_twice_gives_the_same_text(node: Node) -> None:
    once = write(read(write(node), file="f"))
    assert write(read(once, file="f")) == once


def test_a_pipeline_is_written_as_one_would_write_it() -> None:
    text = """\
trigger: none
steps:
- script: |
    echo one

      two
  displayName: 'it''s: #1'
- task: UsePythonVersion@0
  inputs:
    versionSpec: '3.10'
    empty:
- ${{ if eq(parameters.a, 'b') }}:
  - bash: |-
      x
      y
pool: {}
demands: []
"""
    assert write(read(text, file="f")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\tb", '"a\\tb"'), ("\x00", '"\\u0000"'), (" a", "' a'"), ("a:", "'a:'"), ("\U000e0001", '"\\U000E0001"')],
)
def test_what_cannot_stand_plain_is_quoted(value: str, text: str) -> None:
    assert write(Scalar(value, AT)) == f"{text}\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # What an expression gave has no quotes of its own, and is folded: the breaks between its lines are doubled.
        ("a b", "a b"),
        ("'a", "'''a'"),
        ("True", "True"),
        ("0.25", "'0.25'"),
        ("-0.25", "-0.25"),
        ("007", "007"),
        ("\\a", "'\\a'"),
        ("a\nb\n", ">\n  a\n\n  b"),
        ("a\nb", ">-\n  a\n\n  b"),
        ("{\n  x\n}", ">-\n  {\n    x\n  }"),
        ("a\n\nb\n\n", ">+\n  a\n\n\n  b\n"),
        ("a \nb", '"a \\nb"'),
    ],
)
def test_what_an_expression_gave_is_written_as_azure_does(value: str, text: str) -> None:
    assert write(Scalar(value, AT, "text")) == f"{text}\n"
    assert bare(read(write(Scalar(value, AT, "text")), file="f")) == value


@pytest.mark.parametrize(
    "text", ["a: |\n  b\n  c\n", "a: >\n  b\n\n  c\n", "a: >-\n  b\n   c\n\n   d\n  e\n", "a: 0.25\n"]
)
def test_a_scalar_keeps_the_style_that_it_is_written_in(text: str) -> None:
    assert write(read(text, file="f")) == text


def test_a_key_too_long_for_one_line_is_written_with_a_question_mark() -> None:
    node = Mapping(((Scalar("k" * 1100, AT), Scalar("v", AT)),), AT)
    assert write(node).startswith("? kkk")
    assert bare(read(write(node), file="f")) == bare(node)
