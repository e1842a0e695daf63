"""Fixtures of the processor's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor import documents
from processor.desk import OWNER, USER, Desk
from processor.pods import Pod
from processor.s3_server import S3Server


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    """Give fresh folders of one pod."""
    folder = tmp_path / "pod"
    folder.mkdir()
    return Pod(folder)


@pytest.fixture(scope="session")
def s3_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run one S3 server for all tests that do not stop it."""
    server = S3Server(tmp_path_factory.mktemp("s3") / "server")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def s3(s3_session: S3Server) -> S3Server:
    """Give the running server with an empty bucket `documents`."""
    shutil.rmtree(s3_session.buckets / "documents", ignore_errors=True)
    s3_session.bucket("documents")
    return s3_session


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a folder with a plain document and two passwords."""
    folder, temporary = tmp_path / "desk", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    (folder / "in.pdf").write_bytes(documents.plain(2))
    (folder / "owner.txt").write_text(f"{OWNER}\n")
    (folder / "user.txt").write_text(USER)
    return Desk(folder, temporary)
