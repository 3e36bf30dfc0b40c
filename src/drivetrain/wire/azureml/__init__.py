"""Jobs of Azure Machine Learning, built from the stores of a home."""
