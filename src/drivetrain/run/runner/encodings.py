"""The forms in which a secret may show up in output: plain, and as common programs encode it."""

from __future__ import annotations

import binascii
from json.encoder import encode_basestring, encode_basestring_ascii

SHORTEST_LINE = 4
"""Lines of a multi-line secret shorter than this are not masked by themselves: `{` would be in every log."""
SHORTEST_CORE = 6
"""Base64 of something around a secret is masked when at least so many of its characters depend on it alone."""
WRAP = 76
"""Where `base64` and MIME break lines."""

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_XML_STYLES = (
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"},
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"},
)
_BARE_IN_SHELL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-")
_ANSI_C = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


def forms(secret: str) -> set[bytes]:
    """Every form of `secret` to look for. Of one with several lines, each line; no form holds a line break. A very
    short one is looked for as it is: what it is encoded to is anywhere.
    """
    lines = [line.strip() for line in secret.replace("\r", "\n").split("\n") if line.strip()]
    if len(lines) == 1 and len(lines[0]) < SHORTEST_LINE:
        return {lines[0].encode("utf-8", "surrogateescape")}
    if len(lines) > 1:
        lines = [line for line in lines if len(line) >= SHORTEST_LINE]
    found = set().union(*(_forms(line) for line in lines), _forms(secret) if lines else ())
    return {form for form in found if form and b"\n" not in form and b"\r" not in form}


def _forms(secret: str) -> set[bytes]:
    texts = {secret, *_url(secret), *_json(secret), *_xml(secret), *_shell(secret)}
    found = {text.encode("utf-8", "surrogateescape") for text in texts}
    return found | _base64(secret.encode("utf-8", "surrogateescape"))


def _url(secret: str) -> set[str]:
    found = set()
    raw = secret.encode("utf-8", "surrogateescape")
    for safe, space in ((b"", "%20"), (b"", "+"), (b"/", "%20"), (b"!'()*", "%20")):
        for style in ("%{:02X}", "%{:02x}"):
            plain = _UNRESERVED | frozenset(safe)
            found.add("".join(_percent(byte, plain, style, space) for byte in raw))
    return found


def _percent(byte: int, plain: frozenset[int], style: str, space: str) -> str:
    if byte == 0x20:  # noqa: PLR2004 - a blank
        return space
    return chr(byte) if byte in plain else style.format(byte)


def _json(secret: str) -> set[str]:
    found = {encode_basestring(secret)[1:-1], encode_basestring_ascii(secret)[1:-1]}
    found |= {text.replace("/", "\\/") for text in found}
    # Encoders made for use within HTML also escape these; in either case of the digits.
    for style in ("\\u{:04x}", "\\u{:04X}"):
        found |= {_replace(text, {sign: style.format(ord(sign)) for sign in "<>&'+"}) for text in tuple(found)}
        found |= {_replace(text, {sign: style.format(ord(sign)) for sign in "<>&"}) for text in tuple(found)}
    return found


def _xml(secret: str) -> set[str]:
    return {_replace(secret, style) for style in _XML_STYLES}


def _replace(text: str, table: dict[str, str]) -> str:
    return text.translate({ord(sign): other for sign, other in table.items()})


def _shell(secret: str) -> set[str]:
    return {
        secret.replace("'", "'\\''"),
        secret.replace("'", "'\"'\"'"),
        "".join("\\" + sign if sign in '\\"$`' else sign for sign in secret),
        "".join("\\" + sign if sign in '\\"$`!' else sign for sign in secret),
        "".join(sign if sign in _BARE_IN_SHELL or ord(sign) > 127 else "\\" + sign for sign in secret),  # noqa: PLR2004
        _replace(secret, _ANSI_C),
    }


def _base64(raw: bytes) -> set[bytes]:
    found = {_encode(raw), _encode(raw).rstrip(b"="), _encode(raw + b"\n"), _encode(raw + b"\r\n")}
    for whole in tuple(found):
        if len(whole) > WRAP:
            found |= {part for at in range(0, len(whole), WRAP) if len(part := whole[at : at + WRAP]) >= SHORTEST_CORE}
    found |= {core for shift in range(3) if len(core := _core(raw, shift)) >= SHORTEST_CORE}
    return found | {text.replace(b"+", b"-").replace(b"/", b"_") for text in found}


def _encode(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False)


def _core(raw: bytes, shift: int) -> bytes:
    """The characters that depend on `raw` alone when `shift` (modulo 3) other bytes come before it."""
    text = _encode(b"\0" * shift + raw).rstrip(b"=")
    first = -(-shift * 8 // 6)
    last = (shift + len(raw)) * 8 // 6
    return text[first:last]
