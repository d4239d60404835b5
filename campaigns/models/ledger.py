"""The ledger that makes the limits exact: what was granted, and to whom."""

from django.db import models

from campaigns.models.account import SpokiAccount


class Grant(models.Model):
    """A permission to start `count` sends, dated by the database after the account was locked."""

    class Kind(models.TextChoices):
        TEMPLATE = "template", "template"
        TEXT = "text", "text"
        AUTOMATION = "automation", "automation"

    account = models.ForeignKey(SpokiAccount, on_delete=models.CASCADE, related_name="grants")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind)
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "at"], include=["kind", "count"], name="grant_window")
        ]
        constraints = [
            models.CheckConstraint(
                name="grant_kind_known",
                condition=models.Q(kind__in=["template", "text", "automation"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.kind} at {self.at:%H:%M:%S}"


class TierRecipient(models.Model):
    """A person written to outside an open window, and when last: the unique people of 24 hours."""

    account = models.ForeignKey(SpokiAccount, on_delete=models.CASCADE, related_name="recipients")
    phone = models.CharField(max_length=20)
    last_at = models.DateTimeField()
    # What `last_at` was before the latest claim: restored if that message surely did not leave.
    previous_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "phone"], name="tier_recipient_once")
        ]
        indexes = [models.Index(fields=["account", "last_at"], name="tier_recipient_window")]

    def __str__(self) -> str:
        return f"recipient {self.pk}"


class TierMinute(models.Model):
    """How many people were last written to in the minute that starts at `minute`.

    It always agrees with `TierRecipient`: whoever is written to again moves to another minute.
    """

    account = models.ForeignKey(SpokiAccount, on_delete=models.CASCADE, related_name="tier_minutes")
    minute = models.DateTimeField()
    people = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "minute"], name="tier_minute_once")
        ]

    def __str__(self) -> str:
        return f"{self.people} people at {self.minute:%H:%M}"


class ClockReading(models.Model):
    """The database's clock beside those of the machine of the last claim, in seconds.

    `at` is the database's; `took` is how long its answer took from when the others were read.
    `since_boot` counts from the start of the machine, whose run is named `boot`; `wall` since 1970.
    """

    account = models.OneToOneField(SpokiAccount, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    boot = models.CharField(max_length=64, blank=True)
    since_boot = models.FloatField()
    wall = models.FloatField()
    took = models.FloatField()

    def __str__(self) -> str:
        return f"clocks at {self.at:%H:%M:%S}"
