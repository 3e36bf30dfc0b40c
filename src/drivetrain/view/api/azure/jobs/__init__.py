"""Jobs of Azure Machine Learning as clients see them."""
