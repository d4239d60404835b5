"""One call of an automation for many rows: made by the main thread, posted by a hand.

The call is the unit: one point of no return just before it, one answer for all of its rows. Spoki
answers 200 with an empty body ("taken in charge"): accepted, without an identifier. No database
here.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from campaigns.routes import Route
from campaigns.sender import outcome
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.post import Posted
from campaigns.sender.reserve import Reserved
from spoki import (
    AutomationContact,
    AutomationStart,
    SpokiAuthError,
    SpokiError,
    SpokiGateway,
    SpokiNotFound,
    SpokiRefused,
)
from spoki.checks import BATCH_LIMIT, check_phone, check_variables

logger = logging.getLogger(__name__)

MOST_PER_CALL = BATCH_LIMIT


@dataclass(frozen=True, slots=True)
class Call:
    """Started rows of one route, at most `MOST_PER_CALL`, ready to go in one request."""

    route: Route
    rows: tuple[Reserved, ...]
    policy: Policy = DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a call, row by row, and why its route cannot be used any more, if so."""

    call: Call
    posted: tuple[Posted, ...]
    broken: str = ""


def contact_of(row: Reserved) -> AutomationContact:
    return AutomationContact(
        phone=row.phone,
        language=row.language or None,
        variables=row.params,
        metadata={"msg": row.key.hex},
    )


def post_call(call: Call, gateway: SpokiGateway) -> Called:
    """Make the call and say what became of its rows; never raises.

    Not sent at all once the lease of any row is over. A row that Spoki could not take (its phone, a
    variable) is refused here, so that it does not cost the others their call.
    """
    if time.monotonic() > min(row.start_by for row in call.rows):
        return never_made(call)
    refused = [Posted(row, no) for row in call.rows if (no := _refusal(row, call.policy))]
    unfit = {posted.row.id for posted in refused}
    going = [row for row in call.rows if row.id not in unfit]
    broken, outcome_of = _answer(call, going, gateway) if going else ("", _taken)
    late = time.monotonic() > min(row.start_by for row in call.rows)
    posted = [
        Posted(row, outcome_of(row), was_late=late, is_told=place == 0)
        for place, row in enumerate(going)
    ]
    return Called(call, (*posted, *refused), broken)


def never_made(call: Call) -> Called:
    """Say of every row of a call that it surely never left."""
    return Called(call, tuple(Posted(row, None) for row in call.rows))


def _answer(
    call: Call, rows: Sequence[Reserved], gateway: SpokiGateway
) -> tuple[str, Callable[[Reserved], Outcome]]:
    """Return why the route is broken, if it is, and what the answer means for each row."""
    try:
        _send(call.route, [contact_of(row) for row in rows], gateway)
    except SpokiError as error:
        if broken := _broken(error):
            back = Outcome("queued", broken, again_in=timedelta(0))
            return broken, lambda _row: back
        failed = error
        return "", lambda row: outcome.of_error(
            failed,
            attempts=row.attempts + 1,
            policy=call.policy,
            dice=row.key.int % 1000 / 1000,
        )
    except Exception:
        # Whatever it was, the call may have arrived: only the webhook or a person can tell.
        logger.exception("a call ended in an unexpected way", extra={"route": call.route.id})
        lost = Outcome("unknown", "no_answer")
        return "", lambda _row: lost
    return "", _taken


def _send(route: Route, contacts: Sequence[AutomationContact], gateway: SpokiGateway) -> None:
    if len(contacts) == 1:
        gateway.start_automation(
            AutomationStart(uuid=route.uuid, secret=route.secret, contact=contacts[0])
        )
    else:
        gateway.start_automation_bulk(route.uuid, route.secret, contacts)


def _taken(_row: Reserved) -> Outcome:
    return Outcome("accepted")


def _broken(error: SpokiError) -> str:
    """Return why the route is out of service after a clear no to the whole call; empty if it is not.

    A wrong secret or trigger says nothing about the account and nothing about the people: they go
    by `messages/send`. So does a call that is refused without a reason that we know.
    """
    if isinstance(error, SpokiAuthError):
        return "route_secret_refused"
    if isinstance(error, SpokiNotFound):
        return "route_not_found"
    if isinstance(error, SpokiRefused) and not outcome.is_known(error.code or ""):
        return "route_refused"
    return ""


def _refusal(row: Reserved, policy: Policy) -> Outcome | None:
    try:
        check_phone("start_automation_bulk", row.phone)
        check_variables("start_automation_bulk", row.params)
    except SpokiRefused as error:
        return outcome.of_error(error, attempts=row.attempts + 1, policy=policy)
    return None
