"""The definitions are structural, described throughout, and those in the checkout are current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cel
import pytest
import yaml

from pdf_security_operator.api import crd
from pdf_security_operator.api.job import MUTABLE_FIELDS, JobSpec
from pdf_security_processor.contract.operations import OPERATION_NAMES

CRDS = Path(__file__).parents[2] / "crds"
Schema = dict[str, Any]

DEFINITIONS = crd.build_definitions()
SCHEMAS = {
    name: one["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for name, one in DEFINITIONS.items()
}


def _nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Walk over a schema and all schemas below it."""
    yield path, schema
    for name, below in schema.get("properties", {}).items():
        yield from _nodes(below, f"{path}.{name}")
    if "items" in schema:
        yield from _nodes(schema["items"], f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _nodes(schema["additionalProperties"], f"{path}{{}}")


NODES = [
    pytest.param(path, node, id=path)
    for name, schema in SCHEMAS.items()
    for path, node in _nodes(schema, name.removesuffix(".yaml"))
]
ALLOWED = {
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "properties",
    "additionalProperties",
    "required",
    "type",
    "anyOf",
}


@pytest.mark.parametrize(("path", "node"), NODES)
def test_structural(path: str, node: Schema) -> None:
    """The API server would refuse the definition, or write defaults that Git shows as drift."""
    unknown = {key for key in node if not key.startswith("x-kubernetes-")} - ALLOWED
    assert not unknown, path
    if node.get("x-kubernetes-int-or-string"):
        assert node["anyOf"] == [{"type": "integer"}, {"type": "string"}]
        assert "type" not in node
        return
    assert node["type"] in ("object", "array", "string", "integer", "number", "boolean")
    assert "anyOf" not in node
    assert not {"properties", "additionalProperties"} <= set(node)
    assert node["type"] != "array" or "items" in node


@pytest.mark.parametrize(("path", "node"), NODES)
def test_described(path: str, node: Schema) -> None:
    """`kubectl explain` would show a field without a word on it."""
    for name, below in node.get("properties", {}).items():
        if name not in ("apiVersion", "kind", "metadata") and not path.endswith("metadata"):
            assert below.get("description"), f"{path}.{name}"


@pytest.mark.parametrize("name", DEFINITIONS)
def test_bounded(name: str) -> None:
    """A rule over a list or text without a bound costs too much: the definition is refused."""
    spec = SCHEMAS[name]["properties"]["spec"]
    for path, node in _nodes(spec, "spec"):
        if node.get("type") == "array":
            assert "maxItems" in node, path
        if node.get("type") == "string" and "enum" not in node:
            assert "maxLength" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


@pytest.mark.parametrize("name", DEFINITIONS)
def test_files_are_current(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster would get a definition other than the models: run `make generate`."""
    monkeypatch.setattr(sys, "argv", ["crd", str(tmp_path)])
    crd.main()
    assert (CRDS / name).read_bytes() == (tmp_path / name).read_bytes()


def test_every_generated_file_is_installed() -> None:
    """A definition would be generated and never applied."""
    kustomization = yaml.safe_load((CRDS / "kustomization.yaml").read_text())
    assert set(kustomization["resources"]) == set(DEFINITIONS)


@pytest.mark.parametrize("field", JobSpec.model_fields)
def test_immutable(field: str) -> None:
    """A job could be changed while it runs, and its report tell of another."""
    alias = JobSpec.model_fields[field].alias
    rules = SCHEMAS["pdfsecurityjobs.yaml"]["properties"]["spec"]["x-kubernetes-validations"]
    guarded = any(
        "oldSelf" in rule["rule"] and rule.get("fieldPath") == f".{alias}" for rule in rules
    )
    assert guarded == (field not in MUTABLE_FIELDS)


def test_names() -> None:
    """`kubectl get psj` would find nothing."""
    jobs = DEFINITIONS["pdfsecurityjobs.yaml"]
    assert jobs["metadata"]["name"] == "pdfsecurityjobs.pdfsecurity.dev"
    assert jobs["spec"]["scope"] == "Namespaced"
    assert jobs["spec"]["names"]["shortNames"] == ["psj"]
    assert jobs["spec"]["versions"][0]["subresources"] == {"status": {}}
    assert DEFINITIONS["pdfsecurityclasses.yaml"]["spec"]["scope"] == "Cluster"


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_the_policy_of_classes_knows_each_operation(name: str) -> None:
    """A class could neither forbid nor require it at admission; the operator alone would."""
    policy = (CRDS.parent / "manifests" / "base" / "reference-policy.yaml").read_text()
    assert f'(!has(o.{name}) || "{name}" in params.spec.operations.allowed)' in policy
    assert f'(name != "{name}" || object.spec.operations.exists(o, has(o.{name})))' in policy


POLICIES = {
    policy["metadata"]["name"]: policy["spec"]
    for policy in yaml.safe_load_all(
        (CRDS.parent / "manifests" / "base" / "reference-policy.yaml").read_text()
    )
    if policy["kind"] == "ValidatingAdmissionPolicy"
}


@pytest.mark.parametrize(
    "path",
    [
        path.removeprefix("pdfsecurityjobs.spec.")
        for path, _ in _nodes(SCHEMAS["pdfsecurityjobs.yaml"], "pdfsecurityjobs")
        if path.endswith("SecretRef")
    ],
)
def test_the_policy_of_references_asks_for_each_secret(path: str) -> None:
    """A pod would read for a job's author a Secret that the author may not read."""
    spec = POLICIES["pdf-security-references"]
    expressions = [part["expression"] for part in (*spec["variables"], *spec["validations"])]
    named = path.replace("operations[].", "o.") if "[]" in path else f"object.spec.{path}"
    assert any(f"{named}.name" in expression for expression in expressions)


@pytest.mark.parametrize(
    ("url", "listed", "allowed"),
    [
        pytest.param("https://a.example/in.pdf", ["https://a.example"], True, id="listed"),
        pytest.param("https://a.example:8443/", ["https://a.example:8443"], True, id="with-port"),
        pytest.param("https://a.example.evil/in.pdf", ["https://a.example"], False, id="longer"),
        pytest.param("https://a.example:8443/in", ["https://a.example"], False, id="other-port"),
        pytest.param("https://b.example/https://a.example/", ["https://a.example"], False, id="in"),
        pytest.param("https://a.example/in.pdf", [], False, id="empty-list"),
        pytest.param("https://a.example/in.pdf", None, False, id="no-list"),
    ],
)
def test_the_policy_of_classes_knows_sources_over_http(
    url: str, listed: list[str] | None, allowed: bool
) -> None:
    """A job could name any URL until the operator sees it; or none that its class lists."""
    (expression,) = (
        validation["expression"]
        for validation in POLICIES["pdf-security-class"]["validations"]
        if "input.http" in validation["expression"]
    )
    sources = {} if listed is None else {"httpSources": [{"url": each} for each in listed]}
    known = {
        "variables": {"applies": True},
        "object": {"spec": {"input": {"http": {"url": url}}}},
        "params": {"spec": sources},
    }
    assert cel.compile(expression).execute(cel.Context(variables=known)) is allowed
