"""The commands put together. What they do stands in the modules beside."""

from enum import StrEnum
from typing import Annotated

import typer

from pdf_security_operator.plugin import author_commands, viewer_commands
from pdf_security_operator.plugin.completion import print_script, register_shells
from pdf_security_operator.plugin.options import PROGRAM, reaching_server

app = typer.Typer(
    name=PROGRAM,
    help="Submit, watch and explain the PdfSecurityJobs of a cluster.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables could show a credential.
    pretty_exceptions_enable=False,
)

for command in (
    author_commands.submit,
    viewer_commands.watch,
    viewer_commands.logs,
    viewer_commands.report,
    viewer_commands.explain,
    author_commands.cancel,
    author_commands.rerun,
    author_commands.diff,
    viewer_commands.top,
):
    app.command()(reaching_server(command))


register_shells()


class Shell(StrEnum):
    """Whose script there is."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="Whose script.")]) -> None:
    """Print what a shell sources to complete `kubectl-pdfsec`; `kubectl pdfsec` needs none.

    kubectl's own completion asks `kubectl_complete-pdfsec`, which is installed beside.
    """
    print_script(app, shell)
