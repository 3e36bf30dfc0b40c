"""File patterns exactly as Azure's tasks have them: the functions of azure-pipelines-task-lib over minimatch 3.

https://learn.microsoft.com/azure/devops/pipelines/tasks/file-matching-patterns
"""
