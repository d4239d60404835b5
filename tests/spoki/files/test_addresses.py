"""Where a file may be fetched from."""

import pytest

from spoki.files.addresses import AddressRefused, Rules, is_public, target_of

SPOKI = Rules(hosts=("spoki.com",), own="https://api.spoki.com")
DEMO = Rules(hosts=("spoki.com",), own="http://127.0.0.1:8090")
PUBLIC = "93.184.216.34"


def refusal(url, rules=SPOKI, found=(PUBLIC,)):
    with pytest.raises(AddressRefused) as refused:
        target_of(url, rules, resolve=lambda host, port: found)
    return refused.value.reason


@pytest.mark.parametrize(
    "host", ["spoki.com", "media.spoki.com", "MEDIA.Spoki.com", "a.b.spoki.com."]
)
def test_a_listed_host_and_those_below_it_are_asked(host):
    target = target_of(f"https://{host}/a.jpg?x=1", SPOKI, resolve=lambda host, port: [PUBLIC])

    assert (target.ip, target.port, target.path) == (PUBLIC, 443, "/a.jpg?x=1")
    assert target.host.endswith("spoki.com")


@pytest.mark.parametrize(
    "host", ["evil.com", "notspoki.com", "spoki.com.evil.com", "127.0.0.1", "[::1]", "localhost"]
)
def test_another_host_is_not_asked_not_even_for_its_address(host):
    def never(host, port):
        raise AssertionError("it was looked up")

    with pytest.raises(AddressRefused, match="host_unknown"):
        target_of(f"https://{host}/a.jpg", SPOKI, resolve=never)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "172.16.4.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fec0::1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.8", "::ffff:169.254.169.254", "64:ff9b::a00:8", "2002:a00:8::",
        "2001:db8::1", "not an address", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_a_private_address_is_none_of_the_open_internet(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_one(address):
    assert is_public(address)


@pytest.mark.parametrize("found", [["10.0.0.8"], [PUBLIC, "10.0.0.8"], ["::ffff:127.0.0.1"]])
def test_a_listed_name_that_leads_into_a_private_network_is_refused(found):
    assert refusal("https://media.spoki.com/a.jpg", found=found) == "private_address"


def test_the_connection_goes_to_the_very_address_that_was_checked():
    """Whoever answers the name differently a moment later is not asked again."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    target = target_of("https://spoki.com/a", SPOKI, resolve=lambda host, port: next(answers))

    assert target.ip == PUBLIC
    assert next(answers) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://media.spoki.com/a.jpg", "not_encrypted"),
        ("https://media.spoki.com:8443/a.jpg", "not_encrypted"),
        ("ftp://media.spoki.com/a.jpg", "address_unreadable"),
        ("file:///etc/passwd", "address_unreadable"),
        ("https://user:pw@media.spoki.com/a.jpg", "address_unreadable"),
        ("https://media.spoki.com:99999/a.jpg", "address_unreadable"),
        ("https://media.spoki.com\\@evil.com/a.jpg", "address_unreadable"),
        ("https://media.spoki.com/a b.jpg", "address_unreadable"),
        ("https://media.spoki.com/\r\nX: y", "address_unreadable"),
        ("https://xn--\u0430pple.com/a.jpg", "address_unreadable"),
        ("https://[::1/a.jpg", "address_unreadable"),
        ("https:///a.jpg", "address_unreadable"),
        ("picture.jpg", "address_unreadable"),
        ("", "address_unreadable"),
    ],
)
def test_an_address_that_hides_where_it_leads_is_refused(url, reason):
    assert refusal(url) == reason


def test_a_name_that_does_not_resolve_may_be_asked_again():
    assert refusal("https://media.spoki.com/a.jpg", found=None) == "unreachable"


def test_the_simulator_on_this_machine_is_trusted_by_its_whole_origin():
    assert target_of("http://127.0.0.1:8090/_media/a.png", DEMO).ip == "127.0.0.1"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5432/", "https://127.0.0.1:8090/", "http://localhost:8090/"]
)
def test_nothing_else_of_this_machine_is(url):
    assert refusal(url, DEMO) == "host_unknown"


def test_a_spoki_on_the_internet_has_no_such_trust():
    rules = Rules(hosts=(), own="https://api.spoki.com")

    assert refusal("https://api.spoki.com/a.jpg", rules) == "host_unknown"
