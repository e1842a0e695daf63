"""Which addresses a document may be read from. Pure: resolves nothing, connects to nothing.

Python's own `is_global` is true for addresses that lead inside (NAT64, 6to4, IPv4-compatible,
168.63.129.16, multicast), so that every block is listed here (IANA special-purpose registries,
RFC 6890 and its successors; server-side request forgery: CVE-2024-55082, CVE-2026-39383).
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from pdf_security_processor.contract import HttpOrigin

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

_NEVER: dict[_Network, str] = {
    ip_network(block): words
    for words, blocks in {
        "a metadata or platform service of a cloud": (
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
            "fd00:ec2::/32",
            "fd00:c1::a9fe:a9fe/128",
            "fd20:ce::254/128",
        ),
        "no address of a host": ("0.0.0.0/8", "::/128", "240.0.0.0/4"),
        "loopback": ("127.0.0.0/8", "::1/128"),
        "link-local, where clouds have their metadata": ("169.254.0.0/16", "fe80::/10"),
        "site-local, which is deprecated": ("fec0::/10",),
        "multicast": ("224.0.0.0/4", "ff00::/8"),
        "set aside for protocols": ("192.0.0.0/24", "192.88.99.0/24", "100::/64"),
        "for documentation": (
            "192.0.2.0/24",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "2001:db8::/32",
            "3fff::/20",
        ),
        "for benchmarks": ("198.18.0.0/15",),
        # What is inside depends on who unwraps it, and no server is known by such an address:
        # IPv4-compatible (RFC 4291, 2.5.5.1), local NAT64 (RFC 8215), Teredo, ORCHID and
        # benchmarks (RFC 2928), 6to4 (RFC 7526).
        "a tunnel, or set aside for one": ("::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16"),
    }.items()
    for block in blocks
}
"""Never, whatever a class lists."""

_PRIVATE: tuple[_Network, ...] = tuple(
    ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""RFC 1918, RFC 6598 (CGNAT), RFC 4193: an organization's own."""

_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is assigned to hosts (RFC 4291, 2.4)."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""Wraps IPv4 for networks that have IPv6 only (RFC 6052); never a private address, says 3.1."""

_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
"""How the lower half of an address begins that wraps another, under any prefix (RFC 5214, 6.1)."""


def refusal_of(address: str, origin: HttpOrigin, api_server: str | None = None) -> str | None:
    """Say why a document may not be read from an address of an origin; None where it may.

    Args:
        address: as the resolver gave it.
        origin: what the class says of it.
        api_server: address of the cluster's API server, which is never a source of documents.
    """
    given = ip_address(address)
    judged = (given.ipv4_mapped if isinstance(given, IPv6Address) else None) or given
    if api_server and _is_same(judged, api_server):
        return "the cluster's API server"
    never = _never(judged)
    if never:
        return never
    if _is_private(judged):
        return None if origin.selects_pods or _is_listed_private(judged, origin) else _UNLISTED
    if origin.selects_pods or any(judged in block for block in origin.cidrs):
        return None
    return "in none of the cidrs that the class lists for it"


_UNLISTED = "private, and in no private block of the cidrs that the class lists for it"


def _never(judged: _Address) -> str | None:
    for block, words in _NEVER.items():
        if judged in block:
            return words
    if isinstance(judged, IPv4Address):
        return None
    if judged.packed[8:12] in _ISATAP:
        return "a tunnel to another address"
    if judged in _NAT64:
        inner = IPv4Address(judged.packed[12:])
        return "a translation of a private address" if _is_private(inner) else _never(inner)
    return None if judged in _UNICAST or _is_private(judged) else "not assigned to hosts"


def _is_same(judged: _Address, text: str) -> bool:
    try:
        return judged == ip_address(text)
    except ValueError:
        # Some clusters give the API server's name in place of its address.
        return False


def _is_private(judged: _Address) -> bool:
    return any(judged in block for block in _PRIVATE)


def _is_listed_private(judged: _Address, origin: HttpOrigin) -> bool:
    """Whether a block lists it that is private itself: 0.0.0.0/0 means the public."""
    return any(
        judged in block and any(_is_within(block, private) for private in _PRIVATE)
        for block in origin.cidrs
    )


def _is_within(block: _Network, outer: _Network) -> bool:
    return block.network_address in outer and block.prefixlen >= outer.prefixlen
