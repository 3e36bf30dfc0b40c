"""The tasks that steps are made of: one module each, found by name in `registry`.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/
"""
