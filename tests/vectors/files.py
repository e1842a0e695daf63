"""What hides in a file and in no object of its document, or in one that nobody reads any more."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping

import pikepdf

from vectors.layout import Form, laid_out, plain_objects, with_object_stream, with_table
from vectors.place import SCRIPT, Data, File, Place

_OPENING = Place(catalog=f"/OpenAction {SCRIPT}")
_CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"


def _with_catalog(**entries: str) -> bytes:
    """Write the plain page with entries added to its catalog."""
    objects = plain_objects()
    more = " ".join(f"/{key} {value}" for key, value in entries.items())
    return with_table({**objects, 1: f"<< /Type /Catalog /Pages 2 0 R {more} >>"})


def _updated(before: bytes, objects: Mapping[int, str], trailer: str = "") -> bytes:
    """Append a revision with these objects."""
    previous = int(before[before.rindex(b"startxref") + 9 :].split()[0])
    parts, rows, at = [before], [], len(before)
    for number, body in objects.items():
        rows.append(f"{number} 1\n{at:010} 00000 n \n")
        parts.append(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
        at += len(parts[-1])
    parts.append(
        f"xref\n{''.join(rows)}trailer\n<< /Size 20 /Root 1 0 R /Prev {previous} {trailer} >>\n"
        f"startxref\n{at}\n%%EOF\n".encode("latin-1")
    )
    return b"".join(parts)


def old_revision(marker: str) -> bytes:
    """A script that a later revision took away."""
    return _updated(laid_out(_OPENING, Form.DIRECT, marker), {1: _CATALOG})


def old_revision_in_object_stream(marker: str) -> bytes:
    """The same, compressed, and the cross-references of both kinds."""
    return _updated(laid_out(_OPENING, Form.OBJECT_STREAM, marker), {1: _CATALOG})


def newer_revision(marker: str) -> bytes:
    """A script that a later revision added."""
    action = f"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS ({marker}) >> >>"
    return _updated(laid_out(Place(), Form.DIRECT, marker), {1: action})


def old_trailer(marker: str) -> bytes:
    """What only the first trailer says."""
    return _updated(
        laid_out(Place(trailer="/Unheard (MARKER)"), Form.DIRECT, marker), {1: _CATALOG}
    )


def orphan(marker: str) -> bytes:
    """An object to which nothing refers."""
    return with_table({**plain_objects(), 20: f"<< /S /JavaScript /JS ({marker}) >>"})


def orphaned_stream(marker: str) -> bytes:
    """A stream to which nothing refers."""
    return with_table({**plain_objects(), 20: Data("", marker, is_compressed=True)})


def orphan_in_object_stream(marker: str) -> bytes:
    """The same in an object stream."""
    return with_object_stream({**plain_objects(), 20: f"<< /S /JavaScript /JS ({marker}) >>"})


def unlisted_object(marker: str) -> bytes:
    """An object that no table lists."""
    body = f"30 0 obj\n<< /S /JavaScript /JS ({marker}) >>\nendobj\n".encode()
    return _inserted(body)


def comment_between_objects(marker: str) -> bytes:
    """A comment, as readers skip it."""
    return _inserted(f"% {marker}\n".encode())


def in_front_of_the_header(marker: str) -> bytes:
    """Lines before the document begins."""
    return f"X-{marker}: 1\r\n".encode() + laid_out(Place(), Form.DIRECT, marker)


def behind_the_end(marker: str) -> bytes:
    """Bytes after the document ends."""
    return laid_out(Place(), Form.DIRECT, marker) + f"\n{marker}\n".encode()


def another_file_behind_the_end(marker: str) -> bytes:
    """An archive after the document ends, as those have it that are two things at once."""
    packed = zlib.compress(marker.encode())
    local = b"PK\3\4" + marker.encode() + packed
    return laid_out(Place(), Form.DIRECT, marker) + local


def slack_of_object_stream(marker: str) -> bytes:
    """Bytes of an object stream that are no object's."""
    return with_object_stream(plain_objects(), slack=f"({marker})".encode())


def duplicate_key(marker: str) -> bytes:
    """A key twice: of which one readers take the first, others the last."""
    catalog = f"/OpenAction << /S /JavaScript /JS ({marker}) >> /OpenAction [3 0 R /Fit]"
    return with_table({**plain_objects(), 1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>"})


def duplicate_key_the_other_way(marker: str) -> bytes:
    """The same the other way around."""
    catalog = f"/OpenAction [3 0 R /Fit] /OpenAction << /S /JavaScript /JS ({marker}) >>"
    return with_table({**plain_objects(), 1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>"})


def duplicate_key_escaped(marker: str) -> bytes:
    """A key twice, of which one is spelled otherwise."""
    catalog = f"/OpenAction [3 0 R /Fit] /Open#41ction << /S /JavaScript /JS ({marker}) >>"
    return with_table({**plain_objects(), 1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>"})


def marker_escaped(marker: str) -> bytes:
    """A name of which each character is spelled with a number sign."""
    name = "".join(f"#{ord(character):02x}" for character in marker)
    return _with_catalog(Unheard=f"/{name}")


def text_in_octal(marker: str) -> bytes:
    """A text of which each character is spelled with a backslash."""
    text = "".join(f"\\{ord(character):03o}" for character in marker)
    return _with_catalog(OpenAction=f"<< /S /JavaScript /JS ({text}) >>")


def second_generation(marker: str) -> bytes:
    """An object of another generation than the first."""
    whole = _with_catalog(OpenAction="20 7 R")
    body = f"20 7 obj\n<< /S /JavaScript /JS ({marker}) >>\nendobj\n".encode()
    start = whole.index(b"xref\n0")
    table = whole[start : whole.index(b"trailer")]
    more = b"20 1\n%010d 00007 n \n" % start
    tail = f"trailer\n<< /Size 21 /Root 1 0 R >>\nstartxref\n{start + len(body)}\n%%EOF\n".encode()
    return whole[:start] + body + table + more + tail


def parent_of_nobody(marker: str) -> bytes:
    """A page whose parent is not the node that lists it."""
    objects = plain_objects()
    page = str(objects[3]).replace("/Parent 2 0 R", "/Parent 20 0 R")
    parent = f"<< /Type /Pages /AA << /O << /S /JavaScript /JS ({marker}) >> >> >>"
    return with_table({**objects, 3: page, 20: parent})


def encrypted(marker: str) -> bytes:
    """A document that opens without a password."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(laid_out(_OPENING, Form.DIRECT, marker))) as opened:
        opened.save(target, encryption=pikepdf.Encryption(owner="owner", user="", R=6))
    return target.getvalue()


def damaged_table(marker: str) -> bytes:
    """A document whose cross-references are nowhere, which every reader mends."""
    whole = laid_out(_OPENING, Form.DIRECT, marker)
    return whole.replace(b"startxref\n", b"startxref\n9")


def signed(marker: str) -> bytes:
    """A document that a signature certifies."""
    signature = (
        f"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached "
        f"/ByteRange [0 9 9 9] /Contents ({marker}) >>"
    )
    objects = plain_objects()
    objects[20] = signature
    objects[21] = "<< /FT /Sig /T (s) /V 20 0 R /Subtype /Widget /Rect [0 0 0 0] >>"
    form = "/AcroForm << /Fields [21 0 R] /SigFlags 3 >> /Perms << /DocMDP 20 0 R >>"
    return with_table({**objects, 1: f"<< /Type /Catalog /Pages 2 0 R {form} >>"})


def _inserted(what: bytes) -> bytes:
    """Put bytes before the cross-reference table of a plain document."""
    whole = with_table(plain_objects())
    at = whole.index(b"xref\n0")
    moved = whole[at:].replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + len(what)))
    return whole[:at] + what + moved


FILES: Mapping[str, File] = {
    "old revision": old_revision,
    "old revision in an object stream": old_revision_in_object_stream,
    "newer revision": newer_revision,
    "old trailer": old_trailer,
    "orphan": orphan,
    "orphaned stream": orphaned_stream,
    "orphan in an object stream": orphan_in_object_stream,
    "object that no table lists": unlisted_object,
    "comment between objects": comment_between_objects,
    "in front of the header": in_front_of_the_header,
    "behind the end": behind_the_end,
    "another file behind the end": another_file_behind_the_end,
    "slack of an object stream": slack_of_object_stream,
    "duplicate key": duplicate_key,
    "duplicate key, the other way": duplicate_key_the_other_way,
    "duplicate key, escaped": duplicate_key_escaped,
    "name in number signs": marker_escaped,
    "text in octal": text_in_octal,
    "another generation": second_generation,
    "parent of nobody": parent_of_nobody,
    "encrypted": encrypted,
    "damaged cross-references": damaged_table,
    "signed": signed,
}
