"""The fields of a document's form, and those of them that are signed: ISO 32000-2, 12.7 and 12.8.

Pure over pikepdf objects opened in explicit conversion mode.
"""

from collections.abc import Iterator

from pikepdf import Array, Dictionary, Name, Object, ObjectSet, Pdf

from pdf_security_processor import limits
from pdf_security_processor.errors import LimitExceededError


def form_of(pdf: Pdf) -> Object:
    """Give the form's dictionary; an empty one where there is none."""
    form = pdf.Root.get(Name.AcroForm)
    return form if isinstance(form, Dictionary) else Dictionary()


def fields_of(pdf: Pdf) -> Iterator[tuple[Object, bool]]:
    """Visit the terminal fields (12.7.4.2), each with whether it is signed.

    Raises:
        LimitExceededError: more nodes than are visited.
    """
    seen = ObjectSet()
    # The type is inherited, so it is carried down the tree.
    top = form_of(pdf).get(Name.Fields)
    pending: list[tuple[Object, Object | None]] = (
        [(node, None) for node in top] if isinstance(top, Array) else []
    )
    while pending:
        node, inherited = pending.pop()
        if not isinstance(node, Dictionary) or not seen.add(node):
            continue
        if len(seen) > limits.FORM_FIELDS:
            raise LimitExceededError(
                f"The document has more than {limits.FORM_FIELDS} form fields."
            )
        kind = node.get(Name.FT, inherited)
        kids = node.get(Name.Kids)
        # Kids without a partial name are a field's widgets, not fields.
        inner = [kid for kid in kids if _is_field(kid)] if isinstance(kids, Array) else []
        if inner:
            pending.extend((kid, kind) for kid in inner)
        else:
            yield node, kind == Name.Sig and Name.V in node


def remove_signatures(pdf: Pdf) -> int:
    """Take the signatures out, and what says that there are any; what they look like stays.

    Returns:
        How many there were.

    Raises:
        LimitExceededError: see `fields_of`.
    """
    signed = [field for field, is_signed in fields_of(pdf) if is_signed]
    for field in signed:
        _drop(field, "/V", "/Lock", "/SV")
    # Permissions that a signature grants or certifies (12.8.6), and what helps to check it later
    # (12.8.4.3).
    _drop(pdf.Root, "/Perms", "/DSS")
    _drop(form_of(pdf), "/SigFlags")
    return len(signed)


def _drop(holder: Object, *keys: str) -> None:
    for key in keys:
        if key in holder:
            del holder[key]


def _is_field(kid: Object) -> bool:
    return isinstance(kid, Dictionary) and Name.T in kid
