"""What becomes of signatures where a document is changed, which breaks them."""

from pdf_security_processor.errors import DocumentSignedError
from pdf_security_processor.form_fields import remove_signatures
from pdf_security_processor.operations.document import Document


def settle_signatures(document: Document) -> None:
    """Refuse to change a signed document, or take the signatures out.

    Raises:
        DocumentSignedError: it is signed, and the job does not say that it may be changed.
    """
    count = document.inspection.signatures if document.inspection else 0
    if not count:
        return
    if document.on_signature != "remove":
        raise DocumentSignedError(
            f"The document is signed (fields with a signature: {count}), and any change breaks "
            "that; set onSignature: remove to have signatures taken out."
        )
    document.removed["Signature"] += remove_signatures(document.pdf)
