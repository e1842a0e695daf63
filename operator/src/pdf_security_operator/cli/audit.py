"""Reads an audit log and what helps to judge it; the judgement is `audit.verification`'s."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pdf_security_operator.audit.chain import Head
from pdf_security_operator.audit.keys import KeyUnusableError, key_id_of, read_public_key
from pdf_security_operator.audit.sinks import lines_of
from pdf_security_operator.audit.verification import Verdict, verify
from pdf_security_operator.cli.errors import UsageError


def verify_files(
    paths: Sequence[Path], key_files: Sequence[Path], head_files: Sequence[Path], *, unsigned: bool
) -> Verdict:
    """Verify the audit log in files and folders.

    Args:
        paths: of the log.
        key_files: public keys whose signatures count.
        head_files: logs of operators that note heads.
        unsigned: that there are no signatures is right.

    Raises:
        UsageError: no key and not `unsigned`, or both; or there is no record at all.
    """
    if bool(key_files) == unsigned:
        raise UsageError(
            "give the public key with --key, or --unsigned where nobody signed the log"
        )
    try:
        keys = {key_id_of(key): key for key in map(read_public_key, key_files)}
    except KeyUnusableError as error:
        raise UsageError(str(error)) from error
    heads = [head for file in head_files for head in _heads_in(file)]
    try:
        verdict = verify((line for path in paths for line in lines_of(path)), keys, heads)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    if not verdict.chains:
        raise UsageError("there is no record of an audit log in what was given")
    return verdict


def _heads_in(log: Path) -> Iterator[Head]:
    """Find the heads that an operator noted in its own log."""
    for line in lines_of(log):
        if b"audit.head" not in line:
            continue
        try:
            noted = json.loads(line)
            if noted["event"] == "audit.head":
                yield Head(noted["chain"], int(noted["sequence"]), noted["digest"])
        except (ValueError, KeyError, TypeError):
            continue
