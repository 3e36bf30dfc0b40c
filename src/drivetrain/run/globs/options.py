"""How patterns are read, by the names that minimatch has for it."""

from __future__ import annotations

from msgspec import Struct

LONGEST = 64 << 10
"""Characters that a pattern may have, as minimatch allows them."""
SPACE = "\t\n\v\f\r \xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What JavaScript trims; Python's own list is another."""


class Options(Struct, frozen=True):
    """minimatch's options, with the defaults of azure-pipelines-task-lib outside Windows."""

    nobrace: bool = True
    """`{a,b}` stands for itself."""
    noglobstar: bool = False
    """`**` is `*`."""
    dot: bool = True
    """`*` and `**` also match what begins with a dot."""
    noext: bool = False
    """`+(a|b)` stands for itself."""
    nocase: bool = False
    nonull: bool = False
    """A pattern that matches nothing is its own result."""
    match_base: bool = False
    """A pattern without `/` is held against the last part of a path."""
    nocomment: bool = False
    """A pattern may begin with `#`."""
    nonegate: bool = False
    """A pattern may begin with `!`."""
    flip_negate: bool = False


DEFAULT = Options()
"""Of `match`, `filter` and `findMatch`."""
PLAIN = Options(nobrace=False, dot=False)
"""minimatch's own defaults: those of a task that gives only some options."""
