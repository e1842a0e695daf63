"""The customizations in the form of Argo CD's repository, run as its own tests run them.

Its `util/lua/health_test.go` and `custom_actions_test.go` read the same files: what passes here
passes there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from argocd_settings import PATCH, SCRIPTS, build_settings, render
from cluster import toolchain
from cluster.processes import run
from gitops.customizations import actions_of, health_of, run_action
from images.build import REPOSITORY
from pdf_security_operator.api.status import JobStatus

Object = dict[str, Any]

EMPTY = {"emptyObject": True}


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def _cases(file: str, group: str, *parts: str) -> list[Any]:
    """Make a case of each entry of each such file, called by its kind and its parts."""
    found = []
    for tests in sorted(SCRIPTS.glob(f"*/*/{file}")):
        for case in _read(tests)[group]:
            kind = tests.relative_to(SCRIPTS).parts[1]
            name = "-".join([kind, *(Path(case[part]).stem for part in parts)])
            found.append(pytest.param(tests.parent, case, id=name))
    return found


@pytest.mark.parametrize(("folder", "case"), _cases("health_test.yaml", "tests", "inputPath"))
def test_health(folder: Path, case: Object) -> None:
    """Argo CD would call a job that failed healthy, or wait for one that ended."""
    assert health_of(_read(folder / case["inputPath"])) == case["healthStatus"]


@pytest.mark.parametrize(
    ("folder", "case"), _cases("actions/action_test.yaml", "discoveryTests", "inputPath")
)
def test_which_actions_are_offered(folder: Path, case: Object) -> None:
    """Somebody would be offered what must fail, or not what helps."""
    found = actions_of(_read(folder / case["inputPath"]))
    assert found == {
        entry["name"]: {name: value for name, value in entry.items() if name != "name"}
        for entry in case["result"]
    }


@pytest.mark.parametrize(
    ("folder", "case"),
    _cases("actions/action_test.yaml", "actionTests", "action", "inputPath"),
)
def test_what_actions_do(folder: Path, case: Object) -> None:
    """An action would do nothing, or change more than it says."""
    expected = _read(folder / case["expectedOutputPath"])
    if isinstance(expected, list):
        [created] = expected
        expected = created["unstructuredObj"]
    assert run_action(_read(folder / case["inputPath"]), case["action"]) == expected


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.stem) for p in sorted(SCRIPTS.glob("*/PdfSecurityJob/testdata/*.yaml"))],
)
def test_the_states_that_are_judged_are_ours(path: Path) -> None:
    """Scripts would be tested on a status that no operator writes."""
    JobStatus.model_validate(_read(path).get("status", {}))


def test_each_kind_with_a_status_has_a_health() -> None:
    """Argo CD takes what it has no script for as healthy at once: waves would not wait."""
    kinds = {
        body["spec"]["names"]["kind"]
        for file in sorted((REPOSITORY / "crds").glob("pdf*.yaml"))
        for body in yaml.safe_load_all(file.read_text())
    }
    assert {f"resource.customizations.health.pdfsecurity.dev_{kind}" for kind in kinds} <= set(
        build_settings()
    )


def test_rerun_knows_every_list_that_may_be_empty() -> None:
    """An empty list would come to be an object: Lua has one empty table for both."""
    [file] = (REPOSITORY / "crds").glob("*jobs*.yaml")
    [version] = _read(file)["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    script = SCRIPTS / "pdfsecurity.dev" / "PdfSecurityJob" / "actions" / "rerun" / "action.lua"
    [named] = re.findall(r"^local lists = \{(.*)\}$", script.read_text(), re.MULTILINE)
    assert set(re.findall(r"(\w+) = true", named)) == set(_lists_of(spec))


def _lists_of(schema: Object) -> list[str]:
    """Name the fields that are lists and may have no item."""
    found = []
    for name, field in schema.get("properties", {}).items():
        if field.get("type") == "array" and not field.get("minItems"):
            found.append(name)
        found += _lists_of(field.get("items", field))
    return found


def test_the_patch_of_argocd_cm_is_current() -> None:
    """Who applies the component would have other scripts than those that are tested."""
    assert PATCH.read_text() == render(), "run `make generate`"


def test_the_component_adds_to_what_argocd_cm_has(tmp_path: Path) -> None:
    """A kustomization that installs Argo CD would lose its own settings, or not be built."""
    data = {"url": "https://argocd.example.com"}
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}}
    (tmp_path / "argocd-cm.yaml").write_text(yaml.safe_dump({**own, "data": data}))
    (tmp_path / "kustomization.yaml").write_text(
        yaml.safe_dump(
            {
                "namespace": "argocd",
                "resources": ["argocd-cm.yaml"],
                "components": [os.path.relpath(PATCH.parent, tmp_path)],
            }
        )
    )
    kubectl = toolchain.build(["kubectl"])["kubectl"] / "kubectl"
    built = yaml.safe_load(run([kubectl, "kustomize", tmp_path], next_step="read what it says"))
    assert built["data"] == {**data, **build_settings()}
