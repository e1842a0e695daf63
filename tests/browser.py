"""A real Chromium without a network, driven over the DevTools protocol. Judges nothing."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster import packages

SECONDS = 60.0
"""For the next word of the browser, on a machine that has little time."""

_FIRST_FREE = 64
"""Descriptors from here on are in nobody's way: the browser wants its own as 3 and 4."""

_FLAGS = (
    "--headless=new",
    # Its own sandbox needs rights that containers do not give; the page is ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "about:blank",
)

_AS_3_AND_4 = """
import os, sys
for place, end in enumerate(sys.argv[1:3], 3):
    os.dup2(int(end), place)
os.execvp(sys.argv[3], sys.argv[3:])
"""

Message = dict[str, Any]


@dataclass
class Browser:
    """One tab, and what happened in it.

    Attributes:
        requests: URLs that were asked for, by the browser's number of each.
        blocked: those of them that the page's policy did not let out.
        complaints: what the console says: errors, warnings, violations of the policy.
    """

    orders: int
    answers: int
    session: str = ""
    requests: dict[str, str] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loaded: int = 0
    _unread: bytes = b""
    _last: int = 0

    def call(self, method: str, **parameters: Any) -> Message:
        """Ask the tab, and give the answer."""
        self._last += 1
        order: Message = {"id": self._last, "method": method, "params": parameters}
        if self.session:
            order["sessionId"] = self.session
        os.write(self.orders, json.dumps(order).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._last:
                assert "error" not in said, (method, said)
                result: Message = said["result"]
                return result

    def open(self, url: str) -> None:
        """Load a page, and wait until it is there."""
        # From a part of a page to another of the same, nothing would be loaded.
        for each in ("about:blank", url):
            before = self.loaded
            self.call("Page.navigate", url=each)
            while self.loaded == before:
                self._next()

    def forget(self) -> None:
        """Begin anew with what happened."""
        for each in (self.requests, self.blocked, self.complaints):
            each.clear()

    def show(self, *, dark: bool = False, width: int = 1200, height: int = 900) -> None:
        """Set what the page is shown on."""
        scheme = "dark" if dark else "light"
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        size: Message = {"width": width, "height": height}
        self.call(
            "Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=width < 600
        )

    def value(self, expression: str) -> Any:
        """Give what a script of the test's own finds; the page has none."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def screenshot(self, *, whole: bool = False) -> bytes:
        """Give a picture of what is shown, or of the whole page, as PNG."""
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(taken["data"])

    def printed(self) -> bytes:
        """Print the page, as PDF."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        return base64.b64decode(printed["data"])

    def _next(self) -> Message:
        while b"\0" not in self._unread:
            said, _, _ = select.select([self.answers], [], [], SECONDS)
            assert said, "the browser does not answer"
            piece = os.read(self.answers, 1024**2)
            assert piece, "the browser is gone"
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\0")
        message: Message = json.loads(line)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, given: Message) -> None:
        if method == "Network.requestWillBeSent":
            self.requests[given["requestId"]] = given["request"]["url"]
        elif method == "Network.loadingFailed" and given.get("blockedReason") == "csp":
            self.blocked.append(self.requests.pop(given["requestId"]))
        elif method == "Log.entryAdded":
            self.complaints.append(given["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(given["args"]))
        elif method == "Page.loadEventFired":
            self.loaded += 1


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Have a browser in the block, with a profile of its own and no network at all.

    Args:
        folder: for its profile; removed by who made it.
    """
    packages.ensure(["chromium"])
    orders_end, orders = _pipe()
    answers, answers_end = _pipe()
    ends = (str(orders_end), str(answers_end))
    command = [*_without_network(), sys.executable, "-c", _AS_3_AND_4, *ends, "chromium", *_FLAGS]
    process = subprocess.Popen(
        [*command, f"--user-data-dir={folder}"],
        pass_fds=(orders_end, answers_end),
        env={**os.environ, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(orders_end)
    os.close(answers_end)
    try:
        yield _with_a_tab(Browser(orders, answers))
    finally:
        with suppress(BrokenPipeError):
            os.write(orders, b'{"id": 0, "method": "Browser.close"}\0')
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(orders)
        os.close(answers)


def _with_a_tab(tab: Browser) -> Browser:
    target = tab.call("Target.createTarget", url="about:blank")["targetId"]
    tab.session = tab.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Network", "Log", "Runtime", "DOM", "Accessibility"):
        tab.call(f"{domain}.enable")
    return tab


def _without_network() -> Sequence[str]:
    # A namespace of its own has not even the loopback device up.
    own = ["unshare", "--net"]
    return own if os.geteuid() == 0 else [*own, "--map-root-user"]


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
