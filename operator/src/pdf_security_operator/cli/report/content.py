"""All that a page is made of, as plain data. Computes nothing, draws nothing."""

import base64
from dataclasses import dataclass

from pdf_security_processor.contract import DocumentReport, Visual

PICTURES = 8
"""Changed pages that are shown where nobody says how many."""

MOST_PICTURES = 32
"""Changed pages that are shown at most: a page for people, of some tens of megabytes at worst."""


@dataclass(frozen=True)
class JobFacts:
    """What the job's resource says and the report does not.

    Attributes:
        namespace: of the job.
        name: of the job.
        class_name: the class in force; empty where the status does not say.
        image: that ran, by digest; empty where the status does not say.
        submitted_by: the user whom the API server saw; empty where nobody stamped it.
        completion_time: when it ended; empty where the status does not say.
    """

    namespace: str
    name: str
    class_name: str = ""
    image: str = ""
    submitted_by: str = ""
    completion_time: str = ""


@dataclass(frozen=True)
class Shown:
    """A picture that goes into the page, encoded by this program.

    Attributes:
        media_type: `image/png` or `image/jpeg`.
        data: the file.
        width: of the page, in pixels as it was compared.
        height: of the page, in pixels as it was compared.
    """

    media_type: str
    data: bytes
    width: int
    height: int

    @property
    def url(self) -> str:
        """The picture as a `data:` URL (RFC 2397)."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"


Frame = tuple[int, int, int, int]


@dataclass(frozen=True)
class ChangedPage:
    """A page that looks different.

    Attributes:
        number: from 1.
        difference: share of samples that differ noticeably, in the tile where it is largest.
        before: of the input.
        after: of the output.
        frames: left, top, right and bottom of where it differs most, in pixels; none where the
            sizes differ.
    """

    number: int
    difference: float
    before: Shown
    after: Shown
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Comparison:
    """What was seen of both documents when the page was made.

    Attributes:
        visual: of all pages.
        pages: the changed ones that are shown, in order.
    """

    visual: Visual
    pages: tuple[ChangedPage, ...] = ()

    @property
    def left_out(self) -> int:
        """Changed pages that are not shown."""
        return self.visual.changed - len(self.pages)


@dataclass(frozen=True)
class Content:
    """What the page tells.

    Attributes:
        report: of the document.
        job: none where nobody gave the resource.
        comparison: none where nobody gave both documents.
    """

    report: DocumentReport
    job: JobFacts | None = None
    comparison: Comparison | None = None

    @property
    def visual(self) -> Visual | None:
        """The newest look at the pages: this program's own, or else the job's."""
        return self.comparison.visual if self.comparison else self.report.visual
