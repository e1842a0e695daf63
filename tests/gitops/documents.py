"""Real documents in a real bucket, and jobs on them that end well or fail as intended."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import Any

from cluster import packages
from demo import documents as sources
from gitops.plan import Documents
from operator_scene import Scene
from product import build_class

Object = dict[str, Any]

AT_ONCE = 12
"""Jobs that the class lets run at the same time, so that others are seen to wait."""

PLAIN = ("policy.pdf", "hierarchy.pdf", "form.pdf", "testpage.pdf", "classified.pdf")
"""What Debian's packages bring."""


def _secret(key: str) -> Object:
    return {"name": "passwords", "key": key}


ENDS_WELL: tuple[list[Object], ...] = (
    [{"sanitize": {}}, {"removeMetadata": {}}],
    [{"removeMetadata": {}}, {"encrypt": {"ownerPasswordSecretRef": _secret("owner")}}],
    [{"sanitize": {"mode": "keepLinks"}}],
    [{"watermark": {"text": "Copy for the review board"}}],
    [{"inspect": {}}],
    [{"linearize": {}}],
)
"""Operations. Prime to the number of the documents: each comes to each of them."""

FAILS: tuple[tuple[str, str, list[Object]], ...] = (
    ("WrongPassword", "encrypted.pdf", [{"decrypt": {"passwordSecretRef": _secret("wrong")}}]),
    ("PasswordRequired", "encrypted.pdf", [{"sanitize": {}}]),
    ("InputNotFound", "not-there.pdf", [{"sanitize": {}}]),
    ("NotAPdf", "text.pdf", [{"removeMetadata": {}}]),
    ("InputDamaged", "damaged.pdf", [{"linearize": {}}]),
)
"""Reason, input, operations."""


def build_documents(scene: Scene) -> Documents:
    """Build what the jobs of a scene do; `put_documents` has put there what they name."""
    security_class = build_class(scene.installation)
    security_class["metadata"] = {"name": scene.namespace}
    security_class["spec"]["concurrency"] = {"total": AT_ONCE}
    return Documents(
        good=lambda number: _spec(
            scene,
            number,
            PLAIN[number % len(PLAIN)],
            ENDS_WELL[number % len(ENDS_WELL)],
        ),
        bad=lambda number: _failing(scene, number),
        security_class=security_class,
    )


def put_documents(scene: Scene) -> None:
    """Put the documents into the bucket, and the passwords into the namespace."""
    packages.ensure(["qpdf"])
    folder = sources.fetch()
    words = {name: secrets.token_hex(10) for name in ("reader", "owner", "wrong")}
    scene.add_secret("passwords", **words)
    for name in PLAIN:
        scene.put(name, (folder / name).read_bytes())
    with tempfile.TemporaryDirectory(prefix="gitops-") as text:
        made = Path(text)
        sources.encrypted(
            folder / "form.pdf", made / "encrypted.pdf", words["reader"], words["owner"]
        )
        sources.damaged(folder / "testpage.pdf", made / "damaged.pdf")
        for file in made.iterdir():
            scene.put(file.name, file.read_bytes())
    scene.put("text.pdf", b"This is a letter, and no PDF.\n")


def _failing(scene: Scene, number: int) -> tuple[Object, str]:
    reason, source, operations = FAILS[number % len(FAILS)]
    return _spec(scene, number, source, operations), reason


def _spec(scene: Scene, number: int, source: str, operations: list[Object]) -> Object:
    spec = scene.spec(source, f"out/{number:02}.pdf", operations=operations)
    if operations == [{"inspect": {}}]:
        del spec["output"]
    else:
        # One that somebody deletes is made anew by Argo CD, and runs again.
        spec["output"]["overwrite"] = True
    return spec
