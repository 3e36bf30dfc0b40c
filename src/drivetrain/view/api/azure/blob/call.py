"""One request of somebody who may come in: what its operations work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.record.blobs.artifacts import run_of
from drivetrain.record.blobs.model import BlobRefusedError, Refusal
from drivetrain.view.api.azure.artifacts.places import ready
from drivetrain.view.api.azure.blob.grants import Grant, Signer, by_key, by_sas
from drivetrain.view.api.azure.identity.model import Audience, Principal

if TYPE_CHECKING:
    from drivetrain.record.blobs.folder import FolderBlobs
    from drivetrain.registry.model import Workspace
    from drivetrain.view.api.azure.blob.accounts import Account
    from drivetrain.view.api.azure.blob.request import Asked
    from drivetrain.view.api.azure.edge import Edge


class Call(Struct, frozen=True):
    """The request, the account, and what it may do there."""

    edge: Edge
    asked: Asked
    account: Account
    grant: Grant
    signer: Signer
    project: str
    """The project of the account's workspace."""
    principal: Principal | None = None
    """Who shows a token; None for a key or a signature."""

    @property
    def blobs(self) -> FolderBlobs:
        """The storage."""
        return self.edge.blobs.blobs

    @property
    def place(self) -> tuple[str, str, str]:
        """Account, container and blob."""
        return self.account.name, self.asked.container, self.asked.blob

    def may_read(self, container: str, name: str, query: str) -> None:
        """Raises BlobRefusedError unless another blob of the account may be read: by what came with this request when
        it is for the whole account, else by the signature in `query`.
        """
        if self.grant.exact or query:
            asked = self.asked.of(container, name, query)
            by_sas(asked, self.signer).need("r", "o")
        else:
            self.grant.need("r", "o")

    async def reach(self, container: str, name: str) -> None:
        """See that artifacts of a training run are its own project's, and that there is a place for them. Raises
        BlobRefusedError, UnavailableError.
        """
        run_id = run_of(container, name)
        if not run_id:
            return
        project = await self.edge.ownership.of_artifacts(run_id)
        if project is None:
            raise BlobRefusedError(Refusal.BLOB_NOT_FOUND, f"there is no training run '{run_id}'")
        if project != self.project:
            raise BlobRefusedError(Refusal.PERMISSION, f"the training run '{run_id}' belongs to another project")
        await ready(self.edge, run_id)


def admit(edge: Edge, asked: Asked, account: Account, workspace: Workspace) -> Call:
    """The request with what it may do. Raises BlobRefusedError when it may not come in."""
    scheme = asked.header("authorization").partition(" ")[0].lower()
    client = asked.request.client.host if asked.request.client else ""
    signer = Signer(account.name, account.key, edge.blobs.spellings(account), edge.clock.now(), client)
    if scheme == "sharedkey":
        return Call(edge, asked, account, by_key(asked, signer), signer, workspace.project)
    if scheme == "bearer":
        principal = edge.authority.check(asked.header("authorization").partition(" ")[2].strip(), [Audience.STORAGE])
        if principal is None:
            words = "a token of this server for https://storage.azure.com is needed"
            raise BlobRefusedError(Refusal.SIGNATURE, words)
        if not principal.may_see(workspace.project):
            raise BlobRefusedError(Refusal.PERMISSION, "this account belongs to another project")
        return Call(edge, asked, account, Grant(), signer, workspace.project, principal)
    if "sig" in asked.query:
        return Call(edge, asked, account, by_sas(asked, signer), signer, workspace.project)
    raise BlobRefusedError(Refusal.UNSIGNED, "a key, a signed address or a token is needed")
