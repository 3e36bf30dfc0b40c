"""Files of skops, as the real one writes them, and odd ones."""

from __future__ import annotations

import json
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from drivetrain.registry.versions import skops_file
from drivetrain.registry.versions.skops_file import skops_digest
from tests.model_flavours import model_python

if TYPE_CHECKING:
    from pathlib import Path

REAL = """
import sys
import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skops.io import dump

elsewhere = [object() for _ in range(int(sys.argv[2]))]  # what is kept later has other addresses
numbers = np.random.default_rng(0).normal(size=(50, 3))
model = make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=3, random_state=0))
dump(model.fit(numbers, numbers[:, 0] + float(sys.argv[3])), sys.argv[1])
"""


def test_a_model_that_is_the_same_says_the_same_whenever_it_is_written(tmp_path: Path) -> None:
    made = []
    for name, elsewhere, more in (("a", "10", "0"), ("b", "100000", "0"), ("c", "10", "0.1")):
        made.append(tmp_path / f"{name}.skops")
        subprocess.run([model_python(), "-c", REAL, made[-1], elsewhere, more], check=True, cwd=tmp_path)
    first, again, other = (skops_digest(path) for path in made)
    assert made[0].read_bytes() != made[1].read_bytes()
    assert first == again != ""
    assert other not in {"", first}


def node(address: int, **said: object) -> dict[str, object]:
    return {"__class__": "x", "__module__": "y", "__loader__": "ObjectNode", "__id__": address, **said}


def write(path: Path, schema: object, **arrays: bytes) -> str:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("schema.json", schema if isinstance(schema, (str, bytes)) else json.dumps(schema))
        for name, content in arrays.items():
            file.writestr(f"{name[1:]}.npy", content)
    return skops_digest(path)


def test_only_addresses_and_names_of_arrays_may_differ(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    first = write(path, node(1, content=[node(7, file="7.npy"), "7.npy"]), _7=b"data")
    assert first == write(path, node(2, content=[node(9, file="9.npy"), "7.npy"]), _9=b"data")
    assert first != write(path, node(1, content=[node(7, file="7.npy"), "7.npy"]), _7=b"date")
    assert first != write(path, node(1, content=[node(7, file="7.npy"), "8.npy"]), _7=b"data")
    assert first != write(path, {**node(1, content=[node(7, file="7.npy"), "7.npy"]), "protocol": 3}, _7=b"data")


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        b"\xff",
        "[" * 100_000,
        node(1, file="gone.npy"),
        {"__loader__": "CachedNode", "__id__": 1},
    ],
    ids=str,
)
def test_what_cannot_be_read_says_nothing(tmp_path: Path, schema: object) -> None:
    assert write(tmp_path / "m.skops", schema) == ""


def test_neither_does_what_is_no_such_file_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.skops"
    assert skops_digest(path) == ""
    path.write_bytes(b"PK\x03\x04 and no more")
    assert skops_digest(path) == ""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("other.json", "{}")
    assert skops_digest(path) == ""
    assert write(path, node(1)) != ""
    monkeypatch.setattr(skops_file, "MOST_BYTES", 10)
    assert skops_digest(path) == ""
