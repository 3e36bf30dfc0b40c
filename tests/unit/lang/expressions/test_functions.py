"""Every function, by https://learn.microsoft.com/azure/devops/pipelines/process/expressions#functions

Each group of rows follows the page's entry of that name; #type-casting says how arguments are converted.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from drivetrain.lang.expressions import Context, ExpressionError, evaluate, parse
from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.values import Value, Version

N = Decimal
PAGE = Path(__file__).parents[4] / "docs" / "expressions.md"
VALUES: dict[str, Value] = {
    "empty": "",
    "list": ["One", N(2), True, None, {"x": "y"}],
    "none": [],
    "map": {"First": "a", "second": N(2), "third": {"k": ["v"]}},
    "bare": {},
    "version": Version((1, 2, 3)),
    "start": datetime(2024, 1, 31, 8, 5, 9, 120_000, tzinfo=UTC),
    "people": [{"id": "1", "tags": ["a", "b"]}, {"ID": "2", "tags": ["c"]}, {"name": "x"}, "text", None],
}


def value(text: str) -> Value:
    return evaluate(parse(text), Context({"v": VALUES}))


def error(text: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    return caught.value.message


TABLE: list[tuple[str, Value]] = [
    # the entries #and, #or, #xor, #not: each argument as a boolean
    ("and(true, 'false', 1, v.list, v.map, 1.2.3, v.start)", True),
    ("and(true, '')", False),
    ("and(true, 0)", False),
    ("and(true, v.missing)", False),
    ("or(false, '', 0, v.missing)", False),
    ("or(false, v.none)", True),
    ("or('', v.bare)", True),
    ("xor(true, false)", True),
    ("xor('a', 1)", False),
    ("xor('', v.missing)", False),
    ("not(true)", False),
    ("not('')", True),
    ("not(v.list)", False),
    ("not(0.0)", True),
    ("not('0')", False),
    # the entries #eq, #ne: the right argument takes the type of the left one, or is unequal
    ("eq('a', 'A')", True),
    ("eq('1', 1)", True),
    ("eq(1, '1.0')", True),
    ("eq(1, 'x')", False),
    ("eq(true, 'false')", True),
    ("eq('true', true)", True),
    ("eq(v.missing, '')", True),
    ("eq('', v.missing)", True),
    ("eq(0, v.missing)", True),
    ("eq(v.missing, 0)", False),
    ("eq(1.2.3, '1.2.3')", True),
    ("eq(v.version, '1.2')", False),
    ("eq(v.list, v.list)", True),
    ("eq('', v.list)", False),
    ("eq(v.start, '2024-01-31 08:05:09.12Z')", True),
    ("ne('a', 'A')", False),
    ("ne(1, 'x')", True),
    ("ne(v.missing, '')", False),
    ("ne(v.map, v.list)", True),
    # the entries #lt, #le, #gt, #ge: the same, but what cannot be turned is an error
    ("lt('a', 'B')", True),
    ("lt(2, '10')", True),
    ("lt('2', 10)", False),
    ("le(1, true)", True),
    ("gt(1.10.0, '1.9')", True),
    ("gt('b', 'A')", True),
    ("ge('a', 'A')", True),
    ("ge(v.missing, '')", True),
    ("lt(false, 'x')", True),
    ("lt(v.start, '2024-02-01 00:00:00Z')", True),
    ("gt(5, 5)", False),
    ("ge(5, 5)", True),
    ("le(5, 4)", False),
    # the entries #in, #notin: what cannot be turned is unequal. The page says one argument or more, the service two
    ("in('B', 'a', 'b')", True),
    ("in('B', 'a')", False),
    ("in(1, 'x', '1')", True),
    ("in(v.missing, 1, '')", True),
    ("notIn('B', 'a', 'b')", False),
    ("notIn('B', 'a')", True),
    # the entries #contains, #startswith, #endswith: both as strings
    ("contains('ABCDE', 'bcd')", True),
    ("contains('abc', '')", True),
    ("contains('', 'a')", False),
    ("contains(123, 2)", True),
    ("contains(true, 'RU')", True),
    ("contains(v.missing, 'x')", False),
    ("contains(1.2.3, '2.3')", True),
    ("startsWith('ABCDE', 'ab')", True),
    ("startsWith('a', 'ab')", False),
    ("startsWith(12, 1)", True),
    ("startsWith('x', v.missing)", True),
    ("endsWith('ABCDE', 'de')", True),
    ("endsWith('a', 'ba')", False),
    ("endsWith(12, 2)", True),
    # the entry #containsvalue: each item takes the type of the right argument
    ("containsValue(v.list, 'ONE')", True),
    ("containsValue(v.list, '2')", True),
    ("containsValue(v.list, 3)", False),
    ("containsValue(v.map, 'A')", True),
    ("containsValue(v.map, 'First')", False),
    ("containsValue('abc', 'abc')", False),
    ("containsValue(v.missing, v.missing)", False),
    ("containsValue(v.none, '')", False),
    # the entry #coalesce: the last where there is no other
    ("coalesce(v.missing, '', 'x')", "x"),
    ("coalesce(v.missing, v.empty, 0, 1)", N(0)),
    ("coalesce(false, 1)", False),
    ("coalesce(v.missing, '')", ""),
    ("coalesce('', v.missing)", None),
    ("coalesce(v.none, 1)", []),
    # the entry #format: fields of dates are few, and any other character needs a backslash
    ("format('Hello {0} {1}', 'John', 'Doe')", "Hello John Doe"),
    ("format('{1}{0}{1}', 'a', 'b')", "bab"),
    ("format('{{0}} }}', 'x')", "{0} }"),
    ("format('x')", "x"),
    ("format('{0}', 1.50)", "1.5"),
    ("format('{0}|{1}', true, v.missing)", "True|"),
    ("format('{0:yyyyMMdd}', v.start)", "20240131"),
    ("format('{0:yyyy}.{0:MM}.{0:d}', v.start)", "2024.01.31"),
    ("format('{0:yy M d H m s}', v.start)", "24 1 31 8 5 9"),
    ("format('{0:yyyy\\-MM\\-dd\\THH\\:mm\\:ss\\.fffffffK}', v.start)", "2024-01-31T08:05:09.1200000+00:00"),
    ("format('{0:f ff zzz}', v.start)", "1 12 +00:00"),
    ("format('{000}{0:}', 'x')", "xx"),
    ("format('{0:M}', v.start)", "1"),
    ("format('{0:HH\\:mm}', v.start)", "08:05"),
    ("format('{0}', v.start)", "2024-01-31 08:05:09+00:00"),
    ("format('{0:yyyy\\}}}', v.start)", "2024}"),
    ("format('{0}', v.version)", "1.2.3"),
    ("format(12)", "12"),
    # the entries #join, #split: what cannot be text is nothing; a separator is one text, an empty one does not part
    ("join(';', v.list)", "One;2;True;;"),
    ("join(';', v.none)", ""),
    ("join(';', 'a')", "a"),
    ("join(';', 5)", "5"),
    ("join(';', v.map)", ""),
    ("join(1, split('a,b', ','))", "a1b"),
    ("join(v.map, split('a', ','))", "a"),
    ("split('a,b,,c', ',')", ["a", "b", "", "c"]),
    ("split('', ',')", [""]),
    ("split('a--b', '--')", ["a", "b"]),
    ("split('ab', '')", ["ab"]),
    ("split('a,b', ',')[1]", "b"),
    ("split(1.5, '.')", ["1", "5"]),
    ("split('aXb', 'x')", ["aXb"]),
    # the entries #replace (case counts, nothing to look for changes nothing), #lower, #upper, #trim
    ("replace('a-b-c', '-', '+')", "a+b+c"),
    ("replace('aA', 'A', 'b')", "ab"),
    ("replace(121, 1, 3)", "323"),
    ("replace('a', 'a', v.missing)", ""),
    ("replace('abc', '', 'x')", "abc"),
    ("lower('ÄbC')", "äbc"),
    ("lower(true)", "true"),
    ("lower(v.missing)", ""),
    ("upper('aß1')", "Aß1"),
    ("upper(1.2.3)", "1.2.3"),
    ("trim(' \u00a0a b\t')", "a b"),
    ("trim(5)", "5"),
    ("trim(v.missing)", ""),
    # the entries #length (of an object too), substring (not on the page): letters beyond U+FFFF count twice, as in .NET
    ("length('fabrikam')", N(8)),
    ("length('')", N(0)),
    ("length(v.list)", N(5)),
    ("length(v.map)", N(3)),
    ("length(v.people.*.id)", N(1)),
    ("length('a😀')", N(3)),
    ("substring('a😀b', 1, 2)", "😀"),
    ("substring('abcdef', 1, 3)", "bcd"),
    ("substring('abc', 0, 0)", ""),
    ("substring('abc', '1', 2.9)", "bc"),
    ("substring(12345, 3, 2)", "45"),
    # the entry #iif
    ("iif(true, 1, 2)", N(1)),
    ("iif('', 'a', 'b')", "b"),
    ("iif(1, v.none, 2)", []),
    # the entry #converttojson
    ("convertToJson('\u0085\u2028/')", '"\\u0085\\u2028/"'),
    ("convertToJson('a\"é')", '"a\\"é"'),
    ("convertToJson(true)", "true"),
    ("convertToJson(v.missing)", "null"),
    ("convertToJson(1.50)", "1.5"),
    ("convertToJson(v.none)", "[]"),
    ("convertToJson(v.bare)", "{}"),
    ("convertToJson(v.version)", '"1.2.3"'),
    ("convertToJson(split('a,b', ','))", '[\n  "a",\n  "b"\n]'),
    ("convertToJson(v.map)", '{\n  "First": "a",\n  "second": 2,\n  "third": {\n    "k": [\n      "v"\n    ]\n  }\n}'),
]


@pytest.mark.parametrize(("text", "expected"), TABLE, ids=[text for text, _ in TABLE])
def test_a_function_gives_what_azure_gives(text: str, expected: Value) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lt(1, 'x')", "Unable to convert from String to Number. Value: 'x'"),
        ("gt(v.map, 1)", "Unable to convert from Object to Number. Value: Object"),
        ("ge(1.2.3, true)", "Unable to convert from Boolean to Version. Value: True"),
        ("le('a', v.list)", "Unable to convert from Array to String. Value: Array"),
        ("contains(v.list, 'a')", "Unable to convert from Array to String. Value: Array"),
        ("startsWith('a', v.map)", "Unable to convert from Object to String. Value: Object"),
        ("endsWith(v.map, 'a')", "Unable to convert from Object to String. Value: Object"),
        ("upper(v.list)", "Unable to convert from Array to String. Value: Array"),
        ("lower(v.map)", "Unable to convert from Object to String. Value: Object"),
        ("trim(v.map)", "Unable to convert from Object to String. Value: Object"),
        ("split(v.list, ',')", "Unable to convert from Array to String. Value: Array"),
        ("replace('a', v.list, 'b')", "Unable to convert from Array to String. Value: Array"),
        ("join(v.map, v.list)", "Unable to convert from Object to String. Value: Object"),
        ("length(5)", "Kind 'Number' not supported. Only arrays, strings, dictionaries, or collections are supported"),
        ("length(v.missing)", "Kind 'Null' not supported."),
        ("substring('abc', 2, 2)", "substring(2, 2) is outside of a text of 3 characters."),
        ("substring('abc', -1, 1)", "substring(-1, 1) is outside"),
        ("substring('abc', 'x', 1)", "Unable to convert from String to Number. Value: 'x'"),
        ("format('{0}')", "The following format string references more arguments than were supplied: {0}"),
        ("format('{', 1)", "The following format string is invalid: {"),
        ("format('}', 1)", "The following format string is invalid: }"),
        ("format('{x}', 1)", "The following format string is invalid: {x}"),
        ("format('{0', 1)", "The following format string is invalid: {0"),
        ("format('{0:d', v.start)", "The following format string is invalid: {0:d"),
        ("format('{256}', 1)", "The following format string is invalid: {256}"),
        ("format('{0}{', lt(1, 'x'))", "The following format string is invalid: {0}{"),
        ("format('{0:yyyy-MM-dd}', v.start)", "The format specifiers 'yyyy-MM-dd' are not valid for objects of type"),
        ("format('{0:MMM}', v.start)", "The format specifiers 'MMM' are not valid for objects of type 'DateTime'"),
        ("format('{0:x2}', 1)", "The format specifiers 'x2' are not valid for objects of type 'Number'"),
        (
            "format('{0:yyyyQ''}', v.start)",
            "The format specifiers 'yyyyQ'' are not valid for objects of type 'DateTime'",
        ),
        ("format('{0}', v.list)", "Unable to convert from Array to String. Value: Array"),
    ],
)
def test_what_a_function_cannot_do_is_an_error(text: str, message: str) -> None:
    assert error(text).startswith(message)


def test_and_and_or_stop_at_the_first_that_decides() -> None:
    assert value("and(false, lt(1, 'x'))") is False
    assert value("or(true, lt(1, 'x'))") is True
    assert value("in(1, 1, lt(1, 'x'))") is True
    assert value("coalesce(1, lt(1, 'x'))") == N(1)
    assert error("xor(true, lt(1, 'x'))")


def test_iif_evaluates_both_branches() -> None:
    assert error("iif(true, 1, lt(1, 'x'))")
    assert error("iif(false, lt(1, 'x'), 1)")


def test_format_evaluates_only_what_it_names_and_once() -> None:
    calls: list[int] = []

    def count(_: object) -> Value:
        calls.append(1)
        return N(len(calls))

    context = Context({}, {"count": count, "never": lambda _: 1 / 0})  # type: ignore[dict-item, return-value]
    assert evaluate(parse("format('{0}{0}', count(), never())"), context) == "11"


def test_json_of_a_large_value_is_json() -> None:
    nested: Value = {"a": [{"b": [N(number), str(number)]} for number in range(100)]}
    text = evaluate(parse("convertToJson(v)"), Context({"v": nested}))
    assert isinstance(text, str)
    assert json.loads(text) == {"a": [{"b": [number, str(number)]} for number in range(100)]}


def shared(levels: int) -> Value:
    """A small value that is enormous when written out: each level names the one below twice."""
    value: Value = "x"
    for _ in range(levels):
        value = [value, value]
    return value


BOMBS: list[tuple[str, Value]] = [
    ("replace(replace(v, 'a', v), 'a', v)", "a" * 1_500),
    ("format('{0}{0}{0}{0}{0}{0}', v)", "a" * 1_000_000),
    ("join(v, split(v, 'a'))", "a" * 10_000),
    ("convertToJson(v)", shared(60)),
    ("v.*" + ".*" * 59, shared(60)),
]


@pytest.mark.parametrize(("text", "given"), BOMBS, ids=[text[:20] for text, _ in BOMBS])
def test_what_would_grow_without_end_is_refused(text: str, given: Value) -> None:
    with pytest.raises(ExpressionError, match="The maximum allowed memory size was exceeded"):
        evaluate(parse(text), Context({"v": given}))


def test_a_value_nested_too_deep_for_json_is_refused() -> None:
    nested: Value = "x"
    for _ in range(150):
        nested = [nested]
    with pytest.raises(ExpressionError, match="nested deeper than 100 levels"):
        evaluate(parse("convertToJson(v)"), Context({"v": nested}))


def test_every_function_is_on_the_page_with_its_number_of_arguments() -> None:
    rows = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and cells[1].startswith("`") and "(" in cells[1]:
            rows[cells[1].strip("`").split("(")[0]] = cells[2]
    table = {name: _arity(*function.arity) for name, function in FUNCTIONS.items()}
    assert {name: rows.get(name) for name in table} == table


def _arity(least: int, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"
