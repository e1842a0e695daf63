"""`python -m leaks [--jobs N]` runs jobs of all kinds, then looks for their secrets everywhere.

Afterwards a secret is planted in each kind of place, and must be found there: a search that finds
nothing proves nothing by itself. JSON comes last.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from cluster import ensure_up
from leaks import collection, planted
from leaks.kinds import KINDS, Words, build_spec, stage_documents
from leaks.scanner import Leak, Scanner, opened
from operator_scene import Scene, open_api, open_scene
from product import install

Object = dict[str, Any]

WAVE = 36
"""Jobs at the same time: each wave is looked at before its pods go."""

WAVE_SECONDS = 240.0


application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
def main(jobs: Annotated[int, typer.Option(help="How many jobs.")] = 500) -> None:
    """Run jobs of all kinds and look for their secrets; exit with 0 where there are none."""
    installation = install(ensure_up(), _say)
    words = Words()
    found: list[Leak] = []
    reasons: Counter[str] = Counter()
    looked = 0
    with open_api(installation.cluster) as api, open_scene(api, installation, "leaks") as scene:
        scene.add_class()
        stage_documents(scene, words)
        words.values["store's secret key"] = installation.cluster.s3.secret_key.encode()
        scanner = Scanner(words.values)
        for first in range(0, jobs, WAVE):
            expected = _start(scene, range(first, min(first + WAVE, jobs)))
            reasons += _ended(scene, expected)
            looked += _look(scanner, collection.of_namespace(scene), found)
            for name in expected:
                scene.remove(name)
            _say(f"{min(first + WAVE, jobs)} of {jobs} jobs, {looked} places, {len(found)} leaks")
        looked += _look(scanner, collection.of_the_store(scene), found)
        looked += _look(scanner, collection.of_the_operator(api), found)
        looked += _look(scanner, collection.of_the_node(installation.cluster), found)
        plants = planted.everywhere(scene, words)
        missed = [name for name, place in plants if not _is_found(scanner, place)]
    for leak in sorted(set(found), key=str):
        _say(f"LEAK: {leak.secret}, {leak.form}, in {leak.source}")
    for name in missed:
        _say(f"MISSED: a secret that was planted: {name}")
    for reason, count in sorted(reasons.items()):
        _say(f"{count:5} {reason}")
    result = {
        "jobs": reasons.total(),
        "kinds": len(KINDS),
        "places": looked,
        "leaks": len(found),
        "planted": len(plants),
        "planted_found": len(plants) - len(missed),
    }
    _say(json.dumps(result))
    raise typer.Exit(0 if not found and not missed and reasons.total() == jobs else 1)


def _start(scene: Scene, numbers: range) -> dict[str, str]:
    """Create a job for each number; give the reason with which each must end."""
    expected = {}
    for number in numbers:
        kind = KINDS[number % len(KINDS)]
        name = f"job-{number}"
        scene.start(name, build_spec(kind, scene))
        expected[name] = kind.reason
    return expected


def _ended(scene: Scene, expected: dict[str, str]) -> Counter[str]:
    """Wait until all have ended, each as it must; count how."""
    until = time.monotonic() + WAVE_SECONDS
    while True:
        bodies = {
            b["metadata"]["name"]: b for b in scene.api.list("pdfsecurityjobs", scene.namespace)
        }
        reasons = {
            name: body["status"]["reason"]
            for name, body in bodies.items()
            if body.get("status", {}).get("phase") in ("Succeeded", "Failed")
        }
        if set(expected) <= set(reasons):
            break
        if time.monotonic() > until:
            raise TimeoutError(f"not ended: {sorted(set(expected) - set(reasons))}")
        time.sleep(0.5)
    wrong = {name: reasons[name] for name in expected if reasons[name] != expected[name]}
    if wrong:
        raise AssertionError(f"ended otherwise than their kind does: {wrong}")
    return Counter(reasons[name] for name in expected)


def _look(scanner: Scanner, contents: Iterator[collection.Content], found: list[Leak]) -> int:
    looked = 0
    for source, content in contents:
        looked += 1
        for each in opened(content):
            found += scanner.leaks_in(source, each)
    return looked


def _is_found(scanner: Scanner, contents: Iterator[collection.Content]) -> bool:
    found: list[Leak] = []
    _look(scanner, contents, found)
    return bool(found)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    application()
