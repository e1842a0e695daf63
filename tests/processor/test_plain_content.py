"""Content of nothing but what paints: what goes, what stays as it is, and that readers agree."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import ContentStreamInlineImage, Pdf

from pdf_security_processor.errors import LimitExceededError
from pdf_security_processor.rebuild import plain as plain_module
from pdf_security_processor.rebuild.lexer import tokens_of, without_comments
from pdf_security_processor.rebuild.operators import OPERATORS, Painting
from pdf_security_processor.rebuild.plain import plain, plain_image
from processor import documents
from processor.pods import Pod


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"q 1 0 0 1 9.5 -9 cm /Im0 Do Q\n",
        b"BT /F1 9 Tf (a \\) (b) 100 % c) Tj [(a) -12.5 <41 42>] TJ T* ET",
        b"0 Tr (x)Tj 7 Tr(y)Tj",
        b"(3 Tr) Tj 0\n Tr (x) Tj",
        b"1 w[3 2]0 d 0 0 m 9 9 l S",
        b"/Cs1 cs 0.1 .2 3. scn /Sh0 sh",
    ],
)
def test_what_paints_stays_as_it_is(content: bytes) -> None:
    """Whatever is written anew may look different somewhere."""
    assert plain(content) is content


@pytest.mark.parametrize(
    ("content", "left"),
    [
        pytest.param(b"q % hidden\n0 g Q", b"q \n0 g Q", id="comment"),
        pytest.param(b"(a % b) Tj % c", b"(a % b) Tj", id="comment-and-none"),
        pytest.param(b"[(a) % b ]\n(c)] TJ", b"[(a) \n(c)] TJ", id="comment-in-an-array"),
        pytest.param(b"/Span << /ActualText (M) >> BDC 0 g EMC", b"0 g", id="replaced-text"),
        pytest.param(b"/P << /M [ << /M (x) >> ] >> DP 0 g /Q MP", b"0 g", id="points"),
        pytest.param(b"BX (M) unheard EX 0 g", b"0 g", id="unknown-operator"),
        pytest.param(b"(M) unheard 0 g", b"0 g", id="unknown-operator-outside"),
        pytest.param(b"0 g (M)", b"0 g", id="operand-of-nothing"),
        pytest.param(b"3 Tr (M) Tj 0 Tr (x) Tj", b"3 Tr 0 Tr (x) Tj", id="invisible-text"),
        pytest.param(b"q 3 Tr (M) Tj Q (x) Tj", b"q 3 Tr Q (x) Tj", id="state-is-restored"),
        pytest.param(b"3 Tr q (M) Tj Q (M) Tj", b"3 Tr q Q", id="state-is-kept"),
        pytest.param(b"3 Tr 1 2 (M) \" (N) '", b"3 Tr 1 Tw 2 Tc T* T*", id="next-lines"),
        pytest.param(b"3 % x\n Tr (M) Tj", b"3 Tr", id="comment-in-an-instruction"),
        pytest.param(b"3.0 Tr (M) Tj", b"3.0 Tr", id="another-spelling"),
        pytest.param(b"+03 Tr(M)Tj", b"+03 Tr", id="and-another"),
        pytest.param(b"1 3 Tr (M) Tj", b"1 3 Tr", id="more-operands"),
        pytest.param(b"0 g 12 0 R Do", b"0 g Do", id="no-reference"),
    ],
)
def test_what_does_not_paint_goes(content: bytes, left: bytes) -> None:
    """What nobody sees would travel on in what everybody reads."""
    assert plain(content).split() == left.split()


def test_invisible_text_stays_when_asked() -> None:
    """A scanned document could not be searched any more, though its owner wants it to be."""
    content = b"3 Tr (found) Tj"
    assert plain(content, keeps_invisible_text=True) is content


def test_images_in_content() -> None:
    """Their data look like anything, also like the end of them, and their entries may hold more."""
    image = b"q BI /W 2 /H 2 /BPC 8 /CS /G /Unheard (M) /DP << /Columns 2 >> ID\n% 3 EI x EI Q"
    left = plain(image + b" % comment")
    assert b"ID\n% 3 EI x EI" not in left or b"Unheard" not in left
    assert b"(M)" not in left
    assert b"comment" not in left
    assert plain(left) == left
    assert plain_image(b"BI /W 1 /X (M) /D [0 1] ID \x00EI") == b"BI /W 1 /D [0 1] ID \x00EI"


def test_content_with_images_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held as instructions, each of which takes a hundred times its bytes."""
    monkeypatch.setattr(plain_module, "INLINE_IMAGE_BYTES", 100)
    with pytest.raises(LimitExceededError, match="images in it"):
        plain(b"0 g " * 40 + b"BI /W 1 /H 1 /BPC 8 /CS /G ID x EI % c")


@pytest.mark.parametrize(
    "content", [b"1 " * 200_000 + b"unheard", b"3 Tr " + b"q " * 10_001], ids=["operands", "states"]
)
def test_what_is_held_is_bounded(content: bytes) -> None:
    """A page of nothing but numbers would take all memory."""
    with pytest.raises(LimitExceededError, match="more than"):
        plain(content)


_PIECES = st.sampled_from(
    [
        *("q", "Q", "0 g", "1 0 0 rg", "BT", "ET", "/F1 9 Tf", "9 0 Td", "T*", "0 0 9 9 re", "f"),
        *("(a) Tj", "(a\\)b(c)) Tj", "[(a) 1 <4142>] TJ", "(n) '", '1 2 (n) "', "( % ) Tj"),
        *(
            "3 Tr",
            "0 Tr",
            "3.2 Tr",
            "-3 Tr",
            "2 Tr",
            "/Im0 Do",
            "/P MP",
            "/P << /A (x) >> DP",
            "/OC /A BDC",
            "EMC",
        ),
        *("/S << /B [1 << /C (d) >>] >> BDC", "/S BMC", "BX", "EX", "(y) odd", "1 2 odd2"),
    ]
)
_GAPS = st.sampled_from([" ", "\n", "\r\n", "\t", " % comment )(\n", "\0"])


@settings(deadline=None)
@given(st.lists(st.tuples(_PIECES, _GAPS), max_size=30))
def test_readers_agree_on_what_is_left(pieces: list[tuple[str, str]]) -> None:
    """What we take for a comment, or for an operator, readers could take for something else."""
    content = "".join(piece + gap for piece, gap in pieces).encode()
    left = plain(content)
    assert plain(left) == left
    painting = Painting(keeps_invisible_text=False)
    expected: list[Any] = []
    for operator, operands in _instructions(content):
        judged = painting.judge(operator, operands[-3:])
        if judged == operator:
            expected.append((operator, operands))
        elif judged is not None:
            expected.extend(_instructions(judged))
    assert _instructions(left) == expected
    assert {operator for operator, _ in _instructions(left)} <= OPERATORS


def _instructions(content: bytes) -> list[tuple[bytes, list[bytes]]]:
    """Read content as qpdf does."""
    with Pdf.new() as scratch:
        read = pikepdf.parse_content_stream(scratch.make_stream(content))
        return [
            (bytes(each.operator), [_spelled(operand) for operand in each.operands])
            for each in read
            if not isinstance(each, ContentStreamInlineImage)
        ]


def _spelled(operand: Any) -> bytes:
    return operand.unparse() if isinstance(operand, pikepdf.Object) else str(operand).encode()


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_tokens_are_all_of_it(data: bytes) -> None:
    """What is left out would be lost, and what never ends would hang the worker."""
    tokens = list(tokens_of(data))
    assert b"".join(data[token.start : token.end] for token in tokens) == data
    assert all(token.end > token.start for token in tokens)
    assert plain(plain(data)) == plain(data) or b"BI" in data
    without_comments(data)


def test_of_a_whole_document(pod: Pod) -> None:
    """Pages would be looked through, and forms not."""
    with pikepdf.open(io.BytesIO(documents.plain())) as pdf:
        form = pdf.make_stream(b"0 g % MARKER-FORM\n3 Tr (MARKER-TEXT) Tj")
        form.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Form})
        form["/BBox"] = pikepdf.Array([0, 0, 9, 9])
        page = pdf.pages[0].obj
        page.Resources.XObject = pikepdf.Dictionary(X=form)
        page.Contents = pdf.make_stream(b"/X Do % MARKER-PAGE")
        pod.input.write_bytes(documents.saved(pdf))
    result = pod.run(pod.request({"sanitize": {}}))
    assert result.report
    assert result.report.left_out["unpainted"] == 2
    kept = pod.run(pod.request({"sanitize": {"invisibleText": "keep"}}, overwrite=True))
    for done, stays in ((result, False), (kept, True)):
        assert done.output
        with pikepdf.open(io.BytesIO(done.output)) as pdf:
            drawn = b"".join(
                item.read_bytes()
                for item in pdf.objects
                if isinstance(item, pikepdf.Stream) and item.get("/Type") != "/ObjStm"
            )
        assert (b"MARKER-TEXT" in drawn) is stays
        assert b"MARKER-FORM" not in drawn
        assert b"MARKER-PAGE" not in drawn
