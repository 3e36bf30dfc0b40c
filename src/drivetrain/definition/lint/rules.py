"""All rules, and the verb that applies them."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from drivetrain.definition.lint.conditions import macros_in_conditions
from drivetrain.definition.lint.images import retired_images
from drivetrain.definition.lint.injection import script_injection
from drivetrain.definition.lint.parameters import unused_parameters
from drivetrain.definition.lint.rule import Rule, Sources
from drivetrain.definition.lint.secrets import secrets_echoed, secrets_in_clear_text
from drivetrain.definition.lint.unreachable import unreachable
from drivetrain.definition.lint.variables import unused_variables
from drivetrain.definition.problems import LIMIT
from drivetrain.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from drivetrain.definition.model import Pipeline
    from drivetrain.definition.problems import Problems
    from drivetrain.lang.tree import Node

RULES: tuple[Rule, ...] = (
    Rule(
        "unused-parameter",
        "A parameter is declared and used nowhere in its file.",
        "No `${{ }}` of the file, a pipeline or a template, names the parameter. Whoever runs the pipeline or includes"
        " the template is asked for a value that changes nothing: remove it, or use it. Nothing is said where a file"
        " takes all parameters at once, as in `${{ each item in parameters }}`.",
        unused_parameters,
    ),
    Rule(
        "unused-variable",
        "A variable is declared and used nowhere in the pipeline's files.",
        "Neither its name nor the environment variable made of it (`app.name` is `APP_NAME`) occurs anywhere in the"
        " pipeline and its templates, not even in a script. A program in the repository may still read it from the"
        " environment. Nothing is said of names with `_`, in capitals or with several dots, which tools read, of"
        " settings such as `System.Debug`, when a template could not be read, or when an expression takes all variables"
        " at once.",
        unused_variables,
    ),
    Rule(
        "unreachable",
        "A stage, a job or all steps of a job can never run.",
        "The condition is false whatever happens, such as `condition: false`; or it needs something to succeed which"
        " never runs, as does everything without a condition that waits for it; or every step of a job has"
        " `enabled: false`. Remove what never runs, or repair its condition. A condition that `${{ }}` has written is"
        " left alone, because it may be another for other parameters.",
        unreachable,
    ),
    Rule(
        "macro-in-condition",
        "A condition compares a macro, which is not replaced there.",
        "Conditions are evaluated as expressions, and macros are no part of them: in `eq('$(color)', 'blue')` the text"
        " `$(color)` itself is compared, so the answer never changes. Write `eq(variables['color'], 'blue')`.",
        macros_in_conditions,
    ),
    Rule(
        "script-injection",
        "A script holds text that outsiders choose.",
        "A macro is replaced in the text of a script before the shell reads it. Commit messages, the names of authors"
        " and the branches of pull requests are chosen by whoever proposes a change, and can hold `$(...)`, quotes and"
        " semicolons: they would run with the rights of the pipeline. Read the environment variable instead, such as"
        ' `"$BUILD_SOURCEVERSIONMESSAGE"`, in quotes, or hand the value on by `env`.',
        script_injection,
    ),
    Rule(
        "secret-echoed",
        "A script prints a secret.",
        "A line that begins with `echo`, `printf`, `print`, `Write-Host` or the like holds a macro whose name says that"
        " it is a secret, such as `$(dbPassword)` or `$(System.AccessToken)`. Secrets are masked in logs, but not every"
        " form of them that a script may make. Nothing is said when the line is piped or redirected, or is a logging"
        " command.",
        secrets_echoed,
    ),
    Rule(
        "secret-in-file",
        "A variable that looks like a secret has its value in the file.",
        "A variable whose name ends with password, token, secret, connectionString, or a key of an account, has its"
        " value in clear text. Everybody who can read the repository can read it, and the history keeps it: change the"
        " secret, and keep it in a variable group or as a secret variable of the pipeline. Nothing is said of values"
        " that are macros, expressions, paths or placeholders.",
        secrets_in_clear_text,
    ),
    Rule(
        "retired-image",
        "An image that Azure's own agents no longer have.",
        "A job with such a `vmImage` fails before it starts. Labels are looked for in pools, and where matrices,"
        " variables and parameters hand one to a pool.",
        retired_images,
    ),
)
"""Explained in docs/lint.md, in this order."""

_FOREIGN = re.compile(r"@[^/@]+\Z")
"""How positions call a file of another repository: `path@alias`."""


def lint(
    pipeline: Pipeline, sources: Sequence[Node], problems: Problems, *, without: Collection[str] = frozenset()
) -> None:
    """Report what is legal and probably not meant; of each rule no more than would be kept of a file.

    Nothing is said of templates from other repositories, which are not this pipeline's to change.

    Args:
        pipeline: what was built of the file.
        sources: the roots of the pipeline's file and of every template that was read, as they are written.
        problems: where to.
        without: codes of rules that are left out.
    """
    files = Sources(pipeline, sources)
    for rule in RULES:
        if rule.code not in without:
            own = (found for found in rule.check(files) if not _FOREIGN.search(found.position.file))
            for found in islice(own, LIMIT):
                problems.add(Problem(found.position, found.message, found.hint, rule.severity, rule.code))
