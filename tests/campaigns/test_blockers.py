"""What stands against a campaign: each reason on the field that cures it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.models import ConsentState
from campaigns.blockers import launch_blockers
from campaigns.editing import create_campaign, edit_campaign
from campaigns.models import Campaign, Quality, SpokiAccount, TransitionRefused, WhatsAppNumber
from campaigns.refusals import CampaignRefused
from campaigns.variables import problems_with
from templates_sync.models import TemplateVersion
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import FIRST_NAME, make_campaign, make_number, make_user
from tests.factories.templates import make_template, make_version


def writing(*languages):
    rules = [["contact.language", "is", language] for language in languages]
    return {"v": 1, "groups": [{"mode": "any", "rules": rules}]}


def found(campaign, now=NOW):
    return [(blocker.code, blocker.field) for blocker in launch_blockers(campaign, now=now)]


@pytest.mark.django_db
def test_nothing_stands_against_a_good_campaign(now):
    make_contact()

    assert found(make_campaign()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "status", ["draft", "pending", "rejected", "paused", "disabled", "unknown"]
)
def test_only_an_approved_template_is_sent(now, status):
    make_contact()
    campaign = make_campaign(template_version=make_version(status=status))

    assert found(campaign) == [("template_not_sendable", "template_version")]


@pytest.mark.django_db
def test_a_template_gone_from_spoki_is_not_sent(now):
    make_contact()
    gone = make_template(gone_at=now)
    campaign = make_campaign(template_version=make_version(template=gone))

    assert found(campaign) == [("template_not_sendable", "template_version")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("template", "contact", "expected"),
    [
        ("en", "it", [("wrong_language", "template_version")]),
        ("it", "de", [("wrong_language", "template_version")]),
        ("en_us", "en", []),
        ("it", "it", []),
    ],
)
def test_a_template_whose_language_nobody_expects_is_not_sent(now, template, contact, expected):
    make_contact(language=contact)
    version = make_version(template=make_template(language=template))
    segment = make_segment(rules=writing(contact))

    assert found(make_campaign(template_version=version, segment_version=segment)) == expected


@pytest.mark.django_db
def test_login_codes_are_not_sent_by_a_campaign(now):
    make_contact()
    campaign = make_campaign(template_version=make_version(category="authentication"))

    assert found(campaign) == [("template_category", "template_version")]


@pytest.mark.django_db
def test_template_and_segment_must_be_chosen(now):
    make_number()
    author = make_user()
    campaign = create_campaign(fields={"name": "Vuota"}, by=author, now=now)

    assert found(campaign) == [("no_template", "template_version"), ("no_segment", "segment")]


@pytest.mark.django_db
def test_a_broken_segment_is_never_counted_as_wider(now):
    make_contact()
    broken = make_segment(rules={"v": 1, "groups": [{"mode": "all", "rules": [["x", "is", 1]]}]})

    assert found(make_campaign(segment_version=broken)) == [("broken_segment", "segment")]


@pytest.mark.django_db
def test_a_broken_segment_to_leave_out_stops_the_campaign_too(now):
    make_contact()
    broken = make_segment(rules={"v": 2})

    assert found(make_campaign(exclude=[broken])) == [("broken_segment", "exclude_segments")]


@pytest.mark.django_db
def test_a_segment_without_conditions_reaches_nobody(now):
    make_contact()
    nobody = make_segment(rules={"v": 1, "groups": []})

    assert found(make_campaign(segment_version=nobody)) == [("empty_audience", "segment")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "person",
    [
        {"marketing_consent": ConsentState.UNKNOWN},
        {"marketing_consent": ConsentState.WITHDRAWN},
        {"phone": None},
        {"phone": "+390212345678", "can_receive_whatsapp": False},
        {"is_blocked": True},
        {"has_invalid_phone": True},
    ],
    ids=lambda person: next(iter(person)),
)
def test_people_who_may_not_be_written_to_are_nobody(now, person):
    make_contact(**person)

    assert found(make_campaign()) == [("empty_audience", "segment")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "FIRST_NAME"),
        ({"FIRST_NAME": {"value": "due\nrighe"}}, "FIRST_NAME"),
        ({"FIRST_NAME": {"value": "con\ttabulazione"}}, "FIRST_NAME"),
        ({"FIRST_NAME": {"value": "tanti     spazi"}}, "FIRST_NAME"),
        ({"FIRST_NAME": {"value": "   "}}, "FIRST_NAME"),
        ({"FIRST_NAME": {"value": "x" * 600}}, "FIRST_NAME"),
        ({"FIRST_NAME": {"parameter": "contact.shoe_size"}}, "contact.shoe_size"),
        ({"FIRST_NAME": "Ada"}, "FIRST_NAME"),
        (FIRST_NAME | {"CODE": {"value": "X"}}, "CODE"),
    ],
)
def test_every_variable_needs_a_value_that_whatsapp_takes(now, variables, sentence):
    make_contact()
    campaign = make_campaign(variables=variables)

    blockers = launch_blockers(campaign, now=now)

    assert [blocker.field for blocker in blockers] == ["variables"]
    assert sentence in blockers[0].text


@pytest.mark.django_db
def test_a_message_longer_than_whatsapp_allows_is_refused(now):
    make_contact()
    version = make_version(body="Ciao %%FIRST_NAME%%" + "!" * 1000)
    campaign = make_campaign(
        template_version=version, variables={"FIRST_NAME": {"value": "Bartolomeo " * 3}}
    )

    (blocker,) = launch_blockers(campaign, now=now)

    assert (blocker.field, "1024" in blocker.text or "1.024" in blocker.text) == ("variables", True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moments", "code"),
    [
        ({"send_before": NOW - timedelta(minutes=1)}, "schedule_past"),
        ({"send_before": NOW}, "schedule_past"),
    ],
)
def test_an_end_that_has_passed_stops_the_campaign(now, moments, code):
    make_contact()

    assert found(make_campaign(**moments)) == [(code, "send_before")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("health", "code"),
    [
        ({"quality": Quality.RED}, "quality_red"),
        ({"quality": Quality.UNREADABLE}, "quality_unreadable"),
        ({"phone_status": "restricted"}, "phone_not_ready"),
        ({"phone_status": "parola nuova"}, "phone_not_ready"),
        ({"phone_status": ""}, "phone_not_ready"),
        ({"refreshed_at": None}, "account_never_read"),
    ],
    ids=str,
)
def test_an_account_that_is_not_well_or_not_understood_sends_no_marketing(now, health, code):
    make_contact()
    campaign = make_campaign()
    SpokiAccount.objects.update(**health)

    assert found(campaign) == [(code, "")]


@pytest.mark.django_db
@pytest.mark.parametrize("quality", [Quality.GREEN, Quality.YELLOW, Quality.UNKNOWN])
def test_a_number_of_good_medium_or_new_quality_may_send(now, quality):
    make_contact()
    campaign = make_campaign()
    SpokiAccount.objects.update(quality=quality)

    assert found(campaign) == []


@pytest.mark.django_db
def test_the_chosen_number_must_be_well(now):
    make_contact()
    make_number()
    campaign = make_campaign(number=make_number(quality=Quality.RED))

    assert found(campaign) == [("quality_red", "number")]


@pytest.mark.django_db
def test_there_must_be_a_number_to_send_from(now):
    make_contact()
    campaign = make_campaign()
    WhatsAppNumber.objects.all().delete()

    assert found(campaign) == [("no_number", "number")]


@pytest.mark.django_db
def test_a_first_share_stands_against_nothing(now):
    make_contact()

    assert found(make_campaign(canary_share="0.050")) == []


@pytest.mark.django_db
def test_a_draft_may_be_written_before_everything_is_chosen(now):
    author = make_user()

    campaign = create_campaign(fields={"name": "Natale"}, by=author, now=now)

    assert (campaign.status, campaign.author, campaign.last_editor) == ("draft", author, author)


@pytest.mark.django_db
def test_a_draft_on_a_template_that_may_not_be_sent_is_not_written(now):
    version = make_version(status="pending")

    with pytest.raises(CampaignRefused) as refused:
        create_campaign(fields={"name": "No", "template_version": version}, by=make_user(), now=now)

    assert list(refused.value.by_field()) == ["template_version", "variables"]
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_an_end_before_the_start_is_not_written(now):
    moments = {"send_after": now + timedelta(hours=2), "send_before": now + timedelta(hours=1)}

    with pytest.raises(CampaignRefused) as refused:
        create_campaign(fields={"name": "No", **moments}, by=make_user(), now=now)

    assert list(refused.value.by_field()) == ["send_before"]


@pytest.mark.django_db
def test_an_edit_makes_its_author_the_last_editor(now):
    campaign, editor = make_campaign(), make_user()

    edited = edit_campaign(
        campaign=campaign, changes={"spread_hours": Decimal(6)}, by=editor, now=now
    )

    assert (edited.last_editor, edited.author) == (editor, campaign.author)
    assert edited.spread_hours == 6


@pytest.mark.django_db
def test_editing_a_rejected_campaign_makes_it_a_draft_again(now):
    campaign = make_campaign(status=Campaign.Status.REJECTED)

    edited = edit_campaign(campaign=campaign, changes={"name": "Meglio"}, by=make_user(), now=now)

    assert edited.status == Campaign.Status.DRAFT


@pytest.mark.django_db
@pytest.mark.parametrize(
    "status", ["in_review", "approved", "scheduled", "sending", "paused", "done"]
)
def test_only_a_draft_is_edited(now, status):
    campaign = make_campaign(status=status)

    with pytest.raises(TransitionRefused):
        edit_campaign(campaign=campaign, changes={"name": "Altro"}, by=make_user(), now=now)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.name != "Altro") == (status, True)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
entries = st.dictionaries(
    st.sampled_from(["FIRST_NAME", "CODE", "ALTRO"]),
    anything | st.fixed_dictionaries({"value": st.text(max_size=20)}),
    max_size=3,
)


@given(variables=anything | entries)
def test_whatever_is_given_for_variables_is_judged_without_breaking(variables):
    version = TemplateVersion(body="%%FIRST_NAME%% %%CODE%%", variables=["FIRST_NAME", "CODE"])

    problems = problems_with(variables, version)

    assert all(problems)
    if not problems:
        assert set(variables) == {"FIRST_NAME", "CODE"}


@pytest.mark.django_db
def test_a_person_who_has_looked_says_what_an_odd_quality_means(now):
    make_contact()
    campaign = make_campaign()
    SpokiAccount.objects.update(quality=Quality.UNREADABLE, quality_by_hand=Quality.GREEN)

    assert found(campaign) == []


@pytest.mark.django_db
def test_what_spoki_says_clearly_counts_more_than_what_was_set_by_hand(now):
    make_contact()
    campaign = make_campaign()
    SpokiAccount.objects.update(quality=Quality.RED, quality_by_hand=Quality.GREEN)

    assert [code for code, _field in found(campaign)] == ["quality_red"]
