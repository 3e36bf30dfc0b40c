"""What the files of a repository ask of Azure that is not served here: `drivetrain migrate`."""

from drivetrain.definition.migrating.scan import look_into

__all__ = ["look_into"]
