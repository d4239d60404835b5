"""The signature over the raw bytes."""

import base64
import hashlib
import hmac

import pytest

from orders.shopify.signature import matching_secret, sign

BODY = '{"name": "#1001", "note": "Perché no?"}'.encode()
SECRETS = ["shpss_old", "shpss_new"]


def test_the_signature_is_base64_of_the_sha256_hmac_of_the_raw_bytes():
    digest = hmac.new(b"hush", b'{"id":1}', hashlib.sha256).digest()

    assert sign("hush", b'{"id":1}') == base64.b64encode(digest).decode()


@pytest.mark.parametrize(("secret", "place"), [("shpss_old", 0), ("shpss_new", 1)])
def test_every_active_secret_is_accepted_and_named_by_its_place(secret, place):
    assert matching_secret(sign(secret, BODY), BODY, SECRETS) == place


def test_blanks_around_the_header_do_not_matter():
    assert matching_secret(f" {sign('shpss_new', BODY)} ", BODY, SECRETS) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda good: "",
        lambda good: "=" * 44,
        lambda good: good.rstrip("="),
        lambda good: good[:-2] + "\n" + good[-2:],
        lambda good: good.swapcase(),
        lambda good: good.replace(good[0], "é", 1),
        lambda good: "\ud800" + good[1:],
        lambda good: base64.b64decode(good).hex(),
        lambda good: good + good,
    ],
    ids=["empty", "padding", "unpadded", "broken line", "other case", "accent", "half a pair",
         "hex", "twice"],
)  # fmt: skip
def test_anything_but_the_signature_as_shopify_writes_it_is_none(change):
    assert matching_secret(change(sign("shpss_new", BODY)), BODY, SECRETS) is None


def test_one_byte_more_or_less_is_another_body():
    good = sign("shpss_new", BODY)

    assert matching_secret(good, BODY + b" ", SECRETS) is None
    assert matching_secret(good, BODY[:-1], SECRETS) is None


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_authentic(secrets):
    assert matching_secret(sign("", BODY), BODY, secrets) is None


def test_all_secrets_are_compared_whichever_fits(monkeypatch):
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def note(one, other):
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", note)

    assert matching_secret(sign("shpss_old", BODY), BODY, SECRETS) == 0
    assert len(compared) == len(SECRETS)
