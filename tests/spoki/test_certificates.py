"""Whom we talk to is proven before a byte of ours leaves, at the first call and at every later one."""

import datetime
import math
import socket
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from spoki import SpokiClient, SpokiUnreachable, TextSend

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def stranger_certificate(tmp_path_factory) -> str:
    """A certificate of 127.0.0.1 that only its own bearer vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificates") / "stranger.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


@pytest.fixture
def stranger(stranger_certificate) -> Iterator[tuple[str, list[bytes]]]:
    """A server with that certificate: its address, and what it could read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(stranger_certificate)
    listening = socket.create_server(("127.0.0.1", 0))
    read: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                raw, _ = listening.accept()
            except OSError:
                return
            with raw:
                try:
                    with context.wrap_socket(raw, server_side=True) as proven:
                        read.append(proven.recv(1000))
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listening.getsockname()[1]}", read
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_a_server_that_nobody_vouches_for_reads_nothing_however_often_it_is_called(stranger):
    address, read = stranger
    client = SpokiClient(base_url=address, api_key="test-key", timeout=(2.0, 2.0))

    for _ in range(2):
        with pytest.raises(SpokiUnreachable):
            client.send_text(TextSend(phone="+393471234567", text="Ciao"))

    client.close()
    assert b"".join(read) == b""


def test_nor_does_it_read_what_a_courier_carries(stranger):
    address, read = stranger
    client = SpokiClient(base_url=address, api_key="test-key", timeout=(2.0, 2.0))
    courier = client.courier(most=2)
    told: list[object] = []
    courier.start()

    for _ in range(2):
        courier.post(TextSend(phone="+393471234567", text="Ciao"), until=math.inf, done=told.append)
    courier.close()

    assert [type(became) for became in told] == [SpokiUnreachable] * 2
    assert b"".join(read) == b""
