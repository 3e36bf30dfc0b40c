from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.errors import UserError
from drivetrain.run.environments.version_spec import choose, parse_range, parse_version


@dataclass(frozen=True)
class Candidate:
    version: str
    implementation: str = "cpython"
    architecture: str = "x64"


MACHINE = (
    "2.7.18", "3.5.10", "3.6.15", "3.7.16", "3.8.18", "3.9.2", "3.9.18", "3.10.13", "3.11.7", "3.11.10",
    "3.12.1", "3.13.0rc2", "3.14.0a5",
)  # fmt: skip

# spec, what Azure would take of MACHINE (None: no version)
RANGES = [
    ("3.x", "3.12.1"),
    ("3", "3.12.1"),
    ("3.X", "3.12.1"),
    ("*", "3.12.1"),
    ("", "3.12.1"),
    ("x", "3.12.1"),
    ("2.x", "2.7.18"),
    ("2", "2.7.18"),
    ("2.7", "2.7.18"),
    ("3.5", "3.5.10"),
    ("3.9", "3.9.18"),
    ("3.9.x", "3.9.18"),
    ("3.9.*", "3.9.18"),
    ("3.11", "3.11.10"),
    ("3.1", None),
    ("3.10", "3.10.13"),
    ("3.11.7", "3.11.7"),
    ("=3.11.7", "3.11.7"),
    ("v3.11.7", "3.11.7"),
    ("= 3.11", "3.11.10"),
    ("3.11.8", None),
    (">=3.9", "3.12.1"),
    (">= 3.9", "3.12.1"),
    (">3.11", "3.12.1"),
    (">3.12", None),
    (">3", None),
    (">3.11.7", "3.12.1"),
    ("<3", "2.7.18"),
    ("<3.9", "3.8.18"),
    ("<=3.9", "3.9.18"),
    ("<=3.9.2", "3.9.2"),
    ("<3.9.18", "3.9.2"),
    (">=3.9 <3.12", "3.11.10"),
    (">=3.9,<3.12", UserError),
    (">= 3.9 < 3.12", "3.11.10"),
    (">=3.6 <3.9 || 2.7", "3.8.18"),
    ("3.13 || 2.7", "2.7.18"),
    ("3.11||3.9", "3.11.10"),
    ("3.9 - 3.11", "3.11.10"),
    ("3.9 - 3.11.7", "3.11.7"),
    ("3.6.0 - 3.8.0", "3.7.16"),
    ("2.7.1 - 3", "3.12.1"),
    ("~3.9", "3.9.18"),
    ("~3.9.1", "3.9.18"),
    ("~> 3.9.1", "3.9.18"),
    ("~3", "3.12.1"),
    ("^3.9", "3.12.1"),
    ("^3.9.1", "3.12.1"),
    ("^2.7", "2.7.18"),
    ("3.13-dev", "3.13.0rc2"),
    ("3.12-dev", "3.12.1"),
    ("3.14-dev", "3.14.0a5"),
    ("3.15-dev", None),
    ("3.13", None),
    ("3.13.0rc2", "3.13.0rc2"),
    ("3.13.0-rc2", "3.13.0rc2"),
    ("3.13.0-rc.2", "3.13.0rc2"),
    (">=3.13.0b1", "3.13.0rc2"),
    (">=3.13.0rc3", None),
    ("<3.13.0rc3", "3.13.0rc2"),
    ("3.13.0a1 - 3.13", "3.13.0rc2"),
    ("==3.9", "3.9.18"),
    ("!=3.9", UserError),
    ("three", UserError),
    ("3.9.1.2", UserError),
    ("python3", UserError),
    ("3.9 -3.11", UserError),
]


@pytest.mark.parametrize(("spec", "expected"), RANGES)
def test_a_spec_takes_the_version_that_azure_takes(spec: str, expected: str | type[UserError] | None) -> None:
    candidates = [Candidate(version) for version in MACHINE]
    if isinstance(expected, type):
        with pytest.raises(UserError, match="is not a version range") as caught:
            choose(spec, candidates)
        assert "3.x" in caught.value.hint
    else:
        chosen = choose(spec, candidates)
        assert (chosen.version if chosen else None) == expected


def test_a_tenth_release_candidate_is_newer_than_the_ninth() -> None:
    chosen = choose("3.13-dev", [Candidate("3.13.0rc10"), Candidate("3.13.0rc9"), Candidate("3.13.0b12")])
    assert chosen == Candidate("3.13.0rc10")


def test_the_first_of_equal_versions_is_taken() -> None:
    first, second = Candidate("3.11.7", architecture="x64"), Candidate("3.11.7", architecture="arm64")
    assert choose("3.11", [first, second]) is first


@pytest.mark.parametrize(("architecture", "expected"), [("x64", "3.9.1"), ("x86", "3.11.7"), ("arm64", None)])
def test_an_architecture_is_kept_to_when_asked_for(architecture: str, expected: str | None) -> None:
    chosen = choose("3.x", [Candidate("3.9.1"), Candidate("3.11.7", architecture="x86")], architecture)
    assert (chosen.version if chosen else None) == expected


def test_pypy_is_taken_only_when_asked_for() -> None:
    pypy2, pypy3 = Candidate("2.7.18", "pypy"), Candidate("3.10.14", "pypy")
    cpython = Candidate("3.9.1")
    assert choose("3.x", [pypy3, cpython]) is cpython
    assert choose("PyPy3", [pypy2, pypy3, cpython]) is pypy3
    assert choose("pypy2", [pypy2, pypy3, cpython]) is pypy2
    assert choose("pypy2", [cpython]) is None


def test_the_build_without_the_global_lock_is_never_taken_by_a_number() -> None:
    assert choose("3.13", [Candidate("3.13.0", "cpython-freethreaded")]) is None


@pytest.mark.parametrize("text", ["", "3", "abc", "3.11.x", "3.11.7.1"])
def test_what_is_no_version_of_python_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not a Python version"):
        parse_version(text)


_NUMBER = st.integers(min_value=0, max_value=30)


@given(_NUMBER, _NUMBER, _NUMBER, _NUMBER)
def test_caret_and_tilde_are_the_ranges_that_npm_documents(major: int, minor: int, patch: int, other: int) -> None:
    version = parse_version(f"{major}.{minor + other}.{patch}")
    inside = other == 0 or (major > 0)
    assert parse_range(f"^{major}.{minor}.{patch}").accepts(version) == inside
    assert parse_range(f"~{major}.{minor}.{patch}").accepts(version) == (other == 0)


@given(st.text(max_size=12))
def test_any_text_is_a_range_or_a_clear_error(text: str) -> None:
    try:
        parse_range(text)
    except UserError as error:
        assert text in error.message  # noqa: PT017 - both outcomes are right
