"""Summaries that steps have uploaded, as the run's page shows them: Markdown, of which no HTML and no script is taken.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#uploadsummary-add-some-markdown-content-to-the-build-summary
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup
from msgspec import Struct

from drivetrain.view.attachments import SUMMARY
from drivetrain.view.logs.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.view.attachments import Attachment

MOST = 20
LONGEST = 256 << 10
"""Bytes of one that are shown; the whole of it can be downloaded."""


class Summary(Struct, frozen=True):
    """One, ready to be shown."""

    attachment: Attachment
    html: Markup
    cut: bool


def summaries(found: Iterable[Attachment]) -> list[Summary]:
    """The first of them, rendered."""
    wanted = [each for each in found if each.type.lower() == SUMMARY.lower()][:MOST]
    return [_rendered(each) for each in wanted]


def _rendered(attachment: Attachment) -> Summary:
    try:
        with attachment.path.open("rb") as file:
            text = file.read(LONGEST).decode("utf-8-sig", "replace")
    except OSError:
        text = ""
    return Summary(attachment, to_html(text), attachment.size > LONGEST)


def to_html(text: str) -> Markup:
    """Markdown as HTML. HTML in it is shown as text; a link leads to the web, to a place of this page, or nowhere."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    parser.validateLink = _is_safe  # type: ignore[method-assign]
    return Markup(parser.render(visible(text)))  # noqa: S704 - made of escaped text and tags of the parser's own


def _is_safe(url: str) -> bool:
    return url.strip().lower().startswith(("http://", "https://", "mailto:", "#"))
