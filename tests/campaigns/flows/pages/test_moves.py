"""Asking, switching on and off: each by a page that shows what it means, and by POST alone."""

import pytest
from django.utils import timezone

from campaigns.flows.fingerprint import fingerprint
from campaigns.models import Flow, FlowEntry
from tests.campaigns.flows.pages.conftest import VALUES, address, said
from tests.factories.flows import make_entry, make_flow

pytestmark = pytest.mark.django_db
ON, OFF = Flow.Status.ENABLED, Flow.Status.DISABLED


@pytest.fixture
def flow(world, fresh, giulia):
    return make_flow(template_version=fresh(), variables=VALUES, author=giulia)


def test_looking_moves_nothing(flow, marketer, approver):
    marketer.get(address("request", flow))
    approver.get(address("enable", flow))

    flow.refresh_from_db()
    assert (flow.status, flow.requested_at) == (OFF, None)


def test_a_marketer_asks_and_another_person_switches_on(flow, marketer, approver, giulia, marco):
    marketer.post(address("request", flow))
    page = approver.get(address("enable", flow))
    answer = approver.post(address("enable", flow), {"seen": page.context["form"].initial["seen"]})

    flow.refresh_from_db()
    assert answer.url == address("change", flow)
    assert (flow.status, flow.enabled_by) == (ON, marco)
    assert [event.verb for event in flow.events.all()] == ["requested", "enabled"]


def test_the_page_before_switching_on_shows_everything_that_is_bound(flow, approver):
    html = said(approver.get(address("enable", flow)))

    for part in (
        "Quando something happened, manda subito «ordine_partito v1».",
        "Nome · se manca «di nuovo»",
        "Order number",
        "Il numero predefinito",
        '<mark class="wa-value wa-value--filled">Ada</mark>',
    ):
        assert part in html


def test_what_changed_while_somebody_looked_is_not_switched_on_but_shown_anew(flow, approver):
    seen = fingerprint(flow)
    Flow.objects.filter(pk=flow.pk).update(delay_minutes=30)

    answer = approver.post(address("enable", flow), {"seen": seen})

    flow.refresh_from_db()
    assert (answer.status_code, flow.status) == (422, OFF)
    assert "aspetta 30 minuti" in said(answer)
    assert answer.context["form"].initial["seen"] == fingerprint(flow)


def test_whoever_wrote_it_is_told_that_another_person_must(world, fresh, marco, approver):
    own = make_flow(template_version=fresh(), variables=VALUES, author=marco)

    page = approver.get(address("enable", own), follow=True)
    approver.post(address("enable", own), {"seen": fingerprint(own)})

    own.refresh_from_db()
    assert "un&#x27;altra persona" in said(page)
    assert own.status == OFF
    assert address("enable", own) not in said(page)


def test_a_marketer_may_not_switch_on(flow, marketer):
    assert marketer.get(address("enable", flow)).status_code == 403
    assert marketer.post(address("enable", flow), {"seen": fingerprint(flow)}).status_code == 403
    flow.refresh_from_db()
    assert flow.status == OFF


def test_what_stands_against_it_is_listed_and_there_is_no_button(world, giulia, marketer, approver):
    flow = make_flow(template_version=None, author=giulia)

    asked = marketer.get(address("request", flow))
    marketer.post(address("request", flow))
    approver.post(address("enable", flow), {"seen": fingerprint(flow)})

    flow.refresh_from_db()
    assert "Prima di poterlo accendere" in said(asked)
    assert 'type="submit" class="cp-button cp-button--main"' not in said(asked)
    assert (flow.requested_at, flow.status) == (None, OFF)


def test_switching_off_says_how_many_wait_and_lets_them_go(world, marketer):
    flow = make_flow(enabled=True)
    entry = make_entry(flow)

    html = said(marketer.get(address("disable", flow)))
    marketer.post(address("disable", flow), {"why": "Il corriere sciopera"})

    entry.refresh_from_db()
    flow.refresh_from_db()
    assert "1 persona aspetta adesso" in html
    assert (flow.status, entry.status) == (OFF, FlowEntry.Status.LEFT)
    assert "Il corriere sciopera" in said(marketer.get(address("change", flow)))


@pytest.mark.parametrize("verb", ["request", "enable", "disable"])
def test_a_second_click_does_nothing_more_and_says_so(flow, marketer, approver, verb):
    client = approver if verb == "enable" else marketer
    if verb == "disable":
        approver.post(address("enable", flow), {"seen": fingerprint(flow)})
    said_with = {"seen": fingerprint(flow)}
    client.post(address(verb, flow), said_with)
    events = flow.events.count()

    answer = client.get(address(verb, flow), follow=True)
    client.post(address(verb, flow), said_with)

    assert "Ora non è possibile" in said(answer)
    # Asking again is harmless, and told: whoever is asked sees the newest request.
    assert flow.events.count() == events + (verb == "request")


def test_a_flow_that_is_gone_is_not_found(world, marketer, approver):
    missing = Flow(pk=404)

    for name in ("people", "compare", "try", "request", "disable"):
        assert marketer.get(address(name, missing)).status_code == 404
    assert approver.get(address("enable", missing)).status_code == 404


def test_one_that_a_machine_stopped_says_why_and_can_be_emptied(world, marketer):
    flow = make_flow(enabled=True)
    entry = make_entry(flow)
    Flow.objects.filter(pk=flow.pk).update(status=OFF, stop_code="template_is_marketing")

    html = said(marketer.get(address("change", flow)))
    marketer.post(address("disable", flow), {"why": ""})

    entry.refresh_from_db()
    assert ">Fermato</span>" in html
    assert "Il suo modello ormai è marketing" in html
    assert entry.status == FlowEntry.Status.LEFT


def test_the_moment_it_was_switched_on_and_by_whom_is_on_the_page(flow, approver):
    approver.post(address("enable", flow), {"seen": fingerprint(flow)})

    assert "acceso da Marco" in said(approver.get(address("change", flow)))
    flow.refresh_from_db()
    assert flow.enabled_at is not None
    assert flow.enabled_at <= timezone.now()
