"""`encrypt`: the document is saved encrypted, AES only (ISO 32000-2, 7.6)."""

import pikepdf

from pdf_security_processor.contract import Encrypt, Operation, Permissions, SecretKeyReference
from pdf_security_processor.errors import InternalError, PasswordUnusableError
from pdf_security_processor.operations.document import Document
from pdf_security_processor.saslprep import prepare_password
from pdf_security_processor.secret_files import PASSWORD_BYTES, password_name

_AES_128_PASSWORD_BYTES = 32
"""Revision 4 cuts longer passwords without a word (7.6.4.3.2), so they are refused."""


def encrypt(document: Document, operation: Operation) -> None:
    """Have the document encrypted when it is saved, or look at the passwords of who does it.

    Raises:
        PasswordUnusableError: a password that the algorithm cannot carry, an empty owner password,
            or one equal to the user's (whoever opens the document would own it).
    """
    wanted = operation.encrypt
    if wanted is None:
        raise InternalError("encrypt: called for another operation")
    if wanted.recipients is not None:
        # Done apart.
        return
    if wanted.owner_password_secret_ref is None:
        raise InternalError("encrypt: for nobody")
    owner = _password(document, wanted, wanted.owner_password_secret_ref, "owner")
    user = (
        _password(document, wanted, wanted.user_password_secret_ref, "user")
        if wanted.user_password_secret_ref
        else ""
    )
    if owner == user:
        raise PasswordUnusableError(
            "encrypt: owner and user password are the same, so whoever opens the document could "
            "lift the permissions; choose two."
        )
    if wanted.permissions and wanted.permissions.accessibility is False:
        document.warnings.append(
            "encrypt: accessibility stays allowed; PDF 2.0 deprecates forbidding it, and qpdf does "
            "not write it"
        )
    if wanted.is_done_apart:
        return
    document.encryption = pikepdf.Encryption(
        owner=owner,
        user=user,
        R=4 if wanted.algorithm == "AES-128" else 6,
        allow=permissions_of(wanted.permissions or Permissions()),
    )


def permissions_of(permissions: Permissions) -> pikepdf.Permissions:
    """Translate to pikepdf's flags; what is not set is allowed (pikepdf's own default is not)."""

    def allowed(flag: bool | None) -> bool:
        return flag is not False

    return pikepdf.Permissions(
        accessibility=allowed(permissions.accessibility),
        extract=allowed(permissions.copy_content),
        modify_annotation=allowed(permissions.annotate),
        modify_assembly=allowed(permissions.assemble),
        modify_form=allowed(permissions.fill_forms),
        modify_other=allowed(permissions.modify),
        print_lowres=permissions.print != "none",
        print_highres=permissions.print in (None, "high"),
    )


def _password(document: Document, wanted: Encrypt, reference: SecretKeyReference, role: str) -> str:
    given = document.passwords[password_name(reference)].reveal()
    try:
        if wanted.algorithm == "AES-128":
            encoded = given.encode("pdfdoc")
            bound, prepared = _AES_128_PASSWORD_BYTES, given
        else:
            prepared = prepare_password(given)
            encoded = prepared.encode()
            bound = PASSWORD_BYTES
    except ValueError:
        # `from None`: the codec's error carries the password.
        raise PasswordUnusableError(
            f"encrypt: the {role} password has characters that {wanted.algorithm or 'AES-256'} "
            "passwords cannot have; use letters, digits and punctuation."
        ) from None
    # Also what preparation leaves of invisible characters.
    if not prepared:
        raise PasswordUnusableError(
            f"encrypt: the {role} password is empty, which protects nothing; set one. For a "
            "document that anybody may open, leave userPasswordSecretRef out."
        )
    if len(encoded) > bound or "\0" in prepared:
        raise PasswordUnusableError(
            f"encrypt: the {role} password has {len(encoded)} bytes; "
            f"{wanted.algorithm or 'AES-256'} allows {bound}."
        )
    return prepared
