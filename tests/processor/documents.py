"""Documents made for the tests, by hand or with pikepdf. Asserts nothing."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pikepdf
from pikepdf import Array, AttachedFileSpec, Dictionary, Encryption, Name, Pdf, Stream, String

XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq>
</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""

METADATA_MARKERS = (
    b"MARKER-INFO-AUTHOR",
    b"MARKER-CATALOG-XMP",
    b"MARKER-PAGE-XMP",
    b"MARKER-IMAGE-XMP",
    b"MARKER-PAGE-PRIVATE",
    b"MARKER-XOBJECT-PRIVATE",
)
"""Texts that `with_metadata` hides, one for each place."""

ACTIVE_MARKERS = (
    b"MARKER-OPEN-JS",
    b"MARKER-NAMED-JS",
    b"MARKER-LAUNCH",
    b"MARKER-URI",
    b"MARKER-SUBMIT",
    b"MARKER-FIELD-JS",
    b"MARKER-CHAINED-JS",
    b"MARKER-ATTACHMENT",
    b"MARKER-FILE-ANNOTATION",
    b"MARKER-THUMBNAIL",
    b"MARKER-PRIVATE",
    b"MARKER-PA-URI",
    b"MARKER-THREAD",
    b"MARKER-XFA",
)
"""Texts that `with_active_content` hides; the last three where pikepdf's removers do not reach."""

DRAWN_MARKERS = (b"MARKER-DRAWN-METADATA", b"MARKER-DRAWN-PIECE", b"MARKER-APPEARANCE")
"""Texts of what `with_names_of_metadata` draws or refers to by such names."""


def saved(pdf: Pdf, **options: object) -> bytes:
    """Give a document's bytes."""
    target = io.BytesIO()
    pdf.save(target, **options)  # type: ignore[arg-type]
    return target.getvalue()


def plain(pages: int = 1, text: str = "Hello") -> bytes:
    """Give a document with text on each page and nothing else."""
    return saved(_plain(pages, text), deterministic_id=True)


def incompressible(count: int) -> bytes:
    """A page, and so many bytes that nothing makes fewer."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.Filler = pdf.make_stream(random.Random(7).randbytes(count))
    return saved(pdf)


def holding(files: dict[str, bytes]) -> bytes:
    """Give a document that carries files, by name."""
    pdf = _plain(1, "Holder")
    for name, data in files.items():
        pdf.attachments[name] = AttachedFileSpec(pdf, data, filename=name)
    return saved(pdf)


def encrypted(user: str = "", owner: str = "owner", revision: int = 6, **options: object) -> bytes:
    """Give an encrypted document."""
    rules = Encryption(
        owner=owner,
        user=user,
        R=revision,  # type: ignore[arg-type]
        aes=revision >= 4,
        metadata=revision >= 4,
    )
    return saved(_plain(2, "Secret"), encryption=rules, **options)


def with_active_content() -> bytes:
    """Give a document with active content in every place that the removers know, and three more."""
    pdf = _plain(2, "Active")
    page = pdf.pages[0].obj
    chained = Dictionary(
        S=Name.GoTo,
        D=Array([page, Name.Fit]),
        Next=Dictionary(S=Name.JavaScript, JS=String("MARKER-CHAINED-JS")),
    )
    pdf.Root.OpenAction = pdf.make_indirect(
        Dictionary(S=Name.JavaScript, JS=String("MARKER-OPEN-JS"))
    )
    pdf.Root.Names = Dictionary(
        JavaScript=Dictionary(
            Names=Array(
                ["n", Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"MARKER-NAMED-JS"))]
            )
        )
    )
    page.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("MARKER-LAUNCH")))
    page.Annots = Array(
        [
            _link(pdf, A=Dictionary(S=Name.URI, URI=String("http://x.test/MARKER-URI"))),
            _link(pdf, A=Dictionary(S=Name.SubmitForm, F=String("http://x.test/MARKER-SUBMIT"))),
            _link(pdf, A=chained),
            _link(pdf, PA=Dictionary(S=Name.URI, URI=String("http://x.test/MARKER-PA-URI"))),
            _link(pdf, A=Dictionary(S=Name.Thread, F=String("//x.test/MARKER-THREAD"))),
            _file_annotation(pdf),
        ]
    )
    page.Thumb = pdf.make_stream(
        b"MARKER-THUMBNAIL", Width=1, Height=1, ColorSpace=Name.DeviceGray, BitsPerComponent=8
    )
    page.PieceInfo = Dictionary(App=Dictionary(Private=String("MARKER-PRIVATE")))
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(
        pdf, b"MARKER-ATTACHMENT", filename="a.txt", mime_type="text/plain"
    )
    pdf.Root.AF = Array([pdf.attachments["a.txt"].obj])
    pdf.Root.AcroForm = _form(pdf)
    return saved(pdf, compress_streams=False)


def with_metadata() -> bytes:
    """Give a document with metadata at the catalog, a page, an image and in private data."""
    pdf = _plain(1, "Meta")
    pdf.docinfo[Name.Author] = "MARKER-INFO-AUTHOR"
    pdf.Root.Metadata = _xmp(pdf, b"MARKER-CATALOG-XMP")
    page = pdf.pages[0].obj
    page.Metadata = _xmp(pdf, b"MARKER-PAGE-XMP")
    page.PieceInfo = Dictionary(App=Dictionary(Private=String("MARKER-PAGE-PRIVATE")))
    page.LastModified = String("D:20200101000000Z")
    image = pdf.make_stream(
        b"\x00",
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=1,
        Height=1,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=8,
    )
    image.Metadata = _xmp(pdf, b"MARKER-IMAGE-XMP")
    image.PieceInfo = Dictionary(App=Dictionary(Private=String("MARKER-XOBJECT-PRIVATE")))
    page.Resources.XObject = Dictionary(Im=image)
    return saved(pdf, compress_streams=False, deterministic_id=True)


def with_names_of_metadata() -> bytes:
    """Give a document in which names of metadata are names of resources, besides two that are."""
    pdf = _plain(1, "Names")
    page = pdf.pages[0].obj
    box = Array([0, 0, 100, 100])
    form = pdf.make_stream(
        b"% MARKER-DRAWN-METADATA", Type=Name.XObject, Subtype=Name.Form, BBox=box
    )
    page.Resources.XObject = pdf.make_indirect(Dictionary(Metadata=form))
    piece = Dictionary(App=Dictionary(Private=String("MARKER-DRAWN-PIECE")))
    page.Resources.Properties = Dictionary(PieceInfo=piece, LastModified=Dictionary(Type=Name.OCG))
    page.Resources = pdf.make_indirect(page.Resources)
    page.Contents = pdf.make_stream(b"/Metadata Do /OC /PieceInfo BDC EMC")
    place = Array([page, Name.Fit])
    pdf.Root.Dests = Dictionary(PieceInfo=Dictionary(D=place), LastModified=place)
    page.PieceInfo = pdf.make_indirect(Dictionary(App=Dictionary(Private=String("x"))))
    page.LastModified = String("D:20200101000000Z")
    state = pdf.make_stream(b"% MARKER-APPEARANCE", Subtype=Name.Form, BBox=box)
    page.Annots = Array([_link(pdf, AP=Dictionary(N=Dictionary(Metadata=state, PieceInfo=state)))])
    return saved(pdf, compress_streams=False)


def with_form() -> bytes:
    """Give a document with three fields, one of them signed."""
    pdf = _plain(1, "Form")
    group = Dictionary(T=String("group"), FT=Name.Tx)
    kids = [Dictionary(T=String(name), Parent=None) for name in ("a", "b")]
    group.Kids = Array([pdf.make_indirect(kid) for kid in kids])
    signature = Dictionary(
        T=String("s"),
        FT=Name.Sig,
        V=Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=Array([0, 1, 2, 3])),
    )
    pdf.Root.AcroForm = Dictionary(Fields=Array([group, signature]), XFA=String("x"))
    return saved(pdf)


def signed() -> bytes:
    """Give a document with a signed field, and all that stands by one; nobody's signature."""
    pdf = _plain(1, "Signed")
    value = pdf.make_indirect(
        Dictionary(
            Type=Name.Sig,
            Filter=Name("/Adobe.PPKLite"),
            SubFilter=Name("/adbe.pkcs7.detached"),
            ByteRange=Array([0, 100, 200, 100]),
            Contents=String(b"MARKER-SIGNATURE"),
        )
    )
    widget = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            Rect=Array([0, 0, 9, 9]),
            V=value,
            Lock=Dictionary(Type=Name.SigFieldLock, Action=Name.All),
        )
    )
    # The type is the parent's, and the widget is the field.
    widget.T = String("signature")
    widget.Parent = pdf.make_indirect(
        Dictionary(FT=Name.Sig, T=String("all"), Kids=Array([widget]))
    )
    pdf.pages[0].obj.Annots = Array([widget])
    pdf.Root.AcroForm = Dictionary(Fields=Array([widget.Parent]), SigFlags=3)
    pdf.Root.Perms = Dictionary(DocMDP=value)
    pdf.Root.DSS = Dictionary(Certs=Array([pdf.make_stream(b"MARKER-CERTIFICATE")]))
    return saved(pdf)


def truncated() -> bytes:
    """Give the first two thirds of a document, as a broken transfer leaves it."""
    whole = plain(3)
    return whole[: len(whole) * 2 // 3]


def without_cross_references() -> bytes:
    """Give a document whose cross-reference table is not where it says."""
    return plain(2).replace(b"startxref\n", b"startxref\n9")


def with_wrong_stream_length() -> bytes:
    """Give a document of which one stream is longer than it says: reading it so loses the rest."""
    whole = saved(_plain(1, "Length"), compress_streams=False)
    return _same_length(whole, b"/Length 3", b"/Length 1")


def with_harmless_oddity() -> bytes:
    """Give a document whose file ID is malformed: qpdf warns, and reads all of it."""
    whole = encrypted(revision=4)
    start = whole.index(b"/ID [") + len(b"/ID [")
    end = whole.index(b"]", start)
    return whole[:start] + b" " * (end - start) + whole[end:]


def with_oddities(count: int, *, xfa: bool = False) -> bytes:
    """Give a document with so many pages, of each of which qpdf says something harmless."""
    pdf = _plain(1, "Odd")
    if xfa:
        pdf.Root.AcroForm = Dictionary(XFA=String("x"))
    pages = pdf.Root.Pages
    for _ in range(count):
        page = Dictionary(Type=Name.Page, Parent=pages, MediaBox=Array([0, 0, 9, 9]))
        pages.Kids.append(pdf.make_indirect(page))
    pages.Count = count + 1
    return saved(pdf)


def with_huge_linearization() -> bytes:
    """Give a document that claims to be linearized, with numbers that no file can have."""
    claim = b"/Linearized 99999999999999 /Type /Catalog"
    return rebuilt(plain().replace(b"/Type /Catalog", claim))


def with_odd_actions() -> bytes:
    """Give a document whose additional actions have a name that is no text."""
    pdf = _plain(1, "Odd")
    pdf.pages[0].obj.AA = pikepdf.Object.parse(b"<< /#fdx << /S /JavaScript /JS (x) >> >>")
    return saved(pdf)


def with_junk_in_front() -> bytes:
    """Give a document that begins after some lines, as mail gateways leave them."""
    return b"X-Header: 1\r\n\r\n" + plain()


def with_public_key_encryption() -> bytes:
    """Give a document that claims a security handler which qpdf does not have."""
    handler = b"/Encrypt << /Filter /Adobe.PubSec /V 4 /SubFilter /adbe.pkcs7.s5 >> "
    return plain().replace(b"trailer << ", b"trailer << " + handler)


def deeply_nested(depth: int) -> bytes:
    """Give a document with arrays nested deeper than any real one."""
    whole = plain().replace(
        b"/Type /Catalog", b"/Type /Catalog /Deep " + b"[" * depth + b"]" * depth
    )
    return rebuilt(whole)


def rebuilt(body: bytes) -> bytes:
    """Give a document made by hand a cross-reference table that is right."""
    start = body.index(b"xref\n")
    objects = body[:start]
    trailer = body[body.index(b"trailer") : body.index(b"startxref")]
    offsets = []
    number = 1
    while (at := objects.find(f"\n{number} 0 obj".encode())) >= 0:
        offsets.append(at + 1)
        number += 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % number
    table += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return objects + table + trailer + b"startxref\n%d\n%%%%EOF\n" % start


def many_objects(count: int) -> bytes:
    """Give a document whose size in memory is far beyond its size as a file."""
    pdf = _plain(1, "Many")
    pdf.Root.Many = Array(
        [pdf.make_indirect(Dictionary(A=Array([0] * 50), B=index)) for index in range(count)]
    )
    return saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _plain(pages: int, text: str) -> Pdf:
    pdf = Pdf.new()
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(200, 200))
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        page.obj.Contents = pdf.make_stream(
            f"BT /F1 12 Tf 20 100 Td ({text} {number + 1}) Tj ET".encode()
        )
    return pdf


def _link(pdf: Pdf, **entries: object) -> pikepdf.Object:
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([0, 0, 9, 9]),
            **entries,  # type: ignore[arg-type]
        )
    )


def _file_annotation(pdf: Pdf) -> pikepdf.Object:
    embedded = pdf.make_stream(b"MARKER-FILE-ANNOTATION", Type=Name.EmbeddedFile)
    specification = Dictionary(Type=Name.Filespec, F=String("b"), EF=Dictionary(F=embedded))
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.FileAttachment,
            Rect=Array([0, 0, 9, 9]),
            FS=specification,
        )
    )


def _form(pdf: Pdf) -> Dictionary:
    field = Dictionary(
        T=String("f"),
        FT=Name.Tx,
        AA=Dictionary(K=Dictionary(S=Name.JavaScript, JS=String("MARKER-FIELD-JS"))),
    )
    return Dictionary(Fields=Array([pdf.make_indirect(field)]), XFA=String("MARKER-XFA"))


def _xmp(pdf: Pdf, marker: bytes) -> Stream:
    return pdf.make_stream(XMP % marker, Type=Name.Metadata, Subtype=Name.XML)


def _same_length(whole: bytes, old: bytes, new: bytes) -> bytes:
    if old not in whole or len(old) != len(new):
        raise ValueError("the hand-made document is not as expected")
    return whole.replace(old, new, 1)


NOT_ACCEPTED: dict[str, Callable[[], bytes]] = {
    "truncated": truncated,
    "cross-references": without_cross_references,
    "stream-length": with_wrong_stream_length,
}
"""Documents that need `repair`."""
