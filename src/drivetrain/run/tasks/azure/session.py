"""The Azure CLI of one step: its own configuration, signed in by a service connection, signed out again.

The order of calls and the messages are those of azureclitask.ts in
https://github.com/microsoft/azure-pipelines-tasks/tree/master/Tasks/AzureCLIV2. Secrets are handed over in files, which
`az` reads itself (`@file`), not on the command line, which every process of the machine may read.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from drivetrain.errors import UserError
from drivetrain.run.azure import BUNDLE_VARIABLES, EDGE_VARIABLES, OIDC_REQUEST, Azure
from drivetrain.run.library.local_azure import datum, is_local, parameter
from drivetrain.run.model import Result
from drivetrain.run.predefined import ACCESS_TOKEN
from drivetrain.run.runner.outcome import Outcome
from drivetrain.run.tasks.azure.federated import issue
from drivetrain.run.tasks.azure.script import is_first

if TYPE_CHECKING:
    from drivetrain.run.library.model import Connection
    from drivetrain.run.runner.context import StepContext
    from drivetrain.run.runner.process import Exit

_EXPIRED = "AADSTS7000222"
_VERSION = re.compile(r"azure-cli\s+(\d+)\.(\d+)\.(\d+)")
_SECONDS = 60
_WITH_CERTIFICATE = (2, 66, 0)
"""The first version with `az login --certificate`."""


class Session:
    """What is done before and after the script."""

    def __init__(self, context: StepContext, az: str, connection: Connection) -> None:
        self.environment: dict[str, str] = {}
        """For the script, and for `az`."""
        self.principal: dict[str, str] = {}
        """What `addSpnToEnvironment` adds."""
        self._context = context
        self._az = az
        self._connection = connection
        self._files: list[str] = []
        self._folder: Path | None = None
        self._where = ""
        self._signed_in = False
        self._here = self._leads_here()
        if not self._here:
            context.without = EDGE_VARIABLES

    def begin(self, folder: str) -> Outcome | None:
        """Sign in; what it came to when that failed. Raises UserError when the connection lacks something."""
        self._where = folder
        self._refuse_keeping()
        self._configure()  # First, unlike the official task: `az --version` writes into its folder, too.
        # Here it would only cost two seconds, most of which it looks for newer versions on the internet.
        failed = None if self._here else self._call(["--version"]) or self._choose_cloud()
        failed = failed or self._sign_in()
        subscription = datum(self._connection, "subscriptionid")
        if failed is None and subscription:
            message = "Error in setting up subscription"
            failed = self._call(["account", "set", "--subscription", subscription], message)
        return failed

    def end(self, folder: str) -> None:
        """Sign out, and remove what held secrets. A failure here is only a warning, as in the official task."""
        for path in self._files:
            Path(path).unlink(missing_ok=True)
        if self._signed_in:
            ended = self._run(["account", "clear"], folder)
            if ended.code:
                self._context.warning("The following error occurred while logging out: " + _text(ended))
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _leads_here(self) -> bool:
        """Whether the step signs in to this home. Raises UserError when it cannot sign in anywhere."""
        where, local = self._context.job.spec.azure, is_local(self._connection)
        if local and where == Azure.REAL:
            raise UserError(
                f"The service connection '{self._connection.name}' leads to this home, and this project is on Azure "
                "itself.",
                hint="give it the parameters of a real one, or set `azure` or `azure_projects` in config.toml",
            )
        if local and not where:
            raise UserError("This job was started without a server for Azure's clients.", hint="run it again")
        return local or where == Azure.LOCAL

    def _configure(self) -> None:
        """A folder that no earlier step could have put anything into; it goes with the step."""
        if self._context.inputs.flag("useGlobalConfig"):
            return
        self._folder = self._context.job.layout.temp / f".azclitask-{os.urandom(6).hex()}"
        self._folder.mkdir(mode=0o700)
        self.environment["AZURE_CONFIG_DIR"] = str(self._folder)
        self._context.log.line(f"Setting AZURE_CONFIG_DIR env variable to: {self._folder}")

    def _choose_cloud(self) -> Outcome | None:
        environment = datum(self._connection, "environment")
        if self._here or not environment:
            return None
        self._context.log.line(f"Setting active cloud to: {environment}")
        return self._call(["cloud", "set", "-n", environment])

    def _sign_in(self) -> Outcome | None:
        scheme = self._connection.scheme.lower()
        if self._here and (scheme in ("", "none") or not self._optional("serviceprincipalid")):
            scheme = "managedserviceidentity"  # of the job: it needs nothing that the connection could lack
        if scheme == "workloadidentityfederation":
            arguments, message = self._federated(), "Azure login failed"
        elif scheme == "serviceprincipal":
            arguments, message = self._principal(), "Azure login failed"
        elif scheme == "managedserviceidentity":
            arguments, message = ["--identity"], "Azure login failed using Managed Service Identity"
        else:
            raise UserError(f"Auth Scheme {self._connection.scheme} is not supported")
        hidden = [] if self._shows_sign_in() else ["--output", "none"]
        failed = self._call(["login", *arguments, *hidden], message)
        self._signed_in = failed is None
        return failed

    def _shows_sign_in(self) -> bool:
        """AzureCLI@1 has no such input, and shows it."""
        return self._context.inputs.text("visibleAzLogin").lower() != "false"

    def _principal(self) -> list[str]:
        application, tenant = self._parameter("serviceprincipalid"), self._parameter("tenantid")
        self.principal = {"servicePrincipalId": application, "tenantId": tenant}
        option = "--password"
        if self._here:
            # The job's own token is as good as the secret, for this job only, and ends with it.
            self.principal["servicePrincipalKey"] = key = self._token
            secret = "@" + self._kept(key, "")
        elif self._optional("authenticationtype") == "spnCertificate":
            secret = self._kept(self._parameter("serviceprincipalcertificate"), ".pem")
            option = "--certificate" if self._takes_certificates() else option
        else:
            key = self._parameter("serviceprincipalkey")
            self.principal["servicePrincipalKey"] = key
            secret = "@" + self._kept(key, "")
        rest = [] if is_first(self._context) else [_NO_SUBSCRIPTIONS]
        return ["--service-principal", "-u", application, f"{option}={secret}", "--tenant", tenant, *rest]

    def _federated(self) -> list[str]:
        application, tenant = self._parameter("serviceprincipalid"), self._parameter("tenantid")
        token = self._issued() if self._here else self._parameter("idtoken")
        self._context.job.masker.add(token)
        self.principal = {"servicePrincipalId": application, "idToken": token, "tenantId": tenant}
        self.environment |= {
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": self._connection.id,
            "AZURESUBSCRIPTION_CLIENT_ID": application,
            "AZURESUBSCRIPTION_TENANT_ID": tenant,
        }
        arguments = ["--service-principal", "-u", application, "--tenant", tenant, _NO_SUBSCRIPTIONS]
        return [*arguments, "--federated-token", "@" + self._kept(token, "")]

    @property
    def _token(self) -> str:
        return self._context.job.handed.variables.get(ACCESS_TOKEN, "")

    def _issued(self) -> str:
        """A federated token for this connection, as the official task asks Azure DevOps for one."""
        job = self._context.job
        bundle = job.spec.environment.get(BUNDLE_VARIABLES[0], "")
        return issue(job.variables.value(OIDC_REQUEST), self._connection.id, self._token, bundle)

    def _takes_certificates(self) -> bool:
        found = None if is_first(self._context) else _VERSION.search(self._version())
        return found is not None and tuple(int(part) for part in found.groups()) >= _WITH_CERTIFICATE

    def _refuse_keeping(self) -> None:
        scheme = self._connection.scheme.lower()
        if not self._context.inputs.flag("keepAzSessionActive"):
            return
        if scheme != "workloadidentityfederation":
            raise UserError(
                "The 'keepAzSessionActive' input might be used only for workload identity federation ARM service "
                f"connection. The referenced service endpoint auth scheme was unexpected: {scheme}. Change the scheme "
                "or remove 'keepAzSessionActive' input."
            )
        self._context.log.line("keepAzSessionActive: the connection's token is the same for the whole step.")

    def _kept(self, secret: str, suffix: str) -> str:
        """A file that holds a secret until the step ends."""
        path = self._context.script(secret, suffix)
        Path(path).chmod(0o600)
        self._files.append(path)
        return path

    def _parameter(self, name: str) -> str:
        found = self._optional(name)
        if not found:
            raise UserError(
                f"The service connection '{self._connection.name}' has no {name}, which it needs to sign in by "
                f"{self._connection.scheme}.",
                hint="drivetrain connection --help says how to give it one",
            )
        return found

    def _optional(self, name: str) -> str:
        return parameter(self._connection, name)

    def _call(self, arguments: list[str], message: str = "") -> Outcome | None:
        ended = self._run(arguments, self._where)
        if ended.stop is not None:
            return self._context.outcome(ended, message="")
        if ended.code == 0:
            return None
        self._context.error(f"Error Code: [{ended.code}]")
        if message:
            self._context.error(f"Error: {message}")
        said = _text(ended)
        reason = f"Script failed with error: {said}"
        if _EXPIRED in said:
            reason = f"Secret expired, update service connection '{self._connection.name}'"
        self._context.error(reason)
        return Outcome(Result.FAILED, ended.code, reason)

    def _run(self, arguments: list[str], folder: str) -> Exit:
        args = [self._az, *arguments]
        self._context.command(args)
        return self._context.run(args, folder, env=self.environment, own_stderr=True, commands=False)

    def _version(self) -> str:
        """What `az --version` says: it is asked again, without showing it."""
        import subprocess  # noqa: PLC0415 - only a certificate needs it

        environment = {**self._context.environment(), **self.environment}
        try:
            done = subprocess.run(
                [self._az, "--version"], env=environment, capture_output=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.decode("utf-8", "replace")


_NO_SUBSCRIPTIONS = "--allow-no-subscriptions"


def _text(ended: Exit) -> str:
    return b"".join(ended.stderr).decode("utf-8", "replace").strip()
