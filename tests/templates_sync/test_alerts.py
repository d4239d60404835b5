"""A version held back after a refused send."""

from datetime import timedelta

import pytest

from templates_sync.alerts import mark_paused
from templates_sync.models import TemplateVersion
from templates_sync.sendable import reasons_not_sendable
from templates_sync.sync import sync_templates
from tests.conftest import NOW
from tests.factories.templates import make_version
from tests.templates_sync.gateway import Listing, localization, template

pytestmark = pytest.mark.django_db


def sync(word, minutes):
    at = NOW + timedelta(minutes=minutes)
    sync_templates(gateway=Listing(template(localization(status=word))), now=at, clock=lambda: at)


def test_a_refused_send_holds_the_version_at_once():
    version = make_version()

    assert mark_paused(version=version, reason="whatsapp::132015", now=NOW) is True

    assert version.held_reason == "whatsapp::132015"
    assert [r.code for r in reasons_not_sendable(version, now=NOW)] == ["held"]


def test_a_second_refusal_is_no_news():
    version = make_version()
    mark_paused(version=version, reason="whatsapp::132015", now=NOW)

    later = NOW + timedelta(hours=1)
    assert mark_paused(version=version, reason="whatsapp::132016", now=later) is False

    assert (version.held_at, version.held_reason) == (NOW, "whatsapp::132015")


def test_a_list_that_goes_on_saying_approved_does_not_lift_the_hold():
    sync("APPROVED", 0)
    mark_paused(version=TemplateVersion.objects.get(), reason="whatsapp::132015", now=NOW)

    sync("APPROVED", 10)

    assert TemplateVersion.objects.get().held_at == NOW


def test_a_status_seen_to_come_back_to_approved_lifts_the_hold():
    sync("APPROVED", 0)
    mark_paused(version=TemplateVersion.objects.get(), reason="whatsapp::132015", now=NOW)
    sync("PAUSED", 10)

    sync("APPROVED", 20)

    assert TemplateVersion.objects.get().held_at is None
