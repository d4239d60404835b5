"""Stops made by machine: of a campaign, of the account. Only a person starts again."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, SpokiAccount

SLOWEST = 0.05
# A whole limit is dared again after this long without a 429, one step of a tenth at a time.
RECOVERY_STEP = 0.1
RECOVERY_EVERY = timedelta(minutes=1)


def pause_campaigns_of_template(*, version_id: int, code: str, detail: str) -> int:
    """Pause every campaign at work with this version; return how many there were."""
    at_work = Campaign.objects.filter(
        template_version_id=version_id,
        status__in=[Campaign.Status.SENDING, Campaign.Status.SCHEDULED],
    )
    return sum(
        pause_campaign(campaign_id=pk, code=code, detail=detail)
        for pk in at_work.values_list("pk", flat=True)
    )


def pause_campaign(*, campaign_id: int, code: str, detail: str) -> bool:
    """Pause one campaign with the reason; False if it was not at work any more."""
    now = timezone.now()
    moved = Campaign.objects.filter(
        pk=campaign_id, status__in=[Campaign.Status.SENDING, Campaign.Status.SCHEDULED]
    ).update(
        status=Campaign.Status.PAUSED, pause_code=code, pause_detail=detail[:300], updated_at=now
    )
    if moved:
        CampaignEvent.objects.create(
            campaign_id=campaign_id, at=now, verb="paused", figures={"code": code, "detail": detail}
        )
    return moved == 1


def pause_account(*, account_id: int, code: str, detail: str = "") -> bool:
    """Stop everything on the account; False if it was stopped already (the first reason stays)."""
    moved = SpokiAccount.objects.filter(pk=account_id, paused_at__isnull=True).update(
        paused_at=timezone.now(), pause_code=code, pause_detail=detail[:300]
    )
    return moved == 1


_FREEZE_COLUMNS = {
    "all": "frozen_until",
    "template": "templates_frozen_until",
    "text": "texts_frozen_until",
}


def slow_down(*, account_id: int, rest: timedelta, halve: bool, kind: str = "all") -> None:
    """Start nothing of `kind` for `rest`, and halve the speed if Spoki said that we were too fast.

    Spoki limits each endpoint class apart, so a 429 on templates does not keep replies waiting.
    Many answers of one storm arrive together: the speed is halved once per second, not per answer.
    """
    column = _FREEZE_COLUMNS[kind]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE campaigns_spokiaccount SET "  # noqa: S608 - a name from our own table
            f"{column} = greatest({column}, statement_timestamp() + %s * interval '1 second'), "
            "speed_factor = CASE WHEN NOT %s OR speed_changed_at > statement_timestamp() "
            "- interval '1 s' THEN speed_factor ELSE greatest(%s, speed_factor / 2) END, "
            "speed_changed_at = CASE WHEN %s THEN statement_timestamp() ELSE speed_changed_at END "
            "WHERE id = %s",
            [rest.total_seconds(), halve, SLOWEST, halve, account_id],
        )


def recover_speed(*, account_id: int, now: datetime) -> None:
    """Dare a tenth of the limit more, if a minute has passed since the last change."""
    account = SpokiAccount.objects.get(pk=account_id)
    freezes = (account.frozen_until, account.templates_frozen_until, account.texts_frozen_until)
    if account.speed_factor >= 1 or any(until and until > now for until in freezes):
        return
    if account.speed_changed_at and now - account.speed_changed_at < RECOVERY_EVERY:
        return
    SpokiAccount.objects.filter(pk=account_id, speed_changed_at=account.speed_changed_at).update(
        speed_factor=min(1.0, account.speed_factor + RECOVERY_STEP), speed_changed_at=now
    )
