"""Which versions may be sent, and what people are told about the others."""

from datetime import timedelta

import pytest
from django.utils import translation

from templates_sync.sendable import is_sendable, reasons_not_sendable
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


def codes(version, **options):
    return [reason.code for reason in reasons_not_sendable(version, now=NOW, **options)]


def test_an_approved_version_in_force_may_be_sent():
    version = make_version()

    assert codes(version, require_fresh=True, language="it") == []
    assert is_sendable(version, now=NOW)


@pytest.mark.parametrize(
    "status", ["draft", "pending", "rejected", "paused", "disabled", "unknown"]
)
def test_a_version_that_is_not_approved_may_not_be_sent(status):
    assert codes(make_version(status=status)) == [status]


def test_a_template_gone_from_spoki_may_not_be_sent():
    assert codes(make_version(template=make_template(gone_at=NOW))) == ["gone"]


def test_a_superseded_version_may_not_be_sent():
    assert codes(make_version(superseded_at=NOW)) == ["superseded"]


def test_a_template_that_spoki_does_not_have_yet_may_not_be_sent():
    assert codes(make_version(template=make_template(spoki_id=None))) == ["not_on_spoki"]


def test_a_version_in_another_language_than_the_recipients_may_not_be_sent():
    version = make_version(template=make_template(language="en"))

    assert codes(version, language="it") == ["wrong_language"]
    assert codes(version, language="EN") == []


def test_a_category_changed_by_meta_blocks_until_a_person_accepts_it():
    version = make_version(requested_category="utility", category="marketing")

    assert codes(version) == ["category_changed"]
    assert codes(make_version(requested_category="utility", category_accepted_at=NOW)) == []


def test_a_category_we_do_not_know_may_not_be_sent():
    assert codes(make_version(category="unknown")) == ["unknown_category"]


def test_a_held_version_may_not_be_sent_although_spoki_says_approved():
    assert codes(make_version(held_at=NOW, held_reason="whatsapp::132015")) == ["held"]


def test_a_paused_version_does_not_say_twice_that_it_is_paused():
    assert codes(make_version(status="paused", held_at=NOW)) == ["paused"]


def test_a_carousel_may_not_be_sent_yet():
    assert codes(make_version(has_carousel=True)) == ["carousel"]


def test_a_picture_header_needs_its_picture():
    header = {"format": "image", "text": ""}

    assert codes(make_version(header=header)) == ["no_header_media"]
    assert codes(make_version(header=header, header_media={"url": "https://x.it/a.jpg"})) == []


@pytest.mark.parametrize(("minutes", "expected"), [(15, []), (16, ["stale"])])
def test_the_sender_believes_a_status_for_fifteen_minutes(minutes, expected):
    version = make_version(last_seen_at=NOW - timedelta(minutes=minutes))

    assert codes(version, require_fresh=True) == expected


def test_a_form_does_not_ask_for_a_fresh_status():
    assert codes(make_version(last_seen_at=NOW - timedelta(days=1))) == []


def test_every_reason_is_listed():
    version = make_version(
        status="rejected",
        category="unknown",
        superseded_at=NOW,
        template=make_template(gone_at=NOW),
    )

    assert codes(version) == ["gone", "superseded", "rejected", "unknown_category"]


def test_a_rejection_is_told_with_the_reason_given_by_meta():
    version = make_version(status="rejected", rejection_reason="TAG_CONTENT_MISMATCH")

    with translation.override("en"):
        (reason,) = reasons_not_sendable(version, now=NOW)

    assert str(reason) == (
        "Meta rejected it: edit it and submit it again. Reason given: TAG_CONTENT_MISMATCH."
    )


def test_a_changed_category_is_told_with_both_names():
    version = make_version(requested_category="utility")

    with translation.override("en"):
        (reason,) = reasons_not_sendable(version, now=NOW)

    assert reason.text == (
        "Meta changed its category from utility to marketing, which has another price: "
        "a person must accept it."
    )
