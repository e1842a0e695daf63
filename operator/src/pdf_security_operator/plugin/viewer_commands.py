"""The commands that change nothing: parse, delegate, show."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pdf_security_operator.cli.console import print_json, stdout
from pdf_security_operator.cli.display import show_line, show_rows
from pdf_security_operator.cli.errors import UsageError
from pdf_security_operator.cli.text import printable
from pdf_security_operator.plugin.display import COLOURS, show_explanation, show_loads
from pdf_security_operator.plugin.errors import ForbiddenError
from pdf_security_operator.plugin.explanation import explanation_of
from pdf_security_operator.plugin.load import loads_of
from pdf_security_operator.plugin.logs import log_lines
from pdf_security_operator.plugin.observation import observe
from pdf_security_operator.plugin.options import AllNamespaces, Job, Json, OptionalJobs, Timeout
from pdf_security_operator.plugin.report import report_document, report_rows
from pdf_security_operator.plugin.resources import CLASSES, JOBS
from pdf_security_operator.plugin.server import Object, Server
from pdf_security_operator.plugin.standing import standing_of
from pdf_security_operator.plugin.watching import NEVER, note, watch_loads, watch_on, watch_to_end


def watch(
    server: Server,
    names: OptionalJobs = None,
    all_namespaces: AllNamespaces = False,
    timeout: Timeout = NEVER,
) -> None:
    """Watch jobs until they end; all of the namespace, and no end, without a name.

    Exits with the processor's code of one that failed (see `pdfsec codes`), 8 for one that the
    operator or Kubernetes ended, 4 where some of several failed, 9 after --timeout.
    """
    if not names:
        watch_on(server, None if all_namespaces else server.namespace, timeout)
        return
    if all_namespaces:
        raise UsageError("--all-namespaces: cannot be given with names: a name is of one namespace")
    for name in names:
        server.get(JOBS, server.namespace, name)
    raise typer.Exit(watch_to_end(server, names, timeout))


def logs(
    server: Server,
    name: Job,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for what is still to come.")
    ] = False,
) -> None:
    """Print the log of a job's pods, each attempt's in turn."""
    shown = ""
    for pod, line in log_lines(server, name, follow=follow):
        if pod != shown:
            note(f"log of the pod {pod}")
            shown = pod
        show_line(printable(line), stdout())


def report(server: Server, name: Job, as_json: Json = False) -> None:
    """Say what became of a job's document, and where its full report is."""
    job = server.get(JOBS, server.namespace, name)
    if as_json:
        print_json(report_document(job))
    else:
        colour = COLOURS.get(standing_of(job).phase, "")
        show_rows(report_rows(job, datetime.now(UTC)), stdout(), colour)


def explain(server: Server, name: Job, as_json: Json = False) -> None:
    """Say why a job waits, runs for long or failed, and what to do about it."""
    explanation = explanation_of(observe(server, name))
    if as_json:
        print_json(explanation.to_json_dict())
    else:
        show_explanation(explanation, stdout())


def top(
    server: Server,
    all_namespaces: AllNamespaces = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on as it changes.")] = False,
    as_json: Json = False,
) -> None:
    """Count running, waiting and ended jobs by namespace and class."""
    if watch and as_json:
        raise UsageError("--watch: cannot be given with --json, which is one document")
    namespace = None if all_namespaces else server.namespace
    classes = _classes(server)
    if watch:
        watch_loads(server, namespace, classes)
        return
    loads = loads_of(server.list(JOBS, namespace).items, classes)
    if as_json:
        print_json([load.to_json_dict() for load in loads])
    else:
        show_loads(loads, stdout())


def _classes(server: Server) -> list[Object] | None:
    try:
        return server.list(CLASSES, None).items
    except ForbiddenError as error:
        note(f"limits are not shown: {error}")
        return None
