"""`pdfsec run` for many documents: which they are, and what becomes of each. Prints nothing."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pdf_security_operator.cli.errors import SOME_FAILED, UsageError
from pdf_security_operator.cli.plan import Options, check_input, check_names, order_of, request_of
from pdf_security_operator.cli.process import (
    Workspace,
    check_installed,
    environment_of,
    follow,
    private_workspace,
    processor,
)
from pdf_security_operator.cli.progress import Progress
from pdf_security_operator.cli.secrets import secret_files_of, write_secrets
from pdf_security_processor.contract import Request, Summary

COMMAND = (sys.executable, "-I", "-m", "pdf_security_processor.batch")

SUFFIX = ".pdf"


@dataclass(frozen=True)
class Done:
    """One document of a batch.

    Attributes:
        input: the document.
        summary: what came of it; none where the processor ended before.
    """

    input: Path
    summary: Summary | None

    @property
    def succeeded(self) -> bool:
        """Whether it did."""
        return self.summary is not None and not self.summary.exit_code

    @property
    def reason(self) -> str:
        """In one word."""
        return self.summary.reason if self.summary else "NoSummary"

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints of it."""
        said = self.summary.to_json_dict() if self.summary else {"reason": self.reason}
        return {"document": str(self.input), **said}


@dataclass(frozen=True)
class Batch:
    """What became of all, in the order in which they were named."""

    documents: tuple[Done, ...]
    notes: tuple[str, ...]

    @property
    def failed(self) -> int:
        """How many did not succeed."""
        return sum(not each.succeeded for each in self.documents)

    @property
    def exit_code(self) -> int:
        """0 where all succeeded."""
        return SOME_FAILED if self.failed else 0

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints."""
        return {
            "documents": [each.to_json_dict() for each in self.documents],
            "succeeded": len(self.documents) - self.failed,
            "failed": self.failed,
            "notes": list(self.notes),
            "exitCode": self.exit_code,
        }


def is_batch(inputs: Sequence[Path]) -> bool:
    """Tell whether these are several documents: a folder is, of however many."""
    return len(inputs) != 1 or inputs[0].is_dir()


def run_batch(
    options: Options,
    inputs: Sequence[Path],
    secrets: Sequence[str],
    scratch: Path | None,
    at_once: int | None,
    progress: Progress,
) -> Batch:
    """Do to each document what the job's manifest says; one that fails fails alone.

    Args:
        options: its places are folders here.
        inputs: documents, and folders of such.
        secrets: `NAME/KEY=FILE`.
        scratch: where documents are while they are worked on.
        at_once: how many at the same time; as many as there are processors where not given.
        progress: is told.

    Raises:
        UsageError: an option or a file is wrong.
        ManifestRefusedError: the API server or the class would refuse the manifest.
    """
    check_installed()
    documents = documents_of(inputs)
    order = order_of(options)
    if order.spec.output and options.output is None:
        raise UsageError("the operations change the documents: add --output FOLDER")
    if not order.spec.output and options.output is not None:
        raise UsageError("the documents are only inspected: leave out --output (and see --report)")
    _check_folders(options)
    requests = [request_of(order, _places_of(document, options)) for document in documents]
    files = secret_files_of(secrets, order.spec.operations, (options.manifest, options.class_file))
    largest = max(documents, key=lambda each: each.stat().st_size)
    with private_workspace(largest, scratch) as workspace:
        write_secrets(files, workspace.secrets)
        with progress:
            summaries = _summaries(requests, at_once, workspace, progress)
    done = (Done(each, summaries.get(number)) for number, each in enumerate(documents))
    return Batch(tuple(done), tuple(order.notes))


def documents_of(inputs: Sequence[Path]) -> list[Path]:
    """List the documents: those that are named, and all `*.pdf` directly in a folder.

    Raises:
        UsageError: there is none, or two have the same name.
    """
    found: dict[str, Path] = {}
    for place in inputs:
        if not place.is_dir():
            check_input(place)
        for document in _in_folder(place) if place.is_dir() else [place]:
            other = found.setdefault(document.name, document)
            if other.resolve() != document.resolve():
                raise UsageError(
                    f"--input {other} and {document} have the same name, and so have what is made "
                    "of them: run them one after the other"
                )
    if not found:
        raise UsageError(f"--input {', '.join(map(str, inputs))}: has no *{SUFFIX}")
    return list(found.values())


def _in_folder(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() == SUFFIX and path.is_file()
    ]


def _check_folders(options: Options) -> None:
    for option, folder in (("--output", options.output), ("--report", options.report)):
        if folder and not folder.is_dir():
            raise UsageError(f"{option} {folder}: must be a folder that is there, for many inputs")


def _places_of(document: Path, options: Options) -> Options:
    if options.output and options.output.resolve() == document.resolve().parent:
        raise UsageError(f"--output {options.output}: must not be the folder of an input")
    output = options.output / document.name if options.output else None
    report = options.report / f"{document.name}.json" if options.report else None
    places = replace(options, input=document, output=output, report=report)
    check_names(places)
    return places


def _summaries(
    requests: Sequence[Request],
    at_once: int | None,
    workspace: Workspace,
    progress: Progress,
) -> dict[int, Summary]:
    """Run the processor on all; give the summaries by number, as far as there are any."""
    command = [*COMMAND, *([f"--at-once={at_once}"] if at_once else [])]
    found: dict[int, Summary] = {}
    lines = [f"{each.to_environment_value()}\n".encode() for each in requests]
    pipe = subprocess.PIPE
    with processor(command, environment_of(workspace), stdin=pipe, stdout=pipe) as process:
        # Both ends of a full pipe would wait for each other.
        log = threading.Thread(target=follow, args=(process, progress.tell_line))
        log.start()
        if process.stdin and process.stdout:
            # One that is gone already tells more by its log.
            with suppress(BrokenPipeError):
                process.stdin.writelines(lines)
                process.stdin.close()
            for line in process.stdout:
                said = json.loads(line)
                found[said["number"]] = Summary.model_validate(said["summary"])
                progress.count(len(found), len(requests))
        log.join()
    return found
