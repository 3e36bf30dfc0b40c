"""What blob storage refuses, by hand-made requests; and what a large transfer costs."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import psutil
import pytest

from drivetrain.registry.model import Workspace
from drivetrain.view.api.azure.blob import signing
from drivetrain.view.api.azure.identity.authority import Authority
from drivetrain.view.api.azure.identity.model import Principal, PrincipalKind
from drivetrain.wire.azure import blob_accounts
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drivetrain.view.api.azure.blob.accounts import Account, BlobAccounts
    from tests.azure.conftest import Served

BOX = "withstand"
CONTENT = b"content"


@pytest.fixture(scope="module")
def accounts(served: Served) -> BlobAccounts:
    return blob_accounts(Storage(served.home), served.address, Certificates(served.home.azure).storage_key())


@pytest.fixture(scope="module")
def account(served: Served, accounts: BlobAccounts) -> Account:
    """The account of a workspace that belongs to a project, with a container and a blob in it."""
    new = Workspace("7b8f3f0e-53cf-4c52-a0ad-3f2f8f0f3f11", "sub", "group", "withstand", "one")
    account = accounts.account_of(Storage(served.home).workspaces.put(new))
    accounts.blobs.make_container(account.name, BOX)
    accounts.blobs.make_container(account.name, "other")
    for box in (BOX, "other"):
        (accounts.path(account, box) / "a.txt").write_bytes(CONTENT)
    return account


@pytest.fixture(scope="module")
def web(served: Served) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=str(served.home.azure / "ca.pem"))
    with httpx.Client(verify=context, timeout=60) as client:
        yield client


def said(answer: httpx.Response) -> str:
    assert answer.status_code == 304 or answer.headers["x-ms-request-id"]
    found = re.search("<Code>(.*)</Code>", answer.text)
    assert answer.status_code < 400 or answer.request.method == "HEAD" or found is not None
    assert found is None or found[1] == answer.headers["x-ms-error-code"]
    return f"{answer.status_code} {answer.headers.get('x-ms-error-code', '')}".strip()


def test_a_listing_that_takes_the_container_for_a_folder(
    served: Served, web: httpx.Client, accounts: BlobAccounts, account: Account
) -> None:
    """As azureml-dataprep asks, which knows no account in a path: it opens no more than a container's own listing."""

    def listing(prefix: str, **more: str) -> str:
        path, date = f"/{account.name}.blob.core.local", datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        query = {"comp": "list", "prefix": prefix, "restype": "container", **more}
        headers = {"x-ms-date": date, "x-ms-version": "2019-12-12"}
        made = signing.shared_key_signatures(
            "GET", headers, path, {key: [value] for key, value in query.items()}, account.key, "127"
        )
        shown = {**headers, "authorization": f"SharedKey 127:{next(iter(made))}"}
        answer = web.get(served.address + path, params=query, headers=shown)
        return said(answer) if answer.status_code != 200 else ",".join(re.findall("<Name>(.*?)</Name>", answer.text))

    assert listing(f"{BOX}/") == f"{BOX}/a.txt"
    assert listing(f"{BOX}/a") == f"{BOX}/a.txt"
    assert listing(f"{BOX}/b") == ""
    assert listing("none/x") == "404 ContainerNotFound"
    for prefix in ("", "/", "../x", ".drivetrain/"):
        assert listing(prefix).startswith("400 ")
    assert listing("azureml/ExperimentRun/dcid.of-nobody/") == "404 BlobNotFound"
    signed = accounts.sas(account, BOX, permissions="rl").partition("?")[2]
    address = f"{served.address}/{account.name}.blob.core.local?restype=container&comp=list&prefix={BOX}/&{signed}"
    assert said(web.get(address)) == "403 AuthenticationFailed"


def test_a_signed_address_opens_what_it_is_for(web: httpx.Client, accounts: BlobAccounts, account: Account) -> None:
    address = accounts.sas(account, BOX, "a.txt", permissions="r")
    assert web.get(address).content == CONTENT
    assert web.get(address, headers={"range": "bytes=2-3"}).content == CONTENT[2:4]
    assert said(web.get(address, headers={"range": "bytes=99-"})) == "416 InvalidRange"
    assert said(web.put(address, content=b"x", headers={"x-ms-blob-type": "BlockBlob"})) == (
        "403 AuthorizationPermissionMismatch"
    )
    assert said(web.delete(address)) == "403 AuthorizationPermissionMismatch"


def test_an_altered_address_opens_nothing(web: httpx.Client, accounts: BlobAccounts, account: Account) -> None:
    address = accounts.sas(account, BOX, "a.txt", permissions="r")
    denied = "403 AuthenticationFailed"
    for old, new in (
        (f"/{BOX}/", "/other/"),
        ("sp=r", "sp=rw"),
        ("sr=b", "sr=c"),
        ("se=20", "se=21"),
        ("sv=2021-12-02", "sv=2014-02-14"),
        ("sv=2021-12-02", "sv=x"),
        ("sig=", "sig=A"),
        ("spr=https", "spr=https,http"),
        ("sig=", "si=policy&sig="),
        ("sig=", "sp=r&sig="),
        ("sr=b", "srt=sco&ss=b"),
    ):
        assert old in address
        assert said(web.get(address.replace(old, new))) == denied, (old, new)
    other = account.name[:-1] + ("0" if account.name[-1] != "0" else "1")
    assert said(web.get(address.replace(account.name, other))) == "404 ResourceNotFound"
    assert said(web.get(accounts.url(account, BOX, "a.txt"))) == "401 NoAuthenticationInformation"


def signed(accounts: BlobAccounts, account: Account, **fields: str) -> str:
    """An address for the container, signed whatever it says."""
    now = datetime.now(UTC)
    said = {"sv": "2021-12-02", "se": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"), "sr": "c", "sp": "r"}
    found = {name: value for name, value in {**said, **fields}.items() if value}
    sig = signing.service_signature(found, account.key, account.name, BOX)
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**found, "sig": sig}.items())
    return f"{accounts.url(account, BOX, 'a.txt')}?{query}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "200"),
        ({"se": "2020-01-01T00:00:00Z"}, "403 AuthenticationFailed"),
        ({"st": "2099-01-01T00:00:00Z", "se": "2099-02-01"}, "403 AuthenticationFailed"),
        ({"st": "2020-01-01"}, "200"),
        ({"se": ""}, "403 AuthenticationFailed"),
        ({"se": "soon"}, "403 AuthenticationFailed"),
        ({"se": "2099-99-99T00:00:00Z"}, "403 AuthenticationFailed"),
        ({"spr": "http"}, "403 AuthorizationFailure"),
        ({"spr": "https,http"}, "200"),
        ({"sip": "10.0.0.1"}, "403 AuthorizationFailure"),
        ({"sip": "127.0.0.0-127.0.0.9"}, "200"),
        ({"sip": "nonsense"}, "403 AuthorizationFailure"),
        ({"sp": "l"}, "403 AuthorizationPermissionMismatch"),
        ({"sp": ""}, "403 AuthorizationPermissionMismatch"),
    ],
)
def test_when_whence_and_how_a_signature_is_good(
    web: httpx.Client, accounts: BlobAccounts, account: Account, fields: dict[str, str], expected: str
) -> None:
    assert said(web.get(signed(accounts, account, **fields))) == expected


def test_a_signature_that_only_creates_overwrites_nothing(
    web: httpx.Client, accounts: BlobAccounts, account: Account
) -> None:
    kind = {"x-ms-blob-type": "BlockBlob"}
    new = accounts.sas(account, BOX, "created.txt", permissions="c")
    assert said(web.put(new, content=b"1", headers=kind)) == "201"
    assert said(web.put(new, content=b"2", headers=kind)) == "409 BlobAlreadyExists"
    assert (accounts.path(account, BOX, "created.txt")).read_bytes() == b"1"


def tokens(served: Served) -> Authority:
    return Authority(Certificates(served.home.azure).token_key(), served.address, Storage(served.home).clock)


def test_tokens_open_their_own_projects_accounts(
    served: Served, web: httpx.Client, accounts: BlobAccounts, account: Account
) -> None:
    address = accounts.url(account, BOX, "a.txt")

    def ask(project: str, kind: PrincipalKind, audience: str, seconds: int = 60) -> str:
        token = tokens(served).issue(Principal(kind, "somebody", project), audience, seconds)
        return said(web.get(address, headers={"authorization": f"Bearer {token}"}))

    storage = "https://storage.azure.com"
    assert ask("one", PrincipalKind.JOB, storage) == "200"
    assert ask("", PrincipalKind.OWNER, storage) == "200"
    assert ask("two", PrincipalKind.JOB, storage) == "403 AuthorizationPermissionMismatch"
    assert ask("two", PrincipalKind.CONNECTION, storage) == "403 AuthorizationPermissionMismatch"
    assert ask("one", PrincipalKind.JOB, "https://management.azure.com") == "403 AuthenticationFailed"
    assert ask("one", PrincipalKind.JOB, storage, -120) == "403 AuthenticationFailed"
    assert said(web.get(address, headers={"authorization": "Bearer x.y.z"})) == "403 AuthenticationFailed"
    assert said(web.get(address, headers={"authorization": "Basic eDp5"})) == "401 NoAuthenticationInformation"


def by_key(
    account: Account, method: str, url: str, headers: dict[str, str], moment: datetime | None = None
) -> dict[str, str]:
    """The headers of a request with a key."""
    date = (moment or datetime.now(UTC)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    found = {**headers, "x-ms-date": date, "x-ms-version": "2021-12-02"}
    path, _, query = url.split("://", 1)[1].partition("/")[2].partition("?")
    made = signing.shared_key_signatures(method, found, f"/{path}", signing.query_of(query), account.key, account.name)[
        0
    ]
    return {**found, "authorization": f"SharedKey {account.name}:{made}"}


def test_a_key_signs_one_request_of_now(web: httpx.Client, accounts: BlobAccounts, account: Account) -> None:
    url = accounts.url(account, BOX, "a.txt")
    assert said(web.get(url, headers=by_key(account, "GET", url, {}))) == "200"
    denied = "403 AuthenticationFailed"
    late = datetime.now(UTC) - timedelta(minutes=16)
    assert said(web.get(url, headers=by_key(account, "GET", url, {}, late))) == denied
    assert said(web.get(url, headers=by_key(account, "PUT", url, {}))) == denied
    assert said(web.get(url + "?comp=metadata", headers=by_key(account, "GET", url, {}))) == denied
    assert said(web.get(accounts.url(account, "other", "a.txt"), headers=by_key(account, "GET", url, {}))) == denied
    headers = by_key(account, "GET", url, {"x-ms-range": "bytes=0-0"})
    assert web.get(url, headers=headers).content == CONTENT[:1]
    assert said(web.get(url, headers={**headers, "x-ms-range": "bytes=0-5"})) == denied
    key = base64.b64encode(hashlib.sha512(b"guess").digest()).decode()
    guess = type(account)(account.name, key)
    assert said(web.get(url, headers=by_key(guess, "GET", url, {}))) == denied


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "expected"),
    [
        ("PUT", "/x", {}, b"", "400 InvalidHeaderValue"),
        ("PUT", "/x", {"x-ms-blob-type": "PageBlob"}, b"", "400 InvalidHeaderValue"),
        ("PUT", "/x", {"x-ms-blob-type": "AppendBlob"}, b"more", "413 RequestBodyTooLarge"),
        (
            "PUT",
            "/x",
            {"x-ms-blob-type": "BlockBlob", "content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="},
            b"1",
            "400 Md5Mismatch",
        ),
        ("PUT", "/x", {"x-ms-blob-type": "BlockBlob", "content-md5": "zz"}, b"1", "400 InvalidHeaderValue"),
        ("PUT", "/x", {"x-ms-blob-type": "BlockBlob", "if-modified-since": "soon"}, b"1", "400 InvalidHeaderValue"),
        ("PUT", "/x?comp=block&blockid=%00", {}, b"1", "400 InvalidQueryParameterValue"),
        ("PUT", "/x?comp=block", {}, b"1", "400 InvalidQueryParameterValue"),
        ("PUT", "/x?comp=blocklist", {}, b"<BlockList>", "400 InvalidXmlDocument"),
        ("PUT", "/x?comp=blocklist", {}, b"<!DOCTYPE a [<!ENTITY b 'c'>]><BlockList/>", "400 InvalidXmlDocument"),
        ("PUT", "/x?comp=blocklist", {}, b"<Other/>", "400 InvalidXmlDocument"),
        ("PUT", "/x?comp=blocklist", {}, b"\xff\xfe", "400 InvalidXmlDocument"),
        ("PUT", "/x?comp=lease", {}, b"", "405 UnsupportedHttpVerb"),
        ("PUT", "/x?comp=tags", {}, b"", "405 UnsupportedHttpVerb"),
        ("PUT", "/x?comp=appendblock", {}, b"1", "404 BlobNotFound"),
        ("PUT", "/a.txt?comp=appendblock", {}, b"1", "409 InvalidBlobType"),
        ("PUT", "/x?comp=metadata", {"x-ms-meta-a": "b"}, b"", "404 BlobNotFound"),
        ("PUT", "/a.txt?comp=metadata", {"x-ms-meta-a-b": "c"}, b"", "400 InvalidHeaderValue"),
        ("PUT", "/a.txt?comp=metadata", {"x-ms-meta-a": "b" * 9000}, b"", "400 InvalidHeaderValue"),
        ("PUT", "/x", {"x-ms-copy-source": "https://elsewhere/x"}, b"", "404 CannotVerifyCopySource"),
        ("PUT", "/x", {"x-ms-copy-source": "nonsense"}, b"", "404 CannotVerifyCopySource"),
        ("GET", "/..%2f..%2fkey", {}, b"", "400 InvalidResourceName"),
        ("GET", "/a%00b", {}, b"", "400 InvalidResourceName"),
        ("GET", "/a/%2e%2e/b", {}, b"", "400 InvalidResourceName"),
        ("GET", "/a%ff", {}, b"", "404 BlobNotFound"),
        ("GET", "?restype=container&comp=list&maxresults=0", {}, b"", "400 InvalidQueryParameterValue"),
        ("GET", "?restype=container&comp=list&maxresults=x", {}, b"", "400 InvalidQueryParameterValue"),
        ("GET", "?restype=container&comp=list&prefix=..%2f..%2f", {}, b"", "200"),
        ("GET", "?restype=container&comp=list&marker=%00", {}, b"", "200"),
        ("DELETE", "/x", {}, b"", "404 BlobNotFound"),
        ("GET", "?restype=container&comp=nothing", {}, b"", "405 UnsupportedHttpVerb"),
        ("POST", "/x", {}, b"", "405 UnsupportedHttpVerb"),
        ("HEAD", "/x", {}, b"", "404 BlobNotFound"),
    ],
)
def test_bad_requests_have_azures_own_names(  # noqa: PLR0917 - a row of the table
    served: Served, web: httpx.Client, accounts: BlobAccounts, account: Account,
    method: str, path: str, headers: dict[str, str], content: bytes, expected: str,
) -> None:  # fmt: skip
    token = tokens(served).issue(Principal(PrincipalKind.OWNER, "me"), "https://storage.azure.com")
    url = httpx.URL(accounts.url(account, BOX))
    raw = url.raw_path + path.encode()
    request = web.build_request(method, url, headers={**headers, "authorization": f"Bearer {token}"}, content=content)
    request.extensions["target"] = raw
    assert said(web.send(request)) == expected


def test_a_key_of_one_project_does_not_open_anothers_artifacts(
    served: Served, web: httpx.Client, accounts: BlobAccounts, account: Account
) -> None:
    api = f"http://127.0.0.1:{served.info.port}/mlflow/api/2.0/mlflow/runs/create"
    owner = {"authorization": f"Bearer {served.owner_token}"}

    def made(*tags: dict[str, str]) -> str:
        answer = httpx.post(api, headers=owner, json={"experiment_id": "0", "tags": tags}, timeout=120)
        return str(answer.json()["run"]["info"]["run_id"])

    ours, theirs = made({"key": "drivetrain.project", "value": "one"}), made()
    accounts.blobs.make_container(account.name, "azureml")
    kind = {"x-ms-blob-type": "BlockBlob"}

    def address(run: str, permissions: str) -> str:
        return accounts.sas(account, "azureml", f"ExperimentRun/dcid.{run}/a.txt", permissions=permissions)

    assert said(web.put(address(ours, "w"), content=b"1", headers=kind)) == "201"
    assert web.get(address(ours, "r")).content == b"1"
    assert said(web.put(address(theirs, "w"), content=b"1", headers=kind)) == "403 AuthorizationPermissionMismatch"
    assert said(web.get(address("0" * 32, "r"))) == "404 BlobNotFound"
    listed = accounts.sas(account, "azureml", permissions="l")
    prefix = f"&restype=container&comp=list&prefix=ExperimentRun/dcid.{theirs}"
    assert said(web.get(listed + prefix)) == "403 AuthorizationPermissionMismatch"
    assert "a.txt" in web.get(listed + prefix.replace(theirs, ours)).text


def test_the_async_client(client: Callable[..., Any], accounts: BlobAccounts, account: Account) -> None:
    found = client("blob", "blob_async.py", accounts.url(account), "async", account.key)
    assert found == {"same": True, "names": ["n/0", "n/1", "n/2", "n/3"], "sp ace": "sp ace/ü.txt"}


@pytest.mark.slow
def test_a_large_blob_goes_both_ways_in_flat_memory(
    served: Served, web: httpx.Client, accounts: BlobAccounts, account: Account
) -> None:
    server = psutil.Process(served.info.pid)
    address = accounts.sas(account, BOX, "large", permissions="rw")
    piece, count = b"0123456789abcdef" * 65536, 256
    small = accounts.sas(account, BOX, "warm", permissions="rw")
    web.put(small, content=piece * 8, headers={"x-ms-blob-type": "BlockBlob"})
    before = server.memory_info().rss
    length = {"content-length": str(len(piece) * count), "x-ms-blob-type": "BlockBlob"}
    answer = web.put(address, content=(piece for _ in range(count)), headers=length)
    assert said(answer) == "201"
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with web.stream("GET", address) as stream:
        for chunk in stream.iter_bytes(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    assert size == len(piece) * count
    assert base64.b64encode(digest.digest()).decode() == answer.headers["content-md5"]
    grown = server.memory_info().rss - before
    assert grown < 40_000_000, f"the server grew by {grown} bytes"
    Path(accounts.path(account, BOX, "large")).unlink()
