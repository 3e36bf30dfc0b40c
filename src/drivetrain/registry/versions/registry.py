"""The models of a home: MLflow's registry says what there is, our rows say where it comes from.

Nothing has to tell us of a version or a promotion. Whoever asks first looks (`look`): what MLflow has and we have not
is learned, an alias that is elsewhere than it was is a promotion. So it makes no difference by which client, process
or page it was made, or whether anybody watched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.errors import CorruptError, NotFoundError
from drivetrain.registry.versions.digests import Remembered, content_of
from drivetrain.registry.versions.learning import Facts, folder_of, learned, run_of
from drivetrain.registry.versions.model import CHAMPION, Listed, ModelVersion, Promotion
from drivetrain.registry.versions.names import checked_alias, reference
from drivetrain.registry.versions.promoting import Promoter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from drivetrain.registry.versions.model import Held, Key, Known, Listing, Maker, Note, Training
    from drivetrain.registry.versions.ports import Origins, PromotionRows, Registered, VersionRows

NAMED = 10
"""How many a hint names."""


class Registry:
    """The Models port."""

    def __init__(
        self,
        registered: Registered,
        rows: VersionRows,
        promotions: PromotionRows,
        origins: Origins,
        artifacts: Path,
    ) -> None:
        """`artifacts` is the folder behind MLflow's artifact proxy."""
        self._registered = registered
        self._rows = rows
        self._promotions = promotions
        self._origins = origins
        self._artifacts = artifacts
        self._contents = Remembered()
        self._promoter = Promoter(registered, promotions, rows)

    def look(self) -> int:
        """Bring what we know in step with MLflow; how much was news."""
        return self._look()[1]

    def _look(self) -> tuple[Listing, int]:
        listing = self._registered.listing()
        known = self._rows.known()
        news = self._miss(listing, known)
        if news:
            known = self._rows.known()
        for each in listing.versions:
            before = known.get(each.key)
            if before is None or not before.settled:
                self._learn(each)
                news += before is None
        return listing, news + self._promoter.compare(listing)

    def _miss(self, listing: Listing, known: Mapping[Key, Known]) -> int:
        """See to those that MLflow has no more: they have another name, or are gone. How many there were."""
        listed = {each.key: each.source for each in listing.versions}
        missing = [key for key in known if key not in listed]
        new = {(*key[1:], source): key for key, source in listed.items() if key not in known}
        for key in missing:
            renamed = new.get((key[1], key[2], known[key].source))
            if renamed is not None:
                self._rows.rename(key, renamed)
            else:
                self._rows.gone(key)
        return len(missing)

    def _learn(self, listed: Listed) -> None:
        notes = self._promotions.notes(listed.key[0], "")
        note = notes[0] if notes else None
        location = self._registered.location(listed.source)
        facts = self._facts(listed, note, location, folder_of(location, self._artifacts))
        version = learned(facts, self._rows.get(listed.key))
        self._rows.put(listed.key, version, source=listed.source, settled=facts.settled)
        if note is not None:
            self._promotions.forget([note.id])

    def _facts(self, listed: Listed, note: Note | None, location: str, folder: Path | None) -> Facts:
        training = self._registered.training(listed.training_run)
        return Facts(
            listed=listed,
            training=training,
            maker=self._maker(training, note),
            note=note,
            data=tuple(self._origins.data(training)) if training else (),
            location=location,
            folder=folder,
            contents=self._contents,
        )

    def _maker(self, training: Training | None, note: Note | None) -> Maker | None:
        """The run of the job that its training run is; else who is said to have made it, or whose job asks for it."""
        job = self._origins.run_of(training) if training else None
        if training and job is not None:
            maker = self._origins.maker(job)  # what it has logged is known once its training run, too, has ended
            return maker and replace(maker, ended=maker.ended and training.ended)
        run_id = run_of(training, note)
        return self._origins.maker(run_id) if run_id is not None else None

    def unregistered(self, name: str, training_run: str, folder: Path | None) -> ModelVersion:
        """What a training run has made in a folder, as if it were a version of a model: one whose `version` is empty.
        Nothing is kept of it.
        """
        facts = self._facts(Listed((name, 0, 0), "", training_run), None, "", folder)
        return replace(learned(facts, None), version="")

    def logged(self, location: str, training_run: str) -> str:
        """Where a training run has put its logged model of the same name as the one at a location; empty for none."""
        return self._registered.logged(location, training_run)

    def names(self) -> Sequence[str]:
        """Every registered model."""
        return self._look()[0].names

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """The versions of one model, the newest first. Raises NotFoundError."""
        listing, _ = self._look()
        return self._of(listing, name)

    def _of(self, listing: Listing, name: str) -> Sequence[ModelVersion]:
        if name not in listing.names:
            there = ", ".join(listing.names[:NAMED])
            hint = f"there are: {there}" if there else "no model is registered yet"
            raise NotFoundError(f"there is no model '{name[:100]}'", hint=hint)
        rows = self._rows.of_name(name)
        mine = (each for each in reversed(listing.versions) if each.key[0] == name)
        return tuple(_live(each, rows[each.key], listing) for each in mine if each.key in rows)

    def find(self, text: str) -> ModelVersion:
        """NAME (the champion, else the newest), NAME:VERSION or NAME@ALIAS. Raises NotFoundError, UserError."""
        wanted = reference(text)
        found = self.versions(wanted.name)
        for each in found:
            if each.version == wanted.version or (wanted.alias and wanted.alias in each.aliases):
                return each
        if not wanted.version and not wanted.alias and found:
            meant = [each for each in found if CHAMPION in each.aliases] or [
                each for each in found if not each.reproduces
            ]
            return (meant or found)[0]
        raise NotFoundError(_nothing(text), hint=_there(wanted.name, found))

    def files(self, version: ModelVersion) -> Path:
        """A folder with its files. Raises CorruptError when they are not those of its digest, NotFoundError."""
        folder = folder_of(version.location, self._artifacts)
        if folder is None:
            where = version.location or "nowhere that is known"
            raise NotFoundError(
                f"the files of {version.reference} are not in this home: they are at {where}",
                hint="register a model that was logged here",
            )
        try:
            content = content_of(folder)
        except OSError as error:
            raise CorruptError(f"the files of {version.reference} cannot be read: {error}") from error
        if version.digest and content.digest != version.digest:
            names = sorted({*content.files, *version.files})
            other = [name for name in names if content.files.get(name) != version.files.get(name)]
            raise CorruptError(
                f"the files of {version.reference} are not those that were registered: {', '.join(other[:NAMED])}",
                hint="register it again, or bring the files back from a copy",
            )
        return folder

    def set_alias(
        self,
        name: str,
        alias: str,
        version: str,
        *,
        by: str,
        run_id: int | None = None,
        reason: str = "",
        still: Held | None = None,
    ) -> Promotion:
        """Give an alias to a version, or take it away (version ''), while something is `still` so. Raises
        NotFoundError, UserError, ConflictError.
        """
        checked_alias(alias)
        found = self.versions(name)
        if version and not any(each.version == version for each in found):
            raise NotFoundError(_nothing(f"{name}:{version}"), hint=_there(name, found))
        wish = Promotion(0, "", name, alias, version, before="", by=by, run_id=run_id, reason=reason)
        return self._promoter.promote(wish, still)

    def promotions(self, name: str = "", *, limit: int = 200) -> Sequence[Promotion]:
        """What has had which alias, the newest first."""
        self._look()
        return self._promotions.promotions(name, limit=limit)


def _live(listed: Listed, row: ModelVersion, listing: Listing) -> ModelVersion:
    """What we know, with what may change every day as MLflow has it now."""
    name, number, _ = listed.key
    aliases = (alias for (model, alias), version in listing.aliases.items() if (model, version) == (name, str(number)))
    return replace(
        row,
        aliases=tuple(sorted(aliases)),
        stage=listed.stage,
        description=listed.description,
        tags=dict(listed.tags),
        project=listed.project,
    )


def _nothing(text: str) -> str:
    return f"there is no {text[:100]}"


def _there(name: str, found: Sequence[ModelVersion]) -> str:
    if not found:
        return f"the model '{name[:100]}' has no versions"
    words = [f"{each.version}{''.join(f' @{alias}' for alias in each.aliases)}" for each in found[:NAMED]]
    return f"versions of {name[:100]}: {', '.join(words)}"
