"""Variables of a file, as it is written, and those that nothing in it uses.

https://learn.microsoft.com/azure/devops/pipelines/process/variables
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from drivetrain.definition.lint.rule import Finding
from drivetrain.definition.lint.walk import OPEN, entries, expressions, scalars
from drivetrain.definition.shape import is_empty, shown
from drivetrain.lang.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Sequence as Roots

    from drivetrain.definition.lint.rule import Sources
    from drivetrain.lang.tree import Node

_WORD = re.compile(r"[^\W\d]\w*(?:[.-]\w+)*")
_NAMED = re.compile(r"\$\(([^()$]+)\)|\['([^']+)'\]")
_LONGEST = 200
"""No name of a variable is longer."""
_ALL = re.compile(r"(?<![\w.-])variables\b(?!\s*(?:\.|\[\s*')|-)", re.IGNORECASE)
"""`variables` as a whole, or with a computed name: any of them may be used."""
_SETTINGS = re.compile(
    r"(?:system|agent|build|release|codeql|semmle|packaging|componentdetection|tsa|dotnet|npm|azp|vso)[._]"
    r"|msbuild|skip|disable|enable|run(?:codesign|decorator)|decode|teamname|nuget(?:multifeed|security)|onebranch",
    re.IGNORECASE,
)
"""Names that the agent, tasks or the organization's injected steps look at, such as `System.Debug`."""

_FORMS = frozenset({"stages", "jobs", "steps", "extends", "phases"})


class Declared(Struct, frozen=True):
    """A variable where it is declared."""

    name: Scalar
    value: Node


def declared(root: Node) -> Iterator[Declared]:
    """Every variable of a file, at the root, in stages and in jobs; not the groups and templates among them."""
    if isinstance(root, Mapping):
        for key, value in root.entries:
            if key.value == "variables":
                yield from _section(value)
            elif key.value != "parameters":
                yield from declared(value)
    elif isinstance(root, Sequence):
        for item in root:
            yield from declared(item)


def _section(node: Node) -> Iterator[Declared]:
    """The mapping or the list form, also below `${{ if }}` and `${{ each }}`."""
    if isinstance(node, Sequence):
        for item in node:
            yield from _item(item)
    elif isinstance(node, Mapping):
        for key, value in node.entries:
            if OPEN in key.value:
                yield from _section(value)
            elif not is_empty(key):
                yield Declared(key, value)


def _item(node: Node) -> Iterator[Declared]:
    if not isinstance(node, Mapping):
        return
    name = node.get("name")
    if isinstance(name, Scalar) and not is_empty(name) and OPEN not in name.value:
        yield Declared(name, node.get("value") or Scalar("", name.position))
        return
    for key, value in node.entries:
        if OPEN in key.value:
            yield from _section(value)


def unused_variables(sources: Sources) -> Iterator[Finding]:
    """A word that is spelled like the variable or like its environment variable, anywhere, is taken for a use of it.

    Said only of a whole pipeline of which every template was read, and not of names that tools read from the
    environment.
    """
    found = [variable for root in sources.roots for variable in declared(root)]
    whole = _runs(sources.roots) and _all_read(sources.roots) and not any(map(_takes_all, sources.roots))
    if not found or not whole:
        return
    names = {id(variable.name) for variable in found}
    texts = (scalar.value.lower() for root in sources.roots for scalar in scalars(root) if id(scalar) not in names)
    words = {word for text in texts for word in _words(text)}
    for variable in found:
        name = variable.name.value
        if not _for_tools(name) and words.isdisjoint({name.lower(), environment_name(name).lower()}):
            message = f"variable '{shown(name)}' is not used in this pipeline's files"
            hint = f"scripts of the repository may still read it as {environment_name(name)}"
            yield Finding(variable.name.position, message, hint)


def _takes_all(root: Node) -> bool:
    """Whether an expression takes the variables as a whole, as in `each pair in variables`."""
    late = (value for key, value in entries(root) if key.value == "condition" and isinstance(value, Scalar))
    runtime = (scalar.value for scalar in scalars(root) if "$[" in scalar.value)
    texts = (*expressions(root), *(condition.value for condition in late), *runtime)
    return any(_ALL.search(text) for text in texts)


def environment_name(name: str) -> str:
    """What a script reads it as."""
    return re.sub(r"[.\s]", "_", name).upper()


def _words(text: str) -> Iterator[str]:
    """Words; names with dots and hyphens in them, whole and in all their parts; whatever a macro or an index names."""
    for match in _WORD.finditer(text):
        word = match[0]
        yield word
        yield from re.split(r"[.-]", word)
        if len(word) <= _LONGEST:
            yield from (word[index + 1 :] for index, letter in enumerate(word) if letter in ".-")
    for match in _NAMED.finditer(text):
        yield match[1] or match[2]


def _for_tools(name: str) -> bool:
    """Whether a name looks like an environment variable, or like a setting, as those with several dots are."""
    return name.upper() == name or "_" in name or name.count(".") > 1 or _SETTINGS.match(name) is not None


def _runs(roots: Roots[Node]) -> bool:
    """Whether the first file is more than a template of variables, whose users are elsewhere."""
    return bool(roots) and isinstance(roots[0], Mapping) and not _FORMS.isdisjoint(roots[0].keys())


def _all_read(roots: Iterable[Node]) -> bool:
    """Whether every template that is named is among the files."""
    files = [root.position.file.replace("\\", "/") for root in roots]
    files += [file.rpartition("@")[0] for file in files]  # A template of another repository is called `path@alias`.
    for root in roots:
        for key, value in entries(root):
            if key.value == "template" and isinstance(value, Scalar):
                name = value.value.split("@")[0].replace("\\", "/").lstrip("./")
                if OPEN in value.value or not any(file.endswith(name) for file in files):
                    return False
    return True
