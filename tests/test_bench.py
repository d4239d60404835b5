"""The bench's own tools: a figure that cannot fail, or a stub that lies, would prove nothing."""

import json
from collections import Counter

import pytest

from conversations.models import Conversation
from conversations.timeline import timeline_page
from spoki import AutomationContact, SpokiClient, TemplateSend
from tests.bench.latency import p95
from tests.bench.report import Figure, write_results
from tests.bench.rows import ROWS, rows_named
from tests.bench.stubbed import stub
from tests.conftest import NOW
from tests.factories.big_inbox import LAST_WORDS, make_inbox, make_long_conversation
from tests.factories.campaigns import make_user


@pytest.mark.parametrize(
    ("value", "how", "holds"),
    [
        (0.95, ">=", True),
        (0.949, ">=", False),
        (1.0, "<=", False),
        (0.95, "==", True),
        (0.0, "==", False),
    ],
)
def test_a_figure_holds_only_on_the_right_side_of_its_bar(value, how, holds):
    figure = Figure("use", value, 0.95, how)

    assert figure.holds is holds
    assert ("DOES NOT HOLD" in str(figure)) is not holds


def test_results_are_written_with_the_machine_they_were_measured_on(tmp_path):
    figures = [Figure("use", 0.97, 0.95, ">=", "97 of 100"), Figure("twice", 1, 0, "==")]

    write_results(tmp_path / "bench", figures, machine="2 cores")

    found = json.loads((tmp_path / "bench" / "results.json").read_text())
    assert (found["machine"], [row["holds"] for row in found["figures"]]) == (
        "2 cores",
        [True, False],
    )
    assert (
        "| use | 0.970 | >= 0.95 | holds | 97 of 100 |"
        in (tmp_path / "bench" / "results.md").read_text()
    )


def test_every_row_can_be_asked_for_by_its_name():
    assert rows_named([row.name for row in ROWS]) == list(ROWS) == rows_named([])


def test_the_p95_is_a_wait_that_one_in_twenty_exceeds():
    assert p95([float(n) for n in range(1, 101)]) == 95.0
    assert p95([3.0]) == 3.0


def test_the_stub_answers_as_spoki_does_and_logs_every_message_once():
    send = TemplateSend(phone="+393401234567", template_id=1, language="it", metadata={"msg": "a1"})
    people = [
        AutomationContact(phone=f"+39340123456{n}", metadata={"msg": f"b{n}"}) for n in range(3)
    ]
    with stub() as at:
        client = SpokiClient(base_url=at.url, api_key="k")
        receipts = [client.send_template(send) for _ in range(2)]
        client.start_automation_bulk("9d3f0000-aaaa-4bbb-8ccc-000000000001", "s", people)
        client.close()
        arrived = [key for _at, key in at.arrivals()]
        count = at.count()
        at.reset()
        left = at.count()

    assert all(receipt.is_confirmed for receipt in receipts)
    assert receipts[0].uuid != receipts[1].uuid
    assert arrived == ["a1", "a1", "b0", "b1", "b2"]
    assert (count, left) == (5, 0)


def test_a_speed_is_refused_unless_everything_arrived_once():
    send = TemplateSend(phone="+393401234567", template_id=1, language="it", metadata={"msg": "a1"})
    with stub() as at:
        client = SpokiClient(base_url=at.url, api_key="k")
        for _ in range(2):
            client.send_template(send)
        client.close()

        with pytest.raises(RuntimeError, match="2 arrived, 1 different, not 2"):
            at.rate(2)


@pytest.mark.django_db
def test_the_customer_of_the_bench_has_as_many_messages_as_it_says():
    contact = make_long_conversation(messages=16, orders=1, now=NOW)

    kinds = Counter(entry.author_kind for entry in timeline_page(contact=contact, now=NOW).entries)
    row = Conversation.objects.get()
    assert kinds == {"customer": 8, "agent": 4, "campaign": 4}
    assert (row.contact, row.preview) == (contact, LAST_WORDS)
    assert contact.orders.count() == 1


@pytest.mark.django_db
def test_the_inbox_of_the_bench_has_every_state():
    agent = make_user()
    make_inbox(conversations=60, agent=agent, now=NOW)

    rows = Conversation.objects.all()
    assert rows.count() == 60
    assert rows.unanswered().count() == 6
    assert rows.filter(assignee=agent).count() == 6
    assert rows.exclude(done_at=None).exists()
    assert rows.awake(now=NOW).count() == 59
    assert all(row.contact.messages.count() == 1 for row in rows.select_related("contact"))
