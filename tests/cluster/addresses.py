"""The addresses and names of the embedded cluster. Data only."""

from __future__ import annotations

NODE_NAME = "pdf-security-node"

HOST_INTERFACE = "pdfsec-host"
"""The host's end of the cable to the node; at most 15 characters, the kernel's limit."""

NODE_INTERFACE = "pdfsec-node"

HOST_ADDRESS = "172.31.255.1"
NODE_ADDRESS = "172.31.255.2"
CABLE_PREFIX = 30
"""Two addresses are all that a cable needs."""

POD_NETWORK = "10.244.0.0/16"
NODE_POD_PREFIX = 22
NODE_POD_NETWORK = "10.244.0.0/22"
"""The first block that the controller manager hands out: 1,021 pod addresses on the one node."""

SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_SERVICE_ADDRESS = "10.96.0.10"

API_PORT = 6443
API_ADDRESS = f"https://{NODE_ADDRESS}:{API_PORT}"

ETCD_ADDRESS = "http://127.0.0.1:2379"
ETCD_PEER_ADDRESS = "http://127.0.0.1:2380"

MAXIMUM_PODS = 300
"""Room for a hundred Jobs at once, with those just ending; kubelet's default is 110."""

MAXIMUM_POD_PIDS = 512
"""Processes and threads in one pod: a fork bomb in a test must not take the machine."""

PAUSE_REFERENCE = "localhost/pdf-security/pause:1"
