"""How the API server is reached, by the kubeconfig alone, and what is said where it is not."""

from __future__ import annotations

import json
import stat
import subprocess
import time
from pathlib import Path

import pytest

from cluster.certificates import Authority
from controlplane import control_plane
from controlplane.operator_process import build_job
from controlplane.ports import free_ports
from faults.proxy import FaultProxy
from faults.rules import Kind
from plugin.conftest import Place
from plugin.person import (
    COMPLETER,
    PROGRAM,
    Object,
    Person,
    build_kubeconfig,
    write_kubeconfig,
)


def person_with(place: Place, user: Object, folder: Path, **changes: object) -> Person:
    """Give somebody whose kubeconfig says who he is in another way."""
    document = build_kubeconfig(
        str(changes.pop("server", place.plane.server)),
        Path(str(changes.pop("authority", place.plane.authority_file))),
        place.namespace,
        user,
        **changes,
    )
    return Person(write_kubeconfig(folder / "config", document), place.namespace, "no-token")


def credential_plugin(folder: Path, body: str) -> Object:
    """Write an exec credential plugin; return the user that has it."""
    script = folder / "plugin"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(script),
            "interactiveMode": "Never",
        }
    }


def test_a_credential_plugin_says_who_one_is(place: Place, viewer: Person, tmp_path: Path) -> None:
    """Nobody whose cluster is a cloud's could use it."""
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": viewer.token},
    }
    user = credential_plugin(tmp_path, f"cat <<'END'\n{json.dumps(answer)}\nEND")
    ended = person_with(place, user, tmp_path).run("top", "--json")
    assert (ended.status, ended.document) == (0, []), ended.err


def test_a_credential_plugin_that_fails(place: Place, tmp_path: Path) -> None:
    """The request would go on as nobody, and be refused for a right that is not missing."""
    user = credential_plugin(tmp_path, "echo session expired >&2; exit 3")
    ended = person_with(place, user, tmp_path).run("top")
    assert (ended.status, ended.out) == (6, "")
    assert "session expired" in ended.err
    assert "log in anew" in ended.err


def test_a_certificate_says_who_one_is(place: Place, tmp_path: Path) -> None:
    """Users by certificate would be nobody."""
    certificate, key = place.plane.client_certificate("jane", ["system:masters"])
    user = {"client-certificate": str(certificate), "client-key": str(key)}
    person = person_with(place, user, tmp_path)
    assert person.run("top").status == 0
    # Acting as another, one has that one's rights and no others.
    acting = person.run("top", "--as=bob")
    assert acting.status == 6
    assert 'user "bob" may not list' in acting.err


@pytest.mark.parametrize(
    ("changes", "arguments", "status", "words"),
    [
        pytest.param({"token": "expired"}, (), 6, "have expired; log in anew", id="expired"),
        pytest.param({}, ("--context=there",), 2, "no context there; it has here", id="context"),
        pytest.param({}, ("--request-timeout=soon",), 2, "is no duration", id="duration"),
        pytest.param({}, ("--as-group=g",), 2, "needs --as", id="group"),
        pytest.param({}, ("-n", "others"), 6, "in the namespace others", id="namespace"),
    ],
)
def test_what_is_wrong_is_named(
    place: Place,
    viewer: Person,
    tmp_path: Path,
    changes: dict[str, str],
    arguments: tuple[str, ...],
    status: int,
    words: str,
) -> None:
    """A person would search for what is wrong with his kubeconfig, his line or his rights."""
    person = person_with(place, {"token": changes.get("token", viewer.token)}, tmp_path)
    ended = person.run("top", *arguments)
    assert (ended.status, ended.out) == (status, "")
    assert words in ended.err


def test_no_kubeconfig(viewer: Person) -> None:
    """It would end in a traceback, or ask localhost."""
    ended = viewer.run("top", KUBECONFIG="/nowhere/config")
    assert ended.status == 2
    assert "name yours in KUBECONFIG" in ended.err


def test_two_kubeconfigs_are_one(place: Place, viewer: Person, tmp_path: Path) -> None:
    """Contexts of the second file in KUBECONFIG would not be there."""
    first = write_kubeconfig(tmp_path / "first", {"apiVersion": "v1", "kind": "Config"})
    del place
    both = f"{first}:{viewer.kubeconfig}"
    assert viewer.run("top", "--context=here", KUBECONFIG=both).status == 0


def test_nobody_answers(place: Place, viewer: Person, tmp_path: Path) -> None:
    """An outage would look like a fault of the program, or be waited for without end."""
    [port] = free_ports(1)
    server = f"https://127.0.0.1:{port}"
    person = person_with(place, {"token": viewer.token}, tmp_path, server=server)
    ended = person.run("watch", "one")
    assert ended.status == 7
    assert f"{server} of the context here cannot be reached" in ended.err


def test_a_server_that_is_another(place: Place, viewer: Person, tmp_path: Path) -> None:
    """A token would be given to whoever answers at the address."""
    stranger = Authority(tmp_path / "stranger").certificate_file
    person = person_with(place, {"token": viewer.token}, tmp_path, authority=stranger)
    ended = person.run("top")
    assert ended.status == 7
    assert "check certificate-authority" in ended.err


def test_a_proxy_of_the_environment(viewer: Person) -> None:
    """Behind a company's proxy nothing would be reached; and within, all would go out to it."""
    [port] = free_ports(1)
    away = f"http://127.0.0.1:{port}"
    assert viewer.run("top", HTTPS_PROXY=away).status == 7
    assert viewer.run("top", HTTPS_PROXY=away, NO_PROXY="127.0.0.1").status == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param({"kind": Kind.DELAY, "seconds": 20.0}, "cannot be reached", id="slow"),
        pytest.param({"kind": Kind.ANSWER, "status": 429}, "try again", id="overloaded"),
        pytest.param({"kind": Kind.RESET}, "cannot be reached", id="reset"),
    ],
)
def test_a_server_that_is_unwell(
    place: Place, proxy: FaultProxy, fault: dict[str, object], words: str
) -> None:
    """One answer that does not come would hold a pipeline for ever."""
    proxy.add(path="/pdfsecurityjobs", **fault)  # type: ignore[arg-type]
    begun = time.monotonic()
    ended = place.person("viewer", proxy.server).run("report", "one", "--request-timeout=2s")
    assert ended.status == 7
    assert words in ended.err
    assert time.monotonic() - begun < 15


def test_a_cluster_without_the_operator(tmp_path: Path) -> None:
    """Whoever chose the wrong context would be told that a job is not there."""
    with control_plane(tmp_path / "plane", fake_nodes=0) as plane:
        person = Person(plane.kubeconfig, "default", "no-token")
        ended = person.run("explain", "one")
    assert ended.status == 6
    assert "kubectl apply -k manifests/base" in ended.err


def test_kubectl_runs_it_and_completes_it(place: Place, viewer: Person) -> None:
    """`kubectl pdfsec` would be no command, and Tab would know no job."""
    place.create(build_job("contract-7", place.namespace, suspend=True))
    kubectl = place.plane.kubectl_path
    environment = {"PATH": f"{PROGRAM.parent}:/usr/bin:/bin", "KUBECONFIG": str(viewer.kubeconfig)}

    def asked(*words: str) -> str:
        done = subprocess.run(
            [kubectl, *words], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "contract-7" in asked("pdfsec", "report", "contract-7", "--json")
    completions = asked("__complete", "pdfsec", "explain", "con")
    assert completions.splitlines()[0].startswith("contract-7\t")
    assert "explain" in asked("__complete", "pdfsec", "ex")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("report", "--context", ""), "here", id="contexts"),
        pytest.param(("submit", "--dry-run", "s"), "server", id="values"),
        pytest.param(("watch", "--all"), "--all-namespaces", id="options"),
    ],
)
def test_words_are_completed(viewer: Person, words: tuple[str, ...], expected: str) -> None:
    """Tab would offer nothing, or files."""
    ended = viewer.run(*words, program=COMPLETER)
    assert [line.split("\t")[0] for line in ended.lines] == [expected, ":4"]


def test_completion_says_no_error(place: Place, tmp_path: Path) -> None:
    """Without a cluster, Tab would write an error into the line that is being typed."""
    [port] = free_ports(1)
    server = f"https://127.0.0.1:{port}"
    person = person_with(place, {"token": "t"}, tmp_path, server=server)
    ended = person.run("report", "", program=COMPLETER)
    assert (ended.lines, ended.err) == ([":4"], "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_for_shells(viewer: Person, shell: str) -> None:
    """A shell would have nothing to source."""
    ended = viewer.run("completion", shell)
    assert (ended.status, "kubectl-pdfsec" in ended.out) == (0, True)
