"""Fonts, and what may stand in them: ISO 32000-2, 9.5 to 9.10. Programs are taken as they are."""

from __future__ import annotations

from pikepdf import Integer, Name

from pdf_security_processor.rebuild import streams
from pdf_security_processor.rebuild.rules import (
    INTEGER,
    MATRIX,
    NAME,
    NUMBER,
    NUMBERS,
    RECTANGLE,
    STRING,
    Kind,
    Rule,
    array,
    by_key,
    dictionary,
    either,
    integer,
    later,
    mapping,
    names,
    scalar,
    stream,
)

GLYPHS = 2**17
"""Entries of a list of glyphs."""

_PROGRAM = {"/Length1": INTEGER, "/Length2": INTEGER, "/Length3": INTEGER}
_TYPE_1 = Kind("Type1Program", _PROGRAM, data=streams.general)
_TRUE_TYPE = Kind("TrueTypeProgram", _PROGRAM, data=streams.general)
_COMPACT = Kind(
    "FontProgram",
    _PROGRAM | {"/Subtype": names("/Type1C", "/CIDFontType0C", "/OpenType")},
    frozenset(("/Subtype",)),
    data=streams.general,
)

_DESCRIPTOR = Kind(
    "FontDescriptor",
    {
        "/FontName": NAME,
        "/FontFamily": STRING,
        "/FontStretch": NAME,
        "/FontWeight": NUMBER,
        "/Flags": INTEGER,
        "/FontBBox": RECTANGLE,
        **dict.fromkeys(
            (
                "/ItalicAngle",
                "/Ascent",
                "/Descent",
                "/Leading",
                "/CapHeight",
                "/XHeight",
                "/StemV",
                "/StemH",
                "/AvgWidth",
                "/MaxWidth",
                "/MissingWidth",
            ),
            NUMBER,
        ),
        "/FontFile": stream(_TYPE_1),
        "/FontFile2": stream(_TRUE_TYPE),
        "/FontFile3": stream(_COMPACT),
    },
    fixed={"/Type": "/FontDescriptor"},
)

_CMAP = Kind(
    "CMap",
    {
        "/CMapName": NAME,
        "/CIDSystemInfo": later(lambda: _SYSTEM_INFO),
        "/WMode": integer(0, 1),
        "/UseCMap": later(lambda: _CMAP_OR_NAME),
    },
    fixed={"/Type": "/CMap"},
    data=streams.code,
)
_CMAP_OR_NAME: Rule = either(NAME, stream(_CMAP))

_SYSTEM_INFO: Rule = dictionary(
    Kind("CIDSystemInfo", {"/Registry": STRING, "/Ordering": STRING, "/Supplement": INTEGER})
)

_ENCODING: Rule = either(
    NAME,
    dictionary(
        Kind(
            "Encoding",
            {
                "/BaseEncoding": NAME,
                "/Differences": array(scalar(Integer, Name), most=GLYPHS),
            },
            fixed={"/Type": "/Encoding"},
        )
    ),
)

_WIDTHS = array(either(NUMBER, array(NUMBER, most=GLYPHS)), most=GLYPHS)

_CID_FONT = {
    "/BaseFont": NAME,
    "/CIDSystemInfo": _SYSTEM_INFO,
    "/FontDescriptor": dictionary(_DESCRIPTOR),
    "/DW": NUMBER,
    "/W": _WIDTHS,
    "/DW2": NUMBERS,
    "/W2": _WIDTHS,
    "/CIDToGIDMap": either(
        names("/Identity"), stream(Kind("CIDToGIDMap", {}, data=streams.general))
    ),
}


def _cid_font(subtype: str) -> Rule:
    fixed = {"/Type": "/Font", "/Subtype": subtype}
    return dictionary(Kind(f"Font{subtype}", _CID_FONT, fixed=fixed))


_DESCENDANT = by_key(
    "/Subtype",
    lambda: {subtype: _cid_font(subtype) for subtype in ("/CIDFontType0", "/CIDFontType2")},
)

_SIMPLE = {
    # Older documents name fonts here, too; nobody needs it, and some compare it.
    "/Name": NAME,
    "/BaseFont": NAME,
    "/FirstChar": integer(0, 255),
    "/LastChar": integer(0, 255),
    "/Widths": array(NUMBER, most=256),
    "/FontDescriptor": dictionary(_DESCRIPTOR),
    "/Encoding": _ENCODING,
    "/ToUnicode": either(stream(_CMAP), names("/Identity-H", "/Identity-V")),
}


def _resources() -> Rule:
    from pdf_security_processor.rebuild.graphics import RESOURCES

    return RESOURCES


_TYPE_3 = {
    **_SIMPLE,
    "/FontBBox": RECTANGLE,
    # Six numbers and nothing else: CVE-2024-4367.
    "/FontMatrix": MATRIX,
    "/CharProcs": mapping(stream(lambda: _GLYPH)),
    "/Resources": later(_resources),
}

_GLYPH: Kind = Kind("GlyphProcedure", {}, data=streams.glyph)


def _simple(subtype: str) -> Rule:
    fixed = {"/Type": "/Font", "/Subtype": subtype}
    return dictionary(Kind(f"Font{subtype}", _SIMPLE, fixed=fixed))


FONTS: dict[str, Rule] = {
    **{subtype: _simple(subtype) for subtype in ("/Type1", "/MMType1", "/TrueType")},
    "/Type3": dictionary(
        Kind(
            "Font/Type3",
            _TYPE_3,
            frozenset(("/FontMatrix", "/CharProcs", "/Encoding")),
            {"/Type": "/Font", "/Subtype": "/Type3"},
        )
    ),
    "/Type0": dictionary(
        Kind(
            "Font/Type0",
            {
                "/BaseFont": NAME,
                "/Encoding": _CMAP_OR_NAME,
                "/DescendantFonts": array(_DESCENDANT, least=1, most=1),
                "/ToUnicode": either(stream(_CMAP), names("/Identity-H", "/Identity-V")),
            },
            frozenset(("/Encoding", "/DescendantFonts")),
            {"/Type": "/Font", "/Subtype": "/Type0"},
        )
    ),
}
"""Subtype -> what may stand in such a font."""

FONT = by_key("/Subtype", lambda: FONTS)
