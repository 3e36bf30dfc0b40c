"""Bodies of several parts, as browsers and `requests` send files. Pure. https://www.rfc-editor.org/rfc/rfc7578"""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from drivetrain.errors import UserError

_MOST_PARTS = 20


def parts(content_type: str, body: bytes, most: int = _MOST_PARTS) -> dict[str, bytes]:
    """The files of a body, by their names; `most` of them at most. Raises UserError when it is no such body."""
    if "\n" in content_type or not content_type.lower().startswith("multipart/form-data"):
        raise UserError("the body is not of the type multipart/form-data")
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    found: dict[str, bytes] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        name = part.get_filename() or str(part.get_param("name", "", "content-disposition"))
        if isinstance(content, bytes) and len(found) < most:
            found[name] = content
    return found
