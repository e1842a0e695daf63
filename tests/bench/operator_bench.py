"""How fast the operator is beside its peers: `python -m bench.operator_bench --help`.

One control plane, contenders in turn, the order changed each round; medians of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import finished, tenants
from bench.contenders import Contender, contenders
from bench.load import Client, Created, Watched, open_client, until
from controlplane import ControlPlane, control_plane
from controlplane.operator_process import build_class, install
from figures import percentile

GIVE_UP_SECONDS = 180.0
"""For all objects of a burst to be made; what is not by then is lost."""

STEADY_RATE = 12.0
"""Objects a second: below what the control plane can finish on two cores, so nothing queues."""


@dataclass
class Phase:
    """What one contender did with one load."""

    created_per_s: float
    latencies: list[float]
    """From the acceptance of what was given to the sight of what was made of it."""
    whole_latencies: list[float]
    """The same from its sending."""
    first_statuses: list[float]
    errors: int
    lost: int
    doubled: int


@dataclass
class Results:
    """All rounds of one contender."""

    bursts: list[Phase] = field(default_factory=list)
    steadies: list[Phase] = field(default_factory=list)
    cpu_ms_per_job: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Run it; return 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="bench.operator_bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--objects", type=int, default=1000, help="of a burst, over 50 connections")
    parser.add_argument("--steady-seconds", type=int, default=120)
    parser.add_argument("--finished", type=int, default=10000, help="resources for the memory")
    parser.add_argument("--only", default="", help="names of contenders, by comma")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        control_plane(Path(folder) / "plane") as plane,
    ):
        install(plane)
        return asyncio.run(_run(plane, Path(folder), options))


async def _run(plane: ControlPlane, folder: Path, options: argparse.Namespace) -> int:
    chosen = contenders(plane, build_class()["spec"])
    if options.only:
        chosen = [one for one in chosen if one.name in options.only.split(",")]
    results = {one.name: Results() for one in chosen}
    for one in chosen:
        _say(f"{one.name} {one.version}: {one.settings}")
    async with open_client(plane) as client:
        for number in range(options.rounds):
            order = chosen[number % len(chosen) :] + chosen[: number % len(chosen)]
            for one in order:
                await _round(plane, client, one, results[one.name], folder, number, options)
        shared = await tenants.measured(plane, folder / "tenants", _say)
        memory = await finished.measured(plane, client, folder / "memory", options.finished, _say)
    summary = _summary(results, memory) | {
        f"tenants_{name}": value for name, value in shared.items()
    }
    _say(_table(results))
    _say(json.dumps(summary))
    return 1 if summary["errors"] or summary["lost"] or summary["doubled"] else 0


async def _round(
    plane: ControlPlane,
    client: Client,
    one: Contender,
    results: Results,
    folder: Path,
    number: int,
    options: argparse.Namespace,
) -> None:
    namespace = f"bench-{number}-{one.name.lower().replace(' ', '-')}"
    plane.kubectl("create", "namespace", namespace)
    place = folder / namespace
    place.mkdir()
    with one.run(place) as process:
        before = process.cpu_seconds() if process else 0.0
        burst = await _load(client, one, namespace, options.objects, None)
        results.bursts.append(burst)
        _say(f"round {number + 1}, {one.name}: {_told(burst)}")
        jobs = options.objects
        if one.tells or one.given == one.made:
            count = round(STEADY_RATE * options.steady_seconds)
            steady = await _load(client, one, namespace, count, STEADY_RATE)
            results.steadies.append(steady)
            _say(f"round {number + 1}, {one.name}, steady: {_told(steady)}")
            jobs += count
        if process:
            spent = process.cpu_seconds() - before
            results.cpu_ms_per_job.append(1000 * spent / jobs)
            results.peak_mib.append(process.peak_rss_bytes() / 1024**2)
        # Within its time: with its definitions gone, nobody would remove what it made.
        await _removed(plane, client, one, namespace)


async def _load(
    client: Client, one: Contender, namespace: str, count: int, rate: float | None
) -> Phase:
    kind = "b" if rate is None else "s"
    bodies = {
        f"{kind}-{number}": one.build(
            f"{kind}-{number}", namespace, number + (rate is None) * 10**6
        )
        for number in range(count)
    }
    given, made = one.given.path(namespace), one.made.path(namespace)
    ended = b'"phase":"Succeeded"' if one.tells else b"\0"
    async with (
        client.watching(made, b'{"type":"ADDED"') as things,
        client.watching(given, ended) as resources,
    ):
        created = await client.create(given, bodies, rate)
        await until(lambda: things.marked >= count, GIVE_UP_SECONDS)
        if one.tells:
            # To the end of each one's life, which is what its CPU is counted for.
            await until(lambda: resources.marked >= count, GIVE_UP_SECONDS)
            await asyncio.sleep(2)
        else:
            await _settled(client, one, namespace)
    return _phase(one, created, things, resources, count)


async def _settled(client: Client, one: Contender, namespace: str) -> None:
    """Wait until the Jobs have ended, or the next load would begin beside them."""
    if one.made.plural != "jobs":
        return
    end = time.monotonic() + GIVE_UP_SECONDS
    path = one.made.path(namespace)
    while time.monotonic() < end:
        active = await client.get(path, limit="1", fieldSelector="status.successful=0")
        if not active["items"]:
            return
        await asyncio.sleep(1)


def _phase(
    one: Contender,
    created: Created,
    things: Watched,
    resources: Watched,
    count: int,
) -> Phase:
    seen = things.firsts(one.owner_of, lambda event: event["type"] == "ADDED")
    told = resources.firsts(
        lambda body: body["metadata"]["name"],
        lambda event: bool(event["object"].get("status")),
    )
    made = {name: times[0] for name, times in seen.items() if name in created.accepted}
    span = max(made.values(), default=0.0) - created.began
    return Phase(
        created_per_s=len(made) / span if made else 0.0,
        latencies=[max(0.0, when - created.accepted[name]) for name, when in made.items()],
        whole_latencies=[when - created.sent[name] for name, when in made.items()],
        first_statuses=[
            max(0.0, times[0] - created.accepted[name])
            for name, times in told.items()
            if one.tells and name in created.accepted
        ],
        errors=len(created.errors),
        lost=count - len(created.errors) - len(seen),
        doubled=sum(len(times) > 1 for times in seen.values()),
    )


async def _removed(plane: ControlPlane, client: Client, one: Contender, namespace: str) -> None:
    """Remove the namespace, and wait until the control plane has nothing left to do for it."""
    plane.kubectl("delete", "namespace", namespace, "--wait=false")
    end = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < end:
        if not plane.kubectl("get", "namespace", namespace, "--ignore-not-found").strip():
            break
        await asyncio.sleep(1)
    await asyncio.sleep(2)


def _summary(results: dict[str, Results], memory: float) -> dict[str, float]:
    def rate(start: str) -> float:
        for name, result in results.items():
            if name.startswith(start) and result.bursts:
                return statistics.median(phase.created_per_s for phase in result.bursts)
        return float("nan")

    def median_of(phases: list[Phase], values: str, share: float) -> float:
        found = [_milliseconds(getattr(phase, values), share) for phase in phases]
        return round(statistics.median(found), 1) if found else float("nan")

    def cpu_of(result: Results) -> float:
        return round(statistics.median(result.cpu_ms_per_job or [float("nan")]), 2)

    ours, floor = (
        results.get("pdf-security-operator", Results()),
        results.get("no operator", Results()),
    )
    least = results.get("the least operator", Results())
    mine = ours.bursts + ours.steadies
    speed = rate("pdf-security-operator")
    return {
        "created_per_s": round(speed, 1),
        "floor_ratio": round(speed / rate("no operator"), 2),
        "least_ratio": round(rate("the least operator") / rate("no operator"), 2),
        "argo_ratio": round(speed / rate("Argo"), 2),
        "jobset_ratio": round(speed / rate("JobSet"), 2),
        "p50_ms": median_of(ours.bursts, "latencies", 0.5),
        "p99_ms": median_of(ours.bursts, "latencies", 0.99),
        "sent_p99_ms": median_of(ours.bursts, "whole_latencies", 0.99),
        "floor_p99_ms": median_of(floor.bursts, "latencies", 0.99),
        "least_p99_ms": median_of(least.bursts, "latencies", 0.99),
        "steady_p99_ms": median_of(ours.steadies, "latencies", 0.99),
        "steady_status_p99_ms": median_of(ours.steadies, "first_statuses", 0.99),
        "errors": sum(phase.errors for phase in mine),
        "lost": sum(phase.lost for phase in mine),
        "doubled": sum(phase.doubled for phase in mine),
        "cpu_ms_per_job": cpu_of(ours),
        "least_cpu_ms_per_job": cpu_of(least),
        "rss_mib_10k": round(memory, 1),
    }


def _table(results: dict[str, Results]) -> str:
    lines = [
        f"{'contender':24}{'created/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms':>9}{'MiB':>7}"
    ]
    for name, result in results.items():
        for phases, kind in ((result.bursts, ""), (result.steadies, ", steady")):
            if not phases:
                continue
            speed = statistics.median(phase.created_per_s for phase in phases)
            middle, worst = (
                statistics.median(_milliseconds(phase.latencies, share) for phase in phases)
                for share in (0.5, 0.99)
            )
            cpu = statistics.median(result.cpu_ms_per_job) if result.cpu_ms_per_job else 0
            memory = max(result.peak_mib, default=0)
            lines.append(
                f"{name + kind:30}{speed:10.1f}{middle:10.0f}{worst:10.0f}{cpu:9.2f}{memory:7.0f}"
            )
    return "\n".join(lines)


def _milliseconds(seconds: list[float], share: float) -> float:
    """Give a percentile; not a number where there is nothing to take it of."""
    found = percentile(seconds, share)
    return float("nan") if found is None else 1000 * found


def _told(phase: Phase) -> str:
    middle, worst = (_milliseconds(phase.latencies, share) for share in (0.5, 0.99))
    status = _milliseconds(phase.first_statuses, 0.99)
    return (
        f"{phase.created_per_s:.1f} created/s, p50 {middle:.0f} ms, p99 {worst:.0f} ms, "
        f"first status p99 {status:.0f} ms, errors {phase.errors}, lost {phase.lost}, "
        f"doubled {phase.doubled}"
    )


def _say(message: str) -> None:
    sys.stdout.write(
        f"{time.strftime('%H:%M:%S')} {message}\n" if message[:1] != "{" else message + "\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
