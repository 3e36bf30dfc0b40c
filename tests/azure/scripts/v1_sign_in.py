"""What every script for azureml-core begins with: a workspace, signed in with the token of the managed identity."""

import json
import os
import urllib.request

from azureml.core import Workspace
from azureml.core.authentication import TokenAuthentication


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return json.load(answer)


def token(resource):
    url = os.environ["IDENTITY_ENDPOINT"] + "?resource=" + resource
    return get(url, **{"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})["access_token"]


def workspace(subscription, group, name):
    """A workspace. azureml-core asks whether its subscription is there, which it is from the first mention on."""
    address = os.environ["IDENTITY_ENDPOINT"].rpartition("/msi/")[0]
    path = f"/subscriptions/{subscription}/resourceGroups/{group}"
    path += f"/providers/Microsoft.MachineLearningServices/workspaces/{name}"
    get(address + path, Authorization="Bearer " + token("https://management.azure.com"))
    return Workspace(subscription, group, name, auth=TokenAuthentication(token))
