"""Somebody with a kubeconfig, who runs `kubectl pdfsec` as a program; who says no token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cluster.certificates import write_private

PROGRAM = Path(sys.executable).with_name("kubectl-pdfsec")
COMPLETER = Path(sys.executable).with_name("kubectl_complete-pdfsec")

Object = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How one run ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Lines of standard output."""
        return self.out.splitlines()


@dataclass(frozen=True)
class Person:
    """One user of one API server."""

    kubeconfig: Path
    namespace: str
    token: str

    def run(self, *arguments: str, stdin: str = "", program: Path = PROGRAM, **more: str) -> Ended:
        """Run it to its end."""
        process = self.start(*arguments, program=program, **more)
        try:
            out, err = process.communicate(stdin, timeout=60)
        finally:
            process.kill()
        assert self.token not in out + err, "a token was said"
        assert "Traceback" not in err, err
        return Ended(process.returncode, out, err)

    def start(self, *arguments: str, program: Path = PROGRAM, **more: str) -> subprocess.Popen[str]:
        """Start it."""
        environment = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(self.kubeconfig),
            "COLUMNS": "200",
            **more,
        }
        return subprocess.Popen(
            ["env", "--default-signal=INT", program, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def write(self, name: str, *documents: Object) -> str:
        """Write a manifest beside the kubeconfig; return its path."""
        path = self.kubeconfig.with_name(name)
        path.write_text(yaml.safe_dump_all(documents))
        return str(path)


def build_kubeconfig(
    server: str, authority: Path, namespace: str, user: Object, **cluster: Any
) -> Object:
    """Build a kubeconfig with one context, `here`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": namespace}}
        ],
        "clusters": [
            {
                "name": "c",
                "cluster": {"server": server, "certificate-authority": str(authority), **cluster},
            }
        ],
        "users": [{"name": "u", "user": user}],
    }


def write_kubeconfig(path: Path, document: Object) -> Path:
    """Write a kubeconfig, for nobody else to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, yaml.safe_dump(document).encode())
    return path


def phases_in(lines: Sequence[str]) -> list[str]:
    """Give the phases of the lines that `watch` printed, in their order."""
    return [line.split("\t")[1] for line in lines]
