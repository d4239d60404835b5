"""Reading the templates: what is new, what changed, what is gone."""

from datetime import timedelta

import pytest

import spoki
from templates_sync import runs
from templates_sync.models import SyncRun, Template, TemplateVersion
from templates_sync.sync import MOST_LOOKS, request_sync, sync_templates
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version
from tests.templates_sync.gateway import Listing, localization, template

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)


def sync(*listed, at=NOW, error=None, slipped=()):
    listing = Listing(*listed, error=error, slipped=slipped)
    return sync_templates(gateway=listing, now=at, clock=lambda: at)


def taken_up():
    """A read that a worker has taken up at NOW."""
    run = runs.open_run(trigger=SyncRun.Trigger.PERSON, now=NOW)
    assert runs.claim(run, now=NOW)
    return run


def found(run):
    rows = run.findings.order_by("pk").values_list("template__name", "kind", "was", "became")
    return list(rows)


def counts(run):
    return (run.new, run.changed, run.unchanged, run.gone)


def body(text):
    return {"body_template_component": {"format": None, "text": text}}


def test_a_template_seen_for_the_first_time_becomes_version_one():
    run = sync(template())

    version = TemplateVersion.objects.get()
    assert counts(run) == (1, 0, 0, 0)
    assert run.is_complete
    assert str(version) == "promo_umido (it) v1"
    assert version.template.spoki_id == 1001
    assert (version.status, version.category) == ("approved", "marketing")
    assert version.requested_category == "marketing"
    assert version.body == "Ciao %%FIRST_NAME%%, sconto 20%."
    assert version.footer == "Rispondi STOP"
    assert version.variables == ["FIRST_NAME"]
    assert version.examples == {"FIRST_NAME": "Ada"}
    assert version.raw["id"] == 11
    assert version.last_seen_at == NOW


def test_header_and_buttons_are_kept_with_their_variables():
    sync(
        template(
            localization(
                header_template_component={"format": "TEXT", "text": "Per %%PET_NAME%%"},
                templatebuttoncomponent_set=[
                    {"order": 1, "button_type": "quick_reply", "text": "Stop"},
                    {"order": 0, "button_type": "url", "text": "Vai", "url": "https://x/%%CODE%%"},
                ],
            )
        )
    )

    version = TemplateVersion.objects.get()
    assert version.header == {"format": "text", "text": "Per %%PET_NAME%%"}
    assert [button["text"] for button in version.buttons] == ["Vai", "Stop"]
    assert version.variables == ["PET_NAME", "FIRST_NAME", "CODE"]


@pytest.mark.parametrize(
    "written", [{"format": None, "text": None}, {"format": "TEXT", "text": ""}]
)
def test_a_header_without_a_word_is_no_header(written):
    sync(template())

    run = sync(template(localization(header_template_component=written)), at=LATER)

    assert counts(run) == (0, 0, 1, 0)
    assert TemplateVersion.objects.get().header is None


def test_buttons_numbered_otherwise_are_the_same_text():
    row = {"button_type": "quick_reply", "text": "Stop"}
    sync(template(localization(templatebuttoncomponent_set=[row | {"order": 0}])))

    run = sync(template(localization(templatebuttoncomponent_set=[row | {"order": 1}])), at=LATER)

    assert counts(run) == (0, 0, 1, 0)


def test_the_same_content_read_again_adds_no_row():
    sync(template())

    run = sync(template(), at=LATER)

    version = TemplateVersion.objects.get()
    assert counts(run) == (0, 0, 1, 0)
    assert (version.first_seen_at, version.last_seen_at) == (NOW, LATER)


def test_changed_content_becomes_a_new_version_and_the_old_one_is_kept():
    sync(template())

    run = sync(template(localization(**body("Nuovo testo"))), at=LATER)

    old, new = TemplateVersion.objects.order_by("number")
    assert counts(run) == (0, 1, 0, 0)
    assert (old.body, old.superseded_at) == ("Ciao %%FIRST_NAME%%, sconto 20%.", LATER)
    assert (new.number, new.body, new.superseded_at) == (2, "Nuovo testo", None)


def test_content_that_goes_back_to_an_earlier_text_is_a_new_version_again():
    sync(template())
    sync(template(localization(**body("Nuovo testo"))), at=LATER)

    sync(template(), at=LATER + timedelta(minutes=10))

    numbers = TemplateVersion.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3]
    assert TemplateVersion.objects.current().get().number == 3


def test_each_language_is_a_template_of_its_own():
    sync(template(localization(), localization(id=12, language="EN", **body("Hi"))))

    assert sorted(Template.objects.values_list("spoki_id", "language")) == [
        (1001, "en"),
        (1001, "it"),
    ]


def test_a_change_of_status_is_noted_on_the_same_version():
    sync(template(localization(status="PENDING"), is_approved=False))

    sync(template(localization(status="REJECTED", rejection_reason="SCAM")), at=LATER)

    version = TemplateVersion.objects.get()
    assert (version.status, version.rejection_reason) == ("rejected", "SCAM")
    assert version.status_changed_at == LATER


def test_a_template_missing_from_a_complete_read_is_gone_and_kept():
    sync(template(), template(id=1002, name="altro"))

    run = sync(template(), at=LATER)

    gone = Template.objects.get(spoki_id=1002)
    assert counts(run) == (0, 0, 1, 1)
    assert gone.gone_at == LATER
    assert gone.versions.count() == 1
    assert Template.objects.get(spoki_id=1001).gone_at is None


def test_a_language_missing_from_a_complete_read_is_gone():
    sync(template(localization(), localization(id=12, language="en")))

    sync(template(localization()), at=LATER)

    assert Template.objects.get(language="en").gone_at == LATER
    assert Template.objects.get(language="it").gone_at is None


def test_a_template_that_comes_back_is_no_longer_gone():
    sync(template(), template(id=1002, name="altro"))
    sync(template(), at=LATER)

    run = sync(template(), template(id=1002, name="altro"), at=LATER + timedelta(minutes=10))

    assert counts(run) == (0, 0, 2, 0)
    assert Template.objects.get(spoki_id=1002).gone_at is None


def test_a_template_prepared_here_is_never_gone():
    draft = make_version(template=make_template(spoki_id=None), last_seen_at=NOW)

    sync(template(), at=LATER)

    draft.template.refresh_from_db()
    assert draft.template.gone_at is None


def test_a_name_changed_on_spoki_is_followed():
    sync(template())

    sync(template(name="promo_umido_v2"), at=LATER)

    assert Template.objects.get().name == "promo_umido_v2"


def test_a_read_older_than_what_is_stored_changes_nothing():
    sync(template(), at=LATER)

    run = sync(template(localization(**body("Vecchio testo"))), at=NOW)

    assert counts(run) == (0, 0, 1, 0)
    assert TemplateVersion.objects.get().body == "Ciao %%FIRST_NAME%%, sconto 20%."


def test_what_a_read_found_is_told_by_template():
    first = sync(template(category="UTILITY"), template(id=1002, name="altro"))
    second = sync(template(localization(status="PAUSED"), name="promo_bis"), at=LATER)

    assert found(first) == [
        ("promo_bis", "new", "", "approved"),
        ("altro", "new", "", "approved"),
    ]
    assert found(second) == [
        ("promo_bis", "renamed", "promo_umido", "promo_bis"),
        ("promo_bis", "status", "approved", "paused"),
        ("promo_bis", "category", "utility", "marketing"),
        ("altro", "gone", "", ""),
    ]


def test_a_new_text_and_a_return_are_told():
    sync(template(), template(id=1002, name="altro"))
    sync(template(), at=LATER)

    run = sync(
        template(localization(**body("Nuovo testo"))),
        template(id=1002, name="altro"),
        at=LATER + timedelta(minutes=10),
    )

    assert found(run) == [("promo_umido", "changed", "1", "2"), ("altro", "back", "", "")]


def test_a_read_that_finds_nothing_new_keeps_no_findings():
    sync(template())

    assert found(sync(template(), at=LATER)) == []


def test_two_templates_with_one_name_stay_apart():
    sync(template(), template(id=1002))
    assert sorted(Template.objects.values_list("spoki_id", "name")) == [
        (1001, "promo_umido"),
        (1002, "promo_umido"),
    ]

    sync(template(), template(localization(status="PAUSED"), id=1002), at=LATER)

    statuses = TemplateVersion.objects.current().values_list("template__spoki_id", "status")
    assert sorted(statuses) == [(1001, "approved"), (1002, "paused")]


def test_of_two_templates_with_one_name_only_the_missing_one_is_gone():
    sync(template(), template(id=1002))

    sync(template(id=1002), at=LATER)

    assert Template.objects.get(spoki_id=1001).gone_at == LATER
    assert Template.objects.get(spoki_id=1002).gone_at is None


def test_a_renamed_template_is_the_same_one_with_its_versions():
    sync(template())
    before = Template.objects.get()

    run = sync(template(name="promo_umido_v2"), at=LATER)

    assert Template.objects.get().pk == before.pk
    assert TemplateVersion.objects.get().number == 1
    assert counts(run) == (0, 0, 1, 0)


def test_a_template_that_slipped_between_two_pages_is_looked_for_and_not_gone():
    sync(template(), template(id=1002, name="scivolato"))

    slipped = template(localization(status="PAUSED"), id=1002, name="scivolato")
    run = sync(template(), at=LATER, slipped=[slipped])

    assert (counts(run), run.is_complete) == ((0, 0, 2, 0), True)
    assert Template.objects.get(spoki_id=1002).gone_at is None
    assert TemplateVersion.objects.get(template__spoki_id=1002).status == "paused"


def test_more_missing_templates_than_one_read_may_look_for_are_left_to_the_next():
    many = [template(id=2000 + number, name=f"t{number}") for number in range(MOST_LOOKS + 2)]
    sync(template(), *many)

    first = sync(template(), at=LATER)
    second = sync(template(), at=LATER + timedelta(minutes=10))

    assert (first.gone, first.unread, first.is_complete) == (MOST_LOOKS, 2, True)
    assert (second.gone, second.unread) == (2, 0)


def test_a_spoki_that_fails_at_a_look_leaves_the_missing_ones_as_they_are():
    sync(template(), template(id=1002, name="altro"))
    listing = Listing(template(), look_error=spoki.SpokiUnreachable("template"))

    run = sync_templates(gateway=listing, now=LATER, clock=lambda: LATER)

    assert (run.error, run.gone, run.unread) == ("unreachable", 0, 1)
    assert Template.objects.filter(gone_at__isnull=False).count() == 0


def test_a_read_is_asked_for_once_at_a_time():
    request_sync(now=NOW)

    assert request_sync(now=NOW + timedelta(seconds=59)) is None
    assert SyncRun.objects.count() == 1


def test_a_read_that_no_worker_took_up_wakes_one_again_and_stays_one():
    asked = request_sync(now=NOW)

    assert request_sync(now=NOW + timedelta(minutes=2)) == asked
    assert SyncRun.objects.count() == 1


def test_a_read_under_way_is_not_taken_by_a_second_worker():
    run = taken_up()

    assert runs.claim(run, now=NOW) is False
    assert request_sync(now=NOW + timedelta(minutes=2)) is None


def test_a_read_whose_worker_died_is_closed_with_what_it_had_stored():
    run = taken_up()
    runs.note(run, {"new": 20}, now=NOW + timedelta(minutes=1))

    later = NOW + timedelta(minutes=7)
    follower = sync(template(), at=later)

    run.refresh_from_db()
    assert (run.error, run.new, run.finished_at) == (
        "interrupted",
        20,
        NOW + timedelta(minutes=6),
    )
    assert (follower.pk != run.pk, follower.is_complete) == (True, True)


def test_a_worker_that_was_given_up_does_not_write_over_the_end_of_its_read():
    run = taken_up()
    runs.close_lost(now=NOW + timedelta(minutes=6))

    runs.finish(run, {"new": 99}, now=NOW + timedelta(minutes=9))

    assert (run.error, run.new) == ("interrupted", 0)


def test_old_reads_are_forgotten_but_the_last_ones_and_those_that_found_something_stay():
    with_news = sync(template())
    for days in (1, 2, 3):
        sync(template(), at=NOW + timedelta(days=days))

    last = sync(template(), at=NOW + timedelta(days=10))

    assert set(SyncRun.objects.all()) == {with_news, last}
    sync(template(), at=NOW + timedelta(days=200))
    assert not SyncRun.objects.filter(pk=with_news.pk).exists()
