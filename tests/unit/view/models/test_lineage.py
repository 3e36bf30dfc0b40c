from __future__ import annotations

from drivetrain.registry.versions.lineage import of_versions
from drivetrain.registry.versions.model import DataAsset, Deployed, ModelVersion
from drivetrain.view.models.lineage import MOST, graph

LINE = ModelVersion(
    "churn", "3", commit="c" * 40, run_id=7, run_number="2026.1", training_run="t" * 32, data=(DataAsset("sales", "d"),)
)
SHOP = Deployed("churn:3", "shop", "blue", 90, "2026-01-01", by="ada")


def test_a_line_goes_from_the_commit_to_the_deployment() -> None:
    drawn = graph(of_versions([LINE], [SHOP]), "churn:3")
    boxes = {each.kind: each for each in drawn.boxes}
    assert [each.title for each in sorted(drawn.boxes, key=lambda box: (box.x, box.y))] == [
        "cccccccc", "sales", "#2026.1", "tttttttttttt", "churn:3", "shop/blue",
    ]  # fmt: skip
    assert boxes["Commit"].href == f"/lineage?of={'c' * 40}"
    assert boxes["Run"].href == "/runs/7"
    assert boxes["Version"].href == "/models/churn/versions/3"
    assert boxes["Live, 90 %"].href == "/endpoints/shop"
    assert [each.kind for each in drawn.boxes if each.here] == ["Version"]
    assert len(drawn.arrows) == 5


def test_what_is_not_known_has_no_box_and_no_arrow() -> None:
    drawn = graph(of_versions([ModelVersion("churn", "1")], []))
    assert [each.kind for each in drawn.boxes] == ["Version"]
    assert drawn.arrows == []


def test_no_two_boxes_share_a_place() -> None:
    versions = [LINE, ModelVersion("churn", "2", commit="c" * 40, run_id=7, training_run="u", data=LINE.data)]
    versions += [ModelVersion("churn", "1", commit="d" * 40, run_id=5)]
    drawn = graph(of_versions(versions, [SHOP, Deployed("churn:3", "shop", "green", 0)]))
    assert len({(each.x, each.y) for each in drawn.boxes}) == len(drawn.boxes)
    assert max(each.y for each in drawn.boxes) < drawn.height


def test_a_drawing_has_an_end() -> None:
    many = [ModelVersion("churn", str(number)) for number in range(MOST + 20)]
    drawn = graph(of_versions(many, []))
    assert (len(drawn.boxes), drawn.left_out) == (MOST, 20)
