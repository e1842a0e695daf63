"""What a job may name, and each thing that its author may not use: a table. Data only.

Of a tenant's: one Secret, claim and ConfigMap called `mine`, and the scene's class with one store.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

STORE = "https://store.example.com"
OTHER_STORE = "https://other.example.com"
SOURCE = "https://documents.example.com"


def _s3(key: str, secret: str = "mine", store: str = STORE) -> Object:
    return {
        "s3": {
            "endpoint": store,
            "bucket": "bucket",
            "key": key,
            "credentialsSecretRef": {"name": secret},
        }
    }


def _encrypted(key: str) -> Object:
    place = _s3(key)
    reference = {"name": "theirs", "key": "at-rest"}
    place["s3"]["serverSideEncryption"] = {"type": "SSE-C", "customerKeySecretRef": reference}
    return place


def http_at(url: str = f"{SOURCE}/in.pdf", secret: str = "mine") -> Object:
    """Give a document that is read by its URL, with a token."""
    return {"http": {"url": url, "bearerTokenSecretRef": {"name": secret, "key": "token"}}}


def _claim(name: str, path: str = "a.pdf") -> Object:
    return {"persistentVolumeClaim": {"claimName": name, "path": path}}


def _password(name: str) -> Object:
    return {"name": name, "key": "password"}


def allowed(class_name: str) -> Object:
    """Give a job that names everything that its author may use."""
    return {
        "className": class_name,
        "input": _s3("in.pdf"),
        "output": _s3("out.pdf"),
        "report": _claim("mine", "report.json"),
        "operations": [
            {"decrypt": {"passwordSecretRef": _password("mine")}},
            {"sanitize": {}},
            {
                "encrypt": {
                    "ownerPasswordSecretRef": _password("mine"),
                    "userPasswordSecretRef": {"name": "mine", "key": "user"},
                }
            },
        ],
    }


@dataclass(frozen=True)
class Attempt:
    """One thing that an author tries: what is set in the job where, and what the refusal names."""

    name: str
    path: tuple[str | int, ...]
    value: Any
    said: str


ATTEMPTS = [
    Attempt(
        "password-of-input",
        ("operations", 0, "decrypt", "passwordSecretRef"),
        _password("theirs"),
        "decrypt.passwordSecretRef names a Secret that you may not get",
    ),
    Attempt(
        "key-of-recipient",
        ("operations", 0, "decrypt", "recipientKeySecretRef"),
        _password("theirs"),
        "decrypt.recipientKeySecretRef names a Secret that you may not get",
    ),
    Attempt(
        "owner-password",
        ("operations", 2, "encrypt", "ownerPasswordSecretRef"),
        _password("theirs"),
        "encrypt.ownerPasswordSecretRef names a Secret",
    ),
    Attempt(
        "user-password",
        ("operations", 2, "encrypt", "userPasswordSecretRef"),
        _password("theirs"),
        "encrypt.userPasswordSecretRef names a Secret",
    ),
    Attempt(
        "credentials-of-input",
        ("input",),
        _s3("in.pdf", "theirs"),
        "spec.input.s3.credentialsSecretRef",
    ),
    Attempt(
        "credentials-of-output",
        ("output",),
        _s3("out.pdf", "theirs"),
        "spec.output.s3.credentialsSecretRef",
    ),
    Attempt(
        "credentials-of-report",
        ("report",),
        _s3("r.json", "theirs"),
        "spec.report.s3.credentialsSecretRef",
    ),
    *(
        Attempt(
            f"customer-key-of-{place}",
            (place,),
            _encrypted(key),
            f"spec.{place}.s3.serverSideEncryption.customerKeySecretRef",
        )
        for place, key in (("input", "in.pdf"), ("output", "out.pdf"), ("report", "r.json"))
    ),
    Attempt("claim-of-input", ("input",), _claim("theirs"), "spec.input.persistentVolumeClaim"),
    Attempt(
        "claim-of-output",
        ("output",),
        _claim("theirs", "b.pdf"),
        "spec.output.persistentVolumeClaim",
    ),
    Attempt(
        "claim-of-report",
        ("report",),
        _claim("theirs", "r.json"),
        "spec.report.persistentVolumeClaim",
    ),
    Attempt(
        "config-map",
        ("input",),
        {"configMap": {"name": "theirs", "key": "a.pdf"}},
        "spec.input.configMap",
    ),
    Attempt("class", ("className",), "{class_name}-other", "you may not use class"),
    Attempt("class-that-is-not-there", ("className",), "comes-later", "you may not use class"),
    Attempt(
        "operation-not-allowed",
        ("operations",),
        [{"sanitize": {}}, {"linearize": {}}],
        "allows decrypt, sanitize, removeMetadata, encrypt, and no other",
    ),
    Attempt(
        "operation-left-out",
        ("operations",),
        [{"removeMetadata": {}}],
        "requires sanitize of each job that has an output",
    ),
    Attempt(
        "store-of-input", ("input",), _s3("in.pdf", store=OTHER_STORE), "storageEndpoints of class"
    ),
    Attempt(
        "store-of-output",
        ("output",),
        _s3("out.pdf", store=OTHER_STORE),
        "storageEndpoints of class",
    ),
    Attempt(
        "store-of-report",
        ("report",),
        _s3("r.json", store=OTHER_STORE),
        "storageEndpoints of class",
    ),
    Attempt(
        "token-of-input",
        ("input",),
        http_at(secret="theirs"),
        "spec.input.http.bearerTokenSecretRef",
    ),
    Attempt(
        "source-of-input",
        ("input",),
        http_at("https://documents.example.com.evil.example/in.pdf"),
        "httpSources of class",
    ),
    Attempt(
        "source-that-is-a-store",
        ("input",),
        http_at(f"{STORE}/in.pdf"),
        "httpSources of class",
    ),
    Attempt(
        "store-in-capitals",
        ("output",),
        _s3("out.pdf", store=STORE.replace("store", "STORE")),
        "endpoint",
    ),
]


def changed(class_name: str, attempt: Attempt) -> Object:
    """Give the job with one thing in it that its author may not use."""
    spec = deepcopy(allowed(class_name))
    place: Any = spec
    for step in attempt.path[:-1]:
        place = place[step]
    value = attempt.value
    if isinstance(value, str):
        value = value.format(class_name=class_name)
    place[attempt.path[-1]] = value
    return spec


BY_POLICY = [each for each in ATTEMPTS if each.said != "endpoint"]
"""The last is refused by the schema already."""
