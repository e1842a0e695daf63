"""Rebuilds a document of what ISO 32000-2 needs to show its pages, key by key, and of no more."""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Pdf

from pdf_security_processor.decoding.budget import Budget
from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild.copier import Copier, LeftOut, Place, overwrite
from pdf_security_processor.rebuild.fields import complete_appearances
from pdf_security_processor.rebuild.pages import page_of

TREE_NODES = 1_000_000
"""Nodes of the page tree that are cleaned."""

_OF_THE_FILE = frozenset(
    (
        *("/Root", "/Size", "/ID", "/Prev", "/XRefStm", "/Encrypt"),
        *("/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms"),
    )
)
"""Keys of a trailer, or of a cross-reference stream, that are about the file and made anew."""

__all__ = ["LeftOut", "rebuild"]


def rebuild(pdf: Pdf, *, keeps_links: bool = False) -> LeftOut:
    """Rebuild an open document, so that saving it writes what was allowed only.

    Args:
        pdf: open in explicit conversion mode, its pages' attributes not inherited.
        keeps_links: whether links to web pages and mail addresses stay.

    Returns:
        What was left out.

    Raises:
        LimitExceededError: it holds more than is proven or visited.
    """
    copier = Copier(pdf, Budget(), complete_appearances(pdf), keeps_links=keeps_links)
    made = []
    for number, page in enumerate(pdf.pages):
        place = Place(None, f"page {number + 1} ")
        made.append((page.obj, page_of(copier, page.obj, place)))
    # Not before all are made: one may be reached from another.
    for old, entries in made:
        overwrite(old, entries, kept=("/Parent",))
    root = pdf.Root
    for key in list(root.keys()):
        if key not in ("/Type", "/Pages"):
            copier.leave_out(Place(None, "catalog "), key)
    overwrite(root, Dictionary(Type=Name.Catalog), kept=("/Pages",))
    _clean_tree(root["/Pages"])
    for key in pdf.trailer.keys() - _OF_THE_FILE:
        copier.leave_out(Place(None, "trailer "), key)
    overwrite(pdf.trailer, Dictionary(Root=root), kept=("/Root", "/Size"))
    return copier.left_out


def _clean_tree(root: Object) -> None:
    """Leave in the nodes of the page tree what makes them a tree."""
    pending, count = [root], 0
    while pending:
        node = pending.pop()
        count += 1
        if count > TREE_NODES:
            raise LimitExceededError(f"The page tree has more than {TREE_NODES} nodes.")
        if not isinstance(node, Dictionary) or node.get("/Type") == Name.Page:
            continue
        for key in list(node.keys()):
            if key not in ("/Type", "/Kids", "/Count", "/Parent"):
                del node[key]
        node["/Type"] = Name.Pages
        kids = node.get("/Kids")
        pending.extend(kids if isinstance(kids, Array) else ())
