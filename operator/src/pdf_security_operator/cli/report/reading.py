"""Reads what a page is made of: the report, the job's resource, documents as bytes, passwords.

Opens and hashes documents, and parses none.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pdf_security_operator import names
from pdf_security_operator.api.faults import words_of
from pdf_security_operator.cli.errors import UsageError
from pdf_security_operator.cli.manifest import read_documents
from pdf_security_operator.cli.report.content import JobFacts
from pdf_security_operator.cli.schema_faults import path_of
from pdf_security_operator.cli.text import printable
from pdf_security_processor.contract import DocumentReport, FileFacts
from pdf_security_processor.secret_files import PASSWORD_BYTES, Password

REPORT_BYTES = 16 * 1024**2
"""Largest report that is read: four times what a worker may say."""

_FAULTS = 3


def read_report(path: Path) -> DocumentReport:
    """Read a report as the processor wrote it.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    with _opened(path, "the report") as file:
        data = file.read(REPORT_BYTES + 1)
    if len(data) > REPORT_BYTES:
        raise UsageError(f"{printable(path)}: is larger than any report ({REPORT_BYTES} bytes)")
    try:
        return DocumentReport.model_validate_json(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        said = "; ".join(f"{path_of(each['loc'])}: {words_of(each)}" for each in faults[:_FAULTS])
        raise UsageError(
            f"{printable(path)}: is no report of a document ({said.removeprefix(': ')}); give the "
            "JSON file that a job with spec.report, or pdfsec run --report, puts"
        ) from None


def read_job(file: str, report: DocumentReport) -> JobFacts:
    """Read the resource of the job that a report is of, as `kubectl get psj NAME -o yaml` gives it.

    Raises:
        UsageError: it cannot be read, or the report is of another job.
    """
    for document in read_documents(file):
        metadata = _map(document.data.get("metadata"))
        if metadata.get("uid") != report.job_uid:
            continue
        status = _map(document.data.get("status"))
        effective = _map(status.get("effective"))
        return JobFacts(
            namespace=_text(metadata.get("namespace")),
            name=_text(metadata.get("name")),
            class_name=_text(effective.get("className")),
            image=_text(effective.get("image")),
            submitted_by=_text(_map(metadata.get("annotations")).get(names.SUBMITTER_ANNOTATION)),
            completion_time=_text(status.get("completionTime")),
        )
    raise UsageError(
        f"--job {printable(file)}: has no resource with metadata.uid {printable(report.job_uid)}, "
        "which the report is of: kubectl get pdfsecurityjob NAME -o yaml gives it"
    )


def read_password(option: str, path: Path | None) -> Password:
    """Read what opens a document; an empty password where none is named.

    Raises:
        UsageError: the file cannot be read, or holds no password.
    """
    if path is None:
        return Password("")
    with _opened(path, option) as file:
        # Editors and `echo` end a file with a newline that nobody meant.
        value = file.read(PASSWORD_BYTES + 2).removesuffix(b"\n")
    try:
        if len(value) <= PASSWORD_BYTES:
            return Password(value.decode())
    except UnicodeDecodeError:
        pass
    raise UsageError(
        f"{option} {printable(path)}: no password of a PDF, which is UTF-8 text of at most "
        f"{PASSWORD_BYTES} bytes"
    )


@contextmanager
def document(option: str, path: Path, facts: FileFacts | None) -> Iterator[BufferedReader]:
    """Have a document open in the block, once it is known to be the one that the report is of.

    Args:
        option: that names it.
        path: of it.
        facts: of the report.

    Raises:
        UsageError: it cannot be read, the report knows of none, or its digest is another.
    """
    if facts is None:
        raise UsageError(f"{option} {printable(path)}: the report knows of no such document")
    with _opened(path, option) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != facts.sha256:
            raise UsageError(
                f"{option} {printable(path)}: is not the document of the report: its SHA-256 is "
                f"{digest}, and the report's {facts.sha256}"
            )
        yield file


@contextmanager
def _opened(path: Path, what: str) -> Iterator[BufferedReader]:
    if path.exists() and not path.is_file():
        raise UsageError(f"{what} {printable(path)}: is not a regular file")
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{what} {printable(path)}: {error.strerror}") from None
    with file:
        yield file


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
