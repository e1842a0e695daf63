"""What a burst of many namespaces of unequal load does to those that ask for little.

Everything is sent at once, each object over a connection of its own, without limits of a class:
what is shared are the API server's places and the operator's queue.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.contenders import JOBS, SECURITY_JOBS
from bench.load import Created, open_client, until
from controlplane import ControlPlane
from controlplane.operator_process import build_job, operator_process
from figures import jain_index, percentile

TENANTS = 20
SMALLEST = 5
"""Objects of the lightest; the next has as many more, and so on: 1,050 in all."""

LIGHT = 5
"""Of the lightest tenants the latency is told beside everybody's."""

GIVE_UP_SECONDS = 180.0


async def measured(
    plane: ControlPlane, folder: Path, say: Callable[[str], None]
) -> dict[str, float]:
    """Run one burst.

    Returns:
        `jain_index`, of the Jobs that each namespace had when the first of them had all of its own;
        `light_p99_ms` and `all_p99_ms`, from the sending of a resource to the sight of its Job;
        `errors` and `lost`.
    """
    sizes = {f"bench-tenant-{n:02}": SMALLEST * (n + 1) for n in range(TENANTS)}
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sizes
    ]
    items = {"apiVersion": "v1", "kind": "List", "items": namespaces}
    plane.kubectl("create", "-f", "-", input=json.dumps(items))
    count = sum(sizes.values())
    with operator_process(plane, folder) as operator:
        operator.settled()
        async with (
            open_client(plane, connections=count) as client,
            client.watching(JOBS.path(), b'{"type":"ADDED"') as jobs,
        ):
            # Before: a thousand handshakes at once are another load.
            await client.open_connections(count)
            tenants = await asyncio.gather(
                *(
                    client.create(SECURITY_JOBS.path(namespace), _bodies(namespace, size), math.inf)
                    for namespace, size in sizes.items()
                )
            )
            await until(lambda: jobs.marked >= count, GIVE_UP_SECONDS)
            await asyncio.sleep(1)
    seen = jobs.firsts(
        lambda body: body["metadata"]["ownerReferences"][0]["name"],
        lambda event: event["type"] == "ADDED",
    )
    made = {name: times[0] for name, times in seen.items()}
    figures = _figures(sizes, tenants, made, say)
    say(f"{TENANTS} namespaces of {SMALLEST} to {SMALLEST * TENANTS} objects: {figures}")
    plane.kubectl("delete", "namespace", *sizes, "--wait=false")
    return figures


def _bodies(namespace: str, size: int) -> dict[str, dict[str, object]]:
    names = [f"{namespace}-{number}" for number in range(size)]
    return {name: build_job(name, namespace) for name in names}


def _figures(
    sizes: Mapping[str, int],
    tenants: list[Created],
    made: Mapping[str, float],
    say: Callable[[str], None],
) -> dict[str, float]:
    shares: Counter[str] = Counter()
    for name in sorted(made, key=lambda each: made[each]):
        namespace = name.rpartition("-")[0]
        shares[namespace] += 1
        if shares[namespace] == sizes[namespace]:
            break
    latencies = [
        [made[name] - sent for name, sent in tenant.sent.items() if name in made]
        for tenant in tenants
    ]
    errors = sum(len(tenant.errors) for tenant in tenants)
    by_size = zip(sizes.values(), latencies, strict=True)
    say(", ".join(f"{size}: {_p99_of([each]):.0f} ms" for size, each in by_size))
    return {
        "jain_index": round(jain_index([shares[namespace] for namespace in sizes]), 4),
        "light_p99_ms": _p99_of(latencies[:LIGHT]),
        "all_p99_ms": _p99_of(latencies),
        "errors": errors,
        "lost": sum(sizes.values()) - errors - len(made),
    }


def _p99_of(latencies: list[list[float]]) -> float:
    found = percentile([seconds for each in latencies for seconds in each], 0.99)
    return math.nan if found is None else round(1000 * found, 1)
