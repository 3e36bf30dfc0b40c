"""Who may do what in blob storage: with an account's key, a signed address, or a token. Pure but for the clock.

https://learn.microsoft.com/rest/api/storageservices/authorize-requests-to-azure-storage
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.record.blobs.model import BlobRefusedError, Refusal
from drivetrain.view.api.azure.blob import signing
from drivetrain.view.api.azure.blob.request import http_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivetrain.view.api.azure.blob.request import Asked

SKEW = timedelta(minutes=15)
_VERSION = re.compile(r"20\d\d-\d\d-\d\d")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?(?:\.\d{1,7})?Z)?")
_ALL = "racwdxltmeopi"


class Grant(Struct, frozen=True):
    """What a request may do."""

    permissions: str = _ALL
    types: str = "sco"
    """Of what: the service, containers, objects (blobs)."""
    exact: bool = False
    """Whether it came by a signature for one resource, which says nothing of containers themselves."""

    def need(self, permissions: str, kind: str) -> None:
        """Raises BlobRefusedError unless one of these permissions is there for this kind (`s`, `c` or `o`)."""
        if kind not in self.types or not set(permissions) & set(self.permissions):
            words = "This request is not authorized to perform this operation using this permission."
            raise BlobRefusedError(Refusal.PERMISSION, words)

    @property
    def creates_only(self) -> bool:
        """Whether it may write new blobs only."""
        return "w" not in self.permissions


class Signer(Struct, frozen=True):
    """What signatures are checked with."""

    name: str
    key: str
    spellings: tuple[str, ...]
    now: datetime
    client: str = ""
    """The address that the request came from."""


def by_key(asked: Asked, signer: Signer) -> Grant:
    """For `Authorization: SharedKey`. Raises BlobRefusedError."""
    said, _, given = asked.header("authorization").partition(" ")[2].rpartition(":")  # an account may have a port
    moment = http_time(asked.header("x-ms-date") or asked.header("date"))
    if moment is None or abs(signer.now - moment) > SKEW:
        raise _unsigned("x-ms-date is not within 15 minutes of this machine's time")
    if said not in signer.spellings:
        raise _unsigned("the key of another account")
    expected = signing.shared_key_signatures(
        asked.request.method, asked.headers, asked.raw_path, asked.query, signer.key, said
    )
    if not any(signing.same(given, each) for each in expected):
        raise _unsigned("the signature is not the one of this request with this account's key")
    return Grant()


def by_sas(asked: Asked, signer: Signer) -> Grant:
    """For a signed address. Raises BlobRefusedError."""
    if any(len(values) > 1 for values in asked.query.values()):
        raise _unsigned("a parameter comes twice")
    fields = {name: values[0] for name, values in asked.query.items()}
    if not _VERSION.fullmatch(fields.get("sv", "")) or fields["sv"] < signing.OLDEST:
        raise _unsigned(f"sv is not a version from {signing.OLDEST} on")
    if fields.get("si"):
        raise _unsigned("stored access policies (si) are not served here")
    grant = _account_grant(fields, signer) if "srt" in fields else _service_grant(asked, fields, signer)
    _check_circumstances(fields, signer)
    return grant


def _account_grant(fields: dict[str, str], signer: Signer) -> Grant:
    expected = (signing.account_signature(fields, signer.key, name) for name in signer.spellings)
    _check_signature(fields, expected)
    if "b" not in fields.get("ss", ""):
        raise BlobRefusedError(Refusal.FORBIDDEN, "the signature is not for the blob service")
    return Grant(fields.get("sp", ""), fields["srt"])


def _service_grant(asked: Asked, fields: dict[str, str], signer: Signer) -> Grant:
    resource = _signed_resource(asked, fields)
    delegated = "skoid" in fields
    key = signing.delegation_key(signer.key, fields) if delegated else signer.key
    sign = signing.delegated_signature if delegated else signing.service_signature
    _check_signature(fields, (sign(fields, key, name, resource) for name in signer.spellings))
    if delegated:
        _check_times(fields.get("skt", ""), fields.get("ske", ""), signer.now)
    return Grant(fields.get("sp", ""), "o" if fields["sr"] != "c" else "co", exact=True)


def _signed_resource(asked: Asked, fields: dict[str, str]) -> str:
    match fields.get("sr"):
        case "c":
            return asked.container
        case "b" if asked.blob:
            return f"{asked.container}/{asked.blob}"
        case "d" if asked.blob and fields.get("sdd", "").isdecimal():
            return "/".join([asked.container, *asked.blob.split("/")[: int(fields["sdd"][:4])]])
        case _:
            raise _unsigned("the signature is for another kind of resource (sr)")


def _check_signature(fields: dict[str, str], expected: Iterable[str]) -> None:
    given = fields.get("sig", "")
    if not any(signing.same(given, each) for each in expected):
        raise _unsigned("the signature does not fit what it is for")


def _check_circumstances(fields: dict[str, str], signer: Signer) -> None:
    """When, from where and how the signature may be used."""
    _check_times(fields.get("st", ""), fields.get("se", ""), signer.now)
    if fields.get("spr") and "https" not in fields["spr"].split(","):
        raise BlobRefusedError(Refusal.FORBIDDEN, "the signature is not for HTTPS, and nothing else is served here")
    if fields.get("sip") and not _comes_from(signer.client, fields["sip"]):
        raise BlobRefusedError(Refusal.FORBIDDEN, "the signature is not for the address that this came from")


def _check_times(start: str, end: str, now: datetime) -> None:
    begins, ends = sas_time(start), sas_time(end)
    if ends is None or (start and begins is None):
        raise _unsigned("the signature says no end, or a time that is none")
    if now >= ends or (begins is not None and now < begins):
        raise _unsigned("the signature is not valid now: it has expired, or begins later")


def sas_time(text: str) -> datetime | None:
    """The moment that a field of a signature names; None when it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    day, minute, second = found.groups()
    try:
        return datetime.fromisoformat(f"{day}T{minute or '00:00'}{second or ':00'}").replace(tzinfo=UTC)
    except ValueError:
        return None


def _comes_from(client: str, allowed: str) -> bool:
    first, _, last = allowed.partition("-")
    try:
        address = ipaddress.ip_address(client)
        return int(ipaddress.ip_address(first)) <= int(address) <= int(ipaddress.ip_address(last or first))
    except ValueError:
        return False


def _unsigned(why: str) -> BlobRefusedError:
    words = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly"
    return BlobRefusedError(Refusal.SIGNATURE, f"{words} including the signature: {why}.")
