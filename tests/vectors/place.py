"""How a place where something hides is written down: as parts of a document, with the marker in it.

Templates are PDF as it stands in a file. `MARKER` becomes the vector's own marker, `WIDE` and
`HEXADECIMAL` its digits in UTF-16BE and in ASCII, and `@name` a reference to one of the objects;
`@page`, `@font` and `@annotation` are always there. Knows no particular place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SCRIPT = "<< /S /JavaScript /JS (MARKER) >>"
"""An action, where it matters that there is one and not which."""


@dataclass(frozen=True)
class Data:
    """A stream.

    Attributes:
        entries: of its dictionary, but for its length.
        data: its bytes as they are, before any filter.
        is_compressed: whether Flate is applied, and said.
        behind: bytes that follow the compressed ones within the stream.
    """

    entries: str = ""
    data: str = "MARKER"
    is_compressed: bool = False
    behind: str = ""


Objects = Mapping[str, str | Data]

XMP = Data(
    "/Type /Metadata /Subtype /XML",
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq>'
    "<rdf:li>MARKER</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>',
)

ATTACHED = "<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F @file >> >>"
FILE = Data("/Type /EmbeddedFile /Subtype /text#2Fplain")
"""A file specification, and the object `file` that it needs."""


@dataclass(frozen=True)
class Place:
    """A document with one page, and where something is hidden in it.

    Attributes:
        catalog, tree, page, resources, trailer: entries that are added to these dictionaries.
        annotation: entries of an annotation of the page; none where it is empty.
        content: what follows the page's text.
        more: a second stream of the page's content.
        drawn: a form or an image that the page draws after its text, by the name `/X`.
        objects: others, by the name that `@name` refers to them by.
    """

    catalog: str = ""
    tree: str = ""
    page: str = ""
    resources: str = ""
    trailer: str = ""
    annotation: str = ""
    content: str = ""
    more: Data | None = None
    drawn: Data | None = None
    objects: Objects = field(default_factory=dict)


Places = Mapping[str, Place]

File = Callable[[str], bytes]
"""Makes a whole file around a marker, for what is no object of a document."""
