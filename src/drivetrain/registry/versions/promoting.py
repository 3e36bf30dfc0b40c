"""Aliases that move are promotions, however they were moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import ConflictError, NotFoundError
from drivetrain.registry.versions.model import Note, Promotion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.registry.versions.model import Held, Listing
    from drivetrain.registry.versions.ports import PromotionRows, Registered, VersionRows

PROMOTED = "model.promoted"
DEMOTED = "model.demoted"
"""The alias was taken away, and no other version has it."""
SOMEBODY = "somebody"
"""Who it was when nobody saw it: MLflow does not say."""


class Promoter:
    """Sets aliases, and finds out who has had them set."""

    def __init__(self, registered: Registered, promotions: PromotionRows, rows: VersionRows) -> None:
        self._registered = registered
        self._promotions = promotions
        self._rows = rows

    def promote(self, wish: Promotion, still: Held | None = None) -> Promotion:
        """Have MLflow set or delete it, and keep that. Where it is so already, the promotion by which it became so.
        Raises NotFoundError; ConflictError when what is `still` to be so is not.

        The note comes first: whoever is killed between MLflow's file and ours leaves enough for the next look to say
        who it was and why.
        """
        name, alias, version = wish.model, wish.alias, wish.version
        with self._promotions.deciding():
            before = self._promotions.aliases().get((name, alias), "")
            if before == version:
                return self._last(name, alias, version)
            note = self._promotions.note(Note(name, alias, version, wish.by, wish.run_id, wish.reason))
            try:
                self._registered.set_alias(name, alias, version, still)
            except (ConflictError, NotFoundError):
                self._promotions.forget([note])
                raise
            return self._keep(replace(wish, before=before), [note])

    def _last(self, name: str, alias: str, version: str) -> Promotion:
        for each in self._promotions.promotions(name):
            if (each.alias, each.version) == (alias, version):
                return each
        return Promotion(0, "", name, alias, version, version, "")

    def compare(self, listing: Listing) -> int:
        """Keep what has moved since it was last looked at; the number of promotions."""
        if listing.aliases == self._promotions.aliases():
            return 0
        with self._promotions.deciding():
            listing = self._registered.listing()  # whoever decided a moment ago has kept it
            seen = self._promotions.aliases()
            moved = [key for key in {**seen, **listing.aliases} if seen.get(key) != listing.aliases.get(key)]
            since = self._promotions.take_first_look() if moved else None
            for key in sorted(moved):
                self._found(key, listing, before=seen.get(key, ""), since=since)
        return len(moved)

    def _found(self, key: tuple[str, str], listing: Listing, *, before: str, since: int | None) -> None:
        name, alias = key
        version = listing.aliases.get(key, "")
        notes = self._promotions.notes(name, alias)
        note = next((each for each in reversed(notes) if each.version == version), Note(name, by=SOMEBODY))
        found = Promotion(0, "", name, alias, version, before, note.by, note.run_id, note.reason)
        # Whoever left a note has asked for it just now, however old the version is.
        news = note.id != 0 or not _older(listing, name, version, since)
        self._keep(found, [each.id for each in notes], news=news)

    def _keep(self, promotion: Promotion, notes: Sequence[int], *, news: bool = True) -> Promotion:
        return self._promotions.add(promotion, self._event(promotion) if news else None, notes=notes)

    def _event(self, promotion: Promotion) -> dict[str, object]:
        """What pipelines that wait for it are told. docs/models.md has these words."""
        return {
            "event": PROMOTED if promotion.version else DEMOTED,
            "model": promotion.model,
            "version": promotion.version,
            "alias": promotion.alias,
            "before": promotion.before,
            "run": promotion.run_id,
            "commit": self._commit(promotion),
            "by": promotion.by,
            "reason": promotion.reason,
        }

    def _commit(self, promotion: Promotion) -> str:
        """That of the version."""
        found = [
            each
            for each in self._rows.of_name(promotion.model).values()
            if each.version == promotion.version and not each.gone_at
        ]
        return found[-1].commit if found else ""


def _older(listing: Listing, name: str, version: str, since: int | None) -> bool:
    """Whether this is the first look, and the version is older than what keeps promotions."""
    if since is None:
        return False
    return any(each.key[:2] == (name, int(version or 0)) and each.key[2] < since for each in listing.versions)
