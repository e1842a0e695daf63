"""Actions: of every kind, and in every place that may have one (ISO 32000-2, 12.6)."""

from __future__ import annotations

from vectors.place import ATTACHED, FILE, SCRIPT, Data, Objects, Place, Places

_OUTSIDE = "<< /Type /Filespec /FS /URL /F (http://x.test/MARKER) >>"
_MOVIE = "/Subtype /Movie /T (clip) /Movie << /F (clip.mov) >> /A"
_CLIP = "<< /Type /Rendition /S /MR /C << /Type /MediaClip /S /MCD /CT (video/mp4) /D"


def _on_link(action: str, **objects: str | Data) -> Place:
    return Place(annotation=f"/Subtype /Link /A {action}", objects=objects)


def _chain(length: int) -> Objects:
    """Actions that each have the next one, the last of which is the script."""
    names = [f"step{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" for n in range(length)]
    following = [*(f"@{name}" for name in names[1:]), SCRIPT]
    return {
        name: f"<< /S /Named /N /NextPage /Next {then} >>"
        for name, then in zip(names, following, strict=True)
    }


KINDS: Places = {
    "JavaScript": _on_link(SCRIPT),
    "JavaScript in UTF-16": _on_link("<< /S /JavaScript /JS <FEFFWIDE> >>"),
    "JavaScript in hexadecimal": _on_link("<< /S /JavaScript /JS <HEXADECIMAL> >>"),
    "JavaScript in a stream": _on_link("<< /S /JavaScript /JS @file >>", file=Data()),
    "JavaScript in a compressed stream": _on_link(
        "<< /S /JavaScript /JS @file >>", file=Data(is_compressed=True)
    ),
    "Launch": _on_link("<< /S /Launch /F (MARKER) >>"),
    "Launch with parameters for Windows": _on_link(
        "<< /S /Launch /Win << /F (cmd.exe) /D (C:) /O (open) /P (/c MARKER) >> >>"
    ),
    "Launch for Mac and Unix": _on_link("<< /S /Launch /Mac (MARKER) /Unix (MARKER) >>"),
    "URI": _on_link("<< /S /URI /URI (http://x.test/MARKER) /IsMap true >>"),
    "URI with a script": _on_link("<< /S /URI /URI (javascript:MARKER) >>"),
    "URI of a file": _on_link("<< /S /URI /URI (file://x.test/MARKER) >>"),
    "GoTo a name": _on_link("<< /S /GoTo /D (MARKER) >>"),
    "GoTo a structure": _on_link("<< /S /GoTo /D [@page /Fit] /SD [(MARKER) /Fit] >>"),
    "GoToR": _on_link("<< /S /GoToR /F (//x.test/MARKER.pdf) /D [0 /Fit] /NewWindow true >>"),
    "GoToR by a specification": _on_link(f"<< /S /GoToR /F {_OUTSIDE} /D (chapter) >>"),
    "GoToE": _on_link("<< /S /GoToE /F (MARKER.pdf) /D (a) /T << /R /C /N (MARKER) >> >>"),
    "GoToDp": _on_link("<< /S /GoToDp /Dp << /Type /DPart /DPM << /A (MARKER) >> >> >>"),
    "SubmitForm": _on_link(f"<< /S /SubmitForm /F {_OUTSIDE} /Flags 4 >>"),
    "ImportData": _on_link("<< /S /ImportData /F (//x.test/MARKER.fdf) >>"),
    "ResetForm": _on_link("<< /S /ResetForm /Fields [(MARKER)] >>"),
    "Hide": _on_link("<< /S /Hide /T (MARKER) /H false >>"),
    "Hide several": _on_link("<< /S /Hide /T [(a) (MARKER)] >>"),
    "Thread in another file": _on_link("<< /S /Thread /F (//x.test/MARKER) /D 0 >>"),
    "Thread by its title": _on_link("<< /S /Thread /D (MARKER) >>"),
    "Sound": _on_link("<< /S /Sound /Sound @file >>", file=Data("/Type /Sound /R 8000")),
    "Sound from outside": _on_link(
        "<< /S /Sound /Sound @file >>", file=Data("/R 8000 /F (http://x.test/MARKER)", "")
    ),
    "Movie": _on_link("<< /S /Movie /T (MARKER) /Operation /Play >>"),
    "Named": _on_link("<< /S /Named /N /MARKER >>"),
    "SetOCGState": _on_link(
        "<< /S /SetOCGState /State [/ON @layer] >>", layer="<< /Type /OCG /Name (MARKER) >>"
    ),
    "Rendition with a script": _on_link("<< /S /Rendition /JS (MARKER) >>"),
    "Rendition of a file outside": _on_link(
        f"<< /S /Rendition /OP 0 /AN @annotation /R {_CLIP} {_OUTSIDE} >> >> >>"
    ),
    "Rendition of an attached file": _on_link(
        f"<< /S /Rendition /OP 0 /R {_CLIP} {ATTACHED} >> >> >>", file=FILE
    ),
    "Rendition of a selector": _on_link(
        f"<< /S /Rendition /R << /S /SR /R [{_CLIP} (MARKER) >> >>] >> >>"
    ),
    "Trans": _on_link("<< /S /Trans /Trans << /S /MARKER /D 1 >> >>"),
    "GoTo3DView": _on_link("<< /S /GoTo3DView /TA @annotation /V (MARKER) >>"),
    "RichMediaExecute": _on_link(
        "<< /S /RichMediaExecute /TA @annotation "
        "/CMD << /Type /RichMediaCommand /C (MARKER) /A [(MARKER)] >> >>"
    ),
    "without a kind": _on_link("<< /JS (MARKER) >>"),
    "of an unknown kind": _on_link("<< /S /MARKER /X (MARKER) >>"),
    "in a stream's dictionary": _on_link("@file", file=Data("/S /JavaScript /JS (MARKER)", "")),
}
"""Every kind, on a link."""

PLACES: Places = {
    "opening": Place(catalog=f"/OpenAction {SCRIPT}"),
    "opening, behind a destination": Place(
        catalog=f"/OpenAction << /S /GoTo /D [@page /Fit] /Next {SCRIPT} >>"
    ),
    "opening, a destination": Place(catalog="/OpenAction (MARKER)"),
    **{
        f"catalog {event}": Place(catalog=f"/AA << /{event} {SCRIPT} >>")
        for event in ("WC", "WS", "DS", "WP", "DP")
    },
    "catalog, an unknown event": Place(catalog=f"/AA << /Unheard {SCRIPT} >>"),
    "page opens": Place(page=f"/AA << /O {SCRIPT} >>"),
    "page closes": Place(page=f"/AA << /C {SCRIPT} >>"),
    "node of the page tree": Place(tree=f"/AA << /O {SCRIPT} >>"),
    "link": Place(annotation=f"/Subtype /Link /A {SCRIPT}"),
    "link, previous": Place(annotation=f"/Subtype /Link /PA {SCRIPT}"),
    "link, a destination": Place(annotation="/Subtype /Link /Dest (MARKER)"),
    "link, a named destination": Place(annotation="/Subtype /Link /Dest /MARKER"),
    "widget": Place(annotation=f"/Subtype /Widget /FT /Btn /A {SCRIPT}"),
    "screen": Place(annotation=f"/Subtype /Screen /A {SCRIPT}"),
    "movie": Place(annotation=f"{_MOVIE} << /S /Movie /Next {SCRIPT} >>"),
    **{
        f"annotation {event}": Place(annotation=f"/Subtype /Screen /AA << /{event} {SCRIPT} >>")
        for event in ("E", "X", "D", "U", "Fo", "Bl", "PO", "PC", "PV", "PI")
    },
    **{
        f"field {event}": Place(
            catalog="/AcroForm << /Fields [@annotation] >>",
            annotation=f"/Subtype /Widget /FT /Tx /T (f) /F 2 /AA << /{event} {SCRIPT} >>",
        )
        for event in ("K", "F", "V", "C")
    },
    "field without a widget": Place(
        catalog="/AcroForm << /Fields [@field] >>",
        objects={"field": f"<< /FT /Tx /T (f) /AA << /C {SCRIPT} >> >>"},
    ),
    "field, three deep": Place(
        catalog="/AcroForm << /Fields [@top] >>",
        annotation=f"/Subtype /Widget /Parent @middle /F 2 /T (c) /AA << /V {SCRIPT} >>",
        objects={
            "top": "<< /T (a) /FT /Tx /Kids [@middle] >>",
            "middle": "<< /T (b) /Parent @top /Kids [@annotation] >>",
        },
    ),
    "field, above the widget": Place(
        catalog="/AcroForm << /Fields [@top] >>",
        annotation="/Subtype /Widget /Parent @top /F 2",
        objects={"top": f"<< /T (a) /FT /Tx /Kids [@annotation] /AA << /K {SCRIPT} >> >>"},
    ),
    "bookmark": Place(
        catalog="/Outlines @outlines",
        objects={
            "outlines": "<< /Type /Outlines /First @item /Last @item /Count 1 >>",
            "item": f"<< /Title (a) /Parent @outlines /A {SCRIPT} >>",
        },
    ),
    "bookmark in a bookmark": Place(
        catalog="/Outlines @outlines",
        objects={
            "outlines": "<< /Type /Outlines /First @item /Last @item /Count 1 >>",
            "item": "<< /Title (a) /Parent @outlines /First @inner /Last @inner /Count 1 >>",
            "inner": f"<< /Title (b) /Parent @item /A {SCRIPT} >>",
        },
    ),
    "next": Place(annotation=f"/Subtype /Link /A << /S /Named /N /NextPage /Next {SCRIPT} >>"),
    "next of several": Place(
        annotation=f"/Subtype /Link /A << /S /Named /N /NextPage /Next [<< /S /Hide >> {SCRIPT}] >>"
    ),
    "next, eighty deep": Place(annotation="/Subtype /Link /A @stepaa", objects=_chain(80)),
    "presentation, next": Place(page=f"/PresSteps << /Type /NavNode /NA {SCRIPT} >>"),
    "presentation, previous": Place(page=f"/PresSteps << /Type /NavNode /PA {SCRIPT} >>"),
    "presentation, a later step": Place(
        page="/PresSteps << /Type /NavNode /Next @step >>",
        objects={"step": f"<< /Type /NavNode /NA {SCRIPT} >>"},
    ),
    "resources": Place(resources=f"/Unheard {SCRIPT}"),
    "drawn form": Place(drawn=Data(f"/Subtype /Form /BBox [0 0 9 9] /A {SCRIPT}", "0 0 9 9 re f")),
    "destination": Place(catalog=f"/Dests << /a << /D [@page /Fit] /A {SCRIPT} >> >>"),
    "structure": Place(
        catalog="/StructTreeRoot << /Type /StructTreeRoot /K @part >>",
        objects={"part": f"<< /Type /StructElem /S /Link /A << /O /Link /X {SCRIPT} >> >>"},
    ),
    "three-dimensional, instantiated": Place(
        annotation="/Subtype /3D /3DD @model /3DA << /A /PO >>",
        objects={
            "model": Data("/Type /3D /Subtype /U3D /OnInstantiate @script", "U3D"),
            "script": Data(),
        },
    ),
}
"""A script, in every place."""
