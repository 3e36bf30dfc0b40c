from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from drivetrain.run.reports import elements
from drivetrain.run.reports.elements import BrokenReportError, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def is_item(names: Sequence[str]) -> bool:
    return names[-1] == "item"


def report(folder: Path, text: str | bytes) -> Report:
    path = folder / "r.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Report(path, is_item, ["root"], "mismatch")


def texts(folder: Path, text: str | bytes) -> list[str]:
    return [element.text for _, element in report(folder, text)]


def test_wanted_elements_come_one_by_one_with_those_around_them(tmp_path: Path) -> None:
    found = list(report(tmp_path, "<root a='1'><g b='2'><item>x<i>y</i>z</item></g><item/></root>"))
    assert [(each.name, dict(each.attributes)) for each in found[0][0]] == [("root", {"a": "1"}), ("g", {"b": "2"})]
    assert [element.text for _, element in found] == ["xyz", ""]


def test_prefixes_of_names_do_not_matter(tmp_path: Path) -> None:
    assert texts(tmp_path, "<n:root xmlns:n='u'><n:item>x</n:item></n:root>") == ["x"]


BILLION = (
    "<!DOCTYPE root [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};'>" for n in range(1, 30)) + "]>"
)


@pytest.mark.parametrize(
    "start",
    [
        BILLION,
        "<!DOCTYPE root [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE root [<!ENTITY % x SYSTEM 'http://localhost:1/x'> %x;]>",
    ],
    ids=["billion laughs", "a file", "an address"],
)
def test_entities_are_never_expanded_or_fetched(tmp_path: Path, start: str) -> None:
    with pytest.raises(BrokenReportError, match=r"it declares entities, which are never expanded here\. Line 1"):
        texts(tmp_path, f"{start}<root><item>&x;&a29;</item></root>")


def test_a_document_type_elsewhere_is_not_looked_at(tmp_path: Path) -> None:
    start = "<!DOCTYPE root SYSTEM 'http://localhost:1/coverage-04.dtd'>"
    assert texts(tmp_path, f"{start}<root><item>x</item></root>") == ["x"]


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("", "no element found", 1),
        ("<root>\n<item></root>", "mismatched tag", 2),
        (b"<root>\n<item>\xff\xfe</item></root>", "not well-formed (invalid token)", 2),
        (b"<?xml version='1.0' encoding='no-such'?><root/>", "unknown encoding", 1),
        ("<root>" + "<d>" * 300, "its elements are nested more than 200 deep", 1),
        ("<root><item>\x00</item></root>", "not well-formed (invalid token)", 1),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str | bytes, why: str, line: int) -> None:
    with pytest.raises(BrokenReportError) as caught:
        texts(tmp_path, text)
    assert caught.value.message.startswith(f"Failed to read {tmp_path}/r.xml. Error : {why}. Line {line}, position ")
    assert caught.value.line == line


def test_a_file_that_cannot_be_opened_is_broken(tmp_path: Path) -> None:
    with pytest.raises(BrokenReportError, match="No such file or directory"):
        list(Report(tmp_path / "none.xml", is_item, ["root"], ""))


def test_a_tag_without_an_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "LONGEST_TAG", 1 << 20)
    with pytest.raises(BrokenReportError, match="a tag is longer than 1 MB"):
        texts(tmp_path, "<root><item a='" + "x" * (4 << 20))


def test_long_text_is_cut_where_a_line_ends(tmp_path: Path) -> None:
    line = "y" * 99 + "\n"
    (text,) = texts(tmp_path, f"<root><item>{line * 20_000}</item></root>")
    assert elements.MOST_TEXT - (1 << 17) < len(text) <= elements.MOST_TEXT
    assert text == line * (len(text) // 100)
    assert texts(tmp_path, f"<root><item>{'z' * (2 << 20)}</item></root>") == [""]


def test_a_large_report_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("w") as file:
        file.write("<root>")
        for number in range(20_000):
            file.write(f"<item n='{number}'>{'some output that a test wrote ' * 30}</item>\n")
        file.write("</root>")
    tracemalloc.start()
    count = sum(1 for _ in Report(path, is_item, ["root"], ""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert path.stat().st_size > 15 << 20
    assert peak < 3 << 20
