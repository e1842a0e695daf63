"""Which addresses a document may be read from: all that lead inside, in each of their forms."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_security_processor.contract import HttpOrigin
from pdf_security_processor.stores.addresses import refusal_of

PUBLIC = {"cidrs": ["0.0.0.0/0", "::/0"]}
PODS = {"selectsPods": True}
EVERYTHING = {
    "cidrs": ["0.0.0.0/0", "::/0", "10.0.0.0/8", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7"],
    "selectsPods": True,
}
"""What no class should list, and what may not be read from even then."""

NEVER = [
    *("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254"),  # noqa: S104  (not bound to)
    *("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
    *("192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),
    *("198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    "255.255.255.255",
    *("::", "::1", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "ff02::1"),
    *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe"),
    *("2001:db8::1", "3fff::1", "100::1", "2001:2::1", "2001:10::1", "4000::1", "5f00::1"),
    # IPv4-mapped and IPv4-compatible
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::169.254.169.254", "::8.8.8.8"),
    # NAT64: of metadata, of what is private, and the prefix that each network gives its own sense
    *("64:ff9b::a9fe:a9fe", "64:ff9b::a83f:8110", "64:ff9b::a00:307", "64:ff9b:1::a9fe:a9fe"),
    # 6to4, Teredo, ISATAP under a public prefix
    *("2002:a9fe:a9fe::", "2002:808:808::1", "2001:0:a9fe:a9fe::1"),
    *("2600::5efe:a9fe:a9fe", "2600::200:5efe:a00:1"),
]
PRIVATE = [
    *("10.0.3.7", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "fd12::1"),
    "::ffff:10.0.3.7",
]
OPEN = ["93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:2800:220::1", "64:ff9b::5db8:d822"]


def _refusal(address: str, origin: dict[str, Any], api_server: str | None = None) -> str | None:
    given = HttpOrigin.model_validate({"url": "https://documents.example", **origin})
    return refusal_of(address, given, api_server)


@pytest.mark.parametrize("address", NEVER)
def test_what_leads_inside_is_refused_whatever_a_class_lists(address: str) -> None:
    """A URL would read a node's metadata, and the cloud's credentials with it."""
    assert _refusal(address, EVERYTHING)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_private_is_refused_where_no_private_block_lists_it(address: str) -> None:
    """A name of the public network could mean a host of one's own: DNS rebinding."""
    assert _refusal(address, PUBLIC)
    assert _refusal(address, {"cidrs": ["10.9.0.0/16", "fd99::/16"]})
    assert _refusal(address, {})


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("10.0.3.7", "10.0.3.0/24"),
        ("10.0.3.7", "10.0.3.7/32"),
        ("172.16.0.1", "172.16.0.0/12"),
        ("100.64.0.1", "100.64.0.0/10"),
        ("fd12::1", "fd12::/16"),
        ("::ffff:10.0.3.7", "10.0.3.0/24"),
    ],
)
def test_what_is_private_is_read_where_a_private_block_lists_it(address: str, block: str) -> None:
    """A document server of one's own, which is the usual case, could not be used."""
    assert _refusal(address, {"cidrs": [block]}) is None


@pytest.mark.parametrize("address", [*PRIVATE, *OPEN])
def test_pods_are_wherever_their_labels_are(address: str) -> None:
    """A server in the cluster could not be used: nobody knows its addresses beforehand."""
    assert _refusal(address, PODS) is None


@pytest.mark.parametrize("address", OPEN)
def test_what_is_public_is_read_where_a_block_lists_it(address: str) -> None:
    """Nothing could be read; or anything, by a name that was bought."""
    assert _refusal(address, PUBLIC) is None
    assert _refusal(address, {"cidrs": ["8.8.8.0/24", "2001:4860::/32"]})


@pytest.mark.parametrize("address", ["10.96.0.1", "::ffff:10.96.0.1"])
def test_the_api_server_is_refused(address: str) -> None:
    """A class that selects pods by label would let jobs knock at the API server."""
    assert _refusal(address, PODS) is None
    assert _refusal(address, PODS, "10.96.0.1")
    assert _refusal(address, PODS, "kubernetes.example") is None


@given(address=st.ip_addresses(v=4))
def test_no_form_of_an_address_is_read_from_that_is_refused_as_it_is(
    address: ipaddress.IPv4Address,
) -> None:
    """What is refused in one form would be read in another."""
    number = int(address)
    forms = {
        "mapped": 0xFFFF << 32 | number,
        "compatible": number,
        "NAT64": 0x64FF9B << 96 | number,
        "6to4": 0x2002 << 112 | number << 80,
        "ISATAP": 0x2600 << 112 | 0x5EFE << 32 | number,
    }
    refused = _refusal(str(address), PUBLIC) is not None
    for form, value in forms.items():
        reads = _refusal(str(ipaddress.IPv6Address(value)), PUBLIC) is None
        assert not (reads and refused), form
