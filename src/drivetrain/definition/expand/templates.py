"""Template files: found, read once, checked, their parameters bound.

https://learn.microsoft.com/azure/devops/pipelines/process/templates
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.binding import bind, bind_legacy
from drivetrain.definition.convert.parameters import convert_parameters
from drivetrain.definition.location import resolve
from drivetrain.definition.shape import closest, misplaced, shown
from drivetrain.errors import DefinitionError, DrivetrainError
from drivetrain.lang.tree import Mapping, Sequence
from drivetrain.lang.yaml import read

if TYPE_CHECKING:
    from collections.abc import Mapping as Given

    from drivetrain.definition.expand.budget import Budget
    from drivetrain.definition.expand.syntax import Syntax
    from drivetrain.definition.location import Location
    from drivetrain.definition.model import Parameter, RepositoryResource
    from drivetrain.definition.ports import TemplateFiles
    from drivetrain.definition.problems import Problems
    from drivetrain.definition.scope import Scope
    from drivetrain.lang.tree import Node, Scalar


class Template(Struct, frozen=True):
    """A template file that was read."""

    location: Location
    root: Mapping
    parameters: tuple[Parameter, ...]
    typed: bool
    """Whether its parameters are declared by a list: the old mapping takes any, and so does a file without."""

    def type_of(self, name: str) -> str:
        """The declared type of a parameter, empty when it is not declared."""
        lower = name.lower()
        return next((known.type for known in self.parameters if known.name.lower() == lower), "")


class Templates:
    """The template files of one pipeline."""

    def __init__(
        self, files: TemplateFiles | None, problems: Problems, budget: Budget, syntax: Syntax, *, prefix: str = ""
    ) -> None:
        """`prefix` is put before the paths of the pipeline's own templates in messages: its repository's folder."""
        self.repositories: dict[str, RepositoryResource] = {}
        """The repositories that can be named, by alias in lower case."""
        self._files = files
        self._problems = problems
        self._budget = budget
        self._syntax = syntax
        self._prefix = prefix
        self._read: dict[Location, Template | None] = {}
        self._by_lower: dict[str, Template] = {}

    @property
    def roots(self) -> tuple[Mapping, ...]:
        """The files that were read, as they are written."""
        return tuple(template.root for template in self._read.values() if template is not None)

    def open(self, reference: Scalar, scope: Scope) -> Template | None:
        """The template that a file includes; None when there is none, which is reported. Raises TooLargeError."""
        try:
            location = resolve(reference.value, scope.location)
        except DrivetrainError as error:
            self._problems.error(reference, error.message, code="wrong-template", hint=error.hint)
            return None
        if location not in self._read:
            # A file that was read once is found again in any case, as on Azure.
            known = self._by_lower.get(str(location).lower())
            if known is not None:
                return known
            self._budget.include(str(location))
            loaded = self._read[location] = self._load(location, reference)
            if loaded is not None:
                self._by_lower[str(location).lower()] = loaded
        return self._read[location]

    def scope(self, template: Template, given: Given[str, tuple[Scalar, Node]], at: Scalar, outer: Scope) -> Scope:
        """What can be seen inside a template that is included at `at` with these parameters, already expanded."""
        if template.typed:
            values = bind(template.parameters, given, self._problems, at=at.position)
        else:
            values = bind_legacy(template.parameters, given)
        return outer.in_template(values, template.location)

    def _load(self, location: Location, reference: Scalar) -> Template | None:
        repository = None
        if location.alias:
            repository = self.repositories.get(location.alias.lower())
            if repository is None:
                message = f"No repository found by name {shown(location.alias)}"
                hint = closest(location.alias, [known.alias for known in self.repositories.values()])
                hint = hint or "declare it below `resources:`, `repositories:`"
                self._problems.error(reference, message, code="unknown-repository", hint=hint)
                return None
        text = self._text(location, repository, reference)
        return None if text is None else self._parse(text, location)

    def _text(self, location: Location, repository: RepositoryResource | None, reference: Scalar) -> str | None:
        if self._files is None:
            message = f"the template '{shown(reference.value)}' cannot be read: only the text of one file is known here"
            self._problems.error(reference, message, code="wrong-template", hint="name the file, instead of its text")
            return None
        try:
            return self._files.read(location.path, repository)
        except DefinitionError as error:
            self._problems.extend(error.problems)
        except DrivetrainError as error:
            self._problems.error(reference, error.message, code="wrong-template", hint=error.hint)
        return None

    def _parse(self, text: str, location: Location) -> Template | None:
        label = str(location) if location.alias else f"{self._prefix}{location.path}"
        try:
            root = read(text, file=label)
        except DefinitionError as error:
            self._problems.extend(error.problems)
            return None
        if not isinstance(root, Mapping):
            misplaced(root, "a template must be a mapping", self._problems)
            return None
        if not self._syntax.check(root):
            return None
        declared = root.get("parameters")
        errors = self._problems.errors
        parameters = convert_parameters(declared, self._problems, template=True)
        if self._problems.errors > errors:
            self._problems.refused = True
            return None
        return Template(location, root, parameters, typed=isinstance(declared, Sequence))
