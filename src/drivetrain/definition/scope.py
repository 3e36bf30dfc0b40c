"""What `${{ }}` can see: parameters, loop variables, and variables that are known before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from drivetrain.definition.location import Location
from drivetrain.lang.values import Caseless, Lowered, Required

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.definition.model import CompileContext
    from drivetrain.errors import Position
    from drivetrain.lang.values import Value


class Scope(Struct, frozen=True):
    """What is visible at one place of the file. Variables set when queueing are not: they come later."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    """Found in any case; in the pipeline's own file one that is not declared may be an error (`Required`)."""
    variables: dict[str, Value] = field(default_factory=dict)
    """Keys in lower case: names of variables ignore case."""
    loops: Mapping[str, Value] = field(default_factory=dict)
    """The loop variables of the `each` around this place."""
    location: Location = Location("")
    """The file that this place is in."""
    loop: Position | None = None
    """Where the innermost `each` around this place begins."""

    def opened(self) -> Scope:
        """A copy in which variables can be defined without this scope seeing them."""
        return replace(self, variables=dict(self.variables))

    def define(self, name: str, value: str) -> None:
        """Define a variable (again), for this scope and all that share its variables."""
        self.variables[name.lower()] = value

    def in_loop(self, name: str, value: Value, at: Position) -> Scope:
        """The scope of one round of the `each` at a place; it shares the variables of the scope around it."""
        return replace(self, loops={**self.loops, name: value}, loop=at)

    def seeing(self, variables: dict[str, Value]) -> Scope:
        """The scope with these variables instead of its own."""
        return self if variables is self.variables else replace(self, variables=variables)

    def in_template(self, parameters: Mapping[str, Value], location: Location) -> Scope:
        """The scope of a template that is included here: its own parameters, the variables of this place.

        What a template has not declared reads as nothing there.
        """
        return replace(self, parameters=Caseless(parameters), location=location, loops={}, loop=None)

    def values(self) -> dict[str, Value]:
        """The contexts as expressions see them."""
        return {
            "parameters": self.parameters,
            "variables": Lowered(self.variables),
            **self.loops,
        }


def root_scope(
    parameters: Mapping[str, Value], context: CompileContext, *, strict: bool = False, path: str = ""
) -> Scope:
    """The scope before the file's own variables; `path` is the file's, from the top of its repository.

    With `strict`, naming a parameter that is not declared is an error: the old mapping of defaults takes any.
    """
    predefined: dict[str, Value] = {name.lower(): value for name, value in compile_variables(context).items()}
    found = Required(parameters) if strict else Caseless(parameters)
    return Scope(found, predefined, location=Location(path))


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
        "Build.CronSchedule.DisplayName": context.schedule,
        "System.CollectionUri": context.collection_uri,
        "System.PullRequest.IsFork": context.fork,
        "System.TeamFoundationCollectionUri": context.collection_uri,
        "System.TeamProject": context.project,
    }
    return {"System.HostType": "build", **{name: value for name, value in known.items() if value}}
