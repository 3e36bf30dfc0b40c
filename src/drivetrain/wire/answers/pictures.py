"""Pictures of metrics at addresses that nobody can guess: a host fetches them without signing in."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.view.answers.plot import RUNS, plot

if TYPE_CHECKING:
    from drivetrain.view.answers.story import Story
    from drivetrain.wire.answers.stories import Stories

KEY_LENGTH = 32
"""Hexadecimal digits: 128 bits."""


class RunPictures:
    """The Pictures port. Any thread may call it."""

    def __init__(self, stories: Stories, secret: bytes, public_url: str) -> None:
        """`secret` is this home's; without `public_url` nobody is shown a picture."""
        self._stories = stories
        self._secret = secret
        self._url = public_url.rstrip("/")

    def picture(self, run_id: int, key: str) -> str | None:
        """The SVG of a run; None when the key is not its, or there is nothing to draw."""
        if not hmac.compare_digest(key.encode("utf-8", "replace"), self._key(run_id).encode()):
            return None
        run = self._stories.run(run_id)
        story = self._stories.story(run) if run else None
        return self._drawn(story) or None if story else None

    def shown(self, story: Story) -> Story:
        """The story with the address of its picture, where there is one. What is drawn is part of the address: hosts
        keep a picture for long.
        """
        drawn = self._drawn(story) if self._url and story.results.training else ""
        if not drawn:
            return story
        run_id, version = story.run.id, hashlib.sha256(drawn.encode()).hexdigest()[:8]
        return replace(story, picture=f"{self._url}/answers/{self._key(run_id)}/{run_id}.svg?v={version}")

    def _drawn(self, story: Story) -> str:
        return plot(story, self._stories.history(story, RUNS))

    def _key(self, run_id: int) -> str:
        return hmac.digest(self._secret, f"drivetrain picture {run_id}".encode(), "sha256").hex()[:KEY_LENGTH]
