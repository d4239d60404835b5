"""A client whose session is stubbed, and the stub."""

from collections.abc import Iterator

import pytest
import responses

from spoki import SpokiClient

BASE = "https://spoki.test"
KEY = "key-that-must-stay-secret"
PHONE = "+393330000001"


@pytest.fixture
def stub() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client(stub) -> Iterator[SpokiClient]:
    client = SpokiClient(
        base_url=BASE, api_key=KEY, history_path="/api/1/messages/", read_pause=0.001
    )
    yield client
    client.close()
