from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.run.checks.checks_bench import ChecksBench

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> ChecksBench:
    return ChecksBench(tmp_path)
