"""What `az ml` handles in the same way: make from a file, show, list, change, archive, delete."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .configuration import needed
from .errors import WRONG, CommandError
from .options import Option, pairs


class Kind(NamedTuple):
    """One kind of thing."""

    operations: str
    """The client's field."""
    load: str
    """Its function of azure.ai.ml that reads a file."""
    fields: tuple[Option, ...] = ()
    """Options that stand for a key of the file: `--image` for `image`."""
    versioned: bool = False
    archives: bool = False
    deletes: bool = False
    begins: bool = True
    """Its methods begin with `begin_`."""
    creates_by: str = ""
    updates_by: str = ""
    """The client's methods, where they are called otherwise."""
    of_endpoint: bool = False
    file_has_endpoint: bool = True


TYPE = Option(("--type", "-t"), "Its type.")
DESCRIPTION = Option(("--description",), "A description.")
TAGS = Option(("--tags",), "Tags: a=1 b=2.", many=True)
PATH = Option(("--path", "-p"), "Its file or folder.")
COMPUTE_FIELDS = (
    TYPE,
    Option(("--size",), "Size of a machine."),
    Option(("--min-instances",), "At least so many."),
    Option(("--max-instances",), "At most so many."),
    Option(("--idle-time-before-scale-down",), "Seconds."),
    Option(("--tier",), "dedicated or low_priority."),
    DESCRIPTION,
)
TRAFFIC = Option(("--traffic",), "Shares of traffic: blue=90 green=10.", many=True)
MIRROR_TRAFFIC = Option(("--mirror-traffic",), "Share of copies that one deployment gets: green=10.", many=True)
ALL_TRAFFIC = Option(("--all-traffic",), "Send all traffic to it.", flag=True)
UNCHECKED = Option(("--skip-script-validation",), "Do not look for errors in the scoring script.", flag=True)
SET_DEFAULT = Option(("--set-default",), "Make it the endpoint's default.", flag=True)
_IMAGE = (Option(("--image", "-i"), "Docker image."), Option(("--conda-file", "-c"), "Conda file."), DESCRIPTION, TAGS)

KINDS: dict[str, Kind] = {
    "job": Kind("jobs", "load_job", (), archives=True, begins=False),
    "environment": Kind("environments", "load_environment", _IMAGE, versioned=True, archives=True, begins=False),
    "data": Kind("data", "load_data", (PATH, TYPE, DESCRIPTION, TAGS), versioned=True, archives=True, begins=False),
    "component": Kind("components", "load_component", (DESCRIPTION, TAGS), True, True, begins=False),
    "model": Kind("models", "load_model", (PATH, TYPE, DESCRIPTION, TAGS), True, True, begins=False),
    "compute": Kind("compute", "load_compute", COMPUTE_FIELDS, deletes=True, updates_by="begin_update"),
    "datastore": Kind("datastores", "load_datastore", deletes=True, begins=False),
    "schedule": Kind("schedules", "load_schedule", deletes=True),
    "online-endpoint": Kind(
        "online_endpoints",
        "load_online_endpoint",
        (Option(("--auth-mode",), "key, aml_token or aad_token."), TRAFFIC, MIRROR_TRAFFIC),
        deletes=True,
    ),
    "online-deployment": Kind(
        "online_deployments", "load_online_deployment", (ALL_TRAFFIC, UNCHECKED), deletes=True, of_endpoint=True
    ),
    "batch-endpoint": Kind("batch_endpoints", "load_batch_endpoint", deletes=True),
    "batch-deployment": Kind(
        "batch_deployments", "load_batch_deployment", (SET_DEFAULT,), deletes=True, of_endpoint=True
    ),
    "registry": Kind("registries", "load_registry", creates_by="begin_create"),
}
_FLAGS = {"true": True, "false": False}
_ACTIONS = frozenset({"traffic", "mirror_traffic", "all_traffic", "set_default", "skip_script_validation"})


def overrides(given: Any, kind: Kind) -> list[dict[str, Any]]:
    """What options and `--set` say in place of the file, as the client's loaders take it."""
    found: dict[str, Any] = dict(pairs(getattr(given, "set", None)))
    names = ("name", *(("version",) if kind.versioned else ()), *(("endpoint_name",) if kind.of_endpoint else ()))
    for name in (*names, *(_key(option) for option in kind.fields)):
        value = getattr(given, name, None)
        if value in (None, False) or name in _ACTIONS:
            continue
        found[name] = pairs(value, "--tags") if name == "tags" else value
    return [{name: value} for name, value in found.items()]


def _key(option: Option) -> str:
    return option.flags[0].lstrip("-").replace("-", "_")


def loaded(given: Any, kind: Kind) -> Any:
    """The entity that a file describes, or options alone. Raises CommandError."""
    from azure.ai import ml  # noqa: PLC0415 - seconds to import
    from azure.ai.ml.entities import _load_functions  # noqa: PLC0415 - the only place of load_schedule

    load = getattr(ml, kind.load, None) or getattr(_load_functions, kind.load)
    if not given.file and not (given.name and overrides(given, kind)):
        raise CommandError("the following arguments are required: --file/-f", WRONG)
    return load(given.file or None, params_override=overrides(given, kind))


def operations(ml: Any, kind: Kind) -> Any:
    """The client's operations on a kind."""
    return getattr(ml, kind.operations)


def waited(result: Any, given: Any) -> Any:
    """What a long operation comes to, unless nobody wants to wait."""
    if _is_poller(result) and not getattr(given, "no_wait", False):
        result = result.result()
    return described(result)


def _is_poller(result: Any) -> bool:
    """Told by its class: nodes of pipelines seem to have every attribute."""
    return callable(getattr(type(result), "result", None))


def described(entity: Any) -> Any:
    """An entity as the extension shows it: as its file would be. The client answers with nodes of pipelines where it
    means jobs.
    """
    if hasattr(entity, "_to_job"):
        entity = entity._to_job()  # noqa: SLF001 - as below
    if hasattr(entity, "_to_dict"):
        return _in_words(entity._to_dict())  # noqa: SLF001 - what the extension shows
    return None if _is_poller(entity) else entity


_SPELLED_AS_CODE = re.compile(
    r"(?:JobStatus|CreatedByType|ComputeInstanceState|\w*Provisioning(?:State|Status))\.([A-Z_]+)"
)


def _in_words(value: Any) -> Any:
    """Since Python 3.11 the client writes `JobStatus.COMPLETED` where it means `Completed`."""
    if isinstance(value, dict):
        return {name: _in_words(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_words(each) for each in value]
    found = _SPELLED_AS_CODE.fullmatch(value) if isinstance(value, str) else None
    return "".join(word.capitalize() for word in found[1].split("_")) if found else value


def made(ml: Any, kind: Kind, entity: Any, given: Any, *, new: bool = True) -> Any:
    """Create it, or change it to this."""
    method = kind.creates_by or ("begin_create_or_update" if kind.begins else "create_or_update")
    if kind.updates_by and not new:
        method = kind.updates_by
    more = {"skip_script_validation": True} if getattr(given, "skip_script_validation", False) else {}
    return waited(getattr(operations(ml, kind), method)(entity, **more), given)


def created(kind: Kind) -> Any:
    """Make one from a file."""

    def call(ml: Any, given: Any) -> Any:
        found = made(ml, kind, loaded(given, kind), given)
        _afterwards(ml, given, kind)
        return found

    return call


def _afterwards(ml: Any, given: Any, kind: Kind) -> None:
    """Traffic that goes to a new deployment."""
    if getattr(given, "all_traffic", False):
        endpoint = ml.online_endpoints.get(given.endpoint_name or _endpoint_of(given, kind))
        endpoint.traffic = {given.name or _name_of(given, kind): 100}
        ml.online_endpoints.begin_create_or_update(endpoint).result()
    if getattr(given, "set_default", False):
        endpoint = ml.batch_endpoints.get(given.endpoint_name or _endpoint_of(given, kind))
        endpoint.defaults = {"deployment_name": given.name or _name_of(given, kind)}
        ml.batch_endpoints.begin_create_or_update(endpoint).result()


def _endpoint_of(given: Any, kind: Kind) -> str:
    return str(loaded(given, kind).endpoint_name)


def _name_of(given: Any, kind: Kind) -> str:
    return str(loaded(given, kind).name)


def _found(ml: Any, kind: Kind, given: Any) -> Any:
    if kind.of_endpoint:
        return operations(ml, kind).get(given.name, given.endpoint_name)
    if not kind.versioned:
        return operations(ml, kind).get(given.name)
    label = getattr(given, "label", None)
    version = given.version if given.version or label else None
    if version is None and label is None:
        needed({"--version/-v": None})
    return operations(ml, kind).get(given.name, version=version, label=label)


def shown(kind: Kind) -> Any:
    """Show one."""
    return lambda ml, given: described(_found(ml, kind, given))


def listed(kind: Kind) -> Any:
    """List them."""

    def call(ml: Any, given: Any) -> Any:
        named: dict[str, Any] = {"name": given.name} if getattr(given, "name", None) else {}
        if getattr(given, "type", None):
            named["compute_type"] = given.type
        if kind.of_endpoint:
            named["endpoint_name"] = given.endpoint_name
        return first(operations(ml, kind).list(**named, **view(given)), given)

    return call


def view(given: Any) -> dict[str, Any]:
    """Archived ones, where the options ask for them."""
    if not getattr(given, "archived_only", False) and not getattr(given, "include_archived", False):
        return {}
    from azure.ai.ml.constants import ListViewType  # noqa: PLC0415 - seconds to import

    return {"list_view_type": ListViewType.ARCHIVED_ONLY if given.archived_only else ListViewType.ALL}


def first(found: Any, given: Any) -> list[Any]:
    """As many as were asked for, described."""
    most = getattr(given, "max_results", None)
    if most is not None and not str(most).isdecimal():
        raise CommandError(f"argument --max-results/-r: invalid int value: '{most}'", WRONG)
    rows: list[Any] = []
    for each in found:
        if most is not None and len(rows) >= int(most):
            break
        rows.append(described(each))
    return rows


def updated(kind: Kind) -> Any:
    """Change one: to what a file says, or only what `--set` and other options say."""

    def call(ml: Any, given: Any) -> Any:
        if given.file:
            return created(kind)(ml, given)
        needed({"--name/-n": given.name})
        entity = _found(ml, kind, given)
        for each in overrides(given, kind):
            for path, value in each.items():
                if path not in ("name", "version", "endpoint_name"):
                    _put(entity, path.split("."), value)
        for option in (TRAFFIC, MIRROR_TRAFFIC):
            if getattr(given, _key(option), None):
                setattr(entity, _key(option), _shares(getattr(given, _key(option)), option.flags[0]))
        return made(ml, kind, entity, given, new=False)

    return call


def _shares(values: list[str], option: str) -> dict[str, int]:
    found = pairs(values, option)
    if wrong := [name for name, share in found.items() if not share.isdecimal()]:
        raise CommandError(f"{option}: '{found[wrong[0]]}' is no whole number", WRONG)
    return {name: int(share) for name, share in found.items()}


def _put(entity: Any, path: list[str], value: Any) -> None:
    """Set a value deep in an entity: fields of objects, keys of mappings."""
    for name in path[:-1]:
        inner = entity.get(name) if isinstance(entity, dict) else getattr(entity, name, None)
        if inner is None:
            inner = {}
            _assign(entity, name, inner)
        entity = inner
    _assign(entity, path[-1], value)


def _assign(entity: Any, name: str, value: Any) -> None:
    if isinstance(entity, dict):
        entity[name] = _as_before(entity.get(name), value)
    elif hasattr(entity, name):
        setattr(entity, name, _as_before(getattr(entity, name), value))
    else:
        raise CommandError(f"--set: there is no '{name}' to set", WRONG)


def _as_before(before: Any, value: Any) -> Any:
    """The value of a command line as what it takes the place of: a number, a flag, or text. Raises CommandError."""
    if not isinstance(value, str) or not isinstance(before, (bool, int, float)):
        return value
    try:
        return _FLAGS[value.lower()] if isinstance(before, bool) else type(before)(value)
    except (KeyError, ValueError):
        raise CommandError(f"--set: '{value}' is no {type(before).__name__}", WRONG) from None


def archived(kind: Kind) -> Any:
    """Archive one."""
    return lambda ml, given: operations(ml, kind).archive(given.name, **_which(kind, given))


def restored(kind: Kind) -> Any:
    """Take one out of the archive."""
    return lambda ml, given: operations(ml, kind).restore(given.name, **_which(kind, given))


def _which(kind: Kind, given: Any) -> dict[str, Any]:
    return {"version": given.version, "label": given.label} if kind.versioned else {}


def deleted(kind: Kind) -> Any:
    """Delete one; nobody is asked, because nobody could answer."""

    def call(ml: Any, given: Any) -> Any:
        method = "begin_delete" if kind.begins else "delete"
        more = {"endpoint_name": given.endpoint_name} if kind.of_endpoint else {}
        waited(getattr(operations(ml, kind), method)(name=given.name, **more), given)

    return call
