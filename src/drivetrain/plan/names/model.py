"""What may be called how: of tasks, folders, legs and runs."""

from __future__ import annotations


def of_major_version(reference: str) -> str:
    """`Bash@3` of `Bash@3.1.0`: a step may name all of a version.

    https://learn.microsoft.com/azure/devops/pipelines/process/tasks#task-versions
    """
    name, at, version = reference.partition("@")
    return f"{name}{at}{version.partition('.')[0]}"


def checkout_folder(name: str) -> str:
    """The folder below `s` that a repository gets where a job checks out several: the last part of its name.

    https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#checkout-path
    """
    return name.rstrip("/ ").removesuffix(".git").rstrip("/ ").rpartition("/")[2]


LONGEST_LEG_NAME = 100


def is_leg_name(name: str) -> bool:
    """Whether a leg may be called so: its name stands in lines of text.

    Azure documents letters, digits and `_`; dots, dashes, blanks and slashes are met in working pipelines.
    https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/jobs-job-strategy
    """
    return 0 < len(name.strip()) <= len(name) <= LONGEST_LEG_NAME and name.isprintable()


LONGEST_RUN_NAME = 255
NOT_IN_RUN_NAME = '"/:<>\\|?@*'


def is_run_name(text: str) -> bool:
    """Whether a run may be called so: Azure refuses some characters and a dot at the end (TF209010).

    https://learn.microsoft.com/azure/devops/pipelines/process/run-number
    """
    fits = 0 < len(text.strip()) <= len(text) <= LONGEST_RUN_NAME and not text.endswith(".")
    return fits and text.isprintable() and not set(text) & set(NOT_IN_RUN_NAME)
