"""The command lines of `az ml`, `az pipelines` and `az devops`, read without their clients."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drivetrain.run.az.in_job import configuration, devops_verbs, ml_kinds, ml_verbs
from drivetrain.run.az.in_job.errors import CommandError
from drivetrain.run.az.in_job.options import find, pairs, parse
from drivetrain.run.az.in_job.output import formatted, plain, queried
from drivetrain.run.az.shim import is_installed, text

GROUPS: dict[str, Any] = {"ml": ml_verbs, "pipelines": devops_verbs.PIPELINES, "devops": devops_verbs.DEVOPS}


def read(line: str) -> dict[str, Any]:
    group, *words = line.split()
    name, rest = find(group, GROUPS[group].VERBS, words)
    given = vars(parse(group, name, (*GROUPS[group].VERBS[name].options, *GROUPS[group].COMMON), rest))
    return {"verb": name, **{key: value for key, value in given.items() if value not in (None, False)}}


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("ml job create -f job.yml --stream", {"verb": "job create", "file": "job.yml", "stream": True}),
        (
            "ml job create --file=job.yml --set inputs.a=1 tags.b=c --set d=e -g grp -w ws",
            {"verb": "job create", "file": "job.yml", "set": ["inputs.a=1", "tags.b=c", "d=e"],
             "resource_group": "grp", "workspace_name": "ws"},
        ),
        ("ml job show -n=x --resource-g grp", {"verb": "job show", "name": "x", "resource_group": "grp"}),
        ("ml model create -n m -v 3 --path ./m --type mlflow_model",
         {"verb": "model create", "name": "m", "version": "3", "path": "./m", "type": "mlflow_model"}),
        ("ml online-deployment create -f d.yml -e ep --all-traffic",
         {"verb": "online-deployment create", "file": "d.yml", "endpoint_name": "ep", "all_traffic": True}),
        ("ml online-endpoint update -n ep --traffic blue=90 green=10",
         {"verb": "online-endpoint update", "name": "ep", "traffic": ["blue=90", "green=10"]}),
        ("pipelines run --name p --branch main --variables a=1 b=2 --open",
         {"verb": "run", "name": "p", "branch": "main", "variables": ["a=1", "b=2"], "open": True}),
        ("pipelines runs show --id 7 --org http://x", {"verb": "runs show", "id": "7", "organization": "http://x"}),
        ("pipelines runs artifact download --run-id 7 --artifact-name drop --path out",
         {"verb": "runs artifact download", "run_id": "7", "artifact_name": "drop", "path": "out"}),
        ("pipelines variable-group variable update --group-id 3 --name a --value b --secret true",
         {"verb": "variable-group variable update", "group_id": "3", "name": "a", "value": "b", "secret": "true"}),
        ("devops configure --defaults project=p", {"verb": "configure", "defaults": ["project=p"]}),
    ],
)  # fmt: skip
def test_words_become_a_verb_and_options(line: str, given: dict[str, Any]) -> None:
    found = read(line)
    assert {name: value for name, value in found.items() if value not in (".", "uri_folder")} == given


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ml job connect-ssh -n x", "'az ml job connect-ssh' is not served here"),
        ("ml feature-store show", "az extension add --name ml"),
        ("pipelines agent list", "az extension add --name azure-devops"),
        ("ml job create", "the following arguments are required: --file/-f"),
        ("ml job show --name x --nonsense", "unrecognized arguments: --nonsense"),
        ("pipelines runs show", "the following arguments are required: --id"),
    ],
)
def test_what_is_not_understood_is_told(line: str, words: str) -> None:
    with pytest.raises(CommandError, match=None) as told:
        read(line)
    assert words in str(told.value)
    assert told.value.code == 2


def test_values_in_place_of_the_files() -> None:
    given = SimpleNamespace(set=["inputs.a=1=2", "tags.b="], name="n", version="3", image="i", tags=["x=y", "z=1"])
    assert ml_kinds.overrides(given, ml_kinds.KINDS["environment"]) == [
        {"inputs.a": "1=2"}, {"tags.b": ""}, {"name": "n"}, {"version": "3"}, {"image": "i"},
        {"tags": {"x": "y", "z": "1"}},
    ]  # fmt: skip
    with pytest.raises(CommandError, match="name=value"):
        pairs(["novalue"])


ROWS = [{"name": "b", "id": 1, "on": True, "more": [1]}, {"name": "a", "id": 2, "on": False, "more": []}]


@pytest.mark.parametrize(
    ("result", "form", "printed"),
    [
        ({"b": 1, "a": "ü"}, "json", '{\n  "a": "ü",\n  "b": 1\n}'),
        ("x", "tsv", "x"),
        (["x", "y"], "tsv", "x\ny"),
        (ROWS, "tsv", "1\t1\tb\ttrue\n2\t0\ta\tfalse"),
        ([["x", None], ["y", 2]], "tsv", "x\t\ny\t2"),
        (ROWS, "table", "Name  On\n----  -----\nb     true\na     false"),
        ({"a": [1]}, "yaml", "a:\n- 1"),
        (ROWS, "none", ""),
        (None, "json", ""),
    ],
)
def test_results_are_printed_as_the_azure_cli_prints_them(result: Any, form: str, printed: str) -> None:
    assert formatted(result, form) == printed


def test_objects_of_clients_become_camel_case() -> None:
    inner = SimpleNamespace(build_number="1", _links=1, additional_properties={})
    assert plain(SimpleNamespace(source_branch="b", inner=[inner])) == {
        "sourceBranch": "b", "inner": [{"buildNumber": "1"}],
    }  # fmt: skip
    assert queried({"a": 1}, None) == {"a": 1}


def test_defaults_are_those_of_az_configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "config").write_text("[defaults]\ngroup = grp\n[core]\noutput = table\n")
    (tmp_path / "azureProfile.json").write_text(
        '{"subscriptions": [{"id": "1", "name": "one"}, {"id": "2", "name": "two", "isDefault": true}]}', "utf-8-sig"
    )
    assert configuration.default("group") == "grp"
    assert configuration.output_format() == "table"
    assert configuration.subscription(None) == "2"
    assert configuration.subscription("one") == "1"
    configuration.keep_default("azuredevops/config", {"project": "p", "organization": ""})
    assert configuration.default("project", "azuredevops/config") == "p"
    monkeypatch.setenv("AZURE_DEFAULTS_GROUP", "other")
    assert configuration.default("group") == "other"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A shim in front of a real `az` that prints its words."""
    lib = tmp_path / "shims" / "lib"
    for folder, body in (("shims/az", text(tmp_path, lib)), ("real", '#!/bin/sh\necho real "$@"\n')):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "az").write_text(body)
        (tmp_path / folder / "az").chmod(0o755)
    (lib / "drivetrain_az").mkdir(parents=True)
    return tmp_path


def az(programs: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(programs / "shims/az"), str(programs / "real"), "/usr/bin", "/bin"])
    environment = {"PATH": path, "AZURE_CONFIG_DIR": str(programs / "config"), **more}
    return subprocess.run(
        [programs / "shims/az/az", *words], env=environment, capture_output=True, text=True, check=False
    )


HERE = {"ARM_CLOUD_METADATA_URL": "https://127.0.0.1:1/metadata"}


def test_the_real_az_gets_all_that_is_not_stood_in_for(programs: Path) -> None:
    assert az(programs, "account", "show", **HERE).stdout == "real account show\n"
    assert az(programs, "ml", "job", "list").stdout == "real ml job list\n"
    assert az(programs, "ml", "job", "list", **HERE, DRIVETRAIN_AZ="real").stdout == "real ml job list\n"
    assert az(programs, "extension", "add", "--name", "other", **HERE).stdout == "real extension add --name other\n"
    (programs / "config/cliextensions/ml").mkdir(parents=True)
    assert az(programs, "ml", "job", "list", **HERE).stdout == "real ml job list\n"
    assert az(programs, "extension", "add", "-n", "ml", **HERE).stdout == "real extension add -n ml\n"


def test_extensions_that_are_stood_in_for_need_not_be_added(programs: Path) -> None:
    done = az(programs, "extension", "add", "-n", "ml", "-y", **HERE)
    assert (done.returncode, done.stdout) == (0, "")
    assert "stands in for the extension ml" in done.stderr
    assert az(programs, "extension", "add", "--name=azure-devops", **HERE).returncode == 0


def test_the_stand_in_runs_in_an_environment_that_has_the_client(programs: Path) -> None:
    site = programs / "env/lib/python3.11/site-packages"
    for package in ("azure/ai/ml", "jmespath"):
        (site / package).mkdir(parents=True)
    (programs / "env/bin").mkdir()
    (programs / "env/bin/python").symlink_to(sys.executable)
    (programs / "shims/lib/drivetrain_az/__main__.py").write_text("import sys; print('stands in', sys.argv[1:])")
    done = az(programs, "ml", "job", "list", **HERE, VIRTUAL_ENV=str(programs / "env"))
    assert done.stdout == "stands in ['ml', 'job', 'list']\n", done.stderr


def test_without_an_azure_cli_it_is_told(programs: Path) -> None:
    assert is_installed(f"{programs / 'shims/az'}:{programs / 'real'}")
    (programs / "real/az").unlink()
    assert not is_installed(f"{programs / 'shims/az'}:{programs / 'real'}")
    done = az(programs, "account", "show", **HERE)
    if not Path("/usr/bin/az").exists():
        assert (done.returncode, "is not installed" in done.stderr) == (127, True)
