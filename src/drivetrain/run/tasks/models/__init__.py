"""Tasks about registered models."""
