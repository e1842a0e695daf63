"""Reports with everything in them, and pages read back. Asserts nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from pydantic import BaseModel

from pdf_security_operator.cli.report.content import (
    ChangedPage,
    Comparison,
    Content,
    JobFacts,
    Shown,
)
from pdf_security_operator.cli.report.page import build_page
from pdf_security_processor.contract import DocumentReport, Visual

PNG = b"\x89PNG\r\n\x1a\n"

JOB = JobFacts(
    namespace="legal",
    name="contract-7",
    class_name="standard",
    image="registry.example/processor@sha256:" + "ab" * 32,
    submitted_by="h.olsen@example.com",
    completion_time="2026-11-27T15:30:09Z",
)

COMPARISON = Comparison(
    Visual(pages=9, changed=3, worst_page=2, worst_difference=0.25, problem="page 9 was not drawn"),
    (
        ChangedPage(
            2,
            0.25,
            Shown("image/png", PNG, 595, 842),
            Shown("image/png", PNG, 595, 842),
            ((16, 32, 48, 64),),
        ),
        ChangedPage(
            4,
            1.0,
            Shown("image/png", PNG, 595, 842),
            Shown("image/jpeg", b"\xff\xd8", 842, 595),
            (),
        ),
    ),
)

FULL: dict[str, Any] = {
    "version": 1,
    "job_uid": "0b1c2d3e",
    "reason": "Succeeded",
    "message": "",
    "input": {"bytes": 4096, "sha256": "a1" * 32, "pages": 9},
    "output": {"bytes": 2048, "sha256": "b2" * 32, "pages": 9},
    "server_side_encryption": "SSE-KMS",
    "operations": ["decrypt", "sanitize", "encrypt"],
    "seal": {"landlock": 7, "seccomp": False},
    "inspection": {
        "pdf_version": "1.7",
        "pages": 9,
        "linearized": True,
        "encryption": {
            "algorithm": "AES-256",
            "revision": 6,
            "key_bits": 256,
            "opened_with": "owner",
            "permissions": {"print": "low", "copy": False, "modify": True},
            "authenticated": True,
        },
        "signatures": 2,
        "form_fields": 3,
        "has_xfa": True,
        "has_info": True,
        "has_xmp": True,
        "active_content": {"JavaScript": 2},
    },
    "signatures": [
        {
            "field": "Approval",
            "signer": "Common Name: Zoe Signer",
            "claimed_time": "2026-11-27T10:00:00+00:00",
            "digest_algorithm": "sha256",
            "holds": True,
            "covers": "part",
            "changes_since": "fields",
            "problem": "its certificate cannot be read",
        },
        {"field": "Second", "holds": False},
    ],
    "visual": {
        "pages": 9,
        "changed": 1,
        "worst_page": 3,
        "worst_difference": 0.5,
        "problem": "page 8 of the output cannot be drawn",
    },
    "findings": [
        {
            "kind": "JavaScript",
            "object": "12 0",
            "path": "/AA/O",
            "action": "removed",
            "attachment": "outer.pdf/inner.pdf",
        },
        {"kind": "URI", "object": "13 0", "path": "/A", "action": "kept"},
    ],
    "removed": {"JavaScript": 2},
    "kept": {"URI": 1},
    "left_out": {"/AA": 4, "/Odd Key": 1},
    "warnings": ["sanitize: 1 findings were kept", "font damaged"],
    "duration_seconds": 1.25,
    "peak_memory_bytes": 50331648,
}
"""A report in which every field is set."""

FAILED: dict[str, Any] = {
    **FULL,
    "reason": "InputDamaged",
    "message": "The cross-reference table is damaged.",
    "output": None,
    "server_side_encryption": None,
}

MAPS = ("removed", "kept", "left_out", "active_content", "permissions")
"""Fields whose names are texts of the document, too."""

Path = tuple[str | int, ...]

Skeleton = list[tuple[str, tuple[tuple[str, str], ...]]]
"""All elements of a page in order, with their attributes."""


def full() -> Content:
    """Give a page's content with everything in it."""
    return Content(DocumentReport.model_validate(FULL), JOB, COMPARISON)


def leaves_of(value: Any, path: Path = ()) -> Iterator[Path]:
    """Give the place of each text of a report: values, and names in maps, which end in `*`."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves_of(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            if path and path[-1] in MAPS:
                yield (*path, name, "*")
            yield from leaves_of(item, (*path, name))


def with_text(report: dict[str, Any], path: Path, text: str) -> dict[str, Any]:
    """Put a text at a place of a report."""
    changed = copy.deepcopy(report)
    *way, last = path
    if last == "*":
        *way, last = way
        at = _at(changed, way)
        at[text] = at.pop(last)
    else:
        _at(changed, way)[last] = text
    return changed


def _at(value: Any, way: list[str | int]) -> Any:
    for step in way:
        value = value[step]
    return value


def fields_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Name every field of a model, and those of the models in it."""
    for name, info in model.model_fields.items():
        here = f"{path}.{name}".lstrip(".")
        yield here
        for inner in _models_in(info.annotation):
            yield from fields_of(inner, here)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
    # `Annotated[...]` within a union keeps its type apart.
    origin = getattr(annotation, "__origin__", None)
    if origin is not annotation and isinstance(origin, type) and issubclass(origin, BaseModel):
        yield origin


@dataclass
class Element:
    """One element of a page that was read back."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, *tags: str) -> list[Element]:
        """Give those below it, in order; with one of the tags where any are given."""
        found = []
        for child in self.children:
            if not tags or child.tag in tags:
                found.append(child)
            found += child.all(*tags)
        return found

    @property
    def whole_text(self) -> str:
        """Its text, and that of those below it."""
        return self.text + " ".join(child.whole_text for child in self.children)

    def skeleton(self) -> Skeleton:
        """Give all that is markup, with its attributes."""
        return [(each.tag, tuple(each.attributes.items())) for each in self.all()]


_VOID = ("meta", "link", "img", "br")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.children.append(element)
        if tag not in _VOID:
            self._at = element

    def handle_endtag(self, tag: str) -> None:
        if self._at.tag != tag:
            raise ValueError(f"</{tag}> where <{self._at.tag}> is open")
        self._at = self._at.parent or self.root

    def handle_data(self, data: str) -> None:
        self._at.text += data

    def handle_comment(self, data: str) -> None:
        raise ValueError(f"a comment: {data}")


def read_page(page: str) -> Element:
    """Read a page back.

    Raises:
        ValueError: elements are not closed in order, or there is a comment.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if reader._at is not reader.root:
        raise ValueError(f"<{reader._at.tag}> is not closed")
    return reader.root


def page_of(report: dict[str, Any]) -> Element:
    """Make the page of a report, and read it back."""
    return read_page(build_page(Content(DocumentReport.model_validate(report), JOB)))
