"""The worker: one sealed process for one document, which it has only as descriptors.

Never opens a path or a socket, and never sees a credential. Whatever it says is untrusted.
"""

import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial

import pikepdf

from pdf_security_processor import limits as process_limits
from pdf_security_processor import sandbox
from pdf_security_processor.contract import (
    ExitCode,
    Finding,
    Inspection,
    Limits,
    Operation,
    WorkerReport,
)
from pdf_security_processor.contract.report import (
    FINDINGS_LIMIT,
    LEFT_OUT_LIMIT,
    WARNINGS_LIMIT,
)
from pdf_security_processor.control import ControlMessage, read_control_message
from pdf_security_processor.errors import (
    InputDamagedError,
    InternalError,
    PasswordRequiredError,
    ProcessorError,
)
from pdf_security_processor.opening import (
    judged_warnings,
    objects_of,
    open_document,
    open_without_password,
)
from pdf_security_processor.operations import OPERATIONS, Document
from pdf_security_processor.operations.inspect import (
    encryption_of,
    encryption_warnings,
    inspection_of,
    is_linearized,
)
from pdf_security_processor.operations.signed import settle_signatures
from pdf_security_processor.reading import InputFile, input_file
from pdf_security_processor.saving import save_document
from pdf_security_processor.scratch import write_all
from pdf_security_processor.secret_files import decryption_password
from pdf_security_processor.text import described, printable
from pdf_security_processor.worker_arguments import parse
from pdf_security_processor.worker_setup import prepare, set_up


def main(arguments: list[str]) -> int:
    """Do the one document of a process that was started for it.

    Returns:
        The `ExitCode` that the report carries too.
    """
    given = parse(arguments)
    set_up()
    bounds = Limits.model_validate_json(given.limits)
    ready = partial(prepare, draws=given.draws)
    return work(bounds, given.broker, given.input, given.output, given.report, ready)


def work(
    bounds: Limits,
    parent: int,
    input_fd: int,
    output_fd: int | None,
    report_fd: int,
    ready: Callable[[], None],
) -> int:
    """Seal this process, then work on what comes over standard input.

    Args:
        bounds: that it puts on itself.
        parent: process id; this one ends with it.
        input_fd: the document, readable.
        output_fd: an empty file, readable and writable; none where no output is wanted.
        report_fd: a pipe for its words.
        ready: loads what is loaded before the seal.

    Returns:
        The `ExitCode` that the report carries too.
    """
    descriptors = {0, 1, 2, input_fd, report_fd}
    if output_fd is not None:
        descriptors.add(output_fd)
    seal = sandbox.seal(bounds, descriptors, parent, ready)
    _write(report_fd, seal.model_dump_json(by_alias=True).encode() + b"\n")
    message = read_control_message(sys.stdin.buffer)
    if message is None:
        return ExitCode.SUCCEEDED
    report = process(message, input_fd, output_fd, sandbox.allow_processor_time)
    _write_report(report_fd, report)
    return report.exit_code


def process(
    message: ControlMessage,
    input_fd: int,
    output_fd: int | None,
    more_time: Callable[[float], None],
) -> WorkerReport:
    """Work on one document; whatever goes wrong is in the report, never raised.

    Args:
        message: operations and passwords.
        input_fd: the document, readable.
        output_fd: an empty file, readable and writable; none where no output is wanted.
        more_time: lets this process have so many seconds of processor time more.
    """
    try:
        return _process(message, input_fd, output_fd, more_time)
    except ProcessorError as error:
        return _failed(error.exit_code, error.message)
    except MemoryError:
        return _out_of_memory(message.limits)
    except (RecursionError, UnicodeDecodeError, pikepdf.PikepdfError) as error:
        if process_limits.memory_was_short():
            return _out_of_memory(message.limits)
        # The texts of these may quote the document.
        damaged = InputDamagedError(
            f"The document's structure cannot be worked on ({type(error).__name__})."
        )
        return _failed(damaged.exit_code, damaged.message)
    except Exception as error:
        return _failed(ExitCode.INTERNAL_ERROR, f"The worker failed: {described(error)}.")


def _process(
    message: ControlMessage,
    input_fd: int,
    output_fd: int | None,
    more_time: Callable[[float], None],
) -> WorkerReport:
    names = [operation.name for operation in message.operations]
    repair = "repair" in names
    size = os.fstat(input_fd).st_size
    more_time(process_limits.opening_seconds(size))
    with input_file(input_fd, size) as file:
        try:
            opened = open_document(
                file,
                decryption_password(message.operations, message.passwords),
                repair=repair,
                # It proves what it keeps.
                proves="sanitize" not in names,
            )
        except PasswordRequiredError:
            unreadable = None
            if _is_inspection_only(names, output_fd):
                unreadable = _inspection_without_password(file, names)
            if unreadable is None:
                raise
            return unreadable
        with opened.pdf as pdf:
            more_time(_pages_seconds(pdf, message.operations))
            _check_protection(pdf, names, output_fd)
            document = Document(
                pdf,
                message.passwords,
                repair=repair,
                was_encrypted=pdf.is_encrypted or message.unlocked,
                on_signature=message.on_signature,
                more_time=more_time,
                inspection=inspection_of(pdf),
            )
            if output_fd is not None:
                settle_signatures(document)
            document.warnings.extend(encryption_warnings(pdf))
            document.reader_warnings.extend(opened.warnings)
            # An inspection tells of the document as it came in, wherever it stands in the list.
            for operation in sorted(message.operations, key=lambda one: one.inspect is None):
                _run(document, operation)
            document.reader_warnings.extend(judged_warnings(pdf, repair=repair))
            pages = None
            if output_fd is not None:
                pages = save_document(document, output_fd, repair=repair)
            return _succeeded(document, names, pages)


def _pages_seconds(pdf: pikepdf.Pdf, operations: list[Operation]) -> float:
    dots = max(operation.dots_an_inch for operation in operations)
    return process_limits.pages_seconds(len(pdf.pages), objects_of(pdf), dots)


def _run(document: Document, operation: Operation) -> None:
    run = OPERATIONS.get(operation.name)
    if run is None:
        raise InternalError(f"No operation {operation.name!r} in this image; update the image.")
    run(document, operation)


def _is_inspection_only(names: list[str], output_fd: int | None) -> bool:
    return output_fd is None and set(names) == {"inspect"}


def _check_protection(pdf: pikepdf.Pdf, names: list[str], output_fd: int | None) -> None:
    # Saving drops the encryption, also of a document that anybody can open and not everybody may
    # change: that has to be asked for.
    if pdf.is_encrypted and "decrypt" not in names and not _is_inspection_only(names, output_fd):
        raise PasswordRequiredError(
            "The document is encrypted (it opens without a password, with permissions); add a "
            "decrypt operation to say that its protection may be removed."
        )


def _inspection_without_password(file: InputFile, names: list[str]) -> WorkerReport | None:
    """Tell what can be told of a document whose password nobody gave; None if nothing can."""
    pdf = open_without_password(file)
    if pdf is None:
        return None
    with pdf:
        inspection = Inspection(
            pdf_version=printable(pdf.pdf_version, 16),
            linearized=is_linearized(pdf),
            encryption=encryption_of(pdf, opened=False),
        )
        told = encryption_warnings(pdf)
    unknown = "inspect: encrypted with a password that was not given; the content is unknown"
    return WorkerReport(
        exit_code=ExitCode.SUCCEEDED,
        inspection=inspection,
        operations=names,
        warnings=[unknown, *told],
    )


def _succeeded(document: Document, names: list[str], pages: int | None) -> WorkerReport:
    return WorkerReport(
        exit_code=ExitCode.SUCCEEDED,
        inspection=document.inspection,
        # What was kept comes first.
        findings=sorted(document.findings, key=_is_removed)[:FINDINGS_LIMIT],
        removed=dict(sorted(document.removed.items())),
        kept=dict(sorted(document.kept.items())),
        left_out=_commonest(document.left_out),
        # What operations say comes first: qpdf may say the same of each of a thousand pages.
        warnings=_cut([*document.warnings, *document.reader_warnings]),
        operations=names,
        output_pages=pages,
    )


def _is_removed(finding: Finding) -> bool:
    return finding.action == "removed"


def _commonest(counts: Counter[str]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return dict(ordered[:LEFT_OUT_LIMIT])


def _cut(warnings: list[str]) -> list[str]:
    left_out = len(warnings) - WARNINGS_LIMIT + 1
    if left_out <= 1:
        return warnings
    return [*warnings[: WARNINGS_LIMIT - 1], f"{left_out} more left out"]


def _failed(code: ExitCode, message: str) -> WorkerReport:
    return WorkerReport(exit_code=code, message=message[:1024])


def _out_of_memory(limits: Limits) -> WorkerReport:
    return _failed(
        ExitCode.OUT_OF_MEMORY,
        f"The document needs more memory than {limits.worker_memory_bytes} bytes; raise the "
        "class's memory.",
    )


def _write_report(descriptor: int, report: WorkerReport) -> None:
    _write(descriptor, json.dumps(report.to_json_dict(), separators=(",", ":")).encode())


def _write(descriptor: int, data: bytes) -> None:
    with io.FileIO(descriptor, "w", closefd=False) as pipe:
        write_all(pipe, data)


if __name__ == "__main__":
    # Without the interpreter's teardown: destructors of an untrusted document have no say in how
    # this ends.
    os._exit(main(sys.argv[1:]))
