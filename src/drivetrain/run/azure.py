"""How jobs find Azure: which of their environment variables lead to this home, and who goes where."""

from __future__ import annotations

from enum import StrEnum

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""They name the file of authorities: what the machine trusts, and this home's own."""
EDGE_VARIABLES = (
    "ARM_CLOUD_METADATA_URL",
    "AZURE_CLOUD_NAME",
    "AZUREML_CURRENT_CLOUD",
    "REGISTRY_DISCOVERY_ENDPOINT_URL",
    "AZURE_CORE_INSTANCE_DISCOVERY",
    "AZURE_CORE_COLLECT_TELEMETRY",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
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
    REAL = "real"
    """At Azure itself: nothing leads here."""
