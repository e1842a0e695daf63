"""The cluster that every other end-to-end test stands on: is it what it says it is?"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster, addresses, canary, ensure_up, images, machine
from cluster.embedded import Embedded
from cluster.fake_nodes import PLACEMENT, fake_nodes
from cluster.storage import make_volume
from demo.stage import connect

pytestmark = pytest.mark.cluster

AT_ONCE = 100
"""Jobs: as many as the product's own tests run at once."""

RESTRICTED: dict[str, Any] = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}

takes_the_cluster_down = pytest.mark.skipif(
    "PDF_SECURITY_HARNESS_KILL" not in os.environ,
    reason="takes the shared cluster down: set PDF_SECURITY_HARNESS_KILL=1 and run it alone",
)


@pytest.fixture(scope="module")
def harness() -> Cluster:
    return ensure_up()


@pytest.fixture(scope="module")
def probe(harness: Cluster) -> str:
    return harness.load_image(images.probe_image())


@pytest.fixture
def namespace(harness: Cluster) -> Iterator[str]:
    name = f"harness-{uuid.uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    document = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels},
    }
    _apply(harness, document)
    yield name
    harness.kubectl("delete", "namespace", name, "--wait=false")


def _apply(harness: Cluster, document: dict[str, Any]) -> None:
    harness.kubectl("apply", "-f", "-", input=json.dumps(document))


def build_job(name: str, namespace: str, image: str, *call: str) -> dict[str, Any]:
    """Return a Job as hard as the product's."""
    container = {
        "name": "probe",
        "image": image,
        "imagePullPolicy": "Never",
        "args": list(call),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "hostUsers": False,
        "automountServiceAccountToken": False,
        "securityContext": RESTRICTED,
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def test_the_node_is_ready_and_of_the_version_that_the_harness_names(harness: Cluster) -> None:
    """Would break: everything."""
    (node,) = json.loads(harness.kubectl("get", "nodes", "-o", "json"))["items"]
    conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
    assert conditions["Ready"] == "True"
    assert int(node["status"]["allocatable"]["pods"]) >= 250 or harness.provider.name != "embedded"


def test_a_hardened_job_runs_in_a_user_namespace_of_its_own(
    harness: Cluster, namespace: str, probe: str
) -> None:
    """Would break: a runtime that ignores `hostUsers: false` silently, as containerd 1.6 does."""
    _apply(harness, build_job("mapped", namespace, probe, "uid_map"))
    harness.kubectl(
        "wait", "job/mapped", "-n", namespace, "--for=condition=complete", "--timeout=60s"
    )
    inside, outside, count = map(
        int, harness.kubectl("logs", "job/mapped", "-n", namespace).split()
    )
    assert inside == 0
    assert outside >= 65536
    assert count == 65536


def test_network_policies_are_enforced(harness: Cluster) -> None:
    """Would break: every test of isolation passes for the wrong reason, or fails."""
    assert canary.prove(harness.provider).gap_milliseconds < canary.GAP_MILLISECONDS


def test_objects_go_into_s3_and_come_back_from_this_machine(harness: Cluster) -> None:
    """Would break: tests cannot hand documents to the product."""
    client = connect(harness.s3)
    bucket, content = f"harness-{uuid.uuid4().hex[:8]}", os.urandom(3_000_000)
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="in/a b.pdf", Body=content, Metadata={"kept": "yes"})
    answer = client.get_object(Bucket=bucket, Key="in/a b.pdf")
    assert answer["Body"].read() == content
    # The posix backend keeps metadata in extended attributes, which not every file system has.
    assert answer["Metadata"] == {"kept": "yes"}
    client.delete_object(Bucket=bucket, Key="in/a b.pdf")
    client.delete_bucket(Bucket=bucket)
    client.close()


def test_pods_reach_s3_and_dns(harness: Cluster, namespace: str, probe: str) -> None:
    """Would break: the product reaches no endpoint."""
    dns = harness.kubectl(
        "get", "service", "kube-dns", "-n", "kube-system", "-o", "jsonpath={.spec.clusterIP}"
    )
    for name, address, port in (("s3", harness.s3.cluster_ip, "7070"), ("dns", dns, "53")):
        _apply(harness, build_job(name, namespace, probe, address, port, "5000"))
        harness.kubectl(
            "wait", f"job/{name}", "-n", namespace, "--for=condition=complete", "--timeout=60s"
        )


def test_the_clusters_dns_knows_s3(harness: Cluster) -> None:
    """Would break: endpoints are names, and the certificate is for the name."""
    if not harness.provider.reaches_service_addresses():
        pytest.skip("this machine does not reach the cluster's DNS server")
    labels = ["s3", "storage", "svc", "cluster", "local"]
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    # RFC 1035: one question, recursion desired, type A, class IN.
    question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(5)
        connection.sendto(question, (addresses.DNS_SERVICE_ADDRESS, 53))
        answer = connection.recv(512)
    assert socket.inet_aton(harness.s3.cluster_ip) in answer


def test_a_file_in_a_volume_is_seen_on_both_sides(
    harness: Cluster, namespace: str, probe: str
) -> None:
    """Would break: documents on volumes; user namespaces shift who owns them."""
    volume = make_volume(harness.provider, "documents", namespace)
    volume.write("in/list", b"from the host\n")
    job = build_job("reads", namespace, probe, "copy", "/documents/in/list", "/documents/out")
    pod = job["spec"]["template"]["spec"]
    claim = {"claimName": volume.claim}
    pod["volumes"] = [{"name": "documents", "persistentVolumeClaim": claim}]
    pod["containers"][0]["volumeMounts"] = [{"name": "documents", "mountPath": "/documents"}]
    _apply(harness, job)
    harness.kubectl(
        "wait", "job/reads", "-n", namespace, "--for=condition=complete", "--timeout=60s"
    )
    copied = volume.folder / "out"
    assert copied.read_bytes() == b"from the host\n"
    # As the pod's own user, although its user namespace has other numbers.
    assert copied.stat().st_uid == 65532


def test_writes_of_jobs_are_in_the_audit_log(harness: Cluster, namespace: str, probe: str) -> None:
    """Would break: tests that count what the operator writes."""
    if harness.provider.name != "embedded":
        pytest.skip("only the embedded cluster keeps an audit log")
    _apply(harness, build_job("audited", namespace, probe, "uid_map"))
    deadline = time.monotonic() + 10
    while not _was_created(harness.layout.audit_log, namespace, "audited"):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _was_created(log: Path, namespace: str, name: str) -> bool:
    events = [json.loads(line) for line in log.read_text().splitlines()]
    wanted = ("create", "jobs", namespace, name)
    return any(
        (event["verb"], target.get("resource"), target.get("namespace"), target.get("name"))
        == wanted
        for event in events
        for target in [event.get("objectRef", {})]
    )


def test_a_hundred_jobs_at_once_complete(harness: Cluster, namespace: str, probe: str) -> None:
    """Would break: load tests for lack of addresses, process numbers or user namespaces."""
    jobs = [build_job(f"load-{n}", namespace, probe, "uid_map") for n in range(AT_ONCE)]
    _apply(harness, {"apiVersion": "v1", "kind": "List", "items": jobs})
    harness.kubectl(
        "wait", "jobs", "--all", "-n", namespace, "--for=condition=complete", "--timeout=240s",
        seconds=300,
    )  # fmt: skip


def test_fake_nodes_complete_jobs_without_running_them(
    harness: Cluster, namespace: str, probe: str
) -> None:
    """Would break: benchmarks, which would measure the container runtime."""
    with fake_nodes(harness, 2) as names:
        # It would fail if it ran.
        job = build_job("fake", namespace, probe, "no such deed")
        job["spec"]["template"]["spec"].update(PLACEMENT)
        _apply(harness, job)
        harness.kubectl(
            "wait", "job/fake", "-n", namespace, "--for=condition=complete", "--timeout=60s"
        )
        placed = harness.kubectl(
            "get", "pods", "-n", namespace, "-o", "jsonpath={.items[*].spec.nodeName}"
        )
        assert placed in names


def test_a_second_up_takes_the_cluster_that_runs(harness: Cluster) -> None:
    """Would break: each command of a demonstration starts from nothing."""
    begun = time.monotonic()
    assert ensure_up().s3 == harness.s3
    assert time.monotonic() - begun < 15


@takes_the_cluster_down
def test_the_death_of_a_component_is_told(harness: Cluster) -> None:
    """Would break: tests time out instead of naming the component that died."""
    assert isinstance(harness.provider, Embedded)
    (etcd,) = [
        pid for pid, line in _traces(harness.layout.state).items() if "/etcd --data-dir=" in line
    ]
    os.kill(etcd, signal.SIGKILL)
    assert machine.wait_until(harness.layout.failed.exists, 10)
    assert harness.layout.failed.read_text().startswith("etcd ended with -9")
    assert not harness.provider.is_up()
    # And the next `up` starts over.
    assert ensure_up().provider.is_up()


@takes_the_cluster_down
def test_killing_process_1_leaves_nothing_and_the_next_up_clears_its_files() -> None:
    """Would break: a killed test run leaves a machine on which no cluster starts any more."""
    harness = ensure_up()
    before = _network_and_mounts()
    pids = machine.find_processes(harness.layout)
    os.kill(max(pids), signal.SIGKILL)
    assert machine.wait_until(lambda: not _traces(harness.layout.state), 20), _traces(
        harness.layout.state
    )
    assert machine.wait_until(lambda: machine.cable_owner() is None, 20)
    assert before != _network_and_mounts()
    again = ensure_up()
    assert again.provider.is_up()
    again.provider.down()
    assert not again.layout.state.exists()
    assert not any(
        (folder / name).exists()
        for folder in machine.CGROUPS.glob("*")
        for name in machine.CGROUP_FOLDERS
    )
    assert addresses.HOST_INTERFACE not in _network_and_mounts()
    assert str(harness.layout.state) not in _network_and_mounts()
    ensure_up()


def _network_and_mounts() -> str:
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
    return routes + Path("/proc/self/mountinfo").read_text()


def _traces(state: Path) -> dict[int, str]:
    """Return the processes that name the state folder, and how."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if f"{state}/" in line or line.endswith(f"{state} "):
                found[int(entry.name)] = line
    return found
