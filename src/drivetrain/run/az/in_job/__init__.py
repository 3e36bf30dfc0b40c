"""`az ml`, `az pipelines` and `az devops` where the extensions of the Azure CLI that bring them are not installed.

Run by the interpreter that has the official clients, from a copy: this package imports nothing of Drivetrain. It speaks
the arguments, the output and the exit codes of the extensions, for the verbs that are used most:
https://learn.microsoft.com/cli/azure/ml and https://learn.microsoft.com/cli/azure/pipelines
"""
