"""Jobs whose document is behind a URL: from a server in a pod, and nowhere else."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from api_client import AnsweredError, Api
from cluster.certificates import Authority
from documents_server import DOCUMENT, ELSEWHERE, GUARDED
from e2e_support import wait_for, without_class_policies
from images.recipes import PYTHON
from operator_scene import Object, Scene, conditions_of, open_scene
from processor import documents
from product import Installation

pytestmark = pytest.mark.cluster

PORT = 8443
TOKEN = "Geheim-Bearer-3381"
UNLISTED = "https://unlisted.example/in.pdf"
API_SERVER = "https://kubernetes.default.svc"
METADATA = "https://169.254.169.254"
PROGRAM = Path(__file__).parents[1] / "documents_server.py"


@dataclass(frozen=True)
class Server:
    """A pod that serves documents, in a scene whose class lists it."""

    scene: Scene
    origin: str
    document: bytes

    def spec(self, path: str = DOCUMENT, *, url: str = "", **source: object) -> Object:
        """Build a spec: the document to the bucket, its metadata removed."""
        http = {"url": url or f"{self.origin}{path}", **source}
        return self.scene.spec(input={"http": http}, backoffLimit=0)

    def leading_to(self, url: str) -> Object:
        """Build a spec whose URL leads elsewhere."""
        return self.spec(f"{ELSEWHERE}{quote(url, safe='')}")


@pytest.fixture(scope="module")
def server(
    api: Api, installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with open_scene(api, installation, "http") as scene:
        host = f"documents.{scene.namespace}.svc"
        authority = Authority(tmp_path_factory.mktemp("ca"))
        certificate, key = authority.issue("documents", common_name=host, names=[host])
        document = documents.plain()
        scene.add_secret("server", token=TOKEN, **_files(certificate, key))
        _add_server(scene, document)
        bundle = authority.certificate_file.read_text()
        pods = {"podLabels": {"app": "documents"}}
        scene.add_class(
            httpSources=[
                {"url": f"https://{host}:{PORT}", "caBundle": bundle, **pods},
                # What no administrator should list: the processor refuses these all the same.
                {
                    "url": API_SERVER,
                    "namespaceLabels": {"kubernetes.io/metadata.name": "default"},
                    "cidrs": ["10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12"],
                },
                {"url": METADATA, "cidrs": ["169.254.169.254/32"]},
                # Another's address, behind the way to the pods: the network alone holds here.
                {"url": installation.cluster.s3.endpoint, **pods},
            ]
        )
        yield Server(scene, f"https://{host}:{PORT}", document)


def _files(certificate: Path, key: Path) -> dict[str, str]:
    return {"tls.crt": certificate.read_text(), "tls.key": key.read_text()}


def _add_server(scene: Scene, document: bytes) -> None:
    api, namespace = scene.api, scene.namespace
    config_map = {
        "metadata": {"name": "server"},
        "data": {"server.py": PROGRAM.read_text()},
        "binaryData": {"in.pdf": b64encode(document).decode()},
    }
    api.create("configmaps", config_map, namespace)
    service = {
        "metadata": {"name": "documents"},
        "spec": {"selector": {"app": "documents"}, "ports": [{"port": PORT}]},
    }
    api.create("services", service, namespace)
    api.create("pods", _build_pod(scene.installation.processor_image), namespace)

    def is_ready() -> bool:
        pod = api.get("pods", "documents", namespace) or {}
        conditions = pod.get("status", {}).get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    wait_for(is_ready, "the server of documents is ready", 60)


def _build_pod(image: str) -> Object:
    container = {
        "name": "server",
        "image": image,
        "command": [f"/usr/bin/{PYTHON}", "-I", "/program/server.py"],
        "args": ["/program", "/secret", str(PORT)],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "program", "mountPath": "/program"},
            {"name": "secret", "mountPath": "/secret"},
        ],
    }
    user = {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "metadata": {"name": "documents", "labels": {"app": "documents"}},
        "spec": {
            "containers": [container],
            "securityContext": user,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "volumes": [
                {"name": "program", "configMap": {"name": "server"}},
                {"name": "secret", "secret": {"secretName": "server", "defaultMode": 0o440}},
            ],
        },
    }


@pytest.mark.parametrize("guarded", [False, True], ids=["open", "with-token"])
def test_a_document_is_read_from_a_pod(server: Server, guarded: bool) -> None:
    """No document behind a URL could be processed; or its pod could not reach it."""
    name = f"read-{'guarded' if guarded else 'open'}"
    token: Object = {"bearerTokenSecretRef": {"name": "server", "key": "token"}} if guarded else {}
    digest = hashlib.sha256(server.document).hexdigest()
    path = GUARDED if guarded else DOCUMENT
    applied = server.scene.start(name, server.spec(path, digest=f"sha256:{digest}", **token))
    job = server.scene.until(name, "Succeeded", seconds=90)
    assert job["status"]["report"]["input"]["sha256"] == digest
    (pod,) = server.scene.pods_of(applied)
    assert pod["metadata"]["labels"]["pdfsecurity.dev/http-access"] == "true"


@pytest.mark.parametrize(
    ("name", "path", "source", "reason"),
    [
        ("no-token", GUARDED, {}, "AccessDenied"),
        ("not-there", "/none.pdf", {}, "InputNotFound"),
        ("digest", DOCUMENT, {"digest": "sha256:" + "0" * 64}, "DigestMismatch"),
    ],
)
def test_a_source_that_will_never_do_is_told_at_once(
    server: Server, name: str, path: str, source: Object, reason: str
) -> None:
    """A job would be retried for nothing, and its author learn nothing."""
    server.scene.start(name, server.spec(path, **source))
    server.scene.until(name, "Failed", reason, seconds=90)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("unlisted", UNLISTED),
        ("metadata", f"{METADATA}/latest/meta-data/"),
        ("api-server", f"{API_SERVER}/api"),
        ("plain-http", "http://169.254.169.254/latest/meta-data/"),
    ],
)
def test_a_redirection_inside_is_refused(server: Server, name: str, url: str) -> None:
    """A source that was taken over would lead jobs to the node's metadata, or the API server."""
    server.scene.start(f"led-to-{name}", server.leading_to(url))
    job = server.scene.until(f"led-to-{name}", "Failed", "SourceRefused", seconds=90)
    assert "redirects" in _message(job) or "has the address" in _message(job)


@pytest.mark.parametrize(("name", "url"), [("metadata", METADATA), ("api-server", API_SERVER)])
def test_not_even_a_class_opens_what_is_inside(server: Server, name: str, url: str) -> None:
    """A careless class would hand out the node's metadata, or the API server."""
    server.scene.start(f"at-{name}", server.spec(url=f"{url}/in.pdf"))
    job = server.scene.until(f"at-{name}", "Failed", "SourceRefused", seconds=90)
    assert "has the address" in _message(job)


def test_a_pod_that_reads_over_http_reaches_no_store(server: Server) -> None:
    """The broker's own judgement would be all that stands between a URL and the stores."""
    spec = server.spec(url=f"{server.scene.installation.cluster.s3.endpoint}/in.pdf")
    # Only inspected, and reported nowhere: such a pod has no business at the store.
    del spec["output"]
    spec.update(operations=[{"inspect": {}}], activeDeadlineSeconds=35)
    server.scene.start("store", spec)
    job = server.scene.ended("store")
    assert job["status"]["reason"] in ("StorageUnavailable", "BackoffLimitExceeded")
    assert "The connection to" in _message(job)


def test_an_origin_that_is_not_listed_is_refused_at_admission(server: Server) -> None:
    """A job would carry a token to anywhere, until the operator sees it."""
    with pytest.raises(AnsweredError, match=r"httpSources of class") as refused:
        server.scene.start("not-admitted", server.spec(url=UNLISTED))
    assert refused.value.code in (403, 422)


def test_an_origin_that_is_not_listed_is_refused_by_the_operator(server: Server) -> None:
    """A job would carry a token to anywhere where the policies are not installed."""
    scene, spec = server.scene, server.spec(url=UNLISTED)
    with without_class_policies(scene.installation.cluster, lambda: scene.is_accepted(spec)):
        applied = scene.start("not-listed", spec)
        failed = scene.until("not-listed", "Failed", "EndpointNotAllowed")
    assert "input.http.url https://unlisted.example" in _message(failed)
    assert scene.jobs_of(applied) == []


def _message(job: Object) -> str:
    message: str = conditions_of(job)["Failed"]["message"]
    return message
