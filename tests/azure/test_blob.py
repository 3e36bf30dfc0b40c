"""azure-storage-blob, unmodified, against the blob service: with a key, with a token, and with signed addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.clock import SystemClock
from drivetrain.registry.model import Workspace
from drivetrain.wire.azure import blob_accounts
from drivetrain.wire.certificates import Certificates
from drivetrain.wire.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivetrain.view.api.azure.blob.accounts import BlobAccounts
    from tests.azure.conftest import Served


@pytest.fixture(scope="session")
def accounts(served: Served) -> BlobAccounts:
    return blob_accounts(Storage(served.home), served.address, Certificates(served.home.azure).storage_key())


@pytest.fixture
def workspace(served: Served) -> Workspace:
    new = Workspace("0d9c3c9e-8a3e-4b39-9a6f-1d8f3f5c0b11", "sub", "group", "blobs", body={})
    return Storage(served.home, SystemClock()).workspaces.put(new)


BOTH = {
    "twice": "409 ContainerAlreadyExists",
    "absent": False,
    "container metadata": {"two": "2"},
    "range": "feff0001",
    "properties": [5, {"k": "v", "a_b": "1", "a1": "2", "ab": "3"}, "text/plain", "BlockBlob"],
    "md5": "5d41402abc4b2a76b9719d911017c592",
    "text": "text",
    "name": "top ä+%#.txt",
    "all": ["a/b/deep.txt", "a/big.bin", "a/small.txt", "top ä+%#.txt"],
    "prefix": ["a/b/deep.txt", "a/big.bin"],
    "walk": ["a/", "top ä+%#.txt"],
    "pages": [["a/b/deep.txt", "a/big.bin"], ["a/small.txt", "top ä+%#.txt"]],
    "metadata": [{"k": "v", "a_b": "1", "a1": "2", "ab": "3"}],
    "exists": "409 BlobAlreadyExists",
    "etag": "412 StorageErrorCode.CONDITION_NOT_MET",
    "changed": [{"m": "n"}, "text/markdown", "no-store"],
    "not modified": "304 NotModified",
    "uncommitted": ["a", "b", "c"],
    "before": False,
    "committed": ["ABB", [1, 2]],
    "again": "BBDA",
    "bad list": "400 StorageErrorCode.INVALID_BLOCK_LIST",
    "append": ["one\ntwo\n", 2],
    "position": "412 StorageErrorCode.APPEND_POSITION_CONDITION_NOT_MET",
    "copy": ["again", {"m": "n"}],
    "page": "400 StorageErrorCode.INVALID_HEADER_VALUE",
    "deleted": [False, "404 BlobNotFound"],
    "empty": "",
    "sas": ["again", "403 AuthorizationPermissionMismatch"],
    "sas of another": "403 StorageErrorCode.AUTHENTICATION_FAILED",
    "container sas": [7, "403 AuthorizationPermissionMismatch"],
    "managed by sas": "403 StorageErrorCode.AUTHORIZATION_FAILURE",
    "expired": "403 StorageErrorCode.AUTHENTICATION_FAILED",
    "gone": False,
}
"""What the client finds, whatever it came in with."""


def test_every_verb_with_a_key(client: Callable[..., Any], accounts: BlobAccounts, workspace: Workspace) -> None:
    account = accounts.account_of(workspace)
    found = client("blob", "blob_verbs.py", accounts.url(account), "with-key", account.key)
    assert found.pop("digest") == found.pop("expected")
    assert found.pop("container") == [True, {"one": "1"}]
    assert found.pop("containers") == ["with-key"]
    assert found.pop("account sas") == [True, "403 AuthorizationPermissionMismatch"]
    assert found.pop("account") == "StorageV2"
    assert found == BOTH


def test_every_verb_with_a_token(client: Callable[..., Any], accounts: BlobAccounts, workspace: Workspace) -> None:
    account = accounts.account_of(workspace)
    found = client("blob", "blob_verbs.py", accounts.url(account), "with-token", "-")
    assert found.pop("digest") == found.pop("expected")
    assert found.pop("container") == [True, {"one": "1"}]
    assert found.pop("containers") == ["with-token"]
    assert found == BOTH
