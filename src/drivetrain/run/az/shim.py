"""The `az` that stands on a job's PATH behind its Python environment: the machine's own, but for groups of commands
whose extension is not installed. Those are carried out by `in_job/`.

    az ml ...                     the extension `ml`, where it is installed; else in_job
    az pipelines|devops ...       the extension `azure-devops`, where it is installed; else in_job
    az extension add|update|remove --name ml|azure-devops    nothing to do, where in_job stands in for it
    all else, and all for Azure itself                        the real `az`

It is a shell script, and finds the real `az` without starting anything: what is not ours costs two milliseconds.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

IN_JOB = Path(__file__).parent / "in_job"
PACKAGE = "drivetrain_az"

_SHIM = """\
#!/bin/sh
# Made by Drivetrain: the Azure CLI of this machine; `az ml`, `az pipelines` and `az devops` also without extensions.
tools={tools}
real=$DRIVETRAIN_AZ_REAL
unset DRIVETRAIN_AZ_REAL
rest=$PATH:
while [ -z "$real" ] && [ -n "$rest" ]; do
  folder=${{rest%%:*}} rest=${{rest#*:}}
  if [ -x "$folder/az" ] && [ ! -d "$folder/az" ] && [ ! -e "$folder/../lib/{package}" ]; then real=$folder/az; fi
done

group=$1 extension=
case $group in
  ml) extension=ml ;;
  pipelines | devops) extension=azure-devops ;;
  extension)
    case $2 in
      add | update | remove)
        named=
        for word do
          case $word in
            --source* | -s) named= && break ;;
            --name=* | -n=*) named=${{word#*=}} ;;
          esac
          case $last in --name | -n) named=$word ;; esac
          last=$word
        done
        case $named in ml | azure-devops) extension=$named ;; esac
        ;;
    esac
    ;;
esac

installed() {{
  config=${{AZURE_CONFIG_DIR:-$HOME/.azure}}
  [ -d "${{AZURE_EXTENSION_DIR:-$config/cliextensions}}/$extension" ] && return 0
  for folder in "${{real%/*}}"/../lib*/python3*/site-packages /opt/az/lib/python3*/site-packages; do
    [ -d "$folder/azure-cli-extensions/$extension" ] && return 0
  done
  return 1
}}

if [ -n "$extension" ] && [ -n "$ARM_CLOUD_METADATA_URL" ] && [ "$DRIVETRAIN_AZ" != real ] && ! installed; then
  if [ "$group" = extension ]; then
    echo "drivetrain: Drivetrain stands in for the extension $extension; DRIVETRAIN_AZ=real leaves it to az" >&2
    exit 0
  fi
  needs=azure/ai/ml
  [ "$extension" = ml ] || needs=azure/devops
  for folder in "${{VIRTUAL_ENV:-}}" "$DRIVETRAIN_PYTHON_ENV"; do
    for found in "$folder"/lib/python3*/site-packages; do
      [ -n "$folder" ] && [ -d "$found/$needs" ] && [ -d "$found/jmespath" ] &&
        exec "$folder/bin/python" -I "$tools" "$@"
    done
  done
  python=$({python} -I -m drivetrain.run.az.tools {home} "$extension") || exit
  exec "$python" -I "$tools" "$@"
fi
[ -n "$real" ] && exec "$real" "$@"
echo "az: the Azure CLI is not installed on this machine: https://aka.ms/install-azure-cli" >&2
exit 127
"""


def text(home: Path, lib: Path) -> str:
    """The script. `lib` is the folder that holds the copy of `in_job`."""
    return _SHIM.format(
        tools=shlex.quote(str(lib / PACKAGE)),
        package=PACKAGE,
        python=shlex.quote(sys.executable),
        home=shlex.quote(str(home)),
    )


def sources() -> dict[str, bytes]:
    """The files of `in_job`."""
    return {file.name: file.read_bytes() for file in sorted(IN_JOB.glob("*.py"))}


def is_installed(path: str) -> bool:
    """Whether a PATH leads to a real `az`, as the script looks for it."""
    programs = (Path(folder, "az") for folder in path.split(os.pathsep) if folder)
    return any(
        os.access(program, os.X_OK) and program.is_file() and not (program.parent.parent / "lib" / PACKAGE).exists()
        for program in programs
    )
