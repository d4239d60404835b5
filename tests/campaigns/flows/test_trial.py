"""A test on a phone of one's own: real, marked, nobody's passage, and in no figure."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from audiences.models import ConsentState, Contact
from campaigns.flows.figures import figures_by_flow
from campaigns.flows.trial import MOST_A_DAY, last_phone_of, try_flow
from campaigns.models import (
    Flow,
    FlowEntry,
    FlowTest,
    Lane,
    OutboundMessage,
    UseCount,
    WhatsAppNumber,
)
from campaigns.refusals import CampaignRefused
from campaigns.scoreboard.counting import count_due
from tests.campaigns.flows.conftest import World
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.flows import make_flow
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
PHONE = "+393331234567"
VALUES = {
    "FIRST_NAME": {"parameter": "contact.first_name", "fallback": "di nuovo"},
    "ORDER_NAME": {"parameter": "order.name"},
}


@pytest.fixture
def flow(world: World) -> Flow:
    # Somebody's real order, which is nobody else's business.
    world.values["order:1"] = {"order.name": "#9999"}
    version = make_version(
        body="Ciao %%FIRST_NAME%%, il tuo ordine %%ORDER_NAME%% è partito",
        examples={"FIRST_NAME": "Ada", "ORDER_NAME": "#1042"},
        category="utility",
    )
    return make_flow(template_version=version, variables=VALUES)


def try_it(flow, **changes):
    given = {"phone": PHONE, "by": flow.author, "allowlist": (), "now": NOW} | changes
    with override("it"):
        return try_flow(flow=flow, **given)


def refusal(flow, **changes):
    with pytest.raises(CampaignRefused) as refused:
        try_it(flow, **changes)
    assert not OutboundMessage.objects.exists()
    assert not FlowTest.objects.exists()
    return refused.value.blockers[0]


def test_a_test_is_a_message_to_that_phone_marked_in_its_first_value(flow):
    message = try_it(flow)

    assert (message.phone, message.lane, message.status) == (PHONE, Lane.TRANSACTIONAL, "queued")
    assert message.template_version == flow.template_version
    assert message.params == {"FIRST_NAME": "[PROVA] Ada", "ORDER_NAME": "#1042"}
    assert message.expires_at == NOW + timedelta(hours=1)


def test_what_is_known_of_the_person_stands_in_place_of_the_example(flow):
    make_contact(phone=PHONE, first_name="Bruno")

    assert try_it(flow).params["FIRST_NAME"] == "[PROVA] Bruno"


def test_a_test_is_no_passage_and_stands_in_no_figure(flow):
    message = try_it(flow)
    OutboundMessage.objects.filter(pk=message.pk).update(status="delivered", sending_at=NOW)
    count_due(now=NOW)

    assert not FlowEntry.objects.exists()
    assert figures_by_flow([flow.pk]) == {}
    assert not UseCount.objects.exists()


def test_a_test_is_written_in_the_story_without_the_phone(flow):
    message = try_it(flow)

    event = flow.events.get()
    assert (event.verb, event.by) == ("tested", flow.author)
    assert event.figures == {"message": message.key.hex}
    assert FlowTest.objects.get().message == message


@pytest.mark.parametrize("status", [Flow.Status.DISABLED, Flow.Status.ENABLED])
def test_a_flow_is_tried_whether_it_is_on_or_off(world, flow, status):
    if status == Flow.Status.ENABLED:
        flow = make_flow(enabled=True, template_version=flow.template_version, variables=VALUES)

    assert try_it(flow).status == "queued"


@pytest.mark.parametrize("phone", ["", "ciao", "0212345678", "+3902", "12"])
def test_only_a_mobile_can_be_written_to(flow, phone):
    assert refusal(flow, phone=phone).code == "not_a_mobile"


def test_the_list_of_allowed_phones_is_obeyed(flow):
    assert refusal(flow, allowlist=["+393339999999"]).code == "not_on_allowlist"
    assert try_it(flow, allowlist=[PHONE]).phone == PHONE


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({"is_blocked": True}, "blocked"),
        ({"has_invalid_phone": True}, "invalid_phone"),
        ({"orders_consent": ConsentState.WITHDRAWN}, "consent_withdrawn"),
    ],
)
def test_who_does_not_want_it_or_cannot_get_it_is_not_written_to(flow, known, code):
    make_contact(phone=PHONE, **known)

    assert refusal(flow).code == code


def test_a_marketing_text_is_not_tried_on_who_stopped_marketing(world, flow):
    make_contact(phone=PHONE, marketing_consent=ConsentState.WITHDRAWN)
    marketing = make_flow(template_version=make_version())

    assert refusal(marketing).code == "consent_withdrawn"
    assert try_it(flow).phone == PHONE


def test_our_own_number_is_not_written_to(flow):
    WhatsAppNumber.objects.update(phone=PHONE)

    assert refusal(flow).code == "own_number"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"template_version": None}, "no_template"), ({"variables": {}}, "variables")],
)
def test_a_flow_that_cannot_be_filled_is_not_tried(flow, changes, code):
    for name, value in changes.items():
        setattr(flow, name, value)
    flow.save()

    assert refusal(flow).code == code


def test_so_many_tests_a_day_are_enough(flow):
    for _ in range(MOST_A_DAY):
        try_it(flow)
    before = OutboundMessage.objects.count()

    with pytest.raises(CampaignRefused) as refused:
        try_it(flow)

    assert refused.value.blockers[0].code == "too_many_tests"
    assert OutboundMessage.objects.count() == before
    assert try_it(flow, by=make_user()).status == "queued"
    assert try_it(flow, now=NOW + timedelta(hours=25)).status == "queued"


def test_a_phone_that_nobody_has_becomes_a_contact_without_any_consent(flow):
    try_it(flow)

    contact = Contact.objects.get(phone=PHONE)
    assert (contact.marketing_consent, contact.orders_consent) == ("unknown", "unknown")


def test_the_last_phone_is_offered_again(flow):
    assert last_phone_of(flow.author) == ""
    try_it(flow)
    assert last_phone_of(flow.author) == PHONE
