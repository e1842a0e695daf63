"""What others define, of which a page's reader has the whole.

`python -m docs_check.kinds NAME...` installs the definitions of components, such as `keda`, into
the cluster that kubectl is pointed at.
"""

from __future__ import annotations

import sys

from cluster import processes
from definitions import install_definitions


def main(names: list[str]) -> int:
    """Install them, and wait until they are served."""
    install_definitions(_kubectl, names)
    return 0


def _kubectl(*arguments: str) -> str:
    return processes.run(["kubectl", *arguments], next_step='`eval "$(make -s cluster-env)"` first')


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
