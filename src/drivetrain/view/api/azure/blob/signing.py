"""The signatures of Azure Storage: what is signed, and with which key. Pure.

azure-storage-blob only makes signatures; no library checks them, so what is signed is written down here a second time:
https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
https://learn.microsoft.com/rest/api/storageservices/create-service-sas
https://learn.microsoft.com/rest/api/storageservices/create-account-sas
https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

SAS_VERSION = "2021-12-02"
"""The version of what we sign."""
OLDEST = "2015-04-05"
_WITH_RESOURCE = "2018-11-09"
_WITH_AGENT = "2020-02-10"
_WITH_SCOPE = "2020-12-06"
_WITH_DELEGATED = "2025-07-05"
_WITH_REQUEST = "2026-04-06"
_OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")
_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


def signature(key: str, text: str) -> str:
    """The signature of a text with an account's key, which is base64."""
    return base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)).decode()


def same(one: str, other: str) -> bool:
    """Compares signatures in a time that does not say where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def service_signature(fields: Mapping[str, str], key: str, account: str, resource: str) -> str:
    """Of a service SAS for `container` or `container/blob`."""
    version = fields.get("sv", "")
    signed = [fields.get(name, "") for name in ("sp", "st", "se")]
    signed += [f"/blob/{account}/{resource}", fields.get("si", "")]
    signed += _end(fields, version)
    return signature(key, "\n".join(signed))


def delegated_signature(fields: Mapping[str, str], key: str, account: str, resource: str) -> str:
    """Of a user delegation SAS, whose key was derived for the user that asked for it."""
    version = fields.get("sv", "")
    signed = [fields.get(name, "") for name in ("sp", "st", "se")]
    signed.append(f"/blob/{account}/{resource}")
    names = ["skoid", "sktid", "skt", "ske", "sks", "skv"]
    names += ["saoid", "suoid", "scid"] if version >= _WITH_AGENT else []
    names += ["skdutid", "sduoid"] if version >= _WITH_DELEGATED else []
    signed += [fields.get(name, "") for name in names]
    end = _end(fields, version)
    if version >= _WITH_REQUEST:
        end[-len(_OVERRIDES) : -len(_OVERRIDES)] = ["", ""]
    return signature(key, "\n".join([*signed, *end]))


def _end(fields: Mapping[str, str], version: str) -> list[str]:
    names = ["sip", "spr", "sv"]
    names += ["sr", "snapshot"] if version >= _WITH_RESOURCE else []
    names += ["ses"] if version >= _WITH_SCOPE else []
    return [fields.get(name, "") for name in (*names, *_OVERRIDES)]


def delegation_key(key: str, fields: Mapping[str, str]) -> str:
    """The key of a user delegation: derived from the account's, so that nothing is kept. Base64."""
    said = "\n".join(fields.get(name, "") for name in ("skoid", "sktid", "skt", "ske", "sks", "skv"))
    return signature(key, f"user delegation key\n{said}")


def account_signature(fields: Mapping[str, str], key: str, account: str) -> str:
    """Of an account SAS."""
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    names += ["ses"] if fields.get("sv", "") >= _WITH_SCOPE else []
    return signature(key, "\n".join([account, *(fields.get(name, "") for name in names), ""]))


def shared_key_signatures(
    method: str, headers: Mapping[str, str], raw_path: str, query: Mapping[str, list[str]], key: str, account: str
) -> tuple[str, ...]:
    """Of a whole request; names of headers are lower case. There are two: newer clients sort headers as Azure does, by
    a table of words in which hyphens weigh nothing and an underscore is before digits; older ones by their bytes.
    """
    length = headers.get("content-length", "")
    plain = {**headers, "content-length": "" if length == "0" else length}
    if "x-ms-date" in headers:
        plain["date"] = ""
    begin = [method, *(plain.get(name, "") for name in _SIGNED_HEADERS)]
    end = [f"/{account}{raw_path}"]
    end += [f"{name.lower()}:{','.join(sorted(query[name]))}" for name in sorted(query, key=str.lower)]
    ours = [name for name in headers if name.startswith("x-ms-")]
    orders = [sorted(ours), sorted(ours, key=_weight)]
    signed = ([*begin, *(f"{name}:{headers[name].strip()}" for name in order), *end] for order in orders)
    return tuple(signature(key, "\n".join(lines)) for lines in signed)


def _weight(name: str) -> tuple[str, str]:
    return name.replace("-", "").replace("_", "!"), name


def query_of(raw: str) -> dict[str, list[str]]:
    """The parameters of a query, where a plus is a plus, unlike in a form."""
    found: dict[str, list[str]] = {}
    for pair in filter(None, raw.split("&")):
        name, _, value = pair.partition("=")
        found.setdefault(unquote(name), []).append(unquote(value))
    return found


def signed_url(account_url: str, container: str, path: str, fields: Mapping[str, str]) -> str:
    """The address of something in an account."""
    parts = [account_url, *([quote(container)] if container else []), *([quote(path)] if path else [])]
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    return "/".join(parts) + (f"?{query}" if query else "")
