"""Inputs and requests that must fail, each with its own exit code and nothing left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pdf_security_processor.contract import ExitCode, FileLocation, Sink, Source
from processor import documents
from processor.pods import DECRYPT, ENCRYPT, Pod

SANITIZE: dict[str, Any] = {"sanitize": {}}
KEEP_ALL: dict[str, Any] = {"repair": {}}
"""The output is as large as the input."""


@pytest.mark.parametrize(
    ("make", "operations", "expected", "said"),
    [
        pytest.param(
            lambda: b"<html>no</html>", [SANITIZE], ExitCode.NOT_A_PDF, "not a PDF", id="not-a-pdf"
        ),
        pytest.param(lambda: b"", [SANITIZE], ExitCode.INPUT_EMPTY, "empty", id="empty"),
        pytest.param(
            lambda: b"%PDF-1.7\n", [SANITIZE], ExitCode.INPUT_DAMAGED, "repair", id="only-a-header"
        ),
        pytest.param(
            lambda: b"%PDF-1.7\n",
            [{"repair": {}}],
            ExitCode.INPUT_DAMAGED,
            "beyond repair",
            id="beyond-repair",
        ),
        *[
            pytest.param(make, [SANITIZE], ExitCode.INPUT_DAMAGED, "repair", id=f"damaged-{name}")
            for name, make in documents.NOT_ACCEPTED.items()
        ],
        pytest.param(
            lambda: documents.encrypted("other"),
            [DECRYPT],
            ExitCode.WRONG_PASSWORD,
            "does not open",
            id="wrong-password",
        ),
        pytest.param(
            lambda: documents.encrypted("other"),
            [SANITIZE],
            ExitCode.PASSWORD_REQUIRED,
            "decrypt",
            id="encrypted-without-decrypt",
        ),
        pytest.param(
            lambda: documents.encrypted("other"),
            [{"decrypt": {}}],
            ExitCode.PASSWORD_REQUIRED,
            "passwordSecretRef",
            id="encrypted-without-password",
        ),
        pytest.param(
            documents.encrypted,
            [SANITIZE],
            ExitCode.PASSWORD_REQUIRED,
            "protection",
            id="empty-password-without-decrypt",
        ),
        pytest.param(
            documents.encrypted,
            [{"inspect": {}}],
            ExitCode.PASSWORD_REQUIRED,
            "protection",
            id="inspect-with-output-drops-no-protection",
        ),
        pytest.param(
            documents.with_public_key_encryption,
            [DECRYPT],
            ExitCode.UNSUPPORTED_ENCRYPTION,
            "cannot be read",
            id="public-key",
        ),
        pytest.param(
            lambda: documents.deeply_nested(400),
            [SANITIZE],
            ExitCode.INPUT_DAMAGED,
            "",
            id="nested",
        ),
    ],
)
def test_document_is_refused(
    pod: Pod,
    make: Callable[[], bytes],
    operations: list[dict[str, Any]],
    expected: ExitCode,
    said: str,
) -> None:
    """A bad document would be put out as if it were good, or fail without saying why."""
    pod.secret("pw", "input", "Eingabe-5512")
    pod.input.write_bytes(make())
    result = pod.run(pod.request(*operations))
    assert ExitCode(result.status) == expected, result.log
    assert result.output is None
    assert result.summary
    assert result.summary.exit_code == expected
    assert result.summary.reason == expected.reason
    assert said in result.summary.message
    assert result.report
    assert result.report.reason == expected.reason
    assert result.events[-1]["event"] == "document.failed"


def test_too_large(pod: Pod) -> None:
    """A job could fill the scratch volume, whatever its class allows."""
    pod.input.write_bytes(documents.plain(50))
    result = pod.run(pod.request(SANITIZE, limits={"inputBytes": 1000}))
    assert result.status == ExitCode.INPUT_TOO_LARGE
    assert result.output is None


def test_output_too_large(pod: Pod) -> None:
    """A worker could write without bound."""
    pod.input.write_bytes(documents.plain(50))
    result = pod.run(pod.request(SANITIZE, limits={"outputBytes": 1000}))
    assert result.status == ExitCode.LIMIT_EXCEEDED
    assert result.output is None


def test_memory_limit(pod: Pod) -> None:
    """A small file could take all of the pod's memory."""
    zeros = b"[" + b"0 " * 6_000_000 + b"]"
    whole = documents.plain().replace(b"/Type /Catalog", b"/Type /Catalog /Big " + zeros)
    pod.input.write_bytes(documents.rebuilt(whole))
    result = pod.run(pod.request(SANITIZE, limits={"workerMemoryBytes": 128 * 1024**2}))
    assert ExitCode(result.status) == ExitCode.OUT_OF_MEMORY, result.log
    assert result.summary
    assert result.summary.peak_memory_bytes < 256 * 1024**2


def test_missing_input(pod: Pod) -> None:
    """A wrong path would look like a fault of the operator."""
    result = pod.run(pod.request(SANITIZE))
    assert result.status == ExitCode.INPUT_NOT_FOUND
    assert result.summary
    assert "in.pdf" in result.summary.message


def test_missing_claim(pod: Pod) -> None:
    """A claim that is not mounted would look like a missing file."""
    source = Source(file=FileLocation(root=str(pod.root / "nowhere"), path="a.pdf"))
    result = pod.run(pod.request(SANITIZE, source=source))
    assert result.status == ExitCode.INPUT_NOT_FOUND
    assert result.summary
    assert "claim" in result.summary.message


def test_missing_output_claim(pod: Pod) -> None:
    """A job would work for nothing before it fails."""
    pod.input.write_bytes(documents.plain())
    sink = Sink(file=FileLocation(root=str(pod.root / "nowhere"), path="a.pdf"))
    result = pod.run(pod.request(SANITIZE, output=sink))
    assert result.status == ExitCode.OUTPUT_NOT_FOUND
    assert not any(event["event"] == "download.started" for event in result.events)


def test_existing_output(pod: Pod) -> None:
    """A job would overwrite what it may not, or work for nothing before it fails."""
    pod.input.write_bytes(documents.plain())
    pod.output.write_bytes(b"precious")
    result = pod.run(pod.request(SANITIZE))
    assert result.status == ExitCode.OUTPUT_EXISTS
    assert result.output == b"precious"
    assert not any(event["event"] == "download.started" for event in result.events)
    assert pod.run(pod.request(SANITIZE, overwrite=True)).status == ExitCode.SUCCEEDED
    assert pod.output.read_bytes().startswith(b"%PDF-")


def test_retry_of_a_finished_attempt(pod: Pod) -> None:
    """A pod that was killed after it had put all would be retried, and the job fail for good."""
    pod.input.write_bytes(documents.plain())
    location = FileLocation(root=str(pod.root / "report"), path="report.json")
    request = pod.request(SANITIZE, ENCRYPT, report=Sink(file=location))
    outputs = [pod.run(request) for _ in range(2)]
    assert [result.status for result in outputs] == [ExitCode.SUCCEEDED] * 2, outputs[1].log
    assert outputs[0].output != outputs[1].output
    other = request.model_copy(
        update={"owner": request.owner.model_copy(update={"uid": "another"})}
    )
    assert pod.run(other).status == ExitCode.OUTPUT_EXISTS


@pytest.mark.parametrize(
    "path",
    [
        "../secret.pdf",
        "/etc/passwd",
        "a/../../secret.pdf",
        "link.pdf",
        "folder/in.pdf",
        "a//b",
        ".",
    ],
    ids=["up", "absolute", "down-and-up", "link", "linked-folder", "empty-name", "dot"],
)
@pytest.mark.parametrize("side", ["input", "output"])
def test_path_escapes(pod: Pod, path: str, side: str) -> None:
    """A job could read or write outside its claim."""
    (pod.root / "secret.pdf").write_bytes(documents.plain())
    (pod.root / "elsewhere").mkdir()
    (pod.root / "elsewhere" / "in.pdf").write_bytes(documents.plain())
    pod.input.write_bytes(documents.plain())
    (pod.root / side / "link.pdf").symlink_to(pod.root / "secret.pdf")
    (pod.root / side / "folder").symlink_to(pod.root / "elsewhere")
    before = (pod.root / "secret.pdf").read_bytes()
    location = FileLocation(root=str(pod.root / side), path=path)
    if side == "input":
        request = pod.request(SANITIZE, source=Source(file=location))
    else:
        request = pod.request(SANITIZE, output=Sink(file=location, overwrite=True))
    result = pod.run(request)
    assert ExitCode(result.status) == ExitCode.PATH_REFUSED, result.log
    assert (pod.root / "secret.pdf").read_bytes() == before


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_input_that_is_no_file(pod: Pod, kind: str) -> None:
    """A named pipe would hold the pod for ever."""
    if kind == "folder":
        pod.input.mkdir()
    else:
        os.mkfifo(pod.input)
    assert pod.run(pod.request(SANITIZE)).status == ExitCode.PATH_REFUSED


@pytest.mark.parametrize(
    ("size", "filler"),
    [
        pytest.param("16k", 30_000, id="input"),
        pytest.param("1020k", 3_000_000, id="input-of-several-pieces"),
        pytest.param("40k", 30_000, id="output"),
    ],
)
def test_full_scratch(pod: Pod, size: str, filler: int) -> None:
    """A full tmpfs would look like a fault of the document."""
    pod.input.write_bytes(documents.incompressible(filler))
    with _small_volume(pod.root / "scratch", size):
        result = pod.run(pod.request(KEEP_ALL))
    assert ExitCode(result.status) == ExitCode.SCRATCH_FULL, result.log
    assert result.output is None


def test_full_sink(pod: Pod) -> None:
    """A full claim would be left with half a document."""
    pod.input.write_bytes(documents.many_objects(5000))
    with _small_volume(pod.root / "output", "4k"):
        result = pod.run(pod.request(KEEP_ALL))
        assert list((pod.root / "output").iterdir()) == []
    assert ExitCode(result.status) == ExitCode.OUTPUT_FULL, result.log


def test_read_only_sink(pod: Pod) -> None:
    """A read-only claim would look like a broken volume, and be retried."""
    pod.input.write_bytes(documents.plain())
    with _small_volume(pod.root / "output", "1m", "ro"):
        result = pod.run(pod.request(SANITIZE))
    assert ExitCode(result.status) == ExitCode.ACCESS_DENIED, result.log


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "{}",
        '{"version": 2}',
        '{"operations": [{"explode": {}}]}',
    ],
    ids=["none", "no-json", "empty", "version", "unknown-operation"],
)
def test_malformed_request(pod: Pod, text: str) -> None:
    """A request of another version would be half understood."""
    result = pod.run(text)
    assert result.status == ExitCode.INVALID_REQUEST
    assert result.summary
    assert result.summary.reason == "InvalidRequest"


def test_unknown_operation_in_whole_request(pod: Pod) -> None:
    """An operation that this image does not have would be skipped silently."""
    whole = pod.request(SANITIZE).to_environment_value().replace("sanitize", "explode")
    result = pod.run(whole)
    assert result.status == ExitCode.INVALID_REQUEST
    assert result.summary
    assert "explode" in result.summary.message


@pytest.mark.parametrize(
    ("operations", "save"),
    [
        pytest.param([SANITIZE, SANITIZE], True, id="twice"),
        pytest.param([SANITIZE], False, id="nowhere-to-save"),
        pytest.param([{}], True, id="no-operation"),
        pytest.param([{"sanitize": {}, "inspect": {}}], True, id="two-in-one"),
    ],
)
def test_contradicting_request(pod: Pod, operations: list[dict[str, Any]], save: bool) -> None:
    """A job would succeed without doing what it says."""
    pod.input.write_bytes(documents.plain())
    result = pod.run(pod.request(*operations, save=save))
    assert ExitCode(result.status) == ExitCode.INVALID_REQUEST, result.log


@pytest.mark.parametrize(
    ("owner", "user", "algorithm", "said"),
    [
        pytest.param("same", "same", "AES-256", "the same", id="same"),
        pytest.param("", "u", "AES-256", "owner password is empty", id="empty-owner"),
        pytest.param("o" * 128, "u", "AES-256", "128 bytes", id="too-long"),
        pytest.param(b"\xff\xfe", "u", "AES-256", "UTF-8", id="not-utf-8"),
        pytest.param("a\x07b", "u", "AES-256", "characters", id="control-character"),
        pytest.param("パス", "u", "AES-128", "characters", id="not-in-pdfdoc"),
        pytest.param("o" * 33, "u", "AES-128", "33 bytes", id="silently-cut"),
    ],
)
def test_unusable_passwords(
    pod: Pod, owner: str | bytes, user: str, algorithm: str, said: str
) -> None:
    """A document would be protected less than its passwords promise."""
    pod.secret("pw", "owner", owner)
    pod.secret("pw", "user", user)
    pod.secret_values.clear()
    pod.input.write_bytes(documents.plain())
    operation = {"encrypt": {**ENCRYPT["encrypt"], "algorithm": algorithm}}
    result = pod.run(pod.request(operation))
    assert ExitCode(result.status) == ExitCode.PASSWORD_UNUSABLE, result.log
    assert result.summary
    assert said in result.summary.message


@pytest.mark.parametrize("key", ["absent", "..data"])
def test_missing_key(pod: Pod, key: str) -> None:
    """A Secret without the key would be taken for an empty password."""
    pod.input.write_bytes(documents.encrypted())
    operation = {"decrypt": {"passwordSecretRef": {"name": "pw", "key": key}}}
    result = pod.run(pod.request(operation))
    assert result.status == ExitCode.CREDENTIALS_INCOMPLETE
    assert result.summary
    assert key in result.summary.message


def test_report_failure_is_told(pod: Pod) -> None:
    """A job would succeed without the report that it promises."""
    pod.input.write_bytes(documents.plain())
    sink = Sink(file=FileLocation(root=str(pod.root / "nowhere"), path="r.json"), overwrite=True)
    result = pod.run(pod.request(SANITIZE, report=sink))
    assert result.status == ExitCode.OUTPUT_NOT_FOUND
    assert result.summary
    assert result.summary.report_location is None


def test_report_failure_does_not_mask(pod: Pod) -> None:
    """The first error would be lost behind the second."""
    pod.input.write_bytes(b"no")
    sink = Sink(file=FileLocation(root=str(pod.root / "nowhere"), path="r.json"), overwrite=True)
    result = pod.run(pod.request(SANITIZE, report=sink))
    assert result.status == ExitCode.NOT_A_PDF


def test_termination_message_is_not_needed(pod: Pod) -> None:
    """A finished document would be called failed because a message could not be written."""
    pod.input.write_bytes(documents.plain())
    (pod.root / "termination").mkdir()
    process = pod.start(pod.request(SANITIZE))
    _, log = process.communicate(timeout=60)
    assert process.returncode == ExitCode.SUCCEEDED
    assert "termination_message.failed" in log


@contextmanager
def _small_volume(folder: Path, size: str, *options: str) -> Iterator[None]:
    what = ",".join([f"size={size}", *options])
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", what, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.fail("mounting a tmpfs needs root: run the tests as root, as the cluster's need too")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
