"""Tools are found where people have them; everything is looked for below a home of the test's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

Make = Any


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with several versions of everything, and a PATH without any."""
    root = tmp_path / "me"
    for version in ("98.20.4", "99.11.1", "99.9.0"):
        program(root / f".nvm/versions/node/v{version}/bin/node", f"echo node {version}")
    program(root / ".nvm/versions/node/v99.11.1/bin/npm", "echo npm")
    for version in ("1.21.13", "1.22"):
        program(root / f"sdk/go{version}/bin/go", f"echo go {version}")
        (root / f"sdk/go{version}/VERSION").write_text(f"go{version}\ntime 2024\n")
    for name, version in (("8-tem", "1.8.0_392"), ("17-tem", "17.0.9"), ("21-open", "21")):
        program(root / f".sdkman/candidates/java/{name}/bin/java", f"echo java {version}")
        (root / f".sdkman/candidates/java/{name}/release").write_text(f'X="1"\nJAVA_VERSION="{version}"\n')
    for folder in (".rbenv/versions/96.1.0", ".rvm/rubies/ruby-96.2.4"):
        program(root / folder / "bin/ruby", f"echo {folder}")
    program(root / ".dotnet/dotnet", "echo dotnet")
    for version in ("6.0.428", "8.0.100", "8.0.204", "8.0.300"):
        (root / f".dotnet/sdk/{version}").mkdir(parents=True)
    (root / ".dotnet/shared/Microsoft.NETCore.App/8.0.1").mkdir(parents=True)
    (root / ".dotnet/tools").mkdir()
    monkeypatch.setenv("HOME", str(root))
    for name in [name for name in os.environ if name.startswith(("JAVA_HOME", "NVM_", "DOTNET_", "AGENT_TOOLS"))]:
        monkeypatch.delenv(name)
    return root


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_highest_node_that_fits_comes_first_on_path(run_job: Make, task: Make, home: Path) -> None:
    job = run_job(
        task("UseNode@1", {"version": "99.x"}),
        "node; npm",
        task("NodeTool@0", {"versionSpec": "98.20.4"}),
        "node",
        "echo v99.9.0 > .nvmrc",
        task("NodeTool@0", {"versionSource": "fromFile", "versionFilePath": ".nvmrc"}),
        "node",
    )
    assert job.issues("error") == []
    assert [job.output(2), job.output(4), job.output(7)] == ["node 99.11.1\nnpm\n", "node 98.20.4\n", "node 99.9.0\n"]
    assert f"Found Node.js 99.11.1: {home}/.nvm/versions/node/v99.11.1/bin\n" in job.log(1)


def test_a_tool_that_is_not_there_says_what_there_is_and_how_to_install_it(
    run_job: Make, task: Make, home: Path
) -> None:
    assert home.exists()
    job = run_job(
        task("UseNode@1", {"version": "9.x"}),
        task("GoTool@0", {"version": "1.10"}, condition="always()"),
        task(
            "JavaToolInstaller@0",
            {"versionSpec": "11", "jdkArchitectureOption": "x64", "jdkSourceOption": "PreInstalled"},
            condition="always()",
        ),
        task("UseDotNet@2", {"version": "9.x"}, condition="always()"),
        task("UseNode@1", {"version": "latest"}, condition="always()"),
        task("NodeTool@0", {"versionSource": "fromFile", "versionFilePath": "no"}, condition="always()"),
        task("UseNode@1", {"version": "20", "force32bit": "true"}, condition="always()"),
    )
    assert job.results == ["Failed"] * 7
    node, go, java, dotnet, wrong, missing, bits = job.issues("error")
    assert "98.20.4, 99.9.0, 99.11.1" in node.replace("this machine has ", "")
    assert "install it with nvm" in node
    assert "Unable to find Go version 1.10: this machine has 1.21.13, 1.22.0" in go
    assert "Unable to find Java version 11: this machine has 8.0.392" in java
    assert "Unable to find .NET sdk version 9.x: this machine has 6.0.428, 8.0.100, 8.0.204, 8.0.300" in dotnet
    assert "'latest' is not a version of Node.js" in wrong
    assert "Not found versionFilePath: " in missing
    assert "There is no 32-bit Node.js" in bits


def test_go_sets_its_variables(run_job: Make, task: Make, home: Path) -> None:
    job = run_job(
        task("GoTool@0", {"version": "1.21", "goPath": "/gp", "goBin": "/gb"}), "go; echo $GOROOT $GOPATH $GOBIN"
    )
    assert job.output(2) == f"go 1.21.13\n{home}/sdk/go1.21.13 /gp /gb\n"


def test_java_sets_its_homes(run_job: Make, task: Make, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"jdkArchitectureOption": "x64", "jdkSourceOption": "PreInstalled"}
    monkeypatch.setenv("JAVA_HOME_99_X64", str(home / ".sdkman/candidates/java/8-tem"))
    if os.uname().machine != "x86_64":
        inputs["jdkArchitectureOption"] = "arm64"
        monkeypatch.setenv("JAVA_HOME_99_ARM64", str(home / ".sdkman/candidates/java/8-tem"))
    job = run_job(
        task("JavaToolInstaller@0", {**inputs, "versionSpec": "21.0.0"}),
        "java; echo $JAVA_HOME",
        task("JavaToolInstaller@0", {**inputs, "versionSpec": "8.0.392"}),
        "java",
        task("JavaToolInstaller@0", {**inputs, "versionSpec": "99"}),
        "java",
        task("JavaToolInstaller@0", {**inputs, "jdkArchitectureOption": "x86"}),
        task("JavaToolInstaller@0", {**inputs, "jdkSourceOption": "AzureStorage"}, condition="always()"),
    )
    assert job.output(2) == f"java 21\n{home}/.sdkman/candidates/java/21-open\n"
    assert f"JAVA_HOME is being set to: {home}/.sdkman/candidates/java/21-open\n" in job.log(1)
    assert [job.output(4), job.output(6)] == ["java 1.8.0_392\n", "java 1.8.0_392\n"]
    assert "not for x86" in job.issues("error")[0]
    assert "A JDK from Azure storage cannot be fetched here" in job.issues("error")[1]


def test_a_jdk_can_come_from_an_archive(run_job: Make, task: Make, home: Path) -> None:
    assert home.exists()
    inputs = {"jdkArchitectureOption": "x64", "jdkSourceOption": "LocalDirectory", "versionSpec": "17"}
    job = run_job(
        "mkdir -p jdk-17/bin; printf '#!/bin/sh\\necho archived' > jdk-17/bin/java; chmod +x jdk-17/bin/java\n"
        "tar czf jdk.tar.gz jdk-17; tar cf none.tar jdk.tar.gz; mkdir in; touch in/old",
        task("JavaToolInstaller@0", {**inputs, "jdkFile": "jdk.tar.gz", "jdkDestinationDirectory": "in"}),
        "java; echo $JAVA_HOME_17_X64; ls in",
        task("JavaToolInstaller@0", {**inputs, "jdkFile": "none.tar", "jdkDestinationDirectory": "in"}),
        task(
            "JavaToolInstaller@0",
            {**inputs, "jdkFile": "jdk-17/bin/java", "jdkDestinationDirectory": "in"},
            condition="always()",
        ),
        task("JavaToolInstaller@0", {**inputs, "jdkFile": "no", "jdkDestinationDirectory": "in"}, condition="always()"),
    )
    assert job.output(3).splitlines()[0] == "archived"
    assert job.output(3).splitlines()[1].endswith("/in/JAVA_HOME_17_X64_jdk_tar_gz/jdk-17")
    assert job.output(3).splitlines()[2:] == ["JAVA_HOME_17_X64_jdk_tar_gz"]
    assert "JDK file is not valid" in job.issues("error")[0]
    assert "does not have a supported file extension" in job.issues("error")[1]
    assert "because it does not exist" in job.issues("error")[2]


def test_dotnet_by_version_or_by_global_json(run_job: Make, task: Make, home: Path) -> None:
    job = run_job(
        task("UseDotNet@2", {"version": "8.0.x"}),
        "dotnet; echo $DOTNET_ROOT $DOTNET_MULTILEVEL_LOOKUP",
        'mkdir a; printf \'// ours\\n{"sdk": {"version": "8.0.201", "rollForward": "latestPatch"}}\' > a/global.json',
        task("UseDotNet@2", {"useGlobalJson": "true", "workingDirectory": "a", "performMultiLevelLookup": "true"}),
        task("UseDotNet@2", {"packageType": "runtime", "version": "8.0.1"}),
        "echo '{\"sdk\": 1}' > a/global.json; mkdir b",
        task("UseDotNet@2", {"useGlobalJson": "true", "workingDirectory": "a"}),
        task("UseDotNet@2", {"useGlobalJson": "true", "workingDirectory": "b"}, condition="always()"),
    )
    assert "Found .NET sdk 8.0.300: " in job.log(1)
    assert job.output(2) == f"dotnet\n{home}/.dotnet 0\n"
    assert "SDK version: 8.0.201 is specified by global.json" in job.log(4)
    assert "Found .NET sdk 8.0.204: " in job.log(4)
    assert f"Prepending PATH environment variable with directory: {home}/.dotnet/tools\n" in job.log(1)
    assert "Found .NET runtime 8.0.1" in job.log(5)
    assert "has the wrong format" in job.issues("error")[0]
    assert "Failed to find global.json" in job.issues("error")[1]


def test_folders_of_tools_in_azures_layout_are_used_when_they_are_complete(
    run_job: Make, task: Make, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.exists()
    arch = "x64" if os.uname().machine == "x86_64" else "arm64"
    for version in ("22.1.0", "22.2.0"):
        program(tmp_path / f"tools/node/{version}/{arch}/bin/node", f"echo kept {version}")
    (tmp_path / f"tools/node/22.1.0/{arch}.complete").touch()
    monkeypatch.setenv("AGENT_TOOLSDIRECTORY", str(tmp_path / "tools"))
    job = run_job(task("UseNode@1", {"version": "22.x"}), "node")
    assert job.output(2) == "kept 22.1.0\n"


def test_a_tool_in_a_folder_of_many_does_not_bring_the_others_in_front(run_job: Make, task: Make, home: Path) -> None:
    assert home.exists()
    if not Path("/usr/bin/node").exists():
        pytest.skip("there is no /usr/bin/node here")
    job = run_job("node --version", task("UseNode@1", {"version": ">=10"}), "command -v node python; node --version")
    assert job.output(1).strip() != "" and "/usr/bin" not in job.output(3)  # noqa: PT018


CONDA = """#!/bin/sh
echo "${0##*/} $*"
while [ "$1" != --prefix ]; do shift; done
case "$*" in *fails*) mkdir -p "$2"; exit 4;; esac
mkdir -p "$2/bin"; printf '#!/bin/sh\\necho python of conda' > "$2/bin/python"; chmod +x "$2/bin/python"
"""


@pytest.mark.parametrize("name", ["conda", "mamba", "micromamba"])
def test_conda_makes_an_environment_of_the_job(
    run_job: Make, task: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / name).write_text(CONDA)
    (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    inputs = {"createCustomEnvironment": "true", "environmentName": "e", "packageSpecs": "python=3.12 'numpy>=2'"}
    job = run_job(
        task("CondaEnvironment@1", {**inputs, "createOptions": "-c conda-forge"}),
        "python; echo $CONDA_DEFAULT_ENV $CONDA_PREFIX",
        task("CondaEnvironment@1", inputs),
        task("CondaEnvironment@1", {**inputs, "cleanEnvironment": "true", "packageSpecs": "fails"}),
        task("CondaEnvironment@1", {**inputs, "environmentName": "../x"}, condition="always()"),
        task("CondaEnvironment@1", {**inputs, "environmentName": ""}, condition="always()"),
        task("CondaEnvironment@1", {**inputs, "packageSpecs": "'a"}, condition="always()"),
    )
    environment = job.dir / "conda" / "envs" / "e"
    words = f"{name} create --quiet --yes --prefix {environment} python=3.12 numpy>=2 -c conda-forge"
    assert f"\n{words}\n" in job.log(1)
    assert "it is not updated" in job.log(1)
    assert job.output(2) == f"python of conda\ne {environment}\n"
    assert "Reactivating ..." in job.log(3)
    assert "Deleting ..." in job.log(4)
    assert job.issues("error")[0] == f"Failed to create Conda environment {environment}. Exit code 4"
    assert "is not a name for an environment" in job.issues("error")[1]
    assert "The `environmentName` parameter is required" in job.issues("error")[2]
    assert "quote without its end" in job.issues("error")[3]


def test_without_conda_the_error_says_what_to_install(
    run_job: Make, task: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.delenv("CONDA", raising=False)
    job = run_job(task("CondaEnvironment@1"))
    assert "The `conda` executable was not found on the system." in job.issues("error")[0]
    assert "micromamba" in job.issues("error")[0]


def test_packages_without_an_environment_of_their_own_go_into_one_of_the_job(
    run_job: Make, task: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root" / "bin").mkdir(parents=True)
    (tmp_path / "root" / "bin" / "conda").write_text(CONDA)
    (tmp_path / "root" / "bin" / "conda").chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("CONDA", str(tmp_path / "root"))
    job = run_job(task("CondaEnvironment@1", {"updateConda": "false"}), "python; echo $CONDA_DEFAULT_ENV")
    assert job.output(2) == "python of conda\nbase\n"
    assert "not updated" not in job.log(1)


def test_ruby_is_found_where_its_managers_keep_it(run_job: Make, task: Make, home: Path) -> None:
    job = run_job(
        task("UseRubyVersion@0", {"versionSpec": ">= 96"}, name="rb"),
        "ruby; echo $(rb.rubyLocation)",
        task("UseRubyVersion@0", {"versionSpec": "96.1", "addToPath": "false"}, name="old"),
        "ruby; echo $(old.rubyLocation)",
    )
    assert job.issues("error") == []
    newest, old = home / ".rvm/rubies/ruby-96.2.4", home / ".rbenv/versions/96.1.0"
    assert job.output(2) == f".rvm/rubies/ruby-96.2.4\n{newest}\n"
    assert job.output(4) == f".rvm/rubies/ruby-96.2.4\n{old}\n"


def test_the_ruby_on_path_is_asked_for_its_version(run_job: Make, task: Make, home: Path) -> None:
    program(home / "bin/ruby", "printf 97.0.1")
    job = run_job(
        f"echo '##vso[task.prependpath]{home}/bin'", task("UseRubyVersion@0", {"versionSpec": "97.x"}), "ruby"
    )
    assert (job.output(3), "Found Ruby 97.0.1" in job.log(2)) == ("97.0.1\n", True)


def test_a_ruby_that_is_not_there_is_an_error_with_those_that_are(run_job: Make, task: Make, home: Path) -> None:
    assert home.exists()
    job = run_job(task("UseRubyVersion@0", {"versionSpec": "1.8"}))
    assert job.results == ["Failed"]
    assert "96.1.0, 96.2.4" in job.issues("error")[0]
