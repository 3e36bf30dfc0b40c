"""The types of service connections: how each signs in, and what the task library calls its parameters.

A type that is not here is kept as it is given: tasks of others bring types of their own.
https://learn.microsoft.com/azure/devops/pipelines/library/service-endpoints#common-service-connection-types
"""

from __future__ import annotations

from typing import NamedTuple


class Parameter(NamedTuple):
    """A parameter of an authorization, or a field of a connection's data."""

    name: str
    about: str
    secret: bool = False
    required: bool = True
    default: str = ""


class Scheme(NamedTuple):
    """A way to sign in."""

    name: str
    parameters: tuple[Parameter, ...] = ()


class ConnectionType(NamedTuple):
    """A type of service connection."""

    name: str
    title: str
    schemes: tuple[Scheme, ...]
    """The first one is meant when none is named."""
    data: tuple[Parameter, ...] = ()
    url: str = ""
    """Where none is given; empty when one has to be."""

    def scheme(self, name: str) -> Scheme | None:
        """The scheme of that name, in any case; the first one for none."""
        return next((each for each in self.schemes if not name or each.name.lower() == name.lower()), None)


def _token(name: str, about: str = "The token.") -> Scheme:
    return Scheme("Token", (Parameter(name, about, secret=True),))


_BASIC = Scheme(
    "UsernamePassword", (Parameter("username", "The user."), Parameter("password", "The password.", secret=True))
)
_OPTIONAL_BASIC = Scheme(
    "UsernamePassword",
    (
        Parameter("username", "The user.", required=False),
        Parameter("password", "The password, or a token.", secret=True, required=False),
    ),
)
_NONE = Scheme("None")
_SSH_KEY = Scheme(
    "UsernamePassword",
    (
        Parameter("privateKey", "The private key, without a passphrase: it is sealed here.", secret=True),
        Parameter("knownHosts", "The host's keys, as a known_hosts file has them.", required=False),
        Parameter("username", "The user.", required=False),
    ),
)
_APP = Scheme(
    "App",
    (
        Parameter("appId", "The id of a GitHub App."),
        Parameter("privateKey", "Its private key (PEM).", secret=True),
        Parameter("installationId", "Of its installation; else that of the repository.", required=False),
    ),
)
"""Ours: Azure DevOps has its own GitHub App."""
_TENANT = Parameter("tenantid", "The tenant's id.")
_FEED = (_token("apitoken"), _BASIC)

TYPES: dict[str, ConnectionType] = {
    each.name: each
    for each in (
        ConnectionType("generic", "Generic", (_OPTIONAL_BASIC, _token("apitoken"), _NONE)),
        ConnectionType(
            "github",
            "GitHub",
            (
                Scheme("PersonalAccessToken", (Parameter("accessToken", "A personal access token.", secret=True),)),
                _token("AccessToken"),
                Scheme("OAuth", (Parameter("AccessToken", "The token.", secret=True),)),
                _APP,
            ),
            url="https://github.com",
        ),
        ConnectionType("githubenterprise", "GitHub Enterprise Server", (_token("apitoken"), _BASIC, _APP)),
        ConnectionType("git", "Other Git", (_OPTIONAL_BASIC, _NONE)),
        ConnectionType("externalgit", "External Git", (_OPTIONAL_BASIC, _NONE)),
        ConnectionType("externaltfs", "Azure Repos", (_token("apitoken", "A personal access token."), _OPTIONAL_BASIC)),
        ConnectionType("subversion", "Subversion", (_BASIC, _NONE)),
        ConnectionType("ssh", "SSH key", (_SSH_KEY,)),
        ConnectionType(
            "incomingwebhook",
            "Incoming WebHook",
            (
                Scheme(
                    "None",
                    (
                        Parameter("webhookname", "Its name in the address that is posted to."),
                        Parameter("secret", "The key of the payload's HMAC.", secret=True, required=False),
                        Parameter("header", "The header with that HMAC.", required=False, default="X-Hub-Signature"),
                    ),
                ),
            ),
            url="https://dev.azure.com",
        ),
        ConnectionType("bitbucket", "Bitbucket Cloud", (_BASIC, _token("apitoken")), url="https://api.bitbucket.org/"),
        ConnectionType(
            "azurerm",
            "Azure Resource Manager",
            (
                Scheme(
                    "ServicePrincipal",
                    (
                        Parameter("serviceprincipalid", "The application's (client) id."),
                        Parameter("serviceprincipalkey", "Its secret, with `spnKey`.", secret=True, required=False),
                        Parameter(
                            "servicePrincipalCertificate",
                            "Its certificate and key as PEM, with `spnCertificate`.",
                            secret=True,
                            required=False,
                        ),
                        _TENANT,
                        Parameter(
                            "authenticationType", "`spnKey` or `spnCertificate`.", required=False, default="spnKey"
                        ),
                    ),
                ),
                Scheme(
                    "WorkloadIdentityFederation",
                    (
                        Parameter("serviceprincipalid", "The application's (client) id."),
                        _TENANT,
                        Parameter(
                            "idToken",
                            "The token of the identity provider, which Azure's own server would issue.",
                            secret=True,
                            required=False,
                        ),
                        Parameter("workloadIdentityFederationIssuer", "Who issues the token.", required=False),
                        Parameter("workloadIdentityFederationSubject", "For whom.", required=False),
                    ),
                ),
                Scheme("ManagedServiceIdentity", (Parameter("tenantid", "The tenant's id.", required=False),)),
            ),
            data=(
                Parameter("subscriptionId", "The subscription's id.", required=False),
                Parameter("subscriptionName", "Its name.", required=False),
                Parameter("environment", "`AzureCloud`, ...", required=False, default="AzureCloud"),
                Parameter("scopeLevel", "`Subscription` or `ManagementGroup`.", required=False, default="Subscription"),
                Parameter("managementGroupId", "With the scope level `ManagementGroup`.", required=False),
                Parameter("creationMode", "`Manual`.", required=False, default="Manual"),
            ),
            url="https://management.azure.com/",
        ),
        ConnectionType("externalpythondownloadfeed", "Python package download", _FEED),
        ConnectionType(
            "externalpythonuploadfeed",
            "Python package upload",
            _FEED,
            data=(Parameter("endpointname", "What `twine upload -r` calls it; else its name.", required=False),),
        ),
        ConnectionType(
            "dockerregistry",
            "Docker registry",
            (
                Scheme(
                    "UsernamePassword",
                    (
                        Parameter("registry", "The registry's URL.", required=False),
                        Parameter("username", "The user."),
                        Parameter("password", "The password, or a token.", secret=True),
                        Parameter("email", "An address.", required=False),
                    ),
                ),
            ),
            data=(Parameter("registrytype", "`DockerHub`, `ACR` or `Others`.", required=False, default="Others"),),
            url="https://index.docker.io/v1/",
        ),
        ConnectionType("externalnpmregistry", "npm", _FEED),
        ConnectionType(
            "externalnugetfeed",
            "NuGet",
            (_token("apitoken"), _BASIC, Scheme("None", (Parameter("nugetkey", "The key.", secret=True),))),
        ),
    )
}
"""By name, in lower case."""

ALIASES = {"npm": "externalnpmregistry", "nuget": "externalnugetfeed", "python-download": "externalpythondownloadfeed"}
ALIASES |= {"python-upload": "externalpythonuploadfeed", "docker": "dockerregistry", "azure": "azurerm"}
"""Short words -> types."""


def known_type(name: str) -> ConnectionType | None:
    """The type of that name, in any case, or by a short word."""
    return TYPES.get(ALIASES.get(name.lower(), name.lower()))
