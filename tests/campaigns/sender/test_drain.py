"""The drain loop over real HTTP: what leaves, what stays, what is never sent twice."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.consent import record_consent
from audiences.models import ConsentState
from campaigns.models import Campaign, Lane, OutboundMessage, SenderReport, SendingPolicy
from campaigns.models.account import default_marketing_hours
from campaigns.sender.policy import DEFAULT_POLICY, Cap
from campaigns.sender.policy_shape import figures_of
from tests.campaigns.sender.steps import aside
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


def test_every_message_leaves_once_and_the_campaign_is_done(running, drain, spoki, statuses):
    campaign = running(10)

    drain().run(seconds=20, until_idle=True)

    campaign.refresh_from_db()
    assert statuses(campaign) == {"accepted": 10}
    assert campaign.status == Campaign.Status.DONE
    assert len(spoki.control.sends()) == 10
    assert not spoki.control.duplicates()["arrived_twice"]


def test_an_accepted_message_keeps_both_identifiers(running, drain):
    campaign = running(1)

    drain().run(seconds=20, until_idle=True)

    message = campaign.messages.get()
    assert len(message.provider_uuid) == 32
    assert message.provider_id
    assert message.accepted_at >= message.sending_at


def test_the_limit_of_a_scaled_minute_holds_and_is_used(running, drain, spoki, account):
    """A minute of four seconds, 120 templates in each: the slack of a busy machine scales too."""
    type(account).objects.update(minute_seconds=4.0, lease_seconds=0.4)
    spoki.control.config(window_seconds=4.0)
    running(160)

    drain(threads=16).run(seconds=60, until_idle=True)

    arrivals = sorted(row["monotonic"] for row in spoki.control.sends())
    assert spoki.control.worst(lane="template", window="minute") <= 120
    possible = 114 / 4.4 * (arrivals[-1] - arrivals[0])
    assert len(arrivals) == 160
    assert len(arrivals) >= 0.9 * possible


def test_a_person_who_withdraws_after_the_launch_is_skipped(running, drain, spoki, statuses):
    now = timezone.now()
    contact = make_contact(marketing_consent_at=now - timedelta(days=90))
    campaign = running([contact])
    record_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        state=ConsentState.WITHDRAWN,
        source="stop",
        evidence="STOP",
        at=now,
        now=now,
    )

    drain().run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"skipped": 1}
    assert campaign.messages.get().reason == "consent_withdrawn"
    assert spoki.control.sends() == []


def test_nobody_outside_the_allowlist_is_written_to(running, drain, spoki, statuses):
    ours, stranger = make_contact(), make_contact()
    campaign = running([ours, stranger])

    drain(allowlist=frozenset({ours.phone})).run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"accepted": 1, "skipped": 1}
    assert campaign.messages.get(contact=stranger).reason == "not_on_allowlist"


def test_a_template_paused_meanwhile_pauses_the_campaign_and_sends_nothing(
    running, drain, spoki, greeting, statuses
):
    campaign = running(3)
    type(greeting).objects.filter(pk=greeting.pk).update(status="paused")

    drain().run(seconds=1.5)

    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.PAUSED
    assert campaign.pause_code == "template_paused"
    assert statuses(campaign) == {"queued": 3}
    assert spoki.control.sends() == []


def test_a_template_whose_state_is_old_news_waits_for_the_next_sync(
    running, drain, spoki, greeting, statuses
):
    campaign = running(2)
    hour_ago = timezone.now() - timedelta(hours=1)
    type(greeting).objects.filter(pk=greeting.pk).update(last_seen_at=hour_ago)

    drain().run(seconds=2.5)

    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.SENDING
    assert statuses(campaign) == {"queued": 2}
    assert spoki.control.sends() == []
    assert "template_stale" in SenderReport.objects.get().wait_codes()


def test_a_paused_campaign_sends_nothing(running, drain, spoki, statuses):
    campaign = running(3)
    Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.PAUSED)

    drain().run(seconds=1)

    assert statuses(campaign) == {"queued": 3}
    assert spoki.control.sends() == []


def test_hours_that_never_open_keep_people_asleep_and_say_so(
    running, drain, spoki, account, statuses
):
    closed = dict.fromkeys(default_marketing_hours())
    type(account).objects.filter(pk=account.pk).update(marketing_hours=closed)
    campaign = running(3)

    drain().run(seconds=2)

    assert statuses(campaign) == {"queued": 3}
    assert spoki.control.sends() == []
    wait = next(w for w in SenderReport.objects.get().waits if w["code"] == "never_open")
    assert (wait["zone"], wait["count"]) == ("Europe/Rome", 3)


@pytest.mark.django_db(transaction=True)
def test_an_order_message_passes_a_campaign_that_runs_at_full_speed(
    running, drain, account, greeting, spoki
):
    running(200)
    loop = drain()
    run = aside(lambda: loop.run(seconds=10))
    spoki.control.wait(accepted=30, timeout=10)

    now = timezone.now()
    urgent = make_message(
        lane=Lane.TRANSACTIONAL, template_version=greeting, created_at=now, due_at=now
    )
    spoki.control.wait(accepted=90, timeout=10)
    loop.stop.set()
    run.result(10)

    urgent.refresh_from_db()
    assert urgent.status == OutboundMessage.Status.ACCEPTED
    assert urgent.sending_at is not None
    assert urgent.sending_at - now < timedelta(seconds=1)


def test_an_answer_that_never_comes_is_unknown_and_never_sent_again(
    running, drain, spoki, statuses
):
    campaign = running([make_contact(phone="+393331900409")])

    drain().run(seconds=20, until_idle=True)
    drain().run(seconds=1)

    assert statuses(campaign) == {"unknown": 1}
    assert campaign.messages.get().reason == "no_answer"
    assert len(spoki.control.sends()) == 1


def test_an_answer_without_identifier_is_unknown_and_never_sent_again(
    running, drain, spoki, statuses
):
    campaign = running([make_contact(phone="+393331900200")])

    drain().run(seconds=20, until_idle=True)
    drain().run(seconds=1)

    assert statuses(campaign) == {"unknown": 1}
    assert len(spoki.control.sends()) == 1


def test_a_page_of_html_in_place_of_an_answer_is_unknown(running, drain, statuses):
    campaign = running([make_contact(phone="+393331900503")])

    drain().run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"unknown": 1}


def test_an_error_inside_a_200_about_credit_stops_the_account_and_keeps_the_message(
    running, drain, account, statuses
):
    campaign = running([make_contact(phone="+393331920029")])

    drain().run(seconds=2)

    account.refresh_from_db()
    assert account.pause_code == "credit_exhausted"
    assert statuses(campaign) == {"queued": 1}


def test_a_wrong_key_stops_the_account_and_loses_nothing(running, drain, spoki, account, statuses):
    from spoki import SpokiClient

    campaign = running(3)

    drain(gateway=lambda: SpokiClient(base_url=spoki.url, api_key="wrong")).run(seconds=2)

    account.refresh_from_db()
    assert account.pause_code == "wrong_credentials"
    assert statuses(campaign) == {"queued": 3}


def test_a_429_halves_the_speed_rests_and_sends_the_message_later(
    running, drain, spoki, account, statuses
):
    campaign = running(1)
    spoki.control.fault("429:1", lane="template", times=1)
    began = time.monotonic()

    drain().run(seconds=20, until_idle=True)

    account.refresh_from_db()
    assert statuses(campaign) == {"accepted": 1}
    assert time.monotonic() - began >= 1
    assert account.speed_factor == 0.5


def test_when_spoki_is_down_nothing_is_lost(running, drain, statuses, account):
    from spoki import SpokiClient

    campaign = running(3)

    drain(gateway=lambda: SpokiClient(base_url="http://127.0.0.1:9", api_key="k")).run(seconds=1.5)

    account.refresh_from_db()
    assert statuses(campaign) == {"queued": 3}
    assert account.frozen_until > timezone.now()
    assert account.speed_factor == 1.0


def test_a_refused_message_fails_with_its_code_and_the_others_go_on(running, drain, statuses):
    campaign = running([make_contact(phone="+393331900400"), make_contact(), make_contact()])

    drain().run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"accepted": 2, "failed": 1}
    assert campaign.messages.get(status="failed").error_code == "http::400"


def test_a_person_who_stopped_marketing_is_suppressed_in_the_consent_ledger(
    running, drain, statuses
):
    long_ago = timezone.now() - timedelta(days=90)
    contact = make_contact(phone="+393331901044", marketing_consent_at=long_ago)
    campaign = running([contact])

    drain().run(seconds=20, until_idle=True)

    contact.refresh_from_db()
    assert statuses(campaign) == {"failed": 1}
    assert contact.marketing_consent == ConsentState.WITHDRAWN


def test_one_person_is_not_written_to_twice_in_a_few_seconds(running, drain, account, greeting):
    contact = make_contact()
    type(account).objects.filter(pk=account.pk).update(person_gap_seconds=1.5)
    now = timezone.now()
    running(1)
    messages = [
        make_message(
            contact=contact,
            lane=Lane.TRANSACTIONAL,
            template_version=greeting,
            created_at=now,
            due_at=now,
        )
        for _ in range(2)
    ]

    drain().run(seconds=20, until_idle=True)

    for message in messages:
        message.refresh_from_db()
    first, second = sorted(m.sending_at for m in messages if m.sending_at is not None)
    assert second - first >= timedelta(seconds=1.5)


def test_marketing_reaches_one_person_once_a_day_whatever_the_campaigns(running, drain, statuses):
    contact = make_contact()
    first = running([contact])
    drain().run(seconds=20, until_idle=True)
    second = running([contact])

    drain().run(seconds=20, until_idle=True)

    assert statuses(first) == {"accepted": 1}
    assert statuses(second) == {"skipped": 1}
    assert second.messages.get().reason == "frequency_cap"


def test_whoever_is_late_expires_and_is_never_written_to(running, drain, spoki, statuses):
    campaign = running(3)
    past = timezone.now() - timedelta(seconds=1)
    campaign.messages.update(expires_at=past)

    drain().run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"expired": 3}
    assert spoki.control.sends() == []


def test_a_scheduled_campaign_starts_at_its_hour_and_not_before(running, drain, statuses):
    campaign = running(1)
    soon = timezone.now() + timedelta(seconds=2)
    Campaign.objects.filter(pk=campaign.pk).update(
        status=Campaign.Status.SCHEDULED, send_after=soon
    )

    drain().run(seconds=4)

    assert campaign.messages.get().sending_at >= soon


def test_unique_people_never_pass_the_tier_less_what_is_kept_for_orders(
    running, drain, account, statuses
):
    type(account).objects.filter(pk=account.pk).update(daily_limit=10)
    campaign = running(20)

    drain().run(seconds=3)

    assert statuses(campaign) == {"accepted": 8, "queued": 12}
    waits = SenderReport.objects.get().waits
    assert {"code": "daily_limit", "left": 2, "limit": 10, "kept": 2} in waits


def test_spokis_own_count_of_people_counts_when_it_is_larger(running, drain, account, statuses):
    type(account).objects.filter(pk=account.pk).update(daily_limit=10, contacted_in_24h=5)
    campaign = running(20)

    drain().run(seconds=3)

    assert statuses(campaign) == {"accepted": 3, "queued": 17}


def test_a_new_version_of_the_policy_counts_without_a_restart(running, drain, statuses):
    often = replace(DEFAULT_POLICY, caps=(Cap(2, timedelta(days=1)),))
    contact = make_contact()
    make_message(
        contact=contact, status="accepted", sending_at=timezone.now() - timedelta(hours=20)
    )
    campaign = running([contact])
    number = SendingPolicy.objects.count() + 1
    SendingPolicy.objects.create(
        number=number, figures=figures_of(often), why="twice", made_at=timezone.now()
    )

    drain().run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"accepted": 1}
