"""Documents that are read by GET over TLS, from the origins that a class lists and nowhere else.

Knows no PDF. Takes no proxy, certificate or credential from the environment or a home folder, and
only one thing: the API server's address, never to be asked.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from pdf_security_processor.contract import HttpLocation, HttpOrigin
from pdf_security_processor.contract.urls import host_and_port_of, origin_of
from pdf_security_processor.errors import (
    DigestMismatchError,
    InputChangedError,
    SourceRefusedError,
)
from pdf_security_processor.secret_files import Password, read_bearer_token
from pdf_security_processor.stores.certificates import trusting
from pdf_security_processor.stores.context import StoreContext
from pdf_security_processor.stores.exchange import Answer, Exchange
from pdf_security_processor.stores.http_errors import (
    PassingError,
    check_status,
    connection_error,
    redirection_of,
)
from pdf_security_processor.stores.wire import Deadline, Network, asked

REDIRECTIONS = 5
"""Times that an answer may lead elsewhere, in one attempt."""

ATTEMPTS = 4
"""Tries in all, where a failure may pass."""

SYSTEM = Network()

_API_SERVER = "KUBERNETES_SERVICE_HOST"
"""The kubelet sets it in every container (Kubernetes, accessing the API from a pod)."""


@dataclass
class Session:
    """What is kept of a location's Secret until its document was read."""

    token: Password | None

    def close(self) -> None:
        """Forget it."""
        self.token = None


def session_of(location: HttpLocation, context: StoreContext) -> Session:
    """Give the session of a location; the same one each time.

    Raises:
        CredentialsIncompleteError: the Secret lacks the key, or its value is no token.
    """
    identity = ("http", location.url)
    if identity not in context.clients:
        reference = location.bearer_token
        token = read_bearer_token(context.secrets, reference) if reference else None
        context.clients[identity] = Session(token)
    session: Session = context.clients[identity]
    return session


@contextmanager
def open_document(
    location: HttpLocation, context: StoreContext, network: Network | None = None
) -> Iterator[Iterator[bytes]]:
    """Open a document and give its content in pieces.

    Args:
        location: its URL, and the origins that may be read from.
        context: secrets, and the document's limits.
        network: the system's where left out.

    Raises:
        SourceRefusedError: the URL, or where it redirects to, is not the class's, or what answers
            there does not do so as a document is read.
        InputNotFoundError, AccessDeniedError: so the source says.
        InputTooLargeError: so the source says, before anything is read.
        InputChangedError: a second attempt gives another document than the first began with.
        DigestMismatchError: it is not the document whose digest the location has.
        CertificateRefusedError: the source's certificate is not trusted.
        LimitExceededError: it takes longer than a document may.
        StorageUnavailableError: all attempts failed.
    """
    download = _Download(location, context, network or SYSTEM)
    with closing(download.pieces()) as pieces:
        yield pieces


class _Download:
    """One document on its way, however often it is begun."""

    def __init__(self, location: HttpLocation, context: StoreContext, network: Network) -> None:
        self._location = location
        # The first of two that are the same, as the operator takes it.
        self._origins = {
            host_and_port_of(origin.url): origin for origin in reversed(location.origins)
        }
        self._token = session_of(location, context).token
        self._bound = context.limits.input_bytes
        self._network = network
        self._deadline = Deadline(context.limits.worker_seconds)
        self._given = 0
        self._digest = hashlib.sha256()

    def pieces(self) -> Generator[bytes, None, None]:
        """Give the document, each byte once."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                yield from self._attempted()
            except PassingError as failure:
                if attempt == ATTEMPTS:
                    raise
                self._pause(attempt, failure)
            else:
                break
        digest = f"sha256:{self._digest.hexdigest()}"
        if self._location.digest not in (None, digest):
            raise DigestMismatchError(
                f"{self._location} is {digest}, and the job asks for {self._location.digest}; "
                "correct the digest, or find out who changed the document."
            )

    def _attempted(self) -> Generator[bytes, None, None]:
        """Read from the beginning; what was given before is compared, and not given again."""
        before, again = self._given, hashlib.sha256()
        with self._document() as pieces:
            for piece in pieces:
                known, new = piece[:before], piece[before:]
                before -= len(known)
                again.update(known)
                if not before and known and again.digest() != self._digest.digest():
                    break
                if new:
                    self._given += len(new)
                    self._digest.update(new)
                    yield new
            else:
                if not before:
                    return
        raise InputChangedError(f"{self._location} changed while it was read; it is tried again.")

    @contextmanager
    def _document(self) -> Iterator[Iterator[bytes]]:
        """Follow the URL to where the document is."""
        url, token = self._location.url, self._token
        for _ in range(1 + REDIRECTIONS):
            with self._answer(url, token) as (answer, document):
                target = redirection_of(answer, url)
                if target is None:
                    check_status(answer, self._location)
                    yield document
                    return
            if host_and_port_of(target) != host_and_port_of(url):
                # For good: whoever sends it back chooses what the token is shown for.
                token = None
            url = target
        raise SourceRefusedError(
            f"{self._location} redirects more than {REDIRECTIONS} times; give the last URL."
        )

    @contextmanager
    def _answer(self, url: str, token: Password | None) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """Ask once; nothing of the document is read before its first piece is asked for."""
        origin = self._origin(url)
        trust = trusting(origin.ca_bundle, origin.url)
        exchange = Exchange(url, token)
        api_server = os.environ.get(_API_SERVER)
        try:
            with asked(
                exchange.question, origin, trust, self._deadline, self._network, api_server
            ) as receive:
                answer = exchange.answer(receive)
                yield answer, exchange.document(answer, receive, self._bound)
        except OSError as error:
            raise connection_error(error, origin.url) from None

    def _origin(self, url: str) -> HttpOrigin:
        origin = self._origins.get(host_and_port_of(url))
        if origin is None:
            leads = "is at" if url == self._location.url else "redirects to"
            raise SourceRefusedError(
                f"{self._location} {leads} {origin_of(url)}, which is not among the httpSources of "
                "the class; use one of them or ask its administrator."
            )
        return origin

    def _pause(self, attempt: int, failure: PassingError) -> None:
        """Wait as long as the source asks, or a while that grows; never beyond the deadline."""
        pause = self._network.pause_seconds * 2.0 ** (attempt - 1)
        # All jobs that a source turned away together would come back together.
        pause *= secrets.SystemRandom().uniform(0.5, 1.5)
        pause = max(pause, failure.wait or 0)
        if pause >= self._deadline.left:
            raise failure
        time.sleep(pause)
