"""For all tests: hypothesis without a deadline, and the same examples every time where a landing depends on it."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.measuring.children import Children

# A busy machine makes examples slowly, which says nothing about the code.
PATIENT = [HealthCheck.too_slow]
settings.register_profile("steady", deadline=None, suppress_health_check=PATIENT)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=PATIENT)
settings.load_profile("ci" if os.environ.get("CI") else "steady")


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.has_plugin("_cov") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Children())


@pytest.fixture
def unmeasured() -> dict[str, str]:
    """An environment without coverage, for processes that are asked what they have imported."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
