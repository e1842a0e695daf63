"""`pdfsec run` on many documents: each gets its own end, and nothing is mixed up."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pikepdf
import pytest

from e2e_support import wait_for
from processor import documents
from processor.desk import INSPECT, SANITIZE, Desk, private_folders
from processor.pods import descendants, is_running

FOLDERS = ("--input", "in", "--output", "out", "--report", "reports")


@pytest.fixture
def many(desk: Desk) -> Desk:
    """Give a folder of ten documents, of which the third is damaged."""
    for name in ("in", "out", "reports"):
        (desk.folder / name).mkdir()
    for number in range(10):
        content = documents.plain(number + 1) if number != 2 else b"%PDF-1.7 and no more"
        (desk.folder / "in" / f"{number}.pdf").write_bytes(content)
    (desk.folder / "in" / "notes.txt").write_text("no document")
    desk.job(SANITIZE)
    return desk


def test_one_bad_document_fails_alone(many: Desk) -> None:
    """A thousand documents would fail for one, or nobody would see that one did."""
    ended = many.run(*FOLDERS)
    assert ended.status == 4, ended.err
    lines = [line.split("\t") for line in ended.out.splitlines()]
    outcomes = {line[0]: line[1] for line in lines[1:-1]}
    expected = {f"{number}.pdf": "Succeeded" for number in range(10)}
    assert outcomes == {**expected, "2.pdf": "InputDamaged"}
    assert lines[-1] == ["9 of 10 documents succeeded"]
    for number in set(range(10)) - {2}:
        with pikepdf.open(many.folder / "out" / f"{number}.pdf") as pdf:
            assert len(pdf.pages) == number + 1, "documents were mixed up"
    assert not (many.folder / "out" / "2.pdf").exists()
    reports = {path.name: json.loads(path.read_text()) for path in _in(many, "reports")}
    assert reports["2.pdf.json"]["reason"] == "InputDamaged"
    assert len(reports) == 10


def test_never_replaces_unasked(many: Desk) -> None:
    """A second run would replace what somebody worked on."""
    (many.folder / "out" / "5.pdf").write_bytes(b"mine")
    ended = many.run(*FOLDERS, "--json")
    reasons = {Path(each["document"]).name: each["reason"] for each in ended.document["documents"]}
    assert reasons["5.pdf"] == "OutputExists"
    assert (ended.document["succeeded"], ended.document["failed"]) == (8, 2)
    assert many.read("out/5.pdf") == b"mine"
    again = many.run("--input", "in/5.pdf", "--input", "in/1.pdf", *FOLDERS[2:], "--overwrite")
    assert again.status == 0, again.err
    assert many.read("out/5.pdf").startswith(b"%PDF-")


def test_inspects_many(many: Desk) -> None:
    """There would be no way to look at a folder without writing into one."""
    many.job(INSPECT)
    ended = many.run("--input", "in", "--report", "reports")
    assert ended.status == 4
    assert json.loads(many.read("reports/7.pdf.json"))["inspection"]["pages"] == 8
    assert _in(many, "out") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--input", "in"], "add --output FOLDER", id="no-output"),
        pytest.param(["--input", "in", "--output", "new"], "must be a folder", id="no-folder"),
        pytest.param(["--input", "in", "--output", "in"], "the folder of an input", id="same"),
        pytest.param(["--input", "away", "--input", "in"], "away: does not exist", id="away"),
        pytest.param(["--input", "reports", "--output", "out"], "has no *.pdf", id="empty"),
        pytest.param(
            ["--input", "in", "--input", "other/1.pdf", "--output", "out"],
            "the same name",
            id="twice",
        ),
    ],
)
def test_says_what_to_write(many: Desk, arguments: list[str], said: str) -> None:
    """Results would be lost, or documents replaced by their results."""
    (many.folder / "other").mkdir()
    (many.folder / "other" / "1.pdf").write_bytes(documents.plain())
    ended = many.run(*arguments)
    assert ended.status == 2
    assert said in ended.err
    assert _in(many, "out") == []


def test_leaves_nothing_when_stopped(many: Desk) -> None:
    """Documents would stay in a private folder, and workers would go on."""
    for number in range(4):
        content = documents.many_objects(60_000)
        (many.folder / "in" / f"large-{number}.pdf").write_bytes(content)
    before = private_folders()
    process = many.start("run", "-f", "job.yaml", *FOLDERS, "--at-once", "2")
    wait_for(lambda: len(list(descendants(process.pid))) >= 5, "workers to start", 60)
    started = set(descendants(process.pid))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert private_folders() == before
    wait_for(lambda: not any(map(is_running, started)), "all processes to end", 20)


def _in(desk: Desk, folder: str) -> list[Path]:
    return sorted((desk.folder / folder).iterdir())
