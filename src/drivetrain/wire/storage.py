"""The stores of one home, built together; nothing is opened before it is used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from drivetrain.clock import SystemClock
from drivetrain.registry.names import endpoint_name
from drivetrain.run.launch import Parts
from drivetrain.settings import load as settings_of
from drivetrain.source.places import Places
from drivetrain.store.database import Database
from drivetrain.store.library import SqliteLibrary
from drivetrain.store.projects import SqliteProjects
from drivetrain.store.queries import SqliteRunQueries
from drivetrain.store.runs import SqliteRunStore
from drivetrain.store.sealed_files import SealedFiles
from drivetrain.store.tokens import SqliteTokenStore
from drivetrain.store.training_runs import SqliteTrainingRuns
from drivetrain.store.vault import FileVault
from drivetrain.wire.seldom import AnswersWhenAsked, GatesOfResources, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drivetrain.clock import Clock
    from drivetrain.home import Home
    from drivetrain.registry.versions.ports import Models
    from drivetrain.run.checks.ports import Gatekeeper
    from drivetrain.run.launch import EngineSettings
    from drivetrain.run.model import JobRef
    from drivetrain.run.ports import Executor
    from drivetrain.source.access import Access
    from drivetrain.store.answers import SqliteAnswers
    from drivetrain.store.assets import SqliteAssets
    from drivetrain.store.azure_jobs import SqliteAzureJobs
    from drivetrain.store.checks import SqliteChecks
    from drivetrain.store.compute_nodes import SqliteComputeNodes
    from drivetrain.store.deliveries import SqliteDeliveries
    from drivetrain.store.endpoints import SqliteEndpoints
    from drivetrain.store.environments import SqliteEnvironments
    from drivetrain.store.links import SqliteLinks
    from drivetrain.store.minutes import SqliteMinutes
    from drivetrain.store.node_keys import SqliteNodeKeys
    from drivetrain.store.personal_tokens import SqlitePersonalTokens
    from drivetrain.store.pull_requests import SqlitePullRequests
    from drivetrain.store.releases import SqliteReleases
    from drivetrain.store.report_queries import SqliteReports
    from drivetrain.store.rotation import Rotator
    from drivetrain.store.schedule_times import SqliteScheduleTimes
    from drivetrain.store.source_events import SqliteSourceEvents
    from drivetrain.store.verdicts import SqliteVerdicts
    from drivetrain.store.webhook_posts import SqliteWebhookPosts
    from drivetrain.store.workspaces import SqliteWorkspaces
    from drivetrain.wire.access import Accesses
    from drivetrain.wire.desk import Desk
    from drivetrain.wire.hosts.hosting import Hosts


class Storage:
    """Everything that is kept in a home."""

    def __init__(self, home: Home, clock: Clock | None = None) -> None:
        self.home = home
        self.clock = clock or SystemClock()

    @cached_property
    def database(self) -> Database:
        """The SQLite file."""
        return Database(self.home.database)

    @cached_property
    def runs(self) -> SqliteRunStore:
        """Runs and their events."""
        return SqliteRunStore(self.database, self.clock)

    @cached_property
    def queries(self) -> SqliteRunQueries:
        """What views read of runs."""
        return SqliteRunQueries(self.runs)

    @cached_property
    def reports(self) -> SqliteReports:
        """Test results and coverage."""
        reports: SqliteReports = load("store.report_queries:SqliteReports")(self.database)
        return reports

    @cached_property
    def projects(self) -> SqliteProjects:
        """The repositories that are watched."""
        return SqliteProjects(self.database, self.clock, self.vault)

    @cached_property
    def source_events(self) -> SqliteSourceEvents:
        """What has happened at sources."""
        events: SqliteSourceEvents = load("store.source_events:SqliteSourceEvents")(self.database, self.clock)
        return events

    @cached_property
    def links(self) -> SqliteLinks:
        """Which projects are at which hosts."""
        links: SqliteLinks = load("store.links:SqliteLinks")(self.database, self.vault)
        return links

    @cached_property
    def hosts(self) -> Hosts:
        """Clients of the hosts that projects are at."""
        hosts: Hosts = load("wire.hosts.hosting:Hosts")(self.links, self.projects, self.library, self.clock)
        return hosts

    @cached_property
    def deliveries(self) -> SqliteDeliveries:
        """What hosts have delivered."""
        deliveries: SqliteDeliveries = load("store.deliveries:SqliteDeliveries")(self.database, self.clock)
        return deliveries

    @cached_property
    def accesses(self) -> Accesses:
        """How remotes are signed in to."""
        accesses: Accesses = load("wire.access:Accesses")(self.library, self.projects, self.links)
        return accesses

    @cached_property
    def git(self) -> Places:
        """Reads the repositories of projects."""
        return Places(self.home.mirrors, self._access)

    def _access(self, url: str) -> Access | None:
        return self.accesses.of_url(url)

    @cached_property
    def pull_requests(self) -> SqlitePullRequests:
        """Pull requests at hosts."""
        found: SqlitePullRequests = load("store.pull_requests:SqlitePullRequests")(self.database, self.clock)
        return found

    @cached_property
    def answers(self) -> SqliteAnswers:
        """What hosts are told."""
        answers: SqliteAnswers = load("store.answers:SqliteAnswers")(self.database, self.clock)
        return answers

    @cached_property
    def training_runs(self) -> SqliteTrainingRuns:
        """Summaries of training runs."""
        return SqliteTrainingRuns(self.database)

    @cached_property
    def tokens(self) -> SqliteTokenStore:
        """Tokens of jobs."""
        return SqliteTokenStore(self.database, clock=self.clock)

    @cached_property
    def personal_tokens(self) -> SqlitePersonalTokens:
        """Tokens that the owner has made for programs."""
        tokens: SqlitePersonalTokens = load("store.personal_tokens:SqlitePersonalTokens")(
            self.database, clock=self.clock
        )
        return tokens

    @cached_property
    def library(self) -> SqliteLibrary:
        """Variable groups, connections, secure files, key vaults."""
        return SqliteLibrary(self.database, self.vault, self.sealed_files, clock=self.clock)

    @cached_property
    def sealed_files(self) -> SealedFiles:
        """The content of secure files."""
        return SealedFiles(self.home.secure_files, self.vault)

    @cached_property
    def rotator(self) -> Rotator:
        """Changes the key that seals secrets."""
        rotator: Rotator = load("store.rotation:Rotator")(self.home, self.database, self.vault)
        return rotator

    @cached_property
    def checks(self) -> SqliteChecks:
        """Approvals and checks."""
        checks: SqliteChecks = load("store.checks:SqliteChecks")(self.database, self.clock)
        return checks

    @cached_property
    def environments(self) -> SqliteEnvironments:
        """What is deployed to."""
        environments: SqliteEnvironments = load("store.environments:SqliteEnvironments")(self.database, self.clock)
        return environments

    @cached_property
    def workspaces(self) -> SqliteWorkspaces:
        """Azure Machine Learning workspaces."""
        workspaces: SqliteWorkspaces = load("store.workspaces:SqliteWorkspaces")(self.database, self.clock)
        return workspaces

    @cached_property
    def assets(self) -> SqliteAssets:
        """What workspaces hold."""
        assets: SqliteAssets = load("store.assets:SqliteAssets")(self.database, self.clock)
        return assets

    @cached_property
    def azure_jobs(self) -> SqliteAzureJobs:
        """Jobs of Azure Machine Learning."""
        jobs: SqliteAzureJobs = load("store.azure_jobs:SqliteAzureJobs")(self.database, self.clock)
        return jobs

    @cached_property
    def node_keys(self) -> SqliteNodeKeys:
        """Which jobs have done what steps of pipeline jobs do."""
        keys: SqliteNodeKeys = load("store.node_keys:SqliteNodeKeys")(self.database)
        return keys

    @cached_property
    def schedule_times(self) -> SqliteScheduleTimes:
        """When the schedules of workspaces are due."""
        times: SqliteScheduleTimes = load("store.schedule_times:SqliteScheduleTimes")(self.database)
        return times

    @cached_property
    def compute_nodes(self) -> SqliteComputeNodes:
        """Who has the nodes of computes."""
        nodes: SqliteComputeNodes = load("store.compute_nodes:SqliteComputeNodes")(self.database)
        return nodes

    @cached_property
    def webhook_posts(self) -> SqliteWebhookPosts:
        """What was posted to webhooks that pipelines name."""
        posts: SqliteWebhookPosts = load("store.webhook_posts:SqliteWebhookPosts")(self.database, self.clock)
        return posts

    @cached_property
    def models(self) -> Models:
        """Registered models, their versions, and where those come from."""
        models: Models = load("wire.registry.models:models")(self)
        return models

    @cached_property
    def endpoints(self) -> SqliteEndpoints:
        """Online endpoints, their deployments and their history."""
        endpoints: SqliteEndpoints = load("store.endpoints:SqliteEndpoints")(
            self.database,
            self.vault,
            self.clock,
            check_name=endpoint_name,
            first_port=lambda: settings_of(self.home).endpoint_port,
        )
        return endpoints

    @cached_property
    def releases(self) -> SqliteReleases:
        """Deployments on their way to all traffic."""
        releases: SqliteReleases = load("store.releases:SqliteReleases")(
            self.database, self.vault, self.endpoints, self.clock
        )
        return releases

    @cached_property
    def minutes(self) -> SqliteMinutes:
        """What deployments have answered, by minute."""
        minutes: SqliteMinutes = load("store.minutes:SqliteMinutes")(self.database)
        return minutes

    @cached_property
    def verdicts(self) -> SqliteVerdicts:
        """What gates have said."""
        verdicts: SqliteVerdicts = load("store.verdicts:SqliteVerdicts")(self.database)
        return verdicts

    @cached_property
    def vault(self) -> FileVault:
        """Seals secrets."""
        return FileVault(self.home.secret_key)

    def parts(self, executor: Executor, settings: EngineSettings) -> Parts:
        """What an engine of this home works with."""
        parts = Parts(self.runs, executor, self.vault, self.tokens, self.clock, self.home, settings)
        gates = GatesOfResources(lambda: self._gates(settings.server_url))
        return replace(parts, gates=gates, answers=AnswersWhenAsked(lambda: self.checks), library=self.library)

    def _gates(self, server_url: str) -> Gatekeeper:
        gates: Gatekeeper = load("wire.gates:gates")(self, server_url)
        return gates

    def desk(self, wake: Callable[[], None] = lambda: None) -> Desk:
        """Where people decide; `wake` tells the engine."""
        desk: Desk = load("wire.desk:Desk")(self.checks, self.runs, self.vault, self.clock, wake)
        return desk

    def log_path(self, run_id: int, job: JobRef, attempt: int, step: int) -> Path:
        """Where the log of a step lies."""
        return self.home.run(run_id) / job.folder(attempt) / LOGS / f"{step:03d}.log"


LOGS = "logs"
