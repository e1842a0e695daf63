"""The commands of `pdfsec` and their options. Parses and delegates; every deed is elsewhere."""

import importlib.metadata
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pdf_security_operator.cli import display
from pdf_security_operator.cli.errors import INTERRUPTED, MANIFEST_REFUSED, CommandError
from pdf_security_operator.cli.lint import lint_files
from pdf_security_operator.cli.plan import Options, plan_of
from pdf_security_operator.cli.process import (
    Result,
    check_installed,
    private_workspace,
    run_processor,
)
from pdf_security_operator.cli.secrets import secret_files_of, write_secrets
from pdf_security_processor.contract import ExitCode

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="PDF security jobs without a cluster: run one locally, check manifests offline.",
)

_Json = Annotated[bool, typer.Option("--json", help="one JSON document, for programs")]


@app.command()
def run(
    manifest: Annotated[str, typer.Option("-f", "--file", help="PdfSecurityJob; - is stdin")],
    input_file: Annotated[Path, typer.Option("--input", help="the document; never changed")],
    output_file: Annotated[Path | None, typer.Option("--output", help="the result")] = None,
    report: Annotated[Path | None, typer.Option("--report", help="the full report")] = None,
    class_file: Annotated[
        str | None, typer.Option("--class", help="PdfSecurityClass whose limits apply")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="which job of the file")] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", help="NAME/KEY=FILE: a password; FILE may be -", metavar="REF"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace existing files")] = False,
    scratch: Annotated[
        Path | None, typer.Option("--scratch", help="folder for working files")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="show the processor's log")] = False,
    as_json: _Json = False,
) -> None:
    """Do to a document, here, what the cluster would do with that manifest."""
    with _errors_told(as_json):
        check_installed()
        plan = plan_of(
            Options(manifest, input_file, output_file, report, class_file, name, overwrite)
        )
        secrets = secret_files_of(secret or [], list(plan.request.operations))
        with private_workspace(input_file, scratch) as workspace:
            write_secrets(secrets, workspace.secrets)
            request = plan.with_report(workspace.report)
            with display.progress(quiet=as_json, verbose=verbose) as tell:
                result = run_processor(request, workspace, tell)
    if as_json:
        display.print_lines([json.dumps(_result_dict(result))])
    else:
        for note in plan.notes:
            display.errors.print(f"note: {note}", markup=False)
        display.print_result(result)
    raise typer.Exit(result.exit_code)


@app.command()
def lint(
    files: Annotated[list[str], typer.Argument(help="manifests or folders of them; - is stdin")],
    as_json: _Json = False,
) -> None:
    """Say, offline, what the API server would refuse."""
    with _errors_told(as_json):
        findings = lint_files(files)
    if as_json:
        display.print_lines([json.dumps([asdict(finding) for finding in findings])])
    else:
        display.print_lines([str(finding) for finding in findings])
        if not findings:
            display.errors.print("nothing to refuse")
    raise typer.Exit(MANIFEST_REFUSED if findings else 0)


@app.command()
def codes(as_json: _Json = False) -> None:
    """List the exit codes of `run`, which are the processor's."""
    if not as_json:
        display.print_codes()
        return
    listed = [
        {"code": int(code), "reason": code.reason, "permanent": code.is_permanent}
        for code in ExitCode
    ]
    display.print_lines([json.dumps(listed)])


@app.command()
def version() -> None:
    """Print the version."""
    display.print_lines([importlib.metadata.version("pdf-security-operator")])


@contextmanager
def _errors_told(as_json: bool) -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        _leave(error, as_json)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _leave(error: CommandError, as_json: bool) -> NoReturn:
    if as_json:
        display.print_lines([json.dumps(error.to_json_dict())])
    else:
        sys.stderr.write(f"pdfsec: {error}\n")
    raise typer.Exit(error.exit_code) from error


def _result_dict(result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = {"exitCode": result.exit_code}
    if result.summary:
        answer |= result.summary.to_json_dict()
    if result.report:
        answer["report"] = result.report.to_json_dict()
    return answer
