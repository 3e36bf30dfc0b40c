from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.view.logs.ansi import MAX_SPANS, Span, plain, spans
from drivetrain.view.logs.visible import visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("plain", [Span("plain")]),
        ("\x1b[31mred\x1b[0m rest", [Span("red", "f1"), Span(" rest")]),
        ("\x1b[1;32mok\x1b[22m thin", [Span("ok", "b f2"), Span(" thin", "f2")]),
        ("\x1b[mreset", [Span("reset")]),
        ("\x1b[97;44mx", [Span("x", "f15 g4")]),
        ("\x1b[38;5;196mred", [Span("red", "f9")]),
        ("\x1b[38;5;3mlow", [Span("low", "f3")]),
        ("\x1b[38;5;232mgrey", [Span("grey", "f0")]),
        ("\x1b[38;2;0;200;0mgreen", [Span("green", "f2")]),
        ("\x1b[38;2m", []),
        ("a\x1b[2Kb\x1b[10;3Hc", [Span("abc")]),
        ("\x1b]0;title\x07x", [Span("x")]),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", [Span("link")]),
        (
            "cut \x1b[3",
            [
                Span("cut "),
            ],
        ),
        (
            "\x1b[4munder\x1b[24m no \x1b[3mslant\x1b[9mgone",
            [Span("under", "u"), Span(" no "), Span("slant", "i"), Span("gone", "i s")],
        ),
        ("\x1b[99999999999999999999mx", [Span("x")]),
    ],
)
def test_escape_sequences_become_class_names_or_nothing(text: str, expected: list[Span]) -> None:
    assert spans(text) == expected


@given(st.text(alphabet=st.sampled_from("\x1b[]0123456789;:mHJK?abc\x07\\ <>&")))
def test_nothing_of_an_escape_is_left_and_classes_are_only_ours(text: str) -> None:
    found = spans(text)
    assert "".join(span.text for span in found) == plain(text)
    assert "\x1b" not in plain(text)
    for span in found:
        assert all(name in {"b", "dim", "i", "u", "s", "inv"} or name[1:].isdecimal() for name in span.style.split())


def test_a_bomb_of_style_changes_makes_no_more_than_so_many_spans() -> None:
    assert len(spans("".join(f"\x1b[{31 + i % 2}mx" for i in range(50_000)))) == MAX_SPANS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("tab\tstays", "tab\tstays"),
        ("nul \x00 bell \x07", "nul ^@ bell ^G"),
        ("safe \u202egnp.exe", "safe [U+202E]gnp.exe"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("naïve 漢字 🚂", "naïve 漢字 🚂"),
        ("\ud800", "\ufffd"),
    ],
)
def test_what_reorders_or_hides_text_is_shown_by_name(text: str, expected: str) -> None:
    assert visible(text) == expected
