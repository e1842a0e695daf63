"""A control plane's users, each over a certificate of theirs. No assertions."""

from __future__ import annotations

from collections.abc import Sequence

import urllib3

from api_client import Api
from controlplane import ControlPlane


class Client(Api):
    """One user; administrator unless told otherwise. A request is sent once: it meets the fault."""

    def __init__(
        self,
        plane: ControlPlane,
        user: str = "administrator",
        groups: Sequence[str] = ("system:masters",),
    ) -> None:
        certificate, key = plane.client_certificate(user, groups)
        pool = urllib3.PoolManager(
            ca_certs=str(plane.authority_file),
            cert_file=str(certificate),
            key_file=str(key),
            retries=False,
        )
        super().__init__(plane.server, pool)
