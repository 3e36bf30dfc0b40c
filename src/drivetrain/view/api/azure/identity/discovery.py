"""Where a client learns what there is: the clouds, and the OpenID configuration of the tenant."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from drivetrain.run.azure import CLOUD
from drivetrain.view.api.azure.access import EdgeOf
from drivetrain.view.api.azure.identity.authority import ALGORITHM
from drivetrain.view.api.azure.identity.model import Audience

router = APIRouter(tags=["identity"])
PUBLIC = "AzureCloud"
STORAGE_SUFFIX = "core.local"
PUBLIC_STORAGE_SUFFIX = "core.windows.net"
"""What clients of the public cloud write instead, whatever a datastore says."""


@router.get("/metadata/endpoints")
def clouds(edge: EdgeOf, api_version: Annotated[str, Query(alias="api-version")] = "") -> Any:
    """The clouds. Clients of 2019-05-01 walk a list of them; `az cloud register` reads one, which has a form of its own
    for the `az` of 2019. The second of the list is the same under the name of the public
    cloud: in a run, azureml-core asks for that one whatever the environment says, and would ask Azure itself for what
    is not here.

    https://learn.microsoft.com/azure/azure-stack/user/azure-stack-version-profiles-azurecli2
    """
    if api_version == "2015-01-01":
        return _oldest(edge.address)
    if api_version >= "2022-09-01":
        return cloud(edge.address)
    return [cloud(edge.address), {**cloud(edge.address), "name": PUBLIC}]


def _oldest(address: str) -> dict[str, Any]:
    """As `az` of 2019 reads it. Its library asks Microsoft about every authority but those that end so."""
    authentication = {"loginEndpoint": f"{address}/adfs", "audiences": [f"{Audience.MANAGEMENT}/"]}
    ends = ("galleryEndpoint", "graphEndpoint", "portalEndpoint")
    return {**dict.fromkeys(ends, address), "authentication": authentication}


def cloud(address: str) -> dict[str, Any]:
    """This home as a cloud."""
    host = address.partition("://")[2]
    return {
        "name": CLOUD,
        "portal": address,
        "authentication": {
            "loginEndpoint": f"{address}/",
            "audiences": [f"{Audience.MANAGEMENT}/", "https://management.core.windows.net/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": address,
        "graphAudience": address,
        "graph": address,
        "suffixes": {
            "azureDataLakeStoreFileSystem": STORAGE_SUFFIX,
            "acrLoginServer": f"azurecr.{host}",
            "sqlServerHostname": f"database.{host}",
            "azureDataLakeAnalyticsCatalogAndJob": STORAGE_SUFFIX,
            "keyVaultDns": f"vault.{host}",
            "storage": STORAGE_SUFFIX,
        },
        "batch": address,
        "resourceManager": address,
        "vmImageAliasDoc": address,
        "activeDirectoryDataLake": address,
        "sqlManagement": address,
        "gallery": address,
    }


@router.get("/{tenant}/v2.0/.well-known/openid-configuration")
@router.get("/{tenant}/.well-known/openid-configuration")
def openid_configuration(edge: EdgeOf, tenant: str) -> dict[str, Any]:
    """OpenID Connect Discovery. https://openid.net/specs/openid-connect-discovery-1_0.html"""
    base = f"{edge.address}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{edge.address}/discovery/v2.0/keys",
        "issuer": edge.authority.issuer,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "scopes_supported": ["openid", "profile", "offline_access"],
        "tenant_region_scope": None,
        "cloud_instance_name": edge.address.partition("://")[2],
    }


@router.get("/common/discovery/instance")
def instance(edge: EdgeOf) -> dict[str, Any]:
    """That this is an authority, for clients that ask it of the authority itself.

    https://learn.microsoft.com/entra/msal/dotnet/resources/authority-validation
    """
    host = edge.address.partition("://")[2]
    return {
        "tenant_discovery_endpoint": f"{edge.address}/{edge.authority.tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


@router.get("/discovery/v2.0/keys")
@router.get("/{tenant}/discovery/v2.0/keys")
def keys(edge: EdgeOf, tenant: str = "") -> dict[str, Any]:
    """The keys that tokens are signed with."""
    del tenant
    return edge.authority.keys()
