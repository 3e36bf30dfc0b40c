"""Operations on an account and on its containers.

https://learn.microsoft.com/rest/api/storageservices/operations-on-the-account--blob-service-
https://learn.microsoft.com/rest/api/storageservices/operations-on-containers
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from anyio import to_thread
from msgspec.structs import replace

from drivetrain.record.blobs.conditions import Conditions
from drivetrain.record.blobs.listing import MOST, Question, list_blobs
from drivetrain.record.blobs.model import BlobRefusedError, Page, Refusal
from drivetrain.record.blobs.names import container_name
from drivetrain.view.api.azure.blob import answers
from drivetrain.view.api.azure.blob.grants import sas_time
from drivetrain.view.api.azure.blob.signing import SAS_VERSION, delegation_key
from drivetrain.view.api.azure.blob.streams import read_small
from drivetrain.view.api.azure.identity.authority import object_id

if TYPE_CHECKING:
    from starlette.responses import Response

    from drivetrain.view.api.azure.blob.call import Call
    from drivetrain.view.api.azure.blob.request import Asked

_KEY_TIME = re.compile(rb"<(Start|Expiry)>([^<]{1,40})</(?:Start|Expiry)>")
_LONGEST_KEY = timedelta(days=7)
_SERVICE = (
    "<StorageServiceProperties><Logging><Version>1.0</Version><Delete>false</Delete><Read>false</Read>"
    "<Write>false</Write><RetentionPolicy><Enabled>false</Enabled></RetentionPolicy></Logging><Cors />"
    "<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy></StorageServiceProperties>"
)


async def account_information(call: Call) -> Response:
    """What kind of account it is."""
    call.grant.need("r", "o") if call.grant.exact else None
    headers = {"x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false"}
    return answers.done(call.asked, 200, headers)


async def service_properties(call: Call) -> Response:
    """The service's settings, none of which can be changed here."""
    call.grant.need("r", "s")
    return answers.xml(call.asked, _SERVICE)


async def list_containers(call: Call) -> Response:
    """The account's containers."""
    call.grant.need("l", "s")
    asked = call.asked
    prefix, marker, limit = asked.one("prefix"), asked.one("marker"), _limit(asked)
    all_of_them = await to_thread.run_sync(call.blobs.containers, call.account.name)
    fit = [each for each in all_of_them if each.name.startswith(prefix) and each.name >= marker]
    after = fit[limit].name if len(fit) > limit else ""
    endpoint = call.edge.blobs.url(call.account) + "/"
    document = answers.containers_document(endpoint, fit[:limit], after, metadata="metadata" in asked.one("include"))
    return answers.xml(asked, document)


async def user_delegation_key(call: Call) -> Response:
    """A key for a user delegation SAS, for whoever shows a token."""
    if call.principal is None:
        raise BlobRefusedError(Refusal.SIGNATURE, "only who shows a token gets a user delegation key")
    body = await read_small(call.asked.request, 8192)
    times = {name.decode(): text.decode("ascii", "replace") for name, text in _KEY_TIME.findall(body)}
    start = sas_time(times.get("Start", "")) or call.edge.clock.now()
    end = sas_time(times.get("Expiry", ""))
    if end is None or not start < end <= call.edge.clock.now() + _LONGEST_KEY:
        raise BlobRefusedError(Refusal.XML, "Expiry is not a time after Start and within seven days")
    said = {
        "skoid": object_id(call.principal),
        "sktid": call.edge.authority.tenant,
        "skt": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ske": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sks": "b",
        "skv": call.asked.header("x-ms-version") or SAS_VERSION,
    }
    titles = ("SignedOid", "SignedTid", "SignedStart", "SignedExpiry", "SignedService", "SignedVersion")
    values = (*said.values(), delegation_key(call.account.key, said))
    elements = zip((*titles, "Value"), values, strict=True)
    body_out = "".join(f"<{name}>{answers.text(value)}</{name}>" for name, value in elements)
    return answers.xml(call.asked, f"<UserDelegationKey>{body_out}</UserDelegationKey>")


async def create(call: Call) -> Response:
    """A new container."""
    _manage(call, "cw")
    account, name, _ = call.place
    metadata = call.asked.metadata()
    made = await to_thread.run_sync(call.blobs.make_container, account, name, metadata)
    return answers.done(call.asked, 201, answers.container_headers(made))


async def properties(call: Call) -> Response:
    """What a container is."""
    _manage(call, "r")
    account, name, _ = call.place
    found = await to_thread.run_sync(call.blobs.container, account, name)
    return answers.done(call.asked, 200, answers.container_headers(found))


async def set_metadata(call: Call) -> Response:
    """Other metadata."""
    _manage(call, "w")
    account, name, _ = call.place
    made = await to_thread.run_sync(call.blobs.set_container_metadata, account, name, call.asked.metadata())
    return answers.done(call.asked, 200, answers.container_headers(made))


async def delete(call: Call) -> Response:
    """Delete it with all its blobs."""
    _manage(call, "d")
    account, name, _ = call.place
    asked = call.asked.conditions()
    if asked != Conditions():
        raise BlobRefusedError(Refusal.UNSUPPORTED, "a container is deleted without conditions here")
    await to_thread.run_sync(call.blobs.delete_container, account, name)
    return answers.done(call.asked, 202)


async def access_policy(call: Call) -> Response:
    """Nobody comes in without a signature, and there are no stored policies."""
    _manage(call, "r")
    account, name, _ = call.place
    await to_thread.run_sync(call.blobs.container, account, name)
    return answers.xml(call.asked, "<SignedIdentifiers />")


def _manage(call: Call, permissions: str) -> None:
    """Containers themselves are not what a signature for a resource in them is good for."""
    if call.grant.exact:
        raise BlobRefusedError(Refusal.FORBIDDEN, "This request is not authorized to perform this operation.")
    call.grant.need(permissions, "c")


async def list_them(call: Call) -> Response:
    """A page of a container's blobs."""
    return await _listing(call, call.asked.container, call.asked.one("prefix"))


async def list_from_account(call: Call) -> Response:
    """The same, as azureml-dataprep asks: it knows accounts by their host alone, takes the account in our path for the
    container, and the container for the first folder of its blobs.
    """
    container, _, prefix = call.asked.one("prefix").partition("/")
    if not container:
        raise BlobRefusedError(Refusal.QUERY, "prefix does not begin with the name of a container")
    container_name(container)
    await call.reach(container, whole_prefix(prefix))
    return await _listing(call, container, prefix, f"{container}/")


def whole_prefix(prefix: str) -> str:
    """The beginning of names that a prefix means: a run's own name is that of all its artifacts."""
    return prefix if prefix.count("/") > 1 else f"{prefix}/"


async def _listing(call: Call, container: str, prefix: str, before: str = "") -> Response:
    """A page of a container's blobs, with `before` each name."""
    call.grant.need("l", "c")
    asked = call.asked
    question = Question(prefix, asked.one("delimiter"), asked.one("marker"), _limit(asked))
    page = await to_thread.run_sync(list_blobs, call.blobs, call.account.name, container, question)
    endpoint = call.edge.blobs.url(call.account) + "/"
    document = answers.blobs_document(
        asked, endpoint, _under(before, page), metadata="metadata" in asked.one("include")
    )
    return answers.xml(asked, document)


def _under(before: str, page: Page) -> Page:
    if not before:
        return page
    blobs = tuple(replace(each, name=before + each.name) for each in page.blobs)
    return replace(page, blobs=blobs, prefixes=tuple(before + each for each in page.prefixes))


def _limit(asked: Asked) -> int:
    text = asked.one("maxresults")
    if text and not (text.isascii() and text.isdigit() and int(text[:10]) > 0):
        raise BlobRefusedError(Refusal.QUERY, "maxresults is no number from 1 on")
    return min(int(text[:10]), MOST) if text else MOST
