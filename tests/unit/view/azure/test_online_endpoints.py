"""Online endpoints as clients of Azure ask for them: what reaches serving, what they are told, who may see what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from drivetrain.serve.model import AuthMode, Collection, Endpoint, Probe, RequestSettings, Runtime, Script, Server
from drivetrain.view.api.azure.identity.model import Audience, Principal, PrincipalKind
from drivetrain.view.api.azure.online.tokens import token_audience
from drivetrain.wire.serving.progress import Progress
from tests.unit.view.azure.conftest import ADDRESS

if TYPE_CHECKING:
    from pathlib import Path

    from drivetrain.serve.model import DeploymentSpec
    from tests.unit.view.azure.conftest import Caller, Edges

ASK = "onlineEndpoints/ask"
COMMAND = {"drivetrain.command": "python app.py --port {port}"}
KEY = "a-key-of-our-own-choice"


def job(project: str) -> Principal:
    return Principal(PrincipalKind.JOB, "stage.job", project, None, "stage.job")


def blue(caller: Caller, name: str = "blue", endpoint: str = ASK, **properties: Any) -> Any:
    return caller.put(f"{endpoint}/deployments/{name}", **{"properties": COMMAND, **properties})


def spec_of(edges: Edges, name: str = "blue") -> DeploymentSpec:
    return edges.storage.endpoints.deployment("ask", name).spec


def test_an_endpoint_is_kept_with_what_its_client_said_and_answers_at_its_front(edges: Edges, owner: Caller) -> None:
    body = {"identity": {"type": "SystemAssigned"}, "tags": {"a": "b"}, "kind": "Managed"}
    said = {"authMode": "aadtoken", "description": "ours", "properties": {"c": "d"}}
    assert owner.status("PUT", ASK, {**body, "properties": said}) == 201
    assert owner.status("PUT", ASK, {**body, "properties": said}) == 200
    kept = edges.storage.endpoints.get("ask")
    assert (kept.auth, kept.workspace) == (AuthMode.ENTRA, edges.storage.workspaces.all()[0].id)
    found = owner.get(ASK)
    assert {key: found[key] for key in body} == body
    shown = found["properties"]
    assert (shown["authMode"], shown["description"], shown["properties"]["c"]) == ("AADToken", "ours", "d")
    assert shown["scoringUri"] == f"http://127.0.0.1:{kept.port}/score"
    assert (shown["provisioningState"], shown["traffic"]) == ("Succeeded", {})
    assert edges.fronts.applied[-1] == ("ask", kept.generation)
    assert [each.by for each in edges.storage.endpoints.history("ask")] == ["owner", "owner"]


def test_a_name_is_taken_in_all_workspaces(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    other = edges.as_(Principal(PrincipalKind.OWNER, "ann"), "attic")
    refused = other.ask("PUT", "onlineEndpoints/ASK", {"properties": {}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "Conflict")
    assert "unique" in refused.json()["error"]["message"]
    assert other.status("GET", ASK) == 404
    assert other.status("DELETE", ASK) == 404
    assert other.get("onlineEndpoints")["value"] == []


def test_a_job_sees_and_changes_what_is_of_its_project_only(edges: Edges, owner: Caller) -> None:
    for name, project in (("made-by-red", "red"), ("made-by-blue", "blue")):
        edges.storage.endpoints.put(Endpoint(name, project), by="owner")
    red = edges.as_(job("red"), "red-shelf")
    assert [each["name"] for each in red.get("onlineEndpoints")["value"]] == ["made-by-red"]
    assert red.status("GET", "onlineEndpoints/made-by-blue") == 404
    assert "made-by-blue" not in red.ask("GET", "onlineEndpoints/none").text
    assert red.status("POST", "onlineEndpoints/made-by-blue/listKeys") == 404
    assert red.status("PUT", "onlineEndpoints/made-by-blue", {"properties": {}}) == 409
    assert (
        red.status("PUT", "onlineEndpoints/made-by-red/deployments/blue", {"properties": {"properties": COMMAND}})
        == 201
    )
    assert red.status("DELETE", "onlineEndpoints/made-by-red") == 200
    red.put("onlineEndpoints/later")
    kept = edges.storage.endpoints.get("later")
    assert (kept.project, kept.created_by) == ("red", "stage.job")
    assert [each["name"] for each in owner.get("onlineEndpoints")["value"]] == ["made-by-blue"]


def test_traffic_must_be_all_or_none_and_is_never_lost(owner: Caller) -> None:
    owner.put(ASK, authMode="Key")
    for name in ("blue", "green"):
        blue(owner, name)
    assert owner.status("PATCH", ASK, {"properties": {"traffic": {"blue": 90}}}) == 400
    assert owner.status("PATCH", ASK, {"properties": {"traffic": {"blue": 90, "green": 10}}}) == 200
    assert owner.status("DELETE", f"{ASK}/deployments/green") == 409
    assert owner.status("PATCH", ASK, {"properties": {"mirrorTraffic": {"green": 10}}}) == 400
    assert owner.status("PATCH", ASK, {"properties": {"traffic": {"blue": 100, "green": None}}}) == 200
    assert owner.status("PATCH", ASK, {"properties": {"mirrorTraffic": {"green": 60}}}) == 400
    assert owner.status("PATCH", ASK, {"properties": {"mirrorTraffic": {"green": 50}}}) == 200
    assert owner.get(ASK)["properties"]["mirrorTraffic"] == {"green": 50}
    assert owner.status("PATCH", ASK, {"tags": {"a": "b"}}) == 200
    assert owner.get(ASK)["properties"]["traffic"] == {"blue": 100}
    assert owner.status("DELETE", f"{ASK}/deployments/green") == 200
    assert [each["name"] for each in owner.get(f"{ASK}/deployments")["value"]] == ["blue"]
    assert owner.get(ASK)["properties"]["traffic"] == {"blue": 100}
    assert owner.status("PATCH", ASK, {"properties": {"traffic": {}}}) == 200
    assert owner.status("DELETE", f"{ASK}/deployments/blue") == 200


def test_keys_stay_until_they_are_changed_and_the_front_hears_of_it(edges: Edges, owner: Caller) -> None:
    owner.put(ASK, keys={"primaryKey": KEY})
    before = owner.ask("POST", f"{ASK}/listkeys").json()
    assert before["primaryKey"] == KEY
    owner.put(ASK)
    assert owner.ask("POST", f"{ASK}/listKeys").json() == before
    heard = len(edges.fronts.applied)
    change = {"keyType": "Secondary", "keyValue": before["secondaryKey"]}
    assert owner.status("POST", f"{ASK}/regenerateKeys", change) == 200
    after = owner.ask("POST", f"{ASK}/listKeys").json()
    assert after["primaryKey"] == KEY
    assert after["secondaryKey"] not in (before["secondaryKey"], "")
    assert len(edges.fronts.applied) == heard + 1
    assert owner.status("POST", f"{ASK}/regenerateKeys", {"keyType": "Third"}) == 400
    assert KEY not in str(owner.get(ASK))


@pytest.mark.parametrize(
    ("mode", "audience"), [("AMLToken", token_audience("ask")), ("AADToken", Audience.MACHINE_LEARNING)]
)
def test_a_token_is_good_for_the_endpoint_it_was_issued_for(
    edges: Edges, owner: Caller, mode: str, audience: str
) -> None:
    owner.put(ASK, authMode=mode)
    said = owner.ask("POST", f"{ASK}/token").json()
    assert edges.edge.authority.check(said["accessToken"], [audience]) is not None
    assert edges.edge.authority.check(said["accessToken"], [token_audience("other"), Audience.MANAGEMENT]) is None
    assert said["refreshAfterTimeUtc"] < said["expiryTimeUtc"]


def test_an_endpoint_with_keys_has_no_tokens(owner: Caller) -> None:
    owner.put(ASK)
    assert owner.status("POST", f"{ASK}/token") == 400


def test_a_deployment_reaches_serving_with_all_that_azure_has_a_word_for(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    made = owner.ask(
        "PUT",
        f"{ASK}/deployments/blue",
        {
            "sku": {"name": "Default", "capacity": 3},
            "tags": {"a": "b"},
            "properties": {
                "environmentVariables": {"SECRET": "s3cr3t", "N": 5},
                "instanceType": "Standard_DS3_v2",
                "appInsightsEnabled": True,
                "livenessProbe": {"initialDelay": "PT1M30S", "period": "PT5S", "timeout": "PT0.5S",
                                  "successThreshold": 2, "failureThreshold": 3},
                "requestSettings": {"requestTimeout": "PT1.5S", "maxQueueWait": "PT0.25S",
                                    "maxConcurrentRequestsPerInstance": 8},
                "dataCollector": {"collections": {
                    "model_inputs": {"dataCollectionMode": "Enabled", "samplingRate": 0.25},
                    "model_outputs": {"dataCollectionMode": "Disabled", "samplingRate": 1}}},
                "properties": {**COMMAND, "drivetrain.redact": "name, email", "drivetrain.sleeps_after": "60",
                               "drivetrain.runtime": "native"},
            },
        },
    )  # fmt: skip
    assert made.status_code == 201
    spec = spec_of(edges)
    assert spec.variables == {"SECRET": "s3cr3t", "N": "5"}
    assert (spec.instances, spec.sleeps_after, spec.runtime) == (3, 60, Runtime.NATIVE)
    assert spec.liveness == Probe(90, 5, 0.5, 2, 3)
    assert spec.readiness == Probe()
    assert spec.request == RequestSettings(1500, 8, 250)
    assert spec.collection == Collection(0.25, ("name", "email"))
    assert spec.server == Server(("python", "app.py", "--port", "{port}"))
    assert "s3cr3t" not in str(spec.body)
    shown = owner.get(f"{ASK}/deployments/blue")
    properties = shown["properties"]
    assert (shown["sku"]["capacity"], shown["tags"]) == (3, {"a": "b"})
    assert properties["environmentVariables"] == {"SECRET": "s3cr3t", "N": "5"}
    assert (properties["instanceType"], properties["provisioningState"]) == ("Standard_DS3_v2", "Succeeded")
    assert properties["livenessProbe"]["initialDelay"] == "PT90S"
    assert properties["requestSettings"]["maxQueueWait"] == "PT0.25S"
    assert properties["properties"]["drivetrain.runs_on"] == "onnxruntime 1.23"
    assert "appInsightsEnabled has no meaning here" in properties["properties"]["drivetrain.note"]


def test_what_a_client_has_read_can_be_sent_back(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    blue(owner, appInsightsEnabled=True)
    before = spec_of(edges)
    read = owner.get(f"{ASK}/deployments/blue")
    assert owner.status("PUT", f"{ASK}/deployments/blue", read) == 201
    after = spec_of(edges)
    assert replace(after, body={}) == replace(before, body={})
    assert after.body["properties"] == before.body["properties"]
    assert after.body["notes"] == before.body["notes"]
    assert owner.status("PATCH", f"{ASK}/deployments/blue", {"sku": {"capacity": 2}}) == 200
    assert spec_of(edges).instances == 2
    assert spec_of(edges).server == before.server


def test_an_operation_goes_on_until_the_deployment_is_ready(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    edges.serving.slow = True
    begun = owner.ask("PUT", f"{ASK}/deployments/blue", {"properties": {"properties": COMMAND}})
    where = begun.headers["Azure-AsyncOperation"].removeprefix(ADDRESS)
    assert begun.json()["properties"]["provisioningState"] == "Creating"
    assert owner.get(where)["status"] == "InProgress"
    edges.serving.go_on(edges.storage.endpoints.deployment("ask", "blue"))
    assert owner.get(where)["status"] == "Succeeded"


def test_an_operation_says_why_a_deployment_cannot_be(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    edges.serving.goes_wrong = "score.py has no init()"
    begun = owner.ask("PUT", f"{ASK}/deployments/blue", {"properties": {"properties": COMMAND}})
    said = owner.get(begun.headers["Azure-AsyncOperation"].removeprefix(ADDRESS))
    assert (said["status"], said["error"]["message"]) == ("Failed", "blue: score.py has no init()")
    shown = owner.get(f"{ASK}/deployments/blue")["properties"]
    assert shown["provisioningState"] == "Failed"
    assert shown["properties"]["drivetrain.problem"] == "score.py has no init()"
    assert "score.py has no init()" in owner.ask("POST", f"{ASK}/deployments/blue/getLogs", {}).json()["content"]


def test_replicas_that_do_not_come_up_are_a_failure(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    edges.fronts.crash = "exit code 1\nno weights.json"
    begun = owner.ask("PUT", f"{ASK}/deployments/blue", {"properties": {"properties": COMMAND}})
    said = owner.get(begun.headers["Azure-AsyncOperation"].removeprefix(ADDRESS))
    assert (said["status"], "no weights.json" in said["error"]["message"]) == ("Failed", True)
    assert owner.get(f"{ASK}/deployments/blue")["properties"]["provisioningState"] == "Failed"
    edges.fronts.crash = ""
    assert owner.get(f"{ASK}/deployments/blue")["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("path", [ASK, f"{ASK}/deployments/blue"])
def test_a_removal_goes_on_until_nothing_is_left(edges: Edges, owner: Caller, path: str) -> None:
    owner.put(ASK)
    blue(owner)
    edges.serving.slow = True
    begun = owner.ask("DELETE", path)
    where = begun.headers["Location"].removeprefix(ADDRESS)
    assert begun.status_code == 202
    assert owner.get(where)["status"] == "InProgress"
    edges.storage.endpoints.delete("ask", by="owner")
    assert owner.get(where)["status"] == "Succeeded"


def test_the_log_is_what_replicas_have_written(edges: Edges, owner: Caller) -> None:
    owner.put(ASK)
    blue(owner)
    edges.fronts.logs["ask", "blue"] = "one\ntwo\nthree\n"
    path = f"{ASK}/deployments/blue/getLogs"
    asked = {"containerType": "InferenceServer", "tail": 2}
    assert owner.ask("POST", path, asked).json() == {"content": "two\nthree\n"}
    Progress(edges.storage.home.serving).say("ask", "blue", "Trying the model once")
    asked = {"containerType": "StorageInitializer"}
    assert owner.ask("POST", path, asked).json() == {"content": "Trying the model once\n"}


def code(edges: Edges, owner: Caller, folder: str = "code") -> str:
    """A code asset with score.py."""
    workspace = owner.get("")
    account = workspace["properties"]["storageAccount"].rpartition("/")[2]
    there = edges.storage.home.azure / "blobs" / account / folder / "src"
    there.mkdir(parents=True)
    (there / "score.py").write_text("def init(): pass")
    owner.put(f"codes/{folder}/versions/1", codeUri=f"{ADDRESS}/{account}.blob.core.local/{folder}/src")
    return str(there)


def test_a_script_is_found_in_its_code_and_its_environment_by_its_conda_file(edges: Edges, owner: Caller) -> None:
    folder = code(edges, owner)
    conda = "dependencies: [python=3.11, {pip: [numpy]}, libgcc]"
    owner.put("environments/scorer/versions/1", image="mcr.microsoft.com/azureml/minimal:latest", condaFile=conda)
    owner.put(ASK)
    script = {"codeId": "azureml:code:1", "scoringScript": "score.py"}
    blue(owner, properties={}, codeConfiguration=script, environmentId="azureml:scorer:1")
    spec = spec_of(edges)
    assert spec.script == Script(folder, "score.py")
    assert spec.environment.conda == conda
    note = owner.get(f"{ASK}/deployments/blue")["properties"]["properties"]["drivetrain.note"]
    assert (
        "instead of the image mcr.microsoft.com/azureml/minimal:latest, there is what the conda file asks for" in note
    )
    assert "libgcc" in note


def test_a_curated_environment_is_what_its_name_stands_for(edges: Edges, owner: Caller) -> None:
    code(edges, owner)
    owner.put(ASK)
    script = {"codeId": "azureml:code:1", "scoringScript": "score.py"}
    environment = "azureml://registries/azureml/environments/sklearn-1.5/versions/4"
    blue(owner, properties={}, codeConfiguration=script, environmentId=environment)
    spec = spec_of(edges)
    assert "scikit-learn==1.5.*" in spec.environment.requirements
    note = owner.get(f"{ASK}/deployments/blue")["properties"]["properties"]["drivetrain.note"]
    assert "scikit-learn==1.5.*" in note


def test_a_container_with_a_server_of_its_own_needs_a_command(edges: Edges, owner: Caller) -> None:
    routes = {"scoringRoute": {"path": "/v1/predict", "port": 8501}, "livenessRoute": {"path": "/live", "port": 8501}}
    owner.put("environments/tf/versions/1", image="tensorflow/serving", inferenceConfig=routes)
    owner.put(ASK)
    body = {"properties": {"environmentId": "azureml:tf:1"}}
    refused = owner.ask("PUT", f"{ASK}/deployments/blue", body)
    assert refused.status_code == 400
    assert "drivetrain.command" in refused.json()["error"]["message"]
    blue(owner, environmentId="azureml:tf:1")
    server = spec_of(edges).server
    assert server is not None
    assert (server.score, server.live, server.ready) == ("/v1/predict", "/live", "/")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "a deployment needs a model"),
    ({"model": "azureml://registries/azureml/models/m/versions/1"}, "registry 'azureml'"),
    ({"model": "https://example.org/model"}, "names no model"),
    ({"model": 5}, "model must be a text"),
    ({"codeConfiguration": {"scoringScript": "score.py"}}, "both a codeId and a scoringScript"),
    ({"codeConfiguration": {"codeId": "azureml:code:1"}}, "both a codeId and a scoringScript"),
    ({"codeConfiguration": {"codeId": "azureml:code:1", "scoringScript": "../score.py"}}, "no file"),
    ({"codeConfiguration": {"codeId": "azureml:code:1", "scoringScript": "/etc/passwd"}}, "no file"),
    ({"codeConfiguration": {"codeId": "azureml:none:1", "scoringScript": "score.py"}}, "none"),
    ({"codeConfiguration": {"codeId": "file:///etc", "scoringScript": "passwd"}}, "codeId"),
    ({"environmentId": "azureml:none:1", "properties": COMMAND}, "none"),
    ({"properties": COMMAND, "livenessProbe": {"period": "10"}}, "period is '10'"),
    ({"properties": COMMAND, "livenessProbe": {"period": "PT0S"}}, "livenessProbe.period"),
    ({"properties": COMMAND, "readinessProbe": {"failureThreshold": 0}}, "failureThreshold"),
    ({"properties": COMMAND, "requestSettings": {"requestTimeout": "P9D"}}, "requestTimeout"),
    ({"properties": COMMAND, "requestSettings": {"maxConcurrentRequestsPerInstance": -1}}, "maxConcurrent"),
    ({"properties": COMMAND, "dataCollector": {"collections": {"x": {"samplingRate": 2}}}}, "from 0 to 1"),
    ({"properties": {"drivetrain.runtime": "gpu"}}, "drivetrain.runtime is 'gpu'"),
    ({"properties": {"drivetrain.sleeps_after": "soon"}}, "drivetrain.sleeps_after is 'soon'"),
    ({"properties": {"drivetrain.command": "'"}}, "drivetrain.command cannot be read"),
    ({"properties": COMMAND, "scaleSettings": {"minInstances": 1000}}, "at most 64"),
]


@pytest.mark.parametrize(("properties", "words"), WRONG)
def test_a_deployment_that_cannot_be_is_refused_before_anything_is_kept(
    edges: Edges, owner: Caller, properties: dict[str, Any], words: str
) -> None:
    owner.put(ASK)
    code(edges, owner)
    answer = owner.ask("PUT", f"{ASK}/deployments/blue", {"properties": properties})
    assert answer.status_code in (400, 404), answer.text
    assert words in answer.json()["error"]["message"]
    assert owner.get(f"{ASK}/deployments")["value"] == []


def test_code_that_leads_out_of_the_home_is_refused(edges: Edges, owner: Caller, tmp_path: Path) -> None:
    owner.put(ASK)
    folder = code(edges, owner)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "score.py").write_text("")
    (edges.storage.home.azure / "blobs").joinpath(*folder.split("/")[-3:-1], "out").symlink_to(tmp_path / "secret")
    uri = owner.get("codes/code/versions/1")["properties"]["codeUri"].removesuffix("src") + "out"
    owner.put("codes/away/versions/1", codeUri=uri)
    script = {"codeId": "azureml:away:1", "scoringScript": "score.py"}
    answer = owner.ask("PUT", f"{ASK}/deployments/blue", {"properties": {"codeConfiguration": script}})
    assert answer.status_code == 400, answer.text
