"""What pages draw with: images, forms, fonts, colours and their streams (chapters 8 and 9)."""

from __future__ import annotations

from vectors.place import SCRIPT, XMP, Data, Place, Places

_FORM = "/Type /XObject /Subtype /Form /BBox [0 0 50 50]"
_IMAGE = (
    "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"
)
_SHAPE = "0 0 9 9 re f"
_LOOKING_OUT = "<< /FS /URL /F (http://x.test/MARKER) >>"
_TYPE_3 = (
    "/Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FirstChar 0 /LastChar 0 /Widths [9] "
    "/CharProcs << /a @glyph >> /Encoding << /Differences [0 /a] >>"
)
_GLYPH = Data("", "9 0 0 0 9 9 d1 0 0 9 9 re f")
_STATE = "/ExtGState << /G << "
_CALCULATED = "/FunctionType 4 /Domain [0 1] /Range [0 1]"


def _form(entries: str, **objects: str | Data) -> Place:
    return Place(drawn=Data(f"{_FORM} {entries}", _SHAPE), objects=objects)


def _image(entries: str, **objects: str | Data) -> Place:
    return Place(drawn=Data(f"{_IMAGE} {entries}", "\x80"), objects=objects)


def _font(entries: str, **objects: str | Data) -> Place:
    return Place(
        resources=f"/Fonts << >> /ExtGState << /G << /Font [<< {entries} >> 9] >> >>",
        content="/G gs",
        objects=objects,
    )


def _state(entries: str, **objects: str | Data) -> Place:
    return Place(resources=f"{_STATE} {entries} >> >>", content="/G gs", objects=objects)


def _colour(value: str, **objects: str | Data) -> Place:
    return Place(resources=f"/ColorSpace << /C {value} >>", content="/C cs", objects=objects)


_HELVETICA = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica"
_EMBEDDED = "/Type /Font /Subtype /TrueType /BaseFont /A /FontDescriptor"

STREAMS: Places = {
    "data outside, of a form": Place(drawn=Data(f"{_FORM} /F {_LOOKING_OUT}", _SHAPE)),
    "data outside, of an image": Place(drawn=Data(f"{_IMAGE} /F {_LOOKING_OUT}", "\x80")),
    "data outside, by name": Place(drawn=Data(f"{_IMAGE} /F (//x.test/MARKER)", "\x80")),
    "data outside, its filters": Place(
        drawn=Data(f"{_FORM} /F (a) /FFilter /MARKER /FDecodeParms << /A (MARKER) >>", _SHAPE)
    ),
    "data outside, of content": Place(more=Data(f"/F {_LOOKING_OUT}", _SHAPE)),
    "decoded length": _form("/DL (MARKER)"),
    "parameters of a filter": _image("/DecodeParms << /Unheard (MARKER) >>"),
    "parameters of Flate": Place(
        drawn=Data(f"{_IMAGE} /DecodeParms << /Predictor 1 /X (MARKER) >>", "\x80", True)
    ),
    "name of a crypt filter": _form(
        "/Filter [/Crypt] /DecodeParms [<< /Type /CryptFilterDecodeParms /Name /Identity "
        "/X (MARKER) >>]"
    ),
    "behind the data": Place(drawn=Data(_FORM, _SHAPE, True, behind="MARKER")),
    "behind content": Place(more=Data("", _SHAPE, True, behind="MARKER")),
    "dictionary of content": Place(more=Data("/Unheard (MARKER)", _SHAPE)),
    "globals of an image": Place(
        drawn=Data(
            f"{_IMAGE} /Filter /JBIG2Decode /DecodeParms << /JBIG2Globals @shared >>", "\x80"
        ),
        objects={"shared": Data("/Unheard (MARKER)", "")},
    ),
}

DRAWN: Places = {
    "reference to another document": _form("/Ref << /F (//x.test/MARKER) /Page 0 >>"),
    "reference to an address": _form(f"/Ref << /F {_LOOKING_OUT} /Page 0 /ID [(a) (b)] >>"),
    "OPI 1.3 of a form": _form("/OPI << /1.3 << /Type /OPI /Version 1.3 /F (MARKER) >> >>"),
    "OPI 2.0 of a form": _form("/OPI << /2.0 << /Type /OPI /Version 2.0 /F (MARKER) >> >>"),
    "OPI 1.3 of an image": _image("/OPI << /1.3 << /F (MARKER) /Comments (MARKER) >> >>"),
    "OPI 2.0 of an image": _image(f"/OPI << /2.0 << /F {_LOOKING_OUT} >> >>"),
    "PostScript": Place(drawn=Data("/Type /XObject /Subtype /PS", "(MARKER) run")),
    "PostScript of the first level": Place(
        drawn=Data("/Subtype /PS /Level1 @file", "1 pop"), objects={"file": Data()}
    ),
    "PostScript in a form": _form("/Subtype2 /PS /PS @file", file=Data()),
    "alternates": _image(
        "/Alternates [<< /Image @file /DefaultForPrinting true >>]",
        file=Data(_IMAGE, "\x80", behind="MARKER"),
    ),
    "alternates from outside": _image(
        "/Alternates [<< /Image @file >>]", file=Data(f"{_IMAGE} /F {_LOOKING_OUT}", "\x80")
    ),
    "private data of a form": _form("/PieceInfo << /App << /Private (MARKER) >> >>"),
    "private data of an image": _image("/PieceInfo << /App << /Private @file >> >>", file=Data()),
    "last change of a form": _form("/LastModified (MARKER)"),
    "name of a form": _form("/Name /MARKER"),
    "name of an image": _image("/Name /MARKER"),
    "web capture of an image": _image("/ID (MARKER)"),
    "action of a form": _form(f"/AA << /O {SCRIPT} >>"),
    "measure of a form": _form("/Measure << /Subtype /GEO /GCS << /WKT (MARKER) >> >>"),
    "points of an image": _image("/PtData << /Subtype /Cloud /Names [(MARKER)] >>"),
    "group of a form": _form("/Group << /S /Transparency /Unheard (MARKER) >>"),
    "resources of a form": _form("/Resources << /Unheard (MARKER) >>"),
    "form in a form": _form(
        "/Resources << /XObject << /Y @inner >> >>",
        inner=Data(f"{_FORM} /PieceInfo << /App << /Private (MARKER) >> >>", _SHAPE),
    ),
    "mask of an image": _image("/SMask @mask", mask=Data(f"{_IMAGE} /Unheard (MARKER)", "\x80")),
    "custom key of a form": _form("/Unheard (MARKER)"),
    "custom key of an image": _image("/Unheard (MARKER)"),
    "unknown kind": Place(drawn=Data("/Type /XObject /Subtype /Unheard")),
    "no kind": Place(drawn=Data("/Type /XObject")),
    "thumbnail": Place(page="/Thumb @file", objects={"file": Data(_IMAGE)}),
}

FONTS: Places = {
    "matrix with a script": _font(
        f"{_TYPE_3} /FontMatrix [1 0 0 1 0 (0\\]; alert\\(MARKER\\)//)]", glyph=_GLYPH
    ),
    "matrix that is a text": _font(f"{_TYPE_3} /FontMatrix (MARKER)", glyph=_GLYPH),
    "matrix of a font program": _font(f"{_HELVETICA} /FontMatrix [1 0 0 1 0 (MARKER)]"),
    "glyph's dictionary": _font(
        f"{_TYPE_3} /FontMatrix [1 0 0 1 0 0]",
        glyph=Data("/Unheard (MARKER)", _GLYPH.data),
    ),
    "custom key of a font of glyphs": _font(
        f"{_TYPE_3} /FontMatrix [1 0 0 1 0 0] /X << /b (MARKER) >>", glyph=_GLYPH
    ),
    "resources of glyphs": _font(
        f"{_TYPE_3} /FontMatrix [1 0 0 1 0 0] /Resources << /Unheard (MARKER) >>", glyph=_GLYPH
    ),
    "differences with text": _font(f"{_HELVETICA} /Encoding << /Differences [0 (MARKER)] >>"),
    "custom key": _font(f"{_HELVETICA} /Unheard (MARKER)"),
    "metadata": _font(f"{_HELVETICA} /Metadata @file", file=XMP),
    "metadata of the program": _font(
        f"{_EMBEDDED} << /FontName /A /FontFile2 @program >>",
        program=Data("/Metadata @file", "true"),
        file=XMP,
    ),
    "descriptor": _font(f"{_EMBEDDED} << /FontName /A /Unheard (MARKER) >>"),
    "descriptor's character set": _font(f"{_EMBEDDED} << /FontName /A /CharSet (MARKER) >>"),
    "descriptor's style": _font(f"{_EMBEDDED} << /FontName /A /Style << /X (MARKER) >> >>"),
    "map to Unicode": _font(
        f"{_HELVETICA} /ToUnicode @map", map=Data("/CMapName /A /Unheard (MARKER)", "")
    ),
    "unknown kind": _font("/Type /Font /Subtype /Unheard /BaseFont /MARKER"),
}

COLOURS: Places = {
    "metadata of a profile": _colour(
        "[/ICCBased @profile]", profile=Data("/N 1 /Metadata @file", "x"), file=XMP
    ),
    "calculator that runs": _colour(
        "[/Separation /Spot /DeviceGray @program]",
        program=Data(_CALCULATED, "{ (MARKER) run }"),
    ),
    "calculator's comment": _colour(
        "[/Separation /Spot /DeviceGray @program]",
        program=Data(_CALCULATED, "{ dup %MARKER\n pop }"),
    ),
    "attributes of inks": _colour(
        "[/DeviceN [/Spot] /DeviceGray @program << /MixingHints << /X (MARKER) >> >>]",
        program=Data(_CALCULATED, "{ dup pop }"),
    ),
    "unknown kind": _colour("[/Unheard (MARKER)]"),
    "custom key of a space": _colour("[/CalGray << /WhitePoint [1 1 1] /Unheard (MARKER) >>]"),
    "halftone": _state("/HT @file", file=Data("/HalftoneType 6 /Width 1 /Height 1")),
    "halftone's name": _state("/HT << /HalftoneType 1 /HalftoneName (MARKER) >>"),
    "black generation": _state("/BG @file", file=Data(_CALCULATED, "{ (MARKER) run }")),
    "transfer": _state("/TR @file", file=Data(_CALCULATED, "{ (MARKER) run }")),
    "soft mask": _state(
        "/SMask << /S /Alpha /G @mask /Unheard (MARKER) >>", mask=Data(_FORM, _SHAPE)
    ),
    "state's custom key": _state("/Unheard (MARKER)"),
    "pattern": Place(
        resources="/Pattern << /P @tile >>",
        content="/Pattern cs /P scn 0 0 9 9 re f",
        objects={
            "tile": Data(
                "/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 "
                "/Resources << >> /Unheard (MARKER)",
                _SHAPE,
            )
        },
    ),
    "shading": Place(
        resources="/Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9] "
        "/Function << /FunctionType 2 /Domain [0 1] /N 1 >> /Unheard (MARKER) >> >>",
        content="/S sh",
    ),
    "properties": Place(
        resources="/Properties << /A << /Unheard (MARKER) >> >>", content="/Span /A BDC EMC"
    ),
    "procedure sets": Place(resources="/ProcSet [/PDF /MARKER]"),
    "custom key of resources": Place(resources="/Unheard (MARKER)"),
}
