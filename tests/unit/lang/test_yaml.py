from __future__ import annotations

import pytest

from drivetrain.errors import DefinitionError, Position
from drivetrain.lang.tree import Mapping, Node, Scalar, Sequence
from drivetrain.lang.yaml import Limits, read

FILE = "azure-pipelines.yml"


def get(node: Node | None, *path: str | int) -> Node:
    for step in path:
        if isinstance(step, int):
            assert isinstance(node, Sequence)
            node = node.items[step]
        else:
            assert isinstance(node, Mapping)
            node = node.get(step)
    assert node is not None
    return node


def scalar(node: Node | None, *path: str | int) -> Scalar:
    found = get(node, *path)
    assert isinstance(found, Scalar)
    return found


def place(at: Position) -> tuple[int, int]:
    return (at.line, at.column)


@pytest.mark.parametrize(
    ("text", "value", "style"),
    [
        ("a: 3.10", "3.10", "plain"),
        ("a: true", "true", "plain"),
        ("a: 0x1F", "0x1F", "plain"),
        ("a: 2024-01-01", "2024-01-01", "plain"),
        ("a: ~", "~", "plain"),
        ("a:", "", "plain"),
        ("a: ''", "", "quoted"),
        ("a: 'it''s'", "it's", "quoted"),
        (r'a: "x\ty"', "x\ty", "quoted"),
        ("a: !!int 3", "3", "plain"),
        ("a: ${{ parameters.x }}", "${{ parameters.x }}", "plain"),
        ("a: |\n  x\n   y\n", "x\n y\n", "block"),
        ("a: |-\n  x\n", "x", "block"),
        ("a: >\n  x\n  y\n", "x y\n", "folded"),
    ],
)
def test_every_scalar_is_the_text_that_was_written(text: str, value: str, style: str) -> None:
    found = scalar(read(text, file=FILE), "a")
    assert (found.value, found.style) == (value, style)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\n\n", "\ufeff"])
def test_an_empty_document_is_an_empty_mapping(text: str) -> None:
    assert read(text, file=FILE) == Mapping((), Position(FILE, 1, 1))


def test_keys_and_values_know_where_they_stand() -> None:
    node = read("steps:\n- script: echo\n  name: 'x'\n", file=FILE)
    assert place(get(node, "steps").position) == (2, 1)
    assert place(get(node, "steps", 0).position) == (2, 3)
    assert place(scalar(node, "steps", 0, "script").position) == (2, 11)
    assert place(scalar(node, "steps", 0, "name").position) == (3, 10)


def test_a_byte_order_mark_does_not_shift_columns() -> None:
    node = read("\ufeffa: b", file=FILE)
    assert place(scalar(node, "a").position) == (1, 4)


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("a: one two", "two", (1, 8)),
        ("a: 'one two'", "two", (1, 9)),
        ("a: 'eq(''x'', two)'", "two", (1, 15)),
        ("a: |\n    one\n      two\n", "two", (3, 7)),
        ("a: |\n  one\n\n  two", "two", (4, 3)),
        ("a: >-\n  one\n  two\n\n  three\n", "three", (5, 3)),
        ("a: one\n   two\n", "two", (2, 4)),
        ('a: "one\n  two" # two\n', "two", (2, 3)),
        ("a:\n- b: |\n    one\r\n    two\r\n", "two", (4, 5)),
    ],
)
def test_a_place_inside_a_scalar_is_found_in_the_file(text: str, word: str, expected: tuple[int, int]) -> None:
    node = read(text, file=FILE)
    found = get(node, "a")
    if isinstance(found, Sequence):
        found = get(found, 0, "b")
    assert isinstance(found, Scalar)
    assert place(found.position_at(found.value.index(word))) == expected


def test_a_block_scalar_begins_at_its_text() -> None:
    assert place(scalar(read("a: |\n\n    x\n", file=FILE), "a").position) == (3, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: x", (1, 4)),
        ("a: 'x'", (1, 4)),
        ('a: "x"', (1, 4)),
        ("a:   |\n  x\n", (1, 6)),
        ("a: >-\n\n  x\n", (1, 4)),
        ("b: 1\na:\n", (2, 3)),
    ],
)
def test_a_scalar_starts_with_its_quote_or_the_sign_of_its_block(text: str, expected: tuple[int, int]) -> None:
    assert place(scalar(read(text, file=FILE), "a").start) == expected


def test_an_empty_block_scalar_still_has_a_place() -> None:
    assert place(scalar(read("a: |\nb: 1\n", file=FILE), "a").position_at(0)) == (2, 1)


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "code"),
    [
        ("a: b: c", 1, 5, "Mapping values are not allowed in this context.", "yaml-syntax"),
        ("a:\n\tb: c", 2, 1, "a tab cannot be used to indent", "tab"),
        ("a:\n  b: 1\n \tc: 2", 3, 2, "a tab cannot be used to indent", "tab"),
        ("a: &x 1", 1, 4, "Anchors are not currently supported. Remove the anchor 'x'", "anchor"),
        ("a: *x", 1, 4, "Anchors are not currently supported. Remove the anchor 'x'", "anchor"),
        ("- a\n- &y {b: c}", 2, 3, "Anchors are not currently supported. Remove the anchor 'y'", "anchor"),
        ("<<: x", 1, 1, "merge keys (<<) are not supported", "anchor"),
        ("a: 1\nb: 2\na: 3", 3, 1, "'a' is already defined", "duplicate-key"),
        ("a\n---\nb", 2, 1, "Expected stream end parse event", "documents"),
        ("? [a]\n: 1", 1, 3, "a key must be a word", "key"),
        ("?\n: 1", 1, 2, "a key is missing before the colon", "key"),
        ("a: !secret b", 1, 4, "the tag !secret is not supported", "tag"),
        ("a: !!python/object:os.system {}", 1, 4, "the tag !!python/object:os.system is not supported", "tag"),
        ("a: [1, 2", 2, 1, "did not find expected ',' or ']'", "yaml-syntax"),
        ("a:\n  b: 1\n c: 2", 3, 2, "While parsing a block mapping, did not find expected key.", "yaml-syntax"),
        ("a: 'x", 1, 6, "found unexpected end of stream", "yaml-syntax"),
        ("a: @x", 1, 4, "found character that cannot start any token", "yaml-syntax"),
        ("a: 1\nb: \x07", 2, 4, "the character U+0007 is not allowed", "yaml-syntax"),
        ("a: \ud800", 1, 4, "the character U+D800 is not allowed", "yaml-syntax"),
        ("%FOO\n---\n", 1, 5, "unknown directive", "yaml-syntax"),
    ],
)
def test_a_bad_file_is_one_problem_at_its_place(text: str, line: int, column: int, message: str, code: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(text, file=FILE)
    (problem,) = caught.value.problems
    assert (problem.position, problem.code) == (Position(FILE, line, column), code)
    assert message in problem.message
    assert problem.hint


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    with pytest.raises(DefinitionError, match="given in line 1 already"):
        read("a: 1\nb: 2\na: 3", file=FILE)


def test_directives_may_stand_in_one_mapping_twice() -> None:
    node = read("${{ if a }}:\n  x: 1\n${{ if a }}:\n  y: 2\n", file=FILE)
    assert isinstance(node, Mapping)
    assert node.keys() == ("${{ if a }}", "${{ if a }}")


def test_tabs_after_the_indentation_are_allowed() -> None:
    assert scalar(read("a:\tb\t# c", file=FILE), "a").value == "b"


BOMBS = {
    "flow lists": "[" * 200_000,
    "flow mappings": "{a: " * 100_000,
    "compact lists": "- " * 200_000,
    "block mappings": "".join(f"{' ' * depth}a:\n" for depth in range(1_500)),
    "explicit keys": "? " * 200_000,
    "many values": "- [a, b]\n" * 300_000,
    "one tag": "!" * 1_000_000,
    "open quote": "'" + "''" * 1_500_000,
    "laughs": 'a: &a ["lol"]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n',
    "too long": "a: " + "x" * 4_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_an_error(name: str) -> None:
    with pytest.raises(DefinitionError):
        read(BOMBS[name], file=FILE)


def test_limits_can_be_set() -> None:
    assert read("[[a]]", file=FILE, limits=Limits(depth=2))
    with pytest.raises(DefinitionError, match="nested deeper than 1 levels"):
        read("[[a]]", file=FILE, limits=Limits(depth=1))
    with pytest.raises(DefinitionError, match="more than 2 values"):
        read("[a, b]", file=FILE, limits=Limits(nodes=2))
    with pytest.raises(DefinitionError, match="more than 3 characters"):
        read("abcd", file=FILE, limits=Limits(characters=3))


def test_a_script_with_a_colon_in_it_is_told_to_be_quoted() -> None:
    with pytest.raises(DefinitionError) as caught:
        read("steps:\n- script: echo 'def f(): pass' > f.py\n", file=FILE)
    (problem,) = caught.value.problems
    assert (problem.position.line, problem.hint) == (2, "put a text that holds ': ' in quotes, or below a |")
