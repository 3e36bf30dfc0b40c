"""Sweeps, carried out: which trials there are, and which have lost."""
