"""`resources` in conditions and `$[ ]`: the repositories of a run, as they were found when it was made. Pure.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources-repositories-repository#variables
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivetrain.run.predefined import guid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivetrain.lang.values import Value
    from drivetrain.plan.model import Plan
    from drivetrain.run.model import Run


def resources_of(run: Run, plan: Plan) -> dict[str, Value]:
    """`repositories` by alias, the pipeline's own as `self`; each has `id`, `name`, `ref`, `type`, `url`, `version`."""
    source = run.source
    own = _repository(source.name, source.ref, source.provider.lower(), source.uri, source.commit.sha)
    others = {
        alias: _repository(found.name, found.ref, found.type, found.url, found.version)
        for alias, found in plan.repositories.items()
    }
    repositories: dict[str, Value] = {**others, "self": own}
    return {"repositories": repositories}


def _repository(name: str, ref: str, kind: str, url: str, version: str) -> Mapping[str, Value]:
    return {"id": guid("repository", url), "name": name, "ref": ref, "type": kind, "url": url, "version": version}
