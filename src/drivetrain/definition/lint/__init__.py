"""What is legal and nevertheless probably not meant. Errors are found elsewhere, by reading and validating."""

from drivetrain.definition.lint.rules import RULES, lint

__all__ = ["RULES", "lint"]
