"""Jobs that are created one after the other while something else happens. Asserts nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import urllib3

from api_client import AnsweredError
from operator_scene import Scene

PAUSE_SECONDS = 0.3
"""Between two jobs: about three a second, which a small machine keeps up with."""


@dataclass
class Load:
    """What was accepted, by name, and what was answered to the rest."""

    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextmanager
def load(scene: Scene, prefix: str) -> Iterator[Load]:
    """Create jobs while the block runs."""
    made, ending = Load(), threading.Event()

    def work() -> None:
        while not ending.wait(PAUSE_SECONDS):
            name = f"{prefix}-{len(made.accepted) + len(made.refused):04}"
            try:
                scene.start(name)
            except (AnsweredError, urllib3.exceptions.HTTPError) as refusal:
                made.refused.append(f"{name}: {refusal}")
            else:
                made.accepted.append(name)

    thread = threading.Thread(target=work, name=f"load-{prefix}")
    thread.start()
    try:
        yield made
    finally:
        ending.set()
        thread.join()
