"""`az pipelines run`, `runs`, `build`: starting and reading runs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from .errors import MISSING, WRONG, CommandError
from .options import pairs

_ORDERS = {
    "finishtimeasc": "finishTimeAscending",
    "finishtimedesc": "finishTimeDescending",
    "queuetimeasc": "queueTimeAscending",
    "queuetimedesc": "queueTimeDescending",
    "starttimeasc": "startTimeAscending",
    "starttimedesc": "startTimeDescending",
}


def definition(services: Any, number: str | None, name: str | None) -> int:
    """The number of a pipeline, by its number or name. Raises CommandError."""
    if number:
        return whole(number, "--id")
    if not name:
        raise CommandError("Either the --id argument or the --name argument must be supplied for this command.")
    found = services.client("build").get_definitions(services.project, name=name)
    if not found:
        raise CommandError(f"There were no build definitions matching name '{name}' in project '{services.project}'.",
                           MISSING)  # fmt: skip
    return int(found[0].id)


def whole(text: str, flag: str) -> int:
    """A whole number. Raises CommandError."""
    if not text.isdecimal():
        raise CommandError(f"argument {flag}: invalid int value: '{text}'", WRONG)
    return int(text)


def _ref(branch: str | None) -> str | None:
    return f"refs/heads/{branch}" if branch and not branch.startswith("refs/") else branch


def run(services: Any, given: Any) -> Any:
    """Queue a pipeline; with `--parameters` by the newer of the two APIs, as the extension does."""
    number = definition(services, given.id, given.name)
    variables = pairs(given.variables, "--variables")
    if given.parameters is None:
        return _queue(services, number, given.branch, given.commit_id, variables)
    own = {key: value for key, value in (("refName", _ref(given.branch)), ("version", given.commit_id)) if value}
    body = {
        "templateParameters": pairs(given.parameters, "--parameters"),
        "variables": {name: {"value": value} for name, value in variables.items()},
        "resources": {"repositories": {"self": own}} if own else None,
    }
    return services.client("pipelines").run_pipeline(body, services.project, number)


def build_queue(services: Any, given: Any) -> Any:
    """Queue a build."""
    number = definition(services, given.definition_id, given.definition_name)
    return _queue(services, number, given.branch, given.commit_id, pairs(given.variables, "--variables"))


def _queue(services: Any, number: int, branch: str | None, commit: str | None, variables: dict[str, str]) -> Any:
    body = {"definition": {"id": number}, "sourceBranch": _ref(branch), "sourceVersion": commit}
    body["parameters"] = json.dumps(variables) if variables else None
    return services.client("build").queue_build(body, services.project)


def pipeline(services: Any, given: Any) -> Any:
    """Show a pipeline."""
    number = definition(services, given.id, given.name)
    return services.client("build").get_definition(services.project, number)


def pipelines(services: Any, given: Any) -> Any:
    """List pipelines."""
    top = whole(given.top, "--top") if given.top else None
    return services.client("build").get_definitions(services.project, name=given.name, top=top)


def show(services: Any, given: Any) -> Any:
    """Show a run."""
    return services.client("build").get_build(services.project, whole(given.id, "--id"))


def listing(services: Any, given: Any) -> Any:
    """List runs."""
    ids = getattr(given, "pipeline_ids", None) or getattr(given, "definition_ids", None)
    order = given.query_order and _ORDERS.get(given.query_order.lower(), given.query_order)
    return services.client("build").get_builds(
        services.project,
        definitions=[int(each) for each in ids.replace(",", " ").split()] if ids else None,
        branch_name=_ref(given.branch),
        status_filter=given.status,
        result_filter=given.result,
        tag_filters=given.tags.split(",") if given.tags else None,
        reason_filter=given.reason,
        requested_for=given.requested_for,
        query_order=order or None,
        top=whole(given.top, "--top") if given.top else None,
    )


def _number(given: Any) -> int:
    told = getattr(given, "run_id", None) or getattr(given, "build_id", None)
    return whole(str(told), "--run-id")


def add_tags(services: Any, given: Any) -> Any:
    """Give a run tags."""
    tags = [each.strip() for each in given.tags.split(",") if each.strip()]
    return services.client("build").add_build_tags(tags, services.project, _number(given))


def tags(services: Any, given: Any) -> Any:
    """List the tags of a run."""
    return services.client("build").get_build_tags(services.project, _number(given))


def delete_tag(services: Any, given: Any) -> Any:
    """Take a tag away."""
    return services.client("build").delete_build_tag(services.project, _number(given), given.tag)


def cancel(services: Any, given: Any) -> Any:
    """Cancel a build."""
    return services.client("build").update_build({"status": "cancelling"}, services.project, _number(given))


def artifacts(services: Any, given: Any) -> Any:
    """List the artifacts of a run."""
    return services.client("build").get_artifacts(services.project, _number(given))


def download(services: Any, given: Any) -> Any:
    """Download an artifact: its files, without the folder of its name."""
    target = Path(given.path).resolve()
    target.mkdir(parents=True, exist_ok=True)
    packed = target / f".{_number(given)}.zip"
    chunks = services.client("build").get_artifact_content_zip(services.project, _number(given), given.artifact_name)
    try:
        with packed.open("wb") as file:
            file.writelines(chunks)
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.infolist():
                _extract(archive, entry, target)
    finally:
        packed.unlink()


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    path = (target / entry.filename.partition("/")[2]).resolve()
    if entry.is_dir() or target not in path.parents:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive.read(entry))
