"""Prints the CustomResourceDefinitions from the models: `python -m pdf_security_operator.api.crd`.

Turns pydantic's JSON schema into the structural form that Kubernetes takes. No rule of a
particular resource belongs here.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from pdf_security_operator import names
from pdf_security_operator.api.job import PdfSecurityJob
from pdf_security_operator.api.security_class import PdfSecurityClass
from pdf_security_processor.contract import Model

_DROPPED = ("title", "default", "additionalProperties", "discriminator")


def structural_schema_of(model: type[Model]) -> dict[str, Any]:
    """Give the structural OpenAPI v3 schema of a resource's model.

    References are put in place, optional fields lose their null, defaults are left out (nothing
    is ever defaulted into a spec, where Git would show drift), and unknown fields are pruned.
    """
    schema = model.model_json_schema(by_alias=True)
    structural: dict[str, Any] = _resolved(schema, schema.get("$defs", {}))
    properties = structural["properties"]
    properties["apiVersion"] = {"type": "string"}
    properties["kind"] = {"type": "string"}
    properties["metadata"] = {"type": "object"}
    return structural


def _resolved(node: Any, definitions: dict[str, Any]) -> Any:
    """Rewrite one node of a schema, and all below it."""
    if isinstance(node, list):
        return [_resolved(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rsplit("/", 1)[1]]
        return _resolved({**target, **{k: v for k, v in node.items() if k != "$ref"}}, definitions)
    alternatives = node.get("anyOf", [])
    if {"type": "null"} in alternatives:
        (given,) = (option for option in alternatives if option != {"type": "null"})
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        return _resolved({**given, **rest}, definitions)
    resolved: dict[str, Any] = {
        key: (
            {name: _resolved(value, definitions) for name, value in node[key].items()}
            if key == "properties"
            else _resolved(node[key], definitions)
        )
        for key in node
        if key not in (*_DROPPED, "$defs", "const")
    }
    if "const" in node:
        resolved["enum"] = [node["const"]]
    if node.get("type") == "object" and isinstance(node.get("additionalProperties"), dict):
        resolved["additionalProperties"] = _resolved(node["additionalProperties"], definitions)
    if "description" in resolved:
        resolved["description"] = " ".join(resolved["description"].split())
    return resolved


def _definition(
    model: type[Model], plural: str, scope: str, short: str, columns: list[dict[str, str]]
) -> dict[str, Any]:
    """Build one CustomResourceDefinition."""
    schema = structural_schema_of(model)
    if scope == "Cluster":
        schema["x-kubernetes-validations"] = [
            {
                "rule": "self.metadata.name.size() <= 63",
                "message": "metadata.name must have at most 63 characters: it becomes a label",
                "fieldPath": ".metadata.name",
            }
        ]
        schema["properties"]["metadata"] = {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 63}},
        }
    conditions = schema["properties"]["status"]["properties"]["conditions"]
    conditions["x-kubernetes-list-type"] = "map"
    conditions["x-kubernetes-list-map-keys"] = ["type"]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": scope,
            "names": {
                "kind": model.__name__,
                "listKind": f"{model.__name__}List",
                "plural": plural,
                "singular": model.__name__.lower(),
                "shortNames": [short],
                **({"categories": ["all"]} if scope == "Namespaced" else {}),
            },
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": columns,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def _column(name: str, path: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path, **more}


def build_definitions() -> dict[str, dict[str, Any]]:
    """Give the CRDs by file name."""
    age = _column("Age", ".metadata.creationTimestamp", "date")
    return {
        f"{names.JOB_PLURAL}.yaml": _definition(
            PdfSecurityJob,
            names.JOB_PLURAL,
            "Namespaced",
            "psj",
            [
                _column("Class", ".status.effective.className"),
                _column("Phase", ".status.phase"),
                _column("Reason", ".status.reason"),
                _column("Documents", ".status.documents.progress"),
                age,
                _column("Job", ".status.jobName", priority=1),
                _column("Duration", ".status.report.durationSeconds", "number", priority=1),
            ],
        ),
        f"{names.CLASS_PLURAL}.yaml": _definition(
            PdfSecurityClass,
            names.CLASS_PLURAL,
            "Cluster",
            "psc",
            [
                _column("Accepted", '.status.conditions[?(@.type=="Accepted")].status'),
                _column("Runtime", ".spec.runtimeClassName"),
                age,
                _column("Image", ".spec.image", priority=1),
            ],
        ),
    }


def main() -> None:
    """Write the CRDs into the folder that is named, with a header that says so."""
    folder = Path(sys.argv[1])
    for file_name, definition in build_definitions().items():
        text = "# Generated by `make generate` from operator/src/pdf_security_operator/api.\n"
        text += yaml.safe_dump(definition, sort_keys=False, width=100, allow_unicode=True)
        (folder / file_name).write_text(text)


if __name__ == "__main__":
    main()
