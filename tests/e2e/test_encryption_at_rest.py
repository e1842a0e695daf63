"""Jobs and classes that ask for encryption at rest, at the cluster's store, which has none."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import pytest

from api_client import Api
from operator_scene import Object, Scene, conditions_of, open_scene
from processor import documents
from product import Installation, build_class

pytestmark = pytest.mark.cluster

KEY = b"Geheim-8173-of-thirty-two-bytes!"
SSE_C: Object = {"type": "SSE-C", "customerKeySecretRef": {"name": "at-rest", "key": "key"}}


@pytest.fixture(scope="module")
def scene(api: Api, installation: Installation) -> Iterator[Scene]:
    """Give a scene whose own class asks for nothing, and another that asks for SSE-S3."""
    with open_scene(api, installation, "at-rest") as made:
        made.add_class()
        (store,) = build_class(installation)["spec"]["storageEndpoints"]
        encrypting = {**store, "serverSideEncryption": {"type": "SSE-S3"}}
        made.add_class(_class_of(made), storageEndpoints=[encrypting])
        made.add_secret("at-rest", key=b64encode(KEY).decode(), other="not to be mounted")
        made.put("plain.pdf", documents.plain())
        yield made


def _class_of(scene: Scene) -> str:
    return f"{scene.namespace}-encrypting"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("store-key", {"type": "SSE-S3"}), ("kms", {"type": "SSE-KMS"}), ("customer-key", SSE_C)],
)
def test_a_store_without_encryption_fails_the_job(scene: Scene, name: str, wanted: Object) -> None:
    """A document would lie in the store as it is; or a customer's key not reach the pod."""
    place = scene.at(f"{name}.pdf", serverSideEncryption=wanted)
    scene.start(name, scene.spec(output=place))
    job = scene.until(name, "Failed", "OutputNotEncrypted", seconds=90)
    assert "nothing of the document was sent" in _message(job)
    assert f"{name}.pdf" not in scene.objects()


def test_of_the_key_one_key_is_mounted(scene: Scene) -> None:
    """A pod would hold keys that it has no use for, or show them."""
    place = scene.at("mounted.pdf", serverSideEncryption=SSE_C)
    applied = scene.start("mounted", scene.spec(output=place))
    scene.ended("mounted")
    (pod,) = scene.pods_of(applied)
    (projected,) = (each["projected"] for each in pod["spec"]["volumes"] if "projected" in each)
    mounted = {
        item["path"]
        for source in projected["sources"]
        for item in source["secret"]["items"]
        if source["secret"]["name"] == "at-rest"
    }
    assert mounted == {"at-rest/key"}
    assert b64encode(KEY).decode() not in str(pod)


def test_the_classs_encryption_applies(scene: Scene) -> None:
    """A job that says nothing would put documents where its class wants none unencrypted."""
    scene.start("by-class", scene.spec(target="by-class.pdf", className=_class_of(scene)))
    scene.until("by-class", "Failed", "OutputNotEncrypted", seconds=90)
    assert "by-class.pdf" not in scene.objects()


def test_another_encryption_than_the_classs_is_refused(scene: Scene) -> None:
    """A job would choose a key that the administrator does not hold."""
    place = scene.at("refused.pdf", serverSideEncryption=SSE_C)
    applied = scene.start("refused", scene.spec(output=place, className=_class_of(scene)))
    job = scene.until("refused", "Failed", "EncryptionNotAllowed")
    assert "could not read it" in _message(job)
    assert scene.jobs_of(applied) == []


def _message(job: Object) -> str:
    message: str = conditions_of(job)["Failed"]["message"]
    return message
