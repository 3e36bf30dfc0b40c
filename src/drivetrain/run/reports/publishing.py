"""Publishes reports of tests, for the task and for `##vso[results.publish]` alike.

https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-test-results-v2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivetrain.run.reports.elements import BrokenReportError, WrongFormatError, shown_path
from drivetrain.run.reports.formats.known import find_format
from drivetrain.run.reports.keeping import CaseWriter, clean, cut
from drivetrain.run.reports.kept import new_file
from drivetrain.run.reports.model import LONGEST_NAME, Counts
from drivetrain.run.runner.mask import StreamMasker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivetrain.run.reports.formats.known import Format
    from drivetrain.run.runner.context import StepContext

MERGED_FROM = 100
"""More files than this become one set of results, whatever was asked for."""
LARGEST_ATTACHMENT = 100 << 20
MOST_ATTACHED = 200 << 20
"""Bytes of report files that one step keeps."""
_CHUNK = 1 << 20
FAILED_TESTS = (
    "There are one or more test failures detected in result files. Detailed summary of published test results can be "
    "viewed in the Tests tab."
)


class Request(NamedTuple):
    """What is to be published, and how."""

    format: str
    files: Sequence[Path]
    merge: bool = False
    title: str = ""
    platform: str = ""
    configuration: str = ""
    attach: bool = True


class Published(NamedTuple):
    """What came of it."""

    counts: Counts
    broken: int
    """How many files could not be read."""


def publish_tests(context: StepContext, request: Request) -> Published:
    """Read every report and hand its tests to the run; what cannot be read is a warning.

    Raises UserError when the format is not known.
    """
    of = find_format(request.format)
    publisher = _Publisher(context, request, of)
    files = list(request.files)
    if request.merge or len(files) > MERGED_FROM:
        publisher.publish(files, request.title)
    else:
        for number, file in enumerate(files, 1):
            title = f"{request.title}_{number}" if request.title and len(files) > 1 else request.title
            publisher.publish([file], title)
    return Published(publisher.counts, publisher.broken)


class _Publisher:
    def __init__(self, context: StepContext, request: Request, of: Format) -> None:
        self._context = context
        self._request = request
        self._format = of
        self._attached = 0
        self.counts = Counts()
        self.broken = 0

    def publish(self, files: Sequence[Path], title: str) -> None:
        """The reports of `files` as one set of results, if there are any."""
        job = self._context.job
        with CaseWriter(job.layout.job, job.masker) as writer:
            good = [file for file in files if self._read(file, writer)]
        if not writer.counts.total:
            (job.layout.job / writer.path).unlink(missing_ok=True)
            return
        if writer.left_out:
            self._context.warning(f"{writer.left_out} tests are too many to be kept; they are counted only.")
        self.counts += writer.counts
        title = title or f"{self._format.name}_TestResults_{job.spec.run_id}"
        self._say(title, writer.counts)
        self._record(title, writer, good)

    def _read(self, file: Path, writer: CaseWriter) -> bool:
        """Whether the report could be read and had tests in it."""
        context, mark = self._context, writer.mark()
        before = writer.counts.total
        name = shown_path(file)
        try:
            for case in self._format.cases(file, _MISMATCH.format(name, self._format.name)):
                writer.add(case)
            writer.mark()
        except BrokenReportError as error:
            context.issue("warning", error.message, file=name, line=error.line, column=error.column)
        except WrongFormatError as error:
            context.issue("warning", error.message, file=name)
        else:
            if writer.counts.total == before:
                context.log.line(f"No Result Found to Publish '{name}'.")
            return writer.counts.total > before
        writer.back_to(mark)
        self.broken += 1
        return False

    def _say(self, title: str, counts: Counts) -> None:
        log = self._context.log
        log.line(f"Publishing test results to test run '{one_line(title)}'.")
        words = [f"{counts.passed} passed", f"{counts.failed} failed", f"{counts.not_executed} not executed"]
        words += [f"{counts.inconclusive} inconclusive"] if counts.inconclusive else []
        log.line(f"Test results: {counts.total} ({', '.join(words)}) in {counts.seconds:.3f} seconds.")

    def _record(self, title: str, writer: CaseWriter, files: Sequence[Path]) -> None:
        job, request, counts = self._context.job, self._request, writer.counts
        # Masked here and then as it is: a secret that is part of a path of ours must not spoil the entry.
        job.record_sealed(
            "tests.published",
            {
                "step": self._context.index,
                "title": self._shown(title),
                "format": self._format.name,
                "platform": self._shown(request.platform),
                "configuration": self._shown(request.configuration),
                "results": writer.path,
                "outputs": writer.outputs,
                "attachments": [self._attach(file) for file in files if self._may_attach(file)],
                "passed": counts.passed,
                "failed": counts.failed,
                "skipped": counts.skipped,
                "seconds": round(counts.seconds, 6),
            },
        )

    def _shown(self, text: str) -> str:
        return clean(cut(self._context.job.masker.text(text), LONGEST_NAME))

    def _may_attach(self, file: Path) -> bool:
        if not self._request.attach:
            return False
        size = file.stat().st_size
        if size > LARGEST_ATTACHMENT or self._attached + size > MOST_ATTACHED:
            self._context.log.line(f"{shown_path(file)} is too large to be kept with the results.")
            return False
        self._attached += size
        return True

    def _attach(self, file: Path) -> dict[str, str]:
        job = self._context.job
        masker = StreamMasker(job.masker)
        target, path = new_file(job.layout.job, "report.xml")
        with file.open("rb") as reader, target:
            while chunk := reader.read(_CHUNK):
                target.write(masker.feed(chunk))
            target.write(masker.close())
        return {"path": path, "name": self._shown(one_line(file.name))}


_MISMATCH = "Invalid results file. Make sure the result format of the file '{0}' matches '{1}' test results format."


def one_line(text: str) -> str:
    """A text without anything that ends a line or moves a cursor."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
