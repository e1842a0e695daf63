"""Results for people: tables on a terminal, plain lines elsewhere. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pdf_security_operator.audit.verification import Verdict
from pdf_security_operator.cli.batch import Batch
from pdf_security_operator.cli.errors import Finding
from pdf_security_operator.cli.run import Ran
from pdf_security_operator.cli.text import printable, size_of
from pdf_security_processor.contract import (
    DocumentReport,
    Encryption,
    ExitCode,
    FileFacts,
    Inspection,
    Summary,
    Visual,
)

if TYPE_CHECKING:
    from pdf_security_operator.cli.report.command import Made

_WARNINGS_SHOWN = 10
"""Warnings listed one by one; the report has all."""

Rows = list[tuple[str, str]]


def show(ran: Ran | Batch, console: Console) -> None:
    """Show how a run ended, of one document or many."""
    if isinstance(ran, Batch):
        _show_batch(ran, console)
    else:
        _show_run(ran, console)


def _show_batch(batch: Batch, console: Console) -> None:
    rows = []
    for each in batch.documents:
        summary = each.summary
        removed = sum(summary.removed.values()) if summary else 0
        seconds = f"{summary.duration_seconds:.2f}" if summary else ""
        message = summary.message if summary else ""
        rows.append((each.input.name, each.reason, message, str(removed), seconds))
    show_table(("document", "outcome", "message", "removed", "seconds"), rows, console)
    count = len(batch.documents)
    show_line(f"{count - batch.failed} of {count} documents succeeded", console)


def _show_run(ran: Ran, console: Console) -> None:
    result = ran.result
    if result.summary is None:
        rows = [("outcome", f"NoSummary (exit code {result.exit_code})")]
        rows += [("log", line) for line in result.last_lines]
    else:
        rows = summary_rows(result.summary, result.report)
        if ran.plan.request.report and result.summary.report_location:
            place = ran.plan.request.report.file
            rows.append(("report", f"{place.root}/{place.path}" if place else ""))
    show_rows(rows, console, "red" if result.exit_code else "green")
    asked = any(one.inspect is not None for one in ran.plan.request.operations)
    if asked and result.report and result.report.inspection:
        show_rows(inspection_rows(result.report.inspection), console, "cyan")


def summary_rows(summary: Summary, report: DocumentReport | None) -> Rows:
    """List what a person wants to know of a run."""
    try:
        retried = "" if ExitCode(summary.exit_code).is_permanent else ", would be retried"
    except ValueError:
        retried = ""
    rows = [("outcome", summary.reason)]
    if summary.exit_code:
        rows = [
            ("outcome", f"{summary.reason} (exit code {summary.exit_code}{retried})"),
            ("message", summary.message),
        ]
    for name, facts in (("input", summary.input), ("output", summary.output)):
        rows += _file_rows(name, facts)
    for name, counts in (("removed", summary.removed), ("kept", summary.kept)):
        rows += [(name, f"{count} {kind}") for kind, count in sorted(counts.items())]
    if summary.visual:
        rows += visual_rows(summary.visual)
    rows.append(("warnings", str(summary.warnings)))
    for warning in (report.warnings if report else [])[:_WARNINGS_SHOWN]:
        rows.append(("warning", warning))
    rows.append(("duration", f"{summary.duration_seconds:.2f} s"))
    if summary.peak_memory_bytes:
        rows.append(("peak memory", size_of(summary.peak_memory_bytes)))
    return rows


def visual_rows(visual: Visual) -> Rows:
    """List what was seen of the pages, before and after."""
    rows = [("looks different", f"{visual.changed} of {visual.pages} pages")]
    if visual.worst_page:
        share = f"{100 * visual.worst_difference:.1f} % of a spot of it"
        rows.append(("differs most", f"page {visual.worst_page}: {share}"))
    return [*rows, ("not compared", visual.problem)] if visual.problem else rows


def inspection_rows(inspection: Inspection) -> Rows:
    """List the facts of a document."""
    rows = [
        ("PDF version", inspection.pdf_version),
        ("pages", "unknown" if inspection.pages is None else str(inspection.pages)),
        ("linearized", _yes(inspection.linearized)),
        ("encryption", _encryption_text(inspection.encryption)),
    ]
    if inspection.encryption:
        for name, allowed in inspection.encryption.permissions.items():
            text = _yes(allowed) if isinstance(allowed, bool) else allowed
            rows.append((f"may {name}", text))
    rows += [
        ("signatures", str(inspection.signatures)),
        ("form fields", str(inspection.form_fields)),
        ("XFA form", _yes(inspection.has_xfa)),
        ("document information", _yes(inspection.has_info)),
        ("XMP metadata", _yes(inspection.has_xmp)),
    ]
    found = sorted(inspection.active_content.items())
    rows += [("active content", f"{count} {kind}") for kind, count in found]
    return rows if found else [*rows, ("active content", "none")]


def show_rows(rows: Rows, console: Console, colour: str) -> None:
    """Show names and values, the first value in a colour."""
    if not console.is_terminal:
        for name, value in rows:
            show_line(f"{name}: {printable(value)}", console)
        return
    table = Table(show_header=False, border_style="dim")
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    previous = ""
    for index, (name, value) in enumerate(rows):
        style = colour if index == 0 else ""
        table.add_row("" if name == previous else name, Text(printable(value), style=style))
        previous = name
    console.print(table)


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    """Show a table; columns separated by tabs where it is no terminal."""
    if not console.is_terminal:
        for row in (heads, *rows):
            show_line("\t".join(printable(cell) for cell in row), console)
        return
    console.print(table_of(heads, rows))


def table_of(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Draw a table of untrusted text."""
    table = Table(*heads, border_style="dim")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def show_findings(findings: Sequence[Finding], console: Console) -> None:
    """Show what is wrong, one line each, as compilers do: editors jump to it."""
    for finding in findings:
        text = Text.assemble(
            (f"{printable(finding.file)}:{finding.line}: ", "dim"),
            (f"{printable(finding.field)}: " if finding.field else "", "bold"),
            printable(finding.message),
        )
        console.print(text, soft_wrap=True, highlight=False)


def show_audit(verdict: Verdict, console: Console) -> None:
    """Show what was found of an audit log."""
    if verdict.findings:
        rows = [
            (finding.chain, str(finding.sequence), finding.kind, finding.message)
            for finding in verdict.findings
        ]
        show_table(("chain", "line", "found", "what"), rows, console)
    for name in verdict.open_chains:
        show_line(f"note: nothing here tells whether the chain {name} goes further", console)
    if verdict.repeated:
        show_line(f"note: {verdict.repeated} records were written twice, after a crash", console)
    show_line(
        f"{'BROKEN' if verdict.findings else 'whole'}: {verdict.records} records, "
        f"{verdict.outcomes} of them ends of jobs, in {verdict.chains} chains with "
        f"{verdict.heads} heads",
        console,
    )


def show_page(made: Made, console: Console) -> None:
    """Show what a page tells, and where it is."""
    colour = {"done": "green", "attention": "yellow", "failed": "red"}[made.verdict.state]
    rows = [("verdict", made.verdict.headline)]
    rows += [("to look at", point.text) for point in made.verdict.points]
    if made.comparison:
        rows.append(("pages shown", str(len(made.comparison.pages))))
        rows.append(("pages left out", str(made.comparison.left_out)))
    show_rows([*rows, ("page", str(made.output))], console, colour)


def show_line(text: str, console: Console) -> None:
    """Show one line as it is: no markup, no colours, no wrapping."""
    console.file.write(f"{text}\n")
    # Whoever reads a watch or a log by a pipe wants each line when it comes.
    console.file.flush()


def _file_rows(name: str, facts: FileFacts | None) -> Rows:
    if facts is None:
        return []
    pages = "" if facts.pages is None else f", {facts.pages} pages"
    # The size to the byte: with the digest it is what others compare.
    return [(name, f"{facts.bytes} bytes{pages}"), (f"{name} sha256", facts.sha256)]


def _encryption_text(encryption: Encryption | None) -> str:
    if encryption is None:
        return "none"
    return (
        f"{encryption.algorithm}, {encryption.key_bits} bits, revision {encryption.revision}, "
        f"opened with the {encryption.opened_with} password"
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"
