"""Tries a model once, in its own environment: whether it loads, whether its rows depend on each other, and whether
ONNX Runtime gives the same answers.
"""
