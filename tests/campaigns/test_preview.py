"""What a campaign would do, and the file of who did not get it."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from audiences.export import BOM, harmless
from audiences.selection import AudienceCount
from campaigns.cost import FIRST_RATES
from campaigns.definition import definition_of
from campaigns.export import missed_lines
from campaigns.models import Campaign, OutboundMessage
from campaigns.preview import forecast_of, people_by_zone, preview_campaign
from campaigns.rates import Card, add_card
from campaigns.refusals import CampaignRefused
from tests.factories.audiences import make_contact, make_segment, make_snapshot
from tests.factories.campaigns import FIRST_NAME, make_campaign, make_message, make_user
from tests.factories.templates import make_version

Status = Campaign.Status


def preview(campaign, now, contact_id=None):
    return preview_campaign(campaign, definition_of(campaign), contact_id=contact_id, now=now)


@pytest.mark.django_db
def test_people_who_expect_another_language_are_told_and_stop_nothing(now):
    make_contact(language="it")
    make_contact(language="de")
    rules = [["contact.language", "is", "it"], ["contact.language", "is", "de"]]
    segment = make_segment(rules={"v": 1, "groups": [{"mode": "any", "rules": rules}]})

    seen = preview(make_campaign(segment_version=segment), now)

    assert [warning[:1] for warning in seen.warnings] == ["1"]
    assert seen.blockers == ()


@pytest.mark.django_db
def test_the_sample_begins_with_people_who_have_every_value(now):
    make_contact(first_name="")
    ada = make_contact(first_name="Ada")
    campaign = make_campaign(variables={"FIRST_NAME": {"parameter": "contact.first_name"}})

    seen = preview(campaign, now)

    assert seen.contact == ada
    assert seen.audience is not None
    assert seen.audience.excluded == {"missing_value": 1}
    assert len(seen.warnings) == 1


@pytest.mark.django_db
def test_a_variable_that_cannot_be_filled_stays_visible_in_the_message(now):
    make_contact(first_name="Ada")
    version = make_version(body="Ciao %%FIRST_NAME%%, usa %%CODE%%")
    campaign = make_campaign(template_version=version, variables=FIRST_NAME)

    seen = preview(campaign, now)

    assert "%%CODE%%" in str(seen.bubble)
    assert "Ada" in str(seen.bubble)
    assert seen.audience is None


@pytest.mark.django_db
def test_a_hostile_name_is_shown_and_never_run(now):
    make_contact(first_name="<script>alert(1)</script>")

    bubble = str(preview(make_campaign(), now).bubble)

    assert "<script>" not in bubble
    assert "&lt;script&gt;" in bubble


@pytest.mark.django_db
def test_the_cost_follows_the_countries_of_the_people(now):
    for _ in range(3):
        make_contact()
    make_contact(phone="+4915112345678")

    cost = preview(make_campaign(), now).cost

    assert cost is not None
    assert {line.market: line.people for line in cost.lines} == {"IT": 3, "DE": 1}
    assert cost.total == Decimal("0.28")


@pytest.mark.parametrize(("days", "price"), [(0, "0.06"), (40, "0.90")])
@pytest.mark.django_db
def test_the_cost_is_that_of_the_day_on_which_the_campaign_is_to_start(now, days, price):
    make_contact()
    dearer = dict.fromkeys(("marketing", "utility", "authentication", "service"), Decimal("0.9"))
    card = Card(date(2027, 1, 1), "Meta", now.date(), is_estimate=False, prices={"IT": dearer})
    italy = {"IT": {name: getattr(FIRST_RATES[0], name) for name in dearer}}
    add_card(
        card=replace(card, valid_from=date(2026, 11, 1), prices=italy), by=make_user(), now=now
    )
    add_card(card=card, by=make_user(), now=now)

    cost = preview(make_campaign(send_after=now + timedelta(days=days)), now).cost

    assert cost is not None
    assert (str(cost.total), cost.is_estimate) == (price, False)


@pytest.mark.django_db
def test_a_broken_segment_has_a_preview_without_people(now):
    make_contact()
    campaign = make_campaign(segment_version=make_segment(rules={"v": 9}))

    seen = preview(campaign, now)

    assert (seen.sample, seen.audience, seen.cost, seen.outlook) == ((), None, None, None)
    assert [blocker.code for blocker in seen.blockers] == ["broken_segment"]


@pytest.mark.django_db
def test_the_forecast_of_what_cannot_be_counted_says_why(now):
    campaign = make_campaign(segment_version=make_segment(rules={"v": 9}))

    with pytest.raises(CampaignRefused) as refused:
        forecast_of(campaign, now=now)

    assert list(refused.value.by_field()) == ["segment"]


@pytest.mark.django_db
def test_counting_asks_as_often_for_thirty_people_as_for_one(now):
    campaign = make_campaign()
    make_contact()
    with CaptureQueriesContext(connection) as for_one:
        preview(campaign, now)
    for _ in range(29):
        make_contact()
    with CaptureQueriesContext(connection) as for_thirty:
        preview(campaign, now)

    assert len(for_thirty) <= len(for_one)


@pytest.mark.django_db
def test_the_file_lists_who_did_not_get_it_and_why():
    campaign = make_campaign(status=Status.SENDING)
    failed = make_message(
        campaign=campaign, status="failed", reason="undeliverable", error_code="131026"
    )
    make_message(campaign=campaign, status="skipped", reason="consent_withdrawn")
    make_message(campaign=campaign, status="delivered")

    with override("en"):
        text = "".join(missed_lines(campaign, shows_phones=True))

    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM)), delimiter=";"))
    assert text.startswith(BOM)
    assert rows[0][0] == "Contact"
    assert [len(row) for row in rows] == [9, 9, 9]
    assert rows[1][2:3] == [f"'{failed.phone}"]
    assert rows[1][5] == "131026"


def missed_rows(campaign):
    with override("en"):
        text = "".join(missed_lines(campaign, shows_phones=False))
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM)), delimiter=";"))


@pytest.mark.django_db
def test_the_file_says_of_each_person_whether_another_campaign_may_reach_them():
    campaign = make_campaign(status=Status.SENDING)
    for status, reason in (
        ("failed", "undeliverable"),
        ("skipped", "frequency_cap"),
        ("expired", "send_before_passed"),
        ("unknown", "no_answer"),
    ):
        make_message(campaign=campaign, status=status, reason=reason)

    answers = [row["Another campaign may reach them"] for row in missed_rows(campaign)]

    assert answers == ["no", "yes", "yes", "unknown: it may have arrived"]


@pytest.mark.django_db
def test_the_control_group_is_in_the_file_of_who_did_not_get_it():
    reached, held_out = make_contact(first_name="Ada"), make_contact(first_name="Bea")
    snapshot = make_snapshot([reached, held_out], held_out=[held_out])
    campaign = make_campaign(status=Status.SENDING, snapshot=snapshot)
    make_message(campaign=campaign, contact=reached, status="delivered")

    (row,) = missed_rows(campaign)

    assert (row["Contact"], row["State"]) == (str(held_out.pk), "Control group")


@pytest.mark.django_db
def test_a_campaign_that_reached_everybody_has_a_file_with_a_heading_alone():
    assert missed_rows(make_campaign(status=Status.SENDING)) == []


@pytest.mark.django_db
def test_whoever_was_erased_since_is_still_in_the_file():
    campaign = make_campaign(status=Status.SENDING)
    message = make_message(campaign=campaign, status="failed", reason="refused")
    OutboundMessage.objects.filter(pk=message.pk).update(contact=999_999)

    (row,) = missed_rows(campaign)

    assert (row["Contact"], row["Name"]) == ("999999", "")


@pytest.mark.django_db
def test_a_name_that_looks_like_a_formula_is_neutralised():
    campaign = make_campaign(status=Status.SENDING)
    make_message(
        campaign=campaign,
        status="failed",
        contact=make_contact(first_name='=HYPERLINK("http://male")', last_name=""),
    )

    text = "".join(missed_lines(campaign, shows_phones=False))

    assert "'=HYPERLINK" in text


@given(st.text(max_size=30))
def test_no_cell_ever_begins_like_a_formula(text):
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.django_db
def test_people_of_two_zones_are_foreseen_in_their_own_hours(now):
    for zone in ("Europe/Rome", "Europe/Rome", "America/New_York"):
        make_contact(timezone=zone)
    campaign = make_campaign()

    found = people_by_zone(definition_of(campaign), AudienceCount(3, {}, 3, 0), now=now)

    assert found == {"Europe/Rome": 2, "America/New_York": 1}
