"""Runs a model over data through the path by which it is served, and computes metrics of what it answers."""
