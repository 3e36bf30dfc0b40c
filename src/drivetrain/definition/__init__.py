"""Files to a Pipeline: reading, expanding and checking azure-pipelines.yml, every word with its position."""
