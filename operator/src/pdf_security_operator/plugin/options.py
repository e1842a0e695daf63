"""The options that all commands share, and what every command does first: reach the API server."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from pdf_security_operator.cli.console import errors_shown
from pdf_security_operator.plugin.completion import (
    complete_contexts,
    complete_jobs,
    complete_namespaces,
)
from pdf_security_operator.plugin.kubeconfig import Target, open_access
from pdf_security_operator.plugin.server import Server

PROGRAM = "kubectl pdfsec"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
AllNamespaces = Annotated[bool, typer.Option("--all-namespaces", "-A", help="In all namespaces.")]
Job = Annotated[str, typer.Argument(metavar="NAME", help="The job.", autocompletion=complete_jobs)]
Jobs = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="The jobs.", autocompletion=complete_jobs)
]
OptionalJobs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME...]", help="The jobs.", autocompletion=complete_jobs),
]
File = Annotated[str, typer.Option("--file", "-f", help="Manifest; - for standard input.")]
Timeout = Annotated[str, typer.Option(help="Give up after so long, such as 90s or 5m; 0: never.")]


def _target(
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace",
            "-n",
            help="Namespace; the context's where left out.",
            autocompletion=complete_namespaces,
        ),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(
            help="Context of the kubeconfig; the current one where left out.",
            autocompletion=complete_contexts,
        ),
    ] = None,
    as_user: Annotated[
        str | None, typer.Option("--as", help="User to act as, where that is allowed.")
    ] = None,
    as_group: Annotated[
        str | None, typer.Option("--as-group", help="Group to act as, with --as.")
    ] = None,
    request_timeout: Annotated[
        str, typer.Option(help="For one answer of the API server, such as 30s; 0: none.")
    ] = "30s",
) -> Target:
    return Target(namespace, context, as_user, as_group, request_timeout)


def reaching_server(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a `server` for its first argument, and the options that choose it.

    Errors become a message and an exit code.
    """
    shared = inspect.signature(_target, eval_str=True).parameters
    signature = inspect.signature(command, eval_str=True)
    own = [one for name, one in signature.parameters.items() if name != "server"]

    @wraps(command)
    def run(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in shared}
        with errors_shown(PROGRAM, as_json=given.get("as_json", False)):
            command(server=Server(open_access(_target(**chosen))), **given)

    # What typer reads to know the options.
    parameters = sorted([*own, *shared.values()], key=lambda one: one.default is not one.empty)
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    del run.__wrapped__
    return run
