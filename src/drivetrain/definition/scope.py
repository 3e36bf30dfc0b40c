"""What `${{ }}` can see: parameters, and the variables that have a value before the run exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import CompileContext
    from drivetrain.lang.values import Value

NAMES = frozenset({"parameters", "variables"})
"""The contexts that are legal in `${{ }}` (`resources` comes with resources)."""


class Scope(Struct, frozen=True):
    """Parameters and variables at one place of the file. Variables set when queueing win over all others."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    variables: Mapping[str, Value] = field(default_factory=dict)
    """Keys in lower case: names of variables ignore case."""
    queued: frozenset[str] = frozenset()

    def with_variable(self, name: str, value: str) -> Scope:
        """The scope in which a variable is defined (again)."""
        lower = name.lower()
        if lower in self.queued:
            return self
        return Scope(self.parameters, {**self.variables, lower: value}, self.queued)

    def values(self) -> dict[str, Value]:
        """The contexts as expressions see them."""
        return {"parameters": self.parameters, "variables": self.variables}


def root_scope(parameters: Mapping[str, Value], queued: Mapping[str, str], context: CompileContext) -> Scope:
    """The scope before the file's own variables."""
    at_start = {name.lower(): value for name, value in queued.items()}
    predefined: dict[str, Value] = {name.lower(): value for name, value in compile_variables(context).items()}
    return Scope(parameters, {**predefined, **at_start}, frozenset(at_start))


def compile_variables(context: CompileContext) -> dict[str, str]:
    """The predefined variables that templates may read.

    https://learn.microsoft.com/azure/devops/pipelines/build/variables (column "Available in templates?")
    """
    known = {
        "Build.DefinitionName": context.pipeline,
        "Build.Reason": context.reason,
        "Build.Repository.Name": context.repository,
        "Build.RequestedFor": context.requested_for,
        "Build.RequestedForEmail": context.requested_for_email,
        "Build.SourceBranch": context.branch,
        "Build.SourceBranchName": context.branch.rsplit("/", 1)[-1],
        "Build.SourceVersion": context.commit,
        "System.CollectionUri": context.collection_uri,
        "System.TeamFoundationCollectionUri": context.collection_uri,
        "System.TeamProject": context.project,
    }
    return {"System.HostType": "build", **{name: value for name, value in known.items() if value}}
