"""What stores need besides a location. Opens nothing itself."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pdf_security_processor.contract import Limits
from pdf_security_processor.secret_files import Password


@dataclass(frozen=True)
class StoreContext:
    """Given to every store; closed when the document is done.

    Attributes:
        secrets: folder of the mounted keys.
        scratch: the document's own folder.
        uid: UID of the job.
        limits: of the document.
        clients: clients already made, so that one serves all steps; making one takes a tenth of a
            second.
        customer_keys: keys of SSE-C already read, by Secret and key.
    """

    secrets: Path
    scratch: Path
    uid: str
    limits: Limits = field(default_factory=Limits)
    clients: dict[object, Any] = field(default_factory=dict)
    customer_keys: dict[tuple[str, str], Password] = field(default_factory=dict)

    def close(self) -> None:
        """Close the clients' connections."""
        while self.clients:
            self.clients.popitem()[1].close()
