"""What a campaign waits for, in every state; and that page, file and API never contradict themselves."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from campaigns.counters import tally_of
from campaigns.forecasting import foresee_with_help
from campaigns.lifecycle import pause_campaign
from campaigns.models import Campaign, OutboundMessage, SenderReport, SpokiAccount
from campaigns.models.account import default_marketing_hours
from campaigns.progress import progress_of
from campaigns.reasons import moment
from config.roles import MARKETER
from tests.factories.campaigns import make_campaign, make_message, make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
Status = Campaign.Status


def running(now, **changes) -> Campaign:
    """A campaign at work, with a sender that has just reported nothing to wait for."""
    campaign = make_campaign(status=Status.SENDING, **changes)
    report(now)
    return campaign


def report(now, *waits) -> None:
    account = SpokiAccount.objects.get()
    SenderReport.objects.update_or_create(
        account=account, defaults={"at": now, "waits": list(waits)}
    )


def told(campaign, now) -> tuple[str, ...]:
    with override("en"):
        return progress_of(campaign, now=now).waiting_for


@pytest.fixture
def marketer() -> Client:
    client = Client(headers={"accept-language": "it"})
    client.force_login(make_member(MARKETER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(campaign, name="progress"):
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


# Paused


def test_a_pause_by_a_person_says_who_and_what_follows_and_tells_no_end(now):
    campaign = running(now)
    make_message(campaign=campaign)
    andrea = make_user(first_name="Andrea", last_name="Riva")

    paused = pause_campaign(campaign=campaign, by=andrea, now=now)

    assert told(paused, now) == (
        "Paused by Andrea Riva (10:30).",
        "Once somebody resumes it, 1 person follows who has not been written to yet.",
    )
    assert progress_of(paused, now=now).finish_at is None


def test_what_a_stop_rule_holds_only_an_approver_lets_go_on(now):
    campaign = make_campaign(status=Status.PAUSED, pause_code="canary_blind", pause_detail="{}")
    make_message(campaign=campaign)

    assert told(campaign, now)[1].startswith("Once an approver lets it continue, 1 person follows")


def test_a_pause_with_a_last_moment_says_that_people_are_left_out_meanwhile(now):
    campaign = make_campaign(status=Status.PAUSED, send_before=now + timedelta(hours=2))
    make_message(campaign=campaign)

    assert told(campaign, now)[-1] == (
        "Whoever has not been written to by 12:30 is left out, paused or not."
    )


def test_a_stopped_account_is_told_from_its_own_row_and_tells_no_end(now):
    campaign = running(now)
    make_message(campaign=campaign)
    SpokiAccount.objects.update(
        paused_at=now, pause_code="person_because", pause_detail="numero segnalato"
    )

    progress = progress_of(campaign, now=now)

    assert len(progress.waiting_for) == 1
    assert "numero segnalato" in progress.waiting_for[0]
    assert progress.finish_at is None


def test_a_report_of_a_pause_that_is_over_is_not_repeated(now):
    campaign = running(now)
    report(now, {"code": "account_paused", "why": "person"})

    assert told(campaign, now) == ()


# Running


def test_a_sender_that_is_not_running_has_no_end(now):
    campaign = running(now - timedelta(minutes=3))
    make_message(campaign=campaign)

    assert progress_of(campaign, now=now).finish_at is None


@pytest.mark.parametrize(("age", "runs"), [(120, True), (121, False)])
def test_a_report_counts_for_two_minutes(now, age, runs):
    campaign = running(now - timedelta(seconds=age))

    assert (told(campaign, now) == ()) == runs


def test_a_wait_whose_end_has_passed_is_not_told_any_more(now):
    campaign = running(now)
    report(now, {"code": "frozen", "until": (now - timedelta(seconds=1)).isoformat()})

    assert told(campaign, now) == ()


def test_while_somebody_must_judge_the_number_no_end_is_told(now):
    campaign = running(now)
    make_message(campaign=campaign)
    report(now, {"code": "quality_red"})

    assert progress_of(campaign, now=now).finish_at is None


def test_who_is_tried_again_later_is_told_and_the_end_is_not_before_that(now):
    campaign = running(now)
    make_message(campaign=campaign)
    for hours in (3, 5):
        make_message(campaign=campaign, due_at=now + timedelta(hours=hours), reason="throttled")

    progress = progress_of(campaign, now=now)

    assert told(campaign, now) == ("2 people are tried again later, the first at 13:30.",)
    assert (progress.retrying, progress.finish_at) == (2, now + timedelta(hours=5))


def test_who_will_not_be_reached_in_time_is_counted_before_it_happens(now):
    campaign = running(now, send_before=now + timedelta(minutes=2))
    for _ in range(150):
        make_message(campaign=campaign)

    progress = progress_of(campaign, now=now)

    assert progress.expiring is not None
    assert 20 <= progress.expiring.count <= 60
    assert told(campaign, now) == (
        f"{progress.expiring.count} people will not be written to: the campaign's last moment is "
        "10:32.",
    )
    assert progress.finish_at == progress.expiring.at == campaign.send_before


def test_when_nobody_waits_any_more_the_last_ones_are_leaving(now):
    campaign = running(now)
    make_message(campaign=campaign, status="sending")

    progress = progress_of(campaign, now=now)

    assert told(campaign, now) == ("1 message is leaving right now.",)
    assert progress.finish_at is None


def test_what_meta_holds_is_told_and_counted_apart(now):
    campaign = running(now)
    make_message(campaign=campaign, status="accepted", reason="held")
    make_message(campaign=campaign, status="accepted")

    progress = progress_of(campaign, now=now)

    assert (progress.held, progress.counters.accepted) == (1, 2)
    assert "held by Meta" in told(campaign, now)[0]


def test_the_rate_leaves_out_what_came_back_to_the_queue(now):
    campaign = running(now, started_at=now - timedelta(hours=1))
    for status in ("sent", "queued", "skipped", "failed"):
        make_message(campaign=campaign, status=status, sending_at=now - timedelta(minutes=1))

    assert progress_of(campaign, now=now).rate_per_minute == 0.4


# Ended


def test_a_campaign_that_ended_with_unknown_messages_says_so(now):
    campaign = make_campaign(status=Status.DONE, ended_at=now)
    make_message(campaign=campaign, status="unknown", reason="no_answer")

    assert told(campaign, now) == (
        "It ended with 1 message of which nobody knows whether it left: news from Spoki or a "
        "person decides.",
    )


# One look


def test_all_counters_and_reasons_come_from_one_statement(now, django_assert_num_queries):
    campaign = make_campaign(status=Status.SENDING)
    for status in OutboundMessage.Status.values:
        make_message(campaign=campaign, status=status, reason="refused")

    with django_assert_num_queries(1):
        tally = tally_of(campaign, since=now, now=now)

    assert tally.counters.total == sum(group.people for group in tally.groups) == 10


def test_the_reasons_add_up_to_those_who_did_not_get_it(now):
    campaign = running(now)
    for status in OutboundMessage.Status.values:
        for reason in ("refused", ""):
            make_message(campaign=campaign, status=status, reason=reason)

    progress = progress_of(campaign, now=now)
    counters = progress.counters

    missed = counters.failed + counters.skipped + counters.unknown + counters.expired
    assert sum(line.count for line in progress.errors) == missed == 8


def test_page_file_and_api_give_the_same_reasons(marketer, now):
    campaign = running(now)
    make_message(campaign=campaign, status="failed", reason="undeliverable", error_code="131026")
    make_message(campaign=campaign, status="failed", error_code="999999")

    with time_machine.travel(now, tick=False):
        shown = marketer.get(page(campaign)).content.decode()
        api = marketer.get(f"/api/v1/campaigns/{campaign.pk}/progress/").json()
    file = b"".join(marketer.get(page(campaign, "missed")).streaming_content).decode()

    assert len(api["missed"]) == 2
    for line in api["missed"]:
        for text in (line["code"], line["meaning"], line["action"]):
            assert text
            assert text in shown
            assert text in file


def test_the_api_tells_fields_in_their_types(marketer, now):
    campaign = running(now, send_before=now + timedelta(minutes=1))
    for _ in range(90):
        make_message(campaign=campaign)

    with time_machine.travel(now, tick=False):
        api = marketer.get(f"/api/v1/campaigns/{campaign.pk}/progress/").json()

    assert isinstance(api["waiting_for"], list)
    assert all(isinstance(text, str) for text in api["waiting_for"])
    assert isinstance(api["rate_per_minute"], float)
    assert api["finish_at"] == api["expiring"]["at"]
    assert (api["held"], api["retrying"], api["missed"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("state", "phones"),
    [("failed", 1), ("unknown", 1), ("skipped", 1), ("expired", 1), ("held", 1), ("", 4)],
)
def test_the_file_can_be_asked_for_one_state(marketer, state, phones):
    campaign = make_campaign(status=Status.SENDING)
    for status in ("failed", "unknown", "skipped", "expired", "accepted", "read"):
        reason = "held" if status == "accepted" else ""
        make_message(campaign=campaign, status=status, reason=reason)

    answer = marketer.get(page(campaign, "missed"), {"state": state})

    lines = b"".join(answer.streaming_content).decode().strip().splitlines()
    assert len(lines) == 1 + phones
    assert len({line.count(";") for line in lines}) == 1


def test_a_file_of_a_state_that_is_none_is_not_found(marketer):
    assert marketer.get(page(make_campaign(), "missed"), {"state": "read"}).status_code == 404


def test_every_box_leads_to_the_messages_that_it_counts(marketer):
    campaign = make_campaign(status=Status.SENDING)
    for status in OutboundMessage.Status.values:
        make_message(campaign=campaign, status=status)
    make_message(campaign=make_campaign(status=Status.SENDING), status="failed")

    tiles = marketer.get(page(campaign)).context["tiles"]

    for tile in tiles:
        listed = marketer.get(tile["link"])
        assert listed.status_code == 200, tile["key"]
        assert listed.context["cl"].result_count == tile["count"], tile["key"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.APPROVED, "Non è stata lanciata"),
        (Status.LAUNCHING, "Si stanno registrando i destinatari"),
    ],
)
def test_a_campaign_without_recipients_yet_says_so_instead_of_counting_none(marketer, status, said):
    assert said in marketer.get(page(make_campaign(status=status))).content.decode()


def test_a_live_part_whose_reader_is_logged_out_reloads_its_page():
    campaign = make_campaign(status=Status.SENDING)

    answer = Client().get(page(campaign, "progress_live"), headers={"HX-Request": "true"})

    assert (answer.headers["HX-Refresh"], answer.content) == ("true", b"")


def test_the_question_has_no_button_while_something_stands_against_it(marketer):
    campaign = make_campaign(template_version=None)

    shown = marketer.get(page(campaign, "submit")).content.decode()

    assert "Non ancora possibile" in shown
    assert 'type="submit" class="cp-button' not in shown


# On pace, or held back


@pytest.mark.parametrize(
    ("waits", "is_on_pace"),
    [
        ([{"code": "even_pace", "per_minute": 56.1}], True),
        ([], True),
        ([{"code": "even_pace", "per_minute": 28}, {"code": "slowed_down", "percent": 50}], False),
        ([{"code": "daily_limit", "left": 0, "limit": 10, "kept": 2}], False),
    ],
)
def test_a_campaign_at_its_normal_pace_is_no_warning(now, waits, is_on_pace):
    campaign = running(now)
    make_message(campaign=campaign)
    report(now, *waits)

    assert progress_of(campaign, now=now).is_on_pace == is_on_pace


@pytest.mark.parametrize(("ahead", "said"), [(20, "10:30:20"), (119, "10:31:59"), (120, "10:32")])
def test_a_moment_less_than_two_minutes_ahead_has_its_seconds(now, ahead, said):
    assert moment(now + timedelta(seconds=ahead), now=now) == said


def test_what_cannot_be_changed_after_the_launch_is_no_advice_any_more(marketer, now):
    campaign = running(now)
    make_message(campaign=campaign)
    SpokiAccount.objects.update(marketing_hours=default_marketing_hours())

    # On a Sunday: nothing of a campaign may leave before Monday.
    sunday = now - timedelta(days=1)
    with time_machine.travel(sunday, tick=False):
        report(sunday)
        _outlook, remedies = foresee_with_help(campaign, people=None, now=sunday)
        shown = marketer.get(page(campaign))

    assert [remedy.code for remedy in remedies] == ["help_start_later"]
    assert shown.context["outlook"].finish_at is not None
    assert shown.context["helps"] == []
