"""What an entry of the timeline says: who wrote it, what it is, how it stands, what is wrong."""

from dataclasses import replace

import pytest

from campaigns.models import FlowTest, OutboundMessage
from campaigns.reasons import sentence
from conversations.models import MediaFile, Message
from conversations.timeline import FileShown, timeline_page
from tests.conftest import NOW
from tests.conversations.payloads import after
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_user
from tests.factories.conversations import make_by_others, make_inbound, make_reply, make_sent
from tests.factories.flows import make_entry, make_flow
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def giulia():
    return make_contact(first_name="Giulia", last_name="Rossi")


@pytest.fixture
def version():
    return make_version(
        number=3,
        template=make_template(name="promo_umido", spoki_id=777),
        header={"format": "text", "text": "Solo oggi"},
        buttons=[{"order": 0, "type": "quick_reply", "text": "Mi interessa", "url": ""}],
    )


def only(contact):
    (entry,) = timeline_page(contact=contact, now=NOW).entries
    return entry


def test_a_customer_is_called_by_name(giulia):
    make_inbound(contact=giulia, text="Ciao")

    entry = only(giulia)

    assert (entry.author, entry.author_kind, entry.is_inbound) == ("Giulia Rossi", "customer", True)
    assert (entry.kind, entry.text, entry.status, entry.source) == ("text", "Ciao", "", "webhook")


def test_a_campaigns_message_names_campaign_and_version(giulia, version):
    campaign = make_campaign(name="Natale", status="done", template_version=version)
    make_sent(contact=giulia, campaign=campaign, template_version=version)

    entry = only(giulia)

    assert entry.author == "Natale · promo_umido, versione 3"
    assert (entry.author_kind, entry.details["campaign"]) == ("campaign", campaign.pk)
    assert entry.link == f"/admin/campaigns/campaign/{campaign.pk}/change/"
    assert (entry.kind, entry.details["header"], entry.buttons) == (
        "template",
        "Solo oggi",
        ("Mi interessa",),
    )
    assert entry.text == "Ciao Giulia, oggi *sconto 20%* su tutto l'umido."


def test_a_flows_message_names_the_flow(giulia):
    flow = make_flow(name="Conferma contrassegno", enabled=True)
    sent = make_sent(contact=giulia, template_version=flow.template_version)
    make_entry(flow, contact=giulia, status="queued", message=sent)

    entry = only(giulia)

    assert entry.author.startswith("Conferma contrassegno · ")
    assert (entry.author_kind, entry.details["flow"]) == ("flow", flow.pk)


def test_the_test_of_a_flow_is_said_to_be_one(giulia):
    flow, sent = make_flow(name="Carrello"), make_sent(contact=giulia)
    FlowTest.objects.create(flow=flow, message=sent, by=make_user(), at=NOW)

    entry = only(giulia)

    assert entry.author.startswith("Prova di «Carrello»")
    assert entry.author_kind == "system"


def test_an_answer_names_the_agent(giulia):
    make_reply(contact=giulia, by=make_user(first_name="Sara", last_name="Neri"), text="Parte oggi")

    entry = only(giulia)

    assert (entry.author, entry.author_kind, entry.kind) == ("Sara Neri", "agent", "text")


def test_what_the_shop_answers_by_itself_is_nobodys(giulia):
    make_sent(contact=giulia, kind="text", lane=0, text="Fatto", params={})

    assert (only(giulia).author, only(giulia).author_kind) == ("Risposta automatica", "system")


def test_buttons_of_a_text_are_shown(giulia):
    make_reply(contact=giulia, text="Quando?", params={"buttons": ["Mattina", {"text": "Sera"}]})

    assert only(giulia).buttons == ("Mattina", "Sera")


def test_who_wrote_on_spoki_is_not_guessed(giulia):
    make_by_others(contact=giulia)

    assert only(giulia).author == "Da Spoki (operatore o automazione)"
    assert only(giulia).author_kind == "automation"


def test_a_template_that_others_sent_is_named(giulia, version):
    make_by_others(contact=giulia, template_id=777)

    assert only(giulia).author == "Da Spoki · promo_umido"
    assert only(giulia).kind == "template"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("queued", "queued"),
        ("sending", "sending"),
        ("accepted", "sending"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("unknown", "unknown"),
        ("skipped", "skipped"),
        ("expired", "skipped"),
        ("failed", "failed"),
    ],
)
def test_each_state_of_ours_is_shown_and_told_exactly(giulia, status, shown):
    make_sent(contact=giulia, status=status)

    assert (only(giulia).status, only(giulia).word) == (shown, status)


def test_what_failed_says_why_and_under_which_code(giulia):
    make_sent(
        contact=giulia, status="failed", reason="undeliverable", error_code="whatsapp::131026"
    )

    assert only(giulia).problem.startswith("Non raggiungibile su WhatsApp. ")
    assert only(giulia).problem.endswith(" (codice whatsapp::131026)")


def test_what_was_skipped_is_grey_and_says_why(giulia):
    make_sent(
        contact=giulia,
        status="skipped",
        sending_at=None,
        ended_at=after(minutes=3),
        reason="consent_withdrawn",
    )

    entry = only(giulia)

    assert entry.is_grey
    assert entry.problem.startswith("Si è disiscritto prima che il messaggio partisse. ")
    assert entry.at == after(minutes=3)


def test_a_failure_without_a_reason_still_says_something(giulia):
    make_sent(contact=giulia, status="failed")

    assert only(giulia).problem.startswith("Spoki non dice perché.")


def test_what_waits_for_something_says_for_what(giulia):
    make_sent(contact=giulia, status="queued", sending_at=None, reason="throttled")

    assert only(giulia).problem == sentence("throttled")


def test_what_others_sent_and_failed_says_why(giulia):
    make_by_others(contact=giulia, status="failed", error_code="whatsapp::131047")

    assert only(giulia).status == "failed"
    assert "24 ore" in only(giulia).problem


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"content_type": "audio"}, "audio"),
        ({"content_type": "button", "payload": "confirm:1"}, "button"),
        ({"content_type": ""}, "text"),
        ({"content_type": "", "text": ""}, "unsupported"),
        ({"content_type": "unsupported"}, "unsupported"),
    ],
)
def test_what_a_customer_wrote_is_told_in_our_words(giulia, changes, kind):
    make_inbound(contact=giulia, **changes)

    assert only(giulia).kind == kind


def test_what_others_sent_by_a_template_is_called_so(giulia):
    make_by_others(contact=giulia, content_type="text", template_id=7)

    assert only(giulia).kind == "template"


def test_a_file_is_shown_as_it_stands(giulia):
    message = make_inbound(contact=giulia, content_type="image", media=[{"url": "https://x.it/a"}])
    kept = MediaFile.objects.create(
        message=message,
        state="kept",
        file="received/a.jpg",
        content_type="image/jpeg",
        name="argo.jpg",
        size=1200,
        due_at=NOW,
    )

    (file,) = only(giulia).files

    assert (file.pk, file.name, file.size) == (kept.pk, "argo.jpg", 1200)
    assert file.is_there
    assert file.is_picture
    assert file.problem == ""


@pytest.mark.parametrize("content_type", ["image/heic", "image/tiff", "image/svg+xml"])
def test_what_browsers_do_not_show_is_no_picture(content_type):
    picture = FileShown(pk=1, name="", content_type="image/webp", size=0, state="kept")

    assert picture.is_picture
    assert not replace(picture, content_type=content_type).is_picture


@pytest.mark.parametrize(
    ("state", "reason", "may_ask"), [("waiting", "", False), ("failed", "too_slow", True)]
)
def test_a_file_that_is_not_there_has_its_place_and_says_why(giulia, state, reason, may_ask):
    message = make_inbound(contact=giulia, content_type="document")
    MediaFile.objects.create(
        message=message, state=state, reason=reason, name="fattura.pdf", source="x", due_at=NOW
    )

    (file,) = only(giulia).files

    assert (file.name, file.is_there, file.url) == ("fattura.pdf", False, "")
    assert file.may_ask_again is may_ask
    assert file.problem


def test_an_answer_quotes_what_it_answers(giulia):
    make_reply(contact=giulia, text="Che taglia?", provider_uuid="e" * 32, at=after(minutes=-2))
    make_inbound(contact=giulia, text="La M", reply_to="e" * 32)

    quoted = [entry.quoted for entry in timeline_page(contact=giulia, now=NOW).entries]

    assert quoted == ["", "Che taglia?"]


def test_an_answer_to_what_is_not_here_says_so(giulia):
    make_inbound(contact=giulia, reply_to="e" * 32)

    assert only(giulia).quoted == "un messaggio che qui non c'è"


def test_nobody_elses_words_are_quoted(giulia):
    make_inbound(text="Un segreto", uuid="e" * 32)
    make_inbound(contact=giulia, reply_to="e" * 32)

    assert only(giulia).quoted == "un messaggio che qui non c'è"


def test_of_an_erased_person_no_form_without_values_is_shown(giulia):
    sent = make_sent(contact=giulia)
    OutboundMessage.objects.filter(pk=sent.pk).update(phone="", params={})

    assert only(giulia).text == "Cancellato su richiesta della persona."


def test_what_a_message_asks_of_marketing_is_told(giulia):
    make_inbound(contact=giulia, text="STOP", opt_out=Message.OptOut.STOP)

    assert only(giulia).details["opt_out"] == "stop"
