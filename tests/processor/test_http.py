"""Documents over HTTP: from real servers over TLS, and what they may try meanwhile."""

from __future__ import annotations

import hashlib
import io
import socket
import ssl
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_processor import errors
from pdf_security_processor.contract import HttpLocation, HttpOrigin, Limits
from pdf_security_processor.stores import StoreContext
from pdf_security_processor.stores import http as store
from pdf_security_processor.stores.exchange import BESIDE_BYTES, CutOffError, Exchange, Receive
from pdf_security_processor.stores.wire import Network
from processor.https_source import Sources, answer, redirection
from processor.pods import Pod

DOCUMENT = b"%PDF-1.7 " + bytes(range(256)) * 1000
TOKEN = "Geheim-Bearer-5512/+="
BEARER: dict[str, Any] = {"bearerToken": {"name": "source", "key": "token"}}
OTHER = "other.example"


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Sources]:
    """Give a folder of servers, none of which runs yet."""
    made = Sources(tmp_path / "sources")
    yield made
    made.close()


@pytest.fixture
def context(tmp_path: Path, pod: Pod) -> StoreContext:
    """Give a store context with a token."""
    pod.secret("source", "token", f"{TOKEN}\n")
    (tmp_path / "own").mkdir()
    limits = Limits(input_bytes=1024**2, worker_seconds=20)
    return StoreContext(pod.paths.secrets, tmp_path / "own", "uid", limits)


def _read(location: HttpLocation, context: StoreContext, network: Network) -> bytes:
    with store.open_document(location, context, network) as pieces:
        return b"".join(pieces)


def _chunked(*chunks: bytes, trailer: bytes = b"\r\n", extension: bytes = b";a=b") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = (b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return head + b"".join(parts) + b"0\r\n" + trailer


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(answer(DOCUMENT), id="length"),
        pytest.param(_chunked(DOCUMENT[:1], DOCUMENT[1:]), id="chunks"),
        pytest.param(_chunked(DOCUMENT, trailer=b"a: b\r\n\r\n"), id="chunks-and-trailer"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + DOCUMENT, id="to-the-end"),
        pytest.param(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + answer(DOCUMENT), id="interim"),
        # As RFC 9112, 5.2, has it read.
        pytest.param(answer(DOCUMENT, Server="a\r\n b"), id="folded-header"),
        pytest.param(answer(DOCUMENT, Content_Encoding="identity"), id="identity"),
        pytest.param(answer(DOCUMENT, Content_Encoding="aws-chunked"), id="of-a-store"),
    ],
)
def test_a_document_is_read_whole(sources: Sources, context: StoreContext, told: bytes) -> None:
    """Documents behind a URL could not be processed."""
    source = sources.add()
    source.answers = [told]
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    (head,) = source.requests
    assert head.startswith("GET /in.pdf HTTP/1.1\r\nHost: documents.example\r\n")
    assert "Accept-Encoding: identity" in head
    assert "Authorization" not in head


REFUSED: dict[str, tuple[bytes, type[errors.ProcessorError]]] = {
    "gzip": (answer(b"x" * 99, Content_Encoding="gzip"), errors.SourceRefusedError),
    "br": (answer(b"x" * 99, Content_Encoding="identity, br"), errors.SourceRefusedError),
    "transfer": (answer(b"x", Transfer_Encoding="gzip, chunked"), errors.SourceRefusedError),
    "two-lengths": (answer(b"xx", content_length="1"), errors.SourceRefusedError),
    "length-with-sign": (answer(b"x", Content_Length="+1"), errors.SourceRefusedError),
    "negative-length": (answer(b"x", Content_Length="-1"), errors.SourceRefusedError),
    # http.client takes such a one, and then reads all there is into memory.
    "negative-chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        errors.SourceRefusedError,
    ),
    "no-chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n",
        errors.SourceRefusedError,
    ),
    "chunk-without-end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz0\r\n\r\n",
        errors.SourceRefusedError,
    ),
    "two-lengths-in-one": (answer(b"xx", Content_Length="1, 2"), errors.SourceRefusedError),
    "two-transfers": (
        b"HTTP/1.1 200 OK\r\n" + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
        errors.SourceRefusedError,
    ),
    "two-targets": (
        answer(status="302 Found", Location="/a", location="/b"),
        errors.SourceRefusedError,
    ),
    "no-http": (b"SSH-2.0-OpenSSH\r\n\r\n", errors.SourceRefusedError),
    "http-2": (b"HTTP/2 200\r\n\r\n", errors.SourceRefusedError),
    "http-2.0": (answer(b"x").replace(b"1.1", b"2.0"), errors.SourceRefusedError),
    "folded-encoding": (answer(b"x", Content_Encoding="\r\n gzip"), errors.SourceRefusedError),
    "nothing-to-fold": (b"HTTP/1.1 200 OK\r\n a: b\r\n\r\n", errors.SourceRefusedError),
    "blank-before-colon": (b"HTTP/1.1 200 OK\r\na : b\r\n\r\n", errors.SourceRefusedError),
    "no-text": (b"HTTP/1.1 200 OK\r\na: b\0\r\n\r\n", errors.SourceRefusedError),
    **{
        str(status): (answer(b"x", f"{status} No"), errors.SourceRefusedError)
        for status in (201, 204, 206, 300, 302, 304, 400, 407, 418)
    },
    **{
        str(status): (answer(b"", f"{status} No"), errors.AccessDeniedError)
        for status in (401, 403)
    },
    **{
        str(status): (answer(b"", f"{status} No"), errors.InputNotFoundError)
        for status in (404, 410)
    },
    "declared-size": (answer(b"", Content_Length=str(1024**2 + 1)), errors.InputTooLargeError),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_document_is_read_of_is_refused_at_once(
    sources: Sources, context: StoreContext, case: str
) -> None:
    """A bomb would be decoded, half a document be taken for all of it, or a refusal be retried."""
    source = sources.add()
    told, error = REFUSED[case]
    source.answers = [told]
    with pytest.raises(error):
        _read(sources.location(source), context, sources.network())
    assert len(source.requests) == 1


def _flood(first: bytes, again: bytes) -> Any:
    def send(connection: ssl.SSLSocket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)

    return send


_OPEN = _chunked(trailer=b"")
_AFTER = _chunked(DOCUMENT, trailer=b"")

FLOODS = {
    "interim-answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 999),
    "one-header": (b"HTTP/1.1 200 OK\r\na: ", b"a" * 9999),
    "no-line": (b"", b"a" * 9999),
    "trailer": (_OPEN, b"a: b\r\n" * 999),
    "trailer-of-a-document": (_AFTER, b"a: b\r\n" * 999),
    "extension-of-a-chunk": (_OPEN[:-3] + b"1;", b"a" * 9999),
    "extension-after-a-document": (_AFTER[:-3] + b"1;", b"a" * 9999),
    "extensions": (_OPEN[:-3], b"1;%s\r\nx\r\n" % (b"a" * 99)),
}


@pytest.mark.parametrize("case", FLOODS)
def test_a_flood_beside_the_document_is_refused(
    sources: Sources, context: StoreContext, case: str
) -> None:
    """A source could hold the broker until the deadline, and be tried again after it."""
    source = sources.add()
    source.answers = [_flood(*FLOODS[case])]
    with pytest.raises(errors.SourceRefusedError, match="16384 bytes beside"):
        _read(sources.location(source), context, sources.network())


class _Endless:
    """Gives some bytes, and then others for ever."""

    def __init__(self, first: bytes, again: bytes) -> None:
        self._waiting, self._again = first, again
        self.given = 0

    def receive(self, size: int) -> bytes:
        while len(self._waiting) < size:
            self._waiting += self._again
        given, self._waiting = self._waiting[:size], self._waiting[size:]
        self.given += len(given)
        return given


def _taken(receive: Receive, bound: int = 1024**2) -> bytes:
    exchange = Exchange("https://documents.example/in.pdf", None)
    return b"".join(exchange.document(exchange.answer(receive), receive, bound))


@pytest.mark.parametrize("case", FLOODS)
def test_no_more_of_a_flood_is_received_than_its_bound(case: str) -> None:
    """A source could fill the broker's memory."""
    first, again = FLOODS[case]
    endless = _Endless(first, again)
    with pytest.raises(errors.SourceRefusedError):
        _taken(endless.receive)
    before_the_document = not first.startswith(_OPEN[:-3])
    assert endless.given <= len(first) + (1 if before_the_document else 2) * BESIDE_BYTES + 1


def test_the_slowest_header_takes_seconds() -> None:
    """A source could keep a processor busy: h11 takes longer with the square of the blanks."""
    told = io.BytesIO(b"HTTP/1.1 200 OK\r\na:%s\0\r\n\r\n" % (b" " * (BESIDE_BYTES - 30)))
    began = time.process_time()
    with pytest.raises(errors.SourceRefusedError, match="something else"):
        _taken(told.read)
    assert time.process_time() - began < 8


def test_a_head_may_be_long_and_come_bit_by_bit() -> None:
    """A source with long policies in its headers, as many have, could not be read from."""
    told = io.BytesIO(answer(DOCUMENT, Content_Security_Policy="a" * (BESIDE_BYTES - 200)))
    assert _taken(lambda size: told.read(min(size, 999))) == DOCUMENT


def test_chunks_may_be_as_small_as_they_like() -> None:
    """A source that hands on byte after byte would be taken for one that floods."""
    document = DOCUMENT[: BESIDE_BYTES // 2]
    chunks = [document[at : at + 1] for at in range(len(document))]
    assert _taken(io.BytesIO(_chunked(*chunks, extension=b"")).read) == document


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(sources: Sources, context: StoreContext, status: int) -> None:
    """A source that restarts would fail jobs; or a dead one hold them for ever."""
    source = sources.add()
    busy = answer(b"", f"{status} Later")
    source.answers = [busy, busy, answer(DOCUMENT)]
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    source.answers = [busy]
    source.requests.clear()
    with pytest.raises(errors.StorageUnavailableError, match=str(status)):
        _read(sources.location(source), context, sources.network())
    assert len(source.requests) == store.ATTEMPTS == 4


def test_a_source_is_left_alone_as_long_as_it_asks(sources: Sources, context: StoreContext) -> None:
    """A source that is overloaded would be kept so; or one could hold a job as long as it likes."""
    source = sources.add()
    source.answers = [answer(b"", "429 Later", Retry_After="1"), answer(DOCUMENT)]
    began = time.monotonic()
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    assert time.monotonic() - began >= 1
    source.answers = [answer(b"", "503 Later", Retry_After="3600")]
    source.requests.clear()
    with pytest.raises(errors.StorageUnavailableError):
        _read(sources.location(source), context, sources.network())
    assert len(source.requests) == 1


def _abrupt(content: bytes) -> Any:
    def send(connection: ssl.SSLSocket) -> None:
        connection.sendall(content)
        # Without TLS's own farewell: as a cut cable, or somebody between.
        connection.shutdown(socket.SHUT_RDWR)

    return send


CUT_OFF = {
    "length": answer(DOCUMENT)[:-5000],
    "chunk": _chunked(DOCUMENT)[:-5000],
    "chunk-end": _chunked(DOCUMENT)[: -len(b"\r\n0\r\n\r\n")],
    "last-chunk": _chunked(DOCUMENT)[: -len(b"0\r\n\r\n")],
    "to-the-end": _abrupt(b"HTTP/1.1 200 OK\r\n\r\n" + DOCUMENT[:-5000]),
    "head": answer(DOCUMENT)[:20],
    "nothing": b"",
}


@pytest.mark.parametrize("case", CUT_OFF)
def test_a_document_that_is_cut_off_is_begun_anew(
    sources: Sources, context: StoreContext, case: str
) -> None:
    """Half a document would pass for all of it, or its first half come twice."""
    source = sources.add()
    source.answers = [CUT_OFF[case], CUT_OFF[case], answer(DOCUMENT)]
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    source.answers = [CUT_OFF[case]]
    source.requests.clear()
    with pytest.raises(errors.StorageUnavailableError, match=r"documents\.example failed"):
        _read(sources.location(source), context, sources.network())
    assert len(source.requests) == store.ATTEMPTS


@pytest.mark.parametrize("then", [b"x" + DOCUMENT[1:], DOCUMENT[:99]], ids=["other", "shorter"])
def test_a_document_that_changes_between_attempts_is_refused(
    sources: Sources, context: StoreContext, then: bytes
) -> None:
    """Halves of two documents would be put together to one."""
    source = sources.add()
    source.answers = [answer(DOCUMENT)[:-5000], answer(then)]
    with pytest.raises(errors.InputChangedError):
        _read(sources.location(source), context, sources.network())


def _drip(content: bytes) -> Any:
    def send(connection: ssl.SSLSocket) -> None:
        connection.sendall(content)
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    return send


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"", id="head"),
        pytest.param(answer(b"", Content_Length="9999"), id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="body-without-length"),
    ],
)
def test_a_drip_ends_at_the_deadline(sources: Sources, context: StoreContext, first: bytes) -> None:
    """A source that sends a byte now and then is never silent, and would hold a job for ever."""
    source = sources.add()
    source.answers = [_drip(first)]
    hasty = StoreContext(context.secrets, context.scratch, "uid", Limits(worker_seconds=1))
    began = time.monotonic()
    with pytest.raises(errors.LimitExceededError, match="longer than 1 seconds"):
        _read(sources.location(source), hasty, sources.network())
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("after", [b"", answer(b"x", Content_Length="2")], ids=["head", "body"])
def test_silence_is_no_answer(sources: Sources, context: StoreContext, after: bytes) -> None:
    """A source that hangs would hold a job to its deadline."""
    source = sources.add()

    def hang(connection: ssl.SSLSocket) -> None:
        connection.sendall(after)
        connection.recv(1)

    source.answers = [hang]
    with pytest.raises(errors.StorageUnavailableError, match="no answer in time"):
        _read(sources.location(source), context, sources.network(silence_seconds=0.1))
    assert len(source.requests) == store.ATTEMPTS


@pytest.mark.parametrize("case", ["other-name", "other-authority", "old-tls", "no-tls"])
def test_without_good_tls_nothing_is_asked(
    sources: Sources, context: StoreContext, tmp_path: Path, case: str
) -> None:
    """Who stands between would get the token, and give a document of their own."""
    source = sources.add(certified=OTHER if case == "other-name" else None)
    source.answers = [answer(DOCUMENT)]
    location = sources.location(source, **BEARER)
    error: type[errors.ProcessorError] = errors.CertificateRefusedError
    if case == "other-authority":
        others = Sources(tmp_path / "others")
        bundle = others.authority.certificate_file.read_text()
        location = sources.location(source, origins=[source.origin(caBundle=bundle)], **BEARER)
    if case == "old-tls":
        error = errors.StorageUnavailableError
        source.context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            source.context.minimum_version = ssl.TLSVersion.TLSv1
            source.context.maximum_version = ssl.TLSVersion.TLSv1_1
    if case == "no-tls":
        error = errors.StorageUnavailableError
        source.context = _NoTls()  # type: ignore[assignment]
    with pytest.raises(error):
        _read(location, context, sources.network())
    assert source.requests == []


class _NoTls:
    """Takes a connection as it is, in place of one under TLS."""

    def wrap_socket(self, plain: socket.socket, server_side: bool) -> socket.socket:
        plain.sendall(answer(DOCUMENT))
        raise OSError


class _Mute:
    """Takes a connection, and never begins TLS on it."""

    def wrap_socket(self, plain: socket.socket, server_side: bool) -> socket.socket:
        plain.recv(1 << 20)
        plain.recv(1)
        raise OSError


def test_a_handshake_ends_at_the_deadline(sources: Sources, context: StoreContext) -> None:
    """A source that accepts connections and says nothing would hold a job."""
    source = sources.add()
    source.context = _Mute()  # type: ignore[assignment]
    hasty = StoreContext(context.secrets, context.scratch, "uid", Limits(worker_seconds=1))
    began = time.monotonic()
    with pytest.raises(errors.StorageUnavailableError, match="no answer in time"):
        _read(sources.location(source), hasty, sources.network())
    assert time.monotonic() - began < 3


def test_the_systems_authorities_are_those_of_a_source_without_a_bundle(
    sources: Sources, context: StoreContext
) -> None:
    """A class without a bundle would trust whatever certificate comes."""
    source = sources.add()
    location = sources.location(source, origins=[source.origin(caBundle=None)])
    with pytest.raises(errors.CertificateRefusedError):
        _read(location, context, sources.network())
    assert source.requests == []


def test_a_name_that_is_not_there_is_told(sources: Sources, context: StoreContext) -> None:
    """A name server that is restarted would fail jobs for good, without a word on the name."""
    source = sources.add()
    del sources.found[source.host]
    told = r"https://documents\.example failed \(its name cannot be resolved\)"
    with pytest.raises(errors.StorageUnavailableError, match=told):
        _read(sources.location(source), context, sources.network())
    assert sources.lookups == [source.host] * store.ATTEMPTS


def test_a_name_is_resolved_once_and_its_address_is_the_one_that_was_looked_at(
    sources: Sources, context: StoreContext
) -> None:
    """A name server that answers twice and differently would lead inside (DNS rebinding)."""
    source = sources.add()
    source.answers = [answer(DOCUMENT)]
    sources.found[source.host] = [[source.address], ["169.254.169.254"]]
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    assert sources.lookups == [source.host]
    assert sources.connections == [source.address]


@pytest.mark.parametrize("bad", ["169.254.169.254", "127.0.0.1", "10.9.9.9", "64:ff9b::a9fe:a9fe"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_one_bad_address_of_a_name_refuses_it(
    sources: Sources, context: StoreContext, bad: str, first: bool
) -> None:
    """A name with a good address beside a bad one would lead inside on the next attempt."""
    source = sources.add()
    good = source.address
    sources.found[source.host] = [[bad, good] if first else [good, bad]]
    with pytest.raises(errors.SourceRefusedError, match=bad):
        _read(sources.location(source), context, sources.network())
    assert sources.connections == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machine_is_not_read_from(context: StoreContext, host: str) -> None:
    """What judges addresses would not be asked where the system's own resolver is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        url = f"https://{host}:{listener.getsockname()[1]}"
        origin = HttpOrigin.model_validate({"url": url, "cidrs": ["127.0.0.0/8", "::1/128"]})
        location = HttpLocation(url=f"{url}/in.pdf", origins=[origin])
        with (
            pytest.raises(errors.SourceRefusedError, match="loopback"),
            store.open_document(location, context) as pieces,
        ):
            next(pieces)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_next_address_is_tried_where_one_does_not_answer(
    sources: Sources, context: StoreContext
) -> None:
    """A source with several addresses would be away with the first of them."""
    source = sources.add()
    source.answers = [answer(DOCUMENT)]
    sources.found[source.host] = [["10.0.3.250", source.address]]
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    assert sources.connections == ["10.0.3.250", source.address]


def test_the_api_server_is_never_read_from(
    sources: Sources, context: StoreContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class that selects pods by label would let jobs knock at the API server."""
    source = sources.add()
    location = sources.location(source, origins=[source.origin(cidrs=[], selectsPods=True)])
    assert _read(location, context, sources.network()) == b""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", source.address)
    with pytest.raises(errors.SourceRefusedError, match="API server"):
        _read(location, context, sources.network())


@pytest.mark.parametrize("listed", [[], ["https://documents.example:8443"]], ids=["none", "other"])
def test_an_origin_that_is_not_listed_is_refused(
    sources: Sources, context: StoreContext, listed: list[str]
) -> None:
    """An empty list would allow everything (CVE-2026-27018)."""
    source = sources.add()
    location = sources.location(source, origins=[source.origin(url=url) for url in listed])
    with pytest.raises(errors.SourceRefusedError, match="not among the httpSources"):
        _read(location, context, sources.network())
    assert sources.lookups == []


def test_a_redirection_is_followed_and_the_token_stays_behind(
    sources: Sources, context: StoreContext
) -> None:
    """A token would be shown to another host, or to whatever URL another host chooses."""
    first, second = sources.add(), sources.add(OTHER)
    first.answers = [redirection("/moved?a=b#c"), redirection(second.url()), answer(DOCUMENT)]
    second.answers = [redirection("https://documents.example:443/back", "307 Temporary")]
    location = sources.location(first, second, **BEARER)
    assert _read(location, context, sources.network()) == DOCUMENT
    assert [head.split()[1] for head in first.requests] == ["/in.pdf", "/moved?a=b", "/back"]
    shown = [f"Authorization: Bearer {TOKEN}\r\n" in head for head in first.requests]
    assert shown == [True, True, False]
    assert len(second.requests) == 1
    assert "Authorization" not in second.requests[0] + first.requests[2]


@pytest.mark.parametrize(
    "target",
    [
        "http://documents.example/in.pdf",
        "HTTPS://other.example/in.pdf",
        "https://OTHER.example/in.pdf",
        "https://third.example/in.pdf",
        "https://documents.example@third.example/in.pdf",
        "https://documents.example.third.example/in.pdf",
        "//third.example/in.pdf",
        "https://169.254.169.254/latest/meta-data",
        "https://2852039166/latest/meta-data",
        "https://0xa9fea9fe/latest/meta-data",
        "https://[::ffff:a9fe:a9fe]/latest/meta-data",
        "https://[broken/",
        "https://other.example:99999/in.pdf",
        "https://other.example:8443/in.pdf",
        "file:///etc/passwd",
        "https://other.example/a b",
        "https://other.example/ä",
        "",
    ],
)
def test_a_redirection_elsewhere_is_refused(
    sources: Sources, context: StoreContext, target: str
) -> None:
    """A listed source could lead jobs anywhere: to metadata, to a neighbour, out of TLS."""
    first, second = sources.add(), sources.add(OTHER)
    first.answers = [redirection(target)]
    second.answers = [answer(DOCUMENT)]
    with pytest.raises(errors.SourceRefusedError):
        _read(sources.location(first, second), context, sources.network())
    assert set(sources.connections) == {first.address}
    assert second.requests == []


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "::1", "10.9.9.9"])
def test_where_a_redirection_leads_is_looked_at_too(
    sources: Sources, context: StoreContext, address: str
) -> None:
    """A listed name that means metadata would be read by way of another."""
    first, second = sources.add(), sources.add(OTHER)
    first.answers = [redirection(second.url())]
    sources.found[OTHER] = [[address]]
    with pytest.raises(errors.SourceRefusedError, match=address):
        _read(sources.location(first, second), context, sources.network())
    assert sources.connections == [first.address]


def test_redirections_come_to_an_end(sources: Sources, context: StoreContext) -> None:
    """Two sources that lead to each other would hold a job to its deadline."""
    source = sources.add()
    source.answers = [redirection("/in.pdf", "308 Permanent")]
    with pytest.raises(errors.SourceRefusedError, match="more than 5 times"):
        _read(sources.location(source), context, sources.network())
    assert len(source.requests) == 1 + store.REDIRECTIONS == 6


def test_nothing_of_the_environment_is_followed(
    sources: Sources, context: StoreContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy, a password or an authority that somebody put into an image would have its way."""
    source, trap = sources.add(), socket.create_server(("127.0.0.1", 0))
    source.answers = [answer(DOCUMENT)]
    trap.settimeout(0)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.getsockname()[1]}")
        monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{trap.getsockname()[1]}")
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine documents.example login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _read(sources.location(source), context, sources.network()) == DOCUMENT
    assert "Authorization" not in source.requests[0]
    with pytest.raises(BlockingIOError):
        trap.accept()
    trap.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(sources.authority.certificate_file))
    with pytest.raises(errors.CertificateRefusedError):
        _read(
            sources.location(source, origins=[source.origin(caBundle=None)]),
            context,
            sources.network(),
        )


def test_a_document_must_have_the_digest_that_is_given(
    sources: Sources, context: StoreContext
) -> None:
    """A source that was taken over could give another document than the one that was meant."""
    source = sources.add()
    source.answers = [answer(DOCUMENT)]
    digest = f"sha256:{hashlib.sha256(DOCUMENT).hexdigest()}"
    location = sources.location(source, digest=digest)
    assert _read(location, context, sources.network()) == DOCUMENT
    source.answers = [answer(DOCUMENT + b"x")]
    with pytest.raises(errors.DigestMismatchError, match=digest):
        _read(location, context, sources.network())


@pytest.mark.parametrize("value", [b"", b"a\r\nHost: b", "ä".encode()], ids=["none", "two", "non"])
def test_a_token_is_one_line_of_text(
    sources: Sources, context: StoreContext, pod: Pod, value: bytes
) -> None:
    """A Secret's value could end a header and begin another."""
    pod.secret("source", "token", value)
    source = sources.add()
    with pytest.raises(errors.CredentialsIncompleteError):
        _read(sources.location(source, **BEARER), context, sources.network())
    assert source.requests == []


def test_a_token_is_not_told_where_it_cannot_be_sent(
    sources: Sources, context: StoreContext, pod: Pod
) -> None:
    """Logs and statuses would have what the library says of a header that it refuses."""
    pod.secret("source", "token", f"{TOKEN} ")
    source = sources.add()
    with pytest.raises(errors.CredentialsIncompleteError, match="bearerToken") as raised:
        _read(sources.location(source, **BEARER), context, sources.network())
    assert source.requests == []
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(f"HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n", id="header"),
        pytest.param(f"HTTP/1.1 {TOKEN}\r\n\r\n", id="status"),
        pytest.param(_OPEN[:-3].decode() + f"{TOKEN}\r\n", id="chunk"),
    ],
)
def test_what_a_source_repeats_is_not_told(
    sources: Sources, context: StoreContext, told: str
) -> None:
    """Logs and statuses would have the token, in what the library quotes of an answer."""
    source = sources.add()
    source.answers = [told.encode()]
    with pytest.raises(errors.SourceRefusedError) as raised:
        _read(sources.location(source, **BEARER), context, sources.network())
    assert f"Bearer {TOKEN}\r\n" in source.requests[0]
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


_PARTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n",
        b"-1\r\n",
        b"hello",
    ]
)


@given(parts=st.lists(_PARTS | st.binary(max_size=9), max_size=12))
def test_whatever_is_answered_is_read_or_refused(parts: list[bytes]) -> None:
    """Bytes that nobody thought of would fail the processor itself, and tell nothing of why."""
    try:
        content = _taken(io.BytesIO(b"".join(parts)).read, 9)
    except (errors.SourceRefusedError, errors.InputTooLargeError, CutOffError):
        return
    assert content in b"".join(parts) or b"chunked" in b"".join(parts)
