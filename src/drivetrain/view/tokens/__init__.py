"""Personal access tokens: what programs show in place of the owner's own token."""
