"""The image's entry point: reads the request from the environment, runs the broker, exits."""

import os
import sys

from pydantic import ValidationError

from pdf_security_processor import broker
from pdf_security_processor.contract import ExitCode, Owner, Request, Summary
from pdf_security_processor.contract.request import REQUEST_VARIABLE
from pdf_security_processor.environment import paths_of_environment
from pdf_security_processor.logs import job_log


def main() -> int:
    """Run one request.

    Returns:
        The process's exit status.
    """
    paths = paths_of_environment()
    try:
        request = Request.model_validate_json(os.environ.get(REQUEST_VARIABLE, ""))
    except ValidationError as error:
        return _refuse(error, paths)
    return broker.run(request, paths)


def _refuse(error: ValidationError, paths: broker.Paths) -> int:
    code = ExitCode.INVALID_REQUEST
    places = sorted({".".join(map(str, fault["loc"])) or "all of it" for fault in error.errors()})
    message = f"{REQUEST_VARIABLE} is not a request that this image knows: {', '.join(places)}."
    log = job_log(Owner(namespace="unknown", name="unknown", uid="unknown"))
    log.error("document.failed", reason=code.reason, exit_code=int(code), message=message)
    summary = Summary(exit_code=code, reason=code.reason, message=message[:1024])
    broker.write_termination_message(
        paths.termination_message, summary.to_termination_message(), log
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
