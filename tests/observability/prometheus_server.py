"""Prometheus as a process on loopback, and its HTTP API. Asserts nothing."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from controlplane.ports import free_ports
from controlplane.probe import get
from controlplane.process import Process

Json = dict[str, Any]

JOB = "operator"
"""Name of the scrape job."""

SECONDS = 1
"""Between two scrapes, and between two evaluations of the rules."""


class PrometheusServer:
    """A server that scrapes operators by their ports."""

    def __init__(self, program: Path, folder: Path, targets: Sequence[int], rules: Path) -> None:
        folder.mkdir(parents=True)
        [self._port] = free_ports(1)
        configuration = folder / "prometheus.yaml"
        configuration.write_text(json.dumps(_configuration(targets, rules)))
        self.process = Process(
            "prometheus",
            [
                str(program),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ],
            folder=folder,
            log=folder / "prometheus.log",
            environment={"HOME": str(folder), "PATH": os.defpath},
        )

    def is_ready(self) -> bool:
        """Whether it answers."""
        return get(self._port, "/-/ready") is not None

    def query(self, expr: str) -> list[Json]:
        """Ask for the series of an expression as they are now.

        Raises:
            ValueError: it is none that Prometheus can evaluate.
        """
        data = self._asked("query", query=expr)
        return list(data["result"])

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[Json]:
        """Ask for the series of an expression over a time, a value each `step` seconds.

        Raises:
            ValueError: it is none that Prometheus can evaluate.
        """
        data = self._asked(
            "query_range", query=expr, start=f"{start}", end=f"{end}", step=f"{step}"
        )
        return list(data["result"])

    def numbers(self, expr: str) -> list[float]:
        """Give the values of an expression now, but those that are no numbers."""
        values = (float(series["value"][1]) for series in self.query(expr))
        return [value for value in values if not math.isnan(value)]

    def parse(self, expr: str) -> Json:
        """Give the syntax tree of an expression. Raises ValueError where it has none."""
        return dict(self._asked("parse_query", query=expr))

    def healthy_targets(self) -> int:
        """Count the operators whose last scrape went through."""
        targets = self._asked("targets")["activeTargets"]
        return sum(target["health"] == "up" for target in targets)

    def state_of(self, alert: str) -> str:
        """Give the state of an alert: inactive, pending or firing."""
        for group in self._asked("rules")["groups"]:
            for rule in group["rules"]:
                if rule["name"] == alert:
                    return str(rule["state"])
        raise ValueError(f"there is no alert {alert}")

    def unhealthy_rules(self) -> dict[str, str]:
        """Give the rules whose evaluation failed, and why."""
        rules = (rule for group in self._asked("rules")["groups"] for rule in group["rules"])
        return {rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] != "ok"}

    def _asked(self, what: str, **parameters: str) -> Any:
        answer = get(self._port, f"/api/v1/{what}?{urlencode(parameters)}")
        if answer is None:
            raise ValueError(f"Prometheus has no answer to {what} {parameters}")
        return json.loads(answer)["data"]


@contextmanager
def prometheus_server(
    program: Path, folder: Path, targets: Sequence[int], rules: Path
) -> Iterator[PrometheusServer]:
    """Run one while the block runs; it answers when the block begins.

    Args:
        program: the compiled `prometheus`.
        folder: for all that it writes.
        targets: ports of the operators.
        rules: the file of rules.
    """
    server = PrometheusServer(program, folder, targets, rules)
    server.process.start()
    try:
        server.process.wait_until(server.is_ready, 60)
        yield server
    finally:
        server.process.kill()


def _configuration(targets: Sequence[int], rules: Path) -> Mapping[str, Any]:
    addresses = [f"127.0.0.1:{port}" for port in targets]
    return {
        "global": {"scrape_interval": f"{SECONDS}s", "evaluation_interval": f"{SECONDS}s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": addresses}]}],
    }
