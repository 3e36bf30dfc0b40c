"""Builds what tells hosts, of one home."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.wire.answers.answering import Answering
from drivetrain.wire.answers.composing import Composer
from drivetrain.wire.answers.pictures import RunPictures
from drivetrain.wire.answers.stories import Stories

if TYPE_CHECKING:
    from drivetrain.wire.storage import Storage


class Answers(NamedTuple):
    """Who tells, and what hosts fetch from us."""

    answering: Answering
    pictures: RunPictures


def answers_of(storage: Storage, secret: bytes, public_url: str) -> Answers:
    """`secret` makes the addresses of pictures; `public_url` is empty where only this machine reaches the server."""
    stories = Stories(storage, public_url)
    pictures = RunPictures(stories, secret, public_url)
    composer = Composer(stories, pictures, storage.source_events, storage.projects)
    answering = Answering(
        storage.answers,
        stories,
        composer,
        storage.source_events,
        storage.links,
        storage.hosts,
        storage.clock,
    )
    return Answers(answering, pictures)
