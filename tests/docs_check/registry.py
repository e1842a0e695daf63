"""A registry on loopback, in place of the one that a reader has.

`eval "$(python -m docs_check.registry NAME FOLDER)"` starts one, which ends with the process group
of the shell. Its skopeo reaches it by that name, and `$STAND_IN` says where it is.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

from controlplane.ports import free_ports
from controlplane.probe import get
from e2e_support import wait_for


def main(arguments: list[str]) -> int:
    """Start it, and print what the shell is to know, once it answers."""
    name, folder = arguments[0], Path(arguments[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    [port] = free_ports(1)
    address = f"127.0.0.1:{port}"
    # JSON is YAML.
    configuration = folder / "registry.json"
    configuration.write_text(json.dumps(build_configuration(address, folder / "images")))
    (folder / "registries.conf").write_text(_registries(name, address))
    with (folder / "log").open("wb") as log:
        subprocess.Popen(["docker-registry", "serve", str(configuration)], stdout=log, stderr=log)
    wait_for(lambda: get(port, "/v2/"), f"the registry answers; its log: {log.name}", 30)
    sys.stdout.write(f"{_skopeo(folder / 'registries.conf', address)}export STAND_IN={address}\n")
    return 0


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


def _skopeo(settings: Path, address: str) -> str:
    """Give a function in the place of skopeo: as its proxy, the registry answers for any name."""
    return (
        f"skopeo() {{ http_proxy=http://{address} "
        f'command skopeo --registries-conf {shlex.quote(str(settings))} "$@"; }}\n'
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
