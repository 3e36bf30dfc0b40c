"""Secrets for tests, and every form that none of them may show up in."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from tests.walking import content, everything

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SECRETS = {
    "password": 'p@ss "w/rd" \N{LATIN SMALL LETTER E WITH ACUTE}+<42>&\'$x\\y {7}',
    "simple": "hunter-twelve-7731+x=",
    "multi": 'first line of key AAAA\nsecond/line+of "key" BBBB\nthird=line CCCC',
    "told": "only-told-by-setsecret-5150",
}


def forms(secret: str) -> Iterator[bytes]:
    """Plain and each of its lines, base64 in all three alignments, URL-encoded, JSON-escaped."""
    for text in (secret, *secret.splitlines()):
        yield text.encode()
        yield from _base64(text.encode())
        for url in (quote(text), quote(text, safe=""), quote_plus(text)):
            yield url.encode()
            yield url.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d").encode()
        for ascii_only in (True, False):
            yield json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()
            yield json.dumps(text, ensure_ascii=ascii_only)[1:-1].replace("/", "\\/").encode()


def _base64(raw: bytes) -> Iterator[bytes]:
    """What depends on `raw` alone, wherever in an encoded text it stands."""
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw).rstrip(b"=")
        core = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        yield core
        yield core.replace(b"+", b"-").replace(b"/", b"_")


def leaks(secrets: Mapping[str, str], texts: Iterable[tuple[str, bytes]]) -> list[str]:
    """Which secret shows up in which named text, and how."""
    wanted = {form: name for name, secret in secrets.items() for form in forms(secret)}
    return [
        f"{name} in {where}: ...{text[max(0, text.find(form) - 60) : text.find(form) + len(form) + 20]!r}"
        for where, text in texts
        for form, name in wanted.items()
        if form in text
    ]


def files(root: Path, *, but: tuple[str, ...] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder with its bytes, and every path itself."""
    for path in sorted(everything(root)):
        name = path.relative_to(root).as_posix()
        yield f"the path {name}", name.encode()
        if path.is_file() and not path.is_symlink() and not name.startswith(but):
            yield name, content(path)
