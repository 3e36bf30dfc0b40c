"""One model that is tried: whether its rows depend on each other, whether ONNX Runtime answers as it does."""

from __future__ import annotations

from typing import Any

from ..answers import plain, shares
from ..columns import Columns, columns_of
from ..flavours import load
from .compare import difference
from .convert import Converted, NotConvertedError, attempts
from .rows import numbers_only, rows_like, with_nulls

_PACKAGES = ("scikit-learn", "lightgbm", "xgboost", "xgboost-cpu", "onnxruntime", "mlflow", "mlflow-skinny")
_JOINED = 4


class Trial:
    """One model that is tried."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked = asked
        self._described = asked["described"]
        self._flavour = load(self._described)
        inputs = self._described.get("inputs") or []
        self._tensors = bool(inputs) and "tensor-spec" in inputs[0]
        self._columns = [] if self._tensors else columns_of(inputs)
        self._reader = Columns(self._columns, named=bool(inputs) and "name" in inputs[0])

    def report(self) -> dict[str, Any]:
        """What was found."""
        found: dict[str, Any] = {"joins": False, "converted": False, "why": "", "versions": _versions()}
        example = self._asked.get("example") or []
        if self._tensors or not self._columns or not (example or numbers_only(self._columns)):
            found["why"] = "it has neither an example nor columns of numbers alone, so its answers cannot be compared"
            return found
        rows = rows_like(self._columns, example)
        try:
            answer = self._own(rows)
        except Exception as error:  # noqa: BLE001 - the model may raise anything
            found["why"] = f"it does not answer its own example: {type(error).__name__}: {error}"[:500]
            return found
        found["joins"] = self._rows_are_independent(rows[:_JOINED], answer)
        found["answer"] = answer[: len(example)] if isinstance(answer, list) else None
        if self._asked.get("convert"):
            found.update(self._convert(rows, answer))
        return found

    def _own(self, rows: list[list[Any]]) -> Any:
        return plain(self._flavour.predict(self._reader.table(None, rows), None))

    def _rows_are_independent(self, rows: list[list[Any]], answer: Any) -> bool:
        """Whether each row alone is answered as it is among others."""
        if shares(answer, [1] * len(answer) if isinstance(answer, list) else []) is None:
            return False
        alone = [self._own([row]) for row in rows]
        return all(difference(own, [answer[at]]) <= 1 for at, own in enumerate(alone))

    def _convert(self, rows: list[list[Any]], answer: Any) -> dict[str, Any]:
        from ..flavours.onnx_runtime import of_bytes

        why = "no converter made anything of it"
        model = self._flavour.model
        try:
            for made in attempts(self._described["flavour"], model, self._columns, answer, self._flavour.function):
                try:
                    other = of_bytes(made.model, made.answers)
                    far = difference(answer, plain(other.predict(self._reader.table(None, rows), None)))
                except Exception as error:  # noqa: BLE001 - so does ONNX Runtime
                    why = f"ONNX Runtime does not run it: {error}"[:300]
                    continue
                if far > 1:
                    why = f"its answers in ONNX Runtime are others ({far:.3g} times the tolerance)"
                    continue
                nulls = self._nulls(other, rows)
                if nulls is not None:
                    return self._keep(made, rows, far, nulls=nulls)
                if self._asked.get("complete"):
                    return self._keep(made, rows, far, nulls=False)
                why = "its answers for missing values are others in ONNX Runtime, which can serve complete rows alone"
        except NotConvertedError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - so do converters
            why = f"{type(error).__name__}: {error}"[:300]
        return {"why": why}

    def _nulls(self, other: Any, rows: list[list[Any]]) -> bool | None:
        """Whether missing values are answered; None when the two answer them differently."""
        some = with_nulls(self._columns, rows)
        if not some:
            return True
        try:
            own = self._own(some)
        except Exception:  # noqa: BLE001 - most models want all values: then ONNX must not answer either
            return False
        return True if difference(own, plain(other.predict(self._reader.table(None, some), None))) <= 1 else None

    def _keep(self, made: Converted, rows: list[list[Any]], far: float, *, nulls: bool) -> dict[str, Any]:
        with open(self._asked["onnx"], "wb") as file:
            file.write(made.model)
        why = f"its answers for {len(rows)} rows are the same as its own (within {far:.2g} of the tolerance)"
        return {"converted": True, "why": why, "onnx": dict(made.answers, nulls=nulls)}


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
