"""Drivetrain: Azure Pipelines and Azure Machine Learning projects on your own machine."""

__version__ = "0.1.0"
