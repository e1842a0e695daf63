"""A registry on loopback, in place of the one that a reader has.

`python -m docs_check.registry NAME FOLDER` runs one until it is killed. When it answers,
`FOLDER/address` says where it is, and `FOLDER/skopeo.sh` has the skopeo of a shell reach it by that
name.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

from cluster import packages
from cluster.errors import StartFailedError
from controlplane.ports import free_ports
from controlplane.probe import get

READY_SECONDS = 30.0


def main(arguments: list[str]) -> int:
    """Serve; return the registry's own exit code."""
    name, folder = arguments[0], Path(arguments[1])
    packages.ensure(["docker-registry", "skopeo"])
    folder.mkdir(parents=True, exist_ok=True)
    [port] = free_ports(1)
    address = f"127.0.0.1:{port}"
    # JSON is YAML.
    configuration = folder / "registry.json"
    configuration.write_text(json.dumps(build_configuration(address, folder / "images")))
    command = ["docker-registry", "serve", str(configuration)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as registry,
    ):
        _await(port, registry, folder / "log")
        (folder / "address").write_text(f"{address}\n")
        (folder / "registries.conf").write_text(_registries(name, address))
        (folder / "skopeo.sh").write_text(_skopeo(folder.absolute(), address))
        return registry.wait()


def build_configuration(address: str, images: Path) -> dict[str, object]:
    """Build what the registry is configured by: no TLS, all that is pushed in a folder."""
    return {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(images)}},
        "http": {"addr": address},
    }


def _registries(*names: str) -> str:
    """Say that these speak HTTP (containers-registries.conf(5))."""
    return "".join(f'[[registry]]\nlocation = "{name}"\ninsecure = true\n' for name in names)


def _skopeo(folder: Path, address: str) -> str:
    """Give a function in the place of skopeo: as its proxy, the registry answers for any name."""
    settings = shlex.quote(str(folder / "registries.conf"))
    return (
        f"skopeo() {{ http_proxy=http://{address} "
        f'command skopeo --registries-conf {settings} "$@"; }}\n'
    )


def _await(port: int, registry: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while get(port, "/v2/") is None:
        if registry.poll() is not None or time.monotonic() > until:
            raise StartFailedError("the registry does not answer", f"what it said: {log}")
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
