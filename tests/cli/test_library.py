"""The commands of the library, as people and programs call them: secrets go in, and never come out again."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import DRIVETRAIN
from tests.walking import content, everything

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Workplace

SECRET = "hunter-twelve"


def give(workplace: Workplace, given: str | bytes, *words: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    """Run a command with standard input."""
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        [DRIVETRAIN, *words], cwd=workplace.repo, env=workplace.env, input=data, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr.decode()
    return done


def holds(folder: Path, text: str) -> list[str]:
    files = (path for path in everything(folder) if path.is_file() and not path.is_symlink())
    return [str(path) for path in files if text.encode() in content(path)]


def test_a_secret_is_taken_in_and_never_shown_again(workplace: Workplace) -> None:
    workplace.call("variable-group", "add", "prod", "-v", "colour=blue", "--description", "What production needs")
    give(workplace, f"{SECRET}\n", "variable-group", "set", "prod", "password", "--secret")
    give(workplace, SECRET, "variable-group", "set", "prod", "PASSWORD")  # what is secret stays secret
    shown = workplace.call("variable-group", "show", "Prod").stdout
    assert "blue" in shown
    assert "secret" in shown
    assert SECRET not in shown
    item = workplace.json("variable-group", "show", "prod")
    assert [(each["name"], each["value"]) for each in item["values"]] == [("colour", "blue"), ("PASSWORD", None)]
    assert not holds(workplace.repo.parent / "home", SECRET)


def test_a_value_on_the_command_line_is_warned_of(workplace: Workplace) -> None:
    workplace.call("variable-group", "add", "prod")
    done = workplace.call("variable-group", "set", "prod", "password", "x", "--secret")
    assert "others can see a value on the command line" in done.stderr
    assert not workplace.call("variable-group", "set", "prod", "colour", "blue").stderr


def test_one_line_break_at_the_end_of_standard_input_is_left_out_and_none_of_a_file(workplace: Workplace) -> None:
    workplace.call("variable-group", "add", "prod")
    give(workplace, "two\nlines\n", "variable-group", "set", "prod", "piped")
    workplace.write("two\nlines\n", "value.txt")
    workplace.call("variable-group", "set", "prod", "file", "--file", "value.txt")
    values = workplace.json("variable-group", "show", "prod")["values"]
    assert {each["name"]: each["value"] for each in values} == {"file": "two\nlines\n", "piped": "two\nlines"}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (b"a\0b", "there is a NUL in the value"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"x" * 70_000, "the value of 'password' has 70000 bytes; 65536 are the most"),
    ],
)
def test_a_value_that_no_program_can_be_given_is_refused(workplace: Workplace, given: bytes, why: str) -> None:
    workplace.call("variable-group", "add", "prod")
    assert why in give(workplace, given, "variable-group", "set", "prod", "password", code=2).stderr.decode()
    assert workplace.json("variable-group", "show", "prod")["values"] == []


@pytest.mark.parametrize("name", ["", " blank", "line\nbreak", "a=b", "$(x)", "bell\a", "x" * 257])
def test_a_variable_with_an_odd_name_is_refused(workplace: Workplace, name: str) -> None:
    workplace.call("variable-group", "add", "prod")
    done = give(workplace, "x", "variable-group", "set", "prod", name, code=2)
    assert "is no name for a variable" in done.stderr.decode()


def test_names_that_differ_in_case_only_are_the_same(workplace: Workplace) -> None:
    words = ("variable-group", "add", "prod", "-v", "a=1", "-v", "A=2")
    assert "'a' and 'A' are the same name" in workplace.call(*words, code=2).stderr


def test_what_tasks_would_not_get_is_warned_of(workplace: Workplace) -> None:
    done = workplace.call("variable-group", "add", "prod", "-v", "SecretKey=x")
    assert "tasks do not get variables whose names begin with endpoint or input" in done.stderr


def test_the_parts_of_the_library_are_listed_and_removed(workplace: Workplace) -> None:
    workplace.call("variable-group", "add", "prod")
    give(workplace, SECRET, "secret", "set", "contoso-kv", "db-password")
    workplace.write("x", "cert.pem")
    workplace.call("secure-file", "add", "cert.pem")
    workplace.call("connection", "add", "sub", "--type", "azure", "--scheme", "managedserviceidentity")
    for command in ("variable-group", "secure-file", "connection", "secret"):
        (item,) = workplace.json(command, "list")
        assert item["name"] in workplace.call(command, "list").stdout
    assert workplace.json("secret", "list", "contoso-kv")["values"][0]["value"] is None
    for command, name in (("variable-group", "prod"), ("secure-file", "cert.pem"), ("connection", "sub")):
        workplace.call(command, "remove", name)
    workplace.call("secret", "remove", "contoso-kv", "DB-password")
    workplace.call("secret", "remove", "contoso-kv", "--all")
    assert "no variable groups yet" in workplace.call("variable-group", "list").stdout


def test_a_connection_knows_the_parameters_of_its_type(workplace: Workplace) -> None:
    words = ("connection", "add", "sub", "--type", "azurerm", "--parameter", "ServicePrincipalId=app")
    refused = give(workplace, SECRET, *words, "--secret", "serviceprincipalkey", code=2)
    assert "azurerm with ServicePrincipal needs the parameter tenantid" in refused.stderr.decode()
    give(workplace, SECRET, *words, "--parameter", "tenantid=t", "--secret", "serviceprincipalkey")
    item = workplace.json("connection", "show", "sub")
    assert item["data"]["type"] == "azurerm"
    assert {each["name"]: each["value"] for each in item["values"]} == {
        "serviceprincipalid": "app",
        "serviceprincipalkey": None,
        "tenantid": "t",
        "authenticationType": "spnKey",
    }
    assert "azurerm" in workplace.call("connection", "types").stdout


def test_what_is_a_secret_by_its_type_is_sealed_however_it_was_given(workplace: Workplace) -> None:
    words = ("--type", "github", "--parameter", f"ACCESSTOKEN={SECRET}")
    workplace.call("connection", "add", "hub", *words)
    assert workplace.json("connection", "show", "hub")["values"][0] | {"changed_at": ""} == {
        "name": "accessToken",
        "value": None,
        "changed_at": "",
    }
    assert not holds(workplace.repo.parent / "home", SECRET)


def test_a_connection_is_read_as_azures_own_command_takes_it(workplace: Workplace) -> None:
    document = {
        "name": "x",
        "type": "generic",
        "url": "https://example.com",
        "data": {"a": "b"},
        "authorization": {"scheme": "UsernamePassword", "parameters": {"username": "ada", "password": SECRET}},
    }
    give(workplace, json.dumps(document), "connection", "add", "svc", "--from", "-")
    item = workplace.json("connection", "show", "svc")
    described = {"type": "generic", "scheme": "UsernamePassword", "url": "https://example.com"}
    assert item["data"] == {"data.a": "b"} | described
    refused = give(workplace, "[]", "connection", "add", "y", "--from", "-", code=2)
    assert "not a service connection" in refused.stderr.decode()


def test_several_secrets_share_standard_input_a_line_each(workplace: Workplace) -> None:
    words = ("connection", "add", "own", "--type", "my.own", "--url", "https://a", "--secret", "one", "--secret", "two")
    assert "2 secrets and 1 lines" in give(workplace, "first\n", *words, code=2).stderr.decode()
    give(workplace, "first\nsecond\n", *words)
    assert len(workplace.json("connection", "show", "own")["values"]) == 2


@pytest.mark.parametrize("url", ["ftp", "https://ada:pw@example.com", "https://a b", "//x"])
def test_an_address_with_a_password_or_none_at_all_is_refused(workplace: Workplace, url: str) -> None:
    words = ("connection", "add", "x", "--type", "generic", "--url", url)
    assert "URL" in workplace.call(*words, code=2).stderr


def test_a_secure_file_may_not_be_too_large_nor_have_folders_in_its_name(workplace: Workplace) -> None:
    (workplace.repo / "big").write_bytes(bytes((10 << 20) + 1))
    assert "at most 10 MB" in workplace.call("secure-file", "add", "big", code=2).stderr
    workplace.write("x", "small")
    for name in ("../up", "a/b", ".."):
        assert "is no name" in workplace.call("secure-file", "add", "small", "--name", name, code=2).stderr


def test_who_runs_a_working_tree_permits_what_it_names(workplace: Workplace) -> None:
    workplace.call("variable-group", "add", "prod", "-v", "colour=blue")
    workplace.write("variables:\n- group: prod\nsteps:\n- bash: echo $(colour)\n")
    assert "blue" in workplace.call("run").stdout
    (permit,) = workplace.json("variable-group", "show", "prod")["permits"]
    assert permit["pipeline"] == str(workplace.repo)


PROJECT = "trigger: none\nvariables:\n- group: prod\nsteps:\n- checkout: none\n- bash: echo it is $(colour)\n"


def test_a_projects_pipeline_waits_until_it_is_permitted(workplace: Workplace) -> None:
    workplace.write(PROJECT)
    workplace.commit()
    workplace.call("project", "add", ".", "--name", "shop", "--no-hook")
    workplace.call("variable-group", "add", "prod", "-v", "colour=blue", "--project", "shop")
    running = workplace.start("run", "--project", "shop")
    assert running.stdout is not None
    seen = ""
    for line in running.stdout:
        seen += line
        if "needs permission to use the variable group 'prod'" in seen:
            break
    workplace.call("variable-group", "permit", "prod", "shop")
    rest = running.communicate(timeout=60)[0]
    assert running.returncode == 0, seen + rest
    assert "it is blue" in rest
    assert "it is blue" in workplace.call("run", "--project", "shop").stdout  # once is enough
    workplace.call("variable-group", "revoke", "prod", "shop", "--project", "shop")
    workplace.call("variable-group", "open", "prod", "--project", "shop")
    assert "it is blue" in workplace.call("run", "--project", "shop").stdout


def test_what_another_project_has_is_not_there(workplace: Workplace) -> None:
    workplace.write(PROJECT)
    workplace.commit()
    for name in ("shop", "other"):
        workplace.call("project", "add", ".", "--name", name, "--no-hook")
    workplace.call("variable-group", "add", "prod", "-v", "colour=blue", "--project", "other", "--open")
    refused = workplace.call("run", "--project", "shop", code=1).stderr
    assert "azure-pipelines.yml:3:10: error: Variable group prod could not be found." in refused


def test_the_key_is_changed_by_one_command(workplace: Workplace) -> None:
    assert "there is no key in this home yet" in workplace.call("secret", "rotate-key", "--finish", code=2).stderr
    give(workplace, SECRET, "secret", "set", "kv", "a")
    before = (workplace.repo.parent / "home" / "secret.key").read_text()
    done = workplace.call("secret", "rotate-key").stdout
    assert "a new key; 1 secrets were sealed anew" in done
    assert "the old key is gone" in done
    assert before not in (workplace.repo.parent / "home" / "secret.key").read_text()
    workplace.call("variable-group", "add", "linked", "--vault", "kv")
    workplace.write("variables:\n- group: linked\nsteps:\n- bash: echo ${#A}\n  env: {A: $(a)}\n")
    assert f"\n    {len(SECRET)}\n" in workplace.call("run").stdout


def test_what_a_project_keeps_goes_with_it(workplace: Workplace) -> None:
    workplace.write(PROJECT)
    workplace.commit()
    workplace.call("project", "add", ".", "--name", "shop", "--no-hook")
    workplace.write("x", "cert.pem")
    workplace.call("secure-file", "add", "cert.pem", "--project", "shop")
    workplace.call("secure-file", "add", "cert.pem")
    files = workplace.repo.parent / "home" / "secure-files"
    assert len(list(files.iterdir())) == 2
    workplace.call("project", "remove", "shop")
    assert len(list(files.iterdir())) == 1
    assert [item["project"] for item in workplace.json("secure-file", "list")] == [""]
