"""What the engine's command line is told, without an engine."""

from __future__ import annotations

import subprocess

import pytest

from drivetrain.errors import UserError
from drivetrain.plan.model import ContainerPlan
from drivetrain.run.containers import images
from drivetrain.run.containers.arguments import Mount, Wanted, create, entry, expanded, passed, ports
from drivetrain.run.containers.registries import Registry, full_image
from drivetrain.run.model import JobRef, JobSpec, RepositorySource
from drivetrain.source.model import Commit


def of(plan: ContainerPlan, *, service: bool = False, network: str = "net") -> tuple[list[str], dict[str, str]]:
    made = create(
        Wanted("box", plan, service, "name"),
        network=network,
        labels={"drivetrain.job": "/j"},
        mounts=[Mount("/w"), Mount("/t", read_only=True), Mount("/run/sock", target="/var/run/docker.sock")],
        host={"FROM_HOST": "h"},
    )
    return made.args, made.environment


def test_a_container_is_created_as_the_agent_creates_it() -> None:
    plan = ContainerPlan(
        image="ubuntu:24.04",
        env={"A": "one", "FROM_HOST": "", "PATH": "/x", "DOCKER_HOST": "tcp://x"},
        ports=("8080:80", "5432"),
        volumes=("data:/data", "/etc:/e:ro"),
        options="--cpus 2 --label 'a b' --entrypoint \"\"",
    )
    args, environment = of(plan)
    assert args[:7] == ["create", "--name", "name", "--label", "drivetrain.job=/j", "--network", "net"]
    assert args[7:16] == ["--publish", "8080:80", "--publish", "5432", "--cpus", "2", "--label", "a b", "--entrypoint"]
    told = " ".join(args[16:])
    assert told.startswith(" --env A --env FROM_HOST --env PATH=/x --env DOCKER_HOST=tcp://x --volume /w:/w ")
    assert "--volume /t:/t:ro --volume /run/sock:/var/run/docker.sock --volume data:/data --volume /etc:/e:ro" in told
    assert environment == {"A": "one", "FROM_HOST": "h"}
    assert args[args.index("--") + 1] == "ubuntu:24.04"


def test_a_service_has_its_name_in_the_network_and_its_own_command() -> None:
    args, _ = of(ContainerPlan(image="redis"), service=True)
    assert args[args.index("--network-alias") + 1] == "box"
    assert args[-2:] == ["--", "redis"]
    assert "--network-alias" not in of(ContainerPlan(image="redis"), service=True, network="host")[0]


def test_where_selinux_confines_containers_this_one_is_not() -> None:
    wanted = Wanted("box", ContainerPlan(image="a"), service=False, name="name")
    made = create(wanted, network="net", labels={}, mounts=[], host={}, confined=True)
    assert made.args[3:7] == ["--network", "net", "--security-opt", "label=disable"]


@pytest.mark.parametrize("image", ["--privileged", "-v/:/host"])
def test_an_image_is_never_an_option(image: str) -> None:
    args, _ = of(ContainerPlan(image=image))
    assert args.index("--") < args.index(image)


def test_options_with_an_open_quote_are_refused() -> None:
    with pytest.raises(UserError, match="options cannot be read"):
        of(ContainerPlan(image="a", options="--label 'a"))


def test_every_text_of_a_container_may_hold_macros() -> None:
    plan = ContainerPlan(
        image="$(x)", endpoint="$(x)", env={"A": "$(x)"}, ports=("$(x)",), volumes=("$(x)",), options="$(x)"
    )
    whole = expanded(plan, lambda text: text.replace("$(x)", "1"))
    assert whole == ContainerPlan(image="1", endpoint="1", env={"A": "1"}, ports=("1",), volumes=("1",), options="1")


def test_values_are_passed_by_the_environment_unless_the_engine_would_take_them_for_its_own() -> None:
    assert passed({"A": "1", "HOME": "/h", "": "x"}) == (["--env", "A", "--env", "HOME=/h"], {"A": "1"})


def test_ports_are_read_from_what_the_engine_lists() -> None:
    listing = "80/tcp -> 0.0.0.0:36013\n80/tcp -> [::]:36013\n53/udp -> 127.0.0.1:5353\nnonsense\n"
    assert ports(listing) == {"80": "36013", "53": "5353"}


def test_the_entry_script_quotes_what_it_sets() -> None:
    script = entry(["/a b", "/c'd"], {"HOME": "it's; $(id)", "bad-name": "x"}, "/dev/null")
    shown = subprocess.run(
        ["sh", "-c", script, "sh", "sh", "-c", 'echo "$HOME|$PATH"'], capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith("it's; $(id)|/a b:/c'd:")


@pytest.mark.parametrize(
    ("image", "server", "whole"),
    [
        ("app:1", "https://registry.example.com", "registry.example.com/app:1"),
        ("registry.example.com/app:1", "https://registry.example.com", "registry.example.com/app:1"),
        ("app:1", "https://index.docker.io/v1/", "app:1"),
        ("app:1", "", "app:1"),
        ("app:1", "localhost:5000", "localhost:5000/app:1"),
    ],
)
def test_an_image_is_in_the_registry_of_its_connection(image: str, server: str, whole: str) -> None:
    assert full_image(image, server) == whole


def test_images_are_named_for_each_registry_in_lower_case() -> None:
    assert images.image_names("My App", ["https://a.example/", "https://index.docker.io/v1/"]) == [
        "a.example/myapp",
        "myapp",
    ]
    assert images.image_names("app", []) == ["app"]
    assert images.image_names("", ["https://a.example"]) == []
    assert images.tags(" 1.2 \nlatest,edge\n\n") == ["1.2", "latest", "edge"]
    assert images.tagged(["a", "b"], ["1", "2"]) == ["a:1", "a:2", "b:1", "b:2"]
    assert images.tagged(["a"], []) == ["a"]
    assert Registry("https://hub.docker.io").host == ""


def test_labels_begin_with_the_servers_name_backwards() -> None:
    values = {
        "System.TeamFoundationCollectionUri": "http://build.example.org:8674/",
        "Build.SourceVersion": "abc",
        "Build.BuildNumber": "1",
    }
    assert images.labels(lambda name: values.get(name, ""), pipeline_data=True) == [
        "org.example.build.image.system.teamfoundationcollectionuri=http://build.example.org:8674/",
        "org.example.build.image.build.sourceversion=abc",
        "org.example.build.image.build.buildnumber=1",
    ]
    assert len(images.labels(lambda name: values.get(name, ""), pipeline_data=False)) == 2


@pytest.mark.parametrize(
    ("dockerfile", "base"),
    [
        ("FROM python:3.12\nRUN x", "python:3.12"),
        ("FROM a AS build\nFROM --platform=linux/amd64 b\nCOPY --from=build", "b"),
        ("from a as one\nFROM one AS two\nFROM two", "a"),
        ("ARG V\nFROM python:$V", ""),
        ("", ""),
    ],
)
def test_the_base_image_is_that_of_the_last_stage(dockerfile: str, base: str) -> None:
    assert images.base_image(dockerfile) == base


def test_a_job_of_an_older_plan_has_no_containers() -> None:
    spec = JobSpec(1, "1", JobRef("S", "A"), 1, "", "", (), (), RepositorySource("", "", "", "", Commit("")), "", "")
    assert (spec.container, spec.services, spec.containers, spec.containers_mode) == (None, {}, {}, "engine")
