"""Every error of the harness, each saying what to do next. No logic, no I/O.

ClusterError
├── RefusedError             the machine or the user does not permit what was asked
├── MissingPackageError      a program or a library of the machine is missing
├── BuildFailedError         a component did not compile
├── CommandFailedError       a program that was run ended with an error
├── NotUpError               there is no cluster where one is expected
├── StartFailedError         a component died, or was not ready in time
├── ImageRefusedError        an image archive is malformed or could not be loaded
├── UnsupportedError         the chosen provider cannot do this
└── PoliciesNotEnforcedError NetworkPolicies have no effect: no test of isolation means anything
"""

from __future__ import annotations


class ClusterError(Exception):
    """What the user sees: one sentence what happened, one what to do next."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f"{what}\n  -> {next_step}")
        self.what = what
        self.next_step = next_step


class RefusedError(ClusterError):
    """The machine or the user does not permit what was asked."""


class MissingPackageError(ClusterError):
    """A program or a library of the machine is missing and could not be installed."""


class BuildFailedError(ClusterError):
    """A component did not compile."""


class CommandFailedError(ClusterError):
    """A program that was run ended with an error."""


class NotUpError(ClusterError):
    """There is no cluster where one is expected."""


class StartFailedError(ClusterError):
    """A component died, or was not ready in time."""


class ImageRefusedError(ClusterError):
    """An image archive is malformed or could not be loaded."""


class UnsupportedError(ClusterError):
    """The chosen provider cannot do this."""


class PoliciesNotEnforcedError(ClusterError):
    """NetworkPolicies have no effect."""
