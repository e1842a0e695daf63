"""Runs helm, compiled for it, without any user's configuration. Knows no chart."""

from __future__ import annotations

from pathlib import Path

from cluster import processes, toolchain

SECONDS = 300.0
"""Bound of one run; with `--wait` it is as long as what is waited for."""


def helm(*arguments: str | Path, home: Path, seconds: float = SECONDS) -> str:
    """Run helm; return what it printed.

    Args:
        arguments: helm's own.
        home: where it keeps what it learns of a cluster.
        seconds: bound of the run.

    Raises:
        CommandFailedError: it did not end well; the message has what it said.
    """
    inherited = processes.without_proxies()
    environment = {
        # Nor any repositories, plugins or another default namespace.
        **{name: value for name, value in inherited.items() if not name.startswith("HELM_")},
        "HOME": str(home),
        "KUBECACHEDIR": str(home / "kube-cache"),
    }
    return processes.run(
        [toolchain.build(["helm"])["helm"] / "helm", *arguments],
        seconds=seconds,
        environment=environment,
        next_step="run it by hand; `--debug` says more",
    )
