"""Others' kinds in a cluster, such as KEDA's, by their own definitions. No assertions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import toolchain
from product import Kubectl, await_definition


def install_definitions(kubectl: Kubectl, components: Iterable[str]) -> list[str]:
    """Install the definitions of components, and wait until they are served; return their files."""
    folders = toolchain.build(list(components)).values()
    files = [str(file) for folder in folders for file in Path(folder).glob("*.yaml")]
    for file in files:
        # The larger ones do not fit into the annotation of a client's apply.
        kubectl("apply", "--server-side", "-f", file)
        await_definition(kubectl, "-f", file)
    return files


@contextmanager
def installed_definitions(kubectl: Kubectl, *components: str) -> Iterator[None]:
    """Have the definitions of components in the cluster while the block runs."""
    files = install_definitions(kubectl, components)
    try:
        yield
    finally:
        for file in files:
            kubectl("delete", "-f", file, "--wait=false")
