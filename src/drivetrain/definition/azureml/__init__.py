"""Jobs of Azure Machine Learning as values."""
