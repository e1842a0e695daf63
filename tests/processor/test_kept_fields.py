"""Forms that stay to be filled in: with their fields and values, and with nothing that acts."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from pdf_security_processor.contract import ExitCode
from processor import documents
from processor.here import processed
from processor.pods import Pod

KEEP: dict[str, Any] = {"sanitize": {"mode": "keepForms"}}


def _kept(data: bytes) -> bytes:
    report, output = processed(data, [KEEP])
    assert report.exit_code == ExitCode.SUCCEEDED, report.message
    return output


def _fields(data: bytes) -> dict[str, Any]:
    """Give name and value of each field, as another parser reads them."""
    found = pypdf.PdfReader(io.BytesIO(data)).get_fields() or {}
    return {name: each.get("/V") for name, each in found.items() if "/FT" in each}


class Form:
    """A document with a form, made field by field."""

    def __init__(self) -> None:
        self.pdf = pikepdf.new()
        self.page = self.pdf.add_blank_page(page_size=(300, 300))
        self.page.obj.Annots = Array()
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        self.pdf.Root.AcroForm = Dictionary(
            Fields=Array(), DR=Dictionary(Font=Dictionary(Helv=font)), DA=String("/Helv 0 Tf 0 g")
        )

    def look(self, content: bytes = b"0 0 10 10 re f") -> Object:
        box = Array([0, 0, 50, 20])
        return self.pdf.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=box)

    def widget(self, **entries: object) -> Object:
        made = Dictionary(Type=Name.Annot, Subtype=Name.Widget, F=4)
        made.Rect = Array([10, 10, 60, 30])
        made.AP = Dictionary(N=self.look())
        for key, value in entries.items():
            made[f"/{key}"] = value
        self.page.obj.Annots.append(self.pdf.make_indirect(made))
        return self.page.obj.Annots[-1]

    def field(self, **entries: object) -> Object:
        made = self.widget(**entries)
        self.pdf.Root.AcroForm.Fields.append(made)
        return made

    def saved(self) -> bytes:
        return documents.saved(self.pdf)


def _text(**more: object) -> dict[str, object]:
    return {"FT": Name.Tx, "T": String("name"), "V": String("Zoe"), **more}


def test_fields_stay_with_their_values(pod: Pod) -> None:
    """A form would come out that nobody can fill in."""
    form = Form()
    form.field(**_text(DA=String("/Helv 12 Tf 0 g"), MaxLen=20, TU=String("Your name")))
    states = Dictionary(N=Dictionary(Yes=form.look(), Off=form.look(b"")))
    form.field(FT=Name.Btn, T=String("agree"), V=Name.Yes, AS=Name.Yes, AP=states)
    options = Array([String("a"), Array([String("b"), String("Option B")])])
    form.field(FT=Name.Ch, T=String("choice"), Opt=options, V=String("b"), Ff=1 << 17)
    data = form.saved()
    assert _fields(_kept(data)) == _fields(data)
    pod.input.write_bytes(data)
    result = pod.run(pod.request(KEEP, verify={"failOnVisualChange": True}))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    assert _fields(result.output) == {"name": "Zoe", "agree": "/Yes", "choice": "b"}
    with Pdf.open(io.BytesIO(result.output)) as kept:
        (name,) = (each for each in kept.Root.AcroForm.Fields if each.T == "name")
        assert (int(name.MaxLen), str(name.TU), str(name.DA)) == (
            20,
            "Your name",
            "/Helv 12 Tf 0 g",
        )
        assert "/Helv" in kept.Root.AcroForm.DR.Font


def test_they_can_be_filled_in() -> None:
    """Fields would be there that no program can write to."""
    form = Form()
    form.field(**_text())
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(_kept(form.saved())))
    writer.update_page_form_field_values(writer.pages[0], {"name": "Ada"})
    target = io.BytesIO()
    writer.write(target)
    assert _fields(target.getvalue()) == {"name": "Ada"}


def test_inherited_and_nested(tmp_path: Any) -> None:
    """Names would collide, and what is said once for several be lost."""
    form = Form()
    group = form.pdf.make_indirect(Dictionary(T=String("person"), FT=Name.Tx, Kids=Array()))
    for name in ("first", "last"):
        kid = form.widget(T=String(name), V=String(name.upper()), Parent=group)
        group.Kids.append(kid)
    radio = form.pdf.make_indirect(
        Dictionary(T=String("kind"), FT=Name.Btn, Ff=1 << 15, V=Name.B, Kids=Array())
    )
    for name in ("A", "B"):
        states = Dictionary(N=Dictionary({f"/{name}": form.look(), "/Off": form.look(b"")}))
        state = Name(f"/{name}") if name == "B" else Name.Off
        radio.Kids.append(form.widget(Parent=radio, AP=states, AS=state))
    form.pdf.Root.AcroForm.Fields.extend([group, radio])
    output = _kept(form.saved())
    assert _fields(output) == {"person.first": "FIRST", "person.last": "LAST", "kind": "/B"}
    with Pdf.open(io.BytesIO(output)) as kept:
        assert len(kept.pages[0].obj.Annots) == 4
        (made,) = (each for each in kept.Root.AcroForm.Fields if each.T == "kind")
        assert [str(kid.AS) for kid in made.Kids] == ["/Off", "/B"]
        assert made.Ff == 1 << 15


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param({"A": Dictionary(S=Name.JavaScript, JS=String("MARKER"))}, id="action"),
        pytest.param(
            {"AA": Dictionary(K=Dictionary(S=Name.JavaScript, JS=String("MARKER")))}, id="keystroke"
        ),
        pytest.param({"RV": String("<a href='MARKER'/>"), "Ff": 1 << 25}, id="rich-text"),
        pytest.param({"Ff": 1 << 20, "V": String("/etc/passwd")}, id="file-select"),
        pytest.param({"DA": String("/Helv 12 Tf (MARKER) Tj")}, id="appearance-string"),
        pytest.param({"MK": Dictionary(I=Dictionary(MARKER=1))}, id="icon"),
        pytest.param({"V": Dictionary(MARKER=String("x"))}, id="value"),
        pytest.param({"PMD": Dictionary(S=Name.MARKER)}, id="private"),
        pytest.param({"OC": Dictionary(MARKER=1)}, id="layer"),
        pytest.param({"AF": Dictionary(MARKER=1)}, id="file"),
    ],
)
def test_nothing_else_of_a_field_stays(entries: dict[str, object]) -> None:
    """What acts would act when somebody fills the form in."""
    form = Form()
    form.field(**(_text() | entries))
    form.pdf.Root.AcroForm.update({"/XFA": String("MARKER"), "/CO": Array([1]), "/MARKER": 1})
    output = _kept(form.saved())
    with Pdf.open(io.BytesIO(output)) as kept:
        assert set(kept.Root.AcroForm.keys()) == {"/Fields", "/DR", "/DA"}
        (made,) = kept.Root.AcroForm.Fields
        assert not {"/A", "/AA", "/RV", "/PMD", "/AF"} & {*made.keys(), *made.Kids[0].keys()}
        assert not int(made.get("/Ff", 0)) & (1 << 20 | 1 << 25)
        everything = b"".join(each.unparse(resolved=True) for each in kept.objects)
        assert b"MARKER" not in everything


def test_what_has_no_value_becomes_part_of_the_page() -> None:
    """Buttons would stay that did something, and signatures that no longer hold."""
    form = Form()
    form.field(FT=Name.Btn, T=String("send"), Ff=1 << 16)
    form.field(FT=Name.Sig, T=String("sign"))
    form.field(**_text(F=2, T=String("hidden"), V=String("MARKER")))
    form.field(**_text())
    output = _kept(form.saved())
    assert _fields(output) == {"name": "Zoe"}
    with Pdf.open(io.BytesIO(output)) as kept:
        assert len(kept.pages[0].obj.Resources.XObject) == 2
        assert b"MARKER" not in b"".join(each.unparse(resolved=True) for each in kept.objects)


def _odd() -> dict[str, Form]:
    forms = {name: Form() for name in ("circle", "deep", "two-of-a-name", "within", "no-name")}
    own = forms["circle"].field(**_text())
    own.Parent = own
    node = forms["deep"].field(**_text())
    for number in range(100):
        node.Parent = forms["deep"].pdf.make_indirect(Dictionary(T=String(f"p{number}")))
        node = node.Parent
    for value in ("one", "two"):
        forms["two-of-a-name"].field(**_text(V=String(value)))
    forms["within"].field(**_text())
    above = forms["within"].pdf.make_indirect(Dictionary(T=String("name"), FT=Name.Tx))
    forms["within"].field(T=String("inner"), Parent=above)
    forms["no-name"].field(FT=Name.Tx)
    forms["no-name"].field(**_text(T=Name.a))
    forms["no-name"].field(**_text(T=String("x" * 5000)))
    return forms


@pytest.mark.parametrize("name", _odd())
def test_odd_trees_do_no_harm(name: str) -> None:
    """A tree that is none would hang the worker, or hide a field."""
    data = _odd()[name].saved()
    output = _kept(data)
    with Pdf.open(io.BytesIO(output)) as kept:
        assert len(kept.pages) == 1
        assert not kept.get_warnings()
    assert _kept(output) == output


@pytest.mark.parametrize(
    "make", [documents.with_active_content, documents.with_form, documents.signed]
)
def test_nothing_active_is_left(make: Any) -> None:
    """The mode would be weaker than it says."""
    output = _kept(make())
    with Pdf.open(io.BytesIO(output)) as kept:
        found = b"".join(
            each.read_bytes() if isinstance(each, pikepdf.Stream) else each.unparse(resolved=True)
            for each in kept.objects
        )
    assert not [marker for marker in documents.ACTIVE_MARKERS if marker in found]
    assert _kept(output) == output
