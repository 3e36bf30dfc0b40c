from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import UserError
from drivetrain.record.patterns import matcher


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        ([], "a/b", True),
        (["**"], "a/b.txt", True),
        (["**"], ".hidden/x", True),
        (["*.txt"], "a.txt", True),
        (["*.txt"], "d/a.txt", False),
        (["**/*.txt"], "a.txt", True),
        (["**/*.txt"], "d/e/a.txt", True),
        (["d/**"], "d/e/f", True),
        (["d/**/f"], "d/f", True),
        (["d/**/**/f"], "d/x/y/f", True),
        (["d/*"], "d/e/f", False),
        (["?.txt"], "a.txt", True),
        (["?.txt"], "ab.txt", False),
        (["[ab].txt"], "b.txt", True),
        (["[!ab].txt"], "b.txt", False),
        (["[a-c]x"], "bx", True),
        (["{a,b}.txt"], "b.txt", True),
        (["{a,b{1,2}}.txt"], "b2.txt", True),
        (["{a}.txt"], "{a}.txt", True),
        (["**", "!**/*.log"], "x.log", False),
        (["**", "!**/*.log", "keep.log"], "keep.log", True),
        (["!x"], "y", False),
        (["# comment", "a"], "a", True),
        (["d\\*.txt"], "d/a.txt", True),
        (["./a"], "a", True),
        (["a+(b)"], "a+(b)", True),
        (["[z-a]"], "z", True),
        (["["], "[", True),
        (["a.txt"], "a.txt\n", False),
    ],
)
def test_patterns_match_as_azures_do(patterns: list[str], path: str, *, expected: bool) -> None:
    assert matcher(patterns)(path) is expected


@given(st.lists(st.text("ab*?[]{},!/.\\^-", max_size=20), max_size=4), st.text("ab/.", max_size=20))
def test_no_pattern_fails_otherwise_than_by_saying_so(patterns: list[str], path: str) -> None:
    matcher(patterns)(path)


def test_hostile_patterns_end() -> None:
    matcher(["*a" * 12 + "b", "**/" * 200 + "x"])("a" * 60)
    with pytest.raises(UserError, match="more than 1000 alternatives"):
        matcher(["{a,b}" * 40])
    with pytest.raises(UserError, match="longer than"):
        matcher(["x" * 5000])
