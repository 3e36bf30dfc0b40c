from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.story_runs import EMPTY_RUN, HOSTILE, HOSTILE_RUN, STAGED_RUN

if TYPE_CHECKING:
    import httpx


def test_a_run_shows_what_gates_have_said(client: httpx.Client) -> None:
    page = client.get(f"/runs/{STAGED_RUN}").text
    section = page.split('id="gates"')[1].split("</section>")[0]
    assert "turbofan-rul" in section
    assert "rmse, plant=north" in section
    assert "no row of the data has plant=east" in section
    assert 'id="gates"' not in client.get(f"/runs/{EMPTY_RUN}").text


def test_strangers_words_are_escaped(client: httpx.Client) -> None:
    section = client.get(f"/runs/{HOSTILE_RUN}").text.split('id="gates"')[1].split("</section>")[0]
    assert "&lt;script&gt;" in section
    assert "<script" not in section
    assert "<img" not in section


def test_verdicts_of_a_run(client: httpx.Client) -> None:
    (found,) = client.get(f"/api/v1/runs/{STAGED_RUN}/verdicts").json()
    assert (found["gate"], found["candidate"], found["passed"]) == ("production", "turbofan-rul:6", False)
    assert (found["champion"], found["run"], found["by"]) == ("turbofan-rul:5", STAGED_RUN, "20261123.54")
    assert [each["outcome"] for each in found["findings"]] == ["passed", "failed", "no such slice"]
    assert found["findings"][1]["limit"] == 44.5
    assert client.get(f"/api/v1/verdicts/{found['id']}").json() == found
    assert client.get(f"/api/v1/runs/{EMPTY_RUN}/verdicts").json() == []


def test_verdicts_of_models(client: httpx.Client) -> None:
    def ids(query: str = "") -> list[int]:
        return [each["id"] for each in client.get(f"/api/v1/verdicts{query}").json()]

    assert ids() == sorted(ids(), reverse=True)
    assert set(ids("?model=turbofan-rul")) < set(ids())
    assert len(ids("?model=turbofan-rul&version=6")) == 1
    assert ids("?limit=1") == ids()[:1]
    assert ids("?model=nobody") == []
    assert client.get("/api/v1/verdicts", params={"model": HOSTILE}).json()[0]["run"] == HOSTILE_RUN


def test_what_there_is_not(client: httpx.Client) -> None:
    assert client.get("/api/v1/verdicts/999").status_code == 404
    assert client.get("/api/v1/runs/999/verdicts").status_code == 404
    assert client.get("/api/v1/verdicts?limit=0").status_code == 400
