"""What hides in what pages, forms, glyphs and maps of letters are written with."""

from __future__ import annotations

from vectors.place import Data, Place, Places

_FORM = "/Type /XObject /Subtype /Form /BBox [0 0 50 50]"

CONTENT: Places = {
    "text without paint": Place(content="q BT /F1 9 Tf 9 9 Td 3 Tr (MARKER) Tj ET Q"),
    "replaced text": Place(content="/Span << /ActualText (MARKER) >> BDC EMC"),
    "alternate text": Place(content="/Figure << /Alt (MARKER) >> BDC EMC"),
    "marked point": Place(content="/Point << /Unheard (MARKER) >> DP"),
    "unknown operator": Place(content="BX (MARKER) unheard EX"),
    "comment": Place(content="\n% MARKER\n"),
    "comment in a form": Place(drawn=Data(_FORM, "% MARKER\n0 g")),
    "comment in a glyph": Place(
        resources="/ExtGState << /G << /Font [@glyphs 9] >> >>",
        objects={
            "glyphs": "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix "
            "[1 0 0 1 0 0] /CharProcs << /a @glyph >> /Encoding << /Differences [0 /a] >> >>",
            "glyph": Data("", "9 0 d0 % MARKER"),
        },
    ),
    "comment in a map to Unicode": Place(
        resources="/ExtGState << /G << /Font [@mapped 9] >> >>",
        objects={
            "mapped": "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /ToUnicode @map >>",
            "map": Data("/Type /CMap /CMapName /A", "% MARKER"),
        },
    ),
    "inline image": Place(
        content="q BI /W 1 /H 1 /BPC 8 /CS /G /Unheard (MARKER) ID x EI Q",
    ),
}
