"""Asks a gate: finds candidate and champion, measures both on the same data, judges, keeps the verdict, promotes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from drivetrain.clock import timestamp
from drivetrain.errors import ConflictError, NotFoundError, UserError
from drivetrain.registry.gates.judge import judge, passes
from drivetrain.registry.gates.model import Measured, Verdict
from drivetrain.registry.versions.model import CHAMPION, Held
from drivetrain.registry.versions.names import Reference, reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivetrain.clock import Clock
    from drivetrain.definition.gate.model import GateFile
    from drivetrain.registry.gates.ports import Evaluator, Verdicts
    from drivetrain.registry.versions.model import ModelVersion
    from drivetrain.registry.versions.ports import Models


class Question(Struct, frozen=True):
    """What a gate is asked."""

    gate: GateFile
    folder: Path
    """What a relative path of the gate's data counts from."""
    candidate: str = ""
    """NAME, NAME:VERSION or NAME@ALIAS. A bare name is its newest version; in a run, the newest of that run. Empty: the
    newest version of any model that the run has registered."""
    champion: str = ""
    """NAME:VERSION or NAME@ALIAS; empty for the gate's alias of the candidate's model, if any version has it."""
    data: str = ""
    """In place of the gate's own file."""
    evaluates: bool = True
    promotes: bool = True
    """Whether an alias is given where the gate says so."""
    run_id: int | None = None
    step: str = ""
    project: str = ""
    """Models of other projects are not seen by the run; empty for all."""
    by: str = ""


class Gates:
    """Any thread may call it."""

    def __init__(self, models: Models, verdicts: Verdicts, evaluator: Evaluator, clock: Clock) -> None:
        self._models = models
        self._verdicts = verdicts
        self._evaluator = evaluator
        self._clock = clock

    def ask(self, question: Question) -> Verdict:
        """The verdict, kept. Raises NotFoundError, UserError when it cannot be judged; ConflictError when the champion
        has become another one meanwhile.
        """
        gate = question.gate
        candidate = self._candidate(question)
        champion = self._champion(question, candidate)
        data = _data(question)
        digest = _digest(data) if data else ""
        measured = self._measured(candidate, data, gate)
        against = measured if champion == candidate else self._measured(champion, data, gate) if champion else None
        if data and _digest(data) != digest:
            raise ConflictError(f"{data} has changed while the models were evaluated", hint="ask the gate again")
        findings = judge(gate, measured, against)
        verdict = self._verdicts.add(
            Verdict(
                id=0,
                at=timestamp(self._clock.now()),
                gate=gate.name,
                candidate=candidate.reference,
                champion=champion.reference if champion else "",
                passed=passes(findings),
                findings=findings,
                rules=rules_digest(gate, champion=question.champion, data=question.data, evaluates=data is not None),
                data_digest=digest,
                run_id=question.run_id,
                step=question.step,
                by=question.by,
            )
        )
        return self._promoted(question, verdict, candidate, champion)

    # Who is compared.

    def _candidate(self, question: Question) -> ModelVersion:
        name = question.candidate
        if name and (":" in name or "@" in name):
            return self._visible(self._models.find(name), question)
        if question.run_id is None:
            if not name:
                raise UserError("no candidate is named", hint="--candidate NAME, NAME:VERSION or NAME@ALIAS")
            return self._visible(self._newest(name), question)
        return self._of_run(question, [name] if name else self._models.names())

    def _newest(self, name: str) -> ModelVersion:
        versions = self._models.versions(name)
        if not versions:
            raise NotFoundError(f"the model '{name}' has no version", hint="register one: then it can be judged")
        return versions[0]

    def _of_run(self, question: Question, names: Sequence[str]) -> ModelVersion:
        versions = (version for name in names for version in self._models.versions(name))
        found = [version for version in versions if version.run_id == question.run_id]
        newest = {version.name: version for version in reversed(found)}
        if not newest:
            what = f" of {question.candidate}" if question.candidate else ""
            raise NotFoundError(
                f"run {question.run_id} has registered no version{what}",
                hint="register one in an earlier step, or name it: --candidate NAME:VERSION",
            )
        if len(newest) > 1:
            several = ", ".join(sorted(newest))
            raise UserError(f"run {question.run_id} has registered several models: {several}", hint="--candidate NAME")
        return next(iter(newest.values()))

    def _visible(self, version: ModelVersion, question: Question) -> ModelVersion:
        if question.project and version.project not in ("", question.project):
            raise NotFoundError(f"project {question.project} has no model {version.name}", hint="drivetrain models")
        return version

    def _champion(self, question: Question, candidate: ModelVersion) -> ModelVersion | None:
        if question.champion:
            return self._visible(self._models.find(question.champion), question)
        alias = question.gate.champion
        return next((each for each in self._models.versions(candidate.name) if alias in each.aliases), None)

    # How they do.

    def _measured(self, version: ModelVersion, data: Path | None, gate: GateFile) -> Measured:
        evaluated = self._evaluator.evaluate(version, data, gate) if data else None
        return Measured(version.reference, version.metrics, version.size or None, evaluated)

    # What comes of it.

    def _promoted(
        self, question: Question, verdict: Verdict, candidate: ModelVersion, champion: ModelVersion | None
    ) -> Verdict:
        alias = question.gate.promote
        if not (verdict.passed and alias and question.promotes):
            return verdict
        reason = f"gate {verdict.gate} passed (verdict {verdict.id})"
        wish = (candidate.name, alias, candidate.version)
        still = _held(question, candidate, champion)
        try:
            self._models.set_alias(*wish, by=question.by, run_id=question.run_id, reason=reason, still=still)
        except ConflictError as error:
            why = f"{error.message}: {candidate.reference} was not promoted"
            raise ConflictError(why, hint="ask the gate again") from error
        return self._verdicts.promoted(verdict.id, alias)


def _held(question: Question, candidate: ModelVersion, champion: ModelVersion | None) -> Held | None:
    """By which alias the champion is one: no other candidate may have got it meanwhile. None for one that was named by
    its number.
    """
    asked = reference(question.champion) if question.champion else Reference(candidate.name, "", question.gate.champion)
    alias = asked.alias or CHAMPION
    if asked.version:
        return None
    return Held(asked.name, alias, champion.version if champion and alias in champion.aliases else "")


def rules_digest(gate: GateFile, *, champion: str = "", data: str = "", evaluates: bool | None = None) -> str:
    """`sha256:...` of what a gate asks: the same for files that ask the same, whatever they are called or promote."""
    evaluation = gate.evaluation if evaluates in (None, True) else None
    if evaluation is not None and data:
        evaluation = replace(evaluation, data=data)
    asked = msgspec.json.encode((gate.rules, evaluation, champion or f"@{gate.champion}"))
    return f"sha256:{hashlib.sha256(asked).hexdigest()}"


def _data(question: Question) -> Path | None:
    evaluation = question.gate.evaluation
    if evaluation is None or not question.evaluates:
        return None
    path = Path(question.data) if question.data else question.folder / evaluation.data
    if not path.is_file():
        raise UserError(
            f"there is no file {path} to evaluate on", hint="`data` is relative to the gate file; --data FILE"
        )
    return path.absolute()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
