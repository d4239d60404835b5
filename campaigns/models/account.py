"""The Spoki account: its limits, its hours, its health, and the numbers that share them."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# What `spoki.UNLIMITED` says, written here so that a command that only computes need not load HTTP.
UNLIMITED = 2_000_000_000

Hours = dict[str, list[str] | None]


def default_marketing_hours() -> Hours:
    """Return 10:00–19:30 inside the Italian telemarketing code of conduct; none on holidays."""
    return {
        "weekday": ["10:00", "19:30"],
        "saturday": ["10:00", "19:00"],
        "holiday_eve": ["10:00", "19:00"],
        "sunday": None,
        "holiday": None,
    }


def default_transactional_hours() -> Hours:
    """Return 08:00–22:00 every day: an order placed at night is confirmed in the morning."""
    return {
        day: ["08:00", "22:00"]
        for day in ("weekday", "saturday", "holiday_eve", "sunday", "holiday")
    }


def always() -> Hours:
    """Return hours that never close (demo and tests)."""
    return {day: ["00:00", "24:00"] for day in default_marketing_hours()}


class Quality(models.TextChoices):
    """Quality of the number as Meta rates it; UNREADABLE is a word that we do not know."""

    UNKNOWN = "unknown", _("Not rated yet")
    GREEN = "green", _("High")
    YELLOW = "yellow", _("Medium")
    RED = "red", _("Low")
    UNREADABLE = "unreadable", _("Not understood")


class SpokiAccount(models.Model):
    """The account behind the API key: the row that is locked to hand out sends.

    The lengths of the rolling windows are data (seconds), so that a test can run a minute in two
    seconds; in production they stay 60, 3,600 and 86,400.
    """

    name = models.CharField(_("name"), max_length=200, default="Spoki")
    spoki_id = models.BigIntegerField(null=True, blank=True, unique=True)

    # None: the policy's row of the tier decides.
    template_sends_per_minute = models.PositiveIntegerField(
        _("template sends per minute"),
        default=60,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: the sending policy's figure for this tier."),
    )
    text_sends_per_minute = models.PositiveIntegerField(
        _("text sends per minute"), default=120, validators=[MinValueValidator(1)]
    )
    # A quarter of what Meta takes from one number (80 per second; Cloud API, Throughput).
    automation_sends_per_minute = models.PositiveIntegerField(
        _("sends by automation per minute"),
        default=1200,
        validators=[MinValueValidator(1)],
        help_text=_("Templates that leave by one of Spoki's automations do not count above."),
    )
    sends_per_hour = models.PositiveIntegerField(
        _("sends per hour"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: the sending policy's figure for this tier."),
    )
    margin = models.FloatField(
        _("safety margin"),
        default=0.05,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.9)],
        help_text=_("Share of each limit that is never used."),
    )
    marketing_share = models.FloatField(
        _("share of the daily limit for marketing"),
        default=0.8,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("The rest is kept for order messages."),
    )
    minute_seconds = models.FloatField(default=60.0, editable=False)
    hour_seconds = models.FloatField(default=3600.0, editable=False)
    day_seconds = models.FloatField(default=86400.0, editable=False)
    lease_seconds = models.FloatField(default=1.0, editable=False)
    # None: the policy's.
    person_gap_seconds = models.FloatField(null=True, editable=False)

    daily_limit = models.PositiveIntegerField(
        _("daily limit read from Spoki"),
        null=True,
        blank=True,
        help_text=_("People who may be written to in 24 hours."),
    )
    daily_limit_override = models.PositiveIntegerField(
        _("daily limit set by hand"), null=True, blank=True
    )
    contacted_in_24h = models.PositiveIntegerField(_("contacted in 24 hours"), default=0)
    quality = models.CharField(
        _("quality"), max_length=12, choices=Quality, default=Quality.UNKNOWN
    )
    # Spoki does not publish its words for quality: one that we do not know stops marketing until a
    # person has looked at Spoki's page and says here what it means.
    quality_by_hand = models.CharField(
        _("quality set by hand"),
        max_length=12,
        blank=True,
        choices=[choice for choice in Quality.choices if choice[0] in {"green", "yellow", "red"}],
        help_text=_("Counts only while Spoki's own word is not understood."),
    )
    phone_status = models.CharField(_("state of the number"), max_length=40, blank=True)
    credit_millis = models.BigIntegerField(
        null=True, blank=True, help_text=_("Thousandths of a euro.")
    )
    refreshed_at = models.DateTimeField(_("read from Spoki at"), null=True, blank=True)

    marketing_hours = models.JSONField(_("marketing hours"), default=default_marketing_hours)
    transactional_hours = models.JSONField(
        _("hours of order messages"), default=default_transactional_hours
    )

    # How fast we dare to go (1 = the whole limit): halved by a 429, recovered slowly.
    speed_factor = models.FloatField(default=1.0, editable=False)
    speed_changed_at = models.DateTimeField(null=True, editable=False)
    throttled_at = models.DateTimeField(null=True, editable=False)
    # Nothing starts until then; a 429 freezes only its own class of sends.
    frozen_until = models.DateTimeField(null=True, editable=False)
    templates_frozen_until = models.DateTimeField(null=True, editable=False)
    texts_frozen_until = models.DateTimeField(null=True, editable=False)
    automations_frozen_until = models.DateTimeField(null=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    pause_code = models.CharField(max_length=40, blank=True, editable=False)
    pause_detail = models.CharField(max_length=300, blank=True, editable=False)
    # The moment from which the next marketing message may start (even pace of the account); those
    # that leave by automation have a pace of their own.
    pace_at = models.DateTimeField(null=True, editable=False)
    automation_pace_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("Spoki account")
        verbose_name_plural = _("Spoki accounts")
        constraints = [
            models.CheckConstraint(
                name="account_limits_positive",
                condition=Q(template_sends_per_minute__gte=1)
                & Q(text_sends_per_minute__gte=1)
                & Q(automation_sends_per_minute__gte=1),
            ),
            models.CheckConstraint(
                name="account_shares_in_range",
                condition=Q(margin__gte=0, margin__lt=1)
                & Q(marketing_share__gte=0, marketing_share__lte=1)
                & Q(speed_factor__gt=0, speed_factor__lte=1),
            ),
            models.CheckConstraint(
                name="account_quality_known", condition=Q(quality__in=Quality.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def people_per_day(self) -> int | None:
        """Return the tier in force (unique people per rolling 24 h); None while it was never read."""
        return (
            self.daily_limit_override if self.daily_limit_override is not None else self.daily_limit
        )

    @property
    def has_no_daily_limit(self) -> bool:
        """Return whether Spoki says that there is no tier; never so while it was not read."""
        return (self.people_per_day or 0) >= UNLIMITED

    @property
    def quality_in_force(self) -> str:
        """Return the quality that decides: Spoki's, or a person's where Spoki's is not understood."""
        if self.quality == Quality.UNREADABLE and self.quality_by_hand:
            return str(self.quality_by_hand)
        return str(self.quality)

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


class WhatsAppNumber(models.Model):
    """A sender number (Spoki calls it a channel); numbers share the account's limits."""

    account = models.ForeignKey(SpokiAccount, on_delete=models.CASCADE, related_name="numbers")
    spoki_channel_id = models.BigIntegerField(null=True, blank=True, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=20)
    quality = models.CharField(
        _("quality"), max_length=12, choices=Quality, default=Quality.UNKNOWN
    )
    phone_status = models.CharField(_("state of the number"), max_length=40, blank=True)
    is_default = models.BooleanField(_("default number"), default=False)

    class Meta:
        verbose_name = _("WhatsApp number")
        verbose_name_plural = _("WhatsApp numbers")
        constraints = [
            models.UniqueConstraint(fields=["account", "phone"], name="number_once_per_account"),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(is_default=True),
                name="one_default_number_per_account",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.phone


class SenderReport(models.Model):
    """What the sender does now and what it waits for: written every few seconds, read by pages.

    `waits` is a list of `{"code": str, …figures}`; words are made where they are shown, in the
    reader's language.
    """

    account = models.OneToOneField(SpokiAccount, on_delete=models.CASCADE, related_name="report")
    at = models.DateTimeField()
    waits = models.JSONField(default=list)
    look_again_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sender report of {self.account_id}"

    def wait_codes(self) -> list[str]:
        waits: list[dict[str, Any]] = self.waits
        return [str(wait.get("code")) for wait in waits]
