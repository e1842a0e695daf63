"""Scanners of Kubernetes objects: checkov, kube-score, kubesec. Runs; judges nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scanners.environments import version_of
from scanners.finding import Finding, Outcome, without_canary
from scanners.objects import build_canary, pods_of, rendered_objects, write_objects
from scanners.running import json_of, run

_OF_OTHER_PROGRAMS = frozenset({"CKV_K8S_33", "CKV_K8S_34", "CKV_K8S_159"}) | {
    f"CKV_K8S_{number}" for number in range(68, 155)
}
"""checkov's checks of the control plane's flags, of dashboard, Tiller and git-sync.

A pod passes them by being something else.
"""

_OPTIONAL = (
    "container-ephemeral-storage-request-equals-limit",
    "container-ports-check",
    "container-resource-requests-equal-limits",
    "container-seccomp-profile",
)
"""kube-score's checks that are off unless asked for; two more are parts of the third."""

_OK_GRADE = 10
"""kube-score's grades: 1 critical, 5 a warning, 7 almost, 10 good."""


def scan_with_checkov(program: Path, work: Path) -> Outcome:
    """Run checkov's own checks; nothing is fetched and nothing sent."""
    file = write_objects(work / "objects.yaml", [*rendered_objects(), build_canary()])
    command: list[object] = [
        program,
        "--file",
        file,
        "--framework",
        "kubernetes",
        "--skip-download",
    ]
    report = json_of("checkov", run("checkov", [*command, "--output", "json", "--compact"]).stdout)
    passed = [each for each in report["results"]["passed_checks"] if _applies(each)]
    failed = [each for each in report["results"]["failed_checks"] if _applies(each)]
    vacuous = len(report["results"]["passed_checks"]) - len(passed)
    findings = [
        Finding("checkov", each["check_id"], _object_of(each["resource"]), each["check_name"])
        for each in failed
    ]
    return Outcome(
        "checkov",
        version_of("checkov"),
        passed=sum("canary" not in each["resource"] for each in passed),
        skipped=f"{vacuous} passes are about programs that are not ours, and not counted",
        findings=without_canary("checkov", findings),
    )


def scan_with_kube_score(program: Path, work: Path) -> Outcome:
    """Run kube-score with its optional checks."""
    file = write_objects(work / "scored.yaml", [*rendered_objects(), build_canary()])
    command: list[object] = [
        program,
        "score",
        "--output-format",
        "json",
        "--kubernetes-version",
        "v1.37",
    ]
    command += [part for name in _OPTIONAL for part in ("--enable-optional-test", name)]
    report = json_of("kube-score", run("kube-score", [*command, file]).stdout)
    checks = [
        (f"{each['type_meta']['kind']}/{each['object_meta']['name']}", check)
        for each in report
        for check in each["checks"] or ()
    ]
    findings = [
        Finding("kube-score", check["check"]["id"], where, _comment_of(check))
        for where, check in checks
        if not check["skipped"] and check["grade"] < _OK_GRADE
    ]
    return Outcome(
        "kube-score",
        version_of("kube-score"),
        passed=sum(
            not check["skipped"] and check["grade"] >= _OK_GRADE and "canary" not in where
            for where, check in checks
        ),
        findings=without_canary("kube-score", findings),
    )


def scan_with_kubesec(program: Path, work: Path) -> Outcome:
    """Run kubesec on pods: those of Jobs too, which it does not know."""
    objects = rendered_objects()
    file = write_objects(work / "pods.yaml", [*pods_of(objects), build_canary()])
    # Asked for a schema it would fetch one. Whether objects are valid the API server says in tests.
    (work / "any.json").write_text(json.dumps({}))
    command: list[object] = [program, "scan", "--schema-location", work / "any.json", file]
    report = json_of("kubesec", run("kubesec", command, codes=(0, 2)).stdout)
    return Outcome(
        "kubesec",
        version_of("kubesec"),
        passed=sum(
            len(each["scoring"].get("passed") or ())
            for each in report
            if "canary" not in each["object"]
        ),
        findings=without_canary("kubesec", list(_of_kubesec(report))),
    )


def _of_kubesec(report: list[dict[str, Any]]) -> Iterator[Finding]:
    for each in report:
        where = each["object"].partition(".")[0]
        for kind in ("critical", "advise"):
            for rule in each["scoring"].get(kind) or ():
                yield Finding("kubesec", rule["id"], where, rule["reason"])


def _applies(check: dict[str, Any]) -> bool:
    return check["check_id"] not in _OF_OTHER_PROGRAMS


def _object_of(resource: str) -> str:
    """Turn checkov's `Kind.namespace.name` into `Kind/name`."""
    kind, _, rest = resource.partition(".")
    return f"{kind}/{rest.partition('.')[2] or rest}"


def _comment_of(check: dict[str, Any]) -> str:
    summaries = {comment["summary"] for comment in check["comments"] or ()}
    return "; ".join(sorted(summaries)) or check["check"]["name"]
