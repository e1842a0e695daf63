"""Documents and places that are not what a job needs: said plainly, once, and nothing harmed.

All jobs are started at once; each row of the table is judged when its own has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from api_client import Api
from cluster.storage import Volume, make_volume
from faults.row import Row
from operator_scene import Object, Scene, conditions_of, open_scene
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster

LARGE_BYTES = 3 * 1024**2


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "plain.pdf": documents.plain,
    "encrypted.pdf": lambda: documents.encrypted(user="reader"),
    "no.pdf": lambda: b"PK\x03\x04 not a PDF at all" * 64,
    "empty.pdf": lambda: b"",
    "truncated.pdf": lambda: documents.plain(20)[:900],
    "large.pdf": lambda: documents.incompressible(LARGE_BYTES),
    "taken.pdf": lambda: b"somebody's own",
    "replaced.pdf": lambda: b"out of date",
}


@dataclass(frozen=True)
class Case:
    """How a job must end, what its message must name, and what is different in its spec."""

    reason: str
    words: str
    spec: Callable[[Scene], Object]


def _with(source: str = "plain.pdf", **changes: Any) -> Callable[[Scene], Object]:
    return lambda scene: scene.spec(source, **changes)


def _claim(path: str) -> Object:
    return {"persistentVolumeClaim": {"claimName": "documents", "path": path}}


WRONG_PASSWORD = [{"decrypt": {"passwordSecretRef": {"name": "passwords", "key": "wrong"}}}]

CASES = {
    "not-a-pdf": Case("NotAPdf", "not a PDF", _with("no.pdf")),
    "empty": Case("InputEmpty", "empty.pdf is empty", _with("empty.pdf")),
    "truncated": Case("InputDamaged", "repair", _with("truncated.pdf")),
    "wrong-password": Case(
        "WrongPassword",
        "decrypt operation does not open",
        _with("encrypted.pdf", operations=WRONG_PASSWORD),
    ),
    "no-decrypt": Case("PasswordRequired", "add a decrypt operation", _with("encrypted.pdf")),
    "no-object": Case("InputNotFound", "none-such.pdf", _with("none-such.pdf")),
    "no-bucket": Case(
        "InputNotFound",
        "'none-such'",
        lambda scene: scene.spec(input=scene.at("plain.pdf", bucket="none-such")),
    ),
    "no-output-bucket": Case(
        "OutputNotFound",
        "'none-such'",
        lambda scene: scene.spec(output=scene.at("out.pdf", bucket="none-such")),
    ),
    "no-file": Case(
        "InputNotFound",
        "'in/none-such.pdf'",
        lambda scene: scene.spec(input=_claim("in/none-such.pdf")),
    ),
    "output-exists": Case("OutputExists", "taken.pdf exists already", _with(target="taken.pdf")),
    "scratch-full": Case("ScratchFull", "scratch size", _with("large.pdf", scratchSize="1Mi")),
    "too-large": Case(
        "InputTooLarge",
        "larger than 1048576 bytes",
        lambda scene: scene.spec("large.pdf", className=f"{scene.namespace}-small"),
    ),
    "no-access": Case(
        "AccessDenied",
        "Secret 'strangers'",
        lambda scene: scene.spec(
            input=scene.at("plain.pdf", credentialsSecretRef={"name": "strangers"})
        ),
    ),
}


@dataclass(frozen=True)
class Table:
    """All jobs of the table, started."""

    scene: Scene
    volume: Volume
    objects: dict[str, Object]
    """What lay in the bucket before: digest and time of each object."""


@pytest.fixture(scope="module")
def table(api: Api, installation: Installation) -> Iterator[Table]:
    with open_scene(api, installation, "bad-input") as scene:
        scene.add_class()
        scene.add_class(f"{scene.namespace}-small", bounds={"inputSize": "1Mi"})
        scene.add_secret("passwords", wrong="wrong-password")
        scene.add_secret("strangers", accessKeyId="stranger", secretAccessKey="no-key")
        volume = make_volume(installation.cluster.provider, "documents", scene.namespace)
        volume.write("in/plain.pdf", documents.plain())
        for name, content in DOCUMENTS.items():
            scene.put(name, content())
        before = _objects(scene)
        for name, case in CASES.items():
            spec = case.spec(scene)
            if name not in ("output-exists", "no-output-bucket"):
                spec["output"] = scene.at(f"of-{name}.pdf")
            scene.start(name, spec)
        overwriting = scene.spec(target="replaced.pdf")
        overwriting["output"]["overwrite"] = True
        scene.start("overwritten", overwriting)
        yield Table(scene, volume, before)


def _objects(scene: Scene) -> dict[str, Object]:
    found = scene.s3.list_objects_v2(Bucket=scene.bucket)["Contents"]
    return {entry["Key"]: {"etag": entry["ETag"], "at": entry["LastModified"]} for entry in found}


@pytest.mark.fault("31", "it can never succeed", "fails with the reason, and is not retried")
@pytest.mark.parametrize("name", CASES)
def test_it_fails_once_with_a_reason_that_names_the_thing(
    table: Table, name: str, fault: Row
) -> None:
    """Would break: what can never succeed is retried for ever, or nobody learns what is wrong."""
    case = CASES[name]
    failed = table.scene.ended(name, 120)
    assert failed["status"]["reason"] == case.reason, failed["status"]
    conditions = conditions_of(failed)
    for kind in ("Failed", "Stalled"):
        assert conditions[kind]["status"] == "True"
        assert conditions[kind]["reason"] == case.reason
        assert conditions[kind]["observedGeneration"] == 1
    assert case.words in conditions["Failed"]["message"]
    assert table.scene.events_of(failed, case.reason)[-1] == ("Warning", case.reason)
    assert failed["status"]["attempts"] == 1
    fault.see(f"{case.reason}: {conditions['Failed']['message']}")
    assert len(table.scene.pods_of(failed)) == 1


def test_an_output_that_may_be_replaced_is(table: Table) -> None:
    """Would break: `overwrite: true` says nothing; the table's refusals would pass all the same."""
    done = table.scene.until("overwritten", "Succeeded", seconds=120)
    content = table.scene.s3.get_object(Bucket=table.scene.bucket, Key="replaced.pdf")["Body"]
    assert done["status"]["report"]["output"]["bytes"] == len(content.read())


def test_inputs_stay_as_they_were_and_no_output_appears(table: Table) -> None:
    """Would break: an author's only copy is changed by a job that failed."""
    for name in CASES:
        table.scene.ended(name, 120)
    table.scene.until("overwritten", "Succeeded", seconds=120)
    after = _objects(table.scene)
    assert after.keys() == table.objects.keys()
    changed = {key for key in after if after[key] != table.objects[key]}
    assert changed == {"replaced.pdf"}
    files = {path.name for path in table.volume.folder.rglob("*") if path.is_file()}
    assert files == {"plain.pdf"}
    assert "Uploads" not in table.scene.s3.list_multipart_uploads(Bucket=table.scene.bucket)
