from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.run.globs.finding import find, find_match
from drivetrain.run.globs.matching import filter_of, match
from drivetrain.run.globs.options import Options
from drivetrain.run.globs.paths import Pattern

if TYPE_CHECKING:
    from pathlib import Path

PATHS = ["/w/a.py", "/w/b/a.py", "/w/b/.env", "/w/b/c/d.txt"]


def test_patterns_count_in_order_and_results_keep_the_order_of_the_paths() -> None:
    assert match(PATHS, ["**/d.txt", "**/*.py", "!b/**", "b/c/*"], "/w") == ["/w/a.py", "/w/b/c/d.txt"]


def test_comments_and_blank_patterns_say_nothing() -> None:
    assert match(PATHS, ["# all", "", " \t", "**/.env"], "/w") == ["/w/b/.env"]


def test_hidden_files_match_unless_asked_otherwise() -> None:
    assert match(PATHS, ["b/*"], "/w") == ["/w/b/a.py", "/w/b/.env"]
    assert match(PATHS, ["b/*"], "/w", Options(dot=False)) == ["/w/b/a.py"]


def test_braces_stand_for_themselves_unless_asked_otherwise() -> None:
    assert match(["/{a,b}", "/a"], ["/{a,b}"]) == ["/{a,b}"]
    assert match(["/{a,b}", "/a"], ["/{a,b}"], options=Options(nobrace=False)) == ["/a"]


def test_a_filter_is_one_pattern() -> None:
    assert list(filter(filter_of("**/*.py"), PATHS)) == PATHS[:2]


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("[" * 5000, "too many brackets"),
        ("!(a)" * 30 + "x", "too many parts that exclude"),
        ("+(" * 60 + "a" + ")" * 60, "lists within lists"),
        ("{1..9999}{1..9999}", "more than 10000 patterns"),
        ("{" * 200 + "a,b" + "}" * 200, "braces within braces"),
        ("a" * 70_000, "longer than 65536"),
    ],
    ids=lambda text: text[:12],
)
def test_a_pattern_that_would_be_too_much_is_refused(pattern: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        Pattern(pattern, Options(nobrace=False))


@pytest.mark.parametrize(
    "pattern", ["*a" * 100 + "b", "**/a/" * 300 + "b", "+(+(a|*)|b)*x", "+(*.js|*.ts)x", "*(a)*(a)*(a)*(a)b"]
)
def test_no_pattern_takes_long_for_one_path(pattern: str) -> None:
    matches = Pattern(pattern, Options()).matches
    start = time.process_time()
    assert not matches("a" * 200)
    assert not matches(".js" * 60)
    assert not matches("a/" * 1000)
    assert time.process_time() - start < 5


def test_names_with_line_breaks_and_odd_bytes_are_names_like_others(tmp_path: Path) -> None:
    for name in (b"a\nb.py", b"a\r.py", b"\xff\xfe.py"):
        (tmp_path / os.fsdecode(name)).touch()
    found = find_match(str(tmp_path), ["*.py"])
    assert sorted(os.fsencode(path.removeprefix(f"{tmp_path}/")) for path in found) == [
        b"a\nb.py",
        b"a\r.py",
        b"\xff\xfe.py",
    ]


def test_a_link_that_leads_nowhere_is_an_error_as_in_azures_library(tmp_path: Path) -> None:
    (tmp_path / "broken").symlink_to("nothing")
    with pytest.raises(UserError, match="Failed find: No such file or directory"):
        find(str(tmp_path))
