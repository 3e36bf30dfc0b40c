"""LightGBM models, from their own file."""

from __future__ import annotations

from typing import Any

from .scikit_learn import SklearnModel, unpickled


def load(described: dict[str, Any]) -> SklearnModel:
    """A booster, or an estimator of LightGBM's, which is pickled. It predicts on one core."""
    if described.get("class", "lightgbm.basic.Booster") != "lightgbm.basic.Booster":
        return SklearnModel(unpickled(described), described.get("predict") or "predict")
    import lightgbm

    return SklearnModel(lightgbm.Booster(params={"num_threads": 1}, model_file=described["model"]), "predict")
