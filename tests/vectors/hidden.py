"""What a page has and does not show: layers, keys of nobody, and metadata of every level."""

from __future__ import annotations

from vectors.place import XMP, Data, Place, Places

_OFF = "/OCProperties << /OCGs [@layer] /D << /OFF [@layer] >> >>"
_LAYER = "<< /Type /OCG /Name (off) >>"
_SECTION = "/OC /L BDC BT /F1 9 Tf 9 9 Td (MARKER) Tj ET EMC"
_FORM = "/Type /XObject /Subtype /Form /BBox [0 0 50 50]"
_IMAGE = "/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"


def _layered(membership: str, catalog: str = _OFF) -> Place:
    """Text in a section that a membership hides."""
    return Place(
        catalog=catalog,
        resources=f"/Properties << /L {membership} >>",
        content=_SECTION,
        objects={"layer": _LAYER},
    )


LAYERS: Places = {
    "off": _layered("@layer"),
    "off as all are": _layered(
        "@layer", "/OCProperties << /OCGs [@layer] /D << /BaseState /OFF >> >>"
    ),
    "membership of one": _layered("<< /Type /OCMD /OCGs @layer >>"),
    "membership of several": _layered("<< /Type /OCMD /OCGs [@layer] /P /AllOn >>"),
    "membership by expression": _layered("<< /Type /OCMD /VE [/And @layer] >>"),
    "membership of what is not off": _layered(
        "<< /Type /OCMD /OCGs [@layer] /P /AllOff >>",
        "/OCProperties << /OCGs [@layer] /D << >> >>",
    ),
    "off within what is shown": Place(
        catalog=_OFF,
        resources="/Properties << /L @layer >>",
        content=f"/Span BMC {_SECTION} EMC",
        objects={"layer": _LAYER},
    ),
    "section within": Place(
        catalog=_OFF,
        resources="/Properties << /L @layer >>",
        content="/OC /L BDC /Span << /ActualText (MARKER) >> BDC EMC EMC",
        objects={"layer": _LAYER},
    ),
    "in a form": Place(
        catalog=_OFF,
        drawn=Data(
            f"{_FORM} /Resources << /Font << /F1 @font >> /Properties << /L @layer >> >>", _SECTION
        ),
        objects={"layer": _LAYER},
    ),
    "form": Place(
        catalog=_OFF,
        drawn=Data(f"{_FORM} /OC @layer", "% MARKER"),
        objects={"layer": _LAYER},
    ),
    "image": Place(
        catalog=_OFF,
        drawn=Data(f"{_IMAGE} /OC @layer", "MARKER"),
        objects={"layer": _LAYER},
    ),
    "annotation": Place(
        catalog=_OFF,
        annotation="/Subtype /Stamp /OC @layer /AP << /N @look >>",
        objects={"layer": _LAYER, "look": Data(_FORM, "% MARKER")},
    ),
    "appearance": Place(
        catalog=_OFF,
        annotation="/Subtype /Stamp /AP << /N @look >>",
        objects={"layer": _LAYER, "look": Data(f"{_FORM} /OC @layer", "% MARKER")},
    ),
    "name": Place(
        catalog="/OCProperties << /OCGs [@layer] /D << >> >>",
        objects={"layer": "<< /Type /OCG /Name (MARKER) >>"},
    ),
    "usage": Place(
        catalog="/OCProperties << /OCGs [@layer] /D << >> >>",
        objects={
            "layer": "<< /Type /OCG /Name (a) /Usage << /CreatorInfo << /Creator (MARKER) >> >> >>"
        },
    ),
    "labels": Place(
        catalog="/OCProperties << /OCGs [@layer] /D << /Name (MARKER) /Order [(MARKER)] >> >>",
        objects={"layer": _LAYER},
    ),
    "other configurations": Place(
        catalog="/OCProperties << /OCGs [@layer] /D << >> /Configs [<< /Creator (MARKER) >>] >>",
        objects={"layer": _LAYER},
    ),
}

PAGES: Places = {
    "custom key": Place(page="/Unheard (MARKER)"),
    "key that is the marker": Place(page="/MARKER true"),
    "transition": Place(page="/Trans << /S /R /Unheard (MARKER) >>"),
    "viewports": Place(page="/VP [<< /BBox [0 0 9 9] /Name (MARKER) /Measure << >> >>]"),
    "separations": Place(page="/SeparationInfo << /DeviceColorant (MARKER) >>"),
    "boxes": Place(page="/BoxColorInfo << /CropBox << /Unheard (MARKER) >> >>"),
    "beads": Place(page="/B [<< /R [0 0 9 9] /Unheard (MARKER) >>]"),
    "template": Place(page="/TemplateInstantiated /MARKER"),
    "part of the document": Place(page="/DPart << /DPM << /A (MARKER) >> >>"),
    "tabs": Place(page="/Tabs /MARKER"),
    "group": Place(page="/Group << /S /Transparency /Unheard (MARKER) >>"),
    "steps of a presentation": Place(page="/PresSteps << /Unheard (MARKER) >>"),
    "page tree": Place(tree="/Unheard (MARKER)"),
    "page tree, inherited": Place(tree="/Resources << /Unheard (MARKER) >>"),
    "page that nobody counts": Place(
        catalog="/Unheard @other",
        objects={"other": "<< /Type /Page /MediaBox [0 0 9 9] /Contents @file >>", "file": Data()},
    ),
    "template among the objects": Place(
        objects={
            "other": "<< /Type /Template /MediaBox [0 0 9 9] /Contents @file >>",
            "file": Data(),
        },
    ),
}

METADATA: Places = {
    **{
        key: Place(trailer="/Info @info", objects={"info": f"<< /{key} (MARKER) >>"})
        for key in (
            *("Title", "Author", "Subject", "Keywords", "Creator", "Producer"),
            *("CreationDate", "ModDate", "Trapped", "Unheard"),
        )
    },
    "Title in UTF-16": Place(trailer="/Info @info", objects={"info": "<< /Title <FEFFWIDE> >>"}),
    "key of Info that is the marker": Place(
        trailer="/Info @info", objects={"info": "<< /MARKER (a) >>"}
    ),
    "document": Place(catalog="/Metadata @file", objects={"file": XMP}),
    "document, compressed": Place(
        catalog="/Metadata @file", objects={"file": Data(XMP.entries, XMP.data, True)}
    ),
    "metadata's dictionary": Place(
        catalog="/Metadata @file", objects={"file": Data(f"{XMP.entries} /Unheard (MARKER)", "")}
    ),
    "page tree": Place(tree="/Metadata @file", objects={"file": XMP}),
    "page": Place(page="/Metadata @file", objects={"file": XMP}),
    "resources": Place(resources="/Metadata @file", objects={"file": XMP}),
    "form": Place(drawn=Data(f"{_FORM} /Metadata @file", "0 g"), objects={"file": XMP}),
    "image": Place(drawn=Data(f"{_IMAGE} /Metadata @file", "\x80"), objects={"file": XMP}),
    "annotation": Place(annotation="/Subtype /Square /Metadata @file", objects={"file": XMP}),
    "of a layer": Place(
        catalog="/OCProperties << /OCGs [@layer] /D << >> >>",
        objects={"layer": "<< /Type /OCG /Name (a) /Metadata @file >>", "file": XMP},
    ),
    "of structure": Place(
        catalog="/StructTreeRoot << /K << /S /P /Metadata @file >> >>", objects={"file": XMP}
    ),
    "private data of the page": Place(page="/PieceInfo << /App << /Private (MARKER) >> >>"),
    "private data, its date": Place(page="/PieceInfo << /App << /LastModified (MARKER) >> >>"),
    "date of the page": Place(page="/LastModified (MARKER)"),
    "identity of the file": Place(trailer="/ID [(MARKER) (MARKER)]"),
    "custom key of the trailer": Place(trailer="/Unheard (MARKER)"),
    "custom object of the trailer": Place(
        trailer="/DocChecksum @file", objects={"file": "<< /A (MARKER) >>"}
    ),
    "key of the trailer that is the marker": Place(trailer="/MARKER 1"),
}
