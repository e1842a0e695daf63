"""Starts things and does nothing else: `python -m pdf_security_operator [check]`."""

import asyncio
import gc
import itertools
import logging
import signal
import sys
from collections.abc import Coroutine, Sequence
from importlib.metadata import version
from typing import Any

import kopf
import orjson
import structlog
import uvloop

from pdf_security_operator.audit.keys import SigningKey, read_signing_key
from pdf_security_operator.audit.log import AuditLog
from pdf_security_operator.audit.sinks import Sink, StandardOutput, Volume
from pdf_security_operator.connection import open_session
from pdf_security_operator.endpoint import serve_endpoint
from pdf_security_operator.handlers import framework_settings, register
from pdf_security_operator.installation import check_installation
from pdf_security_operator.limiter import Limiter
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.operator import Operator
from pdf_security_operator.settings import Settings, load_settings
from pdf_security_operator.tracing import Tracer
from pdf_security_operator.transport import Transport

DISTRIBUTION = "pdf-security-operator"


def main(arguments: Sequence[str]) -> int:
    """Run the operator until it is told to stop, or check an installation; return the exit code."""
    if list(arguments) not in ([], ["check"]):
        sys.stderr.write("pdf-security-operator: takes no argument, or `check`\n")
        return 2
    try:
        settings = load_settings()
        key = read_signing_key(settings.audit_key_file) if settings.audit_key_file else None
    except ValueError as error:
        sys.stderr.write(f"pdf-security-operator: {error}\n")
        return 2
    if arguments:
        return uvloop.run(_check(settings))
    _configure_logging(settings.log_level)
    # What is remembered are trees without cycles: to look through all of it every 700 objects, as
    # is the default, finds nothing and takes a tenth of the time.
    gc.set_threshold(100_000, 50, 100)
    uvloop.run(_run(settings, key))
    return 0


async def _check(settings: Settings) -> int:
    async with open_session(settings) as session:
        rate = settings.requests_per_second
        transport = Transport(
            session, settings.api_server, Limiter(rate, rate), Metrics(version(DISTRIBUTION))
        )
        faults = await check_installation(transport, settings.namespace)
    sys.stdout.write("\n".join(faults or ["the definitions are served, and the operator is ready"]))
    sys.stdout.write("\n")
    return 1 if faults else 0


async def _run(settings: Settings, key: SigningKey | None) -> None:
    number = version(DISTRIBUTION)
    metrics, tracer = Metrics(number), Tracer()
    writer = {"identity": settings.identity, "version": number}
    audit = AuditLog(_sinks_of(settings), key, writer, metrics)
    async with (
        open_session(settings) as session,
        open_session(settings) as lease_session,
    ):
        operator = Operator(settings, session, lease_session, metrics, tracer, audit)
        async with serve_endpoint(settings.health_port, operator, metrics):
            # First, because the framework looks for the definitions once only.
            if not await _through(operator.first_sync()):
                return
            await _work(operator, settings)
    await tracer.close()


def _sinks_of(settings: Settings) -> list[Sink]:
    sinks: dict[str, Sink] = {
        "stdout": StandardOutput(),
        "volume": Volume(settings.audit_folder),
    }
    return [sinks[name] for name in settings.audit_sinks]


async def _work(operator: Operator, settings: Settings) -> None:
    """Work until told to end, or until any part of it ends."""
    work = [asyncio.create_task(part) for part in operator.parts()]
    # Begun before the framework, which at its end waits seconds for all that was begun later.
    await asyncio.sleep(0)
    framework = asyncio.create_task(_watch(operator, settings))
    # Whichever ends first, the others must: half an operator is worse than a restarted one.
    ended, going = await asyncio.wait({framework, *work}, return_when=asyncio.FIRST_COMPLETED)
    await operator.drained()
    for task in going:
        task.cancel()
    await asyncio.gather(*going, return_exceptions=True)
    await operator.release()
    for task in ended:
        task.result()


async def _watch(operator: Operator, settings: Settings) -> None:
    """Run the framework until it is told to end, and again where a watch of it has failed.

    An error in a watch other than 410 ends the framework for good (kopf, `WatchingError`).
    """
    registry = kopf.OperatorRegistry()
    register(registry, operator.controller, settings)
    watched = settings.watched_namespace
    for pause in itertools.chain((0.1, 0.5, 1, 2), itertools.repeat(5.0)):
        try:
            await kopf.operator(
                registry=registry,
                settings=framework_settings(),
                standalone=True,
                # Classes belong to the cluster, and are watched there all the same.
                clusterwide=not watched,
                namespaces=[watched] if watched else [],
            )
        except Exception as error:
            structlog.get_logger().warning("watches.ended", error=repr(error), seconds=pause)
            await asyncio.sleep(pause)
        else:
            return


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
        processors=[*shared, structlog.processors.JSONRenderer(serializer=orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
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
    sys.exit(main(sys.argv[1:]))
