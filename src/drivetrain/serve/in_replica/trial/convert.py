"""Models of scikit-learn, LightGBM and XGBoost -> ONNX, by their official converters. Runs in the model's environment.

https://onnx.ai/sklearn-onnx/ , https://github.com/onnx/onnxmltools
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..columns import Column


class Converted(NamedTuple):
    """One try."""

    model: bytes
    answers: dict[str, Any]
    """Which output is the prediction: the description's `onnx`."""


class NotConvertedError(Exception):
    """There is no converter for it; says why."""


def attempts(flavour: str, model: Any, columns: list[Column], answer: Any, function: str) -> Iterator[Converted]:
    """What the converters make of it, the most exact first.

    Args:
        flavour: as the description has it.
        model: the estimator or booster.
        columns: of the signature.
        answer: its own answer for a few rows, in lists: the shape tells what is to be taken of the outputs.
        function: the name of what predicts.
    """
    if flavour == "lightgbm" and type(model).__name__ == "Booster":
        yield from _lightgbm(model, columns, answer)
    elif flavour == "xgboost" and type(model).__name__ == "Booster":
        yield from _xgboost(model, columns, answer)
    else:
        yield from _sklearn(model, columns, answer, function)


def _sklearn(model: Any, columns: list[Column], answer: Any, function: str) -> Iterator[Converted]:
    from skl2onnx import to_onnx

    if function not in ("predict", "predict_proba"):
        raise NotConvertedError(f"no converter knows {function}")
    _register_boosters()
    labels = hasattr(model, "classes_")
    options = {"zipmap": False} if labels else None
    reasons: list[str] = []
    found = as_matrix = False
    for types in _types(columns):
        if as_matrix and len(types) > 1:
            return  # as one matrix it was converted, and the answers were others

        try:
            made = to_onnx(model, initial_types=types, options=options)
        except Exception as error:  # noqa: BLE001 - converters raise anything
            reasons.append(f"{type(error).__name__}: {error}")
            continue
        found, as_matrix = True, as_matrix or len(types) == 1
        outputs = [each.name for each in made.graph.output]
        output = outputs[1] if function == "predict_proba" else outputs[0]
        yield Converted(made.SerializeToString(), {"output": output, "flat": not isinstance(answer[0], list)})
    if reasons and not found:
        raise NotConvertedError(reasons[-1][:300])


def _types(columns: list[Column]) -> Iterator[list[tuple[str, Any]]]:
    """One matrix of doubles, one of floats, and columns each by its own type, in this order."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    own = {"double": DoubleTensorType, "float": FloatTensorType, "long": Int64TensorType, "string": StringTensorType}
    if all(each.type in ("double", "float", "long", "integer") for each in columns):
        for kind in (DoubleTensorType, FloatTensorType):
            yield [("X", kind([None, len(columns)]))]
    single = dict(own, double=FloatTensorType)
    for table in (own, single):
        if all(each.type in table for each in columns):
            yield [(each.name, table[each.type]([None, 1])) for each in columns]


def _register_boosters() -> None:
    """So that pipelines with estimators of LightGBM and XGBoost are converted too."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )

    shapes = {
        "Classifier": (calculate_linear_classifier_output_shapes, {"zipmap": [True, False], "nocl": [True, False]}),
        "Regressor": (calculate_linear_regressor_output_shapes, {}),
    }
    for package, prefix, names in (("lightgbm", "LightGbm", "LGBM"), ("xgboost", "XGBoost", "XGB")):
        try:
            estimators = __import__(package)
            convert = _booster_converter(package)
        except ImportError:
            continue
        for kind, (shape, options) in shapes.items():
            update_registered_converter(
                getattr(estimators, names + kind), prefix + names + kind, shape, convert, options=options
            )


def _booster_converter(package: str) -> Any:
    if package == "lightgbm":
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        return convert_lightgbm
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

    return convert_xgboost


def _lightgbm(model: Any, columns: list[Column], answer: Any) -> Iterator[Converted]:
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    if model.pandas_categorical:
        raise NotConvertedError("its categories of pandas have no counterpart in ONNX")
    made = convert_lightgbm(model, initial_types=[("X", FloatTensorType([None, len(columns)]))], zipmap=False)
    yield Converted(made.SerializeToString(), _of_booster(made, answer))


def _xgboost(model: Any, columns: list[Column], answer: Any) -> Iterator[Converted]:
    from onnxmltools import convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    model = model.copy()
    model.feature_names = [f"f{at}" for at in range(len(columns))]  # the converter knows no others
    made = convert_xgboost(model, initial_types=[("X", FloatTensorType([None, len(columns)]))])
    yield Converted(made.SerializeToString(), _of_booster(made, answer))


def _of_booster(made: Any, answer: Any) -> dict[str, Any]:
    """A booster answers with the number, the probability of the second class, or the probabilities of all classes."""
    outputs = [each.name for each in made.graph.output]
    if len(outputs) == 1:
        return {"output": outputs[0], "flat": not isinstance(answer[0], list)}
    return {"output": outputs[1], "column": None if isinstance(answer[0], list) else 1}
