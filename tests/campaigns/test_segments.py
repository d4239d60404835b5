"""Segments by what people received from us and did with it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from audiences import segments
from audiences.models import Contact
from campaigns.models import Campaign, Lane
from campaigns.segments import bound_campaigns
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment, rules_of
from tests.factories.campaigns import make_campaign, make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def christmas() -> Campaign:
    return make_campaign(name="Natale", status="done")


@pytest.fixture
def easter() -> Campaign:
    return make_campaign(name="Pasqua", status="sending")


def chosen(*rules: Any, mode: str = "all") -> set[str]:
    """First names of the contacts the rules pick."""
    tree = segments.canonical(rules_of(*[list(rule) for rule in rules], mode=mode))
    return set(segments.members(tree, now=NOW).values_list("first_name", flat=True))


@pytest.fixture
def people(christmas: Campaign, easter: Campaign) -> None:
    """What became of Christmas for each; Rita also read Easter, Nuovo was never in a campaign."""
    fates: dict[str, dict[str, Any]] = {
        "Lea": {"status": "read"},
        "Dino": {"status": "delivered"},
        "Rita": {"status": "delivered", "replied_at": NOW},
        "Salvo": {"status": "skipped"},
        "Fabio": {"status": "failed"},
        "Sara": {"status": "sent"},
    }
    for name, fate in fates.items():
        make_message(campaign=christmas, contact=make_contact(first_name=name), **fate)
    rita = Contact.objects.get(first_name="Rita")
    make_message(campaign=easter, contact=rita, status="read")
    make_contact(first_name="Nuovo")


WHO = [
    ("received", "is", "Natale", {"Lea", "Dino", "Rita"}),
    ("received", "is", "Pasqua", {"Rita"}),
    ("received", "is_not", "Natale", {"Salvo", "Fabio", "Sara", "Nuovo"}),
    ("received", "is", "any", {"Lea", "Dino", "Rita"}),
    ("read", "is", "Natale", {"Lea", "Rita"}),
    ("read", "is_not", "any", {"Dino", "Salvo", "Fabio", "Sara", "Nuovo"}),
    ("replied", "is", "Natale", {"Rita"}),
    ("replied", "is", "Pasqua", set()),
    ("replied", "is_not", "any", {"Lea", "Dino", "Salvo", "Fabio", "Sara", "Nuovo"}),
]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("verb", "op", "name", "who"), WHO)
def test_what_became_of_a_campaign_picks(verb: str, op: str, name: str, who: set[str]) -> None:
    value = "any" if name == "any" else str(Campaign.objects.get(name=name).pk)

    assert chosen([f"campaigns.{verb}", op, value]) == who


@pytest.mark.usefixtures("people")
def test_never_replied_are_those_who_received_something_and_answered_nothing() -> None:
    rules = [["campaigns.received", "is", "any"], ["campaigns.replied", "is_not", "any"]]

    assert chosen(*rules) == {"Lea", "Dino"}


def test_a_campaign_without_recipients_cannot_be_named() -> None:
    draft = make_campaign(name="Bozza")

    with pytest.raises(segments.BrokenSegment, match=r"Scegli|Choose"):
        segments.canonical(rules_of(["campaigns.read", "is", str(draft.pk)]))


def test_the_sentence_names_the_campaign(christmas: Campaign) -> None:
    rules = rules_of(["campaigns.replied", "is_not", str(christmas.pk)])

    with override("it"):
        assert segments.describe(rules) == "Non ha risposto a “Natale”."
    with override("en"):
        assert segments.describe(rules) == "Has not replied to “Natale”."


@pytest.mark.parametrize(
    ("fate", "is_rested"),
    [
        ({"sending_at": NOW - timedelta(days=30)}, False),
        ({"sending_at": NOW - timedelta(days=30, seconds=1)}, True),
        ({"sending_at": NOW, "status": "failed"}, True),
        ({"sending_at": NOW, "status": "unknown"}, False),
        ({"sending_at": NOW, "lane": Lane.TRANSACTIONAL}, True),
    ],
)
def test_whoever_got_no_marketing_for_thirty_days_has_rested(
    christmas: Campaign, fate: dict[str, Any], is_rested: bool
) -> None:
    contact = make_contact(first_name="Lea")
    make_message(campaign=christmas, contact=contact, **{"status": "delivered"} | fate)

    found = chosen(["campaigns.not_written_within_days", "is", 30])

    assert found == ({"Lea"} if is_rested else set())


@pytest.mark.parametrize("status", ["in_review", "approved"])
def test_a_segment_handed_in_or_approved_is_changed_only_by_copy(status: str) -> None:
    campaign = make_campaign(name="Befana", status=status)
    segment = campaign.segment
    assert segment is not None

    with pytest.raises(segments.SegmentInUse, match="Befana"):
        segments.save_segment(
            name="Altro", rules=rules_of(["contact.language", "is", "de"]), by=None, segment=segment
        )

    segment.refresh_from_db()
    assert (segment.current.number, segment.name != "Altro") == (1, True)


def test_an_excluded_segment_is_in_use_too() -> None:
    outsiders = make_segment()
    make_campaign(name="Befana", status="approved", exclude=[outsiders])

    assert bound_campaigns(outsiders.segment) == ["Befana"]


@pytest.mark.parametrize("status", ["draft", "rejected", "sending", "done"])
def test_what_is_still_written_or_already_frozen_does_not_hold_a_segment(status: str) -> None:
    campaign = make_campaign(status=status)
    assert campaign.segment is not None

    saved = segments.save_segment(
        name="Tedeschi",
        rules=rules_of(["contact.language", "is", "de"]),
        by=None,
        segment=campaign.segment,
    )

    assert saved.number == 2
