"""How the cost of a job grows with the number of jobs: `python -m bench.growth --help`.

For each number an operator of its own, and that many jobs at once, over many namespaces. The class
lets so many run at the same time: the more there are, the fewer the Job controller ends a second.
Prints a table and a chart in Markdown, and writes them where it is told to.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from bench.contenders import SECURITY_JOBS
from bench.load import Client, open_client
from controlplane import ControlPlane, control_plane
from controlplane.operator_process import OperatorProcess, build_job, install, operator_process
from controlplane.probe import get

NAMESPACES = 20

PREFIX = "pdf_security_operator_"

GIVE_UP_SECONDS_PER_JOB = 0.2
"""Five times what the control plane takes for a job on two cores."""

PAGE = "500"


@dataclass(frozen=True)
class Point:
    """What so many jobs cost.

    Attributes:
        jobs: how many there were.
        succeeded: how many of them succeeded.
        created_s: seconds until the last Job was created, which waits for its turn.
        finished_s: seconds until the last one's end was recorded.
        cpu_ms_per_job: of the operator.
        calls_per_job: requests of the operator to the API server, Leases included, watches not.
        peak_mib: the operator's largest resident memory.
    """

    jobs: int
    succeeded: int
    created_s: float
    finished_s: float
    cpu_ms_per_job: float
    calls_per_job: float
    peak_mib: float


def main(arguments: Sequence[str]) -> int:
    """Run it; return 0 when every job succeeded."""
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--jobs", default="100,1000,10000,50000", help="numbers, by comma")
    parser.add_argument("--running", type=int, default=1000, help="how many run at the same time")
    parser.add_argument("--write", type=Path, help="file for the table and the chart")
    options = parser.parse_args(arguments)
    points = []
    for number in map(int, options.jobs.split(",")):
        with (
            tempfile.TemporaryDirectory(prefix="growth-") as folder,
            control_plane(Path(folder) / "plane") as plane,
        ):
            install(plane, concurrency={"total": options.running})
            point = asyncio.run(_measured(plane, Path(folder), number))
        points.append(point)
        sys.stdout.write(json.dumps(asdict(point)) + "\n")
        sys.stdout.flush()
    report = build_report(points, options.running)
    sys.stdout.write(report)
    if options.write:
        options.write.write_text(report)
    return int(any(point.succeeded < point.jobs for point in points))


async def _measured(plane: ControlPlane, folder: Path, number: int) -> Point:
    for index in range(NAMESPACES):
        plane.kubectl("create", "namespace", _namespace(index))
    async with open_client(plane) as client:
        with operator_process(plane, folder / "operator") as operator:
            operator.settled()
            before, began = operator.cpu_seconds(), time.monotonic()
            load = asyncio.gather(
                *(_create(client, index, number) for index in range(min(NAMESPACES, number)))
            )
            created = await _until(operator, "job_queued_seconds_count", number, began, load)
            await load
            finished = await _until(operator, "jobs_finished_total", number, began, load)
            cpu = operator.cpu_seconds() - before
            calls = _sum(operator, "api_requests_total")
            peak = operator.peak_rss_bytes() / 1024**2
        phases = Counter[str]()
        for index in range(NAMESPACES):
            phases += await _phases(client, SECURITY_JOBS.path(_namespace(index)))
    return Point(
        jobs=number,
        succeeded=phases["Succeeded"],
        created_s=round(created, 1),
        finished_s=round(finished, 1),
        cpu_ms_per_job=round(1000 * cpu / number, 2),
        calls_per_job=round(calls / number, 2),
        peak_mib=round(peak, 1),
    )


def _namespace(index: int) -> str:
    return f"growth-{index}"


async def _create(client: Client, index: int, number: int) -> None:
    names = [f"g-{each}" for each in range(index, number, NAMESPACES)]
    namespace = _namespace(index)
    bodies = {name: build_job(name, namespace) for name in names}
    created = await client.create(SECURITY_JOBS.path(namespace), bodies)
    if created.errors:
        raise RuntimeError(f"{len(created.errors)} were refused: {created.errors[0]}")


async def _until(
    operator: OperatorProcess, series: str, number: int, began: float, load: asyncio.Future[Any]
) -> float:
    """Wait until a count has come to a number, or long enough; return the seconds since `began`.

    Raises:
        RuntimeError: what the load failed with.
    """
    shown = 0.0
    while True:
        if load.done():
            load.result()
        passed = time.monotonic() - began
        count = _sum(operator, series)
        if count >= number or passed > 60 + number * GIVE_UP_SECONDS_PER_JOB:
            return passed
        if passed - shown > 15:
            shown = passed
            sys.stdout.write(f"{time.strftime('%H:%M:%S')} {series} {count:.0f} of {number}\n")
            sys.stdout.flush()
        await asyncio.sleep(1)


def _sum(operator: OperatorProcess, series: str) -> float:
    text = (get(operator.health_port, "/metrics") or b"").decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == PREFIX + series
    )


async def _phases(client: Client, path: str) -> Counter[str]:
    phases, continuation = Counter[str](), ""
    while True:
        more = {"continue": continuation} if continuation else {}
        page = await client.get(path, limit=PAGE, **more)
        phases.update(str(body.get("status", {}).get("phase")) for body in page["items"])
        continuation = page["metadata"].get("continue", "")
        if not continuation:
            return phases


def build_report(points: Sequence[Point], running: int) -> str:
    """Build the table and the chart, as Markdown with mermaid."""
    lines = [
        "| jobs at once | all Jobs created, s | all finished, s | operator's CPU, ms a job "
        "| API calls a job | operator's memory, MiB |",
        "|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {each.jobs:,} | {each.created_s} | {each.finished_s} | {each.cpu_ms_per_job} "
            f"| {each.calls_per_job} | {each.peak_mib} |"
            for each in points
        ),
        "",
        *_chart("CPU of the operator, ms a job", points, "cpu_ms_per_job"),
        *_chart("Requests of the operator, a job", points, "calls_per_job"),
        *_chart("Peak memory of the operator, MiB", points, "peak_mib"),
        f"pdf-security-operator {version('pdf-security-operator')}, {NAMESPACES} namespaces, "
        f"at most {running:,} running at the same time; "
        "API server, etcd, controllers, fake nodes and operator on the same cores.",
    ]
    return "\n".join(lines) + "\n"


def _chart(title: str, points: Sequence[Point], field: str) -> list[str]:
    values = [getattr(each, field) for each in points]
    return [
        "```mermaid",
        "xychart-beta",
        f'  title "{title}"',
        f"  x-axis [{', '.join(str(each.jobs) for each in points)}]",
        f'  y-axis " " 0 --> {max(values) * 1.2:.0f}',
        f"  bar [{', '.join(map(str, values))}]",
        "```",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
