"""Templates read over real HTTP from the local Spoki."""

import pytest

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


def sync(simulator, *, key="simulator-key", timeout=(1.0, 1.0)):
    client = SpokiClient(base_url=simulator.url, api_key=key, timeout=timeout)
    run = sync_templates(gateway=client, now=NOW)
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
