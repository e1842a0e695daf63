"""Plants a secret in each kind of place, as a careless program would. Looks for none."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator

from e2e_support import wait_for
from leaks import collection
from leaks.collection import Content
from leaks.kinds import Words
from operator_scene import Object, Scene

Plant = tuple[str, Iterator[Content]]

PYTHON = "/usr/bin/python3.11"


def everywhere(scene: Scene, words: Words) -> list[Plant]:
    """Plant a secret in an event, a status, a log, an object of the store and its metadata."""
    user = words.values["user"]
    return [
        ("in an event, as it is", _event(scene, user.decode())),
        ("in a status, in base64 among other text", _status(scene, user)),
        ("in a pod's log, in hexadecimal", _log(scene, words.values["owner"].hex())),
        ("in an object, compressed", _object(scene, gzip.compress(b"password: " + user))),
        ("in the metadata of an object, as JSON", _metadata(scene, words)),
    ]


def _only(contents: Iterator[Content], word: str) -> Iterator[Content]:
    return (content for content in contents if word in content[0])


def _event(scene: Scene, text: str) -> Iterator[Content]:
    body: Object = {
        "metadata": {"name": "planted"},
        "involvedObject": {"kind": "Pod", "name": "planted", "namespace": scene.namespace},
        "message": f"cannot open with {text}",
        "reason": "Planted",
        "type": "Warning",
    }
    scene.api.create("events", body, scene.namespace)
    return _only(collection.of_namespace(scene), "events/planted")


def _status(scene: Scene, value: bytes) -> Iterator[Content]:
    scene.start("planted", {**scene.spec(), "suspend": True})
    message = base64.b64encode(b"request: {'password': '" + value + b"'}").decode()
    scene.until("planted", "Suspended")
    change = {"status": {"report": {"location": message}}}
    scene.api.patch("pdfsecurityjobs", "planted", change, scene.namespace, "status")
    return _only(collection.of_namespace(scene), "pdfsecurityjobs/planted")


def _log(scene: Scene, text: str) -> Iterator[Content]:
    image = scene.installation.processor_image
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    user = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {
        "name": "careless",
        "image": image,
        "command": [PYTHON, "-c", f"print('connected with {text}')"],
        "securityContext": confined,
    }
    spec = {"restartPolicy": "Never", "securityContext": user, "containers": [container]}
    scene.api.create("pods", {"metadata": {"name": "planted"}, "spec": spec}, scene.namespace)

    def ended() -> bool:
        pod = scene.api.get("pods", "planted", scene.namespace) or {}
        return bool(pod.get("status", {}).get("phase") == "Succeeded")

    wait_for(ended, "the careless pod has ended")
    return _only(collection.of_namespace(scene), "log of pod planted")


def _object(scene: Scene, content: bytes) -> Iterator[Content]:
    scene.put("planted.gz", content)
    return _only(collection.of_the_store(scene), "object planted.gz")


def _metadata(scene: Scene, words: Words) -> Iterator[Content]:
    value = json.dumps(words.values["wrong"].decode())
    scene.s3.put_object(
        Bucket=scene.bucket, Key="planted.txt", Body=b"", Metadata={"password": value}
    )
    return _only(collection.of_the_store(scene), "metadata of planted.txt")
