"""Asks for a federated token: proof, for whoever trusts the issuer, that this job may use a service connection.

https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from drivetrain.errors import UnavailableError

SECONDS = 60


def issue(address: str, connection_id: str, token: str, bundle: str) -> str:
    """The token. `token` is the job's own, `bundle` the file of authorities. Raises UnavailableError."""
    import ssl  # noqa: PLC0415 - heavy; only this needs it
    from http.client import HTTPException, HTTPSConnection  # noqa: PLC0415 - likewise

    place = urlsplit(address)
    query = urlencode({"serviceConnectionId": connection_id, "api-version": "7.1"})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Content-Length": "0"}
    try:
        context = ssl.create_default_context(cafile=bundle if Path(bundle).is_file() else None)
        connection = HTTPSConnection(place.netloc, timeout=SECONDS, context=context)
        connection.request("POST", f"{place.path}?{query}", headers=headers)
        answer = connection.getresponse()
        said = answer.read(1 << 20)
        connection.close()
        if answer.status == 200:  # noqa: PLR2004
            return str(json.loads(said)["oidcToken"])
    except (OSError, HTTPException, ValueError, KeyError) as error:
        raise UnavailableError(f"no federated token could be had: {error}", hint="run the job again") from error
    raise UnavailableError(f"no federated token was given: {answer.status} {said[:300]!r}", hint="run the job again")
