"""`python -m demo`: brings everything up, applies the examples, shows them live, leaves it all."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Column, Table

from cluster import Cluster, ensure_up
from cluster.errors import ClusterError
from demo.stage import BUCKET_OUT, NAMESPACE, Stage, set_up
from images.build import REPOSITORY
from images.errors import ImageBuildError
from product import install

EXAMPLES = REPOSITORY / "manifests" / "examples"
WORK = REPOSITORY / "build" / "demo"

FAILS_AS_INTENDED = {"wrong-password": "WrongPassword"}
"""Example -> reason."""

PATIENCE_SECONDS = 240

_COLOURS = {"Succeeded": "green", "Failed": "red", "Running": "cyan", "Queued": "yellow"}


def main() -> int:
    """Run the demonstration; 0 when every example ended as it should."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    started = time.monotonic()

    def say(message: str) -> None:
        console.print(f"[{time.monotonic() - started:6.1f} s] {message}", markup=False)

    try:
        say("bringing the cluster up")
        cluster = ensure_up(say=say)
        say("installing the operator")
        installation = install(cluster, say)
        say("putting documents and passwords in place")
        stage = set_up(installation, WORK)
    except (ClusterError, ImageBuildError) as error:
        console.print(str(error), markup=False, style="red")
        return 1
    say(f"applying {len(list(EXAMPLES.glob('*.yaml')))} examples: kubectl apply -f {EXAMPLES.name}")
    cluster.kubectl("apply", "-n", NAMESPACE, "-f", str(EXAMPLES))
    jobs = _watch(cluster, console, say)
    outputs = _collect(stage)
    result = _verdict(jobs)
    console.print(_final_table(jobs))
    console.print(_output_table(outputs))
    _print_next_steps(console, stage)
    result["seconds"] = round(time.monotonic() - started, 1)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["unexpected"] == 0 else 1


def _jobs(cluster: Cluster) -> list[dict[str, Any]]:
    answer = json.loads(cluster.kubectl("get", "psj", "-n", NAMESPACE, "-o", "json"))
    return list(answer["items"])


def _watch(cluster: Cluster, console: Console, say: Any) -> list[dict[str, Any]]:
    """Show the jobs until all have ended."""
    until = time.monotonic() + PATIENCE_SECONDS
    said: dict[str, str] = {}
    jobs = _jobs(cluster)
    with Live(_live_table(jobs), console=console, transient=True, auto_refresh=False) as live:
        while time.monotonic() < until:
            jobs = _jobs(cluster)
            live.update(_live_table(jobs), refresh=console.is_terminal)
            for job in jobs:
                phase = job.get("status", {}).get("phase", "")
                if said.get(job["metadata"]["name"]) != phase and not console.is_terminal:
                    say(f"{job['metadata']['name']}: {phase or 'accepted'}")
                said[job["metadata"]["name"]] = phase
            if all(job.get("status", {}).get("phase") in ("Succeeded", "Failed") for job in jobs):
                break
            time.sleep(0.3)
    return jobs


def _live_table(jobs: list[dict[str, Any]]) -> Table:
    table = Table("job", "operations", "phase", "reason", box=None)
    for job in jobs:
        status = job.get("status", {})
        phase = status.get("phase", "")
        table.add_row(
            job["metadata"]["name"],
            ", ".join(next(iter(step)) for step in job["spec"]["operations"]),
            f"[{_COLOURS.get(phase, 'white')}]{phase}[/]",
            status.get("reason", ""),
        )
    return table


def _final_table(jobs: list[dict[str, Any]]) -> Table:
    table = Table("job", "phase", "reason", "pages", "bytes in", "bytes out", "removed", "seconds")
    for job in jobs:
        status = job.get("status", {})
        report = status.get("report", {})
        source, result = report.get("input", {}), report.get("output", {})
        removed = ", ".join(f"{n} {kind}" for kind, n in report.get("removed", {}).items())
        phase = status.get("phase", "")
        table.add_row(
            job["metadata"]["name"],
            f"[{_COLOURS.get(phase, 'white')}]{phase}[/]",
            status.get("reason", ""),
            str(source.get("pages", "")),
            str(source.get("bytes", "")),
            str(result.get("bytes", "")),
            removed,
            str(report.get("durationSeconds", "")),
        )
    return table


def _collect(stage: Stage) -> list[tuple[str, Path]]:
    """Fetch what lies in the bucket, and name what lies on the claim."""
    found = []
    folder = WORK / "outputs"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for entry in stage.s3.list_objects_v2(Bucket=BUCKET_OUT).get("Contents", []):
        place = folder / entry["Key"]
        stage.s3.download_file(BUCKET_OUT, entry["Key"], str(place))
        found.append((f"s3://{BUCKET_OUT}/{entry['Key']}", place))
    on_claim = sorted((stage.volume.folder / "out").glob("*"))
    return found + [(f"claim documents: out/{path.name}", path) for path in on_claim]


def _output_table(outputs: list[tuple[str, Path]]) -> Table:
    # Paths are folded and never cut: people copy them.
    place = Column("where on this machine", overflow="fold")
    table = Table("output", place, Column("qpdf says", no_wrap=True))
    for name, path in outputs:
        table.add_row(name, str(path), _qpdf_says(path) if path.suffix == ".pdf" else "")
    return table


def _qpdf_says(path: Path) -> str:
    """Ask Debian's qpdf, a program that is not ours; encrypted files it only recognizes."""
    encrypted = subprocess.run(["qpdf", "--requires-password", path], check=False).returncode
    if encrypted == 0:
        return "encrypted, asks for a password"
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, check=False)
    return "no errors" if checked.returncode == 0 else "errors"


def _verdict(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    ends = {
        job["metadata"]["name"]: (
            job.get("status", {}).get("phase"),
            job.get("status", {}).get("reason"),
        )
        for job in jobs
    }
    intended = [n for n, reason in FAILS_AS_INTENDED.items() if ends.get(n) == ("Failed", reason)]
    succeeded = [
        name
        for name, (phase, _) in ends.items()
        if phase == "Succeeded" and name not in FAILS_AS_INTENDED
    ]
    return {
        "succeeded": len(succeeded),
        "failed_as_intended": len(intended),
        "unexpected": len(ends) - len(succeeded) - len(intended),
    }


def _print_next_steps(console: Console, stage: Stage) -> None:
    console.print(
        f"\nThe cluster is yours:\n"
        '  eval "$(make -s cluster-env)"\n'
        f"  kubectl get psj -n {NAMESPACE}\n"
        f"  kubectl describe psj -n {NAMESPACE} sanitize-on-a-claim\n"
        f"Its claim lies in {stage.volume.folder}; `make cluster-down` ends it.\n",
        markup=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    sys.exit(main())
