"""The survey of active content: every kind, every nesting, and an honest comparison."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String

from pdf_security_processor import errors, findings, limits
from pdf_security_processor.contract import Operation, WorkerReport
from pdf_security_processor.contract.report import FINDINGS_LIMIT
from pdf_security_processor.findings import findings_of, kinds_of, removed_counts, survey
from pdf_security_processor.operations import Document
from pdf_security_processor.operations.inspect import inspect, inspection_of
from pdf_security_processor.operations.sanitize import sanitize
from pdf_security_processor.walk import Place, all_places, reachable_places
from processor import documents

_ACTIONS = (
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
)
SANITIZE = Operation.model_validate({"sanitize": {}})


@pytest.fixture
def pdf() -> Iterator[Pdf]:
    """Give a plain document in explicit conversion mode, as the worker opens it."""
    with pikepdf.open(io.BytesIO(documents.plain()), conversion_mode="explicit") as opened:
        yield opened


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        *[pytest.param({"S": Name(f"/{kind}")}, {kind}, id=f"action-{kind}") for kind in _ACTIONS],
        pytest.param({"S": Name.GoTo}, set(), id="jump-inside"),
        pytest.param({"S": Name.Named, "N": Name.NextPage}, set(), id="named"),
        pytest.param({"S": Name.Thread}, set(), id="thread-inside"),
        pytest.param({"S": Name.Thread, "F": String("x")}, {"Thread"}, id="thread-outside"),
        pytest.param(
            {"S": Name.Rendition, "JS": String("x")}, {"Rendition", "JavaScript"}, id="js"
        ),
        pytest.param({"JS": String("x")}, {"JavaScript"}, id="js-without-type"),
        pytest.param({"S": String("JavaScript")}, set(), id="type-is-no-name"),
        pytest.param({"EF": Dictionary()}, {"EmbeddedFile"}, id="embedded"),
        pytest.param({"AF": Array([])}, {"AF"}, id="associated"),
        pytest.param(
            {"Subtype": Name.FileAttachment, "FS": Dictionary()}, {"FileAttachment"}, id="fs"
        ),
        pytest.param({"Subtype": Name.FileAttachment}, set(), id="without-fs"),
        pytest.param(
            {"Subtype": Name.Sound, "Sound": Dictionary()}, {"SoundAnnotation"}, id="sound"
        ),
        pytest.param({"Type": Name.Catalog, "OpenAction": Dictionary()}, {"OpenAction"}, id="open"),
        pytest.param({"Type": Name.Catalog, "OpenAction": Array([])}, set(), id="open-destination"),
        pytest.param(
            {
                "Type": Name.Catalog,
                "Names": Dictionary(JavaScript=Dictionary(), Dests=Dictionary()),
            },
            {"NamedJavaScript"},
            id="name-tree",
        ),
        pytest.param({"Requirements": Array([])}, {"Requirements"}, id="requirements"),
        pytest.param({"SpiderInfo": Dictionary()}, {"WebCapture"}, id="web-capture"),
        pytest.param({"S": Name.P, "Type": Name.StructElem}, set(), id="structure"),
    ],
)
def test_kinds(pdf: Pdf, value: dict[str, Any], kinds: set[str]) -> None:
    """A kind of active content would not be told, or something harmless would."""
    pdf.Root.Probe = Dictionary(**value)
    assert {kind for kind, _ in kinds_of(_place(pdf.Root.Probe))} == kinds


@pytest.mark.parametrize(
    ("entries", "kinds"),
    [
        pytest.param({"F": String("x")}, {"ExternalStream"}, id="external"),
        pytest.param({"Subtype": Name.Form, "Ref": Dictionary()}, {"ReferenceXObject"}, id="ref"),
        pytest.param({"Subtype": Name.PS}, {"PostScript"}, id="postscript"),
        pytest.param({"OPI": Dictionary()}, {"OPI"}, id="opi"),
        pytest.param({}, set(), id="plain"),
    ],
)
def test_kinds_of_streams(pdf: Pdf, entries: dict[str, Any], kinds: set[str]) -> None:
    """A stream that a reader fetches from elsewhere would not be told."""
    stream = pdf.make_stream(b"", Dictionary(**entries))
    assert {kind for kind, _ in kinds_of(_place(stream))} == kinds


def _place(value: pikepdf.Object) -> Place:
    return Place("1 0", None, value, dict(value.items()))


def test_finds_at_any_depth(pdf: Pdf) -> None:
    """Nesting in direct objects would hide a script."""
    action: Any = Dictionary(S=Name.JavaScript, JS=String("x"))
    for _ in range(60):
        action = Dictionary(Next=Array([action]))
    pdf.Root.Deep = action
    found = survey(all_places(pdf))
    assert found.kinds == {"JavaScript": 1}
    _, holder, path = found.listed[0]
    assert holder == "{} {}".format(*pdf.Root.objgen)
    assert path.startswith("/Deep/Next[0]/Next[0]")


def test_finds_what_nothing_refers_to(pdf: Pdf) -> None:
    """An orphan of an old revision would go untold: it is in the file for everybody to read."""
    pdf.make_indirect(Dictionary(S=Name.Launch))
    assert survey(all_places(pdf)).kinds == {"Launch": 1}
    assert survey(reachable_places(pdf)).kinds == {}


def test_walk_survives_cycles_nulls_and_odd_names(pdf: Pdf) -> None:
    """A hostile document could make the walk endless or crash it."""
    pdf.Root.Loop = pdf.Root
    scalars: tuple[Any, ...] = (5, String("x"), Name.X)
    pdf.Root.Scalars = Array([pdf.make_indirect(value) for value in scalars])
    pdf.Root.Odd = Array([None, 1, True, String("x"), Dictionary({"/a#\x1b\xff": Array([None])})])
    pdf.Root["/" + "k" * 5000] = Dictionary(S=Name.URI)
    found = survey(reachable_places(pdf))
    assert found.kinds == {"URI": 1}
    assert len(found.listed[0][2]) <= 1024
    assert survey(all_places(pdf)).kinds == {"URI": 1}


def test_walk_is_bounded(pdf: Pdf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of a billion values would hold the worker until its deadline."""
    monkeypatch.setattr(limits, "NODES", 10)
    with pytest.raises(errors.LimitExceededError):
        survey(all_places(pdf))
    monkeypatch.setattr(limits, "FORM_FIELDS", 1)
    fields = [Dictionary(T=String(name), FT=Name.Tx) for name in "ab"]
    pdf.Root.AcroForm = Dictionary(Fields=Array(fields))
    with pytest.raises(errors.LimitExceededError):
        inspection_of(pdf)


def test_moved_action_is_kept_not_removed(pdf: Pdf) -> None:
    """What only changed its place would be reported as removed."""
    pdf.Root.OpenAction = Dictionary(
        S=Name.JavaScript, Next=Array([Dictionary(S=Name.Hide), Dictionary(S=Name.Launch)])
    )
    before = survey(all_places(pdf))
    pdf.Root.OpenAction = Dictionary(S=Name.Hide)
    after = survey(reachable_places(pdf), earlier=before)
    actions = {finding.kind: finding.action for finding in findings_of(before, after)}
    assert actions == {
        "OpenAction": "kept",
        "JavaScript": "removed",
        "Hide": "kept",
        "Launch": "removed",
    }
    assert removed_counts(before, after) == {"JavaScript": 1, "Launch": 1}


@pytest.mark.parametrize("name", ["/JS", "/EF", "/AF", "/XFA", "/Thumb"])
@pytest.mark.parametrize("shared", [False, True])
def test_names_of_resources_mean_nothing(pdf: Pdf, name: str, *, shared: bool) -> None:
    """A sanitized document would be said to have kept a script, which is a picture."""
    form = pdf.make_stream(b"0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form)
    form.BBox = Array([0, 0, 9, 9])
    named = Dictionary({name: form})
    pdf.pages[0].obj.Resources.XObject = pdf.make_indirect(named) if shared else named
    pdf.pages[0].obj.Contents = pdf.make_stream(b"%s Do" % name.encode())
    document = Document(pdf, {})
    sanitize(document, SANITIZE)
    assert document.kept == {}
    assert [each for each in document.findings if each.action == "kept"] == []


def test_counts_go_on_where_the_list_ends(pdf: Pdf) -> None:
    """A document with very many links would have wrong counts, or a report without bound."""
    count = FINDINGS_LIMIT + 500
    page = pdf.pages[0].obj
    page.Annots = Array(
        [
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Link,
                A=Dictionary(S=Name.URI, URI=String(str(number))),
            )
            for number in range(count)
        ]
    )
    document = Document(pdf, {})
    sanitize(document, SANITIZE)
    assert document.removed == {"URI": count}
    assert len(document.findings) == FINDINGS_LIMIT
    assert {finding.action for finding in document.findings} == {"removed"}


def test_kept_findings_are_listed_first(pdf: Pdf) -> None:
    """What a document keeps would go untold behind two thousand harmless links."""
    page = pdf.pages[0].obj
    links = [
        Dictionary(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("u")))
        for _ in range(FINDINGS_LIMIT - 1)
    ]
    kept = Dictionary(Subtype=Name.Link, PA=Dictionary(S=Name.Launch, F=String("evil.exe")))
    page.Annots = pdf.make_indirect(Array([*links, kept]))
    before = survey(all_places(pdf))
    del page.Annots[: len(links)]
    after = survey(reachable_places(pdf), earlier=before)
    found = findings_of(before, after)
    assert [(one.kind, one.action) for one in found[:2]] == [("Launch", "kept"), ("URI", "removed")]
    assert len(found) == FINDINGS_LIMIT


def test_kinds_fit_the_contract() -> None:
    """A report would be refused for a kind of our own."""
    tables = (findings._ACTIONS, findings._KEYS, findings._NAME_TREES)
    kinds = {kind for table in tables for kind in table.values()}
    kinds |= {kind for _, kind in findings._ANNOTATIONS.values()}
    kinds |= {"EmbeddedFile", "ExternalStream", "ReferenceXObject", "PostScript", "OpenAction"}
    kinds |= {"Info", "Metadata", "LastModified"}
    report = WorkerReport(exit_code=0, removed=dict.fromkeys(kinds, 1))
    assert len(report.removed) == len(kinds)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"<< /Subtype /#fdx /FS << >> >>", id="subtype"),
        pytest.param(b"<< /Type /#fdx >>", id="type"),
        pytest.param(b"<< /S /#fdx >>", id="action"),
        pytest.param(b"<< /#fdx << >> >>", id="key"),
    ],
)
def test_names_that_are_no_text(pdf: Pdf, value: bytes) -> None:
    """A name that is not UTF-8 would end the worker as if the fault were its own."""
    pdf.Root.Probe = pikepdf.Object.parse(value)
    assert survey(all_places(pdf)).kinds == {}


def test_inspection_does_not_change_the_document(pdf: Pdf) -> None:
    """Looking at a document would alter it."""
    before = documents.saved(pdf, deterministic_id=True)
    inspect(Document(pdf, {}), Operation.model_validate({"inspect": {}}))
    assert documents.saved(pdf, deterministic_id=True) == before


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(String("x"), id="no-dictionary"),
        pytest.param(Dictionary(Fields=String("x")), id="no-array"),
        pytest.param(Dictionary(Fields=Array([String("x"), None])), id="no-fields"),
        pytest.param(Dictionary(Fields=Array([Dictionary(Kids=String("x"))])), id="no-kids"),
    ],
)
def test_inspection_of_malformed_forms(pdf: Pdf, form: Any) -> None:
    """A malformed form would end a worker."""
    pdf.Root.AcroForm = form
    assert inspection_of(pdf).form_fields <= 1
