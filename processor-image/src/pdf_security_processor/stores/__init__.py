"""Where documents come from and go to: each store opens for reading and puts atomically.

Holds credentials and network; never imports pikepdf or looks into a document.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import IO, Any

from pdf_security_processor.contract import FileLocation, HttpLocation, S3Location, Sink, Source
from pdf_security_processor.errors import InvalidRequestError
from pdf_security_processor.stores import volume
from pdf_security_processor.stores.context import StoreContext

__all__ = ["StoreContext", "connect", "open_source", "put", "refuse_existing"]


def connect(places: Iterable[Source | Sink], context: StoreContext) -> None:
    """Take the credentials and certificates of all places as they are now.

    The kubelet puts what a Secret becomes in mid-run into its mounted files; a document is begun
    and ended as one and the same user.

    Raises:
        InvalidRequestError: see `s3_object`.
        StoreError: see `s3_object` and `http`.
    """
    for place in places:
        if place.s3:
            from pdf_security_processor.stores.s3_object import stored_object

            stored_object(place.s3, context)
        elif isinstance(place, Source) and place.http:
            from pdf_security_processor.stores.http import session_of

            session_of(place.http, context)


def open_source(source: Source, context: StoreContext) -> AbstractContextManager[Iterator[bytes]]:
    """Open what a source names, to be read in pieces. The source is never changed.

    Raises:
        StoreError: as the store's module tells.
    """
    location: S3Location | HttpLocation | FileLocation = _only(
        "input", s3=source.s3, http=source.http, file=source.file
    )
    if isinstance(location, FileLocation):
        return volume.open_file(location)
    if isinstance(location, HttpLocation):
        from pdf_security_processor.stores import http

        return http.open_document(location, context)
    # botocore takes a tenth of a second to import, which only jobs with S3 shall pay.
    from pdf_security_processor.stores import s3

    return s3.open_object(location, context)


def refuse_existing(sink: Sink, context: StoreContext) -> None:
    """Fail before any work when the sink has another's output already and may not overwrite it.

    Raises:
        StoreError: as the store's module tells.
    """
    location: S3Location | FileLocation = _only("output", s3=sink.s3, file=sink.file)
    if sink.overwrite:
        return
    if isinstance(location, FileLocation):
        volume.refuse_existing_file(location, context.uid)
        return
    from pdf_security_processor.stores import s3

    s3.refuse_existing_object(location, context)


def put(sink: Sink, content: IO[bytes], context: StoreContext) -> None:
    """Put all of a file where a sink names, whole or not at all.

    What an earlier attempt of the same job left there is replaced, whatever the sink says: a retry
    must be able to finish what it began.

    Raises:
        StoreError: as the store's module tells.
    """
    location: S3Location | FileLocation = _only("output", s3=sink.s3, file=sink.file)
    if isinstance(location, FileLocation):
        volume.put_file(location, content, context.uid, overwrite=sink.overwrite)
        return
    from pdf_security_processor.stores import s3

    s3.put_object(location, content, context, overwrite=sink.overwrite)


def _only(field: str, **places: Any) -> Any:
    """Give the one place that is set."""
    given = [place for place in places.values() if place is not None]
    if len(given) != 1:
        raise InvalidRequestError(f"{field} must have exactly one of {', '.join(places)}.")
    return given[0]
