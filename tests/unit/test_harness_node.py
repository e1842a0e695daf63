"""What the embedded node is configured with, compiled from and supervised by."""

from __future__ import annotations

import ipaddress
import json
import sys
import tomllib
from pathlib import Path

import pytest
from cryptography import x509

from cluster import addresses, configuration, toolchain
from cluster.certificates import Authority
from cluster.commands import Command, build_commands
from cluster.components import COMPONENTS, IN_PODS, KUBERNETES_VERSION, NODE, Component
from cluster.errors import BuildFailedError, StartFailedError
from cluster.layout import SOURCE, Layout
from cluster.supervisor import Supervisor

LAYOUT = Layout(Path("/state"))
FOLDERS = {name: Path("/cache") / name for name in NODE}


def test_every_component_has_its_locked_modules() -> None:
    """Would break: a build that takes other versions today than yesterday."""
    for component in COMPONENTS.values():
        folder = SOURCE / "components" / component.go_mod_folder
        assert (folder / "go.mod").exists(), component.name
        assert (folder / "go.sum").exists(), component.name


def test_the_version_that_the_server_tells_is_the_one_compiled() -> None:
    """Would break: tests believe to run on another Kubernetes than they do."""
    module = (SOURCE / "components" / "kubernetes" / "go.mod").read_text()
    assert f"k8s.io/kubernetes {KUBERNETES_VERSION} " in module


def test_containerds_configuration_is_toml_with_what_a_restricted_machine_needs() -> None:
    """Would break: no sandbox starts without CAP_SYS_RESOURCE."""
    text = configuration.build_containerd(LAYOUT, Path("/cni"), Path("/cache/runc/runc"))
    plugins = tomllib.loads(text)["plugins"]
    runtime = plugins["io.containerd.cri.v1.runtime"]
    assert runtime["restrict_oom_score_adj"] is True
    assert runtime["cni"]["bin_dirs"] == ["/cni"]
    pinned = plugins["io.containerd.cri.v1.images"]["pinned_images"]
    assert pinned["sandbox"] == addresses.PAUSE_REFERENCE


def test_the_node_has_addresses_for_all_pods_it_may_run() -> None:
    """Would break: the 250th pod waits for an address for ever."""
    block = ipaddress.ip_network(addresses.NODE_POD_NETWORK)
    assert block.num_addresses > 2 * addresses.MAXIMUM_PODS
    assert block.prefixlen == addresses.NODE_POD_PREFIX
    assert block.subnet_of(ipaddress.ip_network(addresses.POD_NETWORK))  # type: ignore[arg-type]
    kubelet = configuration.build_kubelet(LAYOUT)
    assert kubelet["maxPods"] >= 250
    assert kubelet["podPidsLimit"] == 512


def test_nothing_of_the_node_lies_outside_the_state_folder() -> None:
    """Would break: `down` leaves files on the machine."""
    network = json.dumps(configuration.build_pod_network(LAYOUT))
    assert '"dataDir": "/state/' in network
    kubelet = configuration.build_kubelet(LAYOUT)
    for field in ("volumePluginDir", "podLogsDir", "resolvConf", "tlsCertFile"):
        assert kubelet[field].startswith("/state/"), field


@pytest.mark.parametrize(
    ("group", "resource"),
    [("batch", "jobs"), ("pdfsecurity.dev", "anything"), ("networking.k8s.io", "networkpolicies")],
)
def test_writes_that_tests_ask_about_are_audited(group: str, resource: str) -> None:
    """Would break: a test that counts the operator's writes counts none."""
    first = configuration.build_audit_policy()["rules"][0]
    (entry,) = [each for each in first["resources"] if each["group"] == group]
    assert first["level"] == "Metadata"
    assert {"create", "update", "patch", "delete"} <= set(first["verbs"])
    assert resource in entry.get("resources", [resource])


def test_rates_do_not_measure_the_control_plane_instead_of_the_operator() -> None:
    """Would break: every benchmark; the default is 20 requests a second."""
    commands = build_commands(LAYOUT, FOLDERS)
    assert "--kube-api-qps=1000" in commands["kube-controller-manager"].arguments
    scheduler = configuration.build_scheduler(Path("/k"))
    assert scheduler["clientConnection"]["qps"] == 1000


def test_policies_survive_the_death_of_their_enforcer_and_nothing_else_is_hidden() -> None:
    """Would break: policies silently not enforced, or a dead API server taken for slow."""
    commands = build_commands(LAYOUT, FOLDERS)
    assert commands["kube-router"].restarts > 0
    for name in ("etcd", "kube-apiserver", "kubelet", "containerd"):
        assert commands[name].restarts == 0, name


def test_a_component_that_dies_is_named_with_its_last_words(tmp_path: Path) -> None:
    """Would break: whoever waits learns nothing but a timeout."""
    layout = Layout(tmp_path)
    layout.logs.mkdir()
    supervisor = Supervisor(layout, "/usr/bin:/bin")
    supervisor.start(Command("etcd", [sys.executable, "-c", "print('no space'); exit(3)"]))
    with pytest.raises(StartFailedError, match="etcd ended with 3"):
        supervisor.wait_for("readiness", lambda: False, 20)
    assert "no space" in layout.failed.read_text()


def test_a_component_that_may_die_is_restarted_so_often_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: an endless crash loop that looks like a working cluster."""
    monkeypatch.setattr("cluster.supervisor.BACKOFF", 0.01)
    layout = Layout(tmp_path)
    layout.logs.mkdir()
    supervisor = Supervisor(layout, "/usr/bin:/bin")
    supervisor.start(Command("kube-router", ["false"], restarts=2))
    with pytest.raises(StartFailedError, match=r"death 3"):
        supervisor.wait_for("readiness", lambda: False, 20)
    assert len(layout.restarts.read_text().splitlines()) == 2


def test_a_certificate_names_what_was_asked_and_its_authority_is_kept(tmp_path: Path) -> None:
    """Would break: clients refuse the server, or the second start distrusts the first's keys."""
    certificate_file, key_file = Authority(tmp_path).issue(
        "s3", common_name="s3", names=["s3.storage.svc"], addresses=["10.96.0.7"]
    )
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["s3.storage.svc"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.96.0.7")]
    assert key_file.stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "ca.crt").read_bytes()
    assert Authority(tmp_path).certificate_file.read_bytes() == before


def test_a_build_that_fails_leaves_nothing_that_looks_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: half a program is run for ever after an interrupted build."""
    monkeypatch.setenv("PDF_SECURITY_CACHE", str(tmp_path / "cache"))
    compiler = tmp_path / "go" / "bin" / "go"
    compiler.parent.mkdir(parents=True)
    compiler.write_text('#!/bin/sh\nfor a in "$@"; do case $a in */) touch $a/half;; esac; done\n'
                        "echo broken; exit 1\n")  # fmt: skip
    compiler.chmod(0o755)
    monkeypatch.setattr(toolchain, "go_program", lambda: compiler)
    with pytest.raises(BuildFailedError, match="cni did not compile: broken"):
        toolchain.build(["cni"])
    assert list((tmp_path / "cache" / "components").iterdir()) == []


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(Component("cni", ["x"], tags="t"), id="tags"),
        pytest.param(Component("cni", ["x"], cgo=True), id="cgo"),
        pytest.param(Component("cni", ["x"], linker_flags="-X a=b"), id="linker flags"),
        pytest.param(Component("cni", ["x", "y"]), id="packages"),
        pytest.param(Component("cni", ["x"], folder="runc"), id="modules"),
    ],
)
def test_whatever_changes_the_result_changes_the_folder(changed: Component) -> None:
    """Would break: a changed pin takes the old program from the cache."""
    before = toolchain.component_folder(Component("cni", ["x"]))
    assert toolchain.component_folder(changed) != before


def test_what_runs_in_pods_is_a_component() -> None:
    """Would break: `build` without names leaves out what `up` needs, offline."""
    assert set(IN_PODS) <= set(COMPONENTS)
