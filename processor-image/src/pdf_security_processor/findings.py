"""Finds active and hidden content, and tells what of it was removed. Changes nothing.

Pure over pikepdf objects. Kinds are the specification's own words (ISO 32000-2).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from pikepdf import Array, Dictionary, Name, Object, Stream

from pdf_security_processor.contract import Finding
from pdf_security_processor.contract.report import FINDINGS_LIMIT
from pdf_security_processor.walk import Place

_ACTIONS = {
    Name(f"/{subtype}"): subtype
    for subtype in (
        "JavaScript",
        "Launch",
        "URI",
        "SubmitForm",
        "ResetForm",
        "ImportData",
        "GoToR",
        "GoToE",
        "GoToDp",
        "GoTo3DView",
        "Movie",
        "Sound",
        "Rendition",
        "RichMediaExecute",
        "Hide",
        "SetOCGState",
        "Thread",
    )
}
"""Action subtypes (12.6.4) that do more than turn to a page of the same document."""

_KEYS = {
    "/AF": "AF",
    "/Thumb": "Thumbnail",
    "/PieceInfo": "PieceInfo",
    "/SpiderInfo": "WebCapture",
    "/Collection": "Collection",
    "/XFA": "XFA",
    "/RichMediaContent": "RichMedia",
    "/3DD": "3D",
    "/Alternates": "Alternates",
    "/OPI": "OPI",
    "/Requirements": "Requirements",
}
"""Keys that mean the same wherever they stand."""

_NAME_TREES = {
    "/JavaScript": "NamedJavaScript",
    "/EmbeddedFiles": "EmbeddedFiles",
    "/Renditions": "Renditions",
    "/AlternatePresentations": "AlternatePresentations",
    "/Templates": "Templates",
    "/URLS": "URLS",
    "/IDS": "IDS",
}
"""Name trees of the catalog (7.7.4) that hold or lead to active or hidden content."""

_ANNOTATIONS = {
    Name.FileAttachment: ("/FS", "FileAttachment"),
    Name.Movie: ("/Movie", "MovieAnnotation"),
    Name.Sound: ("/Sound", "SoundAnnotation"),
}
"""Annotation subtypes (12.5.6) with the key that makes them active."""

_TELLING = frozenset(
    (
        *("/S", "/JS", "/EF", "/Names", "/OpenAction"),
        *_KEYS,
        *(key for key, _ in _ANNOTATIONS.values()),
    )
)
"""A dictionary that has none of these is none of the above."""

Entries = dict[str, Object]


@dataclass
class Survey:
    """What one walk found.

    Attributes:
        listed: the first `FINDINGS_LIMIT` findings as kind, holder and path, in order.
        held: number of findings by kind and holder.
        kinds: number of findings by kind.
        matched: those of `listed` of an earlier survey that were met again.
    """

    listed: list[tuple[str, str, str]] = field(default_factory=list)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    matched: set[tuple[str, str, str]] = field(default_factory=set)


def survey(places: Iterable[Place], earlier: Survey | None = None) -> Survey:
    """Find everything of a known kind.

    Args:
        places: the dictionaries to look at; `walk.all_places` or `walk.meaningful_places`.
        earlier: the survey before a change, whose listed findings are looked for.
    """
    result = Survey()
    watched = set(earlier.listed) if earlier else set()
    for place in places:
        for kind, key in kinds_of(place):
            found = (kind, place.holder, (place.path + key)[:1024])
            if len(result.listed) < FINDINGS_LIMIT:
                result.listed.append(found)
            if found in watched:
                result.matched.add(found)
            result.held[kind, place.holder] += 1
            result.kinds[kind] += 1
    return result


def findings_of(before: Survey, after: Survey) -> list[Finding]:
    """List what was kept, where it is now, and then what was removed, as far as there is room.

    A removal may move what it keeps: an action that followed a removed one takes its place. So of
    those that are no longer at their place, as many were moved as their object still holds besides.

    Args:
        before: of all objects of the input.
        after: of what saving keeps, made with `before` as `earlier`.
    """
    moved = after.held.copy()
    moved.subtract(Counter((kind, holder) for kind, holder, _ in after.matched))
    removed = []
    for found in before.listed:
        kind, holder, _ = found
        if found in after.matched:
            continue
        if moved[kind, holder] > 0:
            moved[kind, holder] -= 1
            continue
        removed.append(_finding(found, "removed"))
    kept = [_finding(found, "kept") for found in after.listed]
    return (kept + removed)[:FINDINGS_LIMIT]


def _finding(found: tuple[str, str, str], action: Literal["kept", "removed"]) -> Finding:
    kind, holder, path = found
    return Finding(kind=kind, object=holder, path=path, action=action)


def removed_counts(before: Survey, after: Survey) -> dict[str, int]:
    """Count by kind what is no longer there."""
    gone = before.kinds - after.kinds
    return dict(sorted(gone.items()))


def kinds_of(place: Place) -> Iterator[tuple[str, str]]:
    """Give each kind that one dictionary is or has, and the key that shows it (may be empty)."""
    entries = place.entries
    if isinstance(place.value, Stream):
        yield from _stream_kinds(entries)
    # Most have none of them.
    if _TELLING.isdisjoint(entries):
        return
    yield from _action_kinds(entries)
    for key in entries:
        kind = _KEYS.get(key)
        if kind:
            yield kind, key
    if "/EF" in entries:
        yield "EmbeddedFile", "/EF"
    yield from _annotation_kinds(entries)
    yield from _catalog_kinds(entries)


def _action_kinds(entries: Entries) -> Iterator[tuple[str, str]]:
    subtype = entries.get("/S")
    kind = _ACTIONS.get(subtype) if isinstance(subtype, Name) else None
    # A thread action is a jump inside the document unless it names another file (12.6.4.7).
    if kind and (kind != "Thread" or "/F" in entries):
        yield kind, ""
    # A rendition action has a script besides its subtype; some readers run /JS without any /S.
    if "/JS" in entries and kind != "JavaScript":
        yield "JavaScript", "/JS"


def _annotation_kinds(entries: Entries) -> Iterator[tuple[str, str]]:
    subtype = entries.get("/Subtype")
    # Compared as names: not every name is UTF-8, and so a str.
    key, kind = _ANNOTATIONS.get(subtype, ("", "")) if isinstance(subtype, Name) else ("", "")
    if key and key in entries:
        yield kind, key


def _stream_kinds(entries: Entries) -> Iterator[tuple[str, str]]:
    # Content in another file (7.3.8.2): a reader fetches it from where the document says.
    if "/F" in entries:
        yield "ExternalStream", "/F"
    if "/Ref" in entries and entries.get("/Subtype") == Name.Form:
        yield "ReferenceXObject", "/Ref"
    if Name.PS in (entries.get("/Subtype"), entries.get("/Subtype2")):
        yield "PostScript", ""


def _catalog_kinds(entries: Entries) -> Iterator[tuple[str, str]]:
    if entries.get("/Type") != Name.Catalog:
        return
    names = entries.get("/Names")
    if isinstance(names, Dictionary):
        for key, kind in _NAME_TREES.items():
            if key in names:
                yield kind, f"/Names{key}"
    opening = entries.get("/OpenAction")
    if opening is not None and not isinstance(opening, Array):
        yield "OpenAction", "/OpenAction"
