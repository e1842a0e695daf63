"""DSSE envelopes around in-toto statements. Pure.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from images.signing.keys import SigningKey, VerifyingKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


class EnvelopeError(Exception):
    """An envelope is malformed, signed by another key, or holds another thing."""


def bytes_of(document: Mapping[str, Any]) -> bytes:
    """Return a document as it is signed: one line, keys in order."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def statement_of(
    name: str, digest: str, predicate_type: str, predicate: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the statement that `predicate` is true of an image."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": _subject_of(name, digest),
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def build_envelope(statement: Mapping[str, Any], key: SigningKey) -> dict[str, Any]:
    """Sign a statement."""
    payload = bytes_of(statement)
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}],
    }


def opened(
    envelope: bytes, key: VerifyingKey, subject: tuple[str, str], predicate_type: str
) -> Mapping[str, Any]:
    """Return the predicate of an envelope that `key` signed and that is about `subject`.

    Args:
        envelope: the file's content.
        key: whose signature is asked for.
        subject: the image's name and digest.
        predicate_type: what is to be stated.

    Nothing of the payload is parsed before its signature holds.

    Raises:
        EnvelopeError: it is not; the text says in what respect.
    """
    try:
        outer = json.loads(envelope)
        payload = base64.b64decode(outer["payload"], validate=True)
        signatures = [base64.b64decode(each["sig"], validate=True) for each in outer["signatures"]]
        payload_type = str(outer["payloadType"])
    except (ValueError, KeyError, TypeError, binascii.Error) as problem:
        raise EnvelopeError(f"is no DSSE envelope: {problem}") from problem
    signed = pre_authentication_encoding(payload_type, payload)
    if not any(key.verifies(signature, signed) for signature in signatures):
        raise EnvelopeError("is not signed by this key, or was altered since")
    if payload_type != PAYLOAD_TYPE:
        raise EnvelopeError(f"holds {payload_type} in place of {PAYLOAD_TYPE}")
    return _predicate_of(json.loads(payload), subject, predicate_type)


def _predicate_of(
    statement: Mapping[str, Any], subject: tuple[str, str], predicate_type: str
) -> Mapping[str, Any]:
    kind, states = statement.get("_type"), statement.get("predicateType")
    if (kind, states) != (STATEMENT_TYPE, predicate_type):
        raise EnvelopeError(f"states {states} in place of {predicate_type}")
    if statement.get("subject") != _subject_of(*subject):
        raise EnvelopeError(f"is about {statement.get('subject')}, not about {'@'.join(subject)}")
    predicate: Mapping[str, Any] = statement.get("predicate", {})
    return predicate


def _subject_of(name: str, digest: str) -> list[dict[str, Any]]:
    algorithm, _, value = digest.partition(":")
    return [{"name": name, "digest": {algorithm: value}}]


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: the payload with its type, so that neither passes for another."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
