"""Tokens to a parsed expression, by the rules of Azure Pipelines' own parser.

A text is a literal, a named value, a function call, or one of the latter followed by `.name`, `.*` or `[index]`;
operators do not exist. What is wrong is said in Azure's words, with a hint of what to do.
https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from drivetrain.lang.expressions.errors import ExpressionError, located
from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.expressions.lexer import Token, TokenKind, is_keyword, tokens
from drivetrain.lang.expressions.nodes import Access, Call, Constant, Expression, Index, Named, Wildcard

if TYPE_CHECKING:
    from drivetrain.lang.expressions.nodes import Link, Part

MAX_LENGTH = 21_000
MAX_DEPTH = 50
"""How many functions and brackets may be open at a place, with what stands in the innermost."""

Arity: TypeAlias = tuple[int, int | None]
"""The least and the greatest number of arguments; None for no bound."""

_ANY: Arity = (0, None)
_END = TokenKind.END
_ARITIES: dict[str, Arity] = {name.lower(): function.arity for name, function in FUNCTIONS.items()}
_EVERYWHERE: dict[str, Arity] = {name.lower(): one.arity for name, one in FUNCTIONS.items() if one.everywhere}
_OPERATORS = {
    "==": "eq(a, b)", "!=": "ne(a, b)", "<": "lt(a, b)", "<=": "le(a, b)", ">": "gt(a, b)", ">=": "ge(a, b)",
    "&&": "and(a, b)", "||": "or(a, b)", "!": "not(a)",
}  # fmt: skip


class _Words(Struct, frozen=True):
    """What may be named. None stands for anything; with `loose` a word need not even be well-formed."""

    functions: dict[str, Arity] | None = None
    names: dict[str, str] | None = None
    """By lower case, as they are spelled."""
    loose: bool = False

    def arity(self, name: str) -> Arity | None:
        """The arity of a function, None where there is none of that name."""
        if name in _EVERYWHERE:
            return _EVERYWHERE[name]
        if self.functions is None:
            return _ANY if self.loose else _ARITIES.get(name, _ANY)
        return self.functions.get(name)

    def is_named(self, name: str) -> bool:
        """Whether it is a context."""
        return self.names is None or name in self.names

    def know(self, raw: str) -> bool:
        """Whether a word means anything at all."""
        if self.loose:
            return True
        name = raw.lower()
        return is_keyword(raw) and (self.is_named(name) or self.arity(name) is not None)


_LOOSE = _Words(loose=True)


def parse(
    text: str,
    *,
    functions: Mapping[str, Arity] | Collection[str] | None = None,
    names: Collection[str] | None = None,
    template: bool = False,
) -> Expression:
    """Parse an expression. Raises ExpressionError.

    Args:
        text: what stands between `${{` and `}}` or `$[` and `]`, or a condition. Empty gives no root.
        functions: those legal here beyond the ones legal everywhere, with their arities where known; None for any.
        names: the named values (contexts) legal here; None for any.
        template: report as Azure does for `${{ }}`: any error of syntax before a word that is not known.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"Exceeded max expression length {MAX_LENGTH}.")
    words = _Words(_arities(functions), None if names is None else {name.lower(): name for name in names})
    found = tokens(text)
    try:
        return Expression(text, _Parser(text, found, words).parse())
    except ExpressionError:
        if template:
            _Parser(text, found, _LOOSE).parse()
        raise


def _arities(functions: Mapping[str, Arity] | Collection[str] | None) -> dict[str, Arity] | None:
    if functions is None:
        return None
    table = functions if isinstance(functions, Mapping) else dict.fromkeys(functions, _ANY)
    return {name.lower(): arity for name, arity in table.items()}


class _Parser:
    """Walks the tokens once, from left to right; each open function or bracket is one level of recursion."""

    def __init__(self, text: str, found: list[Token], words: _Words) -> None:
        self.text = text
        self.tokens = found
        self.words = words
        self.index = 0
        self.depth = 0

    def parse(self) -> Part | None:
        if self.peek().kind is _END:
            return None
        root = self.operand(self.peek())
        if self.peek().kind is not _END:
            raise self.unexpected(self.peek())
        return root

    def peek(self) -> Token:
        return self.tokens[self.index]

    def next(self) -> Token:
        """The next token; END is always followed by an error."""
        token = self.tokens[self.index]
        self.index += 1
        return token

    def unexpected(self, token: Token, *, hint: str = "") -> ExpressionError:
        """The message for a token that cannot stand here; an unknown word is told as such first."""
        if token.kind is TokenKind.UNRECOGNIZED:
            return self.unrecognized(token)
        if token.kind is TokenKind.KEYWORD and not self.words.know(token.raw):
            return self.unrecognized(token)
        hint = hint or _operator_hint(token)
        return located("Unexpected symbol", token.raw, token.position, self.text, hint=hint)

    def unrecognized(self, token: Token) -> ExpressionError:
        hint = _hint(token, self.words)
        return located("Unrecognized value", token.raw, token.position, self.text, hint=hint)

    def operand(self, opener: Token) -> Part:
        """A value with all that follows it by dots and brackets; `opener` is the function or bracket it stands in."""
        token = self.next()
        if token.kind is TokenKind.LITERAL:
            return Constant(token.value, token.position)
        if token.kind is TokenKind.KEYWORD:
            return self.chain(self.keyword(token))
        raise self.unclosed(opener) if token.kind is _END else self.unexpected(token)

    def unclosed(self, opener: Token) -> ExpressionError:
        if opener.kind is TokenKind.OPEN_INDEX:
            return located("Unclosed indexer", opener.raw, opener.position, self.text, hint="add the missing ]")
        return located("Unclosed function", opener.raw, opener.position, self.text, hint="add the missing )")

    def keyword(self, token: Token) -> Named | Call:
        words = self.words
        name = token.raw.lower()
        if name in _EVERYWHERE:
            return self.call(token, _EVERYWHERE[name])
        if words.names and name in words.names:
            return Named(token.raw, token.position)
        if not words.know(token.raw):
            raise self.unrecognized(token)
        arity = words.arity(name)
        # Where any function is accepted, only the parenthesis tells one from a context.
        if arity and (words.functions is not None or self.peek().kind is TokenKind.OPEN_CALL):
            return self.call(token, arity)
        if words.is_named(name):
            return Named(token.raw, token.position)
        raise self.unrecognized(token)

    def call(self, name: Token, arity: Arity) -> Call:
        if self.peek().kind is not TokenKind.OPEN_CALL:
            raise located("Expected '(' to follow a function", name.raw, name.position, self.text)
        self.index += 1
        self.enter()
        arguments: list[Part] = []
        if self.peek().kind is not TokenKind.CLOSE_CALL:
            self.arguments(name, arguments, arity)
        self.close(name, arguments, arity)
        self.depth -= 1
        return Call(name.raw, tuple(arguments), name.position)

    def arguments(self, name: Token, arguments: list[Part], arity: Arity) -> None:
        most = arity[1]
        while True:
            arguments.append(self.operand(name))
            token = self.peek()
            if token.kind is not TokenKind.SEPARATOR:
                return
            if most is not None and len(arguments) >= most:
                raise self.unexpected(token, hint=_arity_hint(name.raw, arity))
            self.index += 1

    def close(self, name: Token, arguments: list[Part], arity: Arity) -> None:
        token = self.next()
        least, most = arity
        if token.kind is not TokenKind.CLOSE_CALL:
            raise self.unclosed(name) if token.kind is _END else self.unexpected(token)
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise self.unexpected(token, hint=_arity_hint(name.raw, arity))

    def enter(self) -> None:
        self.depth += 1
        if self.depth >= MAX_DEPTH:
            raise ExpressionError(f"Exceeded max expression depth {MAX_DEPTH}.")

    def chain(self, base: Named | Call) -> Part:
        links: list[Link] = []
        while True:
            kind = self.peek().kind
            if kind is TokenKind.DEREFERENCE:
                links.append(self.dereference())
            elif kind is TokenKind.OPEN_INDEX:
                links.append(self.bracket())
            else:
                return Access(base, tuple(links)) if links else base

    def dereference(self) -> Link:
        dot, name = self.next(), self.next()
        if name.kind is TokenKind.PROPERTY:
            return Index(Constant(name.raw, name.position), name.position)
        if name.kind is TokenKind.WILDCARD:
            return Wildcard(name.position)
        if name.kind is _END:
            what = "Expected a property name to follow the dereference operator '.'"
            raise located(what, dot.raw, dot.position, self.text)
        hint = f"write ['{name.raw}'] for a name with such characters" if name.kind is TokenKind.KEYWORD else ""
        raise located("Unexpected symbol", name.raw, name.position, self.text, hint=hint)

    def bracket(self) -> Link:
        bracket = self.next()
        self.enter()
        link: Link
        if self.peek().kind is TokenKind.WILDCARD:
            link = Wildcard(self.next().position)
        else:
            index = self.operand(bracket)
            link = Index(index, index.position)
        token = self.next()
        if token.kind is not TokenKind.CLOSE_INDEX:
            raise self.unclosed(bracket) if token.kind is _END else self.unexpected(token)
        self.depth -= 1
        return link


def _operator_hint(token: Token) -> str:
    return f"there are no operators: write {_OPERATORS[token.raw]}" if token.raw in _OPERATORS else ""


def _hint(token: Token, words: _Words) -> str:
    if token.raw in _OPERATORS:
        return _operator_hint(token)
    if token.raw.startswith("'"):
        return "close the string with ', and double every ' inside it"
    if token.raw.startswith('"'):
        return "strings stand in single quotes"
    if token.raw.lower() == "null":
        return "there is no null to write: a variable that does not exist is null, and '' is equal to it"
    return _similar(token.raw, words)


def _similar(raw: str, words: _Words) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - needed only for files with mistakes

    names = words.names or {}
    legal = {**{name.lower(): name for name in (*FUNCTIONS, *(words.functions or ()))}, **names}
    close = get_close_matches(raw.lower(), legal, n=1)
    if close and close[0] != raw.lower():
        return f"did you mean {legal[close[0]]}?"
    return f"here one can use: {', '.join(sorted(names.values()))}" if names else ""


def _arity_hint(name: str, arity: Arity) -> str:
    least, most = arity
    if most is None:
        return f"{name} takes {least} or more arguments"
    number = f"{least}" if least == most else f"{least} to {most}"
    return f"{name} takes {number} argument{'' if number == '1' else 's'}"
