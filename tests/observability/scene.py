"""Two operators before a control plane, jobs of every kind, and all that watches them.

Causes what the panels show and what an alert waits for. Asserts nothing.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cluster.toolchain import build
from controlplane import ControlPlane
from controlplane.operator_process import (
    ENDPOINT,
    OperatorProcess,
    build_class,
    build_job,
    create,
    operator_process,
)
from controlplane.probe import get
from e2e_support import wait_for
from monitoring.__main__ import COMPONENT
from observability.collector import Collector, collector
from observability.prometheus_server import PrometheusServer, prometheus_server
from pdf_security_operator.shards import micro_time, shard_lease_name
from product import NAMESPACE

Object = dict[str, Any]

SHORTENED = "PdfSecurityNoLeader"
"""The one alert whose time is cut for the test, in its own copy of the rules."""

SHORT = "2s"

MEMORY_LIMIT = 512 << 20

NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
"""What the API server's rules take for one, and only the operator looks into."""

SECRET = "name-of-a-secret"
PLACE = "name-of-a-document"
"""What jobs name that nobody who watches is to learn."""

ENDED = 6
"""Jobs that succeed; as many are refused."""


@dataclass(frozen=True)
class Watched:
    """What runs. `operators` leads with the first of them."""

    plane: ControlPlane
    operators: list[OperatorProcess]
    prometheus: PrometheusServer
    collector: Collector

    def exposed(self) -> str:
        """What both operators tell Prometheus now."""
        answers = [get(each.health_port, "/metrics") for each in self.operators]
        return "\n".join(answer.decode() for answer in answers if answer)

    def steal_lease(self) -> None:
        """Let somebody hold the shard who does nothing, as an operator that hangs would."""
        spec = {
            "holderIdentity": "nobody",
            "leaseDurationSeconds": 3600,
            "renewTime": micro_time(datetime.datetime.now(datetime.UTC)),
        }
        self._patch_lease(spec)

    def return_lease(self) -> None:
        """Let whoever asks first have it. Deleted, it would be waited for as long as it said."""
        self._patch_lease({"holderIdentity": ""})

    def _patch_lease(self, spec: Object) -> None:
        patch = ("--type=merge", "-p", json.dumps({"spec": spec}))
        self.plane.kubectl("patch", "lease", shard_lease_name(0), "-n", NAMESPACE, *patch)


def filled(expr: str, rate_interval: str) -> str:
    """Put in what Grafana would for its variables."""
    return expr.replace("$__rate_interval", rate_interval).replace("$job", ".+")


def shortened_rules(folder: Path) -> Path:
    """Copy the rules, with one alert that fires after seconds."""
    document = yaml.safe_load((COMPONENT / "rules.yaml").read_text())
    for rule in (rule for group in document["groups"] for rule in group["rules"]):
        if rule.get("alert") == SHORTENED:
            rule["for"] = SHORT
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@contextmanager
def watched(plane: ControlPlane, folder: Path) -> Iterator[Watched]:
    """Run operators and Prometheus while the block runs, with something in every metric."""
    programs = build(["prometheus", "opentelemetry-collector"])
    # Not there yet: the audit log cannot be kept until it is.
    audit = folder / "audit"
    settings = {
        "PDF_SECURITY_MEMORY_LIMIT_BYTES": str(MEMORY_LIMIT),
        "PDF_SECURITY_AUDIT": "volume",
        "PDF_SECURITY_AUDIT_FOLDER": str(audit),
    }
    with ExitStack() as stack:
        spans = stack.enter_context(
            collector(programs["opentelemetry-collector"] / "otelcol", folder / "collector")
        )
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = spans.endpoint
        operators = [
            stack.enter_context(_ready(plane, folder / "operators", name, settings))
            for name in ("leads", "stands-by")
        ]
        ports = [each.health_port for each in operators]
        rules = shortened_rules(folder)
        server = stack.enter_context(
            prometheus_server(
                programs["prometheus"] / "prometheus", folder / "prometheus", ports, rules
            )
        )
        scene = Watched(plane, operators, server, spans)
        # A counter that rose before it was first seen did not rise.
        wait_for(lambda: server.healthy_targets() == len(ports), "both operators are scraped")
        _fill(plane, server)
        audit.mkdir()
        yield scene


@contextmanager
def _ready(
    plane: ControlPlane, folder: Path, name: str, settings: Mapping[str, str]
) -> Iterator[OperatorProcess]:
    with operator_process(plane, folder, name=name, settings=settings) as process:
        process.ready()
        if name == "leads":
            process.settled()
        yield process


def _fill(plane: ControlPlane, server: PrometheusServer) -> None:
    """Create jobs that succeed, that are refused, that stand in line, and that are held."""
    narrow = build_class("narrow", concurrency={"total": 1})
    store = {"url": ENDPOINT, "cidrs": ["10.0.3.0/24"], "caBundle": NO_CERTIFICATE}
    unfit = build_class("unfit", storageEndpoints=[store])
    for each in (narrow, unfit):
        del each["metadata"]["annotations"]
    decrypt = {"decrypt": {"passwordSecretRef": {"name": SECRET, "key": "user"}}}
    credentials = {"credentialsSecretRef": {"name": SECRET}}
    target = {"s3": {"endpoint": ENDPOINT, "bucket": PLACE, "key": PLACE, **credentials}}
    jobs = [
        build_job(f"ended-{number}", output=target, operations=[decrypt]) for number in range(ENDED)
    ]
    jobs += [build_job(f"refused-{number}", scratchSize="1Ti") for number in range(ENDED)]
    jobs += [build_job(f"in-line-{number}", className="narrow") for number in range(ENDED)]
    jobs += [build_job("held", className="unfit")]
    for objects in ([narrow, unfit], jobs):
        create(plane, *objects)
    ended = "sum(pdf_security_operator_jobs_finished_total)"
    wait_for(lambda: server.numbers(ended) == [3 * ENDED], "all but the held one ended")
    held = "sum(pdf_security_operator_jobs_held)"
    wait_for(lambda: server.numbers(held) == [1], "one is held")
    failed = "pdf_security_operator_audit_sink_failures_total"
    wait_for(lambda: server.numbers(f"increase({failed}[5m]) > 0"), "a sink failed twice")
