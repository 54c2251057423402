"""Which addresses may be dialled: the public ones, what the operator allows, and what nobody may (spec: safety)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ANY_PORT: Final = "*"
_MAX_ENTRY: Final = 300


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_NEVER: Final = _networks(
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "fec0::/10", "ff00::/8",
    # Where clouds keep the metadata and the credentials of a machine, beside the link-local ones.
    "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", "fd20:ce::254/128",
    # NAT64 of local use hides an IPv4 address in a place that only its network knows.
    "64:ff9b:1::/48",
)  # fmt: skip
_LOOPBACK: Final = _networks("127.0.0.0/8", "::1/128")
_PRIVATE: Final = _networks(
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
    # Set aside by IANA for tests, benchmarks and documentation: `is_global` depends on the Python version for these.
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "2001::/23", "2001:db8::/32", "3fff::/20",
)  # fmt: skip
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Kind(Enum):
    """What an address is for whoever is asked to dial it; the value completes "it is …"."""

    PUBLIC = "a public address"
    LOOPBACK = "a loopback address"
    PRIVATE = "a private address"
    NEVER = "a link-local, metadata, multicast or reserved address, which is never dialled"


def kind_of(address: Address) -> Kind:
    """The kind of an address, and of what it carries: the strictest of the two where it holds another inside."""
    kinds = {_own_kind(one) for one in unwrapped(address)}
    return next(kind for kind in (Kind.NEVER, Kind.LOOPBACK, Kind.PRIVATE, Kind.PUBLIC) if kind in kinds)


def unwrapped(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for: mapped, NAT64, 6to4, Teredo (both ends); else itself."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return address.teredo or (address,)


def _own_kind(address: Address) -> Kind:
    if _within(address, _NEVER):
        return Kind.NEVER
    if _within(address, _LOOPBACK):
        return Kind.LOOPBACK
    if _within(address, _PRIVATE):
        return Kind.PRIVATE
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return Kind.NEVER
    return Kind.PUBLIC if address.is_global else Kind.PRIVATE


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry of what the operator allows beside public addresses: a network, or a name, and a port or any.

    A name allows the loopback and private addresses that it resolves to. No entry allows what is never dialled.
    """

    target: Network | str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """Read `HOST`, `HOST:PORT`, `HOST:*` or a CIDR; an IPv6 address with a port stands in brackets.

        Raises ValueError, whose text says what is wrong.
        """
        host, port = _split(text.strip())
        try:
            network = ipaddress.ip_network(host)
        except ValueError:
            return cls(_name(host, text), port)
        if any(network.version == one.version and network.subnet_of(one) for one in _NEVER):  # type: ignore[arg-type]
            raise ValueError(f"{text!r} cannot be allowed: it is {Kind.NEVER.value}")
        return cls(network, port)

    def covers(self, host: str, address: Address, port: int) -> bool:
        """Whether this entry allows an address that was reached by this name, at this port."""
        if self.port not in (None, port):
            return False
        if isinstance(self.target, str):
            return same_name(host) == self.target
        return all(_within(one, (self.target,)) for one in unwrapped(address)) or _within(address, (self.target,))


LOOPBACK: Final = tuple(Allowance(network) for network in _LOOPBACK)
"""What the demo and a platform of this account's own may dial beside public addresses (spec: safety, "Network")."""


def same_name(host: str) -> str:
    """A host name in the one form that names are compared in."""
    return host.lower().removesuffix(".")


def as_address(host: str) -> Address | None:
    """The address that a host is written as, or None for a name; other spellings of numbers are names here."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _split(text: str) -> tuple[str, int | None]:
    if len(text) > _MAX_ENTRY:
        raise ValueError("an entry is at most one host or network with a port")
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is no [ADDRESS]:PORT")
        return host, _port(rest[1:], text) if rest else None
    if text.count(":") != 1:
        return text, None
    host, _, port = text.partition(":")
    return host, _port(port, text)


def _port(text: str, entry: str) -> int | None:
    if text == ANY_PORT:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) <= 65_535):
        raise ValueError(f"{entry!r} names no port: give a number from 1 to 65535, or *")
    return int(text)


def _name(host: str, entry: str) -> str:
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_host = ""
    labels = same_name(ascii_host).split(".")
    if not all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
        raise ValueError(f"{entry!r} is neither HOST, HOST:PORT nor a network such as 10.0.0.0/8")
    return same_name(ascii_host)
