"""Sweeps of Azure Machine Learning."""
