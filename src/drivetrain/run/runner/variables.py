"""The variables of a running job: names in any case, secrets, read-only ones; their macros and environment.

https://learn.microsoft.com/azure/devops/pipelines/process/variables
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.errors import UserError
from drivetrain.lang.macros import expand_macros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from drivetrain.run.runner.mask import Masker


class Variable(NamedTuple):
    """One variable as it stands; `value` may hold macros."""

    name: str
    value: str
    secret: bool = False
    readonly: bool = False


class Variables:
    """What `$(name)` means now, and what the steps' programs find in their environment."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._all: dict[str, Variable] = {}
        self._environment: dict[str, str] | None = None

    def define(self, name: str, value: str, *, secret: bool = False, readonly: bool = False) -> None:
        """Give a variable its value, read-only or not. A variable that was secret stays secret."""
        key = name.lower()
        before = self._all.get(key)
        secret = secret or (before is not None and before.secret)
        if secret:
            self._masker.add(value)
        self._all[key] = Variable(name, value, secret, readonly)
        self._environment = None

    def set(self, name: str, value: str, *, secret: bool = False, readonly: bool = False) -> None:
        """What `task.setvariable` does. Raises UserError when the variable is read-only."""
        self.refuse_readonly(name)
        self.define(name, value, secret=secret, readonly=readonly)

    def refuse_readonly(self, name: str) -> None:
        """Raise UserError when there is a variable of this name that is read-only."""
        before = self._all.get(name.lower())
        if before is not None and before.readonly:
            raise UserError(
                f"Overwriting readonly variable '{before.name}' is not permitted.",
                hint="use another name, or define it without `readonly`",
            )

    def get(self, name: str) -> str | None:
        """The value as it was set, or None. What `$(name)` looks up."""
        found = self._all.get(name.lower())
        return None if found is None else found.value

    def expand(self, text: str) -> str:
        """The text with its macros replaced; unknown ones stay."""
        return expand_macros(text, self.get) if "$(" in text else text

    def value(self, name: str) -> str:
        """The value with its own macros replaced; empty when there is no such variable."""
        return self.expand(self.get(name) or "")

    def flag(self, name: str) -> bool:
        """Whether a variable says `true`."""
        return self.value(name).strip().lower() == "true"

    def expanded(self) -> dict[str, str]:
        """Every variable with its macros replaced: the context `variables` of conditions."""
        return {variable.name: self.expand(variable.value) for variable in self._all.values()}

    def by_kind(self) -> tuple[list[str], dict[str, str]]:
        """The names of plain variables, and the secret ones with their values. What refers to a secret is one."""
        plain, secret = [], {}
        for variable in self._all.values():
            value, refers = self._expand_seeing_secrets(variable.value)
            if variable.secret or refers:
                secret[variable.name] = value
            else:
                plain.append(variable.name)
        return plain, secret

    def environment(self) -> Mapping[str, str]:
        """The environment variables that they become. Secrets, and what refers to one, are not among them.

        https://learn.microsoft.com/azure/devops/pipelines/process/variables#environment-variables
        """
        if self._environment is None:
            self._environment = dict(self._mapped())
        return self._environment

    def _mapped(self) -> Iterator[tuple[str, str]]:
        for variable in self._all.values():
            if not variable.secret:
                name, value = environment_name(variable.name), variable.value
                if "$(" in value:
                    value, secret = self._expand_seeing_secrets(value)
                    if secret:
                        continue
                if name and "=" not in name and "\0" not in name:
                    yield name, value.replace("\0", "")

    def _expand_seeing_secrets(self, text: str) -> tuple[str, bool]:
        seen = []

        def lookup(name: str) -> str | None:
            found = self._all.get(name.lower())
            if found is None:
                return None
            seen.append(found.secret)
            return found.value

        return expand_macros(text, lookup), any(seen)


def environment_name(name: str) -> str:
    """The environment variable of a variable: upper case, dots and blanks as underscores."""
    return name.upper().replace(".", "_").replace(" ", "_")
