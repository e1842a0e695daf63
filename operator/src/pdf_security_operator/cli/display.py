"""What a person sees: progress while the processor runs, and tables of what came of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from pdf_security_operator.cli.process import Event, Result
from pdf_security_processor.contract import ExitCode, Inspection, Summary

errors = Console(stderr=True, highlight=False)
"""For progress and messages: standard output holds results alone."""

output = Console(highlight=False)

_PHASES = {
    "download.started": "reading the document",
    "download.finished": "processing the document",
    "worker.finished": "checking the output",
    "upload.started": "putting the output in place",
    "upload.finished": "finishing",
}


@contextmanager
def progress(*, quiet: bool, verbose: bool) -> Iterator[Callable[[Event], None]]:
    """Show the processor's phases while the block runs.

    Args:
        quiet: show nothing, for programs.
        verbose: print its whole log.
    """
    if verbose:
        yield lambda event: errors.print(event, markup=False)
        return
    if quiet or not errors.is_terminal:
        yield lambda _: None
        return
    with errors.status("starting the processor") as status:

        def tell(event: Event) -> None:
            phase = _PHASES.get(str(event.get("event")))
            if phase:
                status.update(phase)

        yield tell


def print_result(result: Result) -> None:
    """Print what became of the document."""
    summary = result.summary
    if summary is None:
        errors.print(f"the processor ended with code {result.exit_code} and said nothing more:")
        for line in result.last_lines:
            errors.print(line, markup=False)
        return
    good = result.exit_code == ExitCode.SUCCEEDED
    colour = "green" if good else "red"
    table = Table(box=None, show_header=False)
    table.add_row("outcome", f"[{colour}]{summary.reason}[/]")
    if summary.message:
        table.add_row("", summary.message)
    _add_files(table, summary)
    removed = ", ".join(f"{number} {kind}" for kind, number in sorted(summary.removed.items()))
    if removed:
        table.add_row("removed", removed)
    table.add_row("took", f"{summary.duration_seconds:.2f} s")
    table.add_row("peak memory", f"{summary.peak_memory_bytes / 1024**2:.0f} MiB")
    output.print(table)
    report = result.report
    for warning in report.warnings if report else ():
        errors.print(f"warning: {warning}", markup=False)
    if report and report.inspection and summary.output is None:
        output.print(_inspection_table(report.inspection))


def print_codes() -> None:
    """Print the exit codes."""
    table = Table("code", "reason", "in the cluster", box=None)
    for code in ExitCode:
        again = "not retried" if code.is_permanent else "retried" if code else ""
        table.add_row(str(int(code)), code.reason, again)
    output.print(table)


def print_lines(lines: list[str]) -> None:
    """Print lines as they are."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _add_files(table: Table, summary: Summary) -> None:
    for name, facts in (("input", summary.input), ("output", summary.output)):
        if facts is None:
            continue
        pages = f", {facts.pages} pages" if facts.pages is not None else ""
        table.add_row(name, f"{facts.bytes} bytes{pages}, sha256 {facts.sha256}")


def _inspection_table(facts: Inspection) -> Table:
    table = Table(box=None, show_header=False)
    for name, value in facts.to_json_dict().items():
        table.add_row(name, str(value))
    return table
