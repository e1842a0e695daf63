"""A Kubernetes control plane as plain processes on loopback, for faults and load. Runs no pod.

Needs no root, and lies in one folder with all that it writes; several run side by side. Pods land
on nodes that kwok feigns. What needs a kubelet, a network or a container belongs on `cluster`.
"""

from controlplane.plane import ControlPlane, control_plane

__all__ = ["ControlPlane", "control_plane"]
