"""All kinds of jobs: what succeeds, and each way to fail with a secret at hand. Builds only."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from operator_scene import Scene
from processor import documents

Object = dict[str, Any]

UNICODE_WORD = "Pässwört-\u2603-"
"""Beginning of a password with what needs escaping in most forms."""

SPECIAL_WORD = "p%w\"'\\<&>+/= "
"""See above."""


@dataclass
class Words:
    """All secrets of a run, by name: what is looked for afterwards."""

    values: dict[str, bytes] = field(default_factory=dict)

    def make(self, name: str, beginning: str = "") -> str:
        """Make a secret that nothing else can be mistaken for."""
        value = beginning + secrets.token_urlsafe(18)
        self.values[name] = value.encode()
        return value


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes:
        name: for people.
        build: gives the changes to a usual spec.
        reason: how it must end.
    """

    name: str
    build: Callable[[Scene], Object]
    reason: str = "Succeeded"


def stage_documents(scene: Scene, words: Words) -> None:
    """Put the documents into the bucket, and the Secrets that open them into the namespace."""
    user, owner = words.make("user", UNICODE_WORD), words.make("owner", SPECIAL_WORD)
    scene.add_secret(
        "passwords",
        user=user,
        owner=owner,
        wrong=words.make("wrong"),
        other=words.make("other key of the same Secret"),
    )
    scene.add_secret(
        "no-store",
        accessKeyId=words.make("access key that is none"),
        secretAccessKey=words.make("secret key that is none"),
    )
    half = words.make("half of a pair")
    scene.add_secret("half-store", accessKeyId="", secretAccessKey=half)
    key = secrets.token_bytes(32)
    words.values["key of the store, its bytes"] = key
    words.values["key of the store, as its Secret has it"] = base64.b64encode(key)
    scene.add_secret("customer", key=base64.b64encode(key).decode())
    scene.put("plain.pdf", documents.plain())
    scene.put("encrypted.pdf", documents.encrypted(user=user, owner=owner))
    scene.put("active.pdf", documents.with_active_content())
    scene.put("damaged.pdf", documents.plain()[:-200])
    scene.put("no.pdf", b"not a document at all")
    scene.put("empty.pdf", b"")


def _password(key: str) -> Object:
    return {"name": "passwords", "key": key}


def _encrypt(**more: Any) -> Object:
    given = {
        "ownerPasswordSecretRef": _password("owner"),
        "userPasswordSecretRef": _password("user"),
    }
    return {"encrypt": {**given, **more}}


def _decrypt(key: str) -> Object:
    return {"decrypt": {"passwordSecretRef": _password(key)}}


def _does(source: str, *operations: Object) -> Callable[[Scene], Object]:
    return lambda scene: {"input": scene.at(source), "operations": list(operations)}


def _from_store(secret: str) -> Callable[[Scene], Object]:
    reference = {"name": secret}
    return lambda scene: {"input": scene.at("plain.pdf", credentialsSecretRef=reference)}


KINDS = (
    Kind("encrypt", _does("plain.pdf", _encrypt())),
    # Before revision 6, passwords have no snowmen.
    Kind("a password that AES-128 cannot take", _does("plain.pdf", _encrypt(algorithm="AES-128")),
         "PasswordUnusable"),
    Kind("decrypt by the user's password", _does("encrypted.pdf", _decrypt("user"))),
    Kind("decrypt by the owner's password", _does("encrypted.pdf", _decrypt("owner"))),
    Kind("new passwords", _does("encrypted.pdf", _decrypt("owner"), _encrypt())),
    Kind("sanitize and encrypt", _does("active.pdf", {"sanitize": {}}, _encrypt())),
    Kind("wrong password", _does("encrypted.pdf", _decrypt("wrong")), "WrongPassword"),
    Kind("no password", _does("encrypted.pdf", {"sanitize": {}}), "PasswordRequired"),
    Kind("no document", _does("no.pdf", _decrypt("user")), "NotAPdf"),
    Kind("an empty one", _does("empty.pdf", _decrypt("user"), _encrypt()), "InputEmpty"),
    Kind("a damaged one", _does("damaged.pdf", _encrypt()), "InputDamaged"),
    Kind("one that is not there", _does("none.pdf", _decrypt("user")), "InputNotFound"),
    Kind("a store that refuses", _from_store("no-store"), "AccessDenied"),
    Kind("half of a pair of keys", _from_store("half-store"), "CredentialsIncomplete"),
    # versitygw takes the key, and encrypts nothing.
    Kind("a store that does not encrypt", lambda scene: {
        "input": scene.at("plain.pdf"),
        "output": scene.at("never.pdf", serverSideEncryption={
            "type": "SSE-C", "customerKeySecretRef": {"name": "customer", "key": "key"}})},
         "OutputNotEncrypted"),
    Kind("inspect", lambda scene: {"input": scene.at("encrypted.pdf"), "output": None,
                                   "operations": [{"inspect": {}}]}),
    Kind("with a report", lambda scene: {
        "input": scene.at("active.pdf"), "report": scene.at(f"{secrets.token_hex(8)}.json"),
        "operations": [{"sanitize": {}}, _encrypt()]}),
    Kind("too large for its class", lambda _: {"scratchSize": "64Gi"}, "LimitExceeded"),
    Kind("a deadline that is too short", lambda scene: {
        "input": scene.at("encrypted.pdf"), "operations": [_decrypt("user")],
        "activeDeadlineSeconds": 1}, "DeadlineExceeded"),
)  # fmt: skip


def build_spec(kind: Kind, scene: Scene) -> Object:
    """Build the spec of a job of a kind."""
    spec = scene.spec(**kind.build(scene))
    return {name: value for name, value in spec.items() if value is not None}
