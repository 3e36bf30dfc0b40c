from __future__ import annotations

import base64
import html
import json
import shlex
import urllib.parse
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivetrain.run.model import Result
from drivetrain.run.runner.mask import Masker, StreamMasker

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = {
    "plain": "hunter2-hunter2",
    "special": 'p@ss w/rd+"quote"&<tag>\'s $x`\\',
    "unicode": "gehëim-ключ-🔑",
    "multi-line": "-----BEGIN KEY-----\nMIIEvQIBADANBg/kqhki+G9w\n0BAQEFAASCBKcwggSjAgEA\n-----END KEY-----\n",
    "percent": "100%+1%2F",
}
ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 of user:password": lambda s: base64.b64encode(b"user:" + s.encode()).decode(),
    "base64 after one byte": lambda s: base64.b64encode(b"x" + s.encode() + b"yz").decode(),
    "base64 after two bytes": lambda s: base64.b64encode(b"xy" + s.encode() + b"z").decode(),
    "base64 url-safe": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 with a line break": lambda s: base64.b64encode(s.encode() + b"\n").decode(),
    "base64 in lines": lambda s: base64.encodebytes(s.encode()).decode(),
    "URL": lambda s: urllib.parse.quote(s, safe=""),
    "URL path": urllib.parse.quote,
    "URL form": urllib.parse.quote_plus,
    "URL lower case": lambda s: (
        "".join(f"%{b:02x}" if chr(b) in " /+\"&<>'$`\\%@\n" else chr(b) for b in s.encode())
        if s.isascii()
        else urllib.parse.quote(s, safe="")
    ),
    "JSON": json.dumps,
    "JSON with Unicode": lambda s: json.dumps(s, ensure_ascii=False),
    "JSON with slashes": lambda s: json.dumps(s).replace("/", "\\/"),
    "XML text": escape,
    "XML attribute": quoteattr,
    "HTML": html.escape,
    "shell": shlex.quote,
    "shell double quotes": lambda s: '"' + "".join("\\" + c if c in '"$`\\' else c for c in s) + '"',
}


def secret_parts(secret: str) -> list[bytes]:
    return [line.encode() for line in secret.split("\n") if line]


def assert_hidden(encoded: str, shown: bytes, secret: str) -> None:
    """Nothing but the stars and the surroundings is left: no eight characters in a row of the encoded form."""
    assert b"***" in shown
    for part in secret_parts(secret):
        assert part not in shown
    inner = encoded.encode()
    leaked = [inner[at : at + 8] for at in range(len(inner) - 7) if inner[at : at + 8] in shown]
    assert not leaked, (leaked, shown)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_in_every_encoding_wherever_the_stream_is_cut(secret: str, encoding: str) -> None:
    value = SECRETS[secret]
    encoded = ENCODINGS[encoding](value)
    masker = Masker()
    masker.add(value)
    data = b"before [" + encoded.encode() + b"] after"
    whole = StreamMasker(masker)
    expected = whole.feed(data) + whole.close()
    if not encoding.startswith("base64 "):
        assert_hidden(encoded, expected, value)
    else:
        assert_core_hidden(encoded, expected)
    for cut in range(len(data)):
        stream = StreamMasker(masker)
        first = stream.feed(data[:cut])
        shown = first + stream.feed(data[cut:]) + stream.close()
        assert shown.replace(b"******", b"***") == expected.replace(b"******", b"***"), cut


def assert_core_hidden(encoded: str, shown: bytes) -> None:
    """Around a secret, base64 has characters of which only a part depends on it: these may be left."""
    assert b"***" in shown
    kept = shown.removeprefix(b"before [").removesuffix(b"] after")
    assert len(kept.replace(b"***", b"").strip()) <= len(b"dXNlcjp") + 8, (encoded, shown)


@given(st.data())
def test_many_secrets_are_masked_however_the_stream_is_cut(data: st.DataObject) -> None:
    secrets = data.draw(st.lists(st.text("abc", min_size=2, max_size=6), min_size=1, max_size=4))
    text = data.draw(st.text("abcd\n", max_size=60)).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    masker = Masker()
    masker.add(*secrets)
    hidden = [False] * len(text)
    for form in masker.forms:
        for at in range(len(text)):
            if text.startswith(form, at):
                hidden[at : at + len(form)] = [True] * len(form)
    stream = StreamMasker(masker)
    edges = [0, *cuts, len(text)]
    shown = b"".join(stream.feed(text[a:b]) for a, b in pairwise(edges)) + stream.close()
    left = bytes(byte for byte, hide in zip(text, hidden, strict=True) if not hide)
    assert shown.replace(b"***", b"") == left


def test_overlapping_secrets_are_masked_as_one() -> None:
    masker = Masker()
    masker.add("abcdef", "defghi")
    assert masker.text("x abcdefghi y") == "x *** y"


def test_text_without_secrets_is_left_alone() -> None:
    masker = Masker()
    assert masker.text("nothing here") == "nothing here"
    masker.add("", "   ", "\n")
    assert masker.forms == ()
    assert masker.text(" a \n b") == " a \n b"


def test_lone_braces_of_a_multi_line_secret_are_not_masked() -> None:
    masker = Masker()
    masker.add('{\n  "key": "abc123"\n}')
    assert masker.text('{ "other": 1 }') == '{ "other": 1 }'
    assert masker.text('"key": "abc123"') == "***"


def test_a_secret_with_a_line_break_at_its_end_is_masked_without_it() -> None:
    masker = Masker()
    masker.add("pw\n")
    assert masker.text("it is pw, really") == "it is ***, really"


def test_values_are_masked_in_depth() -> None:
    masker = Masker()
    masker.add("s3cret")
    assert masker.value({"a": ["x s3cret", 1, None], "b": {"c": "s3cret"}}) == {
        "a": ["x ***", 1, None],
        "b": {"c": "***"},
    }


def test_what_may_be_the_start_of_a_secret_waits_for_more() -> None:
    masker = Masker()
    masker.add("secret")
    stream = StreamMasker(masker)
    assert stream.feed(b"a sec") == b"a "
    assert stream.waiting
    assert stream.feed(b"ond") == b"second"
    assert not stream.waiting


def test_a_secret_added_later_is_masked_in_what_is_still_held_back() -> None:
    masker = Masker()
    masker.add("secret-one")
    stream = StreamMasker(masker)
    assert stream.feed(b"sec") == b""
    masker.add("sector")
    assert stream.feed(b"tor") == b"***"


def test_a_very_short_secret_is_masked_as_it_is_and_not_as_it_might_be_encoded() -> None:
    masker = Masker()
    masker.add("e")
    assert masker.text("level ZQ== %65") == "l***v***l ZQ== %65"


def test_a_name_keeps_what_is_in_it_by_chance() -> None:
    masker = Masker()
    masker.add("e", "longer")
    assert masker.name("level") == "level"
    assert masker.name("a longer level") == "a *** level"
    assert masker.name("e") == "***"
    assert [masker.tells(text) for text in ("level", "e", "longer!", "ler")] == [False, True, True, False]


def test_results_and_other_words_of_ours_are_no_texts() -> None:
    masker = Masker()
    masker.add("e", "Failed")
    assert masker.value({"result": Result.FAILED, "reason": "Failed"}) == {"result": Result.FAILED, "reason": "***"}


@pytest.mark.parametrize(("shortest", "shown"), [(0, "***-***-***"), (2, "a-***-***"), (99, "a-abc-***")])
def test_secrets_shorter_than_asked_for_stay_in_clear_up_to_the_agents_limit(shortest: int, shown: str) -> None:
    masker = Masker()
    masker.add("a")
    masker.ignore_shorter_than(shortest)
    masker.add("abc", "abcdef")
    assert masker.text("a-abc-abcdef") == shown
