"""Whatever is asked of any route of the edge by who may come in: never an error of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.view.azure.identity.conftest import OWNER
from tests.unit.view.odd_requests import ask_oddly

if TYPE_CHECKING:
    from tests.unit.view.azure.identity.conftest import Edged

EXAMPLES = 3
MANY = 50


def test_no_request_is_too_odd(edged: Edged) -> None:
    asked = edged.http.get(
        "/msi/token?resource=https://management.azure.com/", headers={"x-identity-header": OWNER}
    ).json()
    headers = {"authorization": f"Bearer {asked['access_token']}", "x-identity-header": OWNER}
    failed, answers = ask_oddly(edged.api, headers, EXAMPLES)
    assert failed == []
    assert answers[200] > MANY
    assert sum(answers.values()) > MANY * EXAMPLES
