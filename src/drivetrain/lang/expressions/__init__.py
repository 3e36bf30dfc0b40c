"""Azure Pipelines expressions: parse a text, evaluate it in a context.

https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from drivetrain.lang.expressions.errors import ExpressionError
from drivetrain.lang.expressions.evaluate import (
    Context,
    HostFunction,
    evaluate,
    evaluate_boolean,
    evaluate_string,
)
from drivetrain.lang.expressions.nodes import (
    Expression,
    Reference,
    functions_used,
    names_used,
    references,
)
from drivetrain.lang.expressions.parser import Arity, parse
from drivetrain.lang.expressions.trace import Trace

__all__ = [
    "Arity",
    "Context",
    "Expression",
    "ExpressionError",
    "HostFunction",
    "Reference",
    "Trace",
    "evaluate",
    "evaluate_boolean",
    "evaluate_string",
    "functions_used",
    "names_used",
    "parse",
    "references",
]
