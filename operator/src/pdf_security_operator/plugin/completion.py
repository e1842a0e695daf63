"""What a shell is told when Tab is pressed: names from the cluster, and kubectl's own convention.

Never says an error: a shell would take it for words.
"""

import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress

import typer
from kubernetes.config import ConfigException, list_kube_config_contexts
from typer.completion import completion_init  # type: ignore[attr-defined]

from pdf_security_operator.cli.errors import CommandError
from pdf_security_operator.cli.text import printable
from pdf_security_operator.plugin.kubeconfig import Target, open_access
from pdf_security_operator.plugin.resources import JOBS, Resource
from pdf_security_operator.plugin.server import Server
from pdf_security_operator.plugin.standing import standing_of

NAME = "kubectl-pdfsec"
VARIABLE = "_KUBECTL_PDFSEC_COMPLETE"
"""By which a shell's script asks the program (click's convention)."""

NO_FILES = ":4"
"""Cobra's directive after the words: no file names besides (ShellCompDirectiveNoFileComp)."""

_SECONDS = "3s"
"""Nobody waits longer for a word."""

NAMESPACES = Resource("", "v1", "namespaces")


def complete_jobs(context: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Give the names of jobs in the namespace that the line names, each with its phase."""
    given = context.params
    chosen = Target(given.get("namespace"), given.get("context"), None, None, _SECONDS)
    for body in _listed(JOBS, chosen):
        name = body["metadata"]["name"]
        if name.startswith(incomplete):
            yield name, printable(standing_of(body).phase)


def complete_namespaces(context: typer.Context, incomplete: str) -> Iterator[str]:
    """Give the names of namespaces, where they may be listed."""
    chosen = Target(None, context.params.get("context"), None, None, _SECONDS)
    names = (body["metadata"]["name"] for body in _listed(NAMESPACES, chosen))
    return (name for name in names if name.startswith(incomplete))


def complete_contexts(incomplete: str) -> Iterator[str]:
    """Give the names of the kubeconfig's contexts."""
    try:
        contexts, _ = list_kube_config_contexts()
    except ConfigException:
        return
    yield from (one["name"] for one in contexts if one["name"].startswith(incomplete))


def register_shells() -> None:
    """Let the program know the shells, without typer's options to edit their start files."""
    completion_init()


def print_script(app: Callable[[], None], shell: str) -> None:
    """Print the script that a shell sources."""
    os.environ[VARIABLE] = f"source_{shell}"
    app()


def answer_kubectl(app: Callable[..., None], words: list[str]) -> None:
    """Answer kubectl, which runs `kubectl_complete-pdfsec` with the words after `pdfsec`.

    A word a line with a tab before what it means, then cobra's directive
    (k8s.io/kubectl, pkg/cmd/plugin/plugin_completion.go). That form is fish's, too.
    """
    line = (
        shlex.join([NAME, *words[:-1]]) + " " + (shlex.quote(words[-1]) if any(words[-1:]) else "")
    )
    os.environ |= {
        VARIABLE: "complete_fish",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    found = io.StringIO()
    with redirect_stdout(found), suppress(SystemExit):
        app(prog_name=NAME)
    # Where there is no word, an empty line is said, which would be one.
    words = [line for line in found.getvalue().splitlines() if line]
    sys.stdout.write("\n".join([*words, NO_FILES, ""]))


def _listed(resource: Resource, target: Target) -> list[dict[str, dict[str, str]]]:
    try:
        server = Server(open_access(target))
        namespace = server.namespace if resource is JOBS else None
        return server.list(resource, namespace).items
    except CommandError:
        return []
