"""Azure Pipelines expressions: parse a text, evaluate it in a context.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from drivetrain.lang.expressions.errors import ExpressionError
from drivetrain.lang.expressions.evaluate import Context, HostFunction, Trace, evaluate
from drivetrain.lang.expressions.nodes import Expression
from drivetrain.lang.expressions.parser import Arity, names_used, parse

__all__ = [
    "Arity",
    "Context",
    "Expression",
    "ExpressionError",
    "HostFunction",
    "Trace",
    "evaluate",
    "names_used",
    "parse",
]
