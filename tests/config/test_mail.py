"""The mail server by its address."""

import pytest

from config.checks import email_url
from config.mail import Mail, mail


def test_without_an_address_no_mail_leaves():
    assert mail("").backend.endswith("dummy.EmailBackend")


def test_a_developer_sees_mails_in_the_terminal():
    assert mail("", is_shown=True).backend.endswith("console.EmailBackend")


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://mail.example.com", 587, True, False),
        ("smtps://mail.example.com", 465, False, True),
        ("smtp+tls://mail.example.com:2525", 2525, True, False),
    ],
)
def test_the_scheme_says_how_it_is_encrypted(url, port, starttls, tls):
    found = mail(url)

    assert (found.host, found.port) == ("mail.example.com", port)
    assert (found.uses_starttls, found.uses_tls) == (starttls, tls)
    assert found.backend.endswith("smtp.EmailBackend")


def test_a_password_may_hold_any_character_and_is_shown_nowhere():
    found = mail("smtps://zampa%40example.com:s%2Fe%3Acret@mail.example.com")

    assert (found.user, found.password) == ("zampa@example.com", "s/e:cret")
    assert "cret" not in repr(found)


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port", "smtp://h/x"],
)
def test_a_malformed_address_sends_nothing_and_is_told(url, settings):
    settings.MAIL = mail(url)

    assert settings.MAIL.is_malformed
    assert settings.MAIL.backend.endswith("dummy.EmailBackend")
    assert [message.id for message in email_url()] == ["house.E013"]


def test_a_good_address_needs_no_word(settings):
    settings.MAIL = Mail()

    assert list(email_url()) == []
