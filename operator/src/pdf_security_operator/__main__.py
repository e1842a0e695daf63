"""Starts things and does nothing else: `python -m pdf_security_operator`."""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import kopf
import structlog

from pdf_security_operator.cluster import Cluster
from pdf_security_operator.connection import open_session
from pdf_security_operator.controller import Controller
from pdf_security_operator.handlers import framework_settings, register
from pdf_security_operator.settings import Settings, load_settings


def main() -> int:
    """Run the operator until it is told to stop; return the exit code."""
    try:
        settings = load_settings()
    except ValueError as error:
        sys.stderr.write(f"pdf-security-operator: {error}\n")
        return 2
    _configure_logging(settings.log_level)
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    async with open_session(settings, settings.workers) as session:
        controller = Controller(Cluster(session, settings.api_server), settings)
        # First, because the framework looks for the definitions once only; and the probes, which
        # it answers, stay unanswered until something can be done.
        if not await _through(controller.first_sync()):
            return
        work = asyncio.create_task(controller.run())
        # Begun before the framework, which at its end waits seconds for all that was begun later.
        await asyncio.sleep(0)
        registry = kopf.OperatorRegistry()
        register(registry, controller, settings)
        framework = asyncio.create_task(
            kopf.operator(
                registry=registry,
                settings=framework_settings(),
                standalone=True,
                clusterwide=True,
                liveness_endpoint=f"http://0.0.0.0:{settings.health_port}/healthz",
            )
        )
        # Whichever ends first, the other must: half an operator is worse than a restarted one.
        ended, going = await asyncio.wait({framework, work}, return_when=asyncio.FIRST_COMPLETED)
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        for task in ended:
            task.result()


async def _through(work: Coroutine[Any, Any, None]) -> bool:
    """Wait for work that the framework does not watch over; return False when told to end."""
    task = asyncio.create_task(work)
    # Process 1 of a container ignores what it does not handle; the framework takes it over later.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


def _configure_logging(level: str) -> None:
    """Log JSON lines to stdout; the framework's own records go the same way."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


if __name__ == "__main__":
    sys.exit(main())
