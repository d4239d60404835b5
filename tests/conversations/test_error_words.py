"""Why a message did not arrive, and what to do."""

import pytest
from django.utils import translation

from campaigns.reasons import CODES
from campaigns.sender.codes import RULES
from conversations.error_words import ADVICE, problem_of, words_of
from conversations.models import Message
from tests.factories.campaigns import make_message


@pytest.mark.parametrize("code", sorted(RULES))
@pytest.mark.parametrize("language", ["it", "en"])
def test_every_code_that_we_know_has_a_sentence_and_an_advice(code, language):
    with translation.override(language):
        words = words_of(code=code)

    assert words.count(".") >= 2 or words.count(":") >= 1
    assert "(details are missing)" not in words


def test_every_advice_belongs_to_a_reason_that_exists():
    assert set(ADVICE) - CODES == set()


def test_a_code_that_nobody_knows_is_shown_with_what_to_do():
    with translation.override("it"):
        assert "whatsapp::999999" in words_of(code="whatsapp::999999")


def test_a_failure_without_any_code_says_what_to_try():
    with translation.override("en"):
        assert (
            words_of(code="") == "Spoki does not say why. Try again; if it fails once more, call."
        )


def test_our_reason_counts_more_than_spokis_code():
    with translation.override("en"):
        assert words_of(code="whatsapp::131026", reason="window_closed").startswith("The 24-hour")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "is_told"),
    [("failed", True), ("skipped", True), ("unknown", True), ("read", False), ("queued", False)],
)
def test_only_what_did_not_arrive_has_a_problem(status, is_told):
    message = make_message(status=status, error_code="whatsapp::131026", reason="undeliverable")

    assert bool(problem_of(message)) is is_told


def test_what_others_sent_has_the_same_words():
    failed = Message(status="failed", error_code="whatsapp::131026")

    assert problem_of(failed) == words_of(code="whatsapp::131026")
    assert problem_of(Message(status="read", error_code="whatsapp::131026")) == ""
