"""Pipeline jobs of Azure Machine Learning."""
