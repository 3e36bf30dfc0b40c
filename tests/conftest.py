"""For all tests: hypothesis without a deadline, and the same examples every time where a landing depends on it."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "steady")
