"""Steady load while the leading operator is killed every minute: `python -m bench.soak --help`.

Two replicas; the one that leads gets SIGKILL and is started anew. Finished resources are removed by
their own time to live, so that what is remembered stays as much. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contenders import JOBS, SECURITY_JOBS
from bench.load import Created, Watched, open_client
from controlplane import ControlPlane, control_plane
from controlplane.operator_process import OperatorProcess, build_job, install, operator_process
from pdf_security_operator import names

NAMESPACE = "bench-soak"

TTL_SECONDS = 60

CATCH_UP_SECONDS = 120.0
"""After the last job was created, for all to have ended."""


def main(arguments: Sequence[str]) -> int:
    """Run it; return 0 when nothing was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=2.0, help="jobs a second")
    parser.add_argument("--kill-seconds", type=float, default=60)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        control_plane(Path(folder) / "plane") as plane,
        contextlib.ExitStack() as stack,
    ):
        install(plane)
        plane.kubectl("create", "namespace", NAMESPACE)
        operators = [
            stack.enter_context(operator_process(plane, Path(folder) / name, name=name))
            for name in ("operator-0", "operator-1")
        ]
        return asyncio.run(_run(plane, operators, options))


async def _run(
    plane: ControlPlane, operators: list[OperatorProcess], options: argparse.Namespace
) -> int:
    number = round(options.minutes * 60 * options.rate)
    path = SECURITY_JOBS.path(NAMESPACE)
    memory: list[tuple[float, float]] = []
    async with (
        open_client(plane) as client,
        client.watching(JOBS.path(NAMESPACE), b'{"type":"ADDED"') as jobs,
        client.watching(path, b'"phase":"Succeeded"') as resources,
    ):
        resource_names = [f"s-{index}" for index in range(number)]
        bodies = {
            name: build_job(name, NAMESPACE, ttlSecondsAfterFinished=TTL_SECONDS)
            for name in resource_names
        }
        load = asyncio.create_task(client.create(path, bodies, options.rate))
        kills = await _kill(operators, load, options.kill_seconds, memory)
        created = await load
        phases = await _ended(resources, len(created.accepted))
    result = _result(created, jobs, phases, kills, memory)
    sys.stdout.write(json.dumps(result) + "\n")
    good = not result["lost"] and not result["doubled"] and result["error_rate"] < 0.001
    return 0 if good else 1


async def _kill(
    operators: list[OperatorProcess],
    load: asyncio.Task[Created],
    seconds: float,
    memory: list[tuple[float, float]],
) -> int:
    """Kill the leader again and again while the load runs; note what the other one takes."""
    kills, began = 0, time.monotonic()
    while not load.done():
        await asyncio.wait({load}, timeout=seconds)
        leading = [one for one in operators if one.leads()]
        if load.done() or not leading:
            continue
        memory += [(time.monotonic() - began, one.rss_bytes() / 1024**2) for one in leading]
        leading[0].kill()
        leading[0].start()
        kills += 1
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} kill {kills}, {memory[-1][1]:.0f} MiB\n")
        sys.stdout.flush()
    return kills


async def _ended(resources: Watched, number: int) -> Counter[str]:
    """Wait until all have ended; count the phases."""
    end = time.monotonic() + CATCH_UP_SECONDS
    while True:
        ended = resources.firsts(_ending_of, lambda _: True)
        phases = Counter(ending.partition("/")[0] for ending in ended)
        if phases.total() >= number or time.monotonic() > end:
            return phases
        await asyncio.sleep(5)


def _ending_of(body: dict[str, Any]) -> str | None:
    """Say how a resource ended, and which; None while it has not."""
    phase = (body.get("status") or {}).get("phase")
    return f"{phase}/{body['metadata']['name']}" if phase in ("Succeeded", "Failed") else None


def _result(
    created: Created,
    jobs: Watched,
    phases: Counter[str],
    kills: int,
    memory: list[tuple[float, float]],
) -> dict[str, float]:
    made = jobs.firsts(
        lambda body: body["metadata"].get("annotations", {}).get(names.OWNER_NAME_ANNOTATION),
        lambda event: event["type"] == "ADDED",
    )
    sizes = [size for _, size in memory]
    wrong = len(created.errors) + phases["Failed"]
    half = len(sizes) // 2
    return {
        "jobs": len(created.accepted),
        "succeeded": phases["Succeeded"],
        "kills": kills,
        "lost": len(created.accepted) - phases["Succeeded"] - phases["Failed"],
        "doubled": sum(len(times) > 1 for times in made.values()),
        "error_rate": round(wrong / max(1, len(created.accepted)), 5),
        "rss_mib_first_half": round(max(sizes[:half], default=0.0), 1),
        "rss_mib_second_half": round(max(sizes[half:], default=0.0), 1),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
