"""Documents of the corpora that look different afterwards for a reason that was found and stays.

Those that `qpdf --check` finds fault with before need no entry: its words are the reason.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A document that may look different.

    Attributes:
        corpus: as its folder is named, without a version.
        name: its file.
        reason: why it looks different, in words.
        is_benign: whether it counts among those of which nearly all look the same; not where it is
            malformed so that readers draw each something else.
    """

    corpus: str
    name: str
    reason: str
    is_benign: bool = True


KNOWN = (
    Known(
        "pdfcpu",
        "AnnotationDemo.pdf",
        "icons of a stamp, a sound and an attachment, which each reader has of its own",
    ),
    Known(
        "pdfcpu",
        "utf8stringAndAnnotation.pdf",
        "poppler draws a black highlight of its own over an appearance that has no blend mode; "
        "afterwards it is the appearance (12.5.5)",
    ),
    Known(
        "debian-libpdfbox2-java",
        "PDFBoxLegacyMerge-SameMerged.pdf",
        "fields are children of one another: poppler draws none of their buttons before, mupdf all "
        "of them, as afterwards",
        is_benign=False,
    ),
    Known(
        "debian-qpdf",
        "damaged-inline-image-out.pdf",
        "the Flate data of an image are broken: what is before the fault is kept, poppler reads "
        "on behind it",
        is_benign=False,
    ),
)


def known(corpus: str, name: str) -> Known | None:
    """Look a document up by the folder of its corpus, which may have a version, and its file."""
    for each in KNOWN:
        if each.name == name and (corpus == each.corpus or corpus.startswith(f"{each.corpus}-")):
            return each
    return None
