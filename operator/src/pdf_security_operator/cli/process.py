"""Runs the processor as its own process in a private folder, as the pod would. Prints nothing."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from pydantic import ValidationError

from pdf_security_operator.cli.errors import UsageError
from pdf_security_processor.contract import TERMINATED, DocumentReport, Request, Summary
from pdf_security_processor.contract.report import TERMINATION_MESSAGE_BYTES
from pdf_security_processor.contract.request import REQUEST_VARIABLE

COMMAND = (sys.executable, "-I", "-m", "pdf_security_processor")

NEEDED = ("pikepdf", "structlog", "botocore")
"""What the processor imports besides the contract; looked for, never imported here."""

_MEMORY = Path("/dev/shm")  # noqa: S108  (a private folder is made in it)
_ROOM_BYTES = 64 * 1024**2

_GRACE_SECONDS = 10
"""As long as the pod gets to remove its scratch folder."""

_LOG_LINES = 20
"""Last lines of the log that are kept, for a processor that ends without a summary."""

Event = dict[str, Any]

_Model = TypeVar("_Model", Summary, DocumentReport)


@dataclass(frozen=True)
class Workspace:
    """Private folders and files of one run."""

    secrets: Path
    scratch: Path
    report: Path
    termination_message: Path


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    exit_code: int
    summary: Summary | None
    report: DocumentReport | None
    last_lines: tuple[str, ...]


def check_installed() -> None:
    """Make sure that the processor can be started.

    Raises:
        UsageError: it is not installed whole.
    """
    missing = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise UsageError(
            f"the processor is not installed ({', '.join(missing)} missing): "
            'pip install "pdf-security-operator[cli]"'
        )


@contextmanager
def private_workspace(input_file: Path, scratch: Path | None) -> Iterator[Workspace]:
    """Make private folders, in memory where there is room, and remove them however it ends.

    Raises:
        UsageError: `scratch` is no folder, or nothing can be made in it.
    """
    made: list[Path] = []

    def folder(parent: Path) -> Path:
        # Absolute: the processor's working folder is another.
        made.append(Path(tempfile.mkdtemp(prefix="pdfsec-", dir=parent.resolve())))
        return made[-1]

    with _terminated_raised():
        try:
            try:
                private = folder(_private_parent())
                roomy = folder(scratch or _scratch_parent(input_file.stat().st_size))
                for name in ("secrets", "report"):
                    (private / name).mkdir(mode=0o700)
            except OSError as error:
                place = error.filename or scratch
                raise UsageError(f"no folder can be made: {place}: {error.strerror}") from error
            yield Workspace(
                private / "secrets", roomy, private / "report", private / "termination-message"
            )
        finally:
            for path in made:
                shutil.rmtree(path, ignore_errors=True)


def run_processor(request: Request, workspace: Workspace, tell: Callable[[Event], None]) -> Result:
    """Run the processor to its end.

    Args:
        request: what it is told.
        workspace: its folders; the secrets are there.
        tell: called with each event of its log.

    Returns:
        How it ended. Leaving by an exception ends it first, as a pod is ended.
    """
    environment = {REQUEST_VARIABLE: request.to_environment_value(), **environment_of(workspace)}
    with processor(COMMAND, environment) as process:
        last_lines = follow(process, tell)
        status = process.wait()
    summary = _parsed(Summary, workspace.termination_message, TERMINATION_MESSAGE_BYTES)
    report = None
    # Without a location the report was not put, and a file of that name is somebody else's.
    if summary and summary.report_location and request.report and request.report.file:
        place = Path(request.report.file.root) / request.report.file.path
        report = _parsed(DocumentReport, place)
    return Result(status if status >= 0 else 128 - status, summary, report, last_lines)


@contextmanager
def processor(
    command: Sequence[str],
    environment: dict[str, str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Have the processor run in the block. Leaving by an exception ends it, as a pod is ended."""
    with subprocess.Popen(
        command,
        # The whole of it: nothing of this process's own is handed on.
        env=environment,
        cwd="/",
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        # Ctrl-C reaches the whole terminal's group: the processor is ended by SIGTERM, as in a pod.
        start_new_session=True,
    ) as process:
        try:
            yield process
        except BaseException:
            _end(process)
            raise


def environment_of(workspace: Workspace) -> dict[str, str]:
    """Say where the folders are."""
    return {
        "PDF_SECURITY_SECRETS_PATH": str(workspace.secrets),
        "PDF_SECURITY_SCRATCH_PATH": str(workspace.scratch),
        "PDF_SECURITY_TERMINATION_MESSAGE_PATH": str(workspace.termination_message),
    }


def follow(process: subprocess.Popen[bytes], tell: Callable[[Event], None]) -> tuple[str, ...]:
    """Read the log to its end; give its last lines."""
    lines: list[str] = []
    for raw in process.stderr or ():
        line = raw.decode(errors="replace").rstrip("\n")
        lines = [*lines, line][-_LOG_LINES:]
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        tell(event if isinstance(event, dict) else {"event": "", "message": line})
    return tuple(lines)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _parsed(model: type[_Model], path: Path, bound: int = -1) -> _Model | None:
    try:
        with path.open("rb") as file:
            return model.model_validate_json(file.read(bound))
    except (OSError, ValidationError):
        return None


def _private_parent() -> Path:
    """Choose memory for what is secret: nothing of it may stay on a disk."""
    usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return _MEMORY if usable else Path(tempfile.gettempdir())


def _scratch_parent(input_bytes: int) -> Path:
    parent = _private_parent()
    # Input, output, and as much again for an output that grows.
    needed = 3 * input_bytes + _ROOM_BYTES
    roomy = shutil.disk_usage(parent).free > needed
    return parent if roomy else Path(tempfile.gettempdir())


@contextmanager
def _terminated_raised() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit, so that every `with` block cleans up."""

    def leave(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(TERMINATED)

    previous = {each: signal.signal(each, leave) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)
