"""Names that people and files give."""
