"""`resources`: every kind with all its keys. https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/resources"""

from __future__ import annotations

import pytest

from drivetrain.definition.model import Resources
from drivetrain.definition.read import read_pipeline
from drivetrain.definition.resources.model import ResourceTrigger
from drivetrain.source.model import CiTrigger, Patterns

NO_CONTAINER = (
    "A container resource with name bx could not be found. The container resource does not exist. If you intended to"
    " specify an image, use NAME:TAG or NAME@DIGEST. For example, ubuntu:latest"
)


def resources(text: str) -> Resources:
    return read_pipeline(f"resources:\n{text}\nsteps:\n- script: a\n", file="f.yml", tasks={}).checked().resources


def codes(text: str) -> list[tuple[str, str]]:
    problems = read_pipeline(f"resources:\n{text}\nsteps:\n- script: a\n", file="f.yml", tasks={}).problems
    return [(problem.code, str(problem.position).removeprefix("f.yml:")) for problem in problems]


def test_a_repository() -> None:
    (tools, app) = resources(
        "  repositories:\n  - repository: tools\n    type: GitHub\n    name: garden/tools\n    ref: refs/tags/v1\n"
        "    endpoint: hub\n    trigger: {tags: {include: [v*]}}\n    clean: yes\n    fetchDepth: 0\n"
        "    checkoutOptions: {fetchDepth: 5, lfs: on}\n  - repository: app\n    name: app\n"
    ).repositories
    assert (tools.alias, tools.type, tools.name, tools.ref, tools.endpoint) == (
        "tools", "github", "garden/tools", "refs/tags/v1", "hub",
    )  # fmt: skip
    assert tools.trigger == CiTrigger(tags=Patterns(("v*",)))
    assert {key: option.value for key, option in tools.checkout_options.items()} == {
        "fetchDepth": "0", "lfs": "true", "clean": "true",
    }  # fmt: skip
    assert (app.type, app.trigger, app.checkout_options) == ("git", None, {})


def test_a_container() -> None:
    (box, registry) = resources(
        "  containers:\n  - container: box\n    image: debian:12\n    endpoint: hub\n    env: {A: b}\n"
        "    ports: ['80:80', 81]\n    volumes: [/a:/b]\n    options: --init\n    mapDockerSocket: false\n"
        "    mountReadOnly: {work: true, tools: no}\n"
        "    localImage: true\n    trigger: {enabled: true, tags: [a*]}\n"
        "  - container: registry\n    type: ACR\n    azureSubscription: s\n    resourceGroup: g\n    registry: r\n"
        "    repository: x\n    trigger: true\n"
    ).containers
    inside = box.container
    assert inside.image is not None
    assert (inside.image.value, inside.endpoint, inside.env, inside.ports) == (
        "debian:12", "hub", {"A": "b"}, ("80:80", "81"),
    )  # fmt: skip
    assert (inside.volumes, inside.options, inside.map_docker_socket) == (("/a:/b",), "--init", False)
    assert (inside.read_only, box.local_image) == (frozenset({"work"}), True)
    assert box.trigger == ResourceTrigger(tags=Patterns(("a*",)))
    assert (registry.type, registry.azure_subscription, registry.resource_group) == ("ACR", "s", "g")
    assert (registry.registry, registry.repository, registry.trigger) == ("r", "x", ResourceTrigger())


def test_a_pipeline() -> None:
    (one, two) = resources(
        "  pipelines:\n  - pipeline: one\n    source: ci\n    project: p\n    version: '3'\n    branch: main\n"
        "    tags: [a, b]\n    trigger: {branches: {exclude: [old]}, stages: [Build], tags: [c], enabled: no}\n"
        "  - pipeline: two\n    trigger: none\n"
    ).pipelines
    assert (one.source, one.project, one.version, one.branch, one.tags) == ("ci", "p", "3", "main", ("a", "b"))
    assert one.trigger == ResourceTrigger(
        enabled=False, branches=Patterns((), ("old",)), tags=Patterns(("c",)), stages=("Build",)
    )
    assert two.trigger == ResourceTrigger(enabled=False)


def test_builds_packages_and_webhooks() -> None:
    found = resources(
        "  builds: [{build: b, type: Jenkins, connection: c, source: s, version: 1, branch: m, trigger: true}]\n"
        "  packages: [{package: p, type: npm, connection: c, name: n, version: 2, tag: t, trigger: none}]\n"
        "  webhooks: [{webhook: w, connection: c, type: x, filters: [{path: action, value: opened}]}]"
    )
    (build,), (package,), (webhook,) = found.builds, found.packages, found.webhooks
    assert (build.type, build.connection, build.source, build.version, build.branch) == ("Jenkins", "c", "s", "1", "m")
    assert (build.trigger, package.trigger) == (ResourceTrigger(), ResourceTrigger(enabled=False))
    assert (package.type, package.connection, package.name, package.version, package.tag) == ("npm", "c", "n", "2", "t")
    assert (webhook.connection, webhook.type, webhook.filters) == ("c", "x", (("action", "opened"),))


@pytest.mark.parametrize("kind", ["repositories", "containers", "pipelines", "builds", "packages", "webhooks"])
def test_nothing_at_all_is_nothing(kind: str) -> None:
    assert resources(f"  {kind}:") == resources(f"  {kind}: []") == Resources()


def test_an_alias_of_any_case_is_used_once_of_each_kind() -> None:
    text = "  containers: [{container: a, image: x}]\n  pipelines: [{pipeline: a}, {pipeline: A}]"
    assert codes(text) == [("duplicate-name", "3:30")]


@pytest.mark.parametrize("alias", ["'two words'", "a:b", "a/b"])
def test_an_alias_is_letters_digits_dashes_and_underscores(alias: str) -> None:
    assert codes(f"  pipelines: [{{pipeline: {alias}}}]")[0][0] == "wrong-name"


def test_the_older_list_says_how_self_is_checked_out() -> None:
    definition = read_pipeline(
        "resources:\n- repo: self\n  clean: true\n  fetchDepth: 2\nsteps:\n- script: a\n", file="f.yml", tasks={}
    )
    assert [problem.code for problem in definition.problems] == ["deprecated"]
    (own,) = definition.checked().resources.repositories
    assert (own.alias, {key: option.value for key, option in own.checkout_options.items()}) == (
        "self", {"clean": "true", "fetchDepth": "2"},
    )  # fmt: skip


def test_self_may_be_declared_without_a_name() -> None:
    assert codes("  repositories: [{repository: self, fetchDepth: 1}]") == []


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "checkout: tool",
            "The checkout step references the repository 'tool' which is not defined by the pipeline",
        ),
        ("download: upsteam", "Cannot find pipeline resource for upsteam"),
        ("downloadBuild: x", "Cannot find build resource for x"),
        ("getPackage: x", "Cannot find package resource for x"),
        ("script: a\n  target: bx", NO_CONTAINER),
    ],
)
def test_what_a_step_names_is_declared(step: str, message: str) -> None:
    text = f"resources:\n  pipelines: [{{pipeline: upstream}}]\nsteps:\n- {step}\n"
    (problem,) = read_pipeline(text, file="f.yml", tasks={}).problems
    assert (problem.message, problem.code) == (message, "unknown-resource")


@pytest.mark.parametrize(
    "step",
    [
        "checkout: TOOLS", "checkout: self", "checkout: git://garden/tools@refs/tags/v1", "checkout: $(repository)",
        "download: Upstream", "download: current", "downloadBuild: jenkins", "getPackage: PKG",
        "script: a\n  target: BOX", "script: a\n  target: {container: host}", "script: a\n  target: $(box)",
    ],
)  # fmt: skip
def test_aliases_ignore_case(step: str) -> None:
    text = (
        "resources:\n  repositories: [{repository: tools, name: a/b}]\n  containers: [{container: box, image: a}]\n"
        "  pipelines: [{pipeline: upstream}]\n  builds: [{build: jenkins, type: t, connection: c, source: s}]\n"
        f"  packages: [{{package: pkg, type: t, connection: c, name: n}}]\nsteps:\n- {step}\n"
    )
    assert read_pipeline(text, file="f.yml", tasks={}).problems == ()


@pytest.mark.parametrize("container", ["box", "'ubuntu:24.04'", "'ubuntu@sha256:0'", "$(image)", "'$[ variables.a ]'"])
def test_a_job_runs_in_a_declared_container_or_an_image(container: str) -> None:
    text = f"resources: {{containers: [{{container: box, image: a}}]}}\nsteps:\n- script: a\ncontainer: {container}\n"
    assert read_pipeline(text, file="f.yml", tasks={}).problems == ()
