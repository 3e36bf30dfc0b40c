"""Azure Resource Manager's routes for Azure Machine Learning: workspaces and what they hold.

https://learn.microsoft.com/rest/api/azureml/ - answers are shaped as the clients read them; `api-version` may be any.
"""
