"""The whole life of a campaign, walked in a browser by three people against the simulator."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NAME = "Ritorno di primavera"
TEMPLATE, TEMPLATE_ID = "ritorno_clienti", 1008
SEGMENT = "Clienti VIP"


def test_three_people_bring_a_campaign_from_draft_to_done(person, house, patience):
    giulia, marco, andrea = person("marketer"), person("approver"), person("admin")

    campaign = write(giulia)
    submit(giulia)
    approve(marco, campaign)
    launch(giulia, campaign)
    waiting = pause(andrea, campaign, house, patience)
    total = resume(andrea, campaign, patience)

    left = sends(house)
    counters = giulia_looks(giulia, campaign)
    assert waiting > 0
    assert total == len(left) == sum(counters.values())
    assert house.spoki.duplicates()["arrived_twice"] == {}
    assert counters["delivered"] + counters["read"] + counters["failed"] == total


def write(giulia) -> str:
    """Write a draft on an approved template; return its address."""
    giulia.go("/admin/campaigns/campaign/add/")
    giulia.page.fill("input[name=name]", NAME)
    giulia.page.locator(".cp-template", has_text=re.compile(rf"^\s*{TEMPLATE} v")).click()
    giulia.page.select_option("select[name=segment]", label=SEGMENT)
    giulia.page.select_option("#variable-FIRST_NAME-from", "contact.first_name")
    giulia.page.fill("#variable-FIRST_NAME-fallback", "amico")
    giulia.page.click("button[name=_continue]")
    giulia.page.wait_for_url(re.compile(r"/campaign/\d+/change/"))
    return str(giulia.page.url)


def submit(giulia) -> None:
    """Send it to review from the form; its author is not offered to approve it."""
    giulia.page.click("button[name=_review]")
    giulia.page.wait_for_url("**/submit/")
    giulia.answer()
    assert giulia.page.locator("a[href$='/approve/']").count() == 0


def approve(marco, campaign: str) -> None:
    marco.page.goto(campaign)
    marco.press("approve")
    marco.answer()


def launch(giulia, campaign: str) -> None:
    """Launch it: a wrong name is refused where it was typed, the right one launches."""
    giulia.page.goto(campaign)
    giulia.press("launch")
    giulia.page.fill("input[name=confirm]", "Un altro nome")
    giulia.answer()
    assert NAME in giulia.page.locator(".cp-errors").inner_text()
    giulia.page.fill("input[name=confirm]", NAME)
    giulia.answer()


def pause(andrea, campaign: str, house, patience) -> int:
    """Pause it while it runs: nothing leaves after two seconds. Return how many still wait."""
    assert patience(lambda: len(sends(house)) >= 3, 30)
    andrea.page.goto(progress(campaign))
    andrea.press("pause")
    andrea.answer()
    patience(lambda: False, 2)
    left = len(sends(house))
    assert not patience(lambda: len(sends(house)) > left, 3)
    return looks(andrea, campaign)["queued"]


def sends(house) -> list[dict[str, object]]:
    """Return what left for this campaign: others of the house may send too."""
    return [row for row in house.spoki.sends() if row["template"] == TEMPLATE_ID]


def resume(andrea, campaign: str, patience) -> int:
    """Resume it and watch the page move by itself until everybody's turn has come."""
    andrea.page.goto(progress(campaign))
    andrea.press("resume")
    andrea.answer()
    andrea.page.goto(progress(campaign))
    total = sum(states(andrea.counters()).values())
    assert patience(lambda: andrea.counters()["queued"] == 0, 90)
    assert patience(lambda: looks(andrea, campaign)["sent"] == 0, 30)
    return total


def giulia_looks(giulia, campaign: str) -> dict[str, int]:
    giulia.page.goto(progress(campaign))
    return states(giulia.counters())


def looks(someone, campaign: str) -> dict[str, int]:
    """Open the progress page and read its counters."""
    someone.page.goto(progress(campaign))
    counters: dict[str, int] = someone.counters()
    return counters


def states(counters: dict[str, int]) -> dict[str, int]:
    """Leave out replies, which are counted across the states."""
    return {state: count for state, count in counters.items() if state != "replied"}


def progress(campaign: str) -> str:
    return campaign.replace("/change/", "/progress/")
