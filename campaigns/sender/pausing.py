"""Stops made by machine: of a campaign, of the account. Only a person starts again."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from campaigns.alerts import raise_alert
from campaigns.models import Campaign, CampaignEvent, SpokiAccount
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.speed import recovered

AT_WORK = (Campaign.Status.SENDING, Campaign.Status.SCHEDULED)


def pause_campaigns_of_template(*, version_id: int, code: str, detail: str) -> int:
    """Pause every campaign at work with this version; return how many there were."""
    at_work = Campaign.objects.filter(template_version_id=version_id, status__in=AT_WORK)
    return sum(
        pause_campaign(campaign_id=pk, code=code, detail=detail)
        for pk in at_work.values_list("pk", flat=True)
    )


def pause_campaign(*, campaign_id: int, code: str, detail: str) -> bool:
    """Pause one campaign and tell people; False if it was not at work any more.

    `code` is one of `campaigns.reasons`, `detail` a code too (of the error, of the template's
    state): words are made where they are shown.
    """
    now = timezone.now()
    figures = {"code": code, "detail": detail}
    with transaction.atomic():
        moved = Campaign.objects.filter(pk=campaign_id, status__in=AT_WORK).update(
            status=Campaign.Status.PAUSED,
            pause_code=code,
            pause_detail=detail[:300],
            updated_at=now,
        )
        if not moved:
            return False
        campaign = Campaign.objects.get(pk=campaign_id)
        CampaignEvent.objects.create(campaign=campaign, at=now, verb="paused", figures=figures)
        told = {"why": code, "detail": detail}
        raise_alert(code="campaign_stopped", campaign=campaign, figures=told, now=now)
    return True


def pause_account(*, account_id: int, code: str, detail: str = "") -> bool:
    """Stop everything on the account and tell people; False if it was stopped already.

    The first reason stays.
    """
    now = timezone.now()
    with transaction.atomic():
        moved = SpokiAccount.objects.filter(pk=account_id, paused_at__isnull=True).update(
            paused_at=now, pause_code=code, pause_detail=detail[:300]
        )
        if moved:
            told = {"why": code, "detail": detail}
            raise_alert(code="account_stopped", figures=told, now=now)
    return moved == 1


_FREEZE_COLUMNS = {
    "all": "frozen_until",
    "template": "templates_frozen_until",
    "text": "texts_frozen_until",
    "automation": "automations_frozen_until",
}


def slow_down(
    *,
    account_id: int,
    rest: timedelta,
    halve: bool,
    kind: str = "all",
    policy: Policy = DEFAULT_POLICY,
) -> None:
    """Start nothing of `kind` for `rest`, and halve the speed if Spoki said that we were too fast.

    Spoki limits each endpoint class apart, so a 429 on templates does not keep replies waiting. The
    speed is one for all: nobody says whether a limit counts per key or per number as well.
    Many answers of one storm arrive together: the speed is halved once per second, not per answer.
    """
    column = _FREEZE_COLUMNS[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE campaigns_spokiaccount SET "  # noqa: S608 - a name from our own table
            f"{column} = greatest({column}, statement_timestamp() + %(rest)s * interval '1 s'), "
            "speed_factor = CASE WHEN NOT %(halve)s OR speed_changed_at > statement_timestamp() "
            "- interval '1 s' THEN speed_factor "
            "ELSE greatest(%(slowest)s, speed_factor * %(cut)s) END, "
            "speed_changed_at = CASE WHEN %(halve)s THEN statement_timestamp() "
            "ELSE speed_changed_at END, "
            "throttled_at = CASE WHEN %(halve)s THEN statement_timestamp() ELSE throttled_at END "
            "WHERE id = %(account)s",
            {
                "rest": rest.total_seconds(),
                "halve": halve,
                "slowest": policy.slowest_speed,
                "cut": policy.speed_cut,
                "account": account_id,
            },
        )


def recover_speed(*, account_id: int, now: datetime, policy: Policy = DEFAULT_POLICY) -> None:
    """Dare a little more, as `speed.recovered` says; while something rests, nothing is dared."""
    account = SpokiAccount.objects.get(pk=account_id)
    freezes = (
        account.frozen_until,
        account.templates_frozen_until,
        account.texts_frozen_until,
        account.automations_frozen_until,
    )
    rests = [until for until in freezes if until is not None]
    if account.speed_factor >= 1 or any(until > now for until in rests):
        return
    if account.speed_changed_at is not None:
        rests.append(account.speed_changed_at)
    since = max(rests, default=now - policy.recovery_every)
    speed = recovered(account.speed_factor, changed_at=since, now=now, policy=policy)
    if speed > account.speed_factor:
        SpokiAccount.objects.filter(
            pk=account_id, speed_changed_at=account.speed_changed_at
        ).update(speed_factor=speed, speed_changed_at=now)
