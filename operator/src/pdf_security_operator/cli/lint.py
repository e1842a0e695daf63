"""What the API server or the operator would refuse in files of manifests. Prints nothing."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pdf_security_operator import names
from pdf_security_operator.cli.errors import Finding, ManifestRefusedError, UsageError
from pdf_security_operator.cli.manifest import STDIN, Document, read_documents
from pdf_security_operator.cli.validation import KINDS, refusals_of, violations_of

_SUFFIXES = (".yaml", ".yml", ".json")


def lint_files(files: Iterable[str]) -> list[Finding]:
    """List what is wrong in files and folders of manifests.

    Raises:
        UsageError: a file cannot be read, or standard input is named twice.
    """
    chosen = [one for file in files for one in _expanded(file)]
    if chosen.count(STDIN) > 1:
        raise UsageError("standard input (-) can be read once only")
    findings: list[Finding] = []
    for file in chosen:
        try:
            documents = read_documents(file)
        except ManifestRefusedError as error:
            findings += error.findings
            continue
        findings += lint_documents(file, documents)
    return findings


def lint_documents(file: str, documents: list[Document]) -> list[Finding]:
    """List what is wrong with the resources of one file; other kinds are passed over."""
    ours = [document for document in documents if is_ours(document)]
    if not ours:
        return [Finding(file, 1, "kind", f"the file has no {' and no '.join(KINDS)}")]
    return [finding for document in ours for finding in lint_document(document)]


def lint_document(document: Document) -> Iterator[Finding]:
    """List what is wrong with one resource."""
    for violation in violations_of(document.data) or refusals_of(document.data):
        line = document.line_of(violation.field)
        yield Finding(document.file, line, violation.field, violation.message)


def is_ours(document: Document) -> bool:
    """Tell whether a resource is meant to be one of ours, even where it is misspelt."""
    group = str(document.data.get("apiVersion")).partition("/")[0]
    return group == names.GROUP or document.data.get("kind") in KINDS


def _expanded(file: str) -> list[str]:
    if file == STDIN or not Path(file).is_dir():
        return [file]
    found = sorted(str(one) for one in Path(file).rglob("*") if one.suffix in _SUFFIXES)
    if not found:
        raise UsageError(f"{file}: the folder has no file that ends in {', '.join(_SUFFIXES)}")
    return found
