from __future__ import annotations

from tests.cli.conftest import workplace
from tests.server.conftest import world

__all__ = ["workplace", "world"]
