"""Forms with values and files: `application/x-www-form-urlencoded` and `multipart/form-data`."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from msgspec import Struct, field

from drivetrain.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import MIMEPart

    from starlette.requests import Request

MOST_BYTES = 12 << 20
"""A secure file has at most 10 MB."""
MOST_FIELDS = 200


class Upload(Struct, frozen=True):
    """A file in a form."""

    name: str
    """Hostile: what the browser says that it is called, without folders."""
    content: bytes


class Fields(Struct, frozen=True):
    """The fields of a form."""

    texts: Mapping[str, str] = field(default_factory=dict)
    file: Upload | None = None

    def text(self, name: str) -> str:
        """A field of one line, or nothing."""
        return self.texts.get(name, "")

    def value(self, name: str) -> str:
        """A field that may have several lines: a browser sends each end as CR LF."""
        return self.texts.get(name, "").replace("\r\n", "\n")

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.texts.get(name, "") in {"on", "true"}

    def beginning(self, prefix: str) -> dict[str, str]:
        """The fields whose names begin so, by the rest of their names."""
        return {name.removeprefix(prefix): self.value(name) for name in self.texts if name.startswith(prefix)}


async def fields_of(request: Request) -> Fields:
    """The form that a request carries. Raises UserError when it is none, or too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise UserError("this form is too large", hint="a secure file has at most 10 MB")
    kind = request.headers.get("content-type", "")
    try:
        return _parts(kind, body) if kind.startswith("multipart/form-data") else _plain(body)
    except (ValueError, LookupError) as error:
        raise UserError("this is not a form", hint="use the page's own button") from error


def _plain(body: bytes) -> Fields:
    found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    return Fields({name: values[-1] for name, values in found.items()})


def _parts(kind: str, body: bytes) -> Fields:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + body)
    texts: dict[str, str] = {}
    upload: Upload | None = None
    parts = list(message.iter_parts())
    if len(parts) > MOST_FIELDS:
        raise ValueError("too many fields")
    for part in parts:
        name, content = _name(part), part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        filename = part.get_filename()
        if filename is None:
            texts[name] = data.decode("utf-8")
        elif filename:
            upload = Upload(filename.replace("\\", "/").rpartition("/")[2], data)
    return Fields(texts, upload)


def _name(part: MIMEPart) -> str:
    return str(part.get_param("name", "", header="content-disposition"))
