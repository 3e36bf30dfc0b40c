"""Every answer here is held against azure-pipelines-task-lib itself, run by Node."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drivetrain.errors import UserError
from drivetrain.run.globs.braces import expand_braces
from drivetrain.run.globs.finding import FindOptions, find, find_match, legacy_find_files
from drivetrain.run.globs.matching import match
from drivetrain.run.globs.options import Options
from drivetrain.run.globs.paths import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[4]
ABSENT = [program for program in ("node", "npm") if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(
    bool(ABSENT) and os.environ.get("CI") != "true", reason=f"there is no {' and no '.join(ABSENT)} to compare with"
)
Ask = Any
NAMES = {"match_base": "matchBase", "flip_negate": "flipNegate"}
FIND_NAMES = {
    "allow_broken_links": "allowBrokenSymbolicLinks",
    "follow_specified_link": "followSpecifiedSymbolicLink",
    "follow_links": "followSymbolicLinks",
    "skip_missing": "skipMissingFiles",
}
PIECES = [
    "a",
    "b",
    "*",
    "**",
    "?",
    "/",
    "/",
    ".",
    "..",
    "!",
    "+",
    "@",
    "(",
    ")",
    "|",
    "[",
    "]",
    "-",
    "^",
    "\\",
    "{",
    "}",
    ",",
    "ab",
    "+(",
    "!(",
    "*(",
    "?(",
    "@(",
    "[!",
    "[^",
    "#",
    "a/b",
    ".a",
    "**/",
    "/**",
    "$",
    "1..3",
    "z",
    "*.py",
]
FILES = [
    "a",
    "b",
    "ab",
    ".a",
    ".",
    "..",
    "a.b",
    "*",
    "(a)",
    "[a]",
    "a|b",
    "aa",
    "aba",
    "z",
    "-",
    "!",
    "!a",
    "{a,b}",
    "\\",
    "a\\",
    "+(a",
    "^",
    "$",
    "]",
    "[",
    "@a",
    "?",
    "+",
    "x.py",
    "a[undefined",
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks the library: what it answers, or its error as a text."""
    done = subprocess.run([ROOT / "scripts" / "task_lib"], check=False, capture_output=True, text=True)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"npm could not install the library: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    folder = done.stdout.strip()
    with subprocess.Popen(
        ["node", Path(__file__).with_name("task_lib.js")],
        env={**os.environ, "NODE_PATH": folder},
        cwd=tmp_path_factory.mktemp("node"),  # the library leaves a file where it is
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def question(ask: str, **details: Any) -> Any:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"ask": ask, **details}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            return answer["is"] if "is" in answer else f"error: {answer['error']}"

        yield question
        assert process.stdin is not None
        process.stdin.close()


def named(options: Options) -> dict[str, bool]:
    return {NAMES.get(name, name): getattr(options, name) for name in options.__struct_fields__}


def some_options(chance: random.Random, **fixed: bool) -> Options:
    names = set(Options.__struct_fields__) - {"nonull", "nocase"}
    return Options(**{name: chance.random() < 0.3 for name in sorted(names)}, nocase=chance.random() < 0.1, **fixed)


def a_pattern(chance: random.Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9)))


def paths(chance: random.Random) -> list[str]:
    return ["/".join(chance.choice(["", *FILES]) for _ in range(chance.randint(1, 4))) for _ in range(25)]


@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_matches_what_it_matches_there(ask: Ask, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(500):
        pattern, options, known = a_pattern(chance), some_options(chance), paths(chance)
        theirs = ask("minimatch", paths=known, pattern=pattern, options=named(options))
        ours = list(filter(Pattern(pattern, options).matches, known))
        assert ours == theirs, (pattern, options)


def test_braces_stand_for_what_they_stand_for_there(ask: Ask) -> None:
    chance = random.Random(5)
    pieces = ["{", "{", "}", "}", ",", ",", "a", "b", "..", "1", "-3", "01", "10", "$", "\\", "z", "{a,b}", "{2..4}"]
    for _ in range(1500):
        text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 10)))
        assert expand_braces(text) == ask("braces", pattern=text), text


LISTS = [
    ["**"],
    ["*.py"],
    ["**/*.py", "!**/test_*"],
    ["!**/b", "**"],
    ["**", "!**/a/**", "**/a/b/**"],
    ["# all", "", "  **/a  ", "!!**/b", "!!!**/ab"],
    ["./**", "../**", "a//b", "a/", "/**"],
    ["a/**/*", "**/.a", ".*", "**/*.+(py|js)", "**/!(a|b)", "**/[!a]*", "*(a|b)", "@(a)", "?(a)b"],
    ["**/{a,b}", "{a,b}/**", "#{a}"],
]


@pytest.mark.parametrize("patterns", LISTS, ids=" ".join)
@pytest.mark.parametrize("root", ["", "/r", "/r[1]", "/r*"])
def test_a_list_of_patterns_takes_in_and_out_what_it_does_there(ask: Ask, patterns: list[str], root: str) -> None:
    chance = random.Random(7)
    for options in [Options(), *(some_options(chance) for _ in range(20))]:
        known = [f"{root}/{path}" for path in [*paths(chance), "a/b", "a", "test_a.py", "a/x.py"]]
        theirs = ask("match", paths=known, patterns=patterns, root=root, options=named(options))
        assert match(known, patterns, root, options) == theirs, options


def test_random_lists_of_patterns_do_too(ask: Ask) -> None:
    chance = random.Random(11)
    for _ in range(400):
        patterns = [chance.choice(["", "!", "!!"]) + a_pattern(chance) for _ in range(chance.randint(1, 4))]
        options, known = some_options(chance), [f"/r/{path}" for path in paths(chance)]
        theirs = ask("match", paths=known, patterns=patterns, root="/r", options=named(options))
        assert match(known, patterns, "/r", options) == theirs, (patterns, options)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Folders, files, names with signs of patterns, links, circles."""
    root = tmp_path / "w[1]"
    for name in (
        "a/b/c.py",
        "a/b/.hidden/x",
        "a/é.py",
        "B.py",
        "a/*.txt",
        "d/(x)/y",
        "d/!z",
        "e/f/g/h/i.py",
        "{a,b}/q",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "empty").mkdir()
    (root / "link").symlink_to("a")
    (root / "a" / "circle").symlink_to("..")
    (root / "file").symlink_to("a/b/c.py")
    return root


def outcome(does: Callable[[], list[str]]) -> Any:
    try:
        return does()
    except UserError:
        return "error"


def theirs_or_error(answer: Any) -> Any:
    return "error" if isinstance(answer, str) else answer


@pytest.mark.parametrize("broken", [False, True])
def test_everything_below_a_folder_is_found_in_the_same_order(ask: Ask, tree: Path, *, broken: bool) -> None:
    if broken:
        (tree / "broken").symlink_to("nowhere")
    for path in (str(tree), f"{tree}/", f"{tree}//a/../a/", f"{tree}/link", f"{tree}/B.py", f"{tree}/nothing", ""):
        for number in range(16):
            flags = dict(zip(FIND_NAMES, (bool(number & bit) for bit in (1, 2, 4, 8)), strict=True))
            wanted = ask("find", path=path, options={FIND_NAMES[name]: value for name, value in flags.items()})
            assert outcome(lambda: find(path, FindOptions(**flags))) == theirs_or_error(wanted), (path, flags)  # noqa: B023


PATTERNS = [
    "**", "*", "a/**", "**/*.py", "B.py", "a/../B.py", "nothing", "**/b", "link/**", "**/[*].txt", "d/\\(x\\)/*",
    "{root}/a/*", "{root}/**/g", "empty/", "a/b/", "**/.*", "*/", "d/!z", "e/*/g/**", "a/*.txt", "{{a,b}}/q", "./a/*",
    "file",     "[Bb].py", "**/circle/*", "c.py", "*.py",
]  # fmt: skip


def test_patterns_find_the_same_on_the_disk(ask: Ask, tree: Path) -> None:
    chance = random.Random(13)
    texts = [pattern.format(root=str(tree).replace("[1]", "[[]1]")) for pattern in PATTERNS]
    lists = [[text] for text in texts] + [
        [chance.choice(["", "", "!"]) + chance.choice(texts) for _ in range(4)] for _ in range(60)
    ]
    for patterns in lists:
        for options in (Options(), Options(match_base=True), Options(nobrace=False, dot=False), some_options(chance)):
            wanted = ask("findMatch", root=str(tree), patterns=patterns, find=None, options=named(options))
            assert outcome(lambda: find_match(str(tree), patterns, options=options)) == theirs_or_error(wanted), (  # noqa: B023
                patterns,
                options,
            )


@pytest.mark.parametrize(("files", "folders"), [(True, False), (False, True), (True, True)])
def test_the_older_patterns_find_the_same(ask: Ask, tree: Path, *, files: bool, folders: bool) -> None:
    patterns = ["**/*.py", "+:**/*.py;-:**/b/**", "a/**/c.py", "**", "a/?.py;;x;B.py", "a/", "-:a", "d/(x)/*", "a**y"]
    for pattern in patterns:
        wanted = ask("legacy", root=str(tree), pattern=pattern, files=files, folders=folders)
        ours = outcome(lambda: legacy_find_files(str(tree), pattern, files=files, folders=folders))  # noqa: B023
        assert ours == theirs_or_error(wanted), pattern
