"""Which cluster the harness chooses, and what it refuses before it touches the machine."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from cluster import machine, provider, state
from cluster.embedded import Embedded
from cluster.errors import ClusterError, RefusedError, UnsupportedError
from cluster.existing import Existing
from cluster.kind import Kind, build_configuration
from cluster.layout import Layout
from cluster.oci import ImageConfig, layer_of_files, write_archive


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLUSTER", "CONTEXT", "REGISTRY"):
        monkeypatch.delenv(f"PDF_SECURITY_{name}", raising=False)
    monkeypatch.setenv("PDF_SECURITY_CLUSTER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PDF_SECURITY_CACHE", str(tmp_path / "cache"))


def _program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> Path:
    """Put a program first on the PATH; it may record its calls in the file that is returned."""
    folder, calls = tmp_path / "programs", tmp_path / f"{name}.calls"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n{script}\n')
    file.chmod(0o755)
    if str(folder) not in os.environ["PATH"]:
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return calls


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("exit 0", "kind", id="answers and pulls"),
        pytest.param("exit 1", "embedded", id="no daemon"),
        pytest.param('[ "$1" = info ]', "embedded", id="answers but cannot pull"),
    ],
)
def test_auto_takes_kind_only_where_docker_can_pull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, expected: str
) -> None:
    """Would break: `make test` on a machine whose Docker reaches no registry."""
    _program(tmp_path, monkeypatch, "docker", script)
    assert provider.select().name == expected


def test_a_docker_that_hangs_with_a_child_counts_as_none_within_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: everything that asks for a cluster hangs with a dead daemon."""
    _program(tmp_path, monkeypatch, "docker", "sleep 60 & wait")
    begun = time.monotonic()
    assert not provider.docker_can_pull(1.0)
    assert time.monotonic() - begun < 3
    assert provider.QUESTION_SECONDS <= 10


def test_auto_stays_with_the_cluster_that_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: `down` looks for a kind cluster while an embedded one runs."""
    calls = _program(tmp_path, monkeypatch, "docker", "exit 0")
    layout = Layout(tmp_path / "state")
    layout.state.mkdir()
    layout.specification.write_text(json.dumps({"provider": "embedded"}))
    assert provider.select().name == "embedded"
    assert not calls.exists()


def test_a_provider_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    """Would break: a typing error in a variable chooses silently."""
    with pytest.raises(UnsupportedError, match="embedded, existing, kind"):
        provider.select("minikube")


def test_the_embedded_cluster_refuses_a_user_who_is_not_root(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Would break: half a cluster, and a trace."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RefusedError, match="needs root") as refused:
        provider.select("embedded").up()
    assert "kind" in refused.value.next_step
    assert "existing" in refused.value.next_step


def test_the_embedded_cluster_refuses_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would break: an obscure error of a missing program on a Mac."""
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(RefusedError, match="Linux only"):
        machine.refuse_if_impossible()


@pytest.mark.parametrize(("script", "name"), [("exit 1", "unshare")], ids=["no permission"])
def test_the_embedded_cluster_refuses_where_no_namespaces_may_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, name: str
) -> None:
    """Would break: containers without privileges learn of it from kubelet's log."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _program(tmp_path, monkeypatch, name, script)
    with pytest.raises(RefusedError, match="no new namespaces"):
        machine.refuse_if_impossible()


def test_a_folder_with_other_files_is_never_taken_for_a_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: PDF_SECURITY_CLUSTER_STATE=$HOME, and `down` removes the home folder."""
    monkeypatch.setattr(machine, "refuse_if_impossible", lambda: None)
    (tmp_path / "state").mkdir()
    precious = tmp_path / "state" / "precious"
    precious.touch()
    with pytest.raises(RefusedError, match="not a folder that this harness made"):
        Embedded(Layout(tmp_path / "state")).down()
    assert precious.exists()


@pytest.mark.parametrize("kind", [Embedded, Kind, Existing])
def test_no_provider_takes_the_folder_of_anothers_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[provider.Provider]
) -> None:
    """Would break: the files of a running cluster are removed, and it runs on without them."""
    monkeypatch.setattr(machine, "refuse_if_impossible", lambda: None)
    calls = _program(tmp_path, monkeypatch, "kind", "exit 0")
    layout = Layout(tmp_path / "state")
    state.make(layout, "other")
    layout.specification.write_text(json.dumps({"provider": "other"}))
    with pytest.raises(RefusedError, match="belongs to a cluster of the provider other"):
        kind(layout).down()
    assert layout.specification.exists()
    assert not calls.exists()


def test_the_existing_cluster_is_never_the_current_context_by_silence() -> None:
    """Would break: tests run on the cluster that someone looked at last."""
    with pytest.raises(RefusedError, match="PDF_SECURITY_CONTEXT is not set"):
        provider.select("existing").up()


def _archive(tmp_path: Path) -> tuple[Path, str]:
    archive = tmp_path / "image.tar"
    layer = layer_of_files({"a": (b"", 0o755)})
    return archive, write_archive(archive, "localhost/pdf/probe:1", [layer], ImageConfig())


def test_the_existing_cluster_gets_images_through_the_registry_that_the_user_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: the digest of the pushed image is not the one in the pod."""
    archive, digest = _archive(tmp_path)
    calls = _program(tmp_path, monkeypatch, "skopeo", "exit 0")
    cluster = Existing(Layout(tmp_path / "state"))
    with pytest.raises(RefusedError, match="PDF_SECURITY_REGISTRY is not set"):
        cluster.load_image(archive)
    monkeypatch.setenv("PDF_SECURITY_REGISTRY", "localhost:5000/team/")
    assert cluster.load_image(archive) == f"localhost:5000/team/probe@{digest}"
    assert calls.read_text().split() == [
        "copy",
        "--preserve-digests",
        f"oci-archive:{archive}",
        "docker://localhost:5000/team/probe:1",
    ]


def test_the_existing_cluster_says_what_a_volume_would_take(tmp_path: Path) -> None:
    """Would break: a hostPath volume on a node of someone else's."""
    with pytest.raises(UnsupportedError, match="embedded or kind"):
        Existing(Layout(tmp_path)).volume_folder("x")


def test_kind_names_a_loaded_image_by_its_digest_on_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: pods that name a digest would try to pull it."""
    archive, digest = _archive(tmp_path)
    loads = _program(tmp_path, monkeypatch, "kind", "exit 0")
    tags = _program(tmp_path, monkeypatch, "docker", "exit 0")
    reference = Kind(Layout(tmp_path / "state")).load_image(archive)
    assert reference == f"localhost/pdf/probe@{digest}"
    assert loads.read_text().split() == ["load", "image-archive", str(archive), "--name",
                                         "pdf-security"]  # fmt: skip
    assert tags.read_text().split()[-2:] == ["localhost/pdf/probe:1", reference]


def test_kind_shares_the_folder_of_volumes_and_publishes_the_s3_port(tmp_path: Path) -> None:
    """Would break: tests on this machine would reach neither."""
    (node,) = build_configuration(tmp_path)["nodes"]
    assert node["extraMounts"] == [{"hostPath": str(tmp_path), "containerPath": "/volumes"}]
    assert node["extraPortMappings"][0]["hostPort"] == provider.S3_NODE_PORT
    assert Kind(Layout(tmp_path)).volume_folder("a").on_node == Path("/volumes/a")


@pytest.mark.parametrize(
    ("state_folder", "cache", "said"),
    [
        pytest.param("/var/tmp/s", "/var/lib/x/cache", "hidden from the node", id="hidden cache"),
        pytest.param("/run/s", "/root/cache", "hidden from the node", id="hidden state"),
        pytest.param(f"/var/tmp/{'s' * 60}", "/root/cache", "too long", id="long state"),
    ],
)
def test_folders_that_the_node_could_not_use_are_refused(
    monkeypatch: pytest.MonkeyPatch, state_folder: str, cache: str, said: str
) -> None:
    """Would break: the node's programs or sockets are not there, each with its own obscure log."""
    monkeypatch.setattr(machine, "refuse_if_impossible", lambda: None)
    monkeypatch.setenv("PDF_SECURITY_CACHE", cache)
    with pytest.raises(ClusterError, match=said):
        Embedded(Layout(Path(state_folder))).up()
