"""`pdfsec audit verify`: what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner, Result

from pdf_security_operator.audit.chain import Head
from pdf_security_operator.cli.app import app
from unit.audit_logs import Keys, log_of


@pytest.fixture
def keys() -> Keys:
    """A pair of keys."""
    return Keys()


@pytest.fixture
def key_file(keys: Keys, tmp_path: Path) -> Path:
    """The public one in a file."""
    (key,) = keys.public.values()
    path = tmp_path / "audit.pub"
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.fixture
def folder(keys: Keys, tmp_path: Path) -> Path:
    """A log of three jobs."""
    folder = tmp_path / "audit"
    folder.mkdir()
    _write(folder, log_of(3, keys)[0])
    return folder


def _write(folder: Path, lines: list[bytes]) -> None:
    (folder / "chain-1.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", *map(str, arguments)])


def test_a_whole_log(folder: Path, key_file: Path) -> None:
    """Nobody could tell whether it had looked."""
    ran = _run("--key", key_file, folder)
    assert ran.exit_code == 0
    assert "whole: 6 records, 3 of them ends of jobs, in 1 chains with 4 heads" in ran.stdout


def test_a_broken_one(folder: Path, key_file: Path, keys: Keys) -> None:
    """A script that asks would go on."""
    lines = log_of(3, keys)[0]
    _write(folder, lines[:4] + lines[5:])
    ran = _run("--key", key_file, folder)
    assert ran.exit_code == 5
    assert "line 5 missing" in ran.stdout
    assert "BROKEN" in ran.stdout


def test_json(folder: Path, key_file: Path, keys: Keys) -> None:
    """Programs would read tables."""
    lines = log_of(3, keys)[0]
    _write(folder, lines[1:])
    ran = _run("--json", "--key", key_file, folder)
    assert ran.exit_code == 5
    (finding,) = json.loads(ran.stdout)["findings"]
    assert (finding["kind"], finding["sequence"]) == ("removed", 1)


def test_heads_of_the_operators_log(folder: Path, key_file: Path, keys: Keys) -> None:
    """What was cut off would be missed by nobody."""
    lines, head = log_of(3, keys)
    _write(folder, lines[:7])
    log = folder.parent / "operator.log"
    noted = {"event": "audit.head", "chain": head.chain, "sequence": 12, "digest": head.digest}
    log.write_text(f"{json.dumps({'event': 'other'})}\n{json.dumps(noted)}\nnone audit.head\n")
    assert head == Head("chain-1", 12, head.digest)
    ran = _run("--key", key_file, "--heads", log, folder)
    assert ran.exit_code == 5
    assert "it went up to 12 at least, and ends with 7" in ran.stdout
    assert _run("--key", key_file, folder).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "give the public key with --key, or --unsigned", id="no-key"),
        pytest.param(["--unsigned", "--key", "KEY"], "give the public key", id="both"),
        pytest.param(["--key", "OTHER"], "no public Ed25519 key in PEM", id="no-key-in-it"),
    ],
)
def test_usage(folder: Path, key_file: Path, arguments: list[str], said: str) -> None:
    """A log without signatures would pass for a signed one."""
    files = {"KEY": str(key_file), "OTHER": str(folder / "chain-1.jsonl")}
    ran = _run(*(files.get(argument, argument) for argument in arguments), folder)
    assert ran.exit_code == 2
    assert said in ran.stderr


def test_nothing_that_is_a_log(tmp_path: Path) -> None:
    """A wrong folder would be a log that is whole."""
    (tmp_path / "other.txt").write_text("nothing\n")
    ran = _run("--unsigned", tmp_path)
    assert ran.exit_code == 2
    assert "there is no record of an audit log" in ran.stderr
