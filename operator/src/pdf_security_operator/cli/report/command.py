"""The steps of `pdfsec report`: read, compare, make the page, put it. Prints nothing."""

import os
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pdf_security_operator.cli.errors import UsageError
from pdf_security_operator.cli.report import reading
from pdf_security_operator.cli.report.content import PICTURES, Comparison, Content
from pdf_security_operator.cli.report.page import build_page
from pdf_security_operator.cli.report.pictures import Drawable, compared
from pdf_security_operator.cli.report.verdict import Verdict, verdict_of
from pdf_security_operator.cli.text import printable
from pdf_security_processor.contract import DocumentReport


@dataclass(frozen=True)
class PageOptions:
    """What the command line says.

    Attributes:
        report: file of the report.
        output: file of the page.
        before: the document as it came in; both or neither.
        after: the document as it was put.
        before_password: file with what opens the one.
        after_password: file with what opens the other.
        job: file with the job's resource.
        pictures: changed pages that are shown at most.
        overwrite: whether a page that exists is replaced.
    """

    report: Path
    output: Path
    before: Path | None = None
    after: Path | None = None
    before_password: Path | None = None
    after_password: Path | None = None
    job: str | None = None
    pictures: int = PICTURES
    overwrite: bool = False


@dataclass(frozen=True)
class Made:
    """A page that was put."""

    output: Path
    content: Content
    verdict: Verdict

    @property
    def comparison(self) -> Comparison | None:
        """What was seen of the documents, where they were given."""
        return self.content.comparison

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints."""
        made: dict[str, Any] = {
            "page": str(self.output),
            "state": self.verdict.state,
            "headline": self.verdict.headline,
            "points": [point.text for point in self.verdict.points],
        }
        if self.comparison:
            made["visual"] = self.comparison.visual.to_json_dict()
            made["pagesShown"] = [page.number for page in self.comparison.pages]
            made["pagesLeftOut"] = self.comparison.left_out
        return {**made, "exitCode": 0}


def make_page(options: PageOptions) -> Made:
    """Make a page of a report, with pictures where both documents are given.

    Raises:
        UsageError: an option or a file is wrong, or the page exists.
        ManifestRefusedError: the job's resource cannot be read as one.
        DrawingError: the documents cannot be drawn in processes that are sealed.
    """
    _check(options)
    report = reading.read_report(options.report)
    job = reading.read_job(options.job, report) if options.job else None
    content = Content(report, job, _comparison(options, report))
    put_page(options.output, build_page(content), overwrite=options.overwrite)
    return Made(options.output, content, verdict_of(content))


def put_page(path: Path, page: str, *, overwrite: bool) -> None:
    """Put a page whole or not at all, readable by this user alone: it may show the document.

    Raises:
        UsageError: it cannot be written, or exists and nobody said to replace it.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=".pdfsec-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
            if overwrite:
                Path(name).replace(path)
            else:
                # In one step, and refused where the name is taken: whoever took it in between.
                path.hardlink_to(name)
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise UsageError(f"--output {printable(path)}: {error.strerror}") from None


def _comparison(options: PageOptions, report: DocumentReport) -> Comparison | None:
    if not (options.before and options.after):
        return None
    with ExitStack() as stack:
        before, after = [
            Drawable(
                stack.enter_context(reading.document(option, path, facts)),
                reading.read_password(f"{option}-password", password),
            )
            for option, path, facts, password in (
                ("--before", options.before, report.input, options.before_password),
                ("--after", options.after, report.output, options.after_password),
            )
        ]
        return compared(before, after, most=options.pictures)


def _check(options: PageOptions) -> None:
    if (options.before is None) != (options.after is None):
        missing = "--after" if options.after is None else "--before"
        raise UsageError(f"pictures are of both documents: add {missing} FILE")
    if options.before is None and (options.before_password or options.after_password):
        raise UsageError("a password opens a document: add --before FILE and --after FILE")
    if not options.output.parent.is_dir():
        folder = printable(options.output.parent)
        raise UsageError(f"--output {printable(options.output)}: make the folder {folder} first")
    job = Path(options.job) if options.job else None
    read = (options.report, options.before, options.after, job)
    if options.output.resolve() in [path.resolve() for path in read if path]:
        raise UsageError(f"--output {printable(options.output)}: is a file that is read")
    if options.output.exists() and not options.overwrite:
        raise _exists(options.output)


def _exists(path: Path) -> UsageError:
    return UsageError(f"--output {printable(path)}: exists; --overwrite replaces it")
