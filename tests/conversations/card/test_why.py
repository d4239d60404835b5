"""Why somebody got a campaign, or did not."""

from datetime import timedelta

import pytest

from audiences.consent import record_consent, withdraw_consent
from audiences.merging import merge_contacts
from campaigns.models import FlowEntry
from conversations.card.received import campaign_lines, flow_lines
from conversations.card.why import why
from tests.conftest import NOW
from tests.conversations.card.steps import card_of
from tests.factories.audiences import make_contact, make_segment, make_snapshot, rules_of
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.flows import make_entry, make_flow

pytestmark = pytest.mark.django_db
BEFORE = NOW - timedelta(days=3)
VIPS = rules_of(["contact.language", "is", "it"], ["contact.tag", "has", "vip"])


@pytest.fixture
def known(sara):
    """A customer of long standing, who agreed before the campaign."""
    contact = make_contact(marketing_consent_at=BEFORE, tags=["vip"])
    type(contact).objects.filter(pk=contact.pk).update(created_at=BEFORE)
    contact.refresh_from_db()
    return contact


def launched(*, rules=VIPS, contacts=(), held_out=(), **changes):
    version = make_segment(rules=rules)
    snapshot = make_snapshot(contacts, held_out=held_out, segment_version=version)
    return make_campaign(status="sending", segment_version=version, snapshot=snapshot, **changes)


def told(contact, campaign):
    return why(contact=contact, campaign=campaign, now=NOW)


def test_who_read_it_is_told_when(known):
    campaign = launched(contacts=[known])
    make_message(contact=known, campaign=campaign, status="read", delivered_at=NOW, read_at=NOW)

    verdict = told(known, campaign)

    assert (verdict.headline, verdict.tone) == ("Ricevuto e letto.", "good")
    assert [label for label, _at in verdict.moments] == ["In coda", "Partito", "Consegnato", "Letto"]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "reason", "headline", "because"),
    [
        ("skipped", "consent_withdrawn", "Non ricevuto.", "Si è disiscritt"),
        ("skipped", "frequency_cap", "Non ricevuto.", "abbastanza"),
        ("failed", "undeliverable", "Non ricevuto.", "WhatsApp"),
        ("expired", "send_before_passed", "Non ricevuto.", "momento utile"),
        ("unknown", "no_answer", "Non si sa se è partito.", "Spoki"),
    ],
)
def test_who_did_not_get_it_is_told_the_reason_in_the_outbox(
    known, status, reason, headline, because
):
    campaign = launched(contacts=[known])
    make_message(contact=known, campaign=campaign, status=status, reason=reason, sending_at=NOW)

    verdict = told(known, campaign)

    assert verdict.headline == headline
    assert because in verdict.because[0]


def test_a_failure_shows_the_code_in_spokis_words(known):
    campaign = launched(contacts=[known])
    make_message(
        contact=known, campaign=campaign, status="failed", reason="undeliverable", error_code="131026", error_text="Message undeliverable",
    )  # fmt: skip

    assert "Parole di Spoki: 131026 Message undeliverable" in told(known, campaign).because


def test_who_waits_in_a_paused_campaign_is_told_so(known):
    campaign = launched(contacts=[known])
    type(campaign).objects.filter(pk=campaign.pk).update(status="paused")
    campaign.refresh_from_db()
    make_message(contact=known, campaign=campaign)

    verdict = told(known, campaign)

    assert verdict.headline == "Aspetta il suo turno: non è ancora partito nulla."
    assert verdict.because == ("La campagna è in pausa.",)


def test_the_control_group_is_told_so(known):
    campaign = launched(contacts=[known], held_out=[known])

    assert told(known, campaign).headline == "Non ricevuto: nel gruppo di controllo."


def test_who_did_not_meet_a_condition_is_told_which(known):
    type(known).objects.filter(pk=known.pk).update(tags=["cane"])
    make_contact(tags=["vip"])
    campaign = launched()

    verdict = told(known, campaign)

    assert verdict.headline.startswith("Non ricevuto: non era tra i destinatari")
    assert verdict.because == ("Le condizioni del segmento non sono soddisfatte (qui sotto).",)
    (group,) = verdict.groups
    assert (group.mode, group.holds) == ("all", False)
    assert [condition.holds for condition in group.conditions] == [True, False]
    assert "vip" in group.conditions[1].text


def test_a_condition_that_excludes_is_met_by_who_has_not_what_it_names(known):
    campaign = launched(rules=rules_of(["contact.tag", "has", "vip"], mode="none"))

    (group,) = told(known, campaign).groups

    assert (group.mode, group.holds) == ("none", False)
    assert group.conditions[0].holds is True


def test_who_had_unsubscribed_by_then_is_told_since_when_and_where(known):
    withdraw_consent(contact=known, source="whatsapp", at=NOW - timedelta(hours=5), now=NOW - timedelta(hours=5))  # fmt: skip
    campaign = launched()
    record_consent(
        contact=known, purpose="whatsapp_marketing", state="given", source="negozio", evidence="modulo", at=NOW + timedelta(hours=1), now=NOW + timedelta(hours=1),
    )  # fmt: skip

    assert told(known, campaign).because == ("Disiscritto prima: 05:30, WhatsApp.",)


def test_who_agreed_only_after_the_freeze_had_given_no_consent_by_then(sara):
    late = make_contact(marketing_consent="unknown", tags=["vip"])
    type(late).objects.filter(pk=late.pk).update(created_at=BEFORE)
    campaign = launched()
    record_consent(
        contact=late, purpose="whatsapp_marketing", state="given", source="negozio", evidence="modulo", at=NOW, now=NOW + timedelta(minutes=1),
    )  # fmt: skip
    late.refresh_from_db()

    assert told(late, campaign).because == ("Fino ad allora non c'era un consenso al marketing.",)


def test_who_became_a_contact_later_is_told_so(known):
    campaign = launched()
    type(known).objects.filter(pk=known.pk).update(created_at=NOW + timedelta(days=1))
    known.refresh_from_db()

    assert told(known, campaign).because[0].startswith("È un contatto solo dal 24/11/2026 10:30")


def test_who_had_been_written_to_often_enough_is_told_how_often(known):
    make_message(contact=known, campaign=make_campaign(status="sending"), status="delivered", sending_at=NOW - timedelta(hours=2))  # fmt: skip
    campaign = launched()

    assert told(known, campaign).because == (
        "Aveva già ricevuto abbastanza: 1 messaggio di marketing in 24 ore.",
    )


def test_what_was_sent_after_the_freeze_was_no_reason_then(known):
    make_message(contact=known, campaign=make_campaign(status="sending"), status="delivered", sending_at=NOW + timedelta(hours=2))  # fmt: skip
    campaign = launched()

    assert told(known, campaign).because == (
        "Con i dati di oggi questo cliente sarebbe tra i destinatari: ciò che lo impediva è cambiato da allora.",
    )


def test_who_is_in_a_segment_that_is_left_out_is_told_so(known):
    others = make_segment(rules=rules_of(["contact.tag", "has", "vip"]))
    campaign = launched(exclude=[others])

    assert told(known, campaign).because == ("In un segmento che la campagna esclude.",)


def test_who_has_no_phone_is_told_so(known):
    type(known).objects.filter(pk=known.pk).update(phone=None, can_receive_whatsapp=False)
    known.refresh_from_db()

    assert told(known, launched()).because == ("Non c'è un telefono.",)


def test_a_campaign_that_is_not_launched_says_what_would_be(known):
    make_contact(tags=["gatto"])
    ready = make_campaign(segment_version=make_segment(rules=VIPS))
    for_others = make_campaign(segment_version=make_segment(rules=rules_of(["contact.tag", "has", "gatto"])))  # fmt: skip

    assert told(known, ready).headline.endswith("la riceverebbe.")
    assert told(known, for_others).headline.endswith("non la riceverebbe.")


def test_a_segment_whose_rule_means_nothing_any_more_says_so(known):
    campaign = launched(rules=rules_of(["contact.tag", "has", "vip"]))
    type(known).objects.filter(pk=known.pk).update(tags=[])

    verdict = told(known, campaign)

    assert verdict.groups[0].holds is False
    assert "vip" in verdict.because[0]


def test_a_message_to_a_double_is_the_persons(known):
    double = make_contact()
    campaign = launched(contacts=[double])
    make_message(contact=double, campaign=campaign, status="delivered")
    merge_contacts(survivor=known, merged=double, by=None, now=NOW)

    assert told(known, campaign).headline == "Ricevuto, non ancora letto."


def test_the_overview_has_a_line_for_each_campaign_and_each_flow(known):
    got = launched(contacts=[known], name="Natale")
    make_message(contact=known, campaign=got, status="read")
    launched(contacts=[known], held_out=[known], name="Pasqua")
    launched(name="Estate")
    make_entry(
        make_flow(enabled=True), contact=known, status=FlowEntry.Status.LEFT, reason="no_consent"
    )

    lines = {line.name: line.text for line in campaign_lines(known)}

    assert lines == {
        "Natale": "Ricevuto e letto.",
        "Pasqua": "Nel gruppo di controllo: non riceve.",
        "Estate": "Non tra i destinatari.",
    }
    assert [line.name for line in campaign_lines(known, wanted="pasq")] == ["Pasqua"]
    assert [line.tone for line in flow_lines(known)] == ["warn"]


def test_the_page_tells_one_campaign_in_full(browser, known):
    campaign = launched(contacts=[known], held_out=[known], name="Natale")

    page = browser.get(card_of(known, "customer-why", campaign=campaign.pk)).content.decode()

    assert "Non ricevuto: nel gruppo di controllo." in page
    assert card_of(known) in page


@pytest.mark.parametrize("campaign", ["999999", "x", "9" * 40])
def test_there_is_nothing_to_tell_of_a_campaign_that_is_not_there(browser, known, campaign):
    assert browser.get(card_of(known, "customer-why", campaign=campaign)).status_code == 404
