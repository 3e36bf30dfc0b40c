"""The environment in which official Azure clients find this home: that of jobs, and of terminals.

Light: `drivetrain run` imports it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from drivetrain.run.azure import (
    BUNDLE_VARIABLES,
    CLOUD,
    CLOUD_VARIABLES,
    CONFIGURATION,
    OIDC_REQUEST,
    PROXY_MARK,
    Azure,
)
from drivetrain.run.launch import JobEnvironment
from drivetrain.run.predefined import guid
from drivetrain.run.runner.layout import Layout
from drivetrain.view.api.azure.hosts.names import without_ours
from drivetrain.wire.seldom import load
from drivetrain.wire.trust import BUNDLE, HOSTS, is_current

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from drivetrain.home import Home
    from drivetrain.run.model import JobSpec, Run
    from drivetrain.settings import Settings

LOOPBACK = "127.0.0.1"


def edge_variables(address: str, folder: Path, token: str) -> dict[str, str]:
    """The environment in which the official clients find the edge at `address`.

    https://learn.microsoft.com/cli/azure/azure-cli-configuration, and the sources of azure-ai-ml and azureml-core.
    """
    bundle = str(folder / BUNDLE)
    return {
        "ARM_CLOUD_METADATA_URL": f"{address}/metadata/endpoints?api-version=2019-05-01",
        "AZURE_CLOUD_NAME": CLOUD,
        "AZUREML_CURRENT_CLOUD": CLOUD,
        "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{address}/",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "IDENTITY_ENDPOINT": f"{address}/msi/token",
        "IDENTITY_HEADER": token,
    }


_SECRETS = ("IDENTITY_HEADER", "HTTPS_PROXY", "https_proxy", PROXY_MARK)
_LOOPBACK_NAMES = (LOOPBACK, "localhost", "::1")


def host_variables(plain: Mapping[str, str], folder: Path, port: int, token: str) -> dict[str, str]:
    """The same environment for clients that know Azure's own host names only: the proxy at `port` leads those here.

    https://requests.readthedocs.io/en/latest/user/advanced/#proxies, and likewise in curl, Rust and Go.
    """
    key = load("wire.certificates:HostCertificates")(folder).ready()
    shown = load("view.api.azure.hosts.credentials:credential")(key, token)
    proxy = f"http://{shown}@{LOOPBACK}:{port}"
    kept = {name: value for name, value in plain.items() if name not in CLOUD_VARIABLES}
    spared = no_proxy(os.environ)
    return {
        **kept,
        **dict.fromkeys(BUNDLE_VARIABLES, str(folder / HOSTS / BUNDLE)),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), spared),
        # For nobody to read: what it holds is kept out of logs, also where a program prints it as a header.
        PROXY_MARK: shown,
    }


def no_proxy(environ: Mapping[str, str]) -> str:
    """Whom clients ask without a proxy: whom they would anyway, but for Azure, and this machine."""
    before = without_ours(environ.get("no_proxy") or environ.get("NO_PROXY") or "")
    return ",".join(dict.fromkeys([*(word for word in before.split(",") if word), *_LOOPBACK_NAMES]))


def address_of(port: int) -> str:
    """The edge's address, as clients are told it."""
    return f"https://{LOOPBACK}:{port}"


class AzureOfJobs:
    """What jobs get in their environment so that they find Azure, wherever that is for them."""

    def __init__(self, home: Home, settings: Settings, run: Callable[[int], Run]) -> None:
        self._home = home
        self._settings = settings
        self._run = run

    def environment(self, spec: JobSpec, token: str, address: str, proxy: int) -> JobEnvironment:
        """Of one job, which finds the edge at `address`, and at the port `proxy` the one for Azure's host names."""
        run = self._run(spec.run_id)
        where = self._where(run)
        job = Layout(self._home.run(spec.run_id) / spec.ref.folder(spec.attempt))
        plain = {CONFIGURATION: str(job.temp / "azure")}
        if where is Azure.REAL:
            return JobEnvironment(plain, azure=where)
        if not is_current(self._home.azure):
            load("wire.certificates:Certificates")(self._home.azure).make()
        found = edge_variables(address, self._home.azure, token)
        if where is Azure.HOSTS:
            found = host_variables(found, self._home.azure, proxy, token)
        secret = {name: found.pop(name) for name in _SECRETS if name in found}
        return JobEnvironment({**found, **plain}, secret, {OIDC_REQUEST: _oidc(address, run, spec)}, where)

    def _where(self, run: Run) -> Azure:
        named = self._settings.azure_projects
        return Azure(named.get(run.project or run.source.name, self._settings.azure))


def _oidc(address: str, run: Run, spec: JobSpec) -> str:
    """https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create"""
    project, plan = quote(run.project or run.source.name, safe=""), guid("plan", run.id)
    job = guid(run.id, str(spec.ref), spec.attempt)
    return f"{address}/{project}/_apis/distributedtask/hubs/build/plans/{plan}/jobs/{job}/oidctoken"


def both(one: JobEnvironment, other: JobEnvironment) -> JobEnvironment:
    """What two say together."""
    return JobEnvironment(
        {**one.plain, **other.plain},
        {**one.secret, **other.secret},
        {**one.variables, **other.variables},
        other.azure or one.azure,
    )
