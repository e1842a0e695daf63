"""Where results and errors of a command go, of both command lines. Decides nothing of its own."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from pdf_security_operator.cli.display import show_findings, show_line
from pdf_security_operator.cli.errors import (
    INTERRUPTED,
    CommandError,
    Finding,
    ManifestRefusedError,
)
from pdf_security_operator.cli.text import printable


@contextmanager
def errors_shown(program: str, *, as_json: bool) -> Iterator[None]:
    """Turn errors into a message and an exit code.

    Args:
        program: the name before a message.
        as_json: whether standard output gets the error as JSON, and nothing else.
    """
    try:
        yield
    except KeyboardInterrupt:
        show_line("interrupted", stderr())
        raise typer.Exit(INTERRUPTED) from None
    except CommandError as error:
        if as_json:
            print_json(error.to_json_dict())
        elif isinstance(error, ManifestRefusedError):
            show_verdict(error.findings)
        else:
            show_line(f"{program}: {printable(error)}", stderr())
        raise typer.Exit(error.exit_code) from None


def show_verdict(findings: Sequence[Finding]) -> None:
    """Show what is wrong with manifests, or that nothing is."""
    show_findings(findings, stdout())
    if findings:
        count = f"{len(findings)} error{'s' if len(findings) > 1 else ''}"
        show_line(f"{count}: this would be refused", stderr())
    else:
        show_line("no errors", stderr())


def print_json(value: Any) -> None:
    """Print one JSON document; what a terminal would obey is escaped in it."""
    typer.echo(json.dumps(value, indent=2))


def stdout() -> Console:
    """Give standard output as it is now."""
    return Console()


def stderr() -> Console:
    """Give standard error as it is now."""
    return Console(stderr=True)
