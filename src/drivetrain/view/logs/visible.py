"""Hostile text made harmless to read: characters that reorder, hide or obey are shown instead."""

from __future__ import annotations

_CONTROLS = {code: f"^{chr(64 + code)}" for code in range(32) if chr(code) not in "\t\n"}
_REORDERING = {
    code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
}
_INVISIBLE = {code: f"[U+{code:04X}]" for code in (0x200B, 0x2028, 0x2029, 0xFEFF)}
_C1 = dict.fromkeys(range(0x7F, 0xA0), "\N{REPLACEMENT CHARACTER}")
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
_TABLE = {**_CONTROLS, **_REORDERING, **_INVISIBLE, **_C1, **_SURROGATES}


def visible(text: str) -> str:
    """The text with control characters as a terminal types them (`^@`), and what reorders or hides it by its number
    (`[U+202E]`).

    Why: https://trojansource.codes/. Tabs and line feeds stay.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_TABLE)
