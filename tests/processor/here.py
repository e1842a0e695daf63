"""What the worker does to a document, done in this process and without its seal. No assertions."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf

from pdf_security_processor import worker
from pdf_security_processor.contract import Limits, Operation, WorkerReport
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.fresh_worker import starter_of
from pdf_security_processor.rebuild import rebuild
from pdf_security_processor.worker_process import Start
from processor import documents


def processed(data: bytes, operations: Sequence[dict[str, Any]]) -> tuple[WorkerReport, bytes]:
    """Do operations, signatures taken out; give the worker's report and the output."""
    wanted = [Operation.model_validate(each) for each in operations]
    message = ControlMessage(wanted, {}, Limits(), "remove")
    source, target = os.memfd_create("source"), os.memfd_create("target")
    try:
        os.write(source, data)
        os.lseek(source, 0, os.SEEK_SET)
        report = worker.process(message, source, target, lambda seconds: None)
        return report, os.pread(target, os.fstat(target).st_size, 0)
    finally:
        os.close(source)
        os.close(target)


def rebuilt(data: bytes) -> bytes:
    """Rebuild a document by `strict`, and save it as the worker does."""
    with pikepdf.open(io.BytesIO(data), conversion_mode="explicit") as opened:
        rebuild(opened)
        return documents.saved(
            opened,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )


def hostile(folder: Path, said: str) -> Start:
    """Give what starts a process that says it is sealed, and then something else.

    Args:
        folder: for the program.
        said: an expression of Python that gives bytes.
    """
    program = folder / "hostile.py"
    program.write_text(
        "import sys, os, json\n"
        "report = int([a for a in sys.argv if a.startswith('--report=')][0][9:])\n"
        "os.write(report, json.dumps({'landlock': 1, 'seccomp': True}).encode() + b'\\n')\n"
        f"os.write(report, {said})\n"
    )
    return starter_of((sys.executable, "-I", str(program)))
