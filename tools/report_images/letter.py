"""A letter as it comes by mail: with a reminder's wording, and with what nobody asked for in it."""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String

_A4 = (595, 842)

_NAME = "Helena Brandt"

REDACTED = (_NAME, "DE21 5001 0517 0123 4567 89")
"""What the picture's job takes out of the letter."""

_FIRST = (
    (24, 760, "Nordhafen Logistics"),
    (10, 742, "Quay 14, 20457 Hamburg"),
    (11, 680, _NAME),
    (11, 664, "Accounts payable"),
    (15, 610, "Second reminder: invoice 2026-1184"),
    (11, 578, f"Dear {_NAME},"),
    (11, 556, "our invoice of 12 October is still open. Please transfer the sum of"),
    (11, 540, "4,812.50 Euro within ten days to the following account:"),
    (11, 512, f"IBAN   {REDACTED[1]}"),
    (11, 496, "BIC    NORDDEHH"),
    (11, 462, "You find the delivery note attached, and pay with one click below."),
    (11, 428, "Sincerely yours,"),
    (11, 396, "Accounting"),
)

_SECOND = (
    (15, 760, "Terms"),
    (11, 730, "Goods stay the property of Nordhafen Logistics until they are paid for."),
    (11, 714, "Interest on arrears is nine points above the base rate."),
)


def letter() -> bytes:
    """Give the letter: two pages, and scripts, links, an attachment and metadata."""
    pdf = Pdf.new()
    for lines in (_FIRST, _SECOND):
        _add_page(pdf, lines)
    page = pdf.pages[0].obj
    script = "app.launchURL('https://nordhafen.example/open?id=1184', true);"
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String(script))
    page.AA = Dictionary(C=Dictionary(S=Name.Launch, F=String("update.exe")))
    page.Annots = Array(
        _link(pdf, 70 + 90 * place, action)
        for place, action in enumerate(
            (
                Dictionary(S=Name.URI, URI=String("https://nordhafen-pay.example/1184")),
                Dictionary(S=Name.SubmitForm, F=String("https://nordhafen-pay.example/form")),
                Dictionary(S=Name.URI, URI=String("mailto:accounting@nordhafen.example")),
            )
        )
    )
    page.PieceInfo = Dictionary(Designer=Dictionary(Private=String("C:\\Users\\m.keller")))
    pdf.attachments["delivery-note.html"] = AttachedFileSpec(
        pdf, b"<html>", filename="delivery-note.html", mime_type="text/html"
    )
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = "Reminder"
        metadata["dc:creator"] = ["M. Keller"]
    pdf.docinfo[Name.Author] = String("M. Keller")
    target = io.BytesIO()
    pdf.save(target, deterministic_id=True)
    return target.getvalue()


def _add_page(pdf: Pdf, lines: tuple[tuple[int, int, str], ...]) -> None:
    page = pdf.add_blank_page(page_size=_A4).obj
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.Resources = Dictionary(Font=Dictionary(F=font))
    shown = "".join(f"BT /F {size} Tf 70 {y} Td ({text}) Tj ET\n" for size, y, text in lines)
    page.Contents = pdf.make_stream(f"{shown}0.6 w 70 725 m 525 725 l S".encode())


def _link(pdf: Pdf, left: float, action: Dictionary) -> pikepdf.Object:
    box = Array([left, 340, left + 80, 358])
    return pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=box, Border=Array([0, 0, 0]), A=action)
    )
