"""Members, items and filtered arrays.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions#variables and #filtered-arrays
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivetrain.lang.expressions import Context, ExpressionError, evaluate, parse
from drivetrain.lang.values import Caseless, Required, Value

N = Decimal
ROWS: Value = [{"id": N(1), "tags": ["a", "b"]}, {"name": "x", "tags": ["c"]}, {"id": ""}, "text", None]
VALUES: dict[str, Value] = {
    "v": {
        "list": ["One", N(2), True],
        "rows": ROWS,
        "map": {"First": "a", "first": "b", "x.y": "c", "1": "one", "third": {"k": ["v"]}},
        "groups": [[{"id": N(100)}, {"id": N(101)}], [{"id": N(200)}]],
        "nested": {"left": {"children": ["L1", "L2"]}, "right": {"children": ["R1"]}},
        "text": "abc",
        "nothing": None,
    },
    "variables": Caseless({"Build.Reason": "Manual", "key": "First"}),
    "parameters": Required({"Environment": "test", "deep": {"Name": "n"}}),
}


def value(text: str) -> Value:
    return evaluate(parse(text), Context(VALUES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a member by its name after a dot or in brackets, where the name may be computed and becomes text
        ("v.map.First", "a"), ("v.map['First']", "a"), ("v.map['x.y']", "c"), ("v.map[1]", "one"),
        ("v.map[variables.key]", "a"), ("v['map'].third.k[0]", "v"), ("v.map[v.list]", None), ("v.map[v.map]", None),
        # the names of a pipeline's own objects are found as they are written, those of contexts in any case
        ("v.map.first", "b"), ("v.map.FIRST", None), ("V.map.First", "a"), ("v.MAP", None),
        ("variables['build.REASON']", "Manual"), ("variables.KEY", "First"), ("VARIABLES.Key", "First"),
        ("parameters.ENVIRONMENT", "test"), ("parameters.deep.Name", "n"), ("parameters.deep.name", None),
        # what is not there is null, and so is all beyond it; the index is not even evaluated then
        ("v.missing", None), ("v.missing.deeper['still'][0]", None), ("v.text.x", None), ("v.nothing.x", None),
        ("variables.missing", None), ("variables.Build.Reason", None), ("v.missing[lt(1, 'x')]", None),
        # an item by its number, the fraction cut off
        ("v.list[0]", "One"), ("v.list['1']", N(2)), ("v.list[1.9]", N(2)), ("v.list[true]", N(2)),
        ("v.list['']", "One"), ("v.list[v.missing]", "One"), ("v.list[3]", None), ("v.list[-1]", None),
        ("v.list['x']", None), ("v.list.length", None), ("v.list[v.list]", None), ("v.list[1.2.3]", None),
    ],
)  # fmt: skip
def test_a_member_or_an_item_is_found_or_is_null(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v.rows.*", ROWS), ("v.nested.*.children", [["L1", "L2"], ["R1"]]),
        ("v.rows.*.id", [N(1), ""]), ("v.rows.*.tags", [["a", "b"], ["c"]]), ("v.rows.*.none", []),
        ("v.groups.*.*.id", [N(100), N(101), N(200)]), ("v.nested.*.children.*", ["L1", "L2", "R1"]),
        ("v.groups.*[0].id", [N(100), N(200)]), ("v.rows.*.id[0]", []), ("v.rows.*['id']", [N(1), ""]),
        ("v.missing.*", []), ("v.nothing.*", []), ("v.text.*", []), ("v.missing.*.id", []),
        ("v.map.*", ["a", "b", "c", "one", {"k": ["v"]}]), ("variables.*", ["Manual", "First"]),
    ],
)  # fmt: skip
def test_a_star_looks_into_each_and_leaves_out_what_is_not_there(text: str, expected: Value) -> None:
    assert value(text) == expected
    assert value(text.replace(".*", "[*]")) == expected


def test_an_unknown_parameter_is_an_error_at_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        value("eq(parameters.enviroment, 'test')")
    assert caught.value.message == "Key not found 'enviroment'"
    assert caught.value.position == 14
    assert caught.value.hint == "there is: Environment, deep"
    with pytest.raises(ExpressionError, match=r"Key not found 'a\.b'"):
        value("parameters['a.b'].c")


def test_a_key_that_is_no_text_is_not_there_even_among_parameters() -> None:
    assert value("parameters[v.list]") is None
    assert value("parameters.*") == ["test", {"Name": "n"}]


def test_a_host_need_not_have_any_parameters() -> None:
    with pytest.raises(ExpressionError, match="Key not found 'x'") as caught:
        evaluate(parse("parameters.x"), Context({"parameters": Required({})}))
    assert caught.value.hint == "there is none at all"
