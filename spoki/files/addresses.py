"""Where a file may be fetched from: hosts that somebody listed, never a private network, checked again at each step."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

# What a host name leads to; None = it could not be asked.
Resolver = Callable[[str, int], Sequence[str] | None]
_LONGEST: Final = 2_000
_PORTS: Final = {"https": 443, "http": 80}
# Addresses in IPv6 that carry one of IPv4, which decides: mapped, 6to4, NAT64, Teredo.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(Exception):
    """The address is not one we fetch from; `reason` says why, in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rules:
    """`hosts` are names; each stands for its subdomains too. `own` is Spoki's address as it was configured.

    The origin of `own` is trusted as it is where it names this very machine: that is a simulator, and nothing that
    a message could say leads to another port of it.
    """

    hosts: tuple[str, ...]
    own: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and what to ask for there: the check and the connection are about the same `ip`."""

    scheme: str
    host: str
    port: int
    ip: str
    path: str


def target_of(url: str, rules: Rules, *, resolve: Resolver | None = None) -> Target:
    """Return where to fetch `url`.

    :raises AddressRefused: not readable, not listed, not encrypted, or leading into a private network.
    """
    scheme, host, port, path = _parts(url)
    if _is_own_machine(scheme, host, port, rules.own):
        return Target(scheme, host, port, _loopback(host), path)
    if not _is_listed(host, rules.hosts):
        raise AddressRefused("host_unknown")
    if scheme != "https" or port != _PORTS["https"]:
        raise AddressRefused("not_encrypted")
    found = (resolve or ask_the_system)(host, port)
    if not found:
        raise AddressRefused("unreachable")
    # One private address among many is enough to refuse: whoever answers could choose that one.
    if not all(is_public(address) for address in found):
        raise AddressRefused("private_address")
    return Target(scheme, host, port, _preferred(found), path)


def is_public(text: str) -> bool:
    """Say whether an address is one of the open internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    inner = _carried(address)
    if inner is not None:
        return is_public(str(inner))
    # Python takes the site-local ones of before RFC 3879 for global; old networks still use them.
    is_old_private = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or is_old_private
    )


def ask_the_system(host: str, port: int) -> Sequence[str] | None:
    """Return every address of `host`, None where the name does not resolve."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return None
    return [str(entry[4][0]) for entry in found]


def _parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and the rest.

    :raises AddressRefused: where it is no web address, or one that hides where it leads.
    """
    if (
        len(url) > _LONGEST
        or not url.isascii()
        or not url.isprintable()
        or " " in url
        or "\\" in url
    ):
        raise AddressRefused("address_unreadable")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("address_unreadable") from None
    scheme, host = parts.scheme, (parts.hostname or "").rstrip(".")
    if scheme not in _PORTS or not host or parts.username is not None or parts.password is not None:
        raise AddressRefused("address_unreadable")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, host.lower(), port or _PORTS[scheme], path


def _is_listed(host: str, hosts: Sequence[str]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in hosts if name)


def _is_own_machine(scheme: str, host: str, port: int, own: str) -> bool:
    parts = urlsplit(own)
    its_host = (parts.hostname or "").lower()
    if not _is_loopback(its_host) or parts.scheme not in _PORTS:
        return False
    return (scheme, host, port) == (parts.scheme, its_host, parts.port or _PORTS[parts.scheme])


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}


def _loopback(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _carried(address: Address) -> Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _preferred(found: Sequence[str]) -> str:
    """Return an address of IPv4 where there is one: not every server room speaks IPv6."""
    return next((address for address in found if ":" not in address), found[0])
