"""Replaces secrets by `***`, in texts and in streams whose chunks may end anywhere."""

from __future__ import annotations

from enum import Enum

from drivetrain.run.runner.encodings import forms

STARS = b"***"
SHORTEST_TELLING = 4
"""A secret of fewer characters is in many a text by chance."""
MOST_IGNORED = 6
"""https://github.com/microsoft/azure-pipelines-agent: MaxMinSecretLengthLimit"""


class Masker:
    """The secrets of a job, all of whose encoded forms are looked for. Secrets can be added at any time."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._shortest = 0
        self.forms: tuple[bytes, ...] = ()
        """Longest first."""
        self._telling: tuple[bytes, ...] = ()

    def add(self, *secrets: str) -> None:
        """From now on these are masked too."""
        new = {secret for secret in secrets if len(secret) > max(0, self._shortest - 1)} - self._secrets
        if not new:
            return
        self._secrets |= new
        self.forms = _with(self.forms, new)
        self._telling = _with(self._telling, {secret for secret in new if len(secret) >= SHORTEST_TELLING})

    def ignore_shorter_than(self, length: int) -> None:
        """Leave secrets of fewer characters in clear, as AZP_IGNORE_SECRETS_SHORTER_THAN asks; never longer ones than
        the agent would.

        https://github.com/microsoft/azure-pipelines-agent/blob/master/docs/knobs.md
        """
        self._shortest = min(max(length, 0), MOST_IGNORED)
        kept, self._secrets, self.forms, self._telling = self._secrets, set(), (), ()
        self.add(*kept)

    def text(self, text: str) -> str:
        """The text with every secret masked."""
        return self._blotted(text, self.forms)

    def name(self, text: str) -> str:
        """A name with the secrets masked that cannot be in it by chance: all but very short ones. With those masked,
        nothing of that name would be found again.
        """
        return STARS.decode() if text in self._secrets else self._blotted(text, self._telling)

    def tells(self, text: str) -> bool:
        """Whether a text is a secret, or holds one that cannot be in it by chance."""
        return self.name(text) != text

    def _blotted(self, text: str, forms: tuple[bytes, ...]) -> str:
        raw = text.encode("utf-8", "surrogateescape")
        spans = _spans(raw, forms)
        return blot(raw, spans, 0, len(raw)).decode("utf-8", "surrogateescape") if spans else text

    def value(self, value: object) -> object:
        """A JSON value with every secret in its texts masked; results and the like are no texts."""
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets lie in `data`: ascending, overlapping ones joined."""
        return _spans(data, self.forms)

    def held(self, data: bytes) -> int:
        """The length of the longest end of `data` that may be the start of a secret."""
        if data[-1:] == b"\n":
            return 0  # No form holds a line break.
        return max((_overlap(data, form) for form in self.forms), default=0)


def _with(known: tuple[bytes, ...], secrets: set[str]) -> tuple[bytes, ...]:
    found = set(known).union(*(forms(secret) for secret in secrets))
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def _spans(data: bytes, forms: tuple[bytes, ...]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for form in forms:
        at = data.find(form)
        while at >= 0:
            found.append((at, at + len(form)))
            at = data.find(form, at + 1)
    return _joined(found) if found else found


def _overlap(data: bytes, form: bytes) -> int:
    at = data.find(form[:1], max(0, len(data) - len(form) + 1))
    while at >= 0:
        if form.startswith(data[at:]):
            return len(data) - at
        at = data.find(form[:1], at + 1)
    return 0


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    spans.sort()
    joined = [spans[0]]
    for start, end in spans[1:]:
        if start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def blot(data: bytes, spans: list[tuple[int, int]], start: int, end: int) -> bytes:
    """`data[start:end]` with each span in it replaced by stars; the parts of spans outside do not show either."""
    parts: list[bytes] = []
    for first, last in spans:
        if first >= end:
            break
        if last <= start:
            continue
        parts += (data[start:first], STARS)
        start = last
    parts.append(data[start:end])
    return b"".join(parts)


class StreamMasker:
    """Masks a stream chunk by chunk; what may be the start of a secret waits for the next chunk."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._rest = b""
        self._hidden = 0
        """How many bytes of the rest belong to a secret that has been shown as stars already."""

    def feed(self, chunk: bytes) -> bytes:
        """What can be shown now."""
        data = self._rest + chunk if self._rest else chunk
        spans = self._spans(data)
        cut = len(data) - self._masker.held(data)
        shown = self._blot(data, spans, cut)
        # A secret that reaches over the cut has its stars already: its remainder stays hidden.
        over = [end for start, end in spans if start < cut < end]
        self._rest = data[cut:]
        self._hidden = over[0] - cut if over else max(0, self._hidden - cut)
        return shown

    def close(self) -> bytes:
        """The rest, when nothing follows."""
        data, self._rest = self._rest, b""
        shown = self._blot(data, self._spans(data), len(data))
        self._hidden = 0
        return shown

    @property
    def waiting(self) -> bool:
        """Whether something is held back."""
        return bool(self._rest)

    def _spans(self, data: bytes) -> list[tuple[int, int]]:
        spans = self._masker.spans(data)
        if self._hidden:
            spans = _joined([(0, self._hidden), *spans])
        return spans

    def _blot(self, data: bytes, spans: list[tuple[int, int]], cut: int) -> bytes:
        if not spans:
            return data[:cut]
        shown = blot(data, spans, 0, cut)
        # The first span continues one that was shown before.
        return shown[len(STARS) :] if self._hidden and cut > 0 else shown
