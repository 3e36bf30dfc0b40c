"""The environment of each peer, made by uv and compiled, and the model that all of them serve."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from drivetrain.run.environments.uv_program import uv_path

FOLDER = Path(__file__).parents[2] / ".tools" / "serving"
FILES = Path(__file__).parent / "files"
MODEL_PACKAGES = ("scikit-learn==1.9.1", "mlflow-skinny==3.17.2", "pandas", "skl2onnx", "onnx", "joblib", "skops")


class Environments:
    """Makes what is not there yet."""

    def python(self, name: str, packages: tuple[str, ...]) -> Path:
        """The interpreter of an environment with these packages."""
        key = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:8]
        prefix = FOLDER / f"{name}-{key}"
        python = prefix / "bin" / "python"
        if not (prefix / "complete").exists():
            self._uv("venv", "--quiet", "--clear", "--python", "3.11", str(prefix))
            self._uv("pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *packages)
            (prefix / "complete").touch()
        return python

    def model(self, folder: Path) -> Path:
        """A folder with the model as each of them wants it: `mlflow/`, `model.joblib`, `model.onnx`."""
        folder.mkdir(parents=True)
        python = self.python("model", MODEL_PACKAGES)
        subprocess.run([python, FILES / "train.py", folder], check=True, capture_output=True, env=_clean())
        return folder

    def _uv(self, *words: str) -> None:
        subprocess.run([uv_path(), *words], check=True, env=_clean())


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}}
