"""The pages of the scoreboard in a real browser: readable, narrow, reachable, nothing complains."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.roles import MARKETER
from tests.campaigns import test_browser
from tests.campaigns.scoreboard.world import make_done, make_history, send
from tests.campaigns.test_browser import chromium, open_as  # noqa: F401 - fixtures
from tests.factories.audiences import make_segment, rules_of
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = test_browser.pytestmark
SHAPES = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]
DAY = timedelta(days=1)
UNREACHABLE = {"status": "failed", "reason": "undeliverable", "error_code": "whatsapp::131026"}


@pytest.fixture
def marta():
    return make_member(MARKETER, first_name="Marta", last_name="Bianchi")


@pytest.fixture
def history(marta):
    """Two versions of one template: four campaigns, one of them small and one still going out."""
    old, new = make_history(
        "Ciao %%FIRST_NAME%%, oggi *sconto 10%* su tutto l'umido per il tuo amico.",
        "Ciao %%FIRST_NAME%%, *solo fino a domenica*: sconto 20% su tutto l'umido.",
        name="sconto_umido_di_dicembre_con_un_nome_lungo",
    )
    now = timezone.now()
    everybody = make_segment(name="Tutti gli italiani")
    vip = make_segment(name="VIP", rules=rules_of(["contact.tag", "has", "vip"]))
    first = make_done(old, name="Umido: sconto di novembre", began=now - 30 * DAY, author=marta, segment_version=everybody)  # fmt: skip
    send(first, 480, status="read")
    send(first, 300)
    send(first, 30, status="read", replied_at=now)
    send(first, 70, **UNREACHABLE)
    send(first, 20, status="skipped", reason="no_consent")
    small = make_done(old, name="Prova con gli amici", began=now - 28 * DAY, segment_version=vip)
    send(small, 12, status="read")
    second = make_done(new, name="Umido: solo fino a domenica", began=now - 9 * DAY, author=marta, segment_version=vip)  # fmt: skip
    send(second, 700, status="read")
    send(second, 200)
    send(second, 20, status="read", opted_out_at=now)
    send(second, 9, **UNREACHABLE)
    send(make_done(new, name="Ripetizione", began=now - timedelta(hours=2)), 150)
    return {"old": old, "new": new, "first": first, "second": second}


def compare(left, right=""):
    return f"{reverse('admin:campaigns_campaign_compare')}?left={left}&right={right}"


def figures(version):
    return reverse("admin:campaigns_campaign_figures", args=[version.template_id])


@pytest.mark.parametrize("shape", SHAPES, ids=["wide and light", "narrow and dark"])
def test_the_pages_fit_and_are_accessible(open_as, marta, history, shape):  # noqa: F811
    old, new = history["old"], history["new"]
    campaigns = [f"c{history[name].pk}" for name in ("first", "second")]
    paths = [
        figures(old),
        figures(old) + "?first=2020-01-01&last=2019-01-01",
        figures(make_version()),
        reverse("admin:campaigns_campaign_scoreboard") + "?sort=read",
        compare(f"v{old.pk}", f"v{new.pk}"),
        compare(*campaigns),
        compare(campaigns[0]),
    ]

    for path in paths:
        page = open_as(marta, path, **shape)

        assert (path, test_browser.overflow(page)) == (path, 0)
        assert (path, test_browser.violations(page)) == (path, [])
        assert page.complaints == []


def test_a_marketer_finds_out_why_one_version_does_better(open_as, marta, history):  # noqa: F811
    page = open_as(marta, reverse("admin:templates_sync_template_change", args=[history["old"].template_id]))  # fmt: skip

    page.click("text=Storia e risultati")
    page.wait_for_url("**/template/*/")
    page.select_option("#sb-left", f"c{history['first'].pk}")
    page.select_option("#sb-right", f"c{history['second'].pk}")
    page.click("form[action$='compare/'] button")
    page.wait_for_url("**/compare/**")

    told = page.inner_text("#content")
    assert "solo fino a domenica" in told
    assert "Tutti gli italiani" in told
    assert page.complaints == []
