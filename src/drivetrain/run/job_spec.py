"""What a runner is told of its job: made from the plan and what is known when the job starts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from drivetrain.errors import UserError
from drivetrain.run.library.handing import Hand, Handed, refuse_unpermitted
from drivetrain.run.library.model import pipeline_of
from drivetrain.run.model import JobSecrets, JobSpec, RepositorySource
from drivetrain.run.predefined import ACCESS_TOKEN, Place
from drivetrain.run.variables import resolve, variables_at
from drivetrain.source.model import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drivetrain.plan.model import ContainerPlan, JobPlan, RepositoryPlan, StagePlan
    from drivetrain.run.conditions import Expressions
    from drivetrain.run.library.ports import Library
    from drivetrain.run.model import JobRef
    from drivetrain.run.variables import Bag, Groups


_PROVIDERS = {"git": "TfsGit", "github": "GitHub", "githubenterprise": "GitHubEnterprise", "bitbucket": "Bitbucket"}
"""Types of repositories as `Build.Repository.Provider` names them."""


class Prepared(Struct, frozen=True):
    """A job that is ready to be handed to a runner."""

    spec: JobSpec
    secrets: JobSecrets


class Surroundings(Struct, frozen=True):
    """What every job of this home gets."""

    home: str
    artifacts: str
    server_url: str = ""
    keep_work: str = "failed"
    containers: str = "engine"
    other_projects: bool = True


def prepare(
    place: Place, ref: JobRef, expressions: Expressions, around: Surroundings, groups: Groups, library: Library
) -> Prepared:
    """The specification of one leg. Raises ExpressionError, UserError when a variable or text of it is wrong, or when
    its pipeline may not use what the stage or the job names; CorruptError.
    """
    stage, job = place.stage, place.job
    if stage is None or job is None:
        raise ValueError("a specification is made for a job")
    bag = variables_at(place, expressions, groups)
    text = _resolver(bag, expressions, stage, job)
    handed = _handed(place, ref, library, text)
    secrets = dict(bag.secret.values())
    spec = JobSpec(
        run_id=place.run.id,
        number=place.run.number,
        ref=ref,
        attempt=place.attempt,
        display_name=text(job.title(ref.leg)),
        stage_display_name=stage.display_name or stage.name,
        steps=job.steps_of(ref.leg),
        variables=tuple(bag.plain.values()),
        source=place.run.source,
        artifacts=around.artifacts,
        home=around.home,
        timeout_minutes=_number("timeoutInMinutes", text(job.timeout_minutes)),
        cancel_timeout_minutes=_number("cancelTimeoutInMinutes", text(job.cancel_timeout_minutes)),
        workspace_clean=job.workspace_clean,
        server_url=around.server_url,
        keep_work=around.keep_work,
        other_projects=around.other_projects,
        repositories=_repositories(place.plan.repositories),
        container=_chosen(job.container, job, text),
        services=_services(job, text),
        containers=job.containers,
        containers_mode=around.containers,
        restricted=place.run.restricted,
        server=job.on_server(ref.leg),
    )
    masks = tuple(sorted(expressions.secrets(stage, job))) if secrets else ()
    return Prepared(
        spec,
        JobSecrets(
            secrets,
            masks=masks,
            connections=handed.connections,
            secure_files=handed.secure_files,
            vaults=handed.vaults,
        ),
    )


def _handed(place: Place, ref: JobRef, library: Library, text: Callable[[str], str]) -> Handed:
    """What the job gets of the library, if its pipeline may use it. The gate of the stage has seen to that already, but
    not for names that are only known now.
    """
    stage, job, run = place.stage, place.job, place.run
    if stage is None or job is None:
        return Handed()
    hand = Hand(library, run.project, text)
    refuse_unpermitted(library, run.project, pipeline_of(run), hand.named([*stage.resources, *job.resources]))
    return hand.over(job.steps_of(ref.leg), job.resources)


def _repositories(plans: Mapping[str, RepositoryPlan]) -> dict[str, RepositorySource]:
    """Those that the run can check out: nothing needed the others when it was made."""
    return {
        alias: RepositorySource(
            plan.name,
            plan.url,
            plan.fetch_from,
            plan.ref,
            Commit(plan.version),
            _PROVIDERS.get(plan.type.lower(), "Git"),
        )
        for alias, plan in plans.items()
        if plan.version
    }


def _services(job: JobPlan, text: Callable[[str], str]) -> dict[str, ContainerPlan]:
    found = {name: _chosen(plan, job, text) for name, plan in job.services.items()}
    return {name: plan for name, plan in found.items() if plan is not None}


def _chosen(plan: ContainerPlan | None, job: JobPlan, text: Callable[[str], str]) -> ContainerPlan | None:
    """The container that an expression comes to, a resource by its alias or an image; none when it comes to nothing.

    https://learn.microsoft.com/azure/devops/pipelines/process/container-phases#multiple-jobs
    """
    if plan is None or "$" not in plan.image:
        return plan
    image = text(plan.image).strip()
    named = next((each for alias, each in job.containers.items() if alias.lower() == image.lower()), None)
    return named or (replace(plan, image=image) if image else None)


def _number(key: str, text: str) -> str:
    """A number of minutes, as text. Raises UserError when it is none."""
    try:
        if 0 <= float(text) < float("inf"):
            return text
    except ValueError:
        pass
    raise UserError(f"{key} is '{text}', which is not a number of at least 0", hint="check the variable in it")


def _resolver(bag: Bag, expressions: Expressions, stage: StagePlan, job: JobPlan) -> Callable[[str], str]:
    return lambda text: resolve(text, bag, expressions, stage, job)


def with_token(secrets: JobSecrets, token: str) -> JobSecrets:
    """The secrets with the job's own access token among them."""
    return replace(secrets, variables={**secrets.variables, ACCESS_TOKEN: token})


def minutes(text: str, default: float) -> float:
    """A number of minutes as text; what is no number counts as the default."""
    try:
        return max(0.0, float(text))
    except ValueError:
        return default
