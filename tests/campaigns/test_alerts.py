"""What people are told, once, until somebody has seen it or it is over."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from campaigns.alerts import end_alerts, mark_seen, raise_alert, text_of, watch
from campaigns.models import Alert
from tests.conftest import NOW
from tests.factories.campaigns import make_campaign, make_user

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)


def tell(**changes: Any) -> bool:
    given: dict[str, Any] = {"code": "campaign_stopped", "figures": {"why": "person"}, "now": NOW}
    return raise_alert(**given | changes)


def silent(*, holds: bool = True, now=NOW) -> None:
    watch(code="sender_silent", holds=holds, figures={"at": "10:30"}, now=now)


def test_the_same_alert_is_raised_once_until_somebody_has_seen_it():
    campaign = make_campaign()
    assert tell(campaign=campaign)

    assert not tell(campaign=campaign, figures={"why": "template_paused"}, now=LATER)

    alert = Alert.objects.get()
    assert (alert.at, alert.last_at, alert.detail) == (NOW, LATER, {"why": "template_paused"})


def test_what_happens_again_after_it_was_seen_is_told_again():
    tell()
    mark_seen(alert_id=Alert.objects.get().pk, by=make_user(), now=NOW)

    assert tell(now=LATER)

    assert Alert.objects.open().count() == 1
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("other", [{"subject": "whatsapp::1"}, {"code": "account_stopped"}])
def test_another_code_or_subject_is_another_alert(other):
    tell()

    assert tell(**other)

    assert Alert.objects.open().count() == 2


def test_two_campaigns_have_alerts_of_their_own():
    assert tell(campaign=make_campaign())
    assert tell(campaign=make_campaign())


def test_what_is_told_once_only_is_not_told_again_after_it_was_seen():
    tell(code="unknown_code", subject="spoki::9", is_once=True)
    mark_seen(alert_id=Alert.objects.get().pk, by=make_user(), now=NOW)

    assert not tell(code="unknown_code", subject="spoki::9", is_once=True, now=LATER)

    assert Alert.objects.get().last_at == LATER


def test_a_condition_that_goes_on_is_not_told_again_though_it_was_seen():
    silent()
    mark_seen(alert_id=Alert.objects.get().pk, by=make_user(), now=NOW)

    silent(now=LATER)

    assert Alert.objects.get().last_at == LATER


def test_a_condition_that_ends_leaves_the_banner_and_may_come_back():
    silent()
    silent(holds=False, now=LATER)
    assert not Alert.objects.open().exists()

    silent(now=LATER)

    assert Alert.objects.open().count() == 1


def test_a_condition_that_does_not_hold_raises_nothing():
    silent(holds=False)

    assert not Alert.objects.exists()


def test_of_two_who_say_seen_the_first_is_remembered():
    tell()
    alert, first = Alert.objects.get(), make_user()

    assert mark_seen(alert_id=alert.pk, by=first, now=NOW)
    assert not mark_seen(alert_id=alert.pk, by=make_user(), now=LATER)

    alert.refresh_from_db()
    assert (alert.seen_by, alert.seen_at) == (first, NOW)


def test_what_is_over_is_taken_back_for_its_campaign_alone():
    stopped, other = make_campaign(), make_campaign()
    tell(campaign=stopped)
    tell(campaign=other)

    assert end_alerts(codes=("campaign_stopped",), campaign=stopped, now=LATER) == 1

    assert Alert.objects.open().get().campaign == other


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "“Natale” was stopped. Spoki refuses the template as we fill it "
               "(whatsapp::132000). Check variables."),
        ("it", "«Natale» è stata fermata. Spoki rifiuta il modello così come lo riempiamo "
               "(whatsapp::132000). Controlla le variabili."),
    ],
)  # fmt: skip
def test_an_alert_is_worded_in_the_readers_language(language, text):
    figures = {"why": "template_mismatch", "detail": "whatsapp::132000"}
    tell(campaign=make_campaign(name="Natale"), figures=figures)

    with override(language):
        assert text_of(Alert.objects.get(), now=NOW) == text
