"""Documents that are made to exhaust whoever reads them, by hand. Asserts nothing.

None is larger than 30 MB; each would take gigabytes or minutes where nothing bounds it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

GIBIBYTE = 1024**3

Objects = dict[int, bytes]
"""Bodies of indirect objects by number; 1 is the catalog."""


def _stream(entries: str, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries.encode(), len(data), data)


def _compressed(count: int, filler: bytes = b"\0", head: bytes = b"") -> bytes:
    """Compress a head and so many bytes of filler, without ever having them all."""
    block = filler * (2**20 // len(filler))
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = compressor.compress(head) + compressor.flush(zlib.Z_FULL_FLUSH)
    # What follows a full flush refers to nothing before it, so that it may stand any times.
    each = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
    number, checksum = count // len(block), zlib.adler32(head)
    for _ in range(number):
        checksum = zlib.adler32(block, checksum)
    return b"\x78\xda%s%s\x03\0%s" % (first, each * number, checksum.to_bytes(4, "big"))


def _document(objects: Objects) -> bytes:
    """Lay objects out with a cross-reference table."""
    parts, offsets, at = [b"%PDF-1.7\n"], {}, 9
    for number, body in sorted(objects.items()):
        offsets[number] = at
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        at += len(parts[-1])
    size = max(objects) + 1
    entries = (
        b"%010d 00000 n \n" % offsets[n] if n in offsets else b"0000000000 00001 f \n"
        for n in range(1, size)
    )
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    parts.extend(entries)
    parts.append(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, at))
    return b"".join(parts)


def _one_page(page: bytes = b"", more: Objects | None = None, catalog: bytes = b"") -> Objects:
    return {
        1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] %s >>" % page,
        **(more or {}),
    }


def _with_object_streams(objects: Objects, inside: dict[int, tuple[int, int]]) -> bytes:
    """Lay objects out with a cross-reference stream.

    Args:
        objects: those of the file itself.
        inside: of each other object, the object stream that holds it, and its place there.
    """
    parts, offsets, at = [b"%PDF-1.7\n"], {}, 9
    for number, body in sorted(objects.items()):
        offsets[number] = at
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        at += len(parts[-1])
    size = max((*offsets, *inside)) + 2
    table = bytearray()
    for number in range(size - 1):
        if number in inside:
            kind, row = 2, inside[number]
        else:
            kind, row = int(number in offsets), (offsets.get(number, 0), 0)
        table += bytes((kind,)) + row[0].to_bytes(4, "big") + row[1].to_bytes(4, "big")
    table += b"\1" + at.to_bytes(4, "big") + bytes(4)
    entries = f"/Type /XRef /Size {size} /Root 1 0 R /W [1 4 4] /Filter /FlateDecode"
    own = _stream(entries, zlib.compress(bytes(table)))
    parts.append(b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (size - 1, own, at))
    return b"".join(parts)


def flate() -> bytes:
    """A page whose content is a gibibyte of blanks, a thousandth of that in the file."""
    content = _stream("/Filter /FlateDecode", _compressed(GIBIBYTE, b" "))
    return _document(_one_page(b"/Contents 4 0 R", {4: content}))


def flate_of_no_length() -> bytes:
    """The same, said to have no bytes: who mends it finds all of them."""
    return re.sub(
        rb"(?<=/FlateDecode /Length )(\d+)", lambda found: b"0".rjust(len(found[0])), flate()
    )


def double_flate() -> bytes:
    """The same, compressed twice: 3 kB in the file."""
    data = zlib.compress(_compressed(GIBIBYTE, b" "), 9)
    content = _stream("/Filter [/FlateDecode /FlateDecode]", data)
    return _document(_one_page(b"/Contents 4 0 R", {4: content}))


def many_flates() -> bytes:
    """A hundred streams of 100 MiB each, every one drawn ten times; no one is extraordinary."""
    data = _compressed(100 * 2**20, b" ")
    more = {4 + n: _stream("/Filter /FlateDecode", data) for n in range(100)}
    content = b" ".join(b"%d 0 R" % number for number in more)
    return _document(_one_page(b"/Contents [%s]" % b" ".join([content] * 10), more))


def run_length() -> bytes:
    """Run lengths, compressed: 64 bytes for one that is itself one of a thousand."""
    data = _compressed(GIBIBYTE // 64, b"\x81 ")
    content = _stream("/Filter [/FlateDecode /RunLengthDecode]", data)
    return _document(_one_page(b"/Contents 4 0 R", {4: content}))


def object_stream() -> bytes:
    """An object stream that is a gibibyte of blanks."""
    data = _compressed(GIBIBYTE, b" ", head=b"4 0 << >>")
    entries = "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
    return _with_object_streams({**_one_page(), 5: _stream(entries, data)}, {4: (5, 0)})


def double_object_stream() -> bytes:
    """The same, compressed twice."""
    inner = zlib.compress(_compressed(GIBIBYTE, b" ", head=b"4 0 << >>"), 9)
    entries = "/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]"
    return _with_object_streams({**_one_page(), 5: _stream(entries, inner)}, {4: (5, 0)})


def object_stream_in_itself() -> bytes:
    """An object stream that is said to be inside itself."""
    data = zlib.compress(b"5 0 6 6 << >> << >>")
    entries = "/Type /ObjStm /N 2 /First 8 /Filter /FlateDecode /Extends 5 0 R"
    inside = {5: (7, 0), 6: (7, 1), 7: (7, 2)}
    return _with_object_streams({**_one_page(), 8: _stream(entries, data)}, inside)


def cross_reference_stream() -> bytes:
    """A cross-reference stream that decodes to a gibibyte."""
    whole = _document(_one_page())
    at = whole.index(b"xref\n")
    entries = "/Type /XRef /Size 100 /Root 1 0 R /W [1 4 4] /Filter /FlateDecode"
    stream = _stream(entries, _compressed(GIBIBYTE))
    return b"%s9 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (whole[:at], stream, at)


def predictor() -> bytes:
    """An object stream whose predictor wants a row of two gibibytes."""
    data = zlib.compress(b"4 0 << >>")
    entries = (
        "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode "
        "/DecodeParms << /Predictor 12 /Columns 2147483000 >>"
    )
    return _with_object_streams({**_one_page(), 5: _stream(entries, data)}, {4: (5, 0)})


def million_objects() -> bytes:
    """A million dictionaries in object streams: small in the file."""
    count, each = 1_000_000, 1_000
    numbers = range(10, 10 + count)
    streams: Objects = {}
    inside_of: dict[int, tuple[int, int]] = {}
    body = b"<</A[0 0 0 0 0 0 0 0 0 0]/B<</C null>>>>"
    for part in range(count // each):
        inside = numbers[part * each : (part + 1) * each]
        head = b" ".join(b"%d %d" % (n, place * (len(body) + 1)) for place, n in enumerate(inside))
        holder = 10 + count + part
        entries = f"/Type /ObjStm /N {each} /First {len(head) + 1} /Filter /FlateDecode"
        streams[holder] = _stream(entries, zlib.compress(head + b" " + (body + b" ") * each))
        inside_of.update({number: (holder, place) for place, number in enumerate(inside)})
    everything = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = {**_one_page(catalog=b"/Many [%s]" % everything), **streams}
    return _with_object_streams(objects, inside_of)


def million_nulls() -> bytes:
    """One array of five million nulls."""
    return _document(_one_page(catalog=b"/Many [%s]" % (b"null " * 5_000_000)))


def page_tree_loop() -> bytes:
    """A page tree that holds itself."""
    objects = _one_page()
    objects[2] = b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>"
    return _document(objects)


def page_tree_of_doubles() -> bytes:
    """Thirty nodes, each with the next one twice: a thousand million pages."""
    objects = _one_page()
    for level in range(30):
        kid = 11 + level if level < 29 else 3
        objects[10 + level] = b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count %d >>" % (
            kid,
            kid,
            2 ** (30 - level),
        )
    objects[2] = b"<< /Type /Pages /Kids [10 0 R] /Count %d >>" % 2**30
    return _document(objects)


def page_tree_deep() -> bytes:
    """Nodes of one kid each, a hundred thousand deep."""
    objects = _one_page()
    deep = 100_000
    for level in range(deep):
        kid = 11 + level if level < deep - 1 else 3
        objects[10 + level] = b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % kid
    objects[2] = b"<< /Type /Pages /Kids [10 0 R] /Count 1 >>"
    return _document(objects)


def page_many_times() -> bytes:
    """One page, a million times among the kids."""
    objects = _one_page()
    objects[2] = b"<< /Type /Pages /Kids [%s] /Count 1000000 >>" % (b"3 0 R " * 1_000_000)
    return _document(objects)


def many_pages() -> bytes:
    """A page of its own for each of 200,000."""
    count = 200_000
    objects = _one_page()
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
        count,
        b" ".join(b"%d 0 R" % (10 + n) for n in range(count)),
    )
    for n in range(count):
        objects[10 + n] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    return _document(objects)


def giant_image() -> bytes:
    """An image of 10,000 million pixels, which says so and holds next to nothing."""
    image = _stream(
        "/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /BitsPerComponent 8 "
        "/ColorSpace /DeviceRGB /Filter /JPXDecode",
        b"\0\0\0\x0cjP  \r\n\x87\n",
    )
    return _document(_one_page(b"/Resources << /XObject << /I 4 0 R >> >>", {4: image}))


def giant_flate_image() -> bytes:
    """An image of a gibibyte that is all there, a thousandth of it in the file."""
    image = _stream(
        "/Type /XObject /Subtype /Image /Width 32768 /Height 32768 /BitsPerComponent 8 "
        "/ColorSpace /DeviceGray /Filter /FlateDecode",
        _compressed(GIBIBYTE),
    )
    return _document(_one_page(b"/Resources << /XObject << /I 4 0 R >> >>", {4: image}))


def deep_nesting() -> bytes:
    """Arrays, a million deep."""
    return _document(_one_page(catalog=b"/Deep " + b"[" * 1_000_000 + b"]" * 1_000_000))


def deep_dictionaries() -> bytes:
    """Dictionaries, a million deep, never closed."""
    return _document(_one_page(catalog=b"/Deep " + b"<</A" * 1_000_000))


def deep_references() -> bytes:
    """Objects that refer to the next, 300,000."""
    count = 300_000
    more = {10 + n: b"<< /Next %d 0 R >>" % (11 + n) for n in range(count)}
    return _document(_one_page(catalog=b"/Outlines 10 0 R", more=more))


def forms_of_doubles() -> bytes:
    """Fifty forms, each drawing the next one twice."""
    more: Objects = {}
    for level in range(50):
        resources = f"/Resources << /XObject << /F {11 + level} 0 R >> >>" if level < 49 else ""
        more[10 + level] = _stream(
            f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] {resources}", b"/F Do /F Do"
        )
    more[4] = _stream("", b"/F Do")
    return _document(_one_page(b"/Contents 4 0 R /Resources << /XObject << /F 10 0 R >> >>", more))


def many_updates() -> bytes:
    """A hundred thousand cross-reference tables, each before the next."""
    whole = bytearray(_document(_one_page()))
    previous = whole.rindex(b"xref\n0")
    for _ in range(100_000):
        at = len(whole)
        whole += b"xref\n0 0\ntrailer << /Size 4 /Root 1 0 R /Prev %d >>\n" % previous
        previous = at
    whole += b"startxref\n%d\n%%%%EOF\n" % previous
    return bytes(whole)


def long_filter_list() -> bytes:
    """A stream with a million filters."""
    content = _stream("/Filter [%s]" % ("/FlateDecode " * 1_000_000), b"x")
    return _document(_one_page(b"/Contents 4 0 R", {4: content}))


def damaged_objects() -> bytes:
    """Objects that each begin a string which no one ends: each is read to the end of the file."""
    more = {10 + n: b"<< /A (x /B >" for n in range(200_000)}
    return _document(_one_page(more=more))


BOMBS: dict[str, Callable[[], bytes]] = {
    "flate": flate,
    "flate-of-no-length": flate_of_no_length,
    "double-flate": double_flate,
    "many-flates": many_flates,
    "run-length": run_length,
    "object-stream": object_stream,
    "double-object-stream": double_object_stream,
    "object-stream-in-itself": object_stream_in_itself,
    "cross-reference-stream": cross_reference_stream,
    "predictor": predictor,
    "million-objects": million_objects,
    "million-nulls": million_nulls,
    "page-tree-loop": page_tree_loop,
    "page-tree-of-doubles": page_tree_of_doubles,
    "page-tree-deep": page_tree_deep,
    "page-many-times": page_many_times,
    "many-pages": many_pages,
    "giant-image": giant_image,
    "giant-flate-image": giant_flate_image,
    "deep-nesting": deep_nesting,
    "deep-dictionaries": deep_dictionaries,
    "deep-references": deep_references,
    "forms-of-doubles": forms_of_doubles,
    "many-updates": many_updates,
    "long-filter-list": long_filter_list,
    "damaged-objects": damaged_objects,
}
