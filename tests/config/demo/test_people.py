"""The invented people: numbers that exist, consent that the ledger proves."""

from collections import Counter

from audiences.identity import normalise_phone
from audiences.models import ConsentRecord, Contact
from config.demo.trouble import PEOPLE
from spoki.simulator.faults import SUFFIXES

STATES = {"marketing": "whatsapp_marketing", "orders": "order_updates"}


def said_by_ledger() -> dict[tuple[int, str], tuple[str, object]]:
    """The last declaration of each person for each purpose."""
    records = ConsentRecord.objects.order_by("at")
    return {(each.contact_id, each.purpose): (each.state, each.at) for each in records}


def test_every_phone_is_a_number_of_the_country_zone_and_kind_we_keep(demo):
    wrong = []
    for person in Contact.objects.exclude(phone=None):
        phone = normalise_phone(person.phone or "")
        kept = (person.phone, person.country, person.timezone, person.can_receive_whatsapp)
        if kept != (phone.e164, phone.country, phone.zone, phone.can_receive_whatsapp):
            wrong.append(kept)

    assert wrong == []


def test_italian_phones_that_receive_whatsapp_are_mobiles(demo):
    italians = Contact.objects.filter(country="IT", can_receive_whatsapp=True)

    assert {normalise_phone(person.phone or "").kind for person in italians} == {"mobile"}


def test_only_those_with_trouble_have_a_number_that_the_simulator_lets_fail(demo):
    failing = Contact.objects.filter(phone__regex=f"({'|'.join(SUFFIXES)})$")

    assert sorted(person.last_name for person in failing) == sorted(
        person.last_name for person in PEOPLE
    )


def test_some_have_no_phone_some_a_landline_and_some_live_abroad(demo):
    people = Contact.objects

    assert people.filter(phone=None).count() > 10
    assert people.filter(can_receive_whatsapp=False).exclude(phone=None).count() > 10
    assert len(set(people.exclude(country="IT").values_list("timezone", flat=True))) >= 5
    assert set(people.values_list("language", flat=True)) == {"it", "en"}


def test_consent_columns_say_what_the_ledger_says(demo):
    said = said_by_ledger()

    wrong = [
        (person.pk, column)
        for person in Contact.objects.all()
        for column, purpose in STATES.items()
        if (getattr(person, f"{column}_consent"), getattr(person, f"{column}_consent_at"))
        != said.get((person.pk, purpose), ("unknown", None))
    ]

    assert wrong == []


def test_every_state_of_consent_occurs(demo):
    counted = Counter(Contact.objects.values_list("marketing_consent", flat=True))

    assert counted["given"] > counted["unknown"] > counted["withdrawn"] > 20


def test_nobody_declares_anything_in_the_future_or_before_we_knew_her(demo, now):
    assert not ConsentRecord.objects.filter(at__gt=now).exists()
    early = [
        record.pk
        for record in ConsentRecord.objects.exclude(contact__tags=["prova"]).select_related(
            "contact"
        )
        if record.at < record.contact.created_at
    ]
    assert early == []


def test_young_pets_are_puppies_and_kittens(demo, now):
    for person in Contact.objects.filter(attributes__has_key="life_stage"):
        pet = person.attributes
        is_young = pet["birthday"] > f"{now.year - 1}-{now:%m-%d}"
        assert is_young == (pet["life_stage"] in {"cucciolo", "gattino"}), pet
