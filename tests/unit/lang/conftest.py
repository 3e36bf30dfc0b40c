from __future__ import annotations

from hypothesis import settings

# the machines of CI are shared: how long one example takes says nothing
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
