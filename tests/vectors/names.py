"""What hangs on the catalog: name trees, attachments, collections and the like (7.7, 7.11, 14)."""

from __future__ import annotations

from vectors.place import ATTACHED, FILE, SCRIPT, Data, Place, Places

_STRUCTURE = "/StructTreeRoot << /Type /StructTreeRoot"


def _tree(name: str, value: str, **objects: str | Data) -> Place:
    return Place(catalog=f"/Names << /{name} << /Names [(a) {value}] >> >>", objects=objects)


NAME_TREES: Places = {
    "JavaScript": _tree("JavaScript", SCRIPT),
    "JavaScript, by name": Place(
        catalog="/Names << /JavaScript << /Names [(MARKER) << /S /JavaScript /JS (a) >>] >> >>"
    ),
    "JavaScript, three deep": Place(
        catalog="/Names << /JavaScript << /Kids [@upper] >> >>",
        objects={
            "upper": "<< /Limits [(a) (a)] /Kids [@lower] >>",
            "lower": f"<< /Limits [(a) (a)] /Names [(a) {SCRIPT}] >>",
        },
    ),
    "JavaScript, by its limits": Place(
        catalog="/Names << /JavaScript << /Kids [<< /Limits [(MARKER) (MARKER)] /Names [] >>] >> >>"
    ),
    "EmbeddedFiles": _tree("EmbeddedFiles", ATTACHED, file=FILE),
    "EmbeddedFiles, compressed": _tree(
        "EmbeddedFiles", ATTACHED, file=Data("/Type /EmbeddedFile", is_compressed=True)
    ),
    "EmbeddedFiles, by name": _tree(
        "EmbeddedFiles",
        "<< /Type /Filespec /F (MARKER) /Desc (MARKER) /EF << /F @file >> >>",
        file=Data("/Type /EmbeddedFile", "x"),
    ),
    "EmbeddedFiles, related": _tree(
        "EmbeddedFiles",
        "<< /F (a) /EF << /F @other >> /RF << /F [(b) @file] >> >>",
        other=Data("/Type /EmbeddedFile", "x"),
        file=FILE,
    ),
    "EmbeddedFiles, their parameters": _tree(
        "EmbeddedFiles", ATTACHED, file=Data("/Params << /CheckSum (MARKER) >>", "x")
    ),
    "EmbeddedFiles, an encrypted payload": _tree(
        "EmbeddedFiles",
        "<< /F (a) /AFRelationship /EncryptedPayload /EF << /F @file >> "
        "/EP << /Type /EncryptedPayload /Subtype /MARKER >> >>",
        file=FILE,
    ),
    "Renditions": _tree("Renditions", "<< /S /MR /C << /S /MCD /D (MARKER) >> >>"),
    "Templates": _tree(
        "Templates",
        "@template",
        template="<< /Type /Template /MediaBox [0 0 9 9] /Contents @hidden >>",
        hidden=Data(),
    ),
    "Pages": _tree(
        "Pages",
        "@other",
        other=f"<< /Type /Page /MediaBox [0 0 9 9] /AA << /O {SCRIPT} >> >>",
    ),
    "AlternatePresentations": _tree(
        "AlternatePresentations",
        "<< /Type /SlideShow /Subtype /Embedded /Resources << /Names [(a) @file] >> "
        "/StartResource (MARKER) >>",
        file=FILE,
    ),
    "URLS": _tree("URLS", "<< /S /SPS /U (http://x.test/MARKER) >>"),
    "IDS": _tree("IDS", "<< /S /SIS /ID (MARKER) /O [@page] >>"),
    "AP": _tree("AP", "@look", look=Data("/Subtype /Form /BBox [0 0 9 9]")),
    "Dests": _tree("Dests", "<< /D [@page /Fit] /Unheard (MARKER) >>"),
    "Dests, by name": Place(catalog="/Names << /Dests << /Names [(MARKER) [@page /Fit]] >> >>"),
    "XFAResources": _tree("XFAResources", "@file", file=Data()),
    "of nobody": _tree("Unheard", "(MARKER)"),
}

CATALOG: Places = {
    "associated files": Place(catalog=f"/AF [{ATTACHED}]", objects={"file": FILE}),
    "associated files of a page": Place(page=f"/AF [{ATTACHED}]", objects={"file": FILE}),
    "associated files of a form": Place(
        drawn=Data(f"/Subtype /Form /BBox [0 0 9 9] /AF [{ATTACHED}]", "0 g"),
        objects={"file": FILE},
    ),
    "associated files of structure": Place(
        catalog=f"{_STRUCTURE} /K << /S /P /AF [{ATTACHED}] >> >>", objects={"file": FILE}
    ),
    "associated files of content": Place(
        resources=f"/Properties << /A << /MCAF [{ATTACHED}] >> >>",
        content="/AF /A BDC EMC",
        objects={"file": FILE},
    ),
    "collection": Place(catalog="/Collection << /Type /Collection /D (MARKER) /View /H >>"),
    "collection's schema": Place(
        catalog="/Collection << /Schema << /a << /Subtype /F /N (MARKER) >> >> >>"
    ),
    "collection's navigator": Place(
        catalog="/Collection << /View /C /Navigator << /Type /Navigator /SWF @file >> >>",
        objects={"file": Data()},
    ),
    "web capture": Place(
        catalog="/SpiderInfo << /V 1.0 /C [<< /URL (http://x.test/MARKER) /L 1 >>] >>"
    ),
    "web capture of a page": Place(page="/ID (MARKER) /PZ 1.0"),
    "base of links": Place(catalog="/URI << /Base (http://x.test/MARKER) >>"),
    "requirements": Place(
        catalog="/Requirements [<< /S /EnableJavaScripts "
        "/RH [<< /Type /ReqHandler /S /JS /Script (MARKER) >>] >>]"
    ),
    "legal attestation": Place(catalog="/Legal << /JavaScriptActions 1 /Attestation (MARKER) >>"),
    "extensions": Place(catalog="/Extensions << /XX << /BaseVersion /1.7 /URL (MARKER) >> >>"),
    "developer's extension": Place(catalog="/Extensions << /MARKER << /ExtensionLevel 1 >> >>"),
    "language": Place(catalog="/Lang (MARKER)"),
    "version": Place(catalog="/Version /MARKER"),
    "page labels": Place(catalog="/PageLabels << /Nums [0 << /S /D /P (MARKER) >>] >>"),
    "threads": Place(
        catalog="/Threads [@thread]",
        objects={
            "thread": "<< /Type /Thread /F @bead /I << /Title (MARKER) >> >>",
            "bead": "<< /T @thread /N @bead /V @bead /P @page /R [0 0 9 9] >>",
        },
    ),
    "viewer's preferences": Place(catalog="/ViewerPreferences << /Unheard (MARKER) >>"),
    "output intents": Place(
        catalog="/OutputIntents [<< /S /GTS_PDFX /OutputConditionIdentifier (x) /Info (MARKER) >>]"
    ),
    "output intents, a profile outside": Place(
        catalog="/OutputIntents [<< /S /GTS_PDFX /OutputConditionIdentifier (x) "
        "/DestOutputProfileRef << /URLs [<< /FS /URL /F (http://x.test/MARKER) >>] >> >>]"
    ),
    "output intents of a page": Place(
        page="/OutputIntents [<< /S /GTS_PDFX /DestOutputProfile @file >>]",
        objects={"file": Data("/N 3")},
    ),
    "private data": Place(catalog="/PieceInfo << /App << /Private (MARKER) >> >>"),
    "marks": Place(catalog="/MarkInfo << /Marked true /Unheard (MARKER) >>"),
    "permissions": Place(catalog="/Perms << /UR3 << /Type /Sig /Reason (MARKER) >> >>"),
    "security store": Place(
        catalog="/DSS << /Type /DSS /Certs [@file] /VRI << /A << /TU (MARKER) >> >> >>",
        objects={"file": Data()},
    ),
    "parts of the document": Place(
        catalog="/DPartRoot << /DPartRootNode << /DPM << /A (MARKER) >> >> >>"
    ),
    "bookmark's title": Place(
        catalog="/Outlines << /First @item /Last @item /Count 1 >>",
        objects={"item": "<< /Title (MARKER) /Dest [@page /Fit] >>"},
    ),
    "structure's alternate text": Place(
        catalog=f"{_STRUCTURE} /K << /S /Figure /Alt (MARKER) /ActualText (MARKER) >> >>"
    ),
    "structure's attributes": Place(
        catalog=f"{_STRUCTURE} /ClassMap << /A << /O /UserProperties "
        "/P [<< /N (a) /V (MARKER) /H true >>] >> >> >>"
    ),
    "structure's roles": Place(catalog=f"{_STRUCTURE} /RoleMap << /MARKER /P >> >>"),
    "structure's name space": Place(
        catalog=f"{_STRUCTURE} /Namespaces [<< /NS (MARKER) /Schema (http://x.test) >>] >>"
    ),
    "structure's pronunciation": Place(
        catalog=f"{_STRUCTURE} /PronunciationLexicon [{ATTACHED}] >>", objects={"file": FILE}
    ),
    "structure's references": Place(
        catalog=f"{_STRUCTURE} /K << /S /Link /K << /Type /OBJR /Obj @file >> >> >>",
        objects={"file": Data()},
    ),
    "custom key": Place(catalog="/Unheard (MARKER)"),
    "custom key with a stream": Place(catalog="/Unheard @file", objects={"file": Data()}),
    "key that is the marker": Place(catalog="/MARKER 1"),
    "name that is the marker": Place(catalog="/Unheard /MARKER"),
    "array in an array": Place(catalog="/Unheard [[[[(MARKER)]]]]"),
    "deep in dictionaries": Place(
        catalog="/Unheard << /A << /B << /C << /D << /E (MARKER) >> >> >> >> >>"
    ),
}
