"""Fields, signatures and annotations (ISO 32000-2, 12.5, 12.7, 12.8 and 13)."""

from __future__ import annotations

from vectors.place import ATTACHED, FILE, SCRIPT, Data, Place, Places

_FORM = "/AcroForm << /Fields [@annotation]"
_HIDDEN = "/Subtype /Widget /T (f) /F 2"
_LOOK = "/Subtype /Form /BBox [0 0 9 9]"
_CLIP_TYPES = "/Type /RichMediaContent"


def _field(entries: str, **objects: str | Data) -> Place:
    """A field whose value nobody sees."""
    return Place(catalog=f"{_FORM} >>", annotation=f"{_HIDDEN} {entries}", objects=objects)


def _form(entries: str, **objects: str | Data) -> Place:
    return Place(catalog=f"{_FORM} {entries} >>", annotation=f"{_HIDDEN} /FT /Tx", objects=objects)


def _signature(entries: str) -> Place:
    value = f"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 1 2 3] {entries} >>"
    return _field(f"/FT /Sig /V {value}")


def _annotation(subtype: str, entries: str, **objects: str | Data) -> Place:
    return Place(annotation=f"/Subtype /{subtype} {entries}", objects=objects)


FIELDS: Places = {
    "XFA": _form("/XFA @file", file=Data("", "<xdp>MARKER</xdp>")),
    "XFA in parts": _form(
        "/XFA [(preamble) @start (template) @file]",
        start=Data("", "<xdp>"),
        file=Data("", "<template>MARKER</template></xdp>", is_compressed=True),
    ),
    "XFA as text": _form("/XFA (<xdp>MARKER</xdp>)"),
    "order of calculation": _form(
        "/CO [@field]", field=f"<< /FT /Tx /T (g) /AA << /C {SCRIPT} >> >>"
    ),
    "default resources": _form("/DR << /Unheard (MARKER) >>"),
    "default resources, a drawing": _form("/DR << /XObject << /A @file >> >>", file=Data(_LOOK)),
    "default appearance": _form("/DA (/MARKER 0 Tf)"),
    "custom key of the form": _form("/Unheard (MARKER)"),
    "value": _field("/FT /Tx /V (MARKER)"),
    "value in a stream": _field("/FT /Tx /V @file", file=Data()),
    "default value": _field("/FT /Tx /DV (MARKER)"),
    "rich value": _field("/FT /Tx /RV (<body><a href='http://x.test/MARKER'>x</a></body>)"),
    "default style": _field("/FT /Tx /DS (font: MARKER)"),
    "other name": _field("/FT /Tx /TU (MARKER)"),
    "name for export": _field("/FT /Tx /TM (MARKER)"),
    "name": Place(catalog=f"{_FORM} >>", annotation="/Subtype /Widget /F 2 /FT /Tx /T (MARKER)"),
    "options": _field("/FT /Ch /Opt [[(MARKER) (a)]]"),
    "states": _field("/FT /Btn /AP << /N << /MARKER @look >> >>", look=Data(_LOOK, "0 g")),
    "password": _field("/FT /Tx /Ff 8192 /V (MARKER)"),
    "without a widget": Place(
        catalog="/AcroForm << /Fields [@field] >>",
        objects={"field": "<< /FT /Tx /T (f) /V (MARKER) >>"},
    ),
    "only on the page": Place(annotation=f"/Subtype /Widget /FT /Tx /F 2 /V (MARKER) /A {SCRIPT}"),
    "only in the structure": Place(
        catalog="/StructTreeRoot << /K << /S /Form /K << /Type /OBJR /Obj @field >> >> >>",
        objects={"field": f"<< /Subtype /Widget /Rect [0 0 9 9] /FT /Tx /AA << /K {SCRIPT} >> >>"},
    ),
    "default value of what is shown": Place(
        catalog=f"{_FORM} /NeedAppearances true >>",
        annotation="/Subtype /Widget /FT /Tx /T (f) /DA (/F1 9 Tf) /V (x) /DV (MARKER)",
    ),
    "rich value of what is shown": Place(
        catalog=f"{_FORM} /NeedAppearances true >>",
        annotation="/Subtype /Widget /FT /Tx /T (f) /DA (/F1 9 Tf) /V (x) /RV (<b>MARKER</b>)",
    ),
    "captions of a button": _field("/FT /Btn /Ff 65536 /MK << /RC (MARKER) /AC (MARKER) >>"),
    "icon of a button": _field("/FT /Btn /Ff 65536 /MK << /RI @look >>", look=Data(_LOOK)),
    "custom key": _field("/FT /Tx /Unheard (MARKER)"),
}

SIGNATURES: Places = {
    **{
        key: _signature(f"/{key} (MARKER)")
        for key in ("Contents", "Cert", "Name", "Reason", "Location", "ContactInfo", "M")
    },
    "build": _signature("/Prop_Build << /App << /Name /MARKER /REx (MARKER) >> >>"),
    "reference": _signature(
        "/Reference [<< /TransformMethod /DocMDP /TransformParams << /Msg (MARKER) >> >>]"
    ),
    "of a time stamp": _field(
        "/FT /Sig /V << /Type /DocTimeStamp /Filter /Adobe.PPKLite "
        "/SubFilter /ETSI.RFC3161 /Contents (MARKER) >>"
    ),
    "seed value, an address": _field(
        "/FT /Sig /SV << /Type /SV /Cert << /URL (http://x.test/MARKER) /URLType /Browser >> >>"
    ),
    "seed value, a time stamp": _field(
        "/FT /Sig /SV << /Type /SV /TimeStamp << /URL (http://x.test/MARKER) /Ff 1 >> >>"
    ),
    "seed value, reasons": _field("/FT /Sig /SV << /Type /SV /Reasons [(MARKER)] >>"),
    "lock": _field("/FT /Sig /Lock << /Action /Include /Fields [(MARKER)] >>"),
}

ANNOTATIONS: Places = {
    "note": _annotation("Text", "/Contents (MARKER)"),
    "rich text": _annotation("Text", "/RC (<body><a href='http://x.test/MARKER'>x</a></body>)"),
    "rich text in a stream": _annotation("Text", "/RC @file", file=Data("", "<body>MARKER</body>")),
    **{
        f"note {key}": _annotation("Text", f"/{key} (MARKER)")
        for key in ("T", "Subj", "NM", "M", "CreationDate", "StateModel", "State")
    },
    "pop-up": _annotation(
        "Text", "/Popup @popup", popup="<< /Subtype /Popup /Contents (MARKER) /Rect [0 0 9 9] >>"
    ),
    "answer": _annotation("Text", "/IRT @note", note="<< /Subtype /Text /Contents (MARKER) >>"),
    "external data": _annotation("Text", "/ExData << /Subtype /Markup3D /XX (MARKER) >>"),
    "custom key": _annotation("Text", "/Unheard (MARKER)"),
    "unknown kind": _annotation("Unheard", "/Contents (MARKER)"),
    "private data": _annotation("Square", "/PieceInfo << /App << /Private (MARKER) >> >>"),
    "hidden": _annotation("Stamp", "/F 2 /AP << /N @look >>", look=Data(_LOOK, "% MARKER")),
    "not viewed": _annotation("Stamp", "/F 32 /AP << /N @look >>", look=Data(_LOOK, "% MARKER")),
    "rolled over": _annotation(
        "Stamp",
        "/AP << /N @look /R @file >>",
        look=Data(_LOOK, "0 g"),
        file=Data(_LOOK, "% MARKER"),
    ),
    "pressed": _annotation(
        "Stamp",
        "/AP << /N @look /D @file >>",
        look=Data(_LOOK, "0 g"),
        file=Data(_LOOK, "% MARKER"),
    ),
    "other state": _annotation(
        "Widget",
        "/FT /Btn /AS /Off /AP << /N << /Off @look /On @file >> >>",
        look=Data(_LOOK, "0 g"),
        file=Data(_LOOK, "% MARKER"),
    ),
    "private data of what is shown": _annotation(
        "Stamp",
        "/AP << /N @look >>",
        look=Data(f"{_LOOK} /PieceInfo << /App << /Private (MARKER) >> >>", "0 g"),
    ),
    "data outside of what is shown": _annotation(
        "Stamp", "/AP << /N @look >>", look=Data(f"{_LOOK} /F (//x.test/MARKER)", "0 g")
    ),
    "resources of what is shown": _annotation(
        "Stamp",
        "/AP << /N @look >>",
        look=Data(f"{_LOOK} /Resources << /Properties << /A << /X (MARKER) >> >> >>", "0 g"),
    ),
    "attached file": _annotation("FileAttachment", f"/FS {ATTACHED}", file=FILE),
    "attached file on a stamp": _annotation("Stamp", f"/AF [{ATTACHED}]", file=FILE),
    "sound": _annotation("Sound", "/Sound @file", file=Data("/Type /Sound /R 8000 /E /Raw")),
    "movie": _annotation("Movie", "/T (a) /Movie << /F (http://x.test/MARKER) >>"),
    "movie's poster": _annotation("Movie", "/Movie << /F (a) /Poster @file >>", file=Data()),
    "screen": _annotation("Screen", "/T (a) /MK << /I @file >>", file=Data(_LOOK, "% MARKER")),
    "screen's rendition": _annotation(
        "Screen",
        "/A << /S /Rendition /R << /S /MR /C << /S /MCD /CT (MARKER) /D @file >> >> >>",
        file=FILE,
    ),
    "three-dimensional": _annotation("3D", "/3DD @file", file=Data("/Type /3D /Subtype /U3D")),
    "three-dimensional, its script": _annotation(
        "3D",
        "/3DD << /Type /3DRef /3DD @model >>",
        model=Data("/Type /3D /Subtype /U3D /OnInstantiate @file", "U3D"),
        file=Data(is_compressed=True),
    ),
    "three-dimensional, a view": _annotation(
        "3D", "/3DD @model /3DV << /XN (MARKER) >>", model=Data("/Subtype /U3D", "U3D")
    ),
    "rich media": _annotation(
        "RichMedia",
        f"/RichMediaContent << {_CLIP_TYPES} /Assets << /Names [(a) {ATTACHED}] >> >>",
        file=FILE,
    ),
    "rich media's variables": _annotation(
        "RichMedia",
        f"/RichMediaContent << {_CLIP_TYPES} /Configurations [<< /Subtype /Flash "
        "/Instances [<< /Params << /FlashVars (MARKER) >> >>] >>] >>",
    ),
    "rich media's settings": _annotation(
        "RichMedia", "/RichMediaSettings << /Activation << /Scripts [@file] >> >>", file=Data()
    ),
    "redaction": _annotation("Redact", "/OverlayText (MARKER) /DA (/F1 9 Tf)"),
    "redaction's look": _annotation("Redact", "/RO @file", file=Data(_LOOK, "% MARKER")),
    "printer's mark": _annotation("PrinterMark", "/MN (MARKER)"),
    "trap network": _annotation("TrapNet", "/LastModified (MARKER)"),
    "water mark": _annotation("Watermark", "/FixedPrint << /Unheard (MARKER) >>"),
    "projection": _annotation("Projection", "/ExData << /Subtype /3DM /M3DREF (MARKER) >>"),
    "measure": _annotation("Line", "/L [0 0 9 9] /Measure << /R (MARKER) >>"),
    "border of text": _annotation("Square", "/BS << /S /S /W 1 /Unheard (MARKER) >>"),
    "reply to nothing": Place(page="/Annots [(MARKER)]"),
    "of a stream": Place(page="/Annots [@file]", objects={"file": Data("/Subtype /Text")}),
}
