"""A container engine without containers: it understands what the runner says to docker, and runs everything on this
machine. `python stand_in_engine.py STATE_FOLDER COMMAND ...`
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from itertools import pairwise
from pathlib import Path


def main(state: Path, command: str, *args: str) -> None:
    if command == "create":
        print(_create(state, args))  # noqa: T201 - what it is asked for
    elif command == "network" and args[0] == "create":
        print(args[-1])  # noqa: T201 - see above
    elif command == "exec":
        _exec(state, list(args))
    elif command in ("version", "--version"):
        print("1.0" if command == "version" else "Docker version 1.0")  # noqa: T201 - see above
    elif command == "inspect":
        print("true")  # noqa: T201 - see above
    elif command == "rm":
        for name in args:
            (state / name).unlink(missing_ok=True)
    elif command == "ps":
        for path in state.iterdir():
            print(path.name)  # noqa: T201 - see above


def _create(state: Path, args: tuple[str, ...]) -> str:
    names = [value for flag, value in pairwise(args) if flag == "--env"]
    given = {name.partition("=")[0]: name.partition("=")[2] if "=" in name else os.environ[name] for name in names}
    made = uuid.uuid4().hex
    (state / made).write_text(json.dumps(given))
    return made


def _exec(state: Path, args: list[str]) -> None:
    """Becomes the program, as the leader of a session of its own, with its own and the container's variables only."""
    environment = {"PATH": os.environ["PATH"]}
    folder = "/"
    while args[0].startswith("--"):
        flag, value = args.pop(0), args.pop(0)
        if flag == "--workdir":
            folder = value
        elif flag == "--env":
            environment[value.partition("=")[0]] = value.partition("=")[2] if "=" in value else os.environ[value]
    kept = json.loads((state / args.pop(0)).read_text())
    os.chdir(folder)
    if os.fork() == 0:
        os.setsid()
        os.execvpe(args[0], args, {**kept, **environment})
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]) % 256)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
