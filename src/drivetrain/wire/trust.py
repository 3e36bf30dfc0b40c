"""Whether the certificates of a home are as they should be, told from small files: no cryptography is loaded for it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

BUNDLE = "bundle.pem"
RECORD = "bundle.json"
HOSTS = "hosts"
"""The folder of what belongs to Azure's own host names."""
SPARE_SECONDS = 30 * 24 * 3600
"""How long before its end a certificate is renewed."""
_NAMED = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


class Source(Struct, frozen=True, array_like=True):
    """A file of authorities as it was when it was taken into the bundle."""

    path: str
    changed: int
    size: int


class Trusted(Struct, frozen=True):
    """What the bundle of a home was made of."""

    until: float
    """When the server's certificate ends, in seconds since 1970."""
    sources: tuple[Source, ...] = ()


def source(path: str) -> Source | None:
    """A file as it is now; None when it is not there."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return Source(path, found.st_mtime_ns, found.st_size)


def recorded(folder: Path) -> Trusted | None:
    """What the bundle below `azure/` of a home was made of; None when nobody knows."""
    try:
        return msgspec.json.decode((folder / RECORD).read_bytes(), type=Trusted)
    except (OSError, msgspec.MsgspecError):
        return None


def named_files(folder: Path, environ: Mapping[str, str] | None = None) -> list[str]:
    """Files of authorities that the environment names, but for the home's own bundles: a run may start another."""
    given = os.environ if environ is None else environ
    paths = dict.fromkeys(given[name] for name in _NAMED if given.get(name))
    own = (folder / BUNDLE, folder / HOSTS / BUNDLE)
    return [path for path in paths if Path(path).is_file() and Path(path) not in own]


def is_current(folder: Path, environ: Mapping[str, str] | None = None) -> bool:
    """Whether nothing is to be made: the certificate is good for a while, and the bundle holds what this machine, and
    whoever asks, trusts today.
    """
    found = recorded(folder)
    if found is None or not (folder / BUNDLE).exists() or time.time() > found.until - SPARE_SECONDS:
        return False
    known = {each.path for each in found.sources}
    return known.issuperset(named_files(folder, environ)) and all(source(each.path) == each for each in found.sources)
