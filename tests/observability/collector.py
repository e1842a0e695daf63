"""An OpenTelemetry collector as a process on loopback, that writes what it receives to a file.

Asserts nothing.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane.ports import free_ports
from controlplane.process import Process

Json = dict[str, Any]


@dataclass(frozen=True)
class Collector:
    """Where it listens, and what it received."""

    endpoint: str
    file: Path

    def resources(self) -> list[Json]:
        """Give what was received of each resource, in OTLP's own JSON."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [each for line in lines for each in json.loads(line)["resourceSpans"]]

    def spans(self) -> list[Json]:
        """Give all spans."""
        scopes = (scope for each in self.resources() for scope in each["scopeSpans"])
        return [span for scope in scopes for span in scope["spans"]]


@contextmanager
def collector(program: Path, folder: Path) -> Iterator[Collector]:
    """Run one while the block runs; it listens when the block begins."""
    folder.mkdir(parents=True)
    [port] = free_ports(1)
    file, configuration = folder / "spans.json", folder / "collector.yaml"
    configuration.write_text(json.dumps(_configuration(port, file)))
    process = Process(
        "otelcol",
        [str(program), f"--config=file:{configuration}"],
        folder=folder,
        log=folder / "collector.log",
        environment={"HOME": str(folder), "PATH": os.defpath},
    )
    process.start()
    try:
        process.wait_until(lambda: _listens(port), 60)
        yield Collector(f"http://127.0.0.1:{port}", file)
    finally:
        process.kill()


def _configuration(port: int, file: Path) -> Json:
    endpoint = f"127.0.0.1:{port}"
    return {
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": endpoint}}}},
        "exporters": {"file": {"path": str(file), "flush_interval": "100ms"}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["file"]}},
        },
    }


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
