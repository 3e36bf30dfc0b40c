"""MLflow's own client against the front."""

from __future__ import annotations

import contextlib
import math
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.unit.view.mlflow.conftest import Front

pytestmark = pytest.mark.filterwarnings("ignore")
JOB = {"Authorization": "Bearer job-token"}
USER = {"Authorization": "Bearer user-token"}


def test_a_run_reads_back_what_was_logged(mlflow: Any) -> None:
    mlflow.set_experiment("reads back")
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_metrics({"a": 1.0, "b": float("nan")}, step=2)
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "ünï code": "↯"})
        mlflow.set_tag("note", "x" * 8000)
        data = mlflow.get_run(run.info.run_id).data
    assert data.metrics["loss"] == 0.5
    assert data.metrics["a"] == 1.0
    assert math.isnan(data.metrics["b"])
    assert data.params == {"depth": "3", "rate": "0.1", "ünï code": "↯"}
    assert data.tags["note"] == "x" * 8000
    assert mlflow.get_run(run.info.run_id).info.status == "FINISHED"


def test_every_read_sees_what_was_acknowledged(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        for step in range(30):
            mlflow.log_metric("m", step, step=step)
            history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "m")
            assert [point.step for point in history] == list(range(step + 1))


def test_a_search_sees_what_was_acknowledged(mlflow: Any) -> None:
    mlflow.set_experiment("searched")
    with mlflow.start_run() as run:
        mlflow.log_metric("score", 41.0)
        mlflow.log_metric("score", 42.0, step=1)
        found = mlflow.search_runs(filter_string="metrics.score > 41.5", output_format="list")
    assert [each.info.run_id for each in found] == [run.info.run_id]


def test_the_server_puts_the_tags_of_the_job_on_every_run(mlflow: Any) -> None:
    with mlflow.start_run() as outer, mlflow.start_run(nested=True) as inner:
        pass
    for run_id in (outer.info.run_id, inner.info.run_id):
        tags = mlflow.get_run(run_id).data.tags
        assert tags["drivetrain.build_number"] == tags["build number"] == "20260101.1"
        assert tags["drivetrain.build_id"] == "7"
        assert tags["drivetrain.run_url"] == "http://127.0.0.1:1/runs/7"
        assert tags["drivetrain.reason"] == "push"
        assert tags["drivetrain.commit"] == "c0ffee"
    assert mlflow.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == outer.info.run_id


def test_the_server_wins_for_its_own_tags_and_the_client_for_all_others(mlflow: Any) -> None:
    client = mlflow.MlflowClient()
    forged = {"drivetrain.build_number": "forged", "drivetrain.new": "forged", "build number": "mine"}
    run = client.create_run("0", tags={**forged, "mlflow.source.git.commit": "dead"})
    tags = client.get_run(run.info.run_id).data.tags
    assert tags["drivetrain.build_number"] == "20260101.1"
    assert "drivetrain.new" not in tags
    assert tags["build number"] == "mine"
    assert tags["mlflow.source.git.commit"] == "dead"
    assert tags["mlflow.source.git.branch"] == "main"


@pytest.mark.parametrize("operation", ["set", "batch", "delete"])
def test_a_job_cannot_change_a_tag_of_the_server(mlflow: Any, operation: str) -> None:
    client = mlflow.MlflowClient()
    run_id = client.create_run("0").info.run_id
    tag = mlflow.entities.RunTag("drivetrain.commit", "forged")
    change = {
        "set": lambda: client.set_tag(run_id, tag.key, tag.value),
        "batch": lambda: client.log_batch(run_id, tags=[tag]),
        "delete": lambda: client.delete_tag(run_id, tag.key),
    }
    with pytest.raises(mlflow.exceptions.MlflowException, match="a job cannot change it"):
        change[operation]()
    assert client.get_run(run_id).data.tags["drivetrain.commit"] == "c0ffee"


def test_a_double_encoded_body_is_tagged_and_guarded_like_any_other(front: Front, mlflow: Any) -> None:
    api = f"{front.url}/api/2.0/mlflow/runs"
    made = httpx.post(f"{api}/create", headers=JOB, json='{"experiment_id": "0", "tags": []}')
    run_id = made.json()["run"]["info"]["run_id"]
    assert mlflow.get_run(run_id).data.tags["drivetrain.commit"] == "c0ffee"
    escaped = '{"run_id": "%s", "key": "drivetr\\u0061in.commit", "value": "forged"}' % run_id  # noqa: UP031
    kind = {**JOB, "Content-Type": "application/json"}
    for path in ("api", "ajax-api"):
        url = f"{front.url}/{path}/2.0/mlflow/runs/set-tag"
        assert httpx.post(url, headers=kind, content=escaped).status_code == 403
        assert httpx.post(url, headers=JOB, json=escaped).status_code == 403
        assert httpx.post(url, headers=kind, content=escaped.encode("utf-16")).status_code == 403
        lab = {"tags": [{"key": "drivetrain.commit", "value": "forged"}]}
        assert httpx.post(url.replace("set-tag", "create-promptlab-run"), headers=JOB, json=lab).status_code == 403
    assert mlflow.get_run(run_id).data.tags["drivetrain.commit"] == "c0ffee"


def test_a_parameter_that_changes_is_mlflows_own_error(mlflow: Any) -> None:
    with mlflow.start_run():
        mlflow.log_param("depth", 3)
        mlflow.log_param("depth", 3)
        with pytest.raises(mlflow.exceptions.MlflowException, match="Changing param values is not allowed"):
            mlflow.log_param("depth", 4)
        with pytest.raises(mlflow.exceptions.MlflowException, match="Changing param values is not allowed"):
            mlflow.log_params({"depth": 5, "other": 1})


def test_a_deleted_run_takes_no_writes_until_it_is_restored(mlflow: Any) -> None:
    client = mlflow.MlflowClient()
    run_id = client.create_run("0").info.run_id
    client.log_metric(run_id, "m", 1.0)
    client.delete_run(run_id)
    with pytest.raises(mlflow.exceptions.MlflowException, match="must be in the 'active' state"):
        client.log_metric(run_id, "m", 2.0)
    client.restore_run(run_id)
    client.log_metric(run_id, "m", 3.0)
    assert {point.value for point in client.get_metric_history(run_id, "m")} == {1.0, 3.0}


def test_runs_of_a_deleted_experiment_take_no_writes(mlflow: Any) -> None:
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("to be deleted")
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "m", 1.0)
    client.delete_experiment(experiment)
    with pytest.raises(mlflow.exceptions.MlflowException, match="must be in the 'active' state"):
        client.log_metric(run_id, "m", 2.0)


def test_a_tag_set_after_it_was_deleted_stays(mlflow: Any) -> None:
    client = mlflow.MlflowClient()
    run_id = client.create_run("0").info.run_id
    client.set_tag(run_id, "t", "1")
    client.delete_tag(run_id, "t")
    assert "t" not in client.get_run(run_id).data.tags
    client.set_tag(run_id, "t", "2")
    client.set_tag(run_id, "mlflow.runName", "renamed")
    run = client.get_run(run_id)
    assert (run.data.tags["t"], run.info.run_name) == ("2", "renamed")


def test_a_model_and_its_metrics_are_logged_and_loaded(mlflow: Any, tmp_path: Path) -> None:
    x = [[float(n)] for n in range(20)]
    mlflow.sklearn.autolog(log_datasets=False, silent=True)
    try:
        with mlflow.start_run() as run:
            model = _regression().fit(x, [2 * row[0] for row in x])
            info = mlflow.sklearn.log_model(model, name="own", input_example=x[:2])
            mlflow.log_metric("after", 1.0)
            mlflow.log_artifact(_plot(tmp_path), "plots")
    finally:
        mlflow.sklearn.autolog(disable=True)
    read = mlflow.get_run(run.info.run_id).data
    assert read.params["fit_intercept"] == "True"
    assert read.metrics["after"] == 1.0
    assert read.metrics["training_r2_score"] == pytest.approx(1.0)
    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert loaded.predict([[5.0]])[0] == pytest.approx(10.0)
    uri = f"runs:/{run.info.run_id}/plots/plot.svg"
    assert mlflow.artifacts.load_text(uri).startswith("<svg")


def _regression() -> Any:
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415 - heavy; one test needs it

    return LinearRegression()


def _plot(folder: Path) -> str:
    path = folder / "plot.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return str(path)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic am9iLXRva2Vu"}])
@pytest.mark.parametrize(
    "path", ["/", "", "/health", "/api/2.0/mlflow/experiments/search", "/static-files/x", "/.drivetrain/apply"]
)
def test_nobody_comes_in_without_a_token(front: Front, path: str, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{front.url}{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["error_code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/.drivetrain/apply", 404),
        ("POST", "/.drivetrain/apply", 404),
        ("POST", "//.drivetrain/apply", 404),
        ("POST", "/%2edrivetrain/apply", 404),
        ("GET", "/../../etc/passwd", 400),
        ("POST", "/x/../.drivetrain/apply", 400),
        ("POST", "/api/2.0/mlflow/x/../runs/create", 400),
        ("GET", "//example.com/", 404),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/../mlflow.db", 400),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/%2e%2e/mlflow.db", 400),
        ("GET", "/api/2.0/mlflow-artifacts/artifacts/%252e%252e/mlflow.db", 400),
        ("GET", "/static-files/%2e%2e/%2e%2e/%2e%2e/handlers.py", 400),
        ("GET", "/static-files/%252e%252e/%252e%252e/handlers.py", 404),
        ("GET", "/ajax-api/3.0/mlflow/assistant/config", 404),
        ("POST", "/ajax-api/3.0/mlflow/assistant/message", 404),
        ("TRACE", "/", 405),
    ],
)
def test_hostile_paths_lead_nowhere(front: Front, method: str, path: str, status: int) -> None:
    request = f"{method} /mlflow{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user-token\r\n"
    answer = _raw(front.port, f"{request}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:300]
    assert b"SQLite format" not in answer
    assert b"root:" not in answer


def _raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_headers_of_the_client_do_not_reach_past_their_request(front: Front) -> None:
    smuggled = b"GET /mlflow/.drivetrain/apply HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = _raw(
        front.port,
        b"POST /mlflow/api/2.0/mlflow/experiments/search HTTP/1.1\r\nHost: evil.example\r\n"
        b"Origin: http://evil.example\r\nX-Drivetrain-Worker: guess\r\nX-Forwarded-For: 1.2.3.4\r\n"
        b"Authorization: Bearer user-token\r\nConnection: close, Content-Type\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'13\r\n{"max_results": 1 }\r\n0\r\n\r\n' + smuggled,
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"access-control" not in answer.lower()


def test_a_body_beyond_the_limit_is_refused_early(front: Front) -> None:
    endless = (b" " * 1_000_000 for _ in range(200))
    with contextlib.suppress(httpx.WriteError, httpx.RemoteProtocolError):
        answer = httpx.post(
            f"{front.url}/api/2.0/mlflow/runs/log-batch",
            headers={**JOB, "Content-Type": "application/json"},
            content=endless,
            timeout=30,
        )
        assert answer.status_code == 413
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert httpx.get(f"{front.url}/version", headers=USER).status_code == 200


def test_the_bare_prefix_leads_to_the_page(front: Front) -> None:
    answer = httpx.get(front.url, headers=USER)
    assert (answer.status_code, answer.headers["location"]) == (308, "/mlflow/")
    assert "<title>MLflow</title>" in httpx.get(f"{front.url}/", headers=USER).text


def test_a_redirect_of_mlflow_stays_below_the_prefix(front: Front) -> None:
    answer = httpx.get(f"{front.url}/api/2.0//mlflow/experiments/get?experiment_id=0", headers=USER)
    assert answer.status_code in {301, 307, 308}
    assert httpx.URL(answer.headers["location"]).path == "/mlflow/api/2.0/mlflow/experiments/get"


def test_an_artifact_of_a_job_cannot_act_as_one_of_our_pages(front: Front, mlflow: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("<script>alert(1)</script>", "evil.html")
    asked = {"path": "evil.html", "run_id": run.info.run_id}
    answer = httpx.get(f"{front.url}/get-artifact", params=asked, headers=USER)
    assert "alert" in answer.text
    assert answer.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    ("version", "folders"), [("1.0.0", True), ("1.9", True), ("1.23.1", True), ("1.24.0", False), ("3.17.2", False)]
)
def test_a_client_that_cannot_use_the_artifact_proxy_is_told_the_folder(
    front: Front, version: str, *, folders: bool
) -> None:
    with httpx.Client(
        base_url=f"{front.url}/api/2.0/mlflow/", headers={**JOB, "User-Agent": f"mlflow-python-client/{version}"}
    ) as client:
        created = client.post("runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
        read = client.get("runs/get", params={"run_id": created["run_id"]}).json()["run"]["info"]
    place = f"/0/{created['run_id']}/artifacts"
    root = (front.folder / "artifacts").as_uri() if folders else "mlflow-artifacts:"
    assert created["artifact_uri"] == read["artifact_uri"] == f"{root}{place}"


def _peak(pid: int) -> int:
    """The most memory that a process ever held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.slow
def test_a_large_artifact_goes_both_ways_in_flat_memory(front: Front, mlflow: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(1_000_000_000)
    worker = front.worker()
    assert worker is not None
    before = _peak(front.running().pid), _peak(worker.pid)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(large))
    large.unlink()
    got = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="large.bin", dst_path=str(tmp_path))
    assert (tmp_path / "large.bin").stat().st_size == 1_000_000_000
    assert got.endswith("large.bin")
    assert _peak(front.running().pid) - before[0] < 60_000_000
    assert _peak(worker.pid) - before[1] < 100_000_000
    (front.folder / "artifacts" / run.info.experiment_id / run.info.run_id / "artifacts" / "large.bin").unlink()
