"""The pages of the reference: which there are, and of what each is made. Pure."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from pdf_security_operator.api import PdfSecurityClass, PdfSecurityJob
from pdf_security_operator.api.crd import structural_schema_of
from pdf_security_operator.cli.advice import ADVICE
from pdf_security_operator.cli.app import app
from pdf_security_operator.cli.codes import all_codes
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.plugin.app import app as plugin
from reference.programs import commands_of
from reference.schema import fields_table_of, rules_table_of
from reference.tables import code_of, page_of, table_of

_EFFECTS = {
    "succeeded": "the job has succeeded",
    "permanent": "the job fails at once: the same would happen again",
    "retried": "the job is tried again, `backoffLimit` times",
    "command line only": "told by `pdfsec` alone",
}


_SOURCES = {
    "operator": "the operator",
    "kubernetes": "Kubernetes, of the Job or its pod",
}


def build_pages() -> dict[str, str]:
    """Build all pages, by file name."""
    return {
        "job.md": _resource_page(PdfSecurityJob, "What should happen to a document."),
        "class.md": _resource_page(
            PdfSecurityClass, "How jobs run, and what they may reach: the administrator's side."
        ),
        "exit-codes.md": _codes_page(),
        "metrics.md": _metrics_page(),
        "kubectl-pdfsec.md": _plugin_page(),
        "pdfsec.md": _program_page(),
    }


def _resource_page(model: Any, introduction: str) -> str:
    schema = structural_schema_of(model)["properties"]
    parts = []
    for name in ("spec", "status"):
        parts.append(f"## {name}\n\n{fields_table_of(schema[name], name)}")
        rules = rules_table_of(schema[name], name)
        if rules.count("\n") > 2:
            parts.append(f"### Rules\n\nThe API server refuses what breaks one.\n\n{rules}")
    return page_of(model.__name__, introduction, *parts) + "\n"


def _codes_page() -> str:
    codes = all_codes()
    rows = [
        (str(code.code), code_of(code.reason), _EFFECTS[code.effect], code.action) for code in codes
    ]
    others = [
        (code_of(entry.reason), _SOURCES[entry.source], entry.action)
        for entry in sorted(ADVICE, key=lambda entry: entry.reason)
        if entry.source in _SOURCES and entry.action
    ]
    return (
        page_of(
            "Exit codes and reasons",
            "The codes that the processor ends with, what the job's `status.reason` says then, "
            "what follows, and what to do. `kubectl pdfsec explain` says it of a job.",
            table_of(("code", "reason", "what follows", "what to do"), rows),
            "## Reasons without a code\n\nWhy a job waits, does not start, or was ended from "
            f"outside.\n\n{table_of(('reason', 'said by', 'what to do'), others)}",
        )
        + "\n"
    )


def _metrics_page() -> str:
    text, _ = Metrics("0").render()
    families = text_string_to_metric_families(text.decode())
    rows = [(code_of(each.name), each.type, each.documentation) for each in families]
    return (
        page_of(
            "Metrics",
            "What the operator serves at `/metrics`. A counter's series end in `_total`.",
            table_of(("name", "type", "meaning"), rows),
        )
        + "\n"
    )


def _plugin_page() -> str:
    return (
        page_of(
            "kubectl pdfsec",
            "The plugin of kubectl, for the jobs of a cluster; by its rights and its examples it "
            "is [described elsewhere](../how-to/kubectl-pdfsec.md).",
            commands_of(plugin, "kubectl pdfsec"),
        )
        + "\n"
    )


def _program_page() -> str:
    return (
        page_of(
            "pdfsec",
            "The command line, for documents and manifests on a machine without a cluster.",
            commands_of(app, "pdfsec"),
        )
        + "\n"
    )
