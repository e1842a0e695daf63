"""A real Kubernetes for tests and demonstrations, behind one interface. Nothing of the product."""

from cluster.session import Cluster, ensure_up
from cluster.storage import S3Facts

__all__ = ["Cluster", "S3Facts", "ensure_up"]
