"""What a job had for Python is told at its end, without running any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drivetrain.run.runner.software import MOST_PACKAGES, SHARED, software
from drivetrain.store.software import _environments

if TYPE_CHECKING:
    from pathlib import Path


def install(job: Path, environment: str, *names: str) -> None:
    site = job / "python" / environment / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    for name in names:
        (site / f"{name}.dist-info").mkdir()
        (site / name.partition("-")[0]).mkdir()


def test_each_environment_has_its_version_and_packages(tmp_path: Path) -> None:
    install(tmp_path, "3.12.1-0a1b2c", "numpy-2.1.0", "Scikit_Learn-1.5")
    install(tmp_path, "3.11.9-0a1b2c")
    install(tmp_path, "default", "x-1")
    assert software(tmp_path) == [
        {"python": "3.11.9", "packages": {}},
        {"python": "3.12.1", "packages": {"numpy": "2.1.0", "scikit-learn": "1.5"}},
        {"python": "3.12", "packages": {"x": "1"}},
    ]


def test_an_environment_has_what_the_one_below_it_has(tmp_path: Path) -> None:
    install(tmp_path / "cache", "3.12.1-0a1b2c", "numpy-2.1.0", "six-1.0")
    install(tmp_path / "job", "azureml", "six-1.1")
    shared = tmp_path / "cache" / "python" / "3.12.1-0a1b2c" / "lib" / "python3.12" / "site-packages"
    own = tmp_path / "job" / "python" / "azureml" / "lib" / "python3.12" / "site-packages"
    (own / SHARED).write_text(f"{shared}\n")
    assert software(tmp_path / "job") == [{"python": "3.12.1", "packages": {"numpy": "2.1.0", "six": "1.1"}}]


@pytest.mark.parametrize("place", ["", "relative", "/none", "\0", "x" * 10_000])
def test_an_environment_that_names_nowhere_stands_alone(tmp_path: Path, place: str) -> None:
    install(tmp_path, "azureml", "six-1.1")
    (tmp_path / "python" / "azureml" / "lib" / "python3.12" / "site-packages" / SHARED).write_text(place)
    assert software(tmp_path) == [{"python": "3.12", "packages": {"six": "1.1"}}]


def test_a_job_without_an_environment_has_nothing_to_tell(tmp_path: Path) -> None:
    assert software(tmp_path) == []


def test_there_are_bounds(tmp_path: Path) -> None:
    install(tmp_path, "3.12.1-x", *(f"p{number}-1" for number in range(MOST_PACKAGES + 5)))
    (found,) = software(tmp_path)
    assert isinstance(found["packages"], dict)
    assert len(found["packages"]) == MOST_PACKAGES


def test_what_a_job_writes_into_its_journal_may_be_anything() -> None:
    odd: list[object] = [{}, {"environments": 1}, {"environments": [1, None]}, {"environments": {"a": 1}}]
    assert [list(_environments(each)) for each in odd] == [[], [], [], []]
