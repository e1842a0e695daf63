"""Documents that are made to exhaust their readers, each with what became of it: `make bombs`.

A table: bytes of the file, operation, outcome, seconds and peak memory of the processor as a pod
runs it. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pdf_security_processor.contract import ExitCode
from processor.bombs import BOMBS
from processor.pods import ENCRYPT, Pod

OPERATIONS: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "inspect": ([{"inspect": {}}], False),
    "encrypt": ([ENCRYPT], True),
    "sanitize": ([{"sanitize": {}}], True),
    "repair, sanitize": ([{"repair": {}}, {"sanitize": {}}], True),
}


def main(arguments: Sequence[str]) -> int:
    """Run them; return 0 when each ended within the bounds."""
    parser = argparse.ArgumentParser(prog="bench.bombs", description=__doc__)
    parser.add_argument("names", nargs="*", help="of bombs; all where left out")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--mebibytes", type=float, default=300)
    options = parser.parse_args(arguments)
    console = Console(width=130)
    table = Table("bomb", "bytes", "operations", "outcome", "seconds", "peak MiB")
    rows = []
    for name in options.names or BOMBS:
        data = BOMBS[name]()
        for title, (operations, save) in OPERATIONS.items():
            sys.stderr.write(f"{name}: {title}\n")
            code, seconds, peak = _run(data, operations, save=save)
            rows.append((code, seconds, peak))
            table.add_row(
                name, f"{len(data):,}", title, code.reason, f"{seconds:.1f}", f"{peak:.0f}"
            )
    console.print(table)
    figures = {
        "runs": len(rows),
        "refused": sum(code != ExitCode.SUCCEEDED for code, _, _ in rows),
        "crashed": sum(
            code in (ExitCode.WORKER_CRASHED, ExitCode.INTERNAL_ERROR) for code, _, _ in rows
        ),
        "worst_seconds": round(max(seconds for _, seconds, _ in rows), 1),
        "worst_mib": round(max(peak for _, _, peak in rows)),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return int(
        bool(figures["crashed"])
        or figures["worst_seconds"] > options.seconds
        or figures["worst_mib"] > options.mebibytes
    )


def _run(
    data: bytes, operations: list[dict[str, Any]], *, save: bool
) -> tuple[ExitCode, float, float]:
    with tempfile.TemporaryDirectory(prefix="bomb-") as folder:
        pod = Pod(Path(folder))
        pod.input.write_bytes(data)
        began = time.monotonic()
        result = pod.run(pod.request(*operations, save=save))
        seconds = time.monotonic() - began
    peak = result.summary.peak_memory_bytes if result.summary else 0
    return ExitCode(result.status), seconds, peak / 1024**2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
