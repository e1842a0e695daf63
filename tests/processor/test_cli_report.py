"""`pdfsec report` run for real: pages of reports, with pictures, and what it refuses."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from pdf_security_operator.cli.report.reading import REPORT_BYTES
from pdf_security_processor.contract import ExitCode
from processor import documents
from processor.desk import DECRYPT, ENCRYPT, IN_OUT, INSPECT, OWNER, SANITIZE, SECRETS, USER, Desk
from unit.report_scene import Element, read_page

REDACT: dict[str, Any] = {"redact": {"texts": ["Secret 2"]}}
BOTH = ("--before", "in.pdf", "--after", "out.pdf")
PAGE = ("report", "report.json", "-o", "page.html")


def _processed(desk: Desk, *operations: dict[str, Any], secrets: tuple[str, ...] = ()) -> None:
    """Run a job, which leaves `out.pdf` and `report.json` beside `in.pdf`."""
    desk.job(*operations)
    places = ("--input", "in.pdf") if operations == (INSPECT,) else IN_OUT
    ended = desk.run(*places, "--report", "report.json", "--overwrite", *secrets)
    assert ended.status == 0, ended.err


def _page(desk: Desk) -> Element:
    return read_page(desk.read("page.html").decode())


def _pictures(page: Element) -> dict[str, Image.Image]:
    """Decode the pictures of a page, by their words."""
    found = {}
    for image in page.all("img"):
        data = base64.b64decode(image.attributes["src"].partition(",")[2])
        found[image.attributes["alt"]] = Image.open(io.BytesIO(data)).convert("L")
    return found


@pytest.fixture
def redacted(desk: Desk) -> Desk:
    """Give a desk with a document of three pages, one of which a job redacted."""
    (desk.folder / "in.pdf").write_bytes(documents.plain(3, "Secret"))
    _processed(desk, INSPECT, REDACT)
    return desk


def test_shows_the_page_that_changed(redacted: Desk) -> None:
    """A person could not see what a job did to a page."""
    ended = redacted.pdfsec(*PAGE, *BOTH, "--json")
    assert ended.status == 0, ended.err
    assert ended.document["state"] == "attention"
    assert ended.document["pagesShown"] == [2]
    assert ended.document["pagesLeftOut"] == 0
    pictures = _pictures(_page(redacted))
    assert list(pictures) == ["Page 2 before.", "Page 2 after."]
    black = {name: picture.histogram()[0] for name, picture in pictures.items()}
    assert black["Page 2 after."] > 10 * max(1, black["Page 2 before."])
    assert {picture.size for picture in pictures.values()} == {(200, 200)}


def test_says_what_is_in_it(redacted: Desk) -> None:
    """A person would open the page to know whether to open it."""
    ended = redacted.pdfsec(*PAGE, *BOTH)
    lines = ended.out.splitlines()
    assert "to look at: 1 page of 3 compared looks different." in lines
    assert lines[-1] == "page: page.html"


def test_is_the_same_each_time(redacted: Desk) -> None:
    """Two pages of one report could not be compared."""
    redacted.pdfsec(*PAGE, *BOTH)
    first = redacted.read("page.html")
    redacted.pdfsec(*PAGE, *BOTH, "--overwrite")
    assert redacted.read("page.html") == first


def test_of_a_sanitized_document(desk: Desk) -> None:
    """What went, and where it was, would be told by JSON alone."""
    (desk.folder / "in.pdf").write_bytes(documents.with_active_content())
    _processed(desk, INSPECT, SANITIZE)
    assert desk.pdfsec(*PAGE).status == 0
    page = _page(desk)
    report = json.loads(desk.read("report.json"))
    places = next(each for each in page.all("table") if each.attributes["class"] == "places")
    shown = [[cell.whole_text for cell in row.children] for row in places.all("tr")][1:]
    assert shown == [
        [each["kind"], each["object"], each["path"] or "(the object itself)"]
        for each in report["findings"]
    ]
    assert report["input"]["sha256"] in page.whole_text
    assert report["output"]["sha256"] in page.whole_text
    assert not page.all("img")


def test_of_a_failed_job(desk: Desk) -> None:
    """Nobody could read why."""
    (desk.folder / "in.pdf").write_bytes(documents.encrypted("u"))
    desk.job(SANITIZE)
    ended = desk.run(*IN_OUT, "--report", "report.json")
    assert ended.status == ExitCode.PASSWORD_REQUIRED
    made = desk.pdfsec(*PAGE, "--json")
    assert (made.status, made.document["state"]) == (0, "failed")
    assert "No document was put." in _page(desk).whole_text


@pytest.mark.parametrize(
    ("operations", "passwords"),
    [
        pytest.param((ENCRYPT,), ("--after-password", "user.txt"), id="after"),
        pytest.param((DECRYPT,), ("--before-password", "user.txt"), id="before"),
    ],
)
def test_passwords_open_either(
    desk: Desk, operations: tuple[dict[str, Any], ...], passwords: tuple[str, str]
) -> None:
    """An encrypted document could not be shown, or its password would be on the command line."""
    if operations == (DECRYPT,):
        (desk.folder / "in.pdf").write_bytes(documents.encrypted(USER, OWNER))
    secrets = SECRETS if operations == (ENCRYPT,) else SECRETS[:2]
    _processed(desk, *operations, secrets=secrets)
    made = desk.pdfsec(*PAGE, *BOTH, *passwords, "--json")
    assert made.document["visual"]["problem"] == ""
    assert made.document["visual"]["pages"] > 0
    (desk.folder / "user.txt").write_text("another")
    made = desk.pdfsec(*PAGE, *BOTH, *passwords, "--json", "--overwrite")
    assert (made.status, made.document["state"]) == (0, "attention")
    assert "was not drawn" in made.document["visual"]["problem"]


@pytest.mark.parametrize("most", [0, 2, 8])
def test_shows_no_more_than_asked(desk: Desk, most: int) -> None:
    """A page of a long document would be too large to open, or leave out what matters."""
    (desk.folder / "in.pdf").write_bytes(documents.plain(4, ""))
    areas = [{"page": page, "rectangle": [50, 50, 110, 110]} for page in (1, 2, 4)]
    _processed(desk, {"redact": {"areas": areas}})
    made = desk.pdfsec(*PAGE, *BOTH, "--pictures", str(most), "--json")
    assert made.document["visual"]["changed"] == 3
    assert made.document["pagesShown"] == [1, 2, 4][:most]
    assert made.document["pagesLeftOut"] == max(0, 3 - most)
    assert len(_page(desk).all("img")) == 2 * min(most, 3)


def test_names_image_and_user_by_the_resource(redacted: Desk) -> None:
    """Nobody would know what did this, and for whom."""
    report = json.loads(redacted.read("report.json"))
    resource: dict[str, Any] = {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityJob",
        "metadata": {
            "name": "contract",
            "namespace": "legal",
            "uid": report["jobUid"],
            "annotations": {"pdfsecurity.dev/submitted-by": "zoe"},
        },
        "status": {"effective": {"image": "r.example/p@sha256:12", "className": "strict"}},
    }
    (redacted.folder / "resource.yaml").write_text(yaml.safe_dump(resource))
    assert redacted.pdfsec(*PAGE, "--job", "resource.yaml").status == 0
    shown = _page(redacted).whole_text
    for text in ("zoe", "r.example/p@sha256:12", "strict", "legal/contract"):
        assert text in shown
    other = {**resource, "metadata": {**resource["metadata"], "uid": "other"}}
    (redacted.folder / "resource.yaml").write_text(yaml.safe_dump(other))
    ended = redacted.pdfsec(*PAGE, "--job", "resource.yaml", "--overwrite")
    assert ended.status == 2
    assert "no resource with metadata.uid" in ended.err


Spoil = Callable[[Path], object]


def _nothing(folder: Path) -> None:
    pass


def _write(name: str, data: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(data)


def _unknown_field(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps({**report, "extra": "Geheim"}))


def _long_password(folder: Path) -> None:
    (folder / "long.txt").write_text("x" * 128)


@pytest.mark.parametrize(
    ("spoil", "arguments", "said"),
    [
        pytest.param(_nothing, ("report", "gone.json", "-o", "p.html"), "No such file", id="gone"),
        pytest.param(_nothing, ("report", ".", "-o", "p.html"), "not a regular file", id="folder"),
        pytest.param(_write("report.json", b"%PDF"), PAGE, "is no report", id="no-json"),
        pytest.param(_write("report.json", b"{}"), PAGE, "jobUid: Field required", id="no-report"),
        pytest.param(_unknown_field, PAGE, "extra: Extra inputs", id="unknown-field"),
        pytest.param(
            _write("report.json", b" " * (REPORT_BYTES + 1)), PAGE, "larger than", id="too-large"
        ),
        pytest.param(_nothing, (*PAGE, "--before", "in.pdf"), "add --after", id="before-alone"),
        pytest.param(_nothing, (*PAGE, "--after", "out.pdf"), "add --before", id="after-alone"),
        pytest.param(
            _nothing, (*PAGE, "--before-password", "user.txt"), "add --before", id="password-alone"
        ),
        pytest.param(
            _nothing,
            (*PAGE, "--before", "out.pdf", "--after", "in.pdf"),
            "is not the document of the report",
            id="changed-about",
        ),
        pytest.param(
            _write("out.pdf", documents.plain(3, "Secret")),
            (*PAGE, *BOTH),
            "is not the document of the report",
            id="another-document",
        ),
        pytest.param(
            _long_password,
            (*PAGE, *BOTH, "--after-password", "long.txt"),
            "no password of a PDF",
            id="no-password",
        ),
        pytest.param(_write("page.html", b"mine"), PAGE, "--overwrite replaces it", id="exists"),
        pytest.param(
            _nothing,
            ("report", "report.json", "-o", "no/p.html"),
            "make the folder",
            id="no-folder",
        ),
        pytest.param(
            _nothing,
            ("report", "report.json", "-o", "report.json", "--overwrite"),
            "is a file that is read",
            id="over-its-own-report",
        ),
    ],
)
def test_refuses(redacted: Desk, spoil: Spoil, arguments: tuple[str, ...], said: str) -> None:
    """A person would have a page that tells of another document, or lose a file of theirs."""
    spoil(redacted.folder)
    before = {path.name: path.read_bytes() for path in redacted.folder.iterdir()}
    ended = redacted.pdfsec(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert "Geheim" not in ended.err
    answer = redacted.pdfsec(*arguments, "--json").document
    assert (answer["exitCode"], answer["reason"]) == (2, "UsageError")
    assert {path.name: path.read_bytes() for path in redacted.folder.iterdir()} == before


def test_a_report_that_was_only_looked_at_has_no_after(desk: Desk) -> None:
    """A document nobody put would be shown as the result."""
    _processed(desk, INSPECT)
    ended = desk.pdfsec(*PAGE, "--before", "in.pdf", "--after", "in.pdf")
    assert ended.status == 2
    assert "--after in.pdf: the report knows of no such document" in ended.err


def test_the_page_is_private(redacted: Desk) -> None:
    """Who shares the machine would see pictures of the document."""
    redacted.pdfsec(*PAGE, *BOTH)
    assert (redacted.folder / "page.html").stat().st_mode & 0o077 == 0
