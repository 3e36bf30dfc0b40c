"""How jobs find Azure: which of their environment variables lead to this home, and who goes where."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOUD = "Drivetrain"
"""What official clients call the cloud that this home is, and the `environment` of connections that lead to it."""
BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""They name the file of authorities: what the machine trusts, and this home's own."""
CLOUD_VARIABLES = (
    "ARM_CLOUD_METADATA_URL",
    "AZURE_CLOUD_NAME",
    "AZUREML_CURRENT_CLOUD",
    "REGISTRY_DISCOVERY_ENDPOINT_URL",
)
"""They tell clients of a cloud that is not the public one."""
PROXY_MARK = "DRIVETRAIN_AZURE_PROXY"
"""It is there where the proxy of the environment is ours, and holds what is shown to it."""
PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", PROXY_MARK)
"""They lead Azure's own host names to this home."""
EDGE_VARIABLES = (
    *CLOUD_VARIABLES,
    "AZURE_CORE_INSTANCE_DISCOVERY",
    "AZURE_CORE_COLLECT_TELEMETRY",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    *PROXY_VARIABLES,
)
"""They lead official clients to this home; without them, the clients find Azure itself."""
CONFIGURATION = "AZURE_CONFIG_DIR"
"""A folder of the job's own: nobody's login but the job's is ever read or written."""
OIDC_REQUEST = "System.OidcRequestUri"
"""Where a job asks for federated tokens.
https://learn.microsoft.com/azure/devops/pipelines/build/variables"""


class Azure(StrEnum):
    """Where the Azure of a project is: the setting `azure`, and its exceptions in `azure_projects`."""

    CONNECTION = "connection"
    """Here, but for steps whose service connection leads to Azure itself."""
    LOCAL = "local"
    """Here, whatever a connection says."""
    HOSTS = "hosts"
    """As with `connection`, and Azure's own host names lead here, for clients that know no others."""
    REAL = "real"
    """At Azure itself: nothing leads here."""


_OF_HOSTS, _OF_HOME = "/hosts/bundle.pem", "/bundle.pem"


def plain_bundles(given: Mapping[str, str]) -> dict[str, str]:
    """The variables that name authorities, of who asks Azure itself: without the one that speaks for its names here."""
    named = {name: given[name] for name in BUNDLE_VARIABLES if name in given}
    return {name: path.removesuffix(_OF_HOSTS) + _OF_HOME for name, path in named.items() if path.endswith(_OF_HOSTS)}


def not_inherited(environ: Mapping[str, str], azure: str) -> tuple[str, ...]:
    """What a job does not take over from the environment that somebody was in who started its server: a proxy of ours
    that was a terminal's, and, with `hosts`, another cloud.
    """
    proxy = PROXY_VARIABLES if PROXY_MARK in environ else ()
    return (*proxy, *(CLOUD_VARIABLES if azure == Azure.HOSTS else ()))
