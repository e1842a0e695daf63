"""Workers that are forked from a warm parent: sealed like others, and apart from each other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pdf_security_processor.contract import (
    TERMINATED,
    FileLocation,
    Limits,
    Operation,
    Request,
    Sink,
    Source,
)
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.errors import InternalError
from pdf_security_processor.nursery import Nursery
from pdf_security_processor.worker_process import Worker
from processor import documents
from processor.pods import (
    ENCRYPT,
    OWNER_PASSWORD,
    USER_PASSWORD,
    Pod,
    descendants,
    is_running,
    wait_until_gone,
)

SANITIZE: dict[str, Any] = {"sanitize": {}}
LIMITS = Limits(worker_seconds=20)


@contextmanager
def _worker(nursery: Nursery, folder: Path, limits: Limits = LIMITS) -> Iterator[Worker]:
    (folder / "in.pdf").write_bytes(documents.plain())
    with (
        (folder / "in.pdf").open("rb") as source,
        (folder / "out.pdf").open("w+b") as output,
        nursery.start(limits, source.fileno(), output.fileno()) as worker,
    ):
        yield worker


def _message(limits: Limits = LIMITS) -> ControlMessage:
    return ControlMessage([Operation.model_validate(SANITIZE)], {}, limits)


def test_a_forked_worker_is_sealed(tmp_path: Path) -> None:
    """A document could take over a worker that holds what the parent has open, or no seal."""
    with Nursery() as nursery, _worker(nursery, tmp_path) as other:
        assert other.sealed()
        with _worker(nursery, tmp_path) as worker:
            seal = worker.sealed()
            place = Path(f"/proc/{worker.pid}")
            status = dict(
                line.split(":\t", 1) for line in (place / "status").read_text().splitlines()
            )
            files = {str(file.readlink()) for file in (place / "fd").iterdir()}
            limits = (place / "limits").read_text()
            session = os.getsid(worker.pid)
    assert seal
    assert seal.missing == []
    assert status["PPid"] == str(nursery.pid)
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    paths = {file for file in files if not file.startswith("pipe:")}
    assert paths == {"/dev/null", str(tmp_path / "in.pdf"), str(tmp_path / "out.pdf")}
    assert len(files - paths) == 2, "a pipe for orders and one for words"
    assert "Max processes             0" in limits
    assert session == worker.pid


def test_each_worker_tells_of_itself(tmp_path: Path) -> None:
    """One document's memory and status would be reported of another."""
    with Nursery() as nursery:
        with _worker(nursery, tmp_path) as worker:
            assert worker.sealed()
            os.kill(worker.pid, signal.SIGSEGV)
            killed = worker.run(_message())
        with _worker(nursery, tmp_path) as worker:
            assert worker.sealed()
            done = worker.run(_message())
    assert killed.status == -signal.SIGSEGV
    assert done.status == 0
    assert json.loads(done.untrusted_report)["outputPages"] == 1
    assert 10 < done.peak_memory_bytes / 1024**2 < 100
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")


def test_a_worker_that_hangs_is_killed(tmp_path: Path) -> None:
    """It would hold its place, and the batch, for ever."""
    limits = Limits(worker_seconds=1)
    with Nursery() as nursery, _worker(nursery, tmp_path, limits) as worker:
        assert worker.sealed()
        os.kill(worker.pid, signal.SIGSTOP)
        ended = worker.run(_message(limits))
        assert ended.timed_out
        assert ended.status == -signal.SIGKILL
        assert not is_running(worker.pid)


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """Workers would go on that nobody waits for; a batch would wait for ever."""
    with Nursery() as nursery, _worker(nursery, tmp_path) as worker:
        assert worker.sealed()
        os.kill(worker.pid, signal.SIGSTOP)
        os.kill(nursery.pid, signal.SIGKILL)
        ended = worker.run(_message())
        assert ended.status == -signal.SIGKILL
        wait_until_gone(worker.pid)
        with pytest.raises(InternalError), _worker(nursery, tmp_path):
            pass


def test_leaving_ends_all(tmp_path: Path) -> None:
    """A batch that was ended would leave its workers behind."""
    with Nursery() as nursery:
        with (tmp_path / "in.pdf").open("w+b") as source:
            worker = nursery.start(LIMITS, source.fileno(), None)
        assert worker.sealed()
    wait_until_gone(worker.pid)
    wait_until_gone(nursery.pid)


def _requests(pod: Pod, made: dict[str, bytes]) -> list[Request]:
    requests = []
    for name, content in made.items():
        (pod.root / "input" / name).write_bytes(content)
        request = pod.request(
            SANITIZE,
            ENCRYPT,
            source=Source(file=FileLocation(root=str(pod.root / "input"), path=name)),
            output=Sink(file=FileLocation(root=str(pod.root / "output"), path=name)),
            report=Sink(file=FileLocation(root=str(pod.root / "report"), path=f"{name}.json")),
        )
        requests.append(request)
    return requests


def _start(pod: Pod, requests: list[Request], *arguments: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "pdf_security_processor.batch", *arguments],
        env=pod.environment(""),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    process.stdin.write("\n".join(each.to_environment_value() for each in requests).encode())
    process.stdin.close()
    process.stdin = None
    return process


def test_a_batch_gives_each_its_end(pod: Pod) -> None:
    """One bad document would stop the others, or have its end told of one of them."""
    made = {
        "good.pdf": documents.plain(3),
        "none.pdf": b"no document at all",
        "empty.pdf": b"",
        "locked.pdf": documents.encrypted(user="unknown"),
        "more.pdf": documents.with_active_content(),
    }
    with _start(pod, _requests(pod, made), "--at-once=2") as process:
        out, log = process.communicate(timeout=60)
    said = {line["number"]: line["summary"] for line in map(json.loads, out.splitlines())}
    assert process.returncode == 0, log
    assert {name: said[number]["reason"] for number, name in enumerate(made)} == {
        "good.pdf": "Succeeded",
        "none.pdf": "NotAPdf",
        "empty.pdf": "InputEmpty",
        "locked.pdf": "PasswordRequired",
        "more.pdf": "Succeeded",
    }
    assert said[0]["output"]["pages"] == 3
    assert said[4]["removed"]["JavaScript"] == 4
    assert sorted(path.name for path in (pod.root / "output").iterdir()) == ["good.pdf", "more.pdf"]
    assert len(list((pod.root / "report").iterdir())) == len(made)
    assert pod.leftovers() == []
    for secret in (OWNER_PASSWORD, USER_PASSWORD):
        assert secret.encode() not in out + log


def test_a_batch_that_is_ended_leaves_nothing(pod: Pod) -> None:
    """Documents would stay in the scratch folder, and workers go on."""
    made = {f"{number}.pdf": documents.many_objects(60_000) for number in range(4)}
    with _start(pod, _requests(pod, made), "--at-once=2") as process:
        while len(started := set(descendants(process.pid))) < 4:
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        out, log = process.communicate(timeout=30)
    assert process.returncode == TERMINATED, (out, log)
    for pid in started:
        wait_until_gone(pid)
    assert pod.leftovers() == []


def test_a_batch_that_is_killed_takes_its_workers_along(pod: Pod) -> None:
    """The processes of a pod that ran out of memory would go on, where there is no pod."""
    made = {f"{number}.pdf": documents.many_objects(60_000) for number in range(2)}
    with _start(pod, _requests(pod, made), "--at-once=2") as process:
        while len(started := set(descendants(process.pid))) < 4:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=30)
    for pid in started:
        wait_until_gone(pid)
