"""Rebuilds a document of what ISO 32000-2 needs to show its pages, key by key, and of no more."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Pdf

from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.rebuild.copier import Copier, LeftOut, Place, overwrite
from pdf_security_processor.rebuild.fields import complete_appearances
from pdf_security_processor.rebuild.kept_fields import KeptFields
from pdf_security_processor.rebuild.links import AllowedLinks
from pdf_security_processor.rebuild.pages import page_of

_OF_THE_FILE = frozenset(
    (
        *("/Root", "/Size", "/ID", "/Prev", "/XRefStm", "/Encrypt"),
        *("/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms"),
    )
)
"""Keys of a trailer, or of a cross-reference stream, that are about the file and made anew."""

__all__ = ["LeftOut", "rebuild"]


def rebuild(
    pdf: Pdf,
    links: AllowedLinks | None = None,
    *,
    keeps_fields: bool = False,
    keeps_invisible_text: bool = False,
) -> LeftOut:
    """Rebuild an open document, so that saving it writes what was allowed only.

    Args:
        pdf: open in explicit conversion mode, its pages' attributes not inherited.
        links: which links to web pages and mail addresses stay; none where left out.
        keeps_fields: whether fields of forms stay to be filled in.
        keeps_invisible_text: whether text stays that is painted invisibly.

    Returns:
        What was left out.

    Raises:
        LimitExceededError: it holds more than is proven or visited.
    """
    complete_appearances(pdf)
    fields = KeptFields() if keeps_fields else None
    copier = Copier(pdf, Budget(), links, fields, keeps_invisible_text=keeps_invisible_text)
    root, tree = pdf.Root, pdf.Root["/Pages"]
    pages = [page.obj for page in pdf.pages]
    # Whatever refers to these for something else does not get them.
    copier.reserve([root, tree, *pages])
    made = [
        page_of(copier, page, Place(None, f"page {number + 1} "))
        for number, page in enumerate(pages)
    ]
    # Not before all are made: one may be reached from another.
    for page, entries in zip(pages, made, strict=True):
        entries["/Parent"] = tree
        overwrite(page, entries)
    for key in list(root.keys()):
        if key not in ("/Type", "/Pages"):
            copier.leave_out(Place(None, "catalog "), key)
    form = fields.form(copier, root.get("/AcroForm")) if fields else None
    overwrite(root, Dictionary(Type=Name.Catalog, Pages=tree))
    if form is not None:
        root["/AcroForm"] = form
    # One node with all pages: what stood between them, or above them, nothing leads to any more.
    overwrite(tree, Dictionary(Type=Name.Pages, Kids=Array(pages), Count=len(pages)))
    for key in pdf.trailer.keys() - _OF_THE_FILE:
        copier.leave_out(Place(None, "trailer "), key)
    for key in pdf.trailer.keys() - {"/Root", "/Size"}:
        del pdf.trailer[key]
    return copier.left_out
