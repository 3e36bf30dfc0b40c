from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import UserError
from drivetrain.lang.macros import expand_macros


def expand(text: str, **variables: str) -> str:
    return expand_macros(text, variables.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(a)", "1"),
        ("x$(a)y$(b)z", "x1y2z"),
        ("$(unknown)", "$(unknown)"),
        ("$()", "$()"),
        ("$(a", "$(a"),
        ("$a ${a} $ (a)", "$a ${a} $ (a)"),
        ("$(nested)", "<1>"),
        ("$(deeper)", "<<1>>"),
        ("$(half)", "$(unknown)1"),
        ("$(a$(b))", "$(a2)"),
        ("$($(a))", "$(1)"),
        ("$(name)", "$(a"),
        ("$(name))", "$(a)"),
        ("$(self)", "x$(self)"),
        ("$(ping)", "$(pong)"),
        ("$(to cycle)", "$(ping)"),
        ("$(empty)|", "|"),
        ("$$(a)", "$1"),
        ("$(a))", "1)"),
        ("", ""),
    ],
)
def test_macros_expand_as_the_agent_expands_them(text: str, expected: str) -> None:
    variables = {
        "a": "1", "b": "2", "nested": "<$(a)>", "deeper": "<$(nested)>", "half": "$(unknown)$(a)", "name": "$(a",
        "self": "x$(self)", "ping": "$(pong)", "pong": "$(ping)", "to cycle": "$(ping)", "empty": "",
    }  # fmt: skip
    assert expand_macros(text, variables.get) == expected


def chain(length: int) -> dict[str, str]:
    links = {f"v{number}": f"$(v{number + 1})" for number in range(length - 1)}
    return {**links, f"v{length - 1}": "end"}


def test_values_nest_fifty_deep_and_no_deeper() -> None:
    assert expand_macros("$(v0)", chain(50).get) == "end"
    assert expand_macros("$(v0)", chain(51).get) == "$(v1)"
    assert expand_macros("$(v0) $(v1)", chain(51).get) == "$(v1) end"


def test_each_variable_is_expanded_once_however_often_it_is_named() -> None:
    calls: list[str] = []
    variables = {f"v{number}": f"$(v{number + 1})$(v{number + 1})" for number in range(40)} | {"v40": ""}

    def lookup(name: str) -> str | None:
        calls.append(name)
        return variables.get(name)

    assert expand_macros("$(v0)", lookup) == ""
    assert len(calls) < 100


def test_a_text_that_doubles_and_doubles_is_refused() -> None:
    variables: dict[str, str] = {f"v{number}": f"$(v{number + 1})$(v{number + 1})" for number in range(40)} | {
        "v40": "x"
    }
    with pytest.raises(UserError, match="expand to more than 10000000 characters"):
        expand_macros("$(v0)", variables.get)
    with pytest.raises(UserError, match="more than 5 characters"):
        expand_macros("$(a)", lambda _: "123456", limit=5)


def test_a_long_row_of_openings_takes_no_long_time() -> None:
    text = "$(" * 500_000 + ")"
    assert expand_macros(text, lambda _: None) == text


names = st.sampled_from(["a", "b", "c"])
texts = st.lists(st.one_of(names.map("$({})".format), st.text("$()ab ", max_size=6))).map("".join)


@given(texts, st.dictionaries(names, texts))
def test_expansion_always_ends(text: str, variables: dict[str, str]) -> None:
    result = expand_macros(text, variables.get, limit=100_000)
    assert isinstance(result, str)


@given(st.text())
def test_without_variables_a_text_stays_as_it_is(text: str) -> None:
    assert expand(text) == text
