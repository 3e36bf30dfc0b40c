"""Does a trigger want a push? Pure, and says which rule decided.

https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#ci-triggers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.source.model import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from drivetrain.source.model import CiTrigger, Patterns, Push

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"
NOWHERE = -1

SKIP_WORDS = (
    "[skip ci]",
    "[ci skip]",
    "skip-checks: true",
    "skip-checks:true",
    "[skip azurepipelines]",
    "[azurepipelines skip]",
    "[skip azpipelines]",
    "[azpipelines skip]",
    "[skip azp]",
    "[azp skip]",
    "***no_ci***",
)
"""https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#skipping-ci-for-individual-pushes"""


class Verdict(NamedTuple):
    """What include and exclude lists say of a name."""

    wanted: bool
    by: str = ""
    """`include` or `exclude`: whose pattern decided; empty when none matched."""
    pattern: str = ""

    def said(self, where: str) -> str:
        """The verdict in words: `in what trigger.branches includes: 'main'`."""
        if self.by == "exclude":
            return f"not in what {where} includes: '{self.pattern}' excludes it"
        if not self.wanted:
            return f"not in what {where} includes"
        return f"in what {where} includes" + (f": '{self.pattern}'" if self.pattern else "")

    def rule(self, *keys: str) -> Rule | None:
        """The line of the file that says so."""
        return Rule((*keys, self.by), self.pattern) if self.by else None


def decide(trigger: CiTrigger, push: Push, where: str = "trigger") -> Decision:
    """Whether the push starts a run. A batch waits for the run before it; that is not decided here. `where` is what the
    file calls the trigger: its keys, with dots.
    """
    if push.deleted:
        return Decision(run=False, why=f"{push.ref} was deleted")
    if not trigger.enabled:
        return Decision(run=False, why=f"the pipeline file says {where}: none", rule=Rule(_keys(where)))
    word = skip_word(push.messages)
    if word:
        return Decision(run=False, why=f"a pushed commit's message says {word}")
    if push.ref.startswith(TAGS):
        return _decide_tag(trigger, push.ref, where)
    return _decide_branch(trigger, push, where)


def _keys(where: str, *more: str) -> tuple[str, ...]:
    return (*where.split("."), *more)


def skip_word(messages: Iterable[str]) -> str:
    """The first word of `SKIP_WORDS` in any of the messages, as Azure lists it; empty when there is none."""
    for message in messages:
        lowered = message.lower()
        for word in SKIP_WORDS:
            if word in lowered:
                return "***NO_CI***" if word == "***no_ci***" else word
    return ""


def _decide_tag(trigger: CiTrigger, ref: str, where: str) -> Decision:
    """A tag is wanted when the tag filter or the branch filter wants it; by default no tag is.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#tags
    """
    if _names_tags(trigger.branches):
        found = verdict(trigger.branches, ref, "refs/")
        if found.wanted:
            why = f"{ref} is included by {where}.branches: '{found.pattern}'"
            return Decision(run=True, why=why, rule=found.rule(*_keys(where, "branches")))
    if trigger.tags.include or trigger.tags.exclude:
        found = verdict(trigger.tags, ref, TAGS)
        why = f"{ref} is {found.said(f'{where}.tags')}"
        return Decision(found.wanted, why, found.rule(*_keys(where, "tags")))
    return Decision(run=False, why=f"tags start no run unless {where}.tags includes them")


def _names_tags(patterns: Patterns) -> bool:
    return any(pattern.startswith("refs/") for pattern in patterns.include)


def _decide_branch(trigger: CiTrigger, push: Push, where: str) -> Decision:
    branches, tags = trigger.branches, trigger.tags
    if (tags.include or tags.exclude) and not (branches.include or branches.exclude):
        return Decision(run=False, why="the trigger names tags only", rule=Rule(_keys(where, "tags")))
    found = verdict(branches, push.ref)
    why = f"branch {push.ref.removeprefix(BRANCHES)} is {found.said(f'{where}.branches')}"
    decision = Decision(found.wanted, why, found.rule(*_keys(where, "branches")))
    return decide_paths(trigger.paths, push.paths, decision, where) if found.wanted else decision


def decide_paths(paths: Patterns, changed: Sequence[str], otherwise: Decision, where: str) -> Decision:
    """Whether any changed file counts; `otherwise` where the file filters no paths."""
    if not (paths.include or paths.exclude):
        return otherwise
    path = next((path for path in changed if path_wanted(paths, path)), None)
    if path is None:
        why = f"no changed file is in what {where}.paths includes"
        return Decision(run=False, why=why, rule=Rule(_keys(where, "paths")))
    return Decision(run=True, why=f"{path} is in what {where}.paths includes", rule=Rule(_keys(where, "paths")))


def verdict(patterns: Patterns, ref: str, prefix: str = BRANCHES) -> Verdict:
    """Includes first, then excludes are taken away. Without an include, everything is included.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#branches
    """
    include = _first(patterns.include, ref, prefix)
    if patterns.include and include is None:
        return Verdict(wanted=False)
    exclude = _first(patterns.exclude, ref, prefix)
    if exclude is not None:
        return Verdict(wanted=False, by="exclude", pattern=exclude)
    if include is None:
        return Verdict(wanted=ref.startswith(prefix))
    return Verdict(wanted=True, by="include", pattern=include)


def _first(patterns: Sequence[str], ref: str, prefix: str) -> str | None:
    return next((pattern for pattern in patterns if ref_matches(pattern, ref, prefix)), None)


def ref_matches(pattern: str, ref: str, prefix: str = BRANCHES) -> bool:
    """Whether a ref matches: `*` is any characters, `/` too; `?` is one. A pattern is short or starts with `refs/`.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#wildcards
    """
    return _glob(pattern if pattern.startswith("refs/") else prefix + pattern, ref, "*", _same_character)


def path_wanted(patterns: Patterns, path: str) -> bool:
    """Whether a changed file counts: the pattern that names the deepest folder (or the file) wins, exclude on a tie.
    No include is as good as the root. Case-sensitive.

    https://learn.microsoft.com/azure/devops/pipelines/repos/azure-repos-git#paths
    """
    included = _deepest(patterns.include, path) if patterns.include else 0
    return included > _deepest(patterns.exclude, path)


def _deepest(patterns: Sequence[str], path: str) -> int:
    return max((named_depth(pattern, path) for pattern in patterns), default=NOWHERE)


def named_depth(pattern: str, path: str) -> int:
    """How many parts of the path the pattern names: 0 for the root, all for the file itself, NOWHERE for no match.
    `*` and `?` stay within a part, `**` is any number of parts; what names a folder means everything in it.
    """
    wanted = _parts(pattern)
    parts = _parts(path)
    depths = range(len(parts) + 1)
    return next((depth for depth in depths if _glob(wanted, parts[:depth], "**", _same_part)), NOWHERE)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _same_part(pattern: str, part: str) -> bool:
    return _glob(pattern, part, "*", _same_character)


def _same_character(pattern: str, character: str) -> bool:
    return pattern in {character, "?"}


def _glob(pattern: Sequence[str], text: Sequence[str], star: str, same: Callable[[str, str], bool]) -> bool:
    """Match with stars in time of at most length times length: going back to the last star is enough. (A regular
    expression would take for ever on `*a*a*a*a*b`, and patterns may come from strangers.)
    """
    at = position = 0
    last_star, resume = -1, 0
    while position < len(text):
        if at < len(pattern) and pattern[at] == star:
            last_star, resume = at, position
            at += 1
        elif at < len(pattern) and same(pattern[at], text[position]):
            at, position = at + 1, position + 1
        elif last_star >= 0:
            resume += 1
            at, position = last_star + 1, resume
        else:
            return False
    return all(item == star for item in pattern[at:])
