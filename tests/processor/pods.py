"""A pod's folders in a temporary place, and the processor run in them. Checks what always holds."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pdf_security_processor import broker
from pdf_security_processor.contract import (
    DocumentReport,
    FileLocation,
    Limits,
    OnSignature,
    Operation,
    Owner,
    Request,
    Sink,
    Source,
    Summary,
    Verify,
)
from pdf_security_processor.fresh_worker import COMMAND, starter_of

OWNER_PASSWORD = "owner-Geheim-7391"
USER_PASSWORD = "user-Geheim-4826"
ENCRYPT: dict[str, Any] = {
    "encrypt": {
        "userPasswordSecretRef": {"name": "pw", "key": "user"},
        "ownerPasswordSecretRef": {"name": "pw", "key": "owner"},
    }
}
WHATEVER_OPENS: list[dict[str, Any]] = [{"decrypt": {}}, {"repair": {}}, {"sanitize": {}}]
"""Sanitizes, by the strict mode, whatever opens without a password, damaged or not."""

DECRYPT: dict[str, Any] = {"decrypt": {"passwordSecretRef": {"name": "pw", "key": "input"}}}


@dataclass(frozen=True)
class Result:
    """What one run left."""

    status: int
    log: str
    summary: Summary | None
    report: DocumentReport | None
    output: bytes | None

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]


@dataclass
class Pod:
    """Folders as a pod mounts them."""

    root: Path
    secret_values: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        for folder in ("input", "output", "report", "scratch", "secrets"):
            (self.root / folder).mkdir(exist_ok=True)
        self.secret("pw", "owner", OWNER_PASSWORD)
        self.secret("pw", "user", USER_PASSWORD)

    @property
    def input(self) -> Path:
        return self.root / "input" / "in.pdf"

    @property
    def output(self) -> Path:
        return self.root / "output" / "out.pdf"

    @property
    def paths(self) -> broker.Paths:
        return broker.Paths(
            secrets=self.root / "secrets",
            scratch=self.root / "scratch",
            termination_message=self.root / "termination",
        )

    def secret(self, name: str, key: str, value: str | bytes) -> None:
        data = value.encode() if isinstance(value, str) else value
        (self.root / "secrets" / name).mkdir(exist_ok=True)
        (self.root / "secrets" / name / key).write_bytes(data)
        self.secret_values.append(data.strip())

    def request(
        self,
        *operations: dict[str, Any],
        limits: dict[str, int] | None = None,
        output: Sink | None = None,
        source: Source | None = None,
        report: Sink | None = None,
        save: bool = True,
        overwrite: bool = False,
        on_signature: OnSignature | None = None,
        verify: dict[str, Any] | None = None,
    ) -> Request:
        root = self.root
        file = Sink(
            file=FileLocation(root=str(root / "output"), path="out.pdf"), overwrite=overwrite
        )
        reports = FileLocation(root=str(root / "report"), path="report.json")
        return Request(
            owner=Owner(namespace="team", name="job", uid="1b4e28ba-2fa1-11d2-883f"),
            input=source or Source(file=FileLocation(root=str(root / "input"), path="in.pdf")),
            output=(output or file) if save else None,
            report=report or Sink(file=reports, overwrite=True),
            operations=[Operation.model_validate(operation) for operation in operations],
            limits=Limits.model_validate(limits or {}),
            on_signature=on_signature,
            verify=Verify.model_validate(verify) if verify is not None else None,
        )

    def environment(self, request: Request | str) -> dict[str, str]:
        """Give the environment that the entry point reads."""
        text = request if isinstance(request, str) else request.to_environment_value()
        return {
            "PDF_SECURITY_REQUEST": text,
            "PDF_SECURITY_SECRETS_PATH": str(self.paths.secrets),
            "PDF_SECURITY_SCRATCH_PATH": str(self.paths.scratch),
            "PDF_SECURITY_TERMINATION_MESSAGE_PATH": str(self.paths.termination_message),
        }

    def start(self, request: Request | str, **extra: str) -> subprocess.Popen[str]:
        """Start the entry point as the image does."""
        return subprocess.Popen(
            [sys.executable, "-I", "-m", "pdf_security_processor"],
            env={**self.environment(request), **extra},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    def run(self, request: Request | str, **extra: str) -> Result:
        """Run the entry point to its end, and check what must hold after every run."""
        before = self._digest_of_input()
        process = self.start(request, **extra)
        _, log = process.communicate(timeout=120)
        return self._result(process.returncode, log, before)

    def run_here(
        self, request: Request, capture: Any, worker_command: Sequence[str] = COMMAND
    ) -> Result:
        """Run the broker in this process, with another worker."""
        before = self._digest_of_input()
        status = broker.run(request, self.paths, start_worker=starter_of(worker_command))
        return self._result(status, capture.readouterr().err, before)

    def leftovers(self) -> list[str]:
        """List what no run may leave: anything in scratch, anything half-written in the sinks."""
        scratch = [str(path) for path in (self.root / "scratch").rglob("*")]
        partial = [
            str(path)
            for folder in ("output", "report")
            for path in (self.root / folder).rglob("*.partial")
        ]
        return scratch + partial

    def _result(self, status: int, log: str, before: str) -> Result:
        assert self.leftovers() == []
        assert self._digest_of_input() == before, "the input was changed"
        termination = self.root / "termination"
        report = self.root / "report" / "report.json"
        for text in self._said(log, termination, report):
            for secret in self.secret_values:
                assert secret not in text, "a secret was said"
        return Result(
            status=status,
            log=log,
            summary=_parsed(Summary, termination),
            report=_parsed(DocumentReport, report),
            output=self.output.read_bytes() if self.output.is_file() else None,
        )

    def _said(self, log: str, *files: Path) -> Iterator[bytes]:
        yield log.encode()
        for file in files:
            if file.is_file():
                yield file.read_bytes()

    def _digest_of_input(self) -> str:
        if not self.input.is_file():
            return ""
        return hashlib.sha256(self.input.read_bytes()).hexdigest()


def _parsed(model: Any, file: Path) -> Any:
    return model.model_validate_json(file.read_bytes()) if file.is_file() else None


def descendants(pid: int) -> Iterator[int]:
    """Give a process and all processes below it, as far as they still are."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from descendants(int(child))


def is_running(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def wait_until_gone(pid: int) -> None:
    """Wait until a process ended; raise AssertionError where it outlives what it belongs to."""
    for _ in range(400):
        if not is_running(pid):
            return
        time.sleep(0.025)
    raise AssertionError("a process outlived the one that it belongs to")


__all__ = [
    "DECRYPT",
    "ENCRYPT",
    "OWNER_PASSWORD",
    "USER_PASSWORD",
    "WHATEVER_OPENS",
    "Pod",
    "Result",
    "descendants",
    "is_running",
    "wait_until_gone",
]
