"""Pipeline jobs of Azure Machine Learning as plans."""
