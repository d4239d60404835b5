"""Templates read over real HTTP from the local Spoki."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import spoki
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from templates_sync.models import SyncRun, Template, TemplateVersion
from templates_sync.sync import sync_templates
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def running():
    with SimulatorProcess() as simulator:
        yield simulator


@pytest.fixture
def simulator(running):
    running.control.reset()
    return running


def sync(simulator, *, key="simulator-key", timeout=(1.0, 1.0), at=NOW, patience=timedelta(0)):
    client = SpokiClient(base_url=simulator.url, api_key=key, timeout=timeout)
    run = sync_templates(gateway=client, now=at, patience=patience)
    client.close()
    return run


def statuses():
    rows = TemplateVersion.objects.values_list("template__name", "template__language", "status")
    return {(name, language): status for name, language, status in rows}


def test_every_template_is_read_with_its_status(simulator):
    run = sync(simulator)

    found = statuses()
    assert (run.is_complete, run.new) == (True, len(found))
    assert found["natale_umido", "it"] == "approved"
    assert found["natale_umido", "en"] == "pending"
    assert found["riacquisto_umido", "it"] == "approved"
    assert found["gattino_benvenuto", "it"] == "pending"
    assert found["offerta_lampo", "it"] == "rejected"
    assert found["antiparassitari_estate", "it"] == "paused"
    assert found["vecchio_listino", "it"] == "disabled"
    assert found["in_limbo", "it"] == "unknown"
    assert found["saldi_gennaio", "it"] == "draft"


def test_a_second_read_adds_nothing(simulator):
    first = sync(simulator)

    second = sync(simulator)

    assert (second.new, second.changed, second.gone) == (0, 0, 0)
    assert second.unchanged == first.new == TemplateVersion.objects.count()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("html", "unreadable"),
        ("status:500", "unreachable"),
        ("reset", "unreachable"),
        ("slow:5", "unreachable"),
        ("429:30", "throttled"),
        ("status:401", "key_refused"),
    ],
)
def test_a_spoki_that_misbehaves_stops_the_read_and_takes_nothing_away(simulator, fault, error):
    sync(simulator)
    before = statuses()
    simulator.control.fault(fault, path="/templates/", times=10)

    run = sync(simulator)

    assert (run.error, run.gone) == (error, 0)
    assert statuses() == before
    assert Template.objects.filter(gone_at__isnull=False).count() == 0


def test_a_wrong_key_says_so_and_takes_nothing_away(simulator):
    sync(simulator)

    run = sync(simulator, key="wrong")

    assert run.error == "key_refused"
    assert "wrong" not in SyncRun.objects.latest("pk").error_detail
    assert Template.objects.filter(gone_at__isnull=False).count() == 0


def plant(simulator, count):
    """Add so many templates: Spoki lists a hundred to a page."""
    rows = [{"name": f"scorta_{number}", "body": f"Scorta {number}."} for number in range(count)]
    simulator.control.post("seed", templates=rows)


def test_a_spoki_that_says_429_to_every_second_call_is_read_to_its_end(simulator):
    plant(simulator, 250)
    simulator.control.fault("429:0", path="/templates/", times=None, every=2)

    run = sync(simulator, patience=timedelta(seconds=5))

    calls = [row["status"] for row in simulator.control.log(path="/templates/")]
    assert (run.error, run.unread, run.new) == ("", 0, TemplateVersion.objects.count())
    assert run.new > 250
    assert calls[:4] == [200, 429, 200, 429]
    assert calls.count(200) == 3


def test_a_spoki_that_says_429_too_often_is_left_alone_and_what_was_read_is_kept(simulator):
    plant(simulator, 250)
    simulator.control.fault("429:90", path="/templates/", times=None, after=2)

    run = sync(simulator, patience=timedelta(seconds=5))

    assert (run.error, run.new, run.gone) == ("throttled", TemplateVersion.objects.count(), 0)
    assert Template.objects.values("spoki_id").distinct().count() == 200
    assert run.retry_at is not None
    statuses = [row["status"] for row in simulator.control.log(path="/templates/")]
    assert statuses == [200, 200, 429]


def test_a_sync_cut_in_the_middle_keeps_what_it_read_and_the_next_one_reads_the_rest(simulator):
    plant(simulator, 250)
    simulator.control.fault("reset", path="/templates/", times=3, after=1)

    cut = sync(simulator)
    kept = Template.objects.values("spoki_id").distinct().count()
    whole = sync(simulator, at=NOW + timedelta(minutes=10))

    assert (cut.error, kept, cut.gone) == ("unreachable", 100, 0)
    assert (whole.error, whole.unchanged, whole.gone) == ("", cut.new, 0)
    assert whole.new == TemplateVersion.objects.count() - cut.new


class Moving(SpokiClient):
    """Somebody deletes a template of the first page, which is read: what follows moves up."""

    delete: Callable[[spoki.Template], object]

    def templates(self, **options):
        for number, read in enumerate(super().templates(**options)):
            if number == 50:
                self.delete(read)
            yield read


def test_a_template_pushed_off_its_page_while_the_list_is_read_is_not_gone(simulator):
    plant(simulator, 150)
    sync(simulator)
    client = Moving(base_url=simulator.url, api_key="simulator-key")
    client.delete = lambda read: simulator.control.post("template", id=read.id, gone=True)

    run = sync_templates(gateway=client, now=NOW + timedelta(minutes=10))
    client.close()

    # The first of the second page slipped to the first page, which had been read already.
    looked = [row["path"] for row in simulator.control.log(path="/templates/")][-1]
    slipped = Template.objects.get(spoki_id=int(looked.strip("/").rpartition("/")[2]))
    assert (run.error, run.gone, run.unread, slipped.gone_at) == ("", 0, 0, None)
    assert slipped.versions.get().last_seen_at == NOW + timedelta(minutes=10)


def test_a_deleted_template_is_gone_at_the_next_read(simulator):
    sync(simulator)
    one = Template.objects.get(name="offerta_lampo")
    simulator.control.post("template", id=one.spoki_id, gone=True)

    run = sync(simulator, at=NOW + timedelta(minutes=10))

    one.refresh_from_db()
    assert (run.gone, one.gone_at) == (1, NOW + timedelta(minutes=10))


def test_a_template_renamed_on_spoki_keeps_its_versions(simulator):
    sync(simulator)
    one = Template.objects.get(name="natale_umido", language="it")
    simulator.control.post("template", id=one.spoki_id, name="natale_umido_2026")

    run = sync(simulator, at=NOW + timedelta(minutes=10))

    one.refresh_from_db()
    assert (one.name, one.versions.count(), run.new, run.gone) == ("natale_umido_2026", 1, 0, 0)
    kinds = set(run.findings.values_list("kind", "was", "became"))
    assert kinds == {("renamed", "natale_umido", "natale_umido_2026")}


@pytest.mark.parametrize("variant", ["current", "short", "plain"])
def test_a_template_says_the_same_in_every_shape_that_spoki_has_used(simulator, variant):
    body = "Ciao %%FIRST_NAME%%, guarda."
    made = simulator.control.post("seed", templates=[{"name": "forme", "body": body}])
    simulator.control.post("template", id=made["templates"][0], variant=variant)

    sync(simulator)

    version = TemplateVersion.objects.get(template__name="forme")
    assert (version.body, version.status, version.variables) == (body, "approved", ["FIRST_NAME"])
