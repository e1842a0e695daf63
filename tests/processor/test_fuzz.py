"""Documents with anything anywhere: sanitized to nothing active, or refused in words.

A few of them in every run of the tests; `make fuzz` goes on for as long as it is told to, and keeps
what it found in `.hypothesis`.
"""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import pikepdf
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from pdf_security_processor.contract import ExitCode
from pdf_security_processor.findings import survey
from pdf_security_processor.rebuild.attached_files import attached_files
from pdf_security_processor.walk import meaningful_places
from processor import documents
from processor.here import processed

EXAMPLES = int(os.environ.get("PDF_SECURITY_FUZZ_EXAMPLES", "60"))

WAYS: tuple[dict[str, Any], ...] = ({}, {"mode": "keepForms"}, {"attachments": "keepPdf"})

ATTACHED = {"EmbeddedFiles", "EmbeddedFile"}
"""All that may be left of what is found."""

SOURCES = (
    documents.with_active_content(),
    documents.with_form(),
    documents.with_names_of_metadata(),
    documents.with_metadata(),
    documents.signed(),
    documents.plain(3),
    documents.holding({"a.pdf": documents.holding({"b.pdf": documents.with_active_content()})}),
)

_KEYS = """
A AA AF AP AS Annots BBox BaseFont CharProcs ColorSpace Contents D DA DecodeParms DescendantFonts EF
Encoding ExtGState F FT Fields Filter Font FontDescriptor FontFile2 Ff First Function FunctionType G
Group JS Kids MK Matrix MediaBox N Names Next O OC OCGs OCProperties OFF OPI OpenAction P PA Pages
Opt Parent Pattern PatternType Properties Rect Ref Resources Root Rotate S SMask Shading ShadingType
StructTreeRoot Subtype T ToUnicode Type URI V VE W Width XFA XObject
"""

KEYS = tuple(f"/{key}" for key in _KEYS.split())

_NAMES = st.one_of(
    st.sampled_from(
        [
            *("/Page", "/Pages", "/Catalog", "/Form", "/Image", "/PS", "/Widget", "/Link", "/OCG"),
            *("/OCMD", "/JavaScript", "/Launch", "/URI", "/Type0", "/Type1", "/Type3", "/Tx"),
            *("/FlateDecode", "/LZWDecode", "/DCTDecode", "/DeviceRGB", "/Indexed", "/ICCBased"),
            *("/And", "/Not", "/On", "/OC"),
        ]
    ).map(str.encode),
    st.binary(min_size=1, max_size=4).map(lambda raw: b"/" + b"".join(b"#%02x" % b for b in raw)),
).filter(lambda name: b"#00" not in name)

_SIMPLE = st.one_of(
    st.just(b"null"),
    st.sampled_from([b"true", b"false"]),
    st.integers(-(2**33), 2**33).map(lambda value: b"%d" % value),
    st.integers(0, 8).map(lambda value: b"%d" % value),
    st.sampled_from([b"0.5", b"-1.25", b"9" * 320 + b".5"]),
    _NAMES,
    st.binary(max_size=8).map(lambda raw: b"<" + raw.hex().encode() + b">"),
    st.integers(0, 60).map(lambda number: b"@%d " % number),
)
"""Values as they are written in a file; `@n ` becomes a reference to one of the objects."""

VALUES = st.recursive(
    _SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda items: b"[" + b" ".join(items) + b"]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
            lambda entries: (
                b"<<"
                + b" ".join(key.encode() + b" " + value for key, value in entries.items())
                + b">>"
            )
        ),
    ),
    max_leaves=8,
)

CHANGES = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(KEYS), VALUES), min_size=1, max_size=8
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(source=st.sampled_from(SOURCES), way=st.sampled_from(WAYS), changes=CHANGES)
def test_anything_anywhere(
    source: bytes, way: dict[str, Any], changes: list[tuple[int, str, bytes]]
) -> None:
    document = _changed(source, changes)
    operations: list[dict[str, Any]] = [{"repair": {}}, {"sanitize": way}]
    report, output = processed(document, operations)
    assert report.exit_code not in (ExitCode.INTERNAL_ERROR, ExitCode.OUTPUT_DAMAGED), report
    if report.exit_code != ExitCode.SUCCEEDED:
        return
    assert _found_in(output) <= (ATTACHED if "attachments" in way else set())
    again, twice = processed(output, operations)
    assert again.exit_code == ExitCode.SUCCEEDED, again
    assert _count_of(twice) == _count_of(output)


def _found_in(data: bytes) -> set[str]:
    """Give the kinds of what is found in a document, and in those attached to it."""
    with pikepdf.open(io.BytesIO(data), conversion_mode="explicit") as opened:
        found = set(survey(meaningful_places(opened)).kinds)
        for attached in attached_files(opened):
            found |= _found_in(attached.stream.read_bytes())
    return found


def _count_of(data: bytes) -> int:
    """Count what a document holds."""
    with pikepdf.open(io.BytesIO(data)) as opened:
        return len(opened.objects)


def _changed(source: bytes, changes: list[tuple[int, str, bytes]]) -> bytes:
    with Pdf.open(io.BytesIO(source)) as pdf:
        holders: list[Any] = [item for item in pdf.objects if isinstance(item, Dictionary | Stream)]
        for number, key, text in changes:
            holder = holders[number % len(holders)]
            value = _referring(holders, Object.parse(text.replace(b"@", b"/REFERENCE#2D")))
            if value is not None:
                holder[key] = value
            elif key in holder:
                del holder[key]
        try:
            # pikepdf warns of widgets that no form has, which is one of the things that are tried.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return documents.saved(pdf)
        except pikepdf.PdfError:
            # pikepdf reads the metadata that it saves, and may not be able to.
            reject()


def _referring(holders: list[Any], value: Any) -> Any:
    """Put objects where a value refers to some."""
    if isinstance(value, Array):
        return Array([_referring(holders, item) for item in value])
    if isinstance(value, Dictionary):
        made = Dictionary()
        for key, item in value.items():
            if item is not None:
                made[key] = _referring(holders, item)
        return made
    if isinstance(value, Name):
        spelled = value.unparse()
        if spelled.startswith(b"/REFERENCE-"):
            return holders[int(spelled.rpartition(b"-")[2]) % len(holders)]
    return value
