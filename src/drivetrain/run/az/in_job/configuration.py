"""What the Azure CLI remembers in its folder: defaults (`az configure --defaults`), the subscription, the sign-in."""

from __future__ import annotations

import configparser
import json
import os
from pathlib import Path
from typing import Any

from .errors import WRONG, CommandError


def folder() -> Path:
    """`AZURE_CONFIG_DIR`."""
    return Path(os.environ.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")


def default(name: str, file: str = "config") -> str:
    """A default: of the environment (`AZURE_DEFAULTS_GROUP`), else of the configuration."""
    told = os.environ.get(f"AZURE_DEFAULTS_{name.upper()}", "") if file == "config" else ""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(folder() / file, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return told
    return told or str(parser.get("defaults", name, fallback=""))


def keep_default(file: str, values: dict[str, str]) -> None:
    """Write defaults; an empty value takes one out."""
    path = folder() / file
    path.parent.mkdir(parents=True, exist_ok=True)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    if not parser.has_section("defaults"):
        parser.add_section("defaults")
    for name, value in values.items():
        if value:
            parser.set("defaults", name, value)
        else:
            parser.remove_option("defaults", name)
    with path.open("w", encoding="utf-8") as written:
        parser.write(written)


def output_format() -> str:
    """`AZURE_CORE_OUTPUT`, or `[core] output` of the configuration."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(folder() / "config", encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        parser = configparser.ConfigParser()
    return os.environ.get("AZURE_CORE_OUTPUT") or str(parser.get("core", "output", fallback="json"))


def subscription(named: str | None) -> str:
    """The subscription by its id or name, else the one that was last chosen. Raises CommandError."""
    known = _known()
    for each in known:
        if named and named.lower() in (str(each.get("id")).lower(), str(each.get("name")).lower()):
            return str(each["id"])
    if named:
        return named
    told = os.environ.get("AZUREML_ARM_SUBSCRIPTION") or os.environ.get("AZURE_SUBSCRIPTION_ID")
    chosen = next((str(each["id"]) for each in known if each.get("isDefault")), "")
    found = chosen or told or ""
    if not found:
        raise CommandError("Please run 'az login' to setup account, or give --subscription.")
    return found


def _known() -> list[dict[str, Any]]:
    try:
        profile = json.loads((folder() / "azureProfile.json").read_text("utf-8-sig"))
    except (OSError, ValueError):
        return []
    found = profile.get("subscriptions") if isinstance(profile, dict) else None
    return [each for each in found or [] if isinstance(each, dict) and each.get("id")]


def needed(values: dict[str, str | None]) -> None:
    """Raises CommandError that names what is missing, as the Azure CLI does."""
    missing = [flags for flags, value in values.items() if not value]
    if missing:
        raise CommandError(f"the following arguments are required: {', '.join(missing)}", WRONG)


def credential() -> Any:
    """The sign-in: the managed identity of a job or terminal of Drivetrain's, else that of the Azure CLI."""
    from azure.identity import AzureCliCredential, ManagedIdentityCredential  # noqa: PLC0415 - a second to import

    return ManagedIdentityCredential() if os.environ.get("IDENTITY_ENDPOINT") else AzureCliCredential()
