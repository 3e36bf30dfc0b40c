"""Sweeps as plans."""
