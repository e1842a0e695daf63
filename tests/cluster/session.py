"""One running cluster as tests use it, and the only way to get one. No provider's details."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import RefusedError
from cluster.layout import Layout, cache_folder, state_folder
from cluster.provider import Provider, select
from cluster.storage import S3Facts, ensure_s3


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up: node Ready, DNS and S3 answering."""

    provider: Provider
    s3: S3Facts

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.provider.kubeconfig

    @property
    def layout(self) -> Layout:
        """Where its files lie: the audit log, components' logs."""
        return self.provider.layout

    @property
    def kubectl_path(self) -> Path:
        """The kubectl program."""
        return self.provider.kubectl_program()

    def kubectl(self, *arguments: str, input: str | None = None, seconds: float = 120) -> str:  # noqa: A002
        """Run kubectl against this cluster; return what it printed."""
        return self.provider.kubectl(*arguments, input=input, seconds=seconds)

    def load_image(self, archive: Path) -> str:
        """Put an OCI archive's image on every node; return its reference by digest."""
        return self.provider.load_image(archive)


def ensure_up(provider: str | None = None, say: Callable[[str], None] = print) -> Cluster:
    """Bring the chosen cluster up, or take it if it is; concurrent callers wait for one another."""
    with only_one(say):
        chosen = select(provider, say)
        chosen.up()
        return Cluster(chosen, ensure_s3(chosen))


def take_down(provider: str | None = None, say: Callable[[str], None] = print) -> None:
    """Remove the chosen cluster."""
    with only_one(say):
        select(provider, say).down()


@contextmanager
def only_one(say: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the lock of the state folder, waiting for whoever has it.

    The lock file lies in the cache: it must outlive the state folder that it protects. The kernel
    releases the lock of a killed process.
    """
    name = hashlib.sha256(str(state_folder()).encode()).hexdigest()[:16]
    file = cache_folder() / "locks" / f"{name}.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = file.open("w")
    except OSError as problem:
        raise RefusedError(
            f"the cache folder cannot be written: {problem}",
            "set PDF_SECURITY_CACHE to a folder of yours",
        ) from problem
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that is working on {state_folder()}")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
