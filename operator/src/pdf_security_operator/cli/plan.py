"""From a manifest and the options of `pdfsec run` to the processor's request. Starts nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, JobSpec, Output
from pdf_security_operator.cli.errors import Finding, ManifestRefusedError, UsageError
from pdf_security_operator.cli.lint import is_ours, lint_document, lint_documents
from pdf_security_operator.cli.manifest import STDIN, Document, read_documents
from pdf_security_operator.cli.text import is_utf8, printable
from pdf_security_operator.cli.validation import without_nulls
from pdf_security_operator.effective import (
    EffectiveLimits,
    effective_limits_of,
    encryption_of,
    endpoint_of,
)
from pdf_security_operator.errors import JobRejected
from pdf_security_processor.contract import FileLocation, Owner, Request, Sink, Source

_NO_IMAGE = "local@sha256:" + "0" * 64
"""A class must name an image; here the installed processor runs."""


@dataclass(frozen=True)
class Options:
    """What the command line says besides the manifest."""

    manifest: str
    input: Path
    output: Path | None = None
    report: Path | None = None
    class_file: str | None = None
    name: str | None = None
    overwrite: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be run, and what a person should know of it."""

    request: Request
    limits: EffectiveLimits
    notes: tuple[str, ...]

    def with_report(self, folder: Path) -> Request:
        """Give the request with a report, in a private folder where nobody asked for one."""
        if self.request.report:
            return self.request
        sink = Sink(file=FileLocation(root=str(folder), path="report.json"))
        return self.request.model_copy(update={"report": sink})


@dataclass(frozen=True)
class Order:
    """What a manifest orders, of any document.

    Attributes:
        metadata: of the job.
        spec: of the job.
        class_spec: of its class; none where that is not here.
        limits: what both come to.
        notes: what a person should know; more may be added.
    """

    metadata: dict[str, Any]
    spec: JobSpec
    class_spec: ClassSpec | None
    limits: EffectiveLimits
    notes: list[str]


def plan_of(options: Options) -> Plan:
    """Work out what to run.

    Raises:
        UsageError: an option is wrong, missing or too many.
        ManifestRefusedError: the API server or the class would refuse the manifest.
    """
    order = order_of(options)
    check_names(options)
    _check_places(options, order.spec)
    if order.spec.report and not options.report:
        order.notes.append("the manifest asks for a report: --report FILE keeps it")
    return Plan(request_of(order, options), order.limits, tuple(order.notes))


def order_of(options: Options) -> Order:
    """Read the manifest and its class, whatever the documents are.

    Raises:
        UsageError: an option is wrong.
        ManifestRefusedError: the API server or the class would refuse the manifest.
    """
    if options.manifest == options.class_file == STDIN:
        raise UsageError("standard input (-) can be read once only: put the class into a file")
    documents = read_documents(options.manifest)
    job = _chosen_job(options, documents)
    findings = list(lint_document(job))
    if findings:
        raise ManifestRefusedError(findings)
    spec = JobSpec.model_validate(without_nulls(job.data["spec"]))
    class_spec, notes = _class_of(options, documents, spec)
    try:
        limits = effective_limits_of(spec, class_spec or ClassSpec(image=_NO_IMAGE))
        if class_spec:
            _check_endpoints(spec, class_spec)
    except JobRejected as refusal:
        field, colon, message = refusal.message.partition(" ")
        field = f"spec.{field}" if colon else ""
        finding = Finding(job.file, job.line_of(field), field, message or refusal.message)
        raise ManifestRefusedError([finding]) from refusal
    return Order(job.data["metadata"], spec, class_spec, limits, notes)


def request_of(order: Order, options: Options) -> Request:
    """Make the request for one document, whose places `options` has."""
    metadata, spec, class_spec = order.metadata, order.spec, order.class_spec
    return Request(
        owner=Owner(
            namespace=metadata.get("namespace") or "default",
            name=metadata.get("name") or metadata["generateName"],
            uid=str(uuid.uuid4()),
        ),
        input=Source(file=_location_of(options.input.resolve())),
        output=_sink_of(options.output, spec.output, options),
        report=_sink_of(options.report, spec.report, options),
        operations=spec.operations,
        limits=order.limits.document,
        on_signature=spec.on_signature,
        verify=spec.verify,
        require_complete_seal=class_spec.require_complete_seal if class_spec else None,
    )


def _chosen_job(options: Options, documents: Sequence[Document]) -> Document:
    ours = [document for document in documents if is_ours(document)]
    jobs = [document for document in ours if document.data.get("kind") == names.JOB_KIND]
    if not jobs:
        raise ManifestRefusedError(
            lint_documents(options.manifest, list(documents))
            or [Finding(options.manifest, 1, "kind", f"the file has no {names.JOB_KIND}")]
        )
    present = ", ".join(_name_of(job) for job in jobs)
    if options.name is not None:
        jobs = [job for job in jobs if _name_of(job) == options.name]
        if not jobs:
            raise UsageError(f"--name {options.name}: {options.manifest} has only {present}")
    if len(jobs) > 1:
        raise UsageError(f"{options.manifest} has several jobs: choose one by --name: {present}")
    return jobs[0]


def _class_of(
    options: Options, documents: Sequence[Document], spec: JobSpec
) -> tuple[ClassSpec | None, list[str]]:
    """Find the class, in its own file or beside the job; None where it is not here."""
    source = read_documents(options.class_file) if options.class_file else documents
    classes = [document for document in source if document.data.get("kind") == names.CLASS_KIND]
    if options.class_file and not classes:
        raise UsageError(f"--class {options.class_file}: has no {names.CLASS_KIND}")
    wanted = spec.class_name
    chosen = _chosen_class(classes, wanted)
    if chosen is None and classes and (options.class_file or not wanted):
        present = ", ".join(_name_of(one) for one in classes)
        raise UsageError(
            f"{options.class_file or options.manifest} has several classes ({present}), and none "
            f"is the job's: name one in spec.className, or annotate one as "
            f'{names.DEFAULT_CLASS_ANNOTATION}: "true"'
        )
    if chosen is None:
        notes = [f"class {wanted} is not here: defaults apply; --class FILE names it"]
        return None, notes if wanted else []
    findings = list(lint_document(chosen))
    if findings:
        raise ManifestRefusedError(findings)
    class_spec = ClassSpec.model_validate(without_nulls(chosen.data["spec"]))
    name = _name_of(chosen)
    differs = wanted is not None and wanted != name
    return class_spec, [f"the job names class {wanted}, and {name} is used"] if differs else []


def _chosen_class(classes: Sequence[Document], wanted: str | None) -> Document | None:
    """Choose as the operator does: the named one, else the default; or else the only one."""
    fit = [one for one in classes if _name_of(one) == wanted]
    if wanted is None:
        fit = [one for one in classes if _is_default(one)]
    if not fit:
        fit = list(classes)
    return fit[0] if len(fit) == 1 else None


def _is_default(document: Document) -> bool:
    metadata = document.data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict):
        return False
    return annotations.get(names.DEFAULT_CLASS_ANNOTATION) == "true"


def _check_endpoints(spec: JobSpec, class_spec: ClassSpec) -> None:
    for field, place in (("input", spec.input), ("output", spec.output), ("report", spec.report)):
        if place and place.s3:
            endpoint_of(place.s3, class_spec, field)
            encryption_of(place.s3, class_spec, field)
    if spec.input.http:
        endpoint_of(spec.input.http, class_spec, "input")


def check_names(options: Options) -> None:
    """Refuse what no request can carry.

    Raises:
        UsageError: the name of a place is not UTF-8.
    """
    for option in ("input", "output", "report"):
        path: Path | None = getattr(options, option)
        if path and not is_utf8(path.resolve()):
            raise UsageError(f"--{option} {printable(path)}: the name is not UTF-8: rename it")


def check_input(path: Path) -> None:
    """Refuse what is no document.

    Raises:
        UsageError: no regular file, or none at all.
    """
    if not path.is_file():
        wrong = "is not a regular file" if path.exists() else "does not exist"
        raise UsageError(f"--input {path}: {wrong}")


def _check_places(options: Options, spec: JobSpec) -> None:
    check_input(options.input)
    if spec.output and options.output is None:
        raise UsageError("the operations change the document: add --output FILE")
    if not spec.output and options.output is not None:
        raise UsageError("the document is only inspected: leave out --output (and see --report)")
    places = {"--input": options.input.resolve()}
    for option, path in (("--output", options.output), ("--report", options.report)):
        if path is None:
            continue
        if not path.parent.is_dir():
            raise UsageError(f"{option} {path}: make the folder {path.parent} first")
        for other, taken in places.items():
            if taken == path.resolve():
                raise UsageError(f"{option} {path}: must not be the same file as {other}")
        places[option] = path.resolve()


def _sink_of(path: Path | None, place: Output | None, options: Options) -> Sink | None:
    if path is None:
        return None
    overwrite = options.overwrite or bool(place and place.overwrite)
    return Sink(file=_location_of(path.parent.resolve() / path.name), overwrite=overwrite)


def _location_of(path: Path) -> FileLocation:
    return FileLocation(root=str(path.parent), path=path.name)


def _name_of(document: Document) -> str:
    metadata = document.data.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, dict) else "(without a name)"
