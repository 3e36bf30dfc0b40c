"""A token by azure-identity's managed identity."""

import json

from azure.identity import DefaultAzureCredential

token = DefaultAzureCredential().get_token("https://ml.azure.com/.default")
print(json.dumps({"parts": token.token.count(".")}))
