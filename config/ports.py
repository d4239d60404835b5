"""Where the application listens, asked before anything starts."""

import os
import socket


class PortRefused(Exception):
    """The port cannot be used; the text says why and what to do."""


def listening_address() -> tuple[str, int]:
    """Return HOST (default 127.0.0.1) and PORT (default 8000) of the environment.

    Raises PortRefused where PORT is no port.
    """
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise PortRefused(f"PORT is “{port}”: set it to a number from 1 to 65535.")
    return os.environ.get("HOST") or "127.0.0.1", int(port)


def refuse_busy(address: tuple[str, int]) -> None:
    """Raise PortRefused where another program listens at `address`."""
    host, port = address
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise PortRefused(
                f"Cannot listen on {host}:{port} ({error.strerror}). Stop the program that uses the "
                f"port, or choose another one: PORT={port + 1 if port < 65535 else 8000}."
            ) from error


def free_port(preferred: int) -> int:
    """Return `preferred` where nobody listens there, otherwise a port that is free now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
