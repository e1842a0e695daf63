"""What can go wrong in a build, said in whole sentences. No logic."""

from __future__ import annotations


class ImageBuildError(Exception):
    """An image could not be built."""


class CommandFailedError(ImageBuildError):
    """A program that the build runs ended with an error."""

    def __init__(self, command: list[str], code: int, output: str) -> None:
        super().__init__(f"{command[0]} ended with {code}: {output.strip()[-1500:]}")
        self.command, self.code = command, code
