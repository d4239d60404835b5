"""Which policy counts now, and how a person changes it: always by a new version."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns.models import SendingPolicy
from campaigns.policy_rules import Problem, problems_of
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.policy_shape import PolicyUnreadable, figures_of, policy_from

logger = logging.getLogger(__name__)

# Any constant: it only has to differ from the other advisory locks of the house.
_CHANGE_LOCK = 7_302


class PolicyRefused(Exception):
    """These figures may not become the policy; `problems` say why, by figure."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem.text) for problem in problems))
        self.problems = tuple(problems)


class PolicyMoved(Exception):
    """Somebody else made `newest` meanwhile; nothing was changed."""

    def __init__(self, newest: SendingPolicy) -> None:
        super().__init__(str(newest))
        self.newest = newest


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes the policy, why, and which version that person looked at (0 = the defaults)."""

    by: User
    why: str
    seen: int


def policy_in_force() -> Policy:
    """Return the figures that count now; one small query.

    A version that this release cannot read (it was made by a newer one) is passed over for the one
    before it: sending goes on with figures that people chose, and the log says so.
    """
    versions = SendingPolicy.objects.order_by("-number").values_list("number", "figures")
    for number, figures in chain(versions[:1], versions[1:]):
        try:
            return policy_from(figures)
        except PolicyUnreadable as error:
            logger.error("policy version %s cannot be read: %s", number, error)  # noqa: TRY400
    return DEFAULT_POLICY


def newest_version() -> SendingPolicy | None:
    """Return the version in force; None where only the defaults are."""
    return SendingPolicy.objects.order_by("-number").select_related("made_by").first()


def change_policy(*, policy: Policy, change: Change, now: datetime) -> SendingPolicy:
    """Make `policy` the one in force.

    :raises PolicyRefused: figures out of range, nothing changed, or no reason given.
    :raises PolicyMoved: another version was made since `change.seen`.
    """
    return _make(figures_of(policy), policy, change, now=now)


def restore_policy(*, number: int, change: Change, now: datetime) -> SendingPolicy:
    """Make the figures of version `number` the ones in force again, as a new version.

    :raises SendingPolicy.DoesNotExist: there is no such version.
    :raises PolicyRefused: its figures cannot be read or are not allowed any more, nothing would
        change, or no reason was given.
    :raises PolicyMoved: another version was made since `change.seen`.
    """
    old = SendingPolicy.objects.get(number=number)
    try:
        policy = policy_from(old.figures)
    except PolicyUnreadable as error:
        raise PolicyRefused([Problem("", _("This version cannot be read any more."))]) from error
    return _make(figures_of(policy), policy, change, now=now, restored_from=old)


@transaction.atomic
def _make(
    figures: Mapping[str, Any],
    policy: Policy,
    change: Change,
    *,
    now: datetime,
    restored_from: SendingPolicy | None = None,
) -> SendingPolicy:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHANGE_LOCK])
    newest = newest_version()
    if newest is not None and newest.number != change.seen:
        raise PolicyMoved(newest)
    if problems := [*problems_of(policy), *_change_problems(policy, change)]:
        raise PolicyRefused(problems)
    made = SendingPolicy.objects.create(
        number=newest.number + 1 if newest else 1,
        figures=figures,
        why=change.why.strip(),
        made_by=change.by,
        made_at=now,
        restored_from=restored_from,
    )
    logger.info("policy version %s made by user %s", made.number, change.by.pk)
    return made


def _change_problems(policy: Policy, change: Change) -> list[Problem]:
    problems = []
    if not change.why.strip():
        problems.append(Problem("why", _("Say in a few words why: others will ask.")))
    if policy == policy_in_force():
        problems.append(Problem("", _("No figure is different: nothing was saved.")))
    return problems
