"""JavaToolInstaller@0: a JDK that this machine has, or one from an archive.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/java-tool-installer-v0
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.runner.outcome import SUCCEEDED
from drivetrain.run.tasks.declared import Declared
from drivetrain.run.tasks.files.removal import empty
from drivetrain.run.tasks.files.stopping import Stopped, go_on
from drivetrain.run.tasks.files.unpacking import TARS, ZIPS, Target, TarSource, ZipSource, unpack
from drivetrain.run.tasks.tools.installed import (
    Installed,
    architecture,
    below,
    choose,
    kept,
    on_path,
    read_start,
    set_variable,
    use,
    with_three_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.outcome import Outcome

TASKS = {
    "JavaToolInstaller@0": Declared(
        "Java tool installer",
        "Find a specific version of Java on this machine, or take it from an archive, and set JAVA_HOME",
        ("jdkArchitectureOption", "jdkSourceOption"),
        {
            "versionSpec": "8",
            "jdkFile": "",
            "azureResourceManagerEndpoint": "",
            "azureStorageAccountName": "",
            "azureContainerName": "",
            "azureCommonVirtualFile": "",
            "jdkDestinationDirectory": "",
            "azureResourceGroupName": "",
            "cleanDestinationDirectory": "true",
            "createExtractDirectory": "true",
        },
    ),
}
_HINT = "install a JDK (Debian: openjdk-21-jdk, macOS: brew install openjdk@21, or sdkman), or take one that is there"
_PROGRAMS = ("java", "javac", "jar", "javadoc", "jshell", "keytool")


def run(context: StepContext) -> Outcome:
    """Find the JDK, put it on PATH, and set JAVA_HOME and JAVA_HOME_<version>_<architecture>."""
    inputs = context.inputs
    spec = inputs.required("versionSpec")
    wanted = inputs.choice("jdkArchitectureOption", "x64", "x86", "arm64", "aarch64").replace("aarch64", "arm64")
    source = inputs.choice("jdkSourceOption", "preinstalled", "localdirectory", "azurestorage")
    extended = f"JAVA_HOME_{spec}_{wanted}".upper()
    if source == "azurestorage":
        raise UserError(
            "A JDK from Azure storage cannot be fetched here",
            hint="use jdkSourceOption: PreInstalled or LocalDirectory",
        )
    try:
        tool = _from_file(context, extended) if source == "localdirectory" else _found(context, spec, wanted, extended)
    except Stopped as stopped:
        return stopped.outcome
    context.log.line(f"JAVA_HOME is being set to: {tool.folder}")
    set_variable(context, "JAVA_HOME", tool.folder)
    context.log.line(f"{extended} is being set to: {tool.folder}")
    if re.fullmatch(r"\w+", extended):
        set_variable(context, extended, tool.folder)
    use(context, tool, _PROGRAMS)
    return SUCCEEDED


def _found(context: StepContext, spec: str, wanted: str, extended: str) -> Installed:
    named = context.environment().get(extended, "")
    if named and Path(named, "bin").is_dir():
        context.log.line(f"Resolved Java home from {extended}: {named}")
        return Installed(spec, named, f"{named}/bin")
    own = architecture(context)
    if wanted != own:
        raise UserError(f"This machine runs Java for {own}, not for {wanted}", hint=f"use jdkArchitectureOption: {own}")
    tool = choose("Java", spec, _installed(context), _HINT)
    context.log.line(f"Use preinstalled JDK from {tool.folder}")
    return tool


def _installed(context: StepContext) -> Iterator[Installed]:
    for tool in (*kept(context, "Java"), *kept(context, "Java_Temurin-Hotspot_jdk")):
        yield tool._replace(version=re.sub(r"[-+].*", "", tool.version))
    program, variables = on_path(context, "java"), context.environment()
    folders = [
        *(Path(value) for name, value in variables.items() if re.match(r"JAVA_HOME(_\d+_\w+)?$", name) and value),
        *([Path(program).parent.parent] if program else []),
        *below("/usr/lib/jvm"),
        *below("/opt/java"),
        *(folder / "Contents" / "Home" for folder in below("/Library/Java/JavaVirtualMachines")),
        *below(Path.home(), ".sdkman", "candidates", "java"),
        *below(Path.home(), ".jdks"),
    ]
    for folder in folders:
        if (folder / "bin" / "java").exists() and (version := _version(folder)):
            yield Installed(version, str(folder), str(folder / "bin"))


def _version(folder: Path) -> str:
    """What a JDK's own file says: 17.0.9, and 8.0.392 for 1.8.0_392."""
    found = re.search(r'^JAVA_VERSION="?([\d._]+)', read_start(folder / "release"), re.MULTILINE)
    if found is None:
        return ""
    text = found[1].replace("_", ".")
    numbers = text.removeprefix("1.").split(".") if text.startswith("1.") else text.split(".")
    return with_three_numbers(".".join(numbers[:3]))


def _from_file(context: StepContext, extended: str) -> Installed:
    inputs = context.inputs
    context.log.line("Retrieving the JDK from local path.")
    inputs.required("jdkFile")
    inputs.required("jdkDestinationDirectory")
    file, folder = inputs.path("jdkFile"), inputs.path("jdkDestinationDirectory")
    if not Path(file).is_file():
        raise UserError(f"Extraction failed for file: {file} because it does not exist.")
    if not file.endswith((*ZIPS, *TARS)):
        raise UserError(
            "Specified JDK source file does not have a supported file extension.", hint="use .tar.gz or .zip"
        )
    if inputs.flag("cleanDestinationDirectory") and Path(folder).exists():
        context.log.line(f"Cleaning destination folder before extraction: {folder}")
        empty(folder)
    if inputs.flag("createExtractDirectory"):
        name = f"{extended}_{Path(file).name}".replace(".", "_")
        folder = f"{folder}/{name}"
    context.log.line(f"Extracting archive to: {folder}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    source = TarSource(file) if file.endswith(TARS) else ZipSource(file)
    unpack(file, source, Target(folder, True, lambda _: None, lambda _: None, lambda: go_on(context)))
    homes = [Path(home) for home, folders, _ in os.walk(folder) if "bin" in folders and Path(home, "bin/java").exists()]
    if not homes:
        raise UserError(
            "JDK file is not valid. Verify if JDK file contains only one root folder with 'bin' inside.",
            hint=f"{file} has no bin/java",
        )
    home = min(homes, key=lambda path: len(path.parts))
    return Installed("", str(home), str(home / "bin"))
