"""`python -m dev [up|ci]`: tilt on the test cluster, which it brings up first.

Takes the tilt that is on the machine, and compiles one where there is none. What is built and
applied stands in the Tiltfile.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cluster import Cluster, ensure_up, toolchain
from cluster.errors import ClusterError
from images.build import REPOSITORY

CI_SECONDS = 600
"""Until `tilt ci` gives up: a cold build of both images takes a minute."""


def main() -> int:
    """Run tilt until it ends; give its status, or 1 where there is no cluster for it."""
    mode = sys.argv[1] if len(sys.argv) > 1 else "up"
    try:
        cluster = ensure_up()
        tilt = tilt_program()
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    # Ctrl-C is how `up` ends: tilt has it too, and puts its house in order.
    with suppress(KeyboardInterrupt):
        return subprocess.run(
            build_command(tilt, mode),
            cwd=REPOSITORY,
            env=environment_of(cluster, os.environ),
            check=False,
        ).returncode
    return 0


def tilt_program() -> str:
    """Find tilt, or compile it, which takes some minutes once."""
    return shutil.which("tilt") or str(toolchain.build(["tilt"])["tilt"] / "tilt")


def build_command(tilt: str, mode: str) -> list[str]:
    """Build tilt's command line: `up` until it is ended, `ci` until all is ready."""
    own = {"up": ["up", "--stream"], "ci": ["ci", f"--timeout={CI_SECONDS}s"]}[mode]
    # Its page is for a person's machine; on any port that is free.
    return [tilt, *own, "--port=0"]


def environment_of(cluster: Cluster, environment: Mapping[str, str]) -> dict[str, str]:
    """Give tilt the cluster and its kubectl, and none of its statistics to send."""
    path = os.pathsep.join([str(Path(cluster.kubectl_path).parent), environment.get("PATH", "")])
    return {
        **environment,
        "PATH": path,
        "KUBECONFIG": str(cluster.kubeconfig),
        "TILT_DISABLE_ANALYTICS": "1",
        # One that is compiled here takes itself for its developers', and would fetch its page.
        "TILT_WEB_MODE": "prod",
    }


if __name__ == "__main__":
    sys.exit(main())
