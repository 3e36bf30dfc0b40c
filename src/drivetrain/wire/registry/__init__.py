"""Models: the registry, what it knows of where versions come from, and what is done with that."""
