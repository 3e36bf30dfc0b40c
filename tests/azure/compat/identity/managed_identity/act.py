"""ManagedIdentityCredential: a token for Azure Machine Learning."""

import json

from azure.identity import ManagedIdentityCredential

token = ManagedIdentityCredential().get_token("https://ml.azure.com/.default")
print(json.dumps({"token": token.token, "expires_on": token.expires_on}))
