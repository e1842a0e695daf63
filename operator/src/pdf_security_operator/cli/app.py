"""The commands: parse, delegate, show. What they do stands in the modules beside."""

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from pdf_security_operator.cli.audit import verify_files
from pdf_security_operator.cli.batch import Batch, is_batch, run_batch
from pdf_security_operator.cli.codes import all_codes
from pdf_security_operator.cli.console import (
    errors_shown,
    print_json,
    show_verdict,
    stderr,
    stdout,
)
from pdf_security_operator.cli.display import (
    show,
    show_audit,
    show_line,
    show_page,
    show_table,
)
from pdf_security_operator.cli.errors import AUDIT_BROKEN, MANIFEST_REFUSED
from pdf_security_operator.cli.lint import lint_files
from pdf_security_operator.cli.plan import Options
from pdf_security_operator.cli.progress import Progress
from pdf_security_operator.cli.report.content import MOST_PICTURES, PICTURES
from pdf_security_operator.cli.run import Ran
from pdf_security_operator.cli.run import run as run_plan
from pdf_security_operator.cli.text import printable

app = typer.Typer(
    name="pdfsec",
    help="Check PdfSecurityJob manifests, and do what they say without a cluster.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables could show a password.
    pretty_exceptions_enable=False,
)

audit = typer.Typer(help="The operator's audit log.", no_args_is_help=True)
app.add_typer(audit, name="audit")

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


_Manifest = Annotated[
    str, typer.Option("--file", "-f", help="Manifest of the job; - for standard input.")
]
_Inputs = Annotated[
    list[Path],
    typer.Option(
        "--input", "-i", help="The document; several, or a folder of *.pdf. Never changed."
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Where the result goes; a folder for several."),
]
_Report = Annotated[
    Path | None,
    typer.Option(help="Where the full report goes, as JSON; a folder for several."),
]
_AtOnce = Annotated[
    int | None,
    typer.Option(min=1, help="How many at the same time; as many as there are processors."),
]
_Class = Annotated[str | None, typer.Option("--class", help="Manifest of the PdfSecurityClass.")]
_Secret = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME/KEY=FILE",
        help="File with the value of a Secret's key; - for standard input, once.",
    ),
]
_Name = Annotated[str | None, typer.Option(help="Which job, where the manifest has several.")]
_Scratch = Annotated[
    Path | None,
    typer.Option(
        exists=True, file_okay=False, help="Folder for the document while it is worked on."
    ),
]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
_PasswordFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="File with the password that opens it.")
]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the processor's log.")]


@app.command()
def run(
    manifest: _Manifest,
    input: _Inputs,  # noqa: A002  (the option's name)
    output: _Output = None,
    report: _Report = None,
    class_file: _Class = None,
    secret: _Secret = None,
    name: _Name = None,
    scratch: _Scratch = None,
    at_once: _AtOnce = None,
    overwrite: _Overwrite = False,
    verbose: _Verbose = False,
    as_json: _Json = False,
) -> None:
    """Do to a document what the pod would do with a job's manifest, without a cluster.

    Exits with the processor's code (see `pdfsec codes`); 2 for wrong usage, 3 for a manifest that
    the API server or the class would refuse, 4 where some of several documents failed.
    """
    options = Options(manifest, input[0], output, report, class_file, name, overwrite)
    progress = Progress(stderr(), verbose=verbose, quiet=as_json)
    with errors_shown("pdfsec", as_json=as_json):
        ran: Ran | Batch
        if is_batch(input):
            ran = run_batch(options, input, secret or [], scratch, at_once, progress)
        else:
            ran = run_plan(options, secret or [], scratch, progress)
        if as_json:
            print_json(ran.to_json_dict())
        else:
            for note in ran.notes:
                show_line(f"note: {printable(note)}", stderr())
            show(ran, stdout())
        raise typer.Exit(ran.exit_code)


@app.command()
def lint(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files or folders; - for standard input.")
    ],
    as_json: _Json = False,
) -> None:
    """Say what the API server would refuse, without one; exits with 0, or with 3.

    Resources of other kinds are passed over; a file with none of ours is refused.
    """
    with errors_shown("pdfsec", as_json=as_json):
        findings = lint_files(files)
        if as_json:
            print_json([asdict(finding) for finding in findings])
        else:
            show_verdict(findings)
        raise typer.Exit(MANIFEST_REFUSED if findings else 0)


@app.command("report")
def make_report_page(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The report of a document.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the page goes.")],
    before: Annotated[Path | None, typer.Option(help="The document as it came in.")] = None,
    after: Annotated[Path | None, typer.Option(help="The document as it was put.")] = None,
    before_password: _PasswordFile = None,
    after_password: _PasswordFile = None,
    job: Annotated[
        str | None, typer.Option(help="The job's resource (kubectl get psj NAME -o yaml).")
    ] = None,
    pictures: Annotated[
        int, typer.Option(min=0, max=MOST_PICTURES, help="Changed pages that are shown.")
    ] = PICTURES,
    overwrite: _Overwrite = False,
    as_json: _Json = False,
) -> None:
    """Make a page for people of a report: one HTML file that loads and runs nothing.

    With both documents it shows the pages that look different, drawn by sealed processes; they
    must be those of the report, by their digests. Exits with 0 whatever the report tells.
    """
    # A tenth of a second, for an engine and a library of pictures that no other command needs.
    from pdf_security_operator.cli.report.command import PageOptions, make_page

    options = PageOptions(
        report, output, before, after, before_password, after_password, job, pictures, overwrite
    )
    with errors_shown("pdfsec", as_json=as_json):
        made = make_page(options)
        if as_json:
            print_json(made.to_json_dict())
        else:
            show_page(made, stdout())


@app.command()
def codes(as_json: _Json = False) -> None:
    """List the exit codes, what the operator does after each, and what to do."""
    found = all_codes()
    if as_json:
        print_json([asdict(code) for code in found])
    else:
        rows = [(str(code.code), code.reason, code.effect, code.action) for code in found]
        show_table(("code", "reason", "effect", "what to do"), rows, stdout())


@audit.command()
def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", exists=True, help="The log: files, or folders of them."),
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option(help="Public key in PEM whose signatures count; several after a change."),
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="The log is one that nobody signed.")
    ] = False,
    heads: Annotated[
        list[Path] | None,
        typer.Option(exists=True, help="Log of the operator, which notes how far chains go."),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say whether an audit log is what was written: nothing edited, removed, moved or cut off.

    Exits with 0, or with 5.
    """
    with errors_shown("pdfsec", as_json=as_json):
        verdict = verify_files(paths, key or [], heads or [], unsigned=unsigned)
        if as_json:
            print_json(verdict.to_json_dict())
        else:
            show_audit(verdict, stdout())
        raise typer.Exit(AUDIT_BROKEN if verdict.findings else 0)


@app.command("version")
def show_version(as_json: _Json = False) -> None:
    """Print the versions of this program and of the processor that it runs."""
    found = {
        name: _version_of(name)
        for name in ("pdf-security-operator", "pdf-security-processor", "pikepdf")
    }
    if as_json:
        print_json(found)
    else:
        for name, number in found.items():
            show_line(f"{name} {number}", stdout())


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
