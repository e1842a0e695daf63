"""What a worker that was taken over tries, and which layers of the seal stop it.

No assertions: `seal_probe` runs them.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pdf_security_processor import kernel

SECCOMP, LANDLOCK, LIMITS, DESCRIPTORS = "seccomp", "landlock", "limits", "descriptors"


@dataclass(frozen=True)
class World:
    """What there is to be reached from the worker."""

    folder: Path
    broker: int
    port: int
    kept: int
    """A descriptor that the worker has: its output."""
    other: int
    """One that it has not."""


Attempt = Callable[[World], object]

_PTRACE_SEIZE = 0x4206

_SOMETHING = ctypes.create_string_buffer(16)


def _open(world: World) -> object:
    return os.open(world.folder / "secret", os.O_RDONLY)


def _create(world: World) -> object:
    return os.open(world.folder / f"made-{os.getpid()}", os.O_WRONLY | os.O_CREAT)


def _connect(world: World) -> None:
    socket.socket().connect(("127.0.0.1", world.port))


def _abstract(world: World) -> object:
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(f"\0seal-{world.broker}")
    return stream


def _datagram(world: World) -> object:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", world.port))


def _execute(_: World) -> object:
    os.execv("/bin/true", ["true"])  # noqa: S606


def _fork(_: World) -> object:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return os.waitpid(pid, 0)


def _thread(_: World) -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def _ptrace(world: World) -> object:
    return _called(101, _PTRACE_SEIZE, world.broker, 0, 0)


def _memory_of_broker(world: World) -> object:
    # What is at this address is the same in a process and in what it forked.
    local = ctypes.create_string_buffer(16)
    vectors = [(ctypes.c_size_t * 2)(ctypes.addressof(at), 16) for at in (local, _SOMETHING)]
    places = [ctypes.addressof(vector) for vector in vectors]
    return _called(310, world.broker, places[0], 1, places[1], 1, 0)


def _environment_of_broker(world: World) -> object:
    return Path(f"/proc/{world.broker}/environ").read_bytes()


def _signal_broker(world: World) -> None:
    os.kill(world.broker, signal.SIGWINCH)


def _code(_: World) -> object:
    return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def _data_to_code(_: World) -> object:
    # Private, or the filter refuses that already.
    memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return _called(10, address, 4096, mmap.PROT_READ | mmap.PROT_EXEC)


def _memory(_: World) -> object:
    return bytearray(2 * 10**8)


def _disk(world: World) -> object:
    # The signal is what usually comes first.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return os.pwrite(world.kept, b"x", 10**6)


def _descriptors(world: World) -> object:
    return [fcntl.fcntl(world.kept, fcntl.F_DUPFD, 0) for _ in range(40)]


def _change_limit(_: World) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (10**7, 10**7))


def _others_descriptor(world: World) -> object:
    return os.read(world.other, 1)


def _called(number: int, *arguments: int) -> int:
    return kernel.system_call(number, *(ctypes.c_long(each) for each in arguments))


def _call(number: int, *arguments: int) -> Attempt:
    return lambda _: _called(number, *arguments)


ATTEMPTS: dict[str, tuple[Attempt, tuple[str, ...]]] = {
    "open-a-file": (_open, (LANDLOCK,)),
    "create-a-file": (_create, (SECCOMP, LANDLOCK)),
    "list-a-folder": (lambda world: list(world.folder.iterdir()), (SECCOMP, LANDLOCK)),
    "ask-for-a-file": (lambda world: (world.folder / "secret").stat(), (SECCOMP,)),
    "make-a-symbolic-link": (
        lambda world: (world.folder / f"link-{os.getpid()}").symlink_to("/etc"),
        (SECCOMP, LANDLOCK),
    ),
    "remove-a-file": (
        lambda world: (world.folder / f"a-{os.getpid()}").unlink(),
        (SECCOMP, LANDLOCK),
    ),
    "connect": (_connect, (SECCOMP, LANDLOCK)),
    "send-a-datagram": (_datagram, (SECCOMP,)),
    "reach-an-abstract-socket": (_abstract, (SECCOMP, LANDLOCK)),
    "execute": (_execute, (SECCOMP, LANDLOCK)),
    "fork": (_fork, (SECCOMP, LIMITS)),
    "start-a-thread": (_thread, (SECCOMP, LIMITS)),
    "trace-the-broker": (_ptrace, (SECCOMP, LANDLOCK)),
    "read-the-brokers-memory": (_memory_of_broker, (SECCOMP, LANDLOCK)),
    "read-the-brokers-environment": (_environment_of_broker, (LANDLOCK,)),
    "signal-the-broker": (_signal_broker, (SECCOMP, LANDLOCK)),
    "make-code": (_code, (SECCOMP,)),
    "turn-data-into-code": (_data_to_code, (SECCOMP,)),
    "make-a-nameless-file": (_call(319, 0, 0), (SECCOMP,)),
    "make-a-user-namespace": (_call(272, 0x10000000), (SECCOMP,)),
    "use-a-keyring": (_call(250, 0, -3, 0), (SECCOMP,)),
    "set-up-io-uring": (_call(425, 1, 0), (SECCOMP,)),
    "change-its-personality": (_call(135, 0xFFFFFFFF), (SECCOMP,)),
    "change-its-limits": (_change_limit, (SECCOMP,)),
    "exhaust-memory": (_memory, (LIMITS,)),
    "exhaust-memory-that-is-shared": (
        lambda _: mmap.mmap(-1, 2 * 10**8, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS),
        (SECCOMP,),
    ),
    "hold-a-path": (lambda world: os.open(world.folder / "secret", os.O_PATH), (SECCOMP,)),
    "ask-for-the-brokers-limits": (
        lambda world: resource.prlimit(world.broker, resource.RLIMIT_DATA),
        (SECCOMP,),
    ),
    "wake-itself": (lambda _: signal.setitimer(signal.ITIMER_REAL, 60), (SECCOMP,)),
    "exhaust-the-disk": (_disk, (LIMITS,)),
    "exhaust-descriptors": (_descriptors, (SECCOMP, LIMITS)),
    "read-what-others-opened": (_others_descriptor, (DESCRIPTORS,)),
}
"""What is tried, and the layers of which each alone stops it."""
