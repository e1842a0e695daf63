"""The Prometheus of prometheus-operator, as a page's reader has it.

`python -m docs_check.prometheus` installs both in the cluster, in the namespace `monitoring`;
`python -m docs_check.prometheus EXPRESSION` waits until that has a value there.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from cluster import Cluster, images, toolchain
from cluster.session import ensure_up
from e2e_support import wait_for
from product import await_definition

MANIFESTS = Path(__file__).parent / "manifests"

NAMESPACE = "monitoring"

SERVICE = f"/api/v1/namespaces/{NAMESPACE}/services/prometheus-operated:9090/proxy"

SECONDS = 180
"""For a pod to start, be told what to scrape, and have scraped it."""


def main(arguments: list[str]) -> int:
    """Install, or wait."""
    cluster = ensure_up(say=_say)
    if not arguments:
        install(cluster)
        return 0
    [expression] = arguments
    wait_for(lambda: has_value(cluster, expression), f"{expression} has a value", SECONDS)
    return 0


def install(cluster: Cluster) -> None:
    """Install both, and wait until Prometheus runs."""
    loaded = {
        name.rpartition("-")[2]: cluster.load_image(images.component_image(name))
        for name in ("prometheus-controller", "prometheus-config-reloader", "prometheus-kubernetes")
    }
    bundle = toolchain.build(["prometheus-controller"])["prometheus-controller"] / "bundle.yaml"
    with tempfile.TemporaryDirectory(prefix="prometheus-") as folder:
        shutil.copy(bundle, folder)
        for manifest in MANIFESTS.iterdir():
            filled = Template(manifest.read_text()).substitute(loaded)
            (Path(folder) / manifest.name).write_text(filled)
        # Its definitions do not fit into the annotation of a client's apply.
        cluster.kubectl("apply", "--server-side", "-k", folder)
        await_definition(cluster.kubectl, "crd/prometheuses.monitoring.coreos.com")
        cluster.kubectl("apply", "-f", f"{folder}/prometheus.yaml")
    wait_for(
        lambda: cluster.provider.has_ready("statefulset/prometheus-prometheus", NAMESPACE),
        "Prometheus runs",
        SECONDS,
    )


def has_value(cluster: Cluster, expression: str) -> bool:
    """Whether an expression has a value in it."""
    path = f"{SERVICE}/api/v1/query?{urlencode({'query': expression})}"
    return bool(json.loads(cluster.kubectl("get", "--raw", path))["data"]["result"])


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
