from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from drivetrain.errors import UserError
from drivetrain.run.tasks.cache.fingerprints import Place, names_files, resolve, split_key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def place(tmp_path: Path, said: list[str]) -> Place:
    (tmp_path / "s" / "sub").mkdir(parents=True)
    (tmp_path / "s" / "a.lock").write_text("A")
    (tmp_path / "s" / "sub" / "b.lock").write_text("B")
    (tmp_path / "s" / ".hidden.lock").write_text("C")
    return Place(str(tmp_path / "s"), str(tmp_path), said.append)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest().upper()


def combined(*lines: str) -> str:
    return base64.b64encode(hashlib.sha256("".join(f"\n{line}" for line in lines).encode()).digest()).decode()


def test_a_key_is_split_at_bars_and_salted() -> None:
    assert split_key('npm | "$(Agent.OS)"|| x') == ("npm", '"$(Agent.OS)"', "x")
    assert split_key("a|b", "2026") == ("AZP_CACHING_SALT=2026", "a", "b")


@pytest.mark.parametrize(
    ("segment", "is_file"),
    [
        ("npm", False),
        ('"a.lock"', False),
        ("a.lock", True),
        ("**/x", True),
        ("end.", False),
        ("/x", True),
        ("v1.0", True),
    ],
)
def test_a_segment_with_a_dot_or_slash_is_a_file_unless_quoted(segment: str, is_file: bool) -> None:  # noqa: FBT001
    assert names_files(segment) is is_file


def test_texts_stay_and_files_become_hashes_as_the_agent_makes_them(place: Place, said: list[str]) -> None:
    resolved = resolve(('"Linux"', "a.lock", "**/*.lock, !sub/**", "python"), place)
    a, hidden = f"SHA256(s/a.lock)=[1]{digest('A')}", f"SHA256(s/.hidden.lock)=[1]{digest('C')}"
    assert resolved == ('"Linux"', combined(a), combined(hidden, a), "python")
    assert said == [
        ' - "Linux"            [string]',
        f" - a.lock             [file] --> {digest('A')}",
        " - **/*.lock, !sub/** [file pattern; matches: 2]",
        f"   - s/.hidden.lock --> {digest('C')}",
        f"   - s/a.lock       --> {digest('A')}",
        " - python             [string]",
    ]


def test_names_count_from_the_sources_and_patterns_do_not_go_deeper_than_they_say(place: Place) -> None:
    a = f"SHA256(s/a.lock)=[1]{digest('A')}"
    assert resolve(("./a.*",), place) == resolve(("a.lock",), place) == (combined(a),)
    assert resolve((f"{place.default_folder}/a.lock",), place) == (combined(a),)
    b = f"SHA256(s/sub/b.lock)=[1]{digest('B')}"
    assert resolve(("*/*.lock, **/sub/*",), place) == (combined(b),)


def test_long_segments_are_shortened_in_the_log(place: Place, said: list[str]) -> None:
    resolve(("x" * 60,), place)
    assert said == [f" - {'x' * 47}... [string]"]


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (("nothing.lock", "**/nothing.*"), "File not found: nothing.lock\nNo matching files found for pattern: **/no"),
        (("*",), "`*` is a reserved key segment. For path glob, use `./*`."),
        (("**",), "`**` is a reserved key segment. For path glob, use `./**`."),
        (("'a'",), "cannot start with a single-quote"),
        (("`a`",), "cannot start with a backtick"),
        (("",), "A key segment is empty."),
        (("!a.lock",), "No include rules specified."),
    ],
)
def test_a_wrong_key_is_refused(place: Place, segments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve(segments, place)
    assert message in caught.value.message
