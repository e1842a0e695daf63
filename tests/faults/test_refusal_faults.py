"""Rights, quotas, policies and namespaces that say no, to the operator or to its Jobs' pods."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api_client import AnsweredError, path_of
from controlplane import ControlPlane
from controlplane.operator_process import build_job
from e2e_support import wait_for
from faults.client import Client
from faults.row import Row
from faults.scene import TIDY_SECONDS, FaultScene, Object
from faults.support import await_condition, own_plane
from product import DEPLOYMENT

RETRY_SECONDS = 45.0
"""A job that waits for people is looked at again every 30 s."""

ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A plane whose pods run a moment."""
    with own_plane(tmp_path_factory.mktemp("refusals"), pod_seconds=0.3) as running:
        yield running


@pytest.mark.fault("24", "all rights taken away", "retried, and done when they are back")
def test_an_operator_without_rights_goes_on_when_it_has_them(
    scene: FaultScene, client: Client, fault: Row
) -> None:
    """Would break: a mistake of an administrator costs the jobs of those minutes."""
    binding = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{DEPLOYMENT}"
    with scene.leading() as operator:
        held = client.call("GET", binding)
        client.call("DELETE", binding)
        try:
            time.sleep(1)
            scene.create_jobs(5)
            time.sleep(5)
            assert scene.jobs() == {}
            assert operator.is_ready("/healthz")
        finally:
            del held["metadata"]["resourceVersion"], held["metadata"]["uid"]
            client.call("POST", binding.rpartition("/")[0], json=held)
        fault.recovered(scene.await_final(RETRY_SECONDS))
        scene.verify(fault, operator)


@pytest.mark.fault("24b", "may create no Jobs", "Queued/Forbidden, and done when it may")
def test_a_missing_right_is_told(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: jobs stand still and nobody is told why."""
    role = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{DEPLOYMENT}"
    with scene.leading() as operator:
        rules = client.call("GET", role)["rules"]
        without = copy.deepcopy(rules)
        for rule in without:
            if rule["resources"] == ["jobs"]:
                rule["verbs"].remove("create")
        _set_rules(client, role, without)
        try:
            [name] = scene.create_jobs(1)
            told = await_condition(scene, name, "Queued", "Forbidden")
            assert "cannot create resource" in told["message"]
        finally:
            _set_rules(client, role, rules)
        fault.recovered(scene.await_final(RETRY_SECONDS))
        scene.verify(fault, operator)


@pytest.mark.fault("25", "Pod Security `restricted`", "the pod is admitted")
def test_pods_pass_the_strictest_pod_security(
    scene: FaultScene, client: Client, fault: Row
) -> None:
    """Would break: no job runs where administrators are careful."""
    label = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    client.patch("namespaces", scene.namespace, label)
    bare = {"metadata": {"name": "bare"}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
    with pytest.raises(AnsweredError, match="violates PodSecurity"):
        client.create("pods", bare, scene.namespace)
    with scene.leading() as operator:
        scene.create_jobs(3)
        scene.await_final()
        scene.verify(fault, operator)


@pytest.mark.fault("25b", "a policy refuses the pods", "the refusal is told, done when it is gone")
def test_a_refused_pod_is_told(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: a job runs for ever, and nobody is told that its pod is not allowed."""
    with scene.leading() as operator:
        with _refusal(client, scene.namespace, "", "pods", None):
            [name] = scene.create_jobs(1)
            told = await_condition(scene, name, "Running", "FailedCreate")
            assert "not on a holiday" in told["message"]
        # The controller of Jobs waits longer after each refusal.
        fault.recovered(scene.await_final(90))
        scene.verify(fault, operator)


@pytest.mark.fault("25c", "a policy refuses the Jobs", "Queued/Forbidden, done when it is gone")
@pytest.mark.parametrize("reason", ["Forbidden", None], ids=["forbidden", "by-default"])
def test_a_refused_job_waits(
    scene: FaultScene, client: Client, fault: Row, reason: str | None
) -> None:
    """Would break: what an administrator is to mend is told to the author as a final failure."""
    with scene.leading() as operator:
        with _refusal(client, scene.namespace, "batch", "jobs", reason):
            [name] = scene.create_jobs(1)
            told = await_condition(scene, name, "Queued", "Forbidden")
            assert "not on a holiday" in told["message"]
        fault.recovered(scene.await_final(RETRY_SECONDS))
        scene.verify(fault, operator)


@pytest.mark.fault("26", "quota exceeded", "Queued/QuotaExceeded, done when it is raised")
def test_a_quota_holds_jobs_and_lets_them_go(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: jobs beyond a quota fail, or are forgotten when there is room."""
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"count/jobs.batch": "1"}}}
    client.create("resourcequotas", quota, scene.namespace)
    wait_for(lambda: _is_counted(client, scene.namespace), "the quota is counted")
    with scene.leading() as operator:
        names = scene.create_jobs(3)
        wait_for(lambda: len(scene.unfinished()) == 2, "one is done")
        for name in scene.unfinished():
            told = await_condition(scene, name, "Queued", "QuotaExceeded")
            assert "exceeded quota: few" in told["message"]
        assert len(scene.jobs()) == 1
        raised = {"spec": {"hard": {"count/jobs.batch": "9"}}}
        client.patch("resourcequotas", "few", raised, scene.namespace)
        fault.recovered(scene.await_final(RETRY_SECONDS))
        assert len(names) == len(scene.jobs())
        scene.verify(fault, operator)


@pytest.mark.fault("26b", "deleted while it waits for quota", "what was made for it goes")
def test_a_job_deleted_while_it_waits_leaves_nothing(
    scene: FaultScene, client: Client, fault: Row
) -> None:
    """Would break: policies stay for ever that were made for a Job that never came."""
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"count/jobs.batch": "0"}}}
    client.create("resourcequotas", quota, scene.namespace)
    wait_for(lambda: _is_counted(client, scene.namespace), "the quota is counted")
    with scene.leading() as operator:
        # What it does at its start would remove them, too.
        operator.settled()
        [name] = scene.create_jobs(1)
        await_condition(scene, name, "Queued", "QuotaExceeded")
        assert scene.policies()
        client.delete("pdfsecurityjobs", name, scene.namespace)
        begun = time.monotonic()
        wait_for(lambda: scene.policies() == [], "its policies are gone", TIDY_SECONDS)
        fault.recovered(time.monotonic() - begun)
        scene.names.remove(name)
        client.delete("resourcequotas", "few", scene.namespace)
        scene.create_jobs(1)
        scene.verify(fault, operator)


@pytest.mark.fault("27", "namespace deleted in mid-run", "it goes, the operator lives and is quiet")
def test_a_namespace_that_ends_stops_nobody(scene: FaultScene, client: Client, fault: Row) -> None:
    """Would break: the operator creates things in a namespace that is ending, and holds it up."""
    other = f"{scene.namespace}-ends"
    client.create("namespaces", {"metadata": {"name": other}})
    with scene.leading() as operator:
        scene.create_jobs(5)
        for number in range(40):
            client.create("pdfsecurityjobs", build_job(f"job-{number}", other), other)
        client.delete("namespaces", other)
        begun = time.monotonic()
        wait_for(lambda: client.get("namespaces", other) is None, "the namespace is gone", 90)
        fault.recovered(time.monotonic() - begun)
        ended = scene.reader.created(other)
        time.sleep(5)
        assert scene.reader.created(other) == ended
        log = operator.log.read_text()
        assert "task.failed" not in log
        assert "object.passed-over" not in log
        scene.verify(fault, operator)


@contextmanager
def _refusal(
    client: Client, namespace: str, group: str, plural: str, reason: str | None
) -> Iterator[None]:
    """Refuse objects of a namespace meanwhile, by a policy."""
    name = f"{namespace}-{plural}"
    validation = {"expression": "false", "message": "not on a holiday"}
    scope = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        # And what it is tried with, before anything counts.
        "resourceRules": [_rule(group, plural), _rule("", "configmaps")],
    }
    policy = {
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": scope,
            "validations": [{**validation, **({"reason": reason} if reason else {})}],
        },
    }
    binding = {
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    kinds = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")
    for kind, body in zip(kinds, (policy, binding), strict=True):
        client.call("POST", f"{ADMISSION}/{kind}", json=body)
    try:
        wait_for(lambda: _is_refused(client, namespace), "the policy is in force")
        yield
    finally:
        for kind in reversed(kinds):
            client.call("DELETE", f"{ADMISSION}/{kind}/{name}")


def _rule(group: str, plural: str) -> Object:
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": ["CREATE"],
        "resources": [plural],
    }


def _is_refused(client: Client, namespace: str) -> bool:
    path = f"{path_of('configmaps', namespace)}?dryRun=All"
    try:
        client.call("POST", path, json={"metadata": {"name": "tried"}})
    except AnsweredError as answer:
        return "not on a holiday" in str(answer)
    return False


def _is_counted(client: Client, namespace: str) -> bool:
    quota = client.get("resourcequotas", "few", namespace)
    return bool(quota and quota.get("status", {}).get("used"))


def _set_rules(client: Client, role: str, rules: list[Object]) -> None:
    current = client.call("GET", role)
    client.call("PUT", role, json={**current, "rules": rules})
