"""Makes the page of plain data: one HTML document that needs, loads and runs nothing. Pure."""

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pdf_security_operator.cli.report import rows
from pdf_security_operator.cli.report.content import Content, Shown
from pdf_security_operator.cli.report.verdict import (
    STATE_WORDS,
    counted,
    figures_of,
    looks_for_active,
    succeeded,
    verdict_of,
)
from pdf_security_operator.cli.report.visible import visible
from pdf_security_processor.contract import DocumentReport

_PACKAGE = "pdf_security_operator.cli.report"


def build_page(content: Content) -> str:
    """Make the page. The same content gives the same page, to the byte."""
    report = content.report
    template = _environment().get_template("page.html.jinja")
    return template.render(
        content=content,
        report=report,
        inspection=report.inspection,
        encryption=report.inspection.encryption if report.inspection else None,
        verdict=verdict_of(content),
        succeeded=succeeded(report),
        looks_for_active=looks_for_active(report),
        removed=rows.kind_rows(report.removed, "removed"),
        removed_places=rows.place_rows(report, "removed"),
        kept=rows.kind_rows(report.kept, "kept"),
        kept_places=rows.place_rows(report, "kept"),
        found=rows.kind_rows(_found(report), "removed"),
        left_out=rows.count_rows(report.left_out),
        figures=figures_of(content),
        made=rows.made_facts(content),
        warnings=rows.bounded(report.warnings),
        style=Markup(style()),  # noqa: S704  (ours, and hashed)
        policy=policy_of(style()),
    )


def policy_of(text: str) -> str:
    """Say what a browser may do with the page: show it, with this style and its own pictures.

    Content Security Policy Level 3. Even a document's text that came through as markup could load
    and run nothing.
    """
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def style() -> str:
    """Give the page's style sheet."""
    return (resources.files(_PACKAGE) / "templates" / "page.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        # Whatever a template prints goes through it, so that no text can be forgotten.
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=rows.percent, counted=counted, grouped=_grouped)
    environment.globals.update(rows=rows, state_words=STATE_WORDS, source_of=_source_of)
    return environment


def _finalized(value: object) -> object:
    # Macros of the templates give markup, of texts that came through here.
    if isinstance(value, Markup | int | float):
        return value
    if isinstance(value, str):
        return visible(value)
    raise TypeError(f"a template prints a {type(value).__name__}")


def _grouped(number: int) -> str:
    return f"{number:,}"


def _found(report: DocumentReport) -> dict[str, int]:
    """Give what a job found that only looks."""
    looked = report.output is None and not report.removed and not report.kept
    return report.inspection.active_content if looked and report.inspection else {}


def _source_of(picture: Shown) -> Markup:
    # Longer than any text of a document may be; its letters are those of base64.
    return Markup(picture.url)  # noqa: S704
