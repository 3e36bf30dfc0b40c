"""The tokens by which callers ask an endpoint: issued by the token service of the home, for that endpoint alone."""

from __future__ import annotations

from drivetrain.view.api.azure.identity.model import Audience


def token_audience(endpoint: str) -> str:
    """The audience of the tokens that are issued for one endpoint (`aml_token`).

    https://learn.microsoft.com/azure/machine-learning/how-to-authenticate-online-endpoint
    """
    return f"{Audience.MACHINE_LEARNING}/onlineEndpoints/{endpoint.lower()}"
