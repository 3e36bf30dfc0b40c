"""What strangers write reaches Markdown as code, whatever it is: a real renderer looks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from drivetrain.view.answers.markdown import NOTHING, cell, code, link, plain, table

RENDERER = MarkdownIt("gfm-like", {"linkify": False, "html": True})
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "![](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "@everyone @octocat #1 https://evil.example",
    "`` ` ``` `",
    "a | b \\| c",
    "| a |\n|---|\n# head",
    "\u202egnp.exe\u2066",
    "</td></table><script>",
    "--> <!-- x",
    "\\`",
    " ` ",
]
SIGNS = st.text(alphabet=st.sampled_from("`|\\<>&![]()#*_~@ ax\n\u202e\u200b"), max_size=30)


def kinds(text: str) -> set[str]:
    """The kinds of tokens that a text becomes, but for those of a paragraph of code."""
    inline = [each for token in RENDERER.parse(text) for each in (token, *(token.children or ()))]
    return {each.type for each in inline} - {"paragraph_open", "inline", "paragraph_close"}


def test_hostile_texts_are_code_and_nothing_else() -> None:
    for text in HOSTILE:
        assert kinds(code(text)) == {"code_inline"}, text


@given(SIGNS)
def test_any_text_is_one_span_of_code(text: str) -> None:
    shown = code(text)
    assert kinds(shown) == ({"text"} if shown == NOTHING else {"code_inline"})


@given(SIGNS)
def test_any_text_stays_in_its_cell(text: str) -> None:
    rendered = RENDERER.render(table(["A", "B"], [[cell(text), "after"]]))
    assert rendered.count("<td") == 2
    assert ">after</td>" in rendered
    assert "<script" not in rendered.replace("&lt;script", "")


def test_directions_and_controls_are_taken_out() -> None:
    assert plain("a\u202eb\x1b[31mc\nd\u200be") == "a b [31mc d e"
    assert plain("x" * 500) == "x" * 119 + "…"
    assert plain("\ud800") == ""


def test_only_addresses_become_links() -> None:
    assert link("run 7", "https://d.example.com/runs/7?x=1") == "[run 7](https://d.example.com/runs/7?x=1)"
    for odd in ("", "javascript:alert(1)", "https://x.example/a b", "https://x.example/)evil", "https://x/<"):
        assert link("run 7", odd) == "run 7"
