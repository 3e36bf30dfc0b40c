"""Conda files -> a version of Python and packages of pip, as far as that is the same thing. Pure.

https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html#create-env-file-manually
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.errors import DefinitionError, UserError
from drivetrain.lang import yaml
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from drivetrain.lang.tree import Node

_OTHER_NAMES = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "py-xgboost": "xgboost",
    "_py-xgboost-mutex": "",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-base": "tensorflow",
    "matplotlib-base": "matplotlib",
    "dask-core": "dask",
    "opencv": "opencv-python",
    "py-opencv": "opencv-python",
    "pyyaml": "PyYAML",
    "msgpack-python": "msgpack",
    "python-graphviz": "graphviz",
    "pytables": "tables",
    "ruamel_yaml": "ruamel.yaml",
    "importlib_metadata": "importlib-metadata",
    "typing_extensions": "typing-extensions",
    "prompt_toolkit": "prompt-toolkit",
    "streamlit-base": "streamlit",
    "jupyterlab_widgets": "jupyterlab-widgets",
    "pip": "",
    "setuptools": "setuptools",
    "wheel": "wheel",
}
"""Packages of conda that pip calls otherwise; empty for what an environment has anyway."""
_NOT_PYTHON = frozenset(
    {"blas", "bzip2", "ca-certificates", "cmake", "cudatoolkit", "cudnn", "cuda", "fftw", "ffmpeg", "gcc", "git"}
    | {"glib", "gcc_linux-64", "gxx", "gxx_linux-64", "hdf5", "icu", "jpeg", "llvm-openmp", "make", "mkl", "mpi"}
    | {"mkl-service", "ncurses", "nccl", "nodejs", "openblas", "openjdk", "openmpi", "openssl", "pandoc", "pkg-config"}
    | {"pytorch-cuda", "pytorch-mutex", "readline", "sqlite", "swig", "tk", "unixodbc", "xz", "zlib", "zstd"}
)
"""What conda installs that is no package of Python: the machine's own is used, if there is one."""
_SPEC = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(.*)", re.DOTALL)
_EXACT = re.compile(r"[0-9][A-Za-z0-9.+!_-]*")


class CondaFile(Struct, frozen=True):
    """What a conda file asks for."""

    python: str = ""
    """A range as UsePythonVersion takes it; empty where the file does not say."""
    packages: tuple[str, ...] = ()
    """Lines of a requirements file."""
    machine: tuple[str, ...] = ()
    """What is no package of Python."""


def read_conda(text: str, file: str = "conda.yaml") -> CondaFile:
    """What a conda file asks for. Raises UserError that names everything in it that cannot be had here."""
    try:
        root = yaml.read(text, file=file)
    except DefinitionError as error:
        raise UserError(f"the conda file of the environment cannot be read: {error.message}") from error
    listed = root.get("dependencies") if isinstance(root, Mapping) else None
    if isinstance(listed, Scalar) and not listed.value:
        listed = None
    if listed is not None and not isinstance(listed, Sequence):
        raise UserError("the conda file of the environment: `dependencies` must be a list")
    reader = _Reader()
    for item in listed or ():
        reader.take(item)
    if reader.refused:
        raise UserError(
            f"the conda file of the environment asks for what pip cannot install: {', '.join(reader.refused)}",
            hint="put the packages under `pip:` by the names that PyPI has for them",
        )
    return CondaFile(reader.python, tuple(dict.fromkeys(reader.packages)), tuple(dict.fromkeys(reader.machine)))


class _Reader:
    def __init__(self) -> None:
        self.python = ""
        self.packages: list[str] = []
        self.machine: list[str] = []
        self.refused: list[str] = []

    def take(self, item: Node) -> None:
        if isinstance(item, Scalar):
            self._conda(item.value.strip())
            return
        pip = item.get("pip") if isinstance(item, Mapping) else None
        if not isinstance(pip, Sequence) or not all(isinstance(line, Scalar) for line in pip):
            self.refused.append("an entry that is neither a package nor a list under `pip:`")
            return
        self.packages += [line.value.strip() for line in pip if isinstance(line, Scalar) and line.value.strip()]

    def _conda(self, spec: str) -> None:
        found = _SPEC.fullmatch(spec.rpartition("::")[2].strip())
        if found is None:
            self.refused.append(f"'{spec[:100]}'")
            return
        name, version = found[1].lower(), found[2].split("#")[0].strip()
        if name == "python":
            self.python = python_range(version)
        elif name in _NOT_PYTHON or name.startswith(("lib", "cuda-", "r-")):
            self.machine.append(spec)
        else:
            self._package(_OTHER_NAMES.get(name, found[1]), version, spec)

    def _package(self, name: str, version: str, spec: str) -> None:
        if not name:
            return
        try:
            self.packages.append(f"{name}{pip_range(version)}")
        except UserError:
            self.refused.append(f"'{spec[:100]}'")


def pip_range(version: str) -> str:
    """A version of conda's as pip writes it: `=1.2` is `==1.2.*`, `==1.2` exactly that, and a build is left out.

    https://docs.conda.io/projects/conda-build/en/latest/resources/package-spec.html#package-match-specifications
    """
    text = version.strip().strip("[]'\"")
    if not text or text == "*":
        return ""
    if "|" in text:
        raise UserError(f"'{version}' is a choice of versions")
    return ",".join(_one(part.strip()) for part in text.split(","))


def _one(part: str) -> str:
    """One condition of a version: `>=1.2`, `=1.2`, `==1.2`, `1.2.*`, `1.2=build`."""
    if part.startswith(("<", ">", "!=", "~=")):
        return part.replace(" ", "")
    number, _, build = part.lstrip("=").strip().replace(" ", "=").partition("=")
    plain = number.rstrip("*").rstrip(".")
    if not _EXACT.fullmatch(plain):
        raise UserError(f"'{part}' is no version")
    fuzzy = number.endswith("*") or (part.startswith("=") and not part.startswith("==") and not build)
    return f"=={plain}.*" if fuzzy else f"=={plain}"


def python_range(version: str) -> str:
    """The range of versions of Python that conda means: `3.10` and `=3.10` are `3.10`, others as they are."""
    text = version.strip().replace(" ", "")
    if text[:1] in ("<", ">", "!", "~") or "," in text:
        return text.replace(",", " ")
    return text.lstrip("=").partition("=")[0].removesuffix(".*").rstrip("*").rstrip(".")
