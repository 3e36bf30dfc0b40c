from __future__ import annotations

import os
from pathlib import Path

import pytest

from drivetrain.run.environments.in_job.pip_options import LeaveToPip
from drivetrain.run.environments.in_job.uv_command import translate

ALWAYS = ["--no-sources", "--index-strategy=unsafe-best-match", "--no-python-downloads", "--color=never"]


@pytest.fixture(autouse=True)
def work_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.txt").write_text("numpy>=1\npandas[all] ; python_version > '3'  # why\n")
    (tmp_path / "c.txt").write_text("numpy<3\n")
    (tmp_path / "x-1.0-py3-none-any.whl").touch()
    return tmp_path


def _rest(words: str, **environ: str) -> list[str]:
    """What uv gets beyond what it always gets; no pip settings of the machine."""
    command = translate(words.split(" "), {"PIP_CONFIG_FILE": os.devnull, **environ}, "/nowhere")
    rest = command.arguments[2:]
    rest = rest[1:] if rest[0] == "--no-config" else rest[2:]
    assert rest[: len(ALWAYS)] == ALWAYS
    return rest[len(ALWAYS) :]


# what a pipeline writes after `pip`, and what uv gets
SAME = [
    ("install six", "-- six"),
    ("install six==1.16 attrs>=20,<24", "-- six==1.16 attrs>=20,<24"),
    ("install -r r.txt", "--requirements r.txt"),
    ("install -rr.txt", "--requirements r.txt"),
    ("install --requirement=r.txt -c c.txt", "--requirements r.txt --constraints c.txt"),
    ("install -e .", "--editable ."),
    ("install -e .[dev]", "--editable .[dev]"),
    ("install .", "-- ."),
    ("install ./pkg[extra]", "-- ./pkg[extra]"),
    ("install ./x-1.0-py3-none-any.whl", "-- ./x-1.0-py3-none-any.whl"),
    ("install x-1.0-py3-none-any.whl", "-- x-1.0-py3-none-any.whl"),
    ("install git+https://host/a.git@v1", "-- git+https://host/a.git@v1"),
    ("install https://host/a-1.tar.gz", "-- https://host/a-1.tar.gz"),
    ("install a@https://host/a-1.whl", "-- a@https://host/a-1.whl"),
    ("install --upgrade pip", "--upgrade-package pip -- pip"),
    ("install -U pip setuptools wheel",
     "--upgrade-package pip --upgrade-package setuptools --upgrade-package wheel -- pip setuptools wheel"),
    ("install -U -r r.txt", "--requirements r.txt --upgrade-package numpy --upgrade-package pandas"),
    ("install -U --upgrade-strategy eager six", "--upgrade -- six"),
    ("install -U --upgrade-strategy only-if-needed six", "--upgrade-package six -- six"),
    ("install -qU six", "--quiet --upgrade-package six -- six"),
    ("install --pre six", "--prerelease=allow -- six"),
    ("install --no-deps six", "--no-deps -- six"),
    ("install -i https://a/simple six", "--index-url https://a/simple -- six"),
    ("install -i https://a/simple -i https://b/simple six", "--index-url https://b/simple -- six"),
    ("install --extra-index-url https://a --extra-index-url https://b six",
     "--extra-index-url https://a --extra-index-url https://b -- six"),
    ("install -f /wheels --no-index six", "--find-links /wheels --no-index -- six"),
    ("install --no-binary :all: six", "--no-binary :all: -- six"),
    ("install --only-binary=numpy,scipy six", "--only-binary numpy --only-binary scipy -- six"),
    ("install --trusted-host a:80 six", "--allow-insecure-host a:80 -- six"),
    ("install --force-reinstall six", "--reinstall -- six"),
    ("install --no-build-isolation six", "--no-build-isolation -- six"),
    ("install --require-hashes -r r.txt", "--require-hashes --requirements r.txt"),
    ("install --target new six", "--target new -- six"),
    ("install -C a=b six", "--config-setting a=b -- six"),
    ("install --user six", "-- six"),
    ("install --no-cache-dir --disable-pip-version-check --no-input --no-color six", "-- six"),
    ("install --no-warn-script-location --root-user-action=ignore --progress-bar off six", "-- six"),
    ("install --break-system-packages six", "-- six"),
    ("--no-cache-dir install six", "-- six"),
    ("-q install six", "--quiet -- six"),
    ("install -vv six", "-- six"),
    ("install -- six", "-- six"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), SAME)
def test_an_install_is_given_to_uv_in_its_own_words(words: str, expected: str) -> None:
    assert _rest(words) == expected.split()


# what pip means otherwise than uv, and a word of the reason
LEFT_TO_PIP = [
    ("list", "not an install"),
    ("", "not an install"),
    ("--version", "--version"),
    ("download six", "not an install"),
    ("-r r.txt install", "stands before"),
    ("install", "nothing is named"),
    ("install --upgrade", "nothing is named"),
    ("install -r", "no value"),
    ("install --prefix /x six", "--prefix"),
    ("install --root /x six", "--root"),
    ("install --target . six", "something in it"),
    ("install --dry-run six", "--dry-run"),
    ("install --report out.json six", "--report"),
    ("install -I six", "-I"),
    ("install --prefer-binary six", "--prefer-binary"),
    ("install --no-clean six", "--no-clean"),
    ("install --upg six", "--upg"),
    ("install --pre=yes six", "--pre"),
    ("install --use-feature=fast-deps six", "--use-feature"),
    ("install --global-option=x six", "--global-option"),
    ("install --ignore-requires-python six", "--ignore-requires-python"),
    ("install --only-binary :none: six", ":none:"),
    ("install --no-binary a --only-binary b six", "together"),
    ("install -e git+https://host/a.git#egg=a", "folders only"),
    ("install svn+https://host/a", "no form"),
    ("install six!", "no form"),
    ("install --timeout 1.5 six", "whole number"),
    ("install --keyring-provider import six", "import"),
    ("install --upgrade-strategy never six", "never"),
    ("install -r missing.txt", "missing.txt cannot be read"),
    ("install -r https://host/r.txt", "https://host/r.txt"),
]


@pytest.mark.parametrize(("words", "reason"), LEFT_TO_PIP)
def test_what_is_not_known_to_mean_the_same_is_left_to_pip(words: str, reason: str) -> None:
    with pytest.raises(LeaveToPip, match=reason.replace(".", r"\.").replace("-I", r"\-I")):
        _rest(words)


def test_an_option_of_pip_that_this_table_does_not_know_is_left_to_pip() -> None:
    with pytest.raises(LeaveToPip, match="--some-option-of-tomorrow is not known"):
        _rest("install --some-option-of-tomorrow six")


# pip's variables, and what uv gets
VARIABLES = [
    ({"PIP_INDEX_URL": "https://a"}, "--index-url https://a -- six"),
    ({"PIP_EXTRA_INDEX_URL": "https://a https://b"}, "--extra-index-url https://a --extra-index-url https://b -- six"),
    ({"PIP_FIND_LINKS": "/w"}, "--find-links /w -- six"),
    ({"PIP_NO_INDEX": "1", "PIP_PRE": "yes"}, "--no-index --prerelease=allow -- six"),
    ({"PIP_NO_INDEX": "0", "PIP_QUIET": "2"}, "--quiet --quiet -- six"),
    ({"PIP_TRUSTED_HOST": "a"}, "--allow-insecure-host a -- six"),
    ({"PIP_CONSTRAINT": "c.txt"}, "--constraints c.txt -- six"),
    ({"PIP_NO_CACHE_DIR": "off", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "1"}, "-- six"),
    ({"PIP_INDEX_URL": ""}, "-- six"),
    ({"PIP_FORMAT": "json"}, "-- six"),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "expected"), VARIABLES)
def test_pips_variables_are_translated(environ: dict[str, str], expected: str) -> None:
    assert _rest("install six", **environ) == expected.split()


@pytest.mark.parametrize("environ", [{"PIP_PREFIX": "/x"}, {"PIP_TARGET_DIR": "/x"}, {"PIP_PRE": "perhaps"}])
def test_a_variable_that_is_not_known_to_mean_the_same_leaves_the_command_to_pip(environ: dict[str, str]) -> None:
    with pytest.raises(LeaveToPip, match="the pip setting"):
        _rest("install six", **environ)


def test_the_command_line_goes_before_a_variable() -> None:
    assert _rest("install -i https://b six", PIP_INDEX_URL="https://a") == ["--index-url", "https://b", "--", "six"]


def test_isolated_ignores_variables() -> None:
    assert _rest("install --isolated six", PIP_INDEX_URL="https://a") == ["--", "six"]


def test_network_settings_become_uvs_variables() -> None:
    command = translate(
        ["install", "--cert", "/ca.pem", "--timeout=5", "--retries", "2", "six"], {"PIP_CONFIG_FILE": os.devnull}, "/x"
    )
    assert command.variables == {"SSL_CERT_FILE": "/ca.pem", "UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "2"}


@pytest.mark.parametrize("words", [["-i", "https://a"], ["--no-index"]])
def test_pypi_is_not_mentioned_to_uv_where_pip_would_not_ask_it(words: list[str]) -> None:
    command = translate(["install", *words, "six"], {"PIP_CONFIG_FILE": os.devnull}, "/x")
    assert "--no-config" in command.arguments
    assert "--config-file" not in command.arguments


def test_pypis_promise_about_its_files_is_repeated_to_uv() -> None:
    command = translate(["install", "six"], {"PIP_CONFIG_FILE": os.devnull}, "/x")
    file = Path(command.arguments[command.arguments.index("--config-file") + 1])
    assert 'url = "https://pypi.org/simple"' in file.read_text()
