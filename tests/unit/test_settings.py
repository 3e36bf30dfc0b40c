from __future__ import annotations

import re
from pathlib import Path

import pytest

from drivetrain.errors import DefinitionError, UnavailableError
from drivetrain.home import Home
from drivetrain.settings import DEFAULTS, RULES, Settings, load

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_without_a_file_the_defaults_hold(home: Home) -> None:
    assert load(home, {}) == Settings()
    assert (Settings().host, Settings().port) == ("127.0.0.1", 8674)


def test_the_file_and_then_the_environment_override(home: Home) -> None:
    home.config.write_text('port = 1\nkeep_work = "never"\nallow_python_install = false\n')
    loaded = load(home, {"DRIVETRAIN_PORT": "2", "DRIVETRAIN_PIP": "pip", "DRIVETRAIN_HOME": "/x"})
    assert (loaded.port, loaded.keep_work, loaded.pip, loaded.allow_python_install) == (2, "never", "pip", False)


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        ("\nprot = 1\n", ":2:1", "unknown setting 'prot'", "did you mean 'port'?"),
        ("zzz = 1", ":1:1", "unknown setting 'zzz'", "settings: host, port"),
        ("[server]\nport = 1", ":1:2", "unknown setting 'server'", "settings: host"),
        ('port = "1"', ":1:1", "port must be a whole number, not '1'", "for example port = 8674"),
        ("port = true", ":1:1", "port must be a whole number, not True", ""),
        ("port = 65536", ":1:1", "port must be 0 to 65535, not 65536", ""),
        ("max_parallel_jobs = -1", ":1:1", "max_parallel_jobs must not be negative", ""),
        ('pip = "conda"', ":1:1", "pip must be uv or pip, not 'conda'", 'for example pip = "uv"'),
        ('allow_python_install = "yes"', ":1:1", "must be true or false, not 'yes'", "= true"),
        ("port = \n", ":1:8", "not TOML", "https://toml.io"),
        ("host = 5\n\n  prot = 1", ":3:3", "unknown setting 'prot'", "did you mean"),
        ("repositories = 5", ":1:1", "repositories must be a table of texts, not 5", "repositories = {"),
        ("[repositories]\nx = 5", ":1:2", "repositories.x must be a URL or an absolute path", "for example"),
        ("[repositories]\nx = '../x'", ":1:2", "repositories.x must be a URL or an absolute path", ""),
        ("[repositories]\nx = '--upload-pack=x'", ":1:2", "must be a URL or an absolute path", ""),
        ("[repository_hosts]\nhub = 'https://x'", ":1:2", "repository_hosts has no 'hub'", "it may have git, github"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(home: Home, text: str, where: str, message: str, hint: str) -> None:
    home.config.write_text(text)
    with pytest.raises(DefinitionError) as failure:
        load(home, {})
    problem = failure.value.problems[-1]
    assert str(problem.position) == f"{home.config}{where}"
    assert message in problem.message
    assert hint in problem.hint


def test_tables_come_from_the_file_or_as_pairs_from_the_environment(home: Home) -> None:
    home.config.write_text('port = 1\n[repositories]\n"contoso/ci" = "git@host:ci.git"\nlocal = "/srv/local.git"\n')
    assert load(home, {}).repositories == {"contoso/ci": "git@host:ci.git", "local": "/srv/local.git"}
    pairs = {"DRIVETRAIN_REPOSITORY_HOSTS": "git=https://dev.azure.com/me github=file:///srv/hub"}
    assert load(home, pairs).repository_hosts == {"git": "https://dev.azure.com/me", "github": "file:///srv/hub"}


def test_a_refused_url_is_not_shown_for_there_may_be_a_password_in_it(home: Home) -> None:
    home.config.write_text('repositories = { x = "https//me:hush@host/x" }')
    with pytest.raises(DefinitionError) as failure:
        load(home, {})
    assert "hush" not in str(failure.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DRIVETRAIN_PORT", "x"),
        ("DRIVETRAIN_PORT", "-1"),
        ("DRIVETRAIN_ALLOW_PYTHON_INSTALL", "maybe"),
        ("DRIVETRAIN_REPOSITORIES", "templates"),
    ],
)
def test_a_wrong_variable_is_named(home: Home, variable: str, value: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(f"${variable}:1:1")):
        load(home, {variable: value})


@pytest.mark.parametrize("word", ["1", "true", "YES", "on"])
def test_words_for_true(home: Home, word: str) -> None:
    home.config.write_text("allow_python_install = false")
    assert load(home, {"DRIVETRAIN_ALLOW_PYTHON_INSTALL": word}).allow_python_install is True


def test_a_file_that_is_no_text_is_a_clear_error(home: Home) -> None:
    home.config.write_bytes(b"\xff")
    with pytest.raises(UnavailableError, match="cannot read"):
        load(home, {})


def test_every_setting_is_documented_as_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    documented = {name: (default, meaning) for name, default, meaning in rows}
    code = {}
    assert list(RULES) == list(DEFAULTS)
    for name, rule in RULES.items():
        default = DEFAULTS[name]
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        words = f" ({', '.join(f'`{choice}`' for choice in rule.choices)})" if rule.choices else ""
        code[name] = (shown or '""', rule.meaning + words)
    assert documented == code
