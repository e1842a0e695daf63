"""Files that a document carries: finds them, and puts others there (ISO 32000-2, 7.11.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from pdf_security_processor.rebuild.faces import text_of
from pdf_security_processor.walk import reachable_places

_NAME_CHARACTERS = 100

_ENDING = ".pdf"


class AttachedFile(NamedTuple):
    """One file as the document has it.

    Attributes:
        name: as the document has it.
        stream: its data.
    """

    name: str
    stream: Stream


def attached_files(pdf: Pdf) -> Iterator[AttachedFile]:
    """Find each file once, whatever leads to it: the catalog, an annotation, or anything else.

    Raises:
        LimitExceededError: the document holds more than a walk visits.
    """
    seen: set[tuple[int, int]] = set()
    for place in reachable_places(pdf):
        files = place.entries.get("/EF")
        if not isinstance(files, Dictionary):
            continue
        for key in ("/UF", "/F"):
            stream = files.get(key)
            if isinstance(stream, Stream) and stream.objgen not in seen:
                seen.add(stream.objgen)
                name = text_of(place.entries.get("/UF")) or text_of(place.entries.get("/F"))
                yield AttachedFile(name, stream)


def file_name(given: str) -> str:
    """Give a name that leads nowhere, hides nothing, and says that it is a PDF document.

    What is not printable goes, with what turns the direction of writing: `invoice(U+202E)fdp.exe`.
    """
    last = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(each for each in last if each.isprintable() and each not in '<>:"|?*')
    if shown.lower().endswith(_ENDING):
        shown = shown[: -len(_ENDING)]
    return (shown[:_NAME_CHARACTERS].strip(" .") or "attachment") + _ENDING


def attach(pdf: Pdf, files: Mapping[str, bytes]) -> None:
    """Let a rebuilt document carry PDF documents, and nothing lead to them but their list.

    Args:
        pdf: of which nothing is saved but its pages.
        files: data by name.
    """
    # Of a name tree the keys are in the order of their bytes (7.9.6).
    entries = sorted(
        ((String(name), data) for name, data in files.items()), key=lambda each: bytes(each[0])
    )
    names = Array()
    for name, data in entries:
        stream = Stream(
            pdf,
            data,
            Type=Name.EmbeddedFile,
            Subtype=Name("/application/pdf"),
            Params=Dictionary(Size=len(data)),
        )
        specification = Dictionary(
            Type=Name.Filespec, F=name, UF=name, EF=Dictionary(F=pdf.make_indirect(stream))
        )
        names.extend([name, pdf.make_indirect(specification)])
    pdf.Root["/Names"] = Dictionary(EmbeddedFiles=Dictionary(Names=names))
