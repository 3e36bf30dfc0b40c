"""`az pipelines variable-group`."""

from __future__ import annotations

from typing import Any

from .devops_runs import whole
from .errors import MISSING, WRONG, CommandError
from .options import Option, Verb, pairs

GROUP_ID = Option(("--group-id", "--id"), "Number of the group.", required=True)
NAME = Option(("--name",), "Name of the variable.", required=True)
SECRET = Option(("--secret",), "true or false.")
VALUE = Option(("--value",), "Its value.")
YES = Option(("--yes", "-y"), "Do not ask.", flag=True)


def _agent(services: Any) -> Any:
    return services.client("task_agent")


def _get(services: Any, given: Any) -> Any:
    found = _agent(services).get_variable_group(services.project, whole(given.group_id, "--group-id"))
    if found is None:
        raise CommandError(f"There is no variable group {given.group_id}.", MISSING)
    return found


def _parameters(services: Any, group: Any) -> dict[str, Any]:
    """A group as it is sent: values that are secret and not given stay as they are."""
    project = services.client("core").get_project(services.project)
    reference = {"name": group["name"], "projectReference": {"id": project.id, "name": project.name}}
    return {"type": "Vsts", "variableGroupProjectReferences": [reference], **group}


def _sent(found: Any, **changed: Any) -> dict[str, Any]:
    values = {
        name: {"value": value.value, "isSecret": bool(value.is_secret)}
        for name, value in (found.variables or {}).items()
    }
    return {"name": found.name, "description": found.description, "variables": values, **changed}


def _put(services: Any, found: Any, group: dict[str, Any]) -> Any:
    return _agent(services).update_variable_group(_parameters(services, group), found.id)


def listing(services: Any, given: Any) -> Any:
    """List groups."""
    top = whole(given.top, "--top") if given.top else None
    return _agent(services).get_variable_groups(services.project, group_name=given.group_name, top=top)


def create(services: Any, given: Any) -> Any:
    """Make a group."""
    values = {name: {"value": value} for name, value in pairs(given.variables, "--variables").items()}
    group = {"name": given.name, "description": given.description, "variables": values}
    return _agent(services).add_variable_group(_parameters(services, group))


def update(services: Any, given: Any) -> Any:
    """Change what a group is for."""
    found = _get(services, given)
    return _put(services, found, _sent(found, description=given.description))


def delete(services: Any, given: Any) -> Any:
    """Delete a group."""
    project = services.client("core").get_project(services.project)
    _agent(services).delete_variable_group(whole(given.group_id, "--group-id"), [project.id])


def variables(services: Any, given: Any) -> Any:
    """The variables of a group; secrets without their values."""
    return _get(services, given).variables


def _flag(text: str | None) -> bool:
    if (text or "false").lower() not in ("true", "false"):
        raise CommandError(f"argument --secret: invalid choice: '{text}' (choose from 'true', 'false')", WRONG)
    return (text or "").lower() == "true"


def put_variable(services: Any, given: Any) -> Any:
    """Set a variable of a group."""
    found = _get(services, given)
    group = _sent(found)
    before = group["variables"].get(given.name, {})
    secret = _flag(given.secret) if given.secret else bool(before.get("isSecret"))
    group["variables"][given.name] = {"value": given.value, "isSecret": secret}
    return {given.name: _put(services, found, group).variables[given.name]}


def drop_variable(services: Any, given: Any) -> Any:
    """Take a variable out of a group."""
    found = _get(services, given)
    group = _sent(found)
    if group["variables"].pop(given.name, None) is None:
        raise CommandError(f"Variable '{given.name}' does not exist.", MISSING)
    _put(services, found, group)


_LIST = (
    Option(("--group-name",), "Only of this name; may have *."),
    Option(("--top",), "At most so many."),
    Option(("--query-order",), "Taken, and without effect."),
    Option(("--action-filter",), "Taken, and without effect."),
)
_NEW = (
    Option(("--name",), "Its name.", required=True),
    Option(("--variables",), "name=value pairs.", required=True, many=True),
    Option(("--description",), "What it is for."),
    Option(("--authorize",), "Taken, and without effect: drivetrain variable-group permit."),
)
VERBS = {
    "variable-group list": Verb(listing, _LIST, "List variable groups."),
    "variable-group show": Verb(_get, (GROUP_ID,), "Show a variable group."),
    "variable-group create": Verb(create, _NEW, "Make a variable group."),
    "variable-group update": Verb(
        update, (GROUP_ID, Option(("--description",), "What it is for.")), "Change a variable group."
    ),
    "variable-group delete": Verb(delete, (GROUP_ID, YES), "Delete a variable group."),
    "variable-group variable list": Verb(variables, (GROUP_ID,), "List the variables of a group."),
    "variable-group variable create": Verb(put_variable, (GROUP_ID, NAME, VALUE, SECRET), "Add a variable to a group."),
    "variable-group variable update": Verb(
        put_variable, (GROUP_ID, NAME, VALUE, SECRET), "Change a variable of a group."
    ),
    "variable-group variable delete": Verb(drop_variable, (GROUP_ID, NAME, YES), "Take a variable out of a group."),
}
