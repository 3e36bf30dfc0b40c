"""Azure's own host names that lead here, in jobs and commands that asked for it. Pure, and light.

They are those of the public cloud that clients have in their code: Azure Resource Manager, sign-in, and the services of
Azure Machine Learning. Of storage only accounts of this home are: a script may well read somebody's public blobs.
https://learn.microsoft.com/azure/machine-learning/reference-machine-learning-cloud-parity
"""

from __future__ import annotations

import re

EXACT = (
    "management.azure.com",
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
    "ml.azure.com",
)
BELOW = ("api.azureml.ms", "experiments.azureml.net", "modelmanagement.azureml.net")
"""Of these, every name with one more label, which is a region of Azure."""
STORAGE = "blob.core.windows.net"
_ACCOUNT = re.compile(r"drivetrain[0-9a-f]{14}")
"""The accounts of workspaces. Clients of 2019 know an account's name, and take the rest of its address for granted."""
PORT = 443


def leads_here(host: str, port: int) -> bool:
    """Whether a connection to this name and port is led here."""
    name = host.lower().removesuffix(".")
    label, _, rest = name.partition(".")
    is_account = rest == STORAGE and _ACCOUNT.fullmatch(label) is not None
    return port == PORT and (name in EXACT or (bool(label) and rest in BELOW) or is_account)


def certificate_names() -> tuple[str, ...]:
    """The names of the certificate that is shown for them."""
    return (*EXACT, *(f"*.{each}" for each in (*BELOW, STORAGE)))


def without_ours(given: str) -> str:
    """A list like that of `NO_PROXY`, without what would keep clients from asking the proxy for these names."""
    words = [word.strip() for word in given.split(",")]
    return ",".join(word for word in words if word and not _covers(word))


def _covers(word: str) -> bool:
    name = word.lower().partition(":")[0].lstrip("*").lstrip(".")
    ours = (*EXACT, *BELOW, STORAGE)
    return word == "*" or any(f".{each}".endswith(f".{name}") or name.endswith(f".{each}") for each in ours)
