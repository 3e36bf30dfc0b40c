"""Whatever is asked of any route by who may come in: never an error of ours."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.unit.view.azure.identity.conftest import OWNER

if TYPE_CHECKING:
    from tests.unit.view.azure.identity.conftest import Edged

EXAMPLES = 3
MANY = 50


def test_no_request_is_too_odd(edged: Edged) -> None:
    asked = edged.http.get(
        "/msi/token?resource=https://management.azure.com/", headers={"x-identity-header": OWNER}
    ).json()
    edged.api.openapi_url = "/openapi.json"
    edged.api.setup()
    headers = {"authorization": f"Bearer {asked['access_token']}", "x-identity-header": OWNER}
    failed: list[str] = []
    answers: Counter[int] = Counter()
    with warnings.catch_warnings():  # a route of several methods has one name for all of them
        warnings.simplefilter("ignore")
        edged.api.openapi()
    schema = schemathesis.openapi.from_asgi("/openapi.json", edged.api)
    operations: Any = schema.get_all_operations()
    for found in operations:
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call(headers=headers)
            answers[answer.status_code] += 1
            if answer.status_code == 500:
                failed.append(f"{case.method} {case.formatted_path}: {answer.text[:200]}")

        ask()
    assert failed == []
    assert answers[200] > MANY
    assert sum(answers.values()) > MANY * EXAMPLES
