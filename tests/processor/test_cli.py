"""The command line run for real: what it writes, what it says, and what it never says."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import yaml

from e2e_support import wait_for
from pdf_security_operator.cli.codes import all_codes
from pdf_security_processor.contract import ExitCode
from processor import documents
from processor.desk import (
    DECRYPT,
    ENCRYPT,
    IN_OUT,
    INSPECT,
    OWNER,
    SANITIZE,
    SECRETS,
    USER,
    Desk,
    private_folders,
)
from processor.pods import descendants, is_running


def test_encrypts_and_decrypts(desk: Desk) -> None:
    """The document would not be protected, or not be opened again by the same passwords."""
    desk.job(ENCRYPT)
    ended = desk.run(*IN_OUT, *SECRETS)
    assert ended.status == 0, ended.err
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(desk.read("out.pdf")))
    with pikepdf.open(desk.folder / "out.pdf", password=USER) as pdf:
        assert (pdf.encryption.R, len(pdf.pages)) == (6, 2)
    desk.job(DECRYPT)
    arguments = ("--input", "out.pdf", "--output", "plain.pdf", "--secret", "pw/user=-")
    ended = desk.run(*arguments, stdin=USER)
    assert ended.status == 0, ended.err
    with pikepdf.open(desk.folder / "plain.pdf") as pdf:
        assert not pdf.is_encrypted


def test_sanitizes_and_says_what_was_removed(desk: Desk) -> None:
    """Scripts would stay, or nobody be told what went."""
    (desk.folder / "in.pdf").write_bytes(documents.with_active_content())
    desk.job(SANITIZE)
    ended = desk.run(*IN_OUT)
    assert ended.status == 0, ended.err
    assert b"JavaScript" not in desk.read("out.pdf")
    for file in ("in.pdf", "out.pdf"):
        assert hashlib.sha256(desk.read(file)).hexdigest() in ended.out
        assert f"{len(desk.read(file))} bytes" in ended.out
    lines = ended.out.splitlines()
    assert "outcome: Succeeded" in lines
    assert any(line.startswith("removed: ") and "JavaScript" in line for line in lines)
    assert not any(line.startswith("kept: ") for line in lines)
    assert any(line.startswith("duration: ") for line in lines)
    assert any(line.startswith("peak memory: ") for line in lines)
    assert "\x1b" not in ended.out + ended.err


def test_inspects_without_an_output(desk: Desk) -> None:
    """Facts would not be shown, or a document be written that nobody asked for."""
    (desk.folder / "in.pdf").write_bytes(documents.with_form())
    before = {path.name for path in desk.folder.iterdir()} | {"job.yaml"}
    desk.job(INSPECT)
    ended = desk.run("--input", "in.pdf")
    assert ended.status == 0, ended.err
    assert "form fields: 3" in ended.out.splitlines()
    assert "signatures: 1" in ended.out.splitlines()
    assert {path.name for path in desk.folder.iterdir()} == before


def test_answers_programs_with_one_document(desk: Desk) -> None:
    """A program could not read the answer."""
    desk.job(INSPECT, SANITIZE)
    ended = desk.run(*IN_OUT, "--json")
    answer = ended.document
    assert (ended.status, answer["exitCode"], answer["reason"]) == (0, 0, "Succeeded")
    assert answer["output"]["sha256"] == hashlib.sha256(desk.read("out.pdf")).hexdigest()
    assert answer["report"]["inspection"]["pages"] == 2
    assert "reportLocation" not in answer
    assert ended.err == ""


def test_keeps_the_report(desk: Desk) -> None:
    """The report would be lost, or differ from what is printed."""
    desk.job(INSPECT)
    ended = desk.run("--input", "in.pdf", "--report", "report.json", "--json")
    assert json.loads(desk.read("report.json")) == ended.document["report"]


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
def test_never_replaces_unasked(desk: Desk, arguments: Sequence[str]) -> None:
    """A result of yesterday would be lost."""
    desk.job(SANITIZE)
    (desk.folder / "out.pdf").write_text("yesterday")
    ended = desk.run(*IN_OUT, *arguments)
    assert ended.status == ExitCode.OUTPUT_EXISTS
    assert "OutputExists" in ended.out
    assert desk.read("out.pdf") == b"yesterday"


@pytest.mark.parametrize("by", ["option", "manifest"])
def test_replaces_when_asked(desk: Desk, by: str) -> None:
    """The option, or the field, would have no effect."""
    claim = {"persistentVolumeClaim": {"claimName": "d", "path": "o.pdf"}, "overwrite": True}
    if by == "manifest":
        desk.job(SANITIZE, output=claim)
    else:
        desk.job(SANITIZE)
    (desk.folder / "out.pdf").write_text("yesterday")
    ended = desk.run(*IN_OUT, *(["--overwrite"] if by == "option" else []))
    assert ended.status == 0, ended.out
    assert desk.read("out.pdf").startswith(b"%PDF-")


def test_says_a_report_is_there_already(desk: Desk) -> None:
    """An old report would be shown as this run's."""
    desk.job(INSPECT)
    (desk.folder / "report.json").write_text("{}")
    ended = desk.run("--input", "in.pdf", "--report", "report.json", "--json")
    assert ended.status == ExitCode.OUTPUT_EXISTS
    assert "report" not in ended.document


@pytest.mark.parametrize(
    ("content", "operation", "code"),
    [
        pytest.param(documents.encrypted(user="x"), DECRYPT, ExitCode.WRONG_PASSWORD, id="wrong"),
        pytest.param(documents.encrypted(user="x"), SANITIZE, ExitCode.PASSWORD_REQUIRED,
                     id="required"),
        pytest.param(b"hello", SANITIZE, ExitCode.NOT_A_PDF, id="not-a-pdf"),
        pytest.param(b"", SANITIZE, ExitCode.INPUT_EMPTY, id="empty"),
    ],
)  # fmt: skip
def test_exits_with_the_contracts_code(
    desk: Desk, content: bytes, operation: dict[str, Any], code: ExitCode
) -> None:
    """A script could not tell failures apart."""
    (desk.folder / "in.pdf").write_bytes(content)
    desk.job(operation)
    secrets = SECRETS[:2] if operation is DECRYPT else ()
    ended = desk.run(*IN_OUT, *secrets)
    assert ended.status == code, ended.out
    assert f"{code.reason} (exit code {int(code)})" in ended.out
    assert not (desk.folder / "out.pdf").exists()


@pytest.mark.parametrize(
    ("operation", "arguments", "said"),
    [
        pytest.param(SANITIZE, ("--input", "none.pdf", "--output", "o"), "none.pdf: does not exist",
                     id="no-input"),
        pytest.param(SANITIZE, ("--input", "/dev/null", "--output", "o"), "not a regular file",
                     id="input-device"),
        pytest.param(SANITIZE, ("--input", "in.pdf"), "add --output FILE", id="no-output"),
        pytest.param(INSPECT, IN_OUT, "leave out --output", id="needless-output"),
        pytest.param(SANITIZE, ("--input", "in.pdf", "--output", "in.pdf"), "the same file",
                     id="same-place"),
        pytest.param(SANITIZE, (*IN_OUT, "--report", "out.pdf"), "the same file",
                     id="report-same-place"),
        pytest.param(SANITIZE, ("--input", "in.pdf", "--output", "no/o.pdf"), "make the folder no",
                     id="no-folder"),
        pytest.param(ENCRYPT, (*IN_OUT, *SECRETS[:2]), "add --secret pw/owner=FILE",
                     id="no-secret"),
        pytest.param(ENCRYPT, (*IN_OUT, *SECRETS, "--secret", "pw/x=owner.txt"),
                     "asks for pw/owner, pw/user", id="unknown-secret"),
        pytest.param(ENCRYPT, (*IN_OUT, *SECRETS, *SECRETS), "given twice", id="secret-twice"),
        pytest.param(ENCRYPT, (*IN_OUT, "--secret", OWNER), "--secret NAME/KEY=FILE",
                     id="password-as-secret"),
        pytest.param(ENCRYPT, (*IN_OUT, *SECRETS[:2], "--secret", "pw/owner=none"),
                     "--secret pw/owner: the file cannot be read", id="no-secret-file"),
        pytest.param(ENCRYPT, (*IN_OUT, "--secret", "pw/owner=-", "--secret", "pw/user=-"),
                     "for one --secret only", id="stdin-twice"),
        pytest.param(SANITIZE, (*IN_OUT, "--class", "job.yaml"), "has no PdfSecurityClass",
                     id="no-class"),
        pytest.param(SANITIZE, (*IN_OUT, "--name", "other"), "has only contract", id="other-name"),
        pytest.param(SANITIZE, (*IN_OUT, "--scratch", "none"), "none", id="no-scratch"),
    ],
)  # fmt: skip
def test_says_what_to_write(
    desk: Desk, operation: dict[str, Any], arguments: Sequence[str], said: str
) -> None:
    """A user would have to guess, and could lose a document by it."""
    desk.job(operation)
    before = desk.read("in.pdf")
    ended = desk.run(*arguments)
    assert ended.status == 2, ended.out
    assert said in ended.err
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert desk.read("in.pdf") == before


def test_tells_programs_of_wrong_usage(desk: Desk) -> None:
    """A program would find an empty answer."""
    desk.job(ENCRYPT)
    ended = desk.run(*IN_OUT, "--json")
    assert (ended.status, ended.document["exitCode"]) == (2, 2)
    assert "--secret pw/owner=FILE" in ended.document["message"]


def test_refuses_what_the_cluster_would(desk: Desk) -> None:
    """A manifest would work here and be refused there."""
    desk.job({"sanitise": {}})
    ended = desk.run(*IN_OUT)
    assert ended.status == 3
    assert ended.out.startswith("job.yaml:")
    assert "spec.operations[0].sanitise: unknown field" in ended.out
    answer = desk.run(*IN_OUT, "--json").document
    assert (answer["exitCode"], answer["reason"]) == (3, "ManifestRefused")
    assert answer["findings"][0]["line"] > 1


def test_holds_to_the_class(desk: Desk) -> None:
    """A document would be taken here that the class refuses there."""
    desk.job(SANITIZE)
    manifest = {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityClass",
        "metadata": {"name": "small"},
        "spec": {"image": "r/p@sha256:" + "0" * 64, "bounds": {"inputSize": 100, "cpu": "500m"}},
    }
    (desk.folder / "class.yaml").write_text(yaml.safe_dump(manifest))
    ended = desk.run(*IN_OUT, "--class", "class.yaml")
    assert ended.status == 3
    assert "spec.resources.limits.cpu: is 1, above" in ended.out
    manifest["spec"] = {"image": "r/p@sha256:" + "0" * 64, "bounds": {"inputSize": 100}}
    # The only class beside the job is its class.
    both = f"{desk.read('job.yaml').decode()}---\n{yaml.safe_dump(manifest)}"
    (desk.folder / "job.yaml").write_text(both)
    assert desk.run(*IN_OUT).status == ExitCode.INPUT_TOO_LARGE


def _class(name: str, default: bool = False, **spec: Any) -> dict[str, Any]:
    annotations = {"pdfsecurity.dev/is-default-class": "true"} if default else {}
    return {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityClass",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"image": "r/p@sha256:" + "0" * 64, **spec},
    }


_STRICT: dict[str, Any] = {"bounds": {"inputSize": 100}}


@pytest.mark.parametrize(
    ("classes", "named", "status"),
    [
        pytest.param([_class("lax"), _class("strict", **_STRICT)], "strict",
                     ExitCode.INPUT_TOO_LARGE, id="named"),
        pytest.param([_class("lax", default=True), _class("strict", **_STRICT)], "strict",
                     ExitCode.INPUT_TOO_LARGE, id="named-before-default"),
        pytest.param([_class("lax"), _class("strict", default=True, **_STRICT)], None,
                     ExitCode.INPUT_TOO_LARGE, id="default"),
        pytest.param([_class("strict", **_STRICT)], None, ExitCode.INPUT_TOO_LARGE, id="only"),
        pytest.param([_class("lax"), _class("strict", **_STRICT)], None, 2, id="none-of-several"),
        pytest.param([_class("lax", default=True), _class("strict", default=True)], None, 2,
                     id="two-defaults"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("beside", [True, False], ids=["beside", "own-file"])
def test_chooses_the_class(
    desk: Desk, classes: list[dict[str, Any]], named: str | None, status: int, beside: bool
) -> None:
    """A document would be taken here that the job's own class refuses there."""
    desk.job(SANITIZE, **({"className": named} if named else {}))
    text = yaml.safe_dump_all(classes)
    if beside:
        text = f"{desk.read('job.yaml').decode()}---\n{text}"
    (desk.folder / ("job.yaml" if beside else "class.yaml")).write_text(text)
    ended = desk.run(*IN_OUT, *(() if beside else ("--class", "class.yaml")))
    assert ended.status == status, ended.out + ended.err
    assert status != 2 or "several classes (lax, strict)" in ended.err


@pytest.mark.parametrize("field", ["input", "output", "report"])
def test_holds_to_the_endpoints_of_the_class(desk: Desk, field: str) -> None:
    """A manifest would work here and be refused there for its store."""
    place: dict[str, Any] = {"bucket": "bbb", "key": "k.pdf", "credentialsSecretRef": {"name": "s"}}
    listed, other = (
        dict[str, Any]({field: {"s3": {"endpoint": f"https://s3.{name}", **place}}})
        for name in ("listed", "other")
    )
    endpoints = [{"url": "https://s3.listed", "cidrs": ["10.0.0.0/8"]}]
    (desk.folder / "class.yaml").write_text(
        yaml.safe_dump(_class("standard", storageEndpoints=endpoints))
    )
    desk.job(SANITIZE, **listed)
    ended = desk.run(*IN_OUT, "--class", "class.yaml")
    assert ended.status == 0, ended.out + ended.err
    desk.job(SANITIZE, **other)
    ended = desk.run(*IN_OUT, "--class", "class.yaml")
    assert ended.status == 3, ended.err
    assert f"spec.{field}.s3.endpoint: https://s3.other is not among" in ended.out


def test_holds_to_the_sources_of_the_class(desk: Desk) -> None:
    """A manifest would work here and be refused there for its URL; or be fetched from here."""
    sources = [{"url": "https://documents.listed", "cidrs": ["10.0.0.0/8"]}]
    (desk.folder / "class.yaml").write_text(yaml.safe_dump(_class("standard", httpSources=sources)))
    desk.job(SANITIZE, input={"http": {"url": "https://documents.listed/in.pdf"}})
    ended = desk.run(*IN_OUT, "--class", "class.yaml")
    assert ended.status == 0, ended.out + ended.err
    desk.job(SANITIZE, input={"http": {"url": "https://documents.listed.evil/in.pdf"}})
    ended = desk.run(*IN_OUT, "--class", "class.yaml")
    assert ended.status == 3, ended.err
    assert "spec.input.http.url: https://documents.listed.evil is not among" in ended.out


def test_reads_lists(desk: Desk) -> None:
    """What `kubectl get -o yaml` prints could not be checked or run, or pass unseen."""
    desk.job(SANITIZE)
    job = yaml.safe_load(desk.read("job.yaml"))
    items = [{"apiVersion": "v1", "kind": "ConfigMap"}, job]
    whole = {"apiVersion": "v1", "kind": "List", "items": items}
    (desk.folder / "job.yaml").write_text(yaml.safe_dump(whole))
    assert desk.run(*IN_OUT).status == 0
    assert desk.pdfsec("lint", "job.yaml").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", b"\xff.yaml"),
        ("lint", "folder"),
        ("run", "-f", "job.yaml", "-i", b"\xff.pdf", "-o", "out.pdf"),
        ("run", "-f", "job.yaml", "-i", "in.pdf", "-o", b"\xff.out"),
        ("run", "-f", "job.yaml", *IN_OUT, "--report", b"\xff.json"),
        ("run", "-f", b"\xff.yaml", *IN_OUT),
    ],
    ids=["lint", "lint-folder", "input", "output", "report", "manifest"],
)
def test_names_that_are_no_text(desk: Desk, arguments: Sequence[str | bytes]) -> None:
    """A file's name that is not UTF-8 would end in a traceback."""
    desk.job(SANITIZE)
    folder = os.fsencode(desk.folder)
    (desk.folder / "folder").mkdir()
    for copy in (b"\xff.yaml", b"folder/\xff.yaml"):
        Path(os.fsdecode(folder + b"/" + copy)).write_bytes(desk.read("job.yaml"))
    Path(os.fsdecode(folder + b"/\xff.pdf")).write_bytes(desk.read("in.pdf"))
    ended = desk.pdfsec(*(os.fsdecode(argument) for argument in arguments))
    assert ended.status == 2, ended.err
    assert "not UTF-8: rename it" in ended.err
    assert "Traceback" not in ended.err


def test_chooses_by_name(desk: Desk) -> None:
    """The wrong job of a file would be run."""
    desk.job(SANITIZE)
    other = desk.read("job.yaml").decode().replace("name: contract", "name: other")
    with (desk.folder / "job.yaml").open("a") as file:
        file.write(f"---\n{other}---\napiVersion: v1\nkind: Secret\n")
    ended = desk.run(*IN_OUT)
    assert ended.status == 2
    assert "--name: contract, other" in ended.err
    assert desk.run(*IN_OUT, "--name", "other").status == 0


def test_reads_the_manifest_from_standard_input(desk: Desk) -> None:
    """A template's output could not be piped in."""
    desk.job(SANITIZE)
    manifest = desk.read("job.yaml").decode()
    assert desk.pdfsec("run", "-f", "-", *IN_OUT, stdin=manifest).status == 0
    assert desk.pdfsec("lint", "-", stdin=manifest).status == 0
    desk.job(ENCRYPT)
    arguments = ("run", "-f", "-", *IN_OUT, *SECRETS[:2], "--secret", "pw/owner=-")
    ended = desk.pdfsec(*arguments, stdin=desk.read("job.yaml").decode())
    assert ended.status == 2
    assert "once only" in ended.err


def test_shows_the_log_when_asked(desk: Desk) -> None:
    """Nobody could see why a run takes long."""
    desk.job(ENCRYPT)
    ended = desk.run(*IN_OUT, *SECRETS, "--verbose")
    events = [json.loads(line)["event"] for line in ended.err.splitlines()]
    assert "download.started" in events
    assert "document.succeeded" in events


def test_lint_answers_people_and_programs(desk: Desk) -> None:
    """A pipeline could not read what is wrong."""
    desk.job(SANITIZE, backoffLimit=-1)
    ended = desk.pdfsec("lint", "job.yaml")
    assert ended.status == 3
    assert "spec.backoffLimit: should be greater than or equal to 0" in ended.out
    found = json.loads(desk.pdfsec("lint", "--json", "job.yaml").out)
    assert [(one["file"], one["field"]) for one in found] == [("job.yaml", "spec.backoffLimit")]
    desk.job(SANITIZE)
    assert json.loads(desk.pdfsec("lint", "--json", "job.yaml").out) == []


def test_lists_every_code(desk: Desk) -> None:
    """A code would be returned that nobody can look up, or two meanings share one."""
    found = json.loads(desk.pdfsec("codes", "--json").out)
    numbers = [one["code"] for one in found]
    assert len(set(numbers)) == len(numbers) == len(all_codes())
    assert {int(code) for code in ExitCode} | {2, 3, 4, 130, 143} == set(numbers)
    assert "27\tWrongPassword\tpermanent" in desk.pdfsec("codes").out


def test_says_its_version(desk: Desk) -> None:
    """A report of a bug could not say of what."""
    assert "pdf-security-operator " in desk.pdfsec("version").out


@pytest.mark.parametrize(
    ("number", "status"),
    [pytest.param(signal.SIGINT, 130, id="ctrl-c"), pytest.param(signal.SIGTERM, 143, id="term")],
)
def test_leaves_nothing_when_stopped(desk: Desk, number: signal.Signals, status: int) -> None:
    """Passwords would stay in memory's folder, and the processor go on without its parent."""
    (desk.folder / "in.pdf").write_bytes(documents.many_objects(60_000))
    desk.job(SANITIZE, ENCRYPT)
    before = private_folders()
    process = desk.start("run", "-f", "job.yaml", *IN_OUT, *SECRETS)
    below = _wait_for_worker(process.pid)
    for pid in below:
        for file in ("cmdline", "environ"):
            seen = Path(f"/proc/{pid}/{file}").read_bytes()
            assert OWNER.encode() not in seen
            assert USER.encode() not in seen
    for path in Path("/dev/shm").glob("pdfsec-*"):
        if path.name not in before:
            assert path.stat().st_mode & 0o777 == 0o700
            assert all(one.stat().st_mode & 0o777 == 0o400 for one in path.glob("secrets/*/*"))
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == status
    # Who was only just started is ended by the kernel, a moment after its parent.
    wait_for(lambda: not any(is_running(pid) for pid in below), "the processes are gone", 5)
    assert private_folders() <= before
    assert list(desk.temporary.iterdir()) == []
    assert not (desk.folder / "out.pdf").exists()


def _wait_for_worker(pid: int) -> list[int]:
    """Wait until command line, broker and worker run; give their process ids."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = list(descendants(pid))
        if len(found) >= 3:
            return found
        time.sleep(0.01)
    raise AssertionError("the worker did not start")


def test_works_where_its_scratch_is_named(desk: Desk) -> None:
    """A document too large for memory could not be worked on."""
    desk.job(SANITIZE)
    (desk.folder / "scratch").mkdir()
    assert desk.run(*IN_OUT, "--scratch", "scratch").status == 0
    assert list((desk.folder / "scratch").iterdir()) == []


def test_shows_no_escape_sequences(desk: Desk) -> None:
    """A file's name could give orders to the terminal."""
    name = "\x1b[2J.pdf"
    (desk.folder / name).write_bytes(b"")
    desk.job(SANITIZE)
    ended = desk.run("--input", name, "--output", "out.pdf")
    assert ended.status == ExitCode.INPUT_EMPTY
    assert "\x1b" not in ended.out + ended.err
