"""Tokens to a parsed expression, by the rules of the Azure Pipelines agent's own parser.

A text is a literal, a named value, a function call, or one of these followed by `.name`, `.*` or `[index]`;
operators do not exist. What is wrong is said in Azure's words, with a hint of what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias

from drivetrain.lang.expressions.errors import ExpressionError, located
from drivetrain.lang.expressions.functions import FUNCTIONS
from drivetrain.lang.expressions.lexer import Token, TokenKind, is_keyword, tokens
from drivetrain.lang.expressions.nodes import Call, Constant, Expression, Index, Named, Wildcard

if TYPE_CHECKING:
    from collections.abc import Collection

    from drivetrain.lang.expressions.nodes import Part

MAX_LENGTH = 21_000
MAX_DEPTH = 50
MAX_CHAIN = 100
"""How many `.name` and `[index]` may follow one another; the depth of nesting alone would not bound them."""

Arity: TypeAlias = tuple[int, int | None]
"""The least and the greatest number of arguments; None for no bound."""

_ANY: Arity = (0, None)
_STANDARD: dict[str, Arity] = {name.lower(): function.arity for name, function in FUNCTIONS.items()}
_OPERATORS = {
    "==": "eq(a, b)", "!=": "ne(a, b)", "<": "lt(a, b)", "<=": "le(a, b)", ">": "gt(a, b)", ">=": "ge(a, b)",
    "&&": "and(a, b)", "||": "or(a, b)", "!": "not(a)",
}  # fmt: skip


def parse(
    text: str,
    *,
    functions: Mapping[str, Arity] | Collection[str] | None = None,
    names: Collection[str] | None = None,
) -> Expression:
    """Parse an expression. Raises ExpressionError.

    Args:
        text: what stands between `${{` and `}}` or `$[` and `]`, or a condition. Empty gives no root.
        functions: those legal here beyond the standard ones, with their arities where known; None for any.
        names: the named values (contexts) legal here; None for any.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"Exceeded max expression length {MAX_LENGTH}.")
    return Expression(text, _Parser(text, _arities(functions), names).parse())


def _arities(functions: Mapping[str, Arity] | Collection[str] | None) -> dict[str, Arity] | None:
    if functions is None:
        return None
    table = functions if isinstance(functions, Mapping) else dict.fromkeys(functions, _ANY)
    return {name.lower(): arity for name, arity in table.items()}


class _Parser:
    """Walks the tokens once, from left to right; each open function or bracket is one level of recursion."""

    def __init__(self, text: str, functions: dict[str, Arity] | None, names: Collection[str] | None) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.functions = functions
        self.names = None if names is None else {name.lower() for name in names}
        self.index = 0
        self.depth = 0

    def parse(self) -> Part | None:
        if not self.tokens:
            return None
        root = self.operand(None)
        if extra := self.peek():
            raise self.unexpected(extra)
        return root

    def peek(self) -> Token | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def peek_is(self, kind: TokenKind) -> bool:
        token = self.peek()
        return token is not None and token.kind is kind

    def next(self) -> Token | None:
        token = self.peek()
        self.index += 1
        return token

    def unexpected(self, token: Token, *, hint: str = "") -> ExpressionError:
        """The message for a token that cannot stand here; an unknown word is told as such first."""
        unknown = token.kind is TokenKind.UNRECOGNIZED
        if token.kind is TokenKind.KEYWORD and not self.known(token):
            unknown = True
        if unknown:
            return self.unrecognized(token)
        return located("Unexpected symbol", token.raw, token.position, self.text, hint=hint)

    def unrecognized(self, token: Token) -> ExpressionError:
        return located("Unrecognized value", token.raw, token.position, self.text, hint=self.hint(token))

    def hint(self, token: Token) -> str:
        if token.raw in _OPERATORS:
            return f"there are no operators: write {_OPERATORS[token.raw]}"
        if token.raw.startswith("'"):
            return "close the string with ', and double every ' inside it"
        if token.raw.startswith('"'):
            return "strings stand in single quotes"
        legal = {name.lower(): name for name in (*FUNCTIONS, *(self.functions or ()), *(self.names or ()))}
        close = get_close_matches(token.raw.lower(), legal, n=1)
        if close:
            return f"did you mean {legal[close[0]]}?"
        return f"here one can use: {', '.join(sorted(self.names))}" if self.names else ""

    def known(self, token: Token) -> bool:
        if not is_keyword(token.raw):
            return False
        name = token.raw.lower()
        return self.knows_name(name) or self.arity(name) is not None

    def knows_name(self, name: str) -> bool:
        return self.names is None or name in self.names

    def arity(self, name: str) -> Arity | None:
        if name in _STANDARD:
            return _STANDARD[name]
        return _ANY if self.functions is None else self.functions.get(name)

    def operand(self, opener: Token | None) -> Part:
        """A value with all that follows it by dots and brackets."""
        token = self.next()
        if token is None:
            raise self.unclosed(opener)
        if token.kind is TokenKind.LITERAL:
            return Constant(token.value, token.position)
        if token.kind is not TokenKind.KEYWORD or not is_keyword(token.raw):
            raise self.unexpected(token)
        return self.chain(self.keyword(token))

    def unclosed(self, opener: Token | None) -> ExpressionError:
        if opener is None or opener.kind is TokenKind.OPEN_INDEX:
            opener = opener or self.tokens[-1]
            return located("Unclosed indexer", opener.raw, opener.position, self.text, hint="add the missing ]")
        return located("Unclosed function", opener.raw, opener.position, self.text, hint="add the missing )")

    def keyword(self, token: Token) -> Part:
        name = token.raw.lower()
        if name in _STANDARD:
            return self.call(token, _STANDARD[name])
        if self.peek_is(TokenKind.OPEN_CALL) and not (self.names and name in self.names):
            arity = self.arity(name)
            if arity is None:
                raise self.unrecognized(token)
            return self.call(token, arity)
        if self.knows_name(name):
            return Named(token.raw, token.position)
        if self.functions is not None and name in self.functions:
            return self.call(token, self.functions[name])
        raise self.unrecognized(token)

    def call(self, name: Token, arity: Arity) -> Part:
        if not self.peek_is(TokenKind.OPEN_CALL):
            raise located("Expected '(' to follow a function", name.raw, name.position, self.text)
        self.index += 1
        self.enter()
        arguments: list[Part] = []
        if self.peek_is(TokenKind.CLOSE_CALL):
            self.close(name, arguments, arity)
        else:
            self.arguments(name, arguments, arity)
        self.depth -= 1
        return Call(name.raw, tuple(arguments), name.position)

    def arguments(self, name: Token, arguments: list[Part], arity: Arity) -> None:
        while True:
            arguments.append(self.operand(name))
            token = self.peek()
            if token is None:
                raise self.unclosed(name)
            if token.kind is not TokenKind.SEPARATOR:
                return self.close(name, arguments, arity)
            if arity[1] is not None and len(arguments) >= arity[1]:
                raise self.unexpected(token, hint=_arity_hint(name.raw, arity))
            self.index += 1

    def close(self, name: Token, arguments: list[Part], arity: Arity) -> None:
        token = self.next()
        least, most = arity
        if token is None or token.kind is not TokenKind.CLOSE_CALL:
            raise self.unexpected(token) if token else self.unclosed(name)
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise self.unexpected(token, hint=_arity_hint(name.raw, arity))

    def enter(self) -> None:
        self.depth += 1
        if self.depth >= MAX_DEPTH:
            raise ExpressionError(f"Exceeded max expression depth {MAX_DEPTH}.")

    def chain(self, part: Part) -> Part:
        for _ in range(MAX_CHAIN):
            if self.peek_is(TokenKind.DEREFERENCE):
                part = self.dereference(part)
            elif self.peek_is(TokenKind.OPEN_INDEX):
                part = self.bracket(part)
            else:
                return part
        raise ExpressionError(f"More than {MAX_CHAIN} names follow one another.", part.position)

    def dereference(self, target: Part) -> Part:
        dot = self.next()
        name = self.next()
        if name is None:
            what = "Expected a property name to follow the dereference operator '.'"
            raise located(what, ".", dot.position if dot else 0, self.text)
        if name.kind is TokenKind.WILDCARD:
            return Wildcard(target, name.position)
        if name.kind is not TokenKind.PROPERTY:
            hint = f"write ['{name.raw}'] for a name with such characters" if name.kind is TokenKind.KEYWORD else ""
            raise located("Unexpected symbol", name.raw, name.position, self.text, hint=hint)
        return Index(target, Constant(name.raw, name.position), name.position)

    def bracket(self, target: Part) -> Part:
        bracket = self.next()
        self.enter()
        part: Part
        if self.peek_is(TokenKind.WILDCARD):
            part = Wildcard(target, self.tokens[self.index].position)
            self.index += 1
        else:
            index = self.operand(bracket)
            part = Index(target, index, index.position)
        token = self.next()
        if token is None or token.kind is not TokenKind.CLOSE_INDEX:
            raise self.unexpected(token) if token else self.unclosed(bracket)
        self.depth -= 1
        return part


def _arity_hint(name: str, arity: Arity) -> str:
    least, most = arity
    if most is None:
        return f"{name} takes {least} or more arguments"
    number = f"{least}" if least == most else f"{least} to {most}"
    return f"{name} takes {number} argument{'' if number == '1' else 's'}"
