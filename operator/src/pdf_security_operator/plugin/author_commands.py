"""The commands that change something, or ask what would change: parse, delegate, show."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from pdf_security_operator import names as known
from pdf_security_operator.cli.console import stdout
from pdf_security_operator.cli.display import show_line
from pdf_security_operator.cli.errors import UsageError
from pdf_security_operator.cli.manifest import read_documents
from pdf_security_operator.cli.text import printable
from pdf_security_operator.plugin.difference import build_replacement, difference_of
from pdf_security_operator.plugin.errors import DIFFERENT, NotFoundError, RefusedError
from pdf_security_operator.plugin.options import File, Job, Jobs, Timeout
from pdf_security_operator.plugin.resources import JOBS
from pdf_security_operator.plugin.server import Object, Server
from pdf_security_operator.plugin.standing import has_ended
from pdf_security_operator.plugin.submission import (
    build_generated,
    build_rerun,
    jobs_in,
    rerun_notes,
)
from pdf_security_operator.plugin.watching import NEVER, note, watch_to_end


class DryRun(StrEnum):
    """Who says whether it would do."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"


_Wait = Annotated[bool, typer.Option("--wait", help="Watch until it ends, as `watch` does.")]
_DryRun = Annotated[
    DryRun, typer.Option("--dry-run", help="Keep nothing: only check here, or ask the server too.")
]
_Generate = Annotated[
    bool,
    typer.Option(
        "--generate-name", help="Let the API server end the name: each call is a new job."
    ),
]


def submit(
    server: Server,
    file: File,
    generate_name: _Generate = False,
    wait: _Wait = False,
    timeout: Timeout = NEVER,
    dry_run: _DryRun = DryRun.NONE,
) -> None:
    """Check the jobs of a manifest as `pdfsec lint` does, and create them.

    With --wait, exits as `watch` does.
    """
    bodies = jobs_in(file, read_documents(file), server.explicit_namespace)
    if generate_name:
        bodies = [build_generated(body) for body in bodies]
    _create(server, bodies, dry_run=dry_run, wait=wait, timeout=timeout)


def rerun(
    server: Server,
    name: Job,
    new_name: Annotated[
        str | None, typer.Option("--name", help="Of the new job; generated where left out.")
    ] = None,
    wait: _Wait = False,
    timeout: Timeout = NEVER,
    dry_run: _DryRun = DryRun.NONE,
) -> None:
    """Create a new job that asks for what an old one asked for; the old one stays."""
    old = server.get(JOBS, server.namespace, name)
    for text in rerun_notes(old):
        note(text)
    _create(server, [build_rerun(old, new_name)], dry_run=dry_run, wait=wait, timeout=timeout)


def cancel(
    server: Server,
    names: Jobs,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the resources too; nothing else is deleted.")
    ] = False,
) -> None:
    """Stop jobs: their pods end and their places are free. The resources stay, suspended."""
    for name in names:
        job = server.get(JOBS, server.namespace, name)
        if delete:
            server.delete(JOBS, server.namespace, name)
            _say(name, "deleted")
        elif has_ended(job):
            _say(name, f"has ended already: {(job.get('status') or {}).get('reason')}")
        elif job["spec"].get("queueName"):
            raise UsageError(
                f"{name}: spec.queueName: a job that was handed to Kueue heeds spec.suspend no "
                "more; stop it with --delete"
            )
        else:
            server.merge(JOBS, server.namespace, name, {"spec": {"suspend": True}})
            _say(name, "suspended")
            note(
                f"to let it go on: kubectl patch psj {name} -n {server.namespace} --type=merge "
                """-p '{"spec":{"suspend":false}}'"""
            )


def diff(server: Server, file: File) -> None:
    """Show what would change in the cluster if its jobs were what a manifest says.

    Exits with 0 where nothing would, with 1 where something would, with 3 where the API server
    would refuse it.
    """
    code = 0
    for body in jobs_in(file, read_documents(file), server.explicit_namespace):
        if "name" not in body["metadata"]:
            raise UsageError(f"{file}: metadata.name: is needed to compare with the cluster's")
        code = max(code, _diff_one(server, body))
    raise typer.Exit(code)


def _diff_one(server: Server, wanted: Object) -> int:
    namespace = _namespace_of(server, wanted)
    name = wanted["metadata"]["name"]
    try:
        live = server.get(JOBS, namespace, name)
    except NotFoundError:
        live = None
    code, changed = DIFFERENT, wanted if live is None else build_replacement(live, wanted)
    try:
        if live is None:
            changed = server.create(JOBS, namespace, wanted, is_trial=True)
        else:
            changed = server.replace(JOBS, namespace, changed, is_trial=True)
    except RefusedError as error:
        # The spec is never defaulted: what would change is known all the same.
        note(f"{name}: {error}; a job's spec cannot change: submit it under another name")
        code = error.exit_code
    lines = difference_of(live, changed, f"{namespace}/{name}")
    for line in lines:
        show_line(line, stdout())
    return code if lines else 0


def _create(
    server: Server, bodies: Sequence[Object], *, dry_run: DryRun, wait: bool, timeout: str
) -> None:
    wait = wait and dry_run is DryRun.NONE
    namespaces = {_namespace_of(server, body) for body in bodies}
    if wait and len(namespaces) > 1:
        raise UsageError("--wait: the jobs of the file lie in several namespaces; watch each alone")
    created = []
    for body in bodies:
        namespace = _namespace_of(server, body)
        if dry_run is DryRun.CLIENT:
            metadata = body["metadata"]
            _say(metadata.get("name") or f"{metadata.get('generateName')}*", "created (dry run)")
            continue
        is_trial = dry_run is DryRun.SERVER
        answer = server.create(JOBS, namespace, body, is_trial=is_trial)
        created.append(answer["metadata"]["name"])
        _say(created[-1], "created (server dry run)" if is_trial else "created")
    if wait:
        server.namespace = namespaces.pop()
        raise typer.Exit(watch_to_end(server, created, timeout))


def _namespace_of(server: Server, body: Object) -> str:
    return str(body["metadata"].get("namespace") or server.namespace)


def _say(name: str, what: str) -> None:
    # As kubectl words it.
    show_line(
        f"{known.JOB_KIND.lower()}.{known.GROUP}/{printable(name)} {printable(what)}", stdout()
    )
