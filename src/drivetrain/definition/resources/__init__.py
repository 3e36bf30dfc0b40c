"""What a pipeline uses from outside, but for other repositories (definition/model.py)."""
