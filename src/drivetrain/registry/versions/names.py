"""What models, their versions and aliases may be called: MLflow's own rules.

https://mlflow.org/docs/latest/ml/model-registry/
"""

from __future__ import annotations

import re

from msgspec import Struct

from drivetrain.errors import UserError

_ALIAS = re.compile(r"[\w-]{1,255}", re.ASCII)
_LIKE_A_VERSION = re.compile(r"[vV]\d+", re.ASCII)
_VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)
LONGEST_NAME = 256


class Reference(Struct, frozen=True):
    """NAME, NAME:VERSION or NAME@ALIAS, as somebody wrote it."""

    name: str
    version: str = ""
    alias: str = ""


def reference(text: str) -> Reference:
    """Read it. Raises UserError."""
    name, at, alias = text.partition("@")
    name, colon, version = name.partition(":")
    if not name or len(name) > LONGEST_NAME or "/" in name or not name.isprintable() or (at and colon):
        raise UserError(f"'{text[:80]}' names no model", hint="write NAME, NAME:VERSION or NAME@ALIAS")
    if colon and not _VERSION.fullmatch(version):
        raise UserError(f"'{version[:40]}' is no version of a model", hint="versions are numbers: NAME:3")
    return Reference(name, str(int(version)) if colon else "", checked_alias(alias) if at else "")


def checked_alias(alias: str) -> str:
    """The alias. Raises UserError when MLflow would not take it."""
    if not _ALIAS.fullmatch(alias) or _LIKE_A_VERSION.fullmatch(alias) or alias.lower() == "latest":
        hint = "letters, digits, _ and -; neither `latest` nor a word like `v1`"
        raise UserError(f"'{alias[:80]}' cannot be an alias", hint=hint)
    return alias
