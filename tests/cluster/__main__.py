"""The command line: `python -m cluster`. Parses and prints; every deed is elsewhere."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cluster import canary, components, images, session, toolchain
from cluster.errors import ClusterError, NotUpError
from cluster.progress import Progress
from cluster.provider import Provider, select

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Its traces show local variables, and with them keys.
    pretty_exceptions_enable=False,
    help="A real Kubernetes for tests and demonstrations. PDF_SECURITY_CLUSTER chooses which: "
    "auto (kind where Docker can pull, else embedded), embedded, kind, existing.",
)
output = Console(highlight=False)
notices = Console(stderr=True, highlight=False, markup=False)

Chosen = Annotated[
    str | None,
    typer.Option("--provider", help="auto, embedded, kind or existing", show_default=False),
]


def _say(message: str) -> None:
    notices.print(message, soft_wrap=True)


def _running(name: str | None) -> Provider:
    provider = select(name, _say)
    if not provider.is_up():
        raise NotUpError(f"the {provider.name} cluster is not up", "`python -m cluster up` first")
    return provider


@application.command()
def up(provider: Chosen = None) -> None:
    """Bring the cluster up; quick if it is up."""
    begun = time.monotonic()
    cluster = session.ensure_up(provider, _say)
    facts = status_of(cluster.provider)
    facts["elapsed"] = f"{time.monotonic() - begun:.1f} s"
    facts["S3"] = cluster.s3.host_endpoint
    _print_table(facts)
    output.print(f"\nexport KUBECONFIG={cluster.kubeconfig}", soft_wrap=True)


@application.command()
def down(provider: Chosen = None) -> None:
    """Remove the cluster and all it left on this machine, but for the build cache."""
    session.take_down(provider, _say)
    _say("nothing of the cluster is left")


@application.command()
def status(
    provider: Chosen = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Say whether the cluster is up; ends with 1 if it is not."""
    facts = status_of(select(provider, _say))
    if as_json:
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        _print_table(facts)
    if not facts["up"]:
        raise typer.Exit(1)


@application.command()
def kubeconfig(provider: Chosen = None) -> None:
    """Print the kubeconfig's path."""
    sys.stdout.write(f"{select(provider, _say).kubeconfig}\n")


@application.command()
def environment(provider: Chosen = None) -> None:
    """Print what a shell needs to use the cluster: eval "$(python -m cluster environment)"."""
    chosen = _running(provider)
    # In front: another kubectl may be too old for this cluster.
    folder = shlex.quote(str(chosen.kubectl_program().parent))
    sys.stdout.write(f"export KUBECONFIG={shlex.quote(str(chosen.kubeconfig))}\n")
    sys.stdout.write(f"export PATH={folder}:$PATH\n")


@application.command()
def load_image(archive: Path, provider: Chosen = None) -> None:
    """Put an OCI archive's image on the nodes; print the reference for pods."""
    sys.stdout.write(f"{_running(provider).load_image(archive)}\n")


@application.command("canary")
def prove_policies(provider: Chosen = None) -> None:
    """Prove that NetworkPolicies are enforced."""
    proof = canary.prove(_running(provider))
    output.print(
        f"network policies are enforced, {proof.gap_milliseconds} ms after a pod's start "
        f"(proved in {proof.seconds:.1f} s)"
    )


@application.command()
def build(
    names: Annotated[
        list[str] | None, typer.Argument(help="default: all that embedded needs")
    ] = None,
) -> None:
    """Compile components into the cache."""
    unknown = sorted(set(names or ()) - set(components.COMPONENTS))
    if unknown:
        raise ClusterError(
            f"no such component: {', '.join(unknown)}",
            f"there are: {', '.join(sorted(components.COMPONENTS))}",
        )
    folders = toolchain.build(names or (*components.NODE, *components.IN_PODS), Progress())
    for folder in folders.values():
        output.print(str(folder), soft_wrap=True)
    if not names:
        images.pause_image()
        images.probe_image()


@application.command()
def logs(component: str, provider: Chosen = None) -> None:
    """Print the log of one of the node's components; `init` is its first process."""
    sys.stdout.write(select(provider, _say).log(component))


def status_of(provider: Provider) -> dict[str, Any]:
    """Return what is to be said of a cluster."""
    facts: dict[str, Any] = {"provider": provider.name, "up": provider.is_up()}
    layout = provider.layout
    if facts["up"]:
        node = json.loads(provider.kubectl("get", "nodes", "-o", "json"))["items"][0]
        ready = [each for each in node["status"]["conditions"] if each["type"] == "Ready"]
        facts["node"] = node["metadata"]["name"]
        facts["ready"] = ready[0]["status"] == "True"
        facts["version"] = node["status"]["nodeInfo"]["kubeletVersion"]
        facts["address"] = node["status"]["addresses"][0]["address"]
        facts["kubeconfig"] = str(provider.kubeconfig)
    if layout.failed.exists():
        facts["failed"] = layout.failed.read_text().strip()
    if layout.restarts.exists():
        facts["restarts"] = layout.restarts.read_text().splitlines()
    return facts


def _print_table(facts: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(name, str(value), style=None)
    output.print(table)


def main() -> None:
    """Run a command; show the harness's own errors as sentences, not as traces."""
    try:
        application()
    except ClusterError as problem:
        notices.print(f"error: {problem}", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
