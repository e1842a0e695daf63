"""The tasks of one process: whose turn it is, who waits for whom, and what follows a failure.

What a task is, whoever carries it out knows.
"""

from collections.abc import Awaitable, Callable

import structlog

from pdf_security_operator.api import Concurrency
from pdf_security_operator.classes import Classes
from pdf_security_operator.errors import ApiError, ConflictError, FencedError
from pdf_security_operator.metrics import Metrics
from pdf_security_operator.observed import Observed
from pdf_security_operator.queue import FairQueue
from pdf_security_operator.tasks import JobTask, Task, turn_of

logger = structlog.get_logger()


class Work:
    """What is to be done; several workers do it side by side."""

    def __init__(
        self,
        observed: Observed,
        classes: Classes,
        metrics: Metrics,
        owns: Callable[[str], bool],
        carry_out: Callable[[Task], Awaitable[float | None]],
        leave: Callable[[Task], None],
    ) -> None:
        """Make one with nothing to do.

        Args:
            observed: what is known.
            classes: the limits of places.
            metrics: what is counted.
            owns: whether a namespace is ours to act in now.
            carry_out: does a task; gives the seconds after which it is to be done again, if so.
            leave: leaves a task to another process, and nothing of it behind.
        """
        self._observed = observed
        self._classes = classes
        self._metrics = metrics
        self._owns = owns
        self._carry_out = carry_out
        self._leave = leave
        self._queue: FairQueue[Task] = FairQueue()

    async def run(self) -> None:
        """Do one task after another, until cancelled."""
        while True:
            task, seconds = await self._queue.get()
            self._metrics.task_waited(seconds)
            try:
                await self._attempt(task)
            finally:
                self._queue.done(task)
                self.wake()

    async def idle(self) -> None:
        """Return when nothing is being done."""
        await self._queue.idle()

    def depths(self) -> dict[str, int]:
        """Count the tasks of each lane that wait for a worker."""
        return self._queue.depths()

    def enqueue(self, *tasks: Task, after: float = 0, within: float = 0) -> None:
        """Put tasks in line where they are ours, as `FairQueue.add` does."""
        for task in tasks:
            if self._owns(task.namespace):
                turn = turn_of(task, self._observed)
                self._queue.add(task, turn, after=after, within=within)

    def wake(self) -> None:
        """Let those go on for whom a place became free."""
        turnstile = self._observed.turnstile
        for name in turnstile.take_freed():
            self.let_in(name)
        self.enqueue(*map(JobTask, turnstile.take_let_in()))

    def let_in(self, class_name: str) -> None:
        """Give the free places of a class to those whose turn it is."""
        spec = self._classes.spec_of(class_name)
        if spec:
            self._observed.turnstile.let_in(class_name, spec.concurrency or Concurrency())

    async def _attempt(self, task: Task) -> None:
        try:
            delay = await self._carry_out(task)
        except FencedError:
            # When it is ours again, all is begun anew.
            self._leave(task)
        except ApiError as error:
            wait = self._retry(task, at_least=error.retry_after or 0)
            conflict = isinstance(error, ConflictError)
            self._metrics.reconcile_failed("conflict" if conflict else "api")
            level = logger.debug if conflict else logger.warning
            level("task.retried", task=str(task), error=str(error), seconds=round(wait, 2))
        except Exception:
            # One resource that nobody foresaw must not stop the others.
            wait = self._retry(task)
            self._metrics.reconcile_failed("unexpected")
            logger.exception("task.failed", task=str(task), seconds=round(wait, 2))
        else:
            self._queue.forgive(task)
            if delay is not None:
                self.enqueue(task, after=delay)

    def _retry(self, task: Task, at_least: float = 0) -> float:
        return self._queue.retry(task, turn_of(task, self._observed), at_least=at_least)
