"""Checks a manifest offline as the API server would: the CRD's schema, and its CEL rules. Pure.

The one source of the rules is the models' schema; only what the API server knows of any resource
(its metadata) is written here. Messages never repeat a value: it could be a misplaced password.
"""

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import cel
from pydantic import ValidationError

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.api.crd import build_definitions
from pdf_security_operator.api.faults import words_of
from pdf_security_operator.cli.metadata import metadata_faults
from pdf_security_operator.cli.schema_faults import path_of, schema_faults
from pdf_security_processor.contract import Model

Schema = dict[str, Any]

KINDS = (names.JOB_KIND, names.CLASS_KIND)


@dataclass(frozen=True)
class Violation:
    """One thing that the API server would refuse: where, as a path, and what to do."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


def violations_of(manifest: dict[str, Any]) -> list[Violation]:
    """List what is wrong with a manifest of a PdfSecurityJob or PdfSecurityClass."""
    kind, version = manifest.get("kind"), manifest.get("apiVersion")
    if kind not in KINDS:
        return [Violation("kind", f"must be one of {', '.join(KINDS)}")]
    if version != names.API_VERSION:
        return [Violation("apiVersion", f"must be {names.API_VERSION}")]
    schema = _schema_of(str(kind))
    found = [*_unknown_fields(schema, manifest, "")]
    found += [Violation(field, message) for field, message in metadata_faults(manifest)]
    # As in the API server: what is written into the status of a new resource is dropped.
    given = without_nulls({key: manifest[key] for key in manifest if key != "status"})
    given["metadata"] = _named_metadata(manifest.get("metadata"))
    faults = list(schema_faults(schema, given))
    found += [Violation(fault.field, fault.message) for fault in faults]
    # Rules may assume types and presence. As in the API server they are left out where those fail.
    if not any(fault.blocks_rules for fault in faults):
        found += _rule_violations(schema, given, "")
    return list(dict.fromkeys(found))


def refusals_of(manifest: dict[str, Any]) -> list[Violation]:
    """List what the API server takes and the operator refuses: what no schema can say.

    Args:
        manifest: in which `violations_of` finds nothing.
    """
    models: dict[str, type[Model]] = {names.JOB_KIND: JobSpec, names.CLASS_KIND: ClassSpec}
    model = models[str(manifest["kind"])]
    try:
        model.model_validate(without_nulls(manifest["spec"]))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        return [Violation(path_of(["spec", *each["loc"]]), words_of(each)) for each in faults]
    return []


def without_nulls(value: Any) -> Any:
    """Drop nulls, as the API server does for fields that are not nullable."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def _named_metadata(metadata: Any) -> dict[str, str]:
    """Give what rules read of metadata; the API server makes a missing name of `generateName`."""
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return {"name": name if isinstance(name, str) else ""}


@cache
def _schema_of(kind: str) -> Schema:
    """Take the schema that the API server has, out of the definition."""
    for definition in build_definitions().values():
        if definition["spec"]["names"]["kind"] == kind:
            version = definition["spec"]["versions"][0]
            schema: Schema = version["schema"]["openAPIV3Schema"]
            return schema
    raise LookupError(kind)


def _unknown_fields(schema: Schema, value: Any, path: str) -> Iterator[Violation]:
    """Find what `kubectl apply` refuses as unknown and the API server would silently drop."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_fields(schema.get("items", {}), item, f"{path}[{index}]")
    if not isinstance(value, dict) or "properties" not in schema:
        return
    for name, item in value.items():
        here = f"{path}.{name}" if path else name
        # Metadata is not the schema's: `metadata_faults` knows it.
        if here == "metadata":
            continue
        if name not in schema["properties"]:
            known = ", ".join(schema["properties"])
            yield Violation(here, f"unknown field; {f'known here: {known}' if known else 'empty'}")
        else:
            yield from _unknown_fields(schema["properties"][name], item, here)


def _rule_violations(schema: Schema, value: Any, path: str) -> Iterator[Violation]:
    for rule in schema.get("x-kubernetes-validations", []):
        # Transition rules compare with what is stored, and offline nothing is.
        if "oldSelf" not in rule["rule"] and not _holds(rule["rule"], value):
            field = (path + rule.get("fieldPath", "")).lstrip(".")
            yield Violation(field, rule["message"])
    if isinstance(value, dict):
        for name, item in value.items():
            below = schema.get("properties", {}).get(name)
            if below:
                yield from _rule_violations(below, item, f"{path}.{name}" if path else name)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _rule_violations(schema.get("items", {}), item, f"{path}[{index}]")


def _holds(rule: str, value: Any) -> bool:
    context = cel.Context(variables={"self": value}, functions={"isCIDR": _is_cidr})
    return bool(_compiled(rule).execute(context))


@cache
def _compiled(rule: str) -> cel.Program:
    return cel.compile(rule)


def _is_cidr(text: str) -> bool:
    """Kubernetes' CEL function `isCIDR`."""
    with suppress(ValueError):
        network = ipaddress.ip_interface(text)
        # Kubernetes takes no address block that is IPv4 in the guise of IPv6.
        return not (network.version == 6 and network.ip.ipv4_mapped)
    return False
