"""Jobs of Azure Machine Learning as plans."""
