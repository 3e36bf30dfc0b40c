"""Telling hosts how runs go: what is owed is worked out from the run as it is, and sent until the host has taken it."""
