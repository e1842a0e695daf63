"""Passwords from files into a private folder, as the kubelet mounts them. Never shows a value."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path

from pdf_security_operator.cli.errors import UsageError
from pdf_security_operator.cli.manifest import STDIN
from pdf_security_processor.contract import Operation

_SECRET_BYTES = 64 * 1024
"""Largest key that is read; the processor's bound too."""

_FORM = "--secret NAME/KEY=FILE (FILE may be - for standard input)"


@dataclass(frozen=True)
class SecretFile:
    """Where the value of one key of a Secret is read from."""

    name: str
    key: str
    file: str


def secret_files_of(
    options: Sequence[str], operations: list[Operation], others: Sequence[str | None]
) -> list[SecretFile]:
    """Match the `--secret` options with the keys that the operations name. Opens nothing.

    Args:
        options: as they were given.
        operations: of the job.
        others: what else is read, and may be standard input.

    Raises:
        UsageError: malformed, given twice, not asked for, or missing; or standard input twice.
    """
    wanted = [reference for one in operations for reference in one.secret_references()]
    expected = {f"{one.name}/{one.key}" for one in wanted}
    found: dict[str, SecretFile] = {}
    for option in options:
        reference, equals, file = option.partition("=")
        name, slash, key = reference.partition("/")
        # What is malformed is not repeated: it could be the password itself.
        if not (equals and slash and name and key and file):
            raise UsageError(f"an option --secret is not of the form {_FORM}")
        if reference not in expected:
            names = ", ".join(sorted(expected)) or "none: leave out --secret"
            raise UsageError(f"--secret {reference}: the manifest asks for {names}")
        if reference in found:
            raise UsageError(f"--secret {reference} is given twice")
        found[reference] = SecretFile(name, key, file)
    missing = sorted(expected - found.keys())
    if missing:
        add = " ".join(f"--secret {reference}=FILE" for reference in missing)
        raise UsageError(f"the manifest reads keys of Secrets: add {add}")
    if sum(one.file == STDIN for one in found.values()) > 1:
        raise UsageError("standard input (-) can be read for one --secret only")
    if STDIN in others and any(one.file == STDIN for one in found.values()):
        raise UsageError("standard input (-) can be read once only: put the manifest into a file")
    return list(found.values())


def write_secrets(secrets: list[SecretFile], folder: Path) -> None:
    """Copy the values: one folder a Secret, one file a key, readable by this user alone.

    Raises:
        UsageError: a file cannot be read, or is larger than any password.
    """
    for secret in secrets:
        content = _read(secret)
        (folder / secret.name).mkdir(mode=0o700, exist_ok=True)
        path = folder / secret.name / secret.key
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def _read(secret: SecretFile) -> bytes:
    option = f"--secret {secret.name}/{secret.key}"
    if secret.file == STDIN and sys.stdin.isatty():
        # A terminal would show what is typed.
        return getpass(f"{secret.name}/{secret.key}: ").encode()
    try:
        source = secret.file
        with sys.stdin.buffer if source == STDIN else Path(source).open("rb") as stream:
            content = stream.read(_SECRET_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{option}: the file cannot be read: {error.strerror}") from None
    if len(content) > _SECRET_BYTES:
        raise UsageError(f"{option}: the file is larger than {_SECRET_BYTES} bytes")
    return content
