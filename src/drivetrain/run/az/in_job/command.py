"""One command, from its words to its exit code."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
import warnings
from typing import Any

from . import devops_verbs, ml_verbs
from .configuration import output_format
from .errors import FAILED, MISSING, WRONG, CommandError, no_containers
from .options import GLOBAL, find, help_of, parse
from .output import FORMATS, formatted, plain, queried

GROUPS: dict[str, Any] = {"ml": ml_verbs, "pipelines": devops_verbs.PIPELINES, "devops": devops_verbs.DEVOPS}
_HELP = ("-h", "--help")
_NOT_FOUND = 404


def main(words: list[str]) -> int:
    """Carry out `az <words>`; the exit code."""
    group, rest = words[0], words[1:]
    service = GROUPS[group]
    debug = "--debug" in rest
    try:
        if any(word in _HELP for word in rest) or not rest:
            print(help_of(group, service.VERBS, [word for word in rest if not word.startswith("-")]))
            return 0
        return _carry_out(group, service, rest)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        return FAILED
    except Exception as error:  # noqa: BLE001 - whatever a client raises is told as the Azure CLI tells it
        if debug:
            traceback.print_exc()
        print(f"ERROR: {_message(error)}", file=sys.stderr)
        return _code(error)


def _carry_out(group: str, service: Any, words: list[str]) -> int:
    name, rest = find(group, service.VERBS, words)
    verb = service.VERBS[name]
    given = parse(group, name, (*verb.options, *service.COMMON, *GLOBAL), rest)
    if getattr(given, "local", False):
        raise no_containers()
    form = (given.output or output_format()).lower()
    if form not in FORMATS:
        raise CommandError(f"argument --output/-o: invalid choice: '{form}' (choose from {', '.join(FORMATS)})", WRONG)
    if given.only_show_errors:
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
    with contextlib.nullcontext() if verb.speaks else contextlib.redirect_stdout(sys.stderr):  # clients print dots
        told = verb.call(service.client(given), given)
    result = queried(plain(told), given.query)
    text = formatted(result, form, asked=bool(given.query))
    if text:
        print(text)
    return 0


def _message(error: BaseException) -> str:
    return str(getattr(error, "message", None) or error) or type(error).__name__


def _code(error: BaseException) -> int:
    if isinstance(error, CommandError):
        return error.code
    names = {kind.__name__ for kind in type(error).__mro__}
    missing = "ResourceNotFoundError" in names or getattr(error, "status_code", None) == _NOT_FOUND
    return MISSING if missing else FAILED
