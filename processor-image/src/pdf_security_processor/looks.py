"""What is looked at beside the worker's work, by sealed processes of their own. No PDF parser."""

import os
import time
from pathlib import Path

import structlog

from pdf_security_processor.checks import check_seal, check_visual
from pdf_security_processor.contract import Request, Seal, Verify
from pdf_security_processor.outcome import Outcome
from pdf_security_processor.secret_files import Password, opening_passwords
from pdf_security_processor.signatures.judgement import signature_warnings, signatures_of
from pdf_security_processor.visual.comparison import Side, visual_of
from pdf_security_processor.visual.frames import EVERY_PAGE, DrawingOrder


class Looks:
    """Second looks at a document that the worker has done."""

    def __init__(
        self,
        request: Request,
        readable: int,
        passwords: dict[str, Password],
        outcome: Outcome,
        log: structlog.typing.FilteringBoundLogger,
    ) -> None:
        """Make it.

        Args:
            request: what to do.
            readable: descriptor of the input.
            passwords: that the operations name.
            outcome: where what is seen is kept.
            log: the job's log.
        """
        self._request = request
        self._readable = readable
        self._opens_input, self._opens_output = opening_passwords(request.operations, passwords)
        self._outcome = outcome
        self._log = log

    def judge_signatures(self) -> None:
        """Have the input's signatures judged, where it is inspected and has any.

        Raises:
            SealIncompleteError: the process that would is less held than it is to be.
        """
        inspects = any(each.inspect for each in self._request.operations)
        inspection = self._outcome.worker.inspection
        if not inspects or inspection is None or not inspection.signatures:
            return
        began = time.monotonic()
        # Decrypted, the bytes are no longer those that were signed.
        signatures = (
            None
            if self._outcome.unlocked
            else signatures_of(self._readable, self._opens_input, self._request.limits, self._check)
        )
        self._outcome.signatures = signatures
        self._outcome.warnings.extend(signature_warnings(signatures))
        self._log.info(
            "signatures.judged",
            count=len(signatures or ()),
            hold=sum(each.holds for each in signatures or ()),
            seconds=round(time.monotonic() - began, 4),
        )

    def compare(self, wanted: Verify, output: Path) -> None:
        """Compare how input and output look.

        Raises:
            SealIncompleteError: a process that would draw is less held than it is to be.
            VisualChangeError: they differ, and the job says that this fails it.
        """
        began = time.monotonic()
        pages = wanted.pages or EVERY_PAGE
        written = os.open(output, os.O_RDONLY | os.O_CLOEXEC)
        try:
            visual = visual_of(
                Side("input", self._readable, DrawingOrder(self._opens_input, pages)),
                Side("output", written, DrawingOrder(self._opens_output, pages)),
                self._request.limits,
                self._check,
            )
        finally:
            os.close(written)
        self._outcome.visual = visual
        self._log.info(
            "verify.finished",
            **visual.to_json_dict(),
            seconds=round(time.monotonic() - began, 4),
        )
        check_visual(visual, wanted)

    def _check(self, seal: Seal | None) -> None:
        check_seal(seal, self._request.require_complete_seal)
