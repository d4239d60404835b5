"""The pages of campaigns: what each role sees, and that GET never changes anything."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from audiences.models import Snapshot
from campaigns.admin.plan import bars_of
from campaigns.models import Campaign, OutboundMessage, SpokiAccount
from campaigns.outlook import Hour, Outlook, Rest
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from templates_sync.sendable import reasons_not_sendable
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
Status = Campaign.Status
LIST = reverse("admin:campaigns_campaign_changelist")
ADD = reverse("admin:campaigns_campaign_add")


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def marketer():
    return make_member(MARKETER, username="giulia")


def page(campaign, name="change"):
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


def typed(**changes):
    """What the form of a good draft holds."""
    return {
        "name": "Natale crocchette",
        "template_version": make_version().pk,
        "segment": make_segment().segment.pk,
        "variable-FIRST_NAME-from": "contact.first_name",
        "variable-FIRST_NAME-fallback": "amico",
        "spread_hours": "0",
        "holdout_percent": "0",
    } | changes


def test_a_marketer_writes_a_draft_in_the_form(marketer):
    make_number()

    answer = client_of(marketer).post(ADD, typed(holdout_percent="10", spread_hours="6"))

    campaign = Campaign.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert campaign.variables == {
        "FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"}
    }
    assert (str(campaign.holdout_share), str(campaign.spread_hours)) == ("0.100", "6.00")
    assert (campaign.author, campaign.last_editor) == (marketer, marketer)


def test_saving_to_review_leads_to_the_page_that_asks(marketer):
    answer = client_of(marketer).post(ADD, typed(_review="1"))

    assert answer.headers["Location"] == page(Campaign.objects.get(), "submit")
    assert Campaign.objects.get().status == Status.DRAFT


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"template_version": "999999"}, "template_version"),
        ({"send_before": "2026-11-01T10:00"}, "send_before"),
        ({"send_after": "2026-12-02T10:00", "send_before": "2026-12-01T10:00"}, "send_before"),
        ({"spread_hours": "-1"}, "spread_hours"),
        ({"holdout_percent": "80"}, "holdout_percent"),
        ({"variable-FIRST_NAME-from": ""}, "__all__"),
        ({"variable-FIRST_NAME-from": "value", "variable-FIRST_NAME-text": ""}, "__all__"),
        ({"variable-FIRST_NAME-from": "contact.shoe_size"}, "__all__"),
    ],
    ids=str,
)
def test_a_wrong_value_is_shown_on_its_field_and_nothing_is_saved(marketer, change, field):
    answer = client_of(marketer).post(ADD, typed(**change))

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("status", ["pending", "rejected", "paused", "unknown"])
def test_the_form_refuses_a_template_that_may_not_be_sent(marketer, status):
    answer = client_of(marketer).post(ADD, typed(template_version=make_version(status=status).pk))

    assert list(answer.context["adminform"].form.errors) == ["template_version"]
    assert not Campaign.objects.exists()


def test_the_picker_offers_sendable_templates_and_says_why_others_are_not(marketer):
    sendable, paused = make_version(), make_version(status="paused")

    html = client_of(marketer).get(ADD).content.decode()

    assert f'value="{sendable.pk}" id="id_template_version_0">' in html
    assert f'value="{paused.pk}" id="id_template_version_1" disabled>' in html
    (reason,) = reasons_not_sendable(paused, now=NOW)
    assert html.count("cp-template-reason") == 1
    assert str(escape(reason.text)) in html


def test_a_draft_is_edited_in_the_form(marketer):
    campaign = make_campaign()
    version = campaign.template_version

    answer = client_of(marketer).post(
        page(campaign), typed(name="Altro nome", template_version=version.pk if version else "")
    )

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.name, campaign.last_editor) == (
        302,
        "Altro nome",
        marketer,
    )


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.APPROVED, Status.SENDING])
def test_what_is_not_a_draft_has_no_form_and_takes_no_edit(marketer, status):
    campaign = make_campaign(status=status)
    client = client_of(marketer)

    shown = client.get(page(campaign))
    posted = client.post(page(campaign), typed(name="Altro"))

    campaign.refresh_from_db()
    assert "adminform" not in shown.context
    assert (posted.status_code, campaign.status, campaign.name == "Altro") == (302, status, False)


def test_the_rows_of_variables_follow_the_template(marketer):
    version = make_version(body="%%FIRST_NAME%% usa %%CODE%% oggi")
    body = typed(template_version=version.pk) | {"variable-CODE-from": "value"}

    answer = client_of(marketer).post(reverse("admin:campaigns_campaign_variables"), body)

    html = answer.content.decode()
    assert 'name="variable-FIRST_NAME-from"' in html
    assert 'name="variable-CODE-text"' in html
    assert '<option value="contact.first_name" selected>' in html
    assert answer.headers["HX-Trigger-After-Settle"] == "variables-changed"


def test_the_panel_shows_message_people_cost_and_what_is_missing(marketer):
    make_number()
    make_contact(first_name="Francesca", last_name="D'Angelo")
    make_contact(first_name="Marta", marketing_consent="unknown")

    answer = client_of(marketer).post(reverse("admin:campaigns_campaign_panel"), typed())

    preview = answer.context["preview"]
    html = answer.content.decode()
    assert '<mark class="wa-value wa-value--filled">Francesca</mark>' in html
    assert (preview.audience.will_receive, preview.audience.excluded) == (1, {"no_consent": 1})
    assert str(preview.cost.total) == "0.06"
    assert preview.blockers == ()
    assert not Campaign.objects.exists()


def test_the_panel_of_an_empty_form_says_what_comes_next(marketer):
    make_number()

    answer = client_of(marketer).post(reverse("admin:campaigns_campaign_panel"), {})

    codes = [blocker.code for blocker in answer.context["preview"].blockers]
    assert codes == ["no_template", "no_segment"]


def test_the_panel_shows_the_person_that_was_chosen(marketer):
    make_number()
    make_contact(first_name="Ada")
    bice = make_contact(first_name="Bice")

    answer = client_of(marketer).post(
        reverse("admin:campaigns_campaign_panel"), typed(preview_contact=bice.pk)
    )

    assert answer.context["preview"].contact == bice


def test_the_panel_shows_nobody_from_outside_the_segment(marketer):
    make_number()
    ada = make_contact(first_name="Ada")
    stranger = make_contact(first_name="Zoe", language="de")

    answer = client_of(marketer).post(
        reverse("admin:campaigns_campaign_panel"), typed(preview_contact=stranger.pk)
    )

    assert answer.context["preview"].contact == ada


@pytest.mark.parametrize("name", ["panel", "variables"])
def test_who_may_not_write_campaigns_gets_no_part_of_the_form(name):
    client = client_of(make_member(APPROVER))

    assert client.post(reverse(f"admin:campaigns_campaign_{name}"), typed()).status_code == 403


MOVES = {
    "submit": (Status.DRAFT, Status.IN_REVIEW, {MARKETER, ADMIN}, {}),
    "approve": (Status.IN_REVIEW, Status.APPROVED, {APPROVER, ADMIN}, {}),
    "reject": (Status.IN_REVIEW, Status.REJECTED, {APPROVER, ADMIN}, {"reason": "Manca il codice"}),
    "back_to_draft": (Status.APPROVED, Status.DRAFT, {MARKETER, ADMIN}, {}),
    "launch": (Status.APPROVED, Status.SCHEDULED, {MARKETER, ADMIN}, {}),
    "pause": (Status.SENDING, Status.PAUSED, {MARKETER, APPROVER, ADMIN}, {}),
    "resume": (Status.PAUSED, Status.SENDING, {MARKETER, APPROVER, ADMIN}, {}),
    "cancel": (Status.SENDING, Status.CANCELLED, {MARKETER, APPROVER, ADMIN}, {}),
}


@pytest.mark.parametrize("verb", MOVES)
@pytest.mark.parametrize("role", [MARKETER, APPROVER, ADMIN, AGENT])
def test_each_button_is_for_its_roles_and_asks_before_it_acts(verb, role):
    before, after, roles, answer = MOVES[verb]
    make_contact()
    campaign = make_campaign(status=before)
    client = client_of(make_member(role))
    answer = answer | {"seen": campaign.fingerprint, "confirm": campaign.name}

    asked = client.get(page(campaign, verb))
    campaign.refresh_from_db()
    untouched = campaign.status == before
    done = client.post(page(campaign, verb), answer)

    campaign.refresh_from_db()
    assert untouched
    assert (asked.status_code, done.status_code) == ((200, 302) if role in roles else (403, 403))
    assert campaign.status == (after if role in roles else before)


def test_the_author_sees_no_approve_button_and_its_address_does_nothing():
    make_contact()
    boss = make_member(ADMIN, is_superuser=True)
    campaign = make_campaign(status=Status.IN_REVIEW, author=boss)
    client = client_of(boss)

    shown = client.get(page(campaign)).content.decode()
    posted = client.post(page(campaign, "approve"), {"seen": campaign.fingerprint})

    campaign.refresh_from_db()
    assert page(campaign, "approve") not in shown
    assert posted.status_code == 302
    assert campaign.status == Status.IN_REVIEW


def test_an_approver_who_looked_at_something_else_is_asked_to_look_again():
    make_contact()
    campaign = make_campaign(status=Status.IN_REVIEW)

    answer = client_of(make_member(APPROVER)).post(page(campaign, "approve"), {"seen": "altro"})

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.status) == (422, Status.IN_REVIEW)
    assert answer.context["form"].non_field_errors()


def test_a_wrong_name_is_refused_on_the_launch_page(marketer):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)

    answer = client_of(marketer).post(page(campaign, "launch"), {"confirm": "sbagliato"})

    assert answer.status_code == 422
    assert campaign.name in answer.context["form"].errors["confirm"][0]
    assert not Snapshot.objects.exists()


def test_a_launch_clicked_twice_says_that_it_is_launched_already(marketer):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)
    client = client_of(marketer)
    client.post(page(campaign, "launch"), {"confirm": campaign.name})

    again = client.post(page(campaign, "launch"), {"confirm": campaign.name}, follow=True)

    assert again.redirect_chain == [(page(campaign, "progress"), 302)]
    assert Snapshot.objects.count() == OutboundMessage.objects.count() == 1


def test_the_launch_page_shows_people_cost_and_how_many_were_approved(marketer):
    for _ in range(3):
        make_contact()
    campaign = make_campaign(status=Status.APPROVED, approved_recipients=2)

    context = client_of(marketer).get(page(campaign, "launch")).context

    assert context["preview"].audience.will_receive == 3
    assert str(context["preview"].cost.total) == "0.17"
    assert context["has_moved"] is True


def test_a_post_without_a_token_is_refused(marketer):
    make_contact()
    campaign = make_campaign(status=Status.SENDING)
    client = Client(enforce_csrf_checks=True)
    client.force_login(marketer, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(page(campaign, "cancel"))

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.status) == (403, Status.SENDING)


@pytest.mark.parametrize("name", ["change", "progress", "progress_live", "missed", "submit"])
def test_nobody_reads_a_campaign_without_a_login(name):
    answer = Client().get(page(make_campaign(), name))

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


@pytest.mark.parametrize("name", ["change", "progress", "progress_live", "missed"])
def test_agents_do_not_read_campaigns(name):
    assert client_of(make_member(AGENT)).get(page(make_campaign(), name)).status_code == 403


def test_the_progress_fragment_adds_up(marketer):
    campaign = make_campaign(status=Status.SENDING)
    for status in OutboundMessage.Status.values:
        make_message(campaign=campaign, status=status)

    context = client_of(marketer).get(page(campaign, "progress_live")).context

    shown = sum(tile["count"] for tile in context["tiles"] if tile["key"] != "replied")
    assert shown == context["progress"].counters.total == 10


@pytest.mark.parametrize(
    ("status", "message", "answer"),
    [
        (Status.SENDING, "queued", 200),
        (Status.DONE, "sent", 200),
        (Status.DONE, "read", 286),
        (Status.CANCELLED, "skipped", 286),
    ],
)
def test_the_page_asks_again_until_nothing_moves(marketer, status, message, answer):
    campaign = make_campaign(status=status, ended_at=NOW)
    make_message(campaign=campaign, status=message)

    assert client_of(marketer).get(page(campaign, "progress_live")).status_code == answer


def test_an_end_long_past_is_not_asked_about_for_ever(marketer):
    campaign = make_campaign(status=Status.DONE, ended_at=NOW - timedelta(days=3))
    make_message(campaign=campaign, status="sent")

    assert client_of(marketer).get(page(campaign, "progress_live")).status_code == 286


@pytest.mark.parametrize(("role", "sees"), [(MARKETER, False), (APPROVER, False)])
def test_the_file_of_missed_people_has_no_phones_for_marketers(role, sees):
    campaign = make_campaign(status=Status.SENDING)
    message = make_message(
        campaign=campaign, status="failed", reason="undeliverable", error_code="131026"
    )
    make_message(campaign=campaign, status="read")

    answer = client_of(make_member(role)).get(page(campaign, "missed"))

    text = b"".join(answer.streaming_content).decode()
    assert len(text.strip().splitlines()) == 2
    assert "131026" in text
    assert (message.phone in text) == sees


@pytest.mark.parametrize("model", ["outboundmessage", "campaignevent"])
def test_messages_and_events_are_read_only_even_for_a_superuser(model):
    campaign = make_campaign(status=Status.SENDING)
    message = make_message(campaign=campaign)
    event = campaign.events.create(at=NOW, verb="launched")
    row = message if model == "outboundmessage" else event
    client = client_of(make_member(ADMIN, is_superuser=True))

    shown = client.get(reverse(f"admin:campaigns_{model}_change", args=[row.pk]))
    codes = [
        client.post(reverse(f"admin:campaigns_{model}_change", args=[row.pk]), {}).status_code,
        client.post(reverse(f"admin:campaigns_{model}_delete", args=[row.pk]), {}).status_code,
        client.get(reverse(f"admin:campaigns_{model}_add")).status_code,
    ]

    assert (shown.status_code, codes) == (200, [403, 403, 403])


@pytest.mark.parametrize("search", ["+39347999", "0039 347 999", "+39 347-999"])
def test_messages_are_found_by_a_phone_as_people_write_it(marketer, search):
    wanted = make_message(contact=make_contact(phone="+393479991234"))
    make_message(contact=make_contact(phone="+393470001234"))

    answer = client_of(marketer).get(
        reverse("admin:campaigns_outboundmessage_changelist"), {"q": search}
    )

    assert list(answer.context["cl"].result_list) == [wanted]


def test_an_admin_sets_limits_and_hours_and_nothing_of_the_sender_is_touched():
    account = make_account(daily_limit=500)
    client = client_of(make_member(ADMIN))
    address = reverse("admin:campaigns_spokiaccount_change", args=[account.pk])
    form = {
        "template_sends_per_minute": "120", "text_sends_per_minute": "120",
        "automation_sends_per_minute": "1200", "sends_per_hour": "",
        "margin": "0.1", "marketing_share": "0.8", "daily_limit_override": "",
        "numbers-TOTAL_FORMS": "0", "numbers-INITIAL_FORMS": "0",
    }  # fmt: skip
    for kind in ("weekday", "saturday", "holiday_eve", "sunday", "holiday"):
        form |= {
            f"marketing_hours-{kind}-opens": "10:00",
            f"marketing_hours-{kind}-closes": "19:00",
        }
        form |= {f"transactional_hours-{kind}-opens": "", f"transactional_hours-{kind}-closes": ""}
    SpokiAccount.objects.update(paused_at=NOW, pause_code="spam_limit")

    answer = client.post(address, form)

    account.refresh_from_db()
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert (account.template_sends_per_minute, account.margin) == (120, 0.1)
    assert account.marketing_hours["sunday"] == ["10:00", "19:00"]
    assert account.transactional_hours["sunday"] is None
    assert account.pause_code == "spam_limit"


def test_hours_that_close_before_they_open_are_refused_in_the_form():
    account = make_account()
    client = client_of(make_member(ADMIN))
    form = {f"marketing_hours-weekday-{part}": hour for part, hour in (("opens", "19:00"), ("closes", "10:00"))}  # fmt: skip

    answer = client.post(reverse("admin:campaigns_spokiaccount_change", args=[account.pk]), form)

    assert "marketing_hours" in answer.context["adminform"].form.errors


def test_an_admin_lets_a_stopped_account_go_on_and_a_marketer_does_not(marketer):
    make_account(paused_at=NOW, pause_code="spam_limit")
    address = reverse("admin:campaigns_spokiaccount_resume")

    refused = client_of(marketer).post(address)
    still_paused = SpokiAccount.objects.get().is_paused
    by_get = client_of(make_member(ADMIN)).get(address)
    assert SpokiAccount.objects.get().is_paused
    client_of(make_member(ADMIN)).post(address)

    assert (refused.status_code, still_paused, by_get.status_code) == (403, True, 200)
    assert not SpokiAccount.objects.get().is_paused


def test_a_refresh_that_fails_is_told_on_the_page():
    make_account(daily_limit=777)
    client = client_of(make_member(ADMIN))

    answer = client.post(reverse("admin:campaigns_spokiaccount_refresh"), follow=True)

    assert [str(message.level_tag) for message in answer.context["messages"]] == ["error"]
    assert SpokiAccount.objects.get().daily_limit == 777


def test_the_bars_hatch_quiet_hours_and_nothing_else():
    morning = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    hours = (Hour(morning, 5), Hour(morning + timedelta(hours=3), 5))
    rests = (
        Rest(morning + timedelta(hours=1), morning + timedelta(hours=2), "quiet_hours"),
        Rest(morning + timedelta(hours=2), morning + timedelta(hours=3), "canary_hold"),
    )

    bars = bars_of(Outlook(morning, morning, hours, rests=rests))

    assert [(bar.count, bar.is_quiet) for bar in bars] == [(5, False), (0, True), (0, False), (5, False)]  # fmt: skip
