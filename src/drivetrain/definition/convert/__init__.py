"""Nodes to the frozen values of definition/model.py, one module per part of the file."""
