"""Odd requests of every route that an application describes, by schemathesis."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI


def ask_oddly(
    api: FastAPI, headers: Mapping[str, str], examples: int, known: Mapping[str, object] | None = None
) -> tuple[list[str], Counter[int]]:
    """So many requests of each route, by somebody who may come in: the errors that are ours, and a count of answers.
    `known`: parts of paths that there are; every second request names them, so that it comes further.
    """
    api.openapi_url = "/openapi.json"
    api.setup()
    failed: list[str] = []
    answers: Counter[int] = Counter()
    with warnings.catch_warnings():  # a route of several methods has one name for all of them
        warnings.simplefilter("ignore")
        api.openapi()
    schema = schemathesis.openapi.from_asgi("/openapi.json", api)
    operations: Any = schema.get_all_operations()
    for found in operations:
        operation = found.ok()

        @settings(
            max_examples=examples,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            if known and case.path_parameters and sum(answers.values()) % 2:
                case.path_parameters |= {name: each for name, each in known.items() if name in case.path_parameters}
            answer = case.call(headers=headers)
            answers[answer.status_code] += 1
            if answer.status_code == 500:
                failed.append(f"{case.method} {case.formatted_path}: {answer.text[:200]}")

        ask()
    return failed, answers
