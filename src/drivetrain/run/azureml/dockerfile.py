"""What a Dockerfile says of Python: the image that it begins with, and what it has pip and conda install. Pure.

Only lines that mean one thing are understood; the others are told, and not carried out: no image is built here.
https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import itertools
import re
import shlex

from msgspec import Struct
from msgspec.structs import replace

_PIP = re.compile(r"(?:(?:python3?|\$?\{?CONDA\S*)\s+-m\s+)?pip3?\s+install\s+(.*)", re.DOTALL)
_CONDA = re.compile(r"conda\s+env\s+(?:create|update)\s+(.*)", re.DOTALL)
_QUIET = ("FROM", "LABEL", "MAINTAINER", "ENV", "ARG", "WORKDIR", "USER", "SHELL", "EXPOSE", "COPY", "ADD", "CMD")
_VALUED = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--timeout", "--retries", "--cache-dir"}


class Dockerfile(Struct, frozen=True):
    """What was understood."""

    image: str = ""
    packages: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    """Files of the build context that pip is given."""
    conda: str = ""
    """A file of the build context that conda is given."""
    variables: tuple[tuple[str, str], ...] = ()
    """Of `ENV`."""
    left_out: tuple[str, ...] = ()
    """Lines that were not carried out."""


def read_dockerfile(text: str) -> Dockerfile:
    """What a Dockerfile says of Python; of several stages the last one counts."""
    found = Dockerfile()
    for line in _lines(text):
        word, _, rest = line.partition(" ")
        if word.upper() == "FROM":
            found = Dockerfile(image=_image(rest))
        elif word.upper() == "RUN":
            for command in re.split(r"&&|;", rest):
                found = _run(found, command.strip())
        elif word.upper() == "ENV":
            found = replace(found, variables=(*found.variables, *_variables(rest)))
        elif word.upper() not in _QUIET:
            found = replace(found, left_out=(*found.left_out, line))
    return found


def _lines(text: str) -> list[str]:
    joined = re.sub(r"\\[ \t]*\r?\n", " ", text)
    lines = (line.strip() for line in joined.splitlines())
    return [re.sub(r"\s+", " ", line) for line in lines if line and not line.startswith("#")]


def _image(rest: str) -> str:
    words = [word for word in rest.split() if not word.startswith("--")]
    return words[0] if words else ""


def _variables(rest: str) -> list[tuple[str, str]]:
    words = _words(rest)
    if words and "=" not in words[0]:
        return [(words[0], " ".join(words[1:]))]
    return [(name, value) for name, equals, value in (word.partition("=") for word in words) if equals]


def _run(found: Dockerfile, command: str) -> Dockerfile:
    pip, conda = _PIP.fullmatch(command), _CONDA.fullmatch(command)
    if pip is not None:
        return _pip(found, _words(pip[1]), command)
    if conda is not None:
        words = _words(conda[1])
        file = next((after for word, after in itertools.pairwise(words) if word in ("-f", "--file")), "")
        return replace(found, conda=file) if file else replace(found, left_out=(*found.left_out, command))
    return found if not command else replace(found, left_out=(*found.left_out, command))


def _pip(found: Dockerfile, words: list[str], command: str) -> Dockerfile:
    packages, files, waiting = [], [], iter(words)
    for word in waiting:
        if word in ("-r", "--requirement"):
            files.append(next(waiting, ""))
        elif word in _VALUED:
            next(waiting, "")
        elif not word.startswith("-"):
            packages.append(word)
    if any("$" in word for word in (*packages, *files)):
        return replace(found, left_out=(*found.left_out, command))
    return replace(found, packages=(*found.packages, *packages), requirements=(*found.requirements, *files))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
