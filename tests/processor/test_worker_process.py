"""Hostile, hanging and dying workers, and the broker's end by SIGTERM."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pdf_security_processor.contract import ExitCode
from processor import documents
from processor.pods import (
    ENCRYPT,
    OWNER_PASSWORD,
    USER_PASSWORD,
    Pod,
    descendants,
    wait_until_gone,
)

SANITIZE: dict[str, Any] = {"sanitize": {}}

_WORKER = """
import json, os, signal, sys, time
given = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
report, output = int(given["report"]), int(given["output"])
def say(data): os.write(report, data)
def good(**other):
    report = {"exitCode": 0, "operations": ["sanitize"], "outputPages": 1}
    return json.dumps(report | other).encode()
say(b'{"landlock":7,"seccomp":true}\\n')
sys.stdin.buffer.read()
"""

_PDF = 'os.write(output, b"%PDF-1.7 anything")\n'


def _worker(folder: Path, code: str) -> list[str]:
    file = folder / "hostile.py"
    file.write_text(_WORKER + code)
    return [sys.executable, "-I", str(file)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("say(b'not json')", ExitCode.REPORT_REFUSED, id="no-json"),
        pytest.param("say(b'{}')", ExitCode.REPORT_REFUSED, id="no-exit-code"),
        pytest.param("say(b'[' * 100000)", ExitCode.REPORT_REFUSED, id="nested"),
        pytest.param(_PDF + "say(good(extra=1))", ExitCode.REPORT_REFUSED, id="unknown-field"),
        pytest.param(_PDF + "say(good(outputPages=-1))", ExitCode.REPORT_REFUSED, id="negative"),
        pytest.param(
            _PDF + "say(good(warnings=['x' * 2000]))", ExitCode.REPORT_REFUSED, id="long-text"
        ),
        pytest.param(
            _PDF + "say(good(operations=['decrypt']))",
            ExitCode.REPORT_REFUSED,
            id="other-operation",
        ),
        pytest.param(
            _PDF + "say(good()); sys.exit(3)", ExitCode.REPORT_REFUSED, id="status-differs"
        ),
        pytest.param(
            "say(good(exitCode=30)); sys.exit(30)", ExitCode.REPORT_REFUSED, id="brokers-code"
        ),
        pytest.param(
            "say(good(exitCode=99)); sys.exit(99)", ExitCode.REPORT_REFUSED, id="unknown-code"
        ),
        pytest.param(
            "say(good(exitCode=23, message='a\\n\\x1b[31mb')); sys.exit(23)",
            ExitCode.NOT_A_PDF,
            id="allowed-code",
        ),
        pytest.param("say(good())", ExitCode.OUTPUT_DAMAGED, id="no-output"),
        pytest.param(
            "os.write(output, b'MZ' * 100); say(good())", ExitCode.OUTPUT_DAMAGED, id="other-output"
        ),
        pytest.param(
            "os.ftruncate(output, 2 * 10**6); os.write(output, b'%PDF-'); say(good())",
            ExitCode.LIMIT_EXCEEDED,
            id="huge-output",
        ),
        pytest.param("", ExitCode.WORKER_CRASHED, id="silent"),
        pytest.param("sys.exit(7)", ExitCode.WORKER_CRASHED, id="silent-with-status"),
        pytest.param("os.abort()", ExitCode.WORKER_CRASHED, id="aborts"),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGSEGV)", ExitCode.WORKER_CRASHED, id="segmentation-fault"
        ),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", ExitCode.OUT_OF_MEMORY, id="killed"),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGXCPU)", ExitCode.LIMIT_EXCEEDED, id="processor-time"
        ),
        pytest.param("time.sleep(60)", ExitCode.LIMIT_EXCEEDED, id="hangs"),
        pytest.param(
            _PDF + "say(good()); os.close(report); time.sleep(60)",
            ExitCode.LIMIT_EXCEEDED,
            id="hangs-after-report",
        ),
        pytest.param(
            "[say(b' ' * 65536) for _ in range(1000)]", ExitCode.REPORT_REFUSED, id="endless-report"
        ),
        pytest.param(
            "[(say(b'{'), time.sleep(0.1)) for _ in range(1000)]",
            ExitCode.LIMIT_EXCEEDED,
            id="slow-report",
        ),
    ],
)
def test_hostile_worker(
    pod: Pod, capfd: pytest.CaptureFixture[str], tmp_path: Path, code: str, expected: ExitCode
) -> None:
    """A worker taken over by a document could lie, flood, hang, or put out what it likes."""
    pod.input.write_bytes(documents.plain())
    # A process just forked counts as large as the one that runs the tests: this bound is far off.
    limits = {"workerSeconds": 2, "outputBytes": 10**6, "workerMemoryBytes": 2**40}
    request = pod.request(SANITIZE, limits=limits)
    result = pod.run_here(request, capfd, _worker(tmp_path, code))
    assert ExitCode(result.status) == expected, result.log
    assert result.output is None
    assert "\\u001b" not in result.log
    assert result.report
    assert result.report.reason == expected.reason


def test_hostile_worker_prints_nothing(
    pod: Pod, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A document could write into the pod's log, and so into whatever reads logs."""
    pod.input.write_bytes(documents.plain())
    code = "print('MARKER'); print('MARKER', file=sys.stderr); os.system('echo MARKER')"
    result = pod.run_here(pod.request(SANITIZE), capfd, _worker(tmp_path, code))
    assert "MARKER" not in result.log


def test_missing_worker(pod: Pod, capfd: pytest.CaptureFixture[str]) -> None:
    """A broken image would look like a bad document."""
    pod.input.write_bytes(documents.plain())
    result = pod.run_here(pod.request(SANITIZE), capfd, ["/nonexistent"])
    assert result.status == ExitCode.INTERNAL_ERROR
    assert not result.status >= 20


def test_worker_gets_nothing_but_its_descriptors(
    pod: Pod, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A worker could use credentials, files or connections that the broker has open."""
    pod.input.write_bytes(documents.plain())
    code = f"""
seen = {{int(name): os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")
        if os.path.exists("/proc/self/fd/" + name)}}
flags = open("/proc/self/fdinfo/" + given["input"]).read().split()
open({str(tmp_path / "seen")!r}, "w").write(json.dumps([seen, dict(os.environ), flags[3],
    os.getsid(0) == os.getpid()]))
"""
    with (tmp_path / "open-in-broker").open("w"):
        pod.run_here(pod.request(SANITIZE), capfd, _worker(tmp_path, code))
    seen, environment, flags, own_session = json.loads((tmp_path / "seen").read_text())
    places = [place for place in seen.values() if not place.startswith(("/dev/null", "pipe:"))]
    assert sorted(Path(place).name for place in places) == ["input", "output"]
    assert int(flags, 8) & 0o3 == 0, "the input is writable"
    assert set(environment) <= {"LC_CTYPE"}
    assert own_session


def _driver(pod: Pod, worker: list[str]) -> subprocess.Popen[str]:
    code = (
        "import os, sys; from pathlib import Path; from pdf_security_processor import broker;"
        "from pdf_security_processor.contract import Request;"
        "root = Path(sys.argv[1]);"
        "paths = broker.Paths(root / 'secrets', root / 'scratch', root / 'termination');"
        "request = Request.model_validate_json(sys.argv[2]);"
        "from pdf_security_processor.fresh_worker import starter_of; "
        "sys.exit(broker.run(request, paths, start_worker=starter_of(sys.argv[3:])))"
    )
    text = pod.request(SANITIZE).to_environment_value()
    return subprocess.Popen(
        [sys.executable, "-I", "-c", code, str(pod.root), text, *worker],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_broker_ends_and_its_worker_with_it(
    pod: Pod, tmp_path: Path, number: signal.Signals
) -> None:
    """A deleted pod's worker would go on, and its scratch folder stay on a shared volume."""
    pod.input.write_bytes(documents.plain())
    code = (
        "import ctypes; ctypes.CDLL(None).prctl(1, 9)\n"
        f"open({str(tmp_path / 'ready')!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(60)"
    )
    broker = _driver(pod, _worker(tmp_path, code))
    worker = _wait_for_pid(tmp_path / "ready")
    broker.send_signal(number)
    _, log = broker.communicate(timeout=20)
    wait_until_gone(worker)
    if number == signal.SIGTERM:
        assert broker.returncode == 143
        assert pod.leftovers() == []
        assert "document.terminated" in log


def test_passwords_are_nowhere_to_be_seen(pod: Pod) -> None:
    """Every process of the node could read passwords from /proc, and every log reader from logs."""
    pod.input.write_bytes(documents.many_objects(20_000))
    broker = pod.start(pod.request(SANITIZE, ENCRYPT))
    seen = b""
    workers = set()
    while broker.poll() is None:
        for pid in descendants(broker.pid):
            workers.add(pid)
            for name in ("cmdline", "environ"):
                try:
                    seen += Path(f"/proc/{pid}/{name}").read_bytes()
                except OSError:
                    continue
        time.sleep(0.005)
    _, log = broker.communicate()
    assert broker.returncode == ExitCode.SUCCEEDED, log
    assert len(workers) >= 2
    assert b"pdf_security_processor.worker" in seen
    for secret in (OWNER_PASSWORD, USER_PASSWORD):
        assert secret.encode() not in seen
        assert secret not in log


def _wait_for_pid(file: Path) -> int:
    for _ in range(400):
        if file.exists() and file.read_text():
            return int(file.read_text())
        time.sleep(0.025)
    raise AssertionError("the worker did not start")
