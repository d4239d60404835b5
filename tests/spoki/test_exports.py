"""What the package offers."""

import inspect

import spoki
from spoki import SpokiClient, SpokiGateway
from spoki.fake import FakeSpoki

METHODS = sorted(
    name
    for name, member in vars(SpokiGateway).items()
    if inspect.isfunction(member) and not name.startswith("_")
)


def test_the_export_list_is_sorted_and_true():
    # As the linter orders it: constants before names.
    assert spoki.__all__ == sorted(spoki.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(spoki, name) for name in spoki.__all__)


def test_every_error_is_exported():
    kinds = {spoki.SpokiError, *spoki.SpokiError.__subclasses__()}

    assert {kind.__name__ for kind in kinds} <= set(spoki.__all__)


def test_client_and_fake_have_the_methods_of_the_gateway_with_the_same_arguments():
    for name in METHODS:
        wanted = _arguments(SpokiGateway, name)
        assert _arguments(SpokiClient, name) == wanted, name
        assert _arguments(FakeSpoki, name) == wanted, name


def _arguments(of, name):
    return dict(inspect.signature(getattr(of, name)).parameters)


def test_the_client_offers_nothing_beside_the_gateway():
    public = [name for name in vars(SpokiClient) if not name.startswith("_")]

    assert sorted(public) == METHODS


def gateways() -> list[SpokiGateway]:
    """Let the type checker judge that both are gateways."""
    return [FakeSpoki(), SpokiClient(base_url="https://spoki.test", api_key="k")]


def test_both_can_be_closed_even_twice():
    closed = [(gateway.close(), gateway.close()) for gateway in gateways()]  # type: ignore[func-returns-value]

    assert closed == [(None, None), (None, None)]
