"""What programs that nobody here wrote find in a document that was sanitized."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectors.contenders import program

WORDS = frozenset(
    (
        *("/JS", "/JavaScript", "/AA", "/OpenAction", "/AcroForm", "/RichMedia", "/Launch"),
        *("/EmbeddedFile", "/XFA", "/Encrypt", "/ObjStm", "/Colors > 2^24"),
    )
)
"""Of those that PDFiD counts, what stands for something active or hidden."""

_SUSPICIOUS = ("actions", "js_vulns", "triggers", "urls")

_CODECS = frozenset(("/JBIG2Decode",))
"""Names that peepdf suspects for what a reader of 2009 did with such images: CVE-2009-0658."""

_PLAIN = frozenset(("PDFVersion", "Linearized", "PageCount"))
"""What exiftool says of every document."""

_POPPLER: Mapping[str, str] = {
    "Custom Metadata": "no",
    "Metadata Stream": "no",
    "Tagged": "no",
    "UserProperties": "no",
    "Form": "none",
    "JavaScript": "no",
    "Encrypted": "no",
}
"""What pdfinfo says of a document that has nothing but pages."""

_INFO = ("Title", "Subject", "Keywords", "Author", "Creator", "Producer")


@dataclass(frozen=True)
class Judgement:
    """What the oracles found in one document.

    Attributes:
        complaints: what should not be there, each with who says so.
        said: tool -> all that it wrote.
    """

    complaints: tuple[str, ...]
    said: Mapping[str, bytes]

    @property
    def oracles(self) -> frozenset[str]:
        """The programs that complain."""
        return frozenset(re.split("[: ]", each, maxsplit=1)[0] for each in self.complaints)


def normalize(document: Path, target: Path) -> None:
    """Write a document without compression, as Debian's qpdf does."""
    program("qpdf", "--qdf", "--object-streams=disable", document, target)


def judge(python: Path, document: Path, normalized: Path, counted: Path) -> Judgement:
    """Have all of them look at a document.

    Args:
        python: the interpreter of peepdf.
        document: the output.
        normalized: the same by `normalize`.
        counted: PDFiD's counts of that.
    """
    said: dict[str, bytes] = {}
    complaints = [
        *_qpdf(document),
        *_pdfid(counted),
        *_peepdf(python, normalized, said),
        *_poppler(document, said),
        *_exiftool(document, said),
        *_mutool(document, said),
    ]
    return Judgement(tuple(complaints), said)


def _qpdf(document: Path) -> Iterator[str]:
    done = program("qpdf", "--check", document)
    if done.returncode:
        yield f"qpdf: {_shortened(done.stderr or done.stdout)}"


def _pdfid(counted: Path) -> Iterator[str]:
    if not counted.is_file():
        yield "pdfid: no answer"
        return
    counts = json.loads(counted.read_bytes())
    for word in sorted(WORDS):
        if counts.get(word, 0):
            yield f"pdfid: {word} {counts[word]}"


def _peepdf(python: Path, normalized: Path, said: dict[str, bytes]) -> Iterator[str]:
    done = program(python, "-I", "-m", "peepdf", "-j", "-f", normalized)
    said["peepdf"] = done.stdout
    versions = _versions_of(done.stdout)
    if not versions:
        yield f"peepdf: no answer: {_shortened(done.stderr)}"
    for version in versions:
        suspicious = version["suspicious_elements"]
        for kind in _SUSPICIOUS:
            if suspicious.get(kind):
                yield f"peepdf: {kind} {json.dumps(suspicious[kind])[:80]}"
        for element in suspicious["elements"]:
            if element["name"] not in _CODECS:
                yield f"peepdf: {element['name']}"
        if version.get("js_objects"):
            yield f"peepdf: scripts in objects {version['js_objects']}"


def _versions_of(answer: bytes) -> list[dict[str, Any]]:
    try:
        report = json.loads(answer[answer.index(b"{") :])["peepdf_analysis"]
    except ValueError:
        return []
    return [each["version_info"] for each in report["advanced"]]


def _poppler(document: Path, said: dict[str, bytes]) -> Iterator[str]:
    scripts, files = program("pdfinfo", "-js", document), program("pdfdetach", "-list", document)
    told = program("pdfinfo", document)
    said["poppler"] = scripts.stdout + files.stdout + told.stdout
    if told.returncode or scripts.returncode:
        yield f"pdfinfo: {_shortened(told.stderr or scripts.stderr)}"
    if scripts.stdout.strip():
        yield f"pdfinfo -js: {_shortened(scripts.stdout)}"
    if not files.stdout.startswith(b"0 embedded files"):
        yield f"pdfdetach: {_shortened(files.stdout or files.stderr)}"
    lines = told.stdout.decode(errors="replace").splitlines()
    facts = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    for key, expected in _POPPLER.items():
        if facts.get(key) != expected:
            yield f"pdfinfo: {key}: {facts.get(key)}"
    yield from (f"pdfinfo: {key}: {facts[key]}" for key in _INFO if key in facts)


def _exiftool(document: Path, said: dict[str, bytes]) -> Iterator[str]:
    done = program("exiftool", "-json", "-a", "-u", "-U", "-G1", document)
    said["exiftool"] = done.stdout
    if done.returncode:
        yield f"exiftool: {_shortened(done.stderr)}"
        return
    for key in json.loads(done.stdout)[0]:
        group, _, tag = key.rpartition(":")
        if group not in ("", "ExifTool", "System", "File") and tag not in _PLAIN:
            yield f"exiftool: {key}"


def _mutool(document: Path, said: dict[str, bytes]) -> Iterator[str]:
    for what in ("js", "form", "outline"):
        done = program("mutool", "show", document, what)
        if done.stdout.strip():
            yield f"mutool show {what}: {_shortened(done.stdout)}"
    done = program("mutool", "show", document, "grep")
    said["mutool"] = done.stdout
    if done.returncode or b"error:" in done.stderr:
        yield f"mutool: {_shortened(done.stderr)}"


def _shortened(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())[:120]
