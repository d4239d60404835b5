"""What Spoki may answer instead of a list of sound templates, and what becomes of it."""

from datetime import timedelta

import pytest
import responses

import spoki
from templates_sync.models import SyncRun, Template, TemplateVersion
from templates_sync.report import report_of
from templates_sync.runs import spoki_asks_to_wait
from templates_sync.sendable import reasons_not_sendable
from templates_sync.sync import sync_templates
from tests.conftest import NOW
from tests.templates_sync.gateway import Listing, localization, template

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)


def sync(*listed, at=NOW, error=None):
    return sync_templates(gateway=Listing(*listed, error=error), now=at, clock=lambda: at)


def codes():
    version = TemplateVersion.objects.get()
    return [reason.code for reason in reasons_not_sendable(version, now=NOW)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (spoki.SpokiAuthError("templates", status=401), "key_refused"),
        (spoki.SpokiUnreachable("templates"), "unreachable"),
        (spoki.SpokiServerError("templates", status=502), "unreachable"),
        (spoki.SpokiThrottled("templates", status=429, retry_after=60), "throttled"),
        (spoki.SpokiProtocolError("templates", field="results"), "unreadable"),
        (spoki.SpokiRefused("templates", code="spoki::1029"), "refused"),
        (spoki.SpokiNotFound("templates", status=404), "refused"),
    ],
)
def test_a_read_that_fails_says_why_and_takes_nothing_away(error, code):
    sync(template())

    run = sync(error=error, at=LATER)

    assert (run.error, run.is_complete, run.gone) == (code, False, 0)
    assert run.finished_at == LATER
    assert Template.objects.get().gone_at is None
    assert TemplateVersion.objects.get().status == "approved"


def test_a_read_that_breaks_half_way_keeps_what_it_read_and_marks_nothing_gone():
    sync(template(), template(id=1002, name="seconda_pagina"))

    run = sync(
        template(localization(status="PAUSED")),
        template(id=1003, name="nuovo"),
        error=spoki.SpokiUnreachable("templates"),
        at=LATER,
    )

    assert (run.new, run.unchanged, run.gone, run.error) == (1, 1, 0, "unreachable")
    assert run.unread == 1
    assert run.unread_templates == [Template.objects.get(spoki_id=1002).pk]
    assert TemplateVersion.objects.get(template__spoki_id=1001).status == "paused"
    assert Template.objects.filter(gone_at__isnull=False).count() == 0
    assert TemplateVersion.objects.get(template__spoki_id=1002).last_seen_at == NOW


def test_a_failed_read_does_not_pass_for_a_confirmation():
    sync(template())

    sync(error=spoki.SpokiAuthError("templates", status=401), at=LATER)

    version = TemplateVersion.objects.get()
    reasons = reasons_not_sendable(version, now=NOW + timedelta(minutes=16), require_fresh=True)
    assert [reason.code for reason in reasons] == ["stale"]


def test_an_account_without_any_template_marks_nothing_gone():
    sync(template())

    run = sync(at=LATER)

    assert run.error == "empty"
    assert Template.objects.get().gone_at is None


def test_an_account_that_never_had_templates_is_read_without_error():
    assert sync().is_complete


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("DRAFT", "draft"),
        ("PENDING", "pending"),
        ("REVIEW", "pending"),
        ("Rejected", "rejected"),
        ("PAUSED", "paused"),
        ("DISABLED", "disabled"),
        ("ARCHIVED", "unknown"),
        (7, "unknown"),
    ],
)
def test_a_language_that_is_not_approved_is_not_sendable_although_the_template_is(word, status):
    sync(template(localization(status=word)))

    assert TemplateVersion.objects.get().status == status
    assert codes() == [status]


def test_a_status_we_do_not_know_is_kept_as_spoki_wrote_it():
    sync(template(localization(status="ARCHIVED")))

    assert TemplateVersion.objects.get().raw["status"] == "ARCHIVED"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"is_approved": True}, "approved"),
        ({"is_approved": False}, "unknown"),
        ({"is_approved": False, "status": 4}, "approved"),
        ({"is_approved": True, "status": 3}, "rejected"),
    ],
)
def test_a_language_without_a_status_has_the_one_of_its_template(changes, status):
    sync(template(localization(status=None), **changes))

    assert TemplateVersion.objects.get().status == status


def test_a_template_stopped_as_a_whole_stops_its_approved_language():
    sync(template(localization(), status="DISABLED"))

    assert codes() == ["disabled"]


def test_a_language_that_cannot_be_read_any_more_is_not_sendable_and_not_gone():
    sync(template())

    run = sync(template(localization(body_template_component=["odd"])), at=LATER)

    version = TemplateVersion.objects.get()
    assert (run.unreadable, run.gone, run.is_complete) == (1, 0, True)
    assert (version.status, version.last_seen_at) == ("unknown", LATER)
    assert version.raw["templatelocalization_set"][0]["body_template_component"] == ["odd"]
    assert version.template.gone_at is None


def test_a_category_changed_by_meta_blocks_the_version():
    sync(template(category="UTILITY"))

    sync(template(category="MARKETING"), at=LATER)

    version = TemplateVersion.objects.get()
    assert (version.requested_category, version.category) == ("utility", "marketing")
    assert codes() == ["category_changed"]


def test_a_category_that_moves_after_an_edit_blocks_the_new_version_too():
    sync(template(category="UTILITY"))

    changed = localization(body_template_component={"text": "Nuovo"})
    sync(template(changed, category="MARKETING"), at=LATER)

    current = TemplateVersion.objects.current().get()
    assert (current.number, current.requested_category, current.category) == (
        2,
        "utility",
        "marketing",
    )


def test_a_category_that_was_accepted_stays_agreed_after_an_edit():
    sync(template(category="UTILITY"))
    sync(template(category="MARKETING"))
    TemplateVersion.objects.update(category_accepted_at=NOW)

    changed = localization(body_template_component={"text": "Nuovo"})
    sync(template(changed, category="MARKETING"), at=LATER)

    assert TemplateVersion.objects.current().get().has_unaccepted_category is False


def test_a_category_that_moves_again_needs_a_new_acceptance():
    sync(template(category="UTILITY"))
    sync(template(category="MARKETING"))
    TemplateVersion.objects.update(category_accepted_at=NOW)

    sync(template(category="AUTHENTICATION"), at=LATER)

    assert codes() == ["category_changed"]


def test_a_category_we_do_not_know_is_not_sendable():
    sync(template(category="ACCOUNT_UPDATE"))

    assert codes() == ["unknown_category"]


def test_a_language_listed_twice_is_stored_once():
    sync(template(localization(), localization(id=12)))

    assert TemplateVersion.objects.get().raw["id"] == 11


@pytest.mark.parametrize(
    "odd",
    [
        localization(body_template_component={"text": "Ciao\x00 %%FIRST_NAME%%"}),
        localization(language="x" * 40),
    ],
    ids=["zero byte", "endless language"],
)
def test_a_template_that_cannot_be_kept_hides_none_of_the_others(odd):
    sync(template(), template(id=1002, name="altro"))

    run = sync(template(odd), template(localization(status="PAUSED"), id=1002), at=LATER)

    assert (run.unreadable, run.unchanged, run.gone, run.is_complete) == (1, 1, 0, True)
    doubtful = TemplateVersion.objects.get(template__spoki_id=1001)
    assert (doubtful.status, doubtful.template.gone_at) == ("unknown", None)
    assert TemplateVersion.objects.get(template__spoki_id=1002).status == "paused"
    assert [one.kind for one in run.findings.filter(template=doubtful.template)] == ["unreadable"]


def read_rows(*rows, at):
    """Read the list through the client, row by row as Spoki writes them."""
    page = {"results": list(rows), "next": None}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as stub:
        stub.get("https://api.spoki.com/api/1/templates/", json=page)
        client = spoki.SpokiClient(base_url="https://api.spoki.com", api_key="key-123")
        return sync_templates(gateway=client, now=at, clock=lambda: at)


@pytest.mark.parametrize("name", [None, 7, ["promo"]])
def test_a_row_without_a_name_is_told_by_its_place_and_hides_none_of_the_others(name):
    sync(template(), template(id=1002, name="altro"))
    nameless = dict(template().raw) | {"name": name}
    paused = dict(template(localization(status="PAUSED"), id=1002, name="altro").raw)
    new = dict(template(id=1003, name="nuovo").raw)

    run = read_rows(nameless, paused, new, at=LATER)

    assert (run.error, run.unreadable, run.unchanged, run.new, run.gone) == ("", 1, 1, 1, 0)
    assert run.error_detail == "#1 template.name (id 1001)"
    assert "#1 template.name (id 1001)" in report_of(run, now=LATER).advice
    doubtful = TemplateVersion.objects.get(template__spoki_id=1001)
    assert (doubtful.status, doubtful.template.gone_at) == ("unknown", None)
    assert [one.kind for one in run.findings.filter(template=doubtful.template)] == ["unreadable"]
    assert TemplateVersion.objects.get(template__spoki_id=1002).status == "paused"


def test_a_row_without_a_name_or_an_id_takes_no_template_for_gone():
    sync(template(), template(id=1002, name="altro"))
    other = template(id=1002, name="altro")
    row = spoki.UnreadRow(position=1, field="template.name", id=None, raw={})
    error = spoki.SpokiRowsUnreadable("templates", rows=[row])
    listing = Listing(other, error=error, slipped=[template()])

    run = sync_templates(gateway=listing, now=LATER, clock=lambda: LATER)

    assert (run.error, run.error_detail, run.gone) == ("", "#1 template.name", 0)
    assert Template.objects.filter(gone_at__isnull=False).count() == 0


def test_a_template_asked_for_by_itself_whose_name_cannot_be_read_is_there_and_in_doubt():
    sync(template(), template(id=1002, name="altro"))
    listing = Listing(
        template(), look_error=spoki.SpokiProtocolError("template", field="template.name")
    )

    run = sync_templates(gateway=listing, now=LATER, clock=lambda: LATER)

    assert (run.error, run.unreadable, run.gone) == ("", 1, 0)
    assert TemplateVersion.objects.get(template__spoki_id=1002).status == "unknown"


def test_a_template_that_could_not_be_read_is_told_once():
    sync(template())
    odd = template(localization(body_template_component=["odd"]))

    first = sync(odd, at=LATER)
    second = sync(odd, at=LATER + timedelta(minutes=10))

    assert [one.kind for one in first.findings.all()] == ["unreadable"]
    assert second.findings.count() == 0


def test_a_spoki_that_asks_to_slow_down_is_left_alone_as_long_as_it_says():
    run = sync(error=spoki.SpokiThrottled("templates", status=429, retry_after=90))

    assert run.retry_at == NOW + timedelta(seconds=90)
    assert spoki_asks_to_wait(now=NOW + timedelta(seconds=89)) == run.retry_at
    assert spoki_asks_to_wait(now=NOW + timedelta(seconds=90)) is None


@pytest.mark.parametrize(("said", "minutes"), [(None, 1), (86_400, 60)])
def test_a_pause_that_spoki_does_not_say_or_exaggerates_is_bounded(said, minutes):
    run = sync(error=spoki.SpokiThrottled("templates", status=429, retry_after=said))

    assert run.retry_at == NOW + timedelta(minutes=minutes)


def test_a_run_that_failed_is_in_the_log():
    sync(error=spoki.SpokiAuthError("templates", status=401))

    run = SyncRun.objects.get()
    assert run.error_detail == "Spoki templates was not authorised, HTTP 401"
