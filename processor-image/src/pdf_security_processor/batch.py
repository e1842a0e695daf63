"""Many documents in one process: the program that the command line runs for a batch.

Takes requests over standard input, one a line, and gives each one's summary over standard output,
one a line, as it ends: `{"number": 0, "summary": {...}}`. Each document has a worker of its own,
and one that fails fails alone.
"""

import argparse
import json
import os
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path

from pdf_security_processor import broker
from pdf_security_processor.contract import Request, Summary
from pdf_security_processor.environment import paths_of_environment
from pdf_security_processor.errors import TerminationError
from pdf_security_processor.logs import job_log
from pdf_security_processor.nursery import Nursery
from pdf_security_processor.termination import sigterm_raised

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of processor time that this process may take, and in how many: cgroups(7)."""


def main(arguments: list[str]) -> int:
    """Do all requests; return 0 when each has its summary, 143 after SIGTERM.

    Raises:
        pydantic.ValidationError: a line is no request.
    """
    parser = argparse.ArgumentParser(prog="batch", description=__doc__)
    parser.add_argument("--at-once", type=int, default=usable_processors())
    given = parser.parse_args(arguments)
    requests = [Request.model_validate_json(line) for line in sys.stdin.buffer if line.strip()]
    try:
        with (
            sigterm_raised(),
            closing(process_all(requests, paths_of_environment(), given.at_once)) as summaries,
        ):
            for number, summary in summaries:
                line = {"number": number, "summary": summary.to_json_dict()}
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()
    except TerminationError as termination:
        return termination.exit_status
    return 0


def process_all(
    requests: list[Request], paths: broker.Paths, at_once: int
) -> Generator[tuple[int, Summary], None, None]:
    """Process documents, so many at the same time; give number and summary of each as it ends.

    Leaving it early kills the workers of those that are begun, and begins no more.
    """
    # The nursery ends first: without it the threads come to their ends at once.
    draws = any(each.draws_pages for request in requests for each in request.operations)
    with ThreadPoolExecutor(at_once) as pool, Nursery(draws=draws) as nursery:

        def process(request: Request) -> Summary:
            return broker.process(request, paths, nursery.start, job_log(request.owner))

        waiting = {pool.submit(process, each): number for number, each in enumerate(requests)}
        try:
            for done in as_completed(waiting):
                yield waiting.pop(done), done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def usable_processors() -> int:
    """Tell how many processors this process may use, by its affinity and its quota."""
    count = len(os.sched_getaffinity(0))
    try:
        quota, _, period = _QUOTA.read_text().partition(" ")
    except OSError:
        return count
    return count if quota == "max" else max(1, min(count, int(quota) // int(period)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
