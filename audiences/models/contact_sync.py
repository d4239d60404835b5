"""What Spoki was told of each contact, what it told us, and the log of both."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audiences.models.contact import ConsentState, Contact


class ContactPush(models.Model):
    """What was last pushed of one contact: a digest, never the values.

    `filled` names what was pushed with a value, so that a value taken away here is taken away there.
    `consent` is what Spoki is known to hold, "" before anybody knows. A row with `leased_until` in
    the future is on its way; `is_alone` rows are pushed singly, after a batch whose answer did not
    say who was wrong. What Spoki refused waits for `retry_at`, or for a change.
    """

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, primary_key=True, related_name="push"
    )
    digest = models.CharField(max_length=64, blank=True, default="")
    filled = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    consent = models.CharField(max_length=10, blank=True, default="")
    pushed_at = models.DateTimeField(_("pushed"), null=True)
    leased_until = models.DateTimeField(null=True)
    is_alone = models.BooleanField(default=False)
    refused_digest = models.CharField(max_length=64, blank=True, default="")
    refused_at = models.DateTimeField(_("refused"), null=True)
    retry_at = models.DateTimeField(null=True)
    error = models.CharField(_("what Spoki said"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("contact refused by Spoki")
        verbose_name_plural = _("contacts refused by Spoki")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(consent__in=["", *ConsentState.values]),
                name="contact_push_consent_known",
            ),
            models.CheckConstraint(
                condition=Q(refused_digest="") | Q(refused_at__isnull=False),
                name="contact_push_refused_has_moment",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["-refused_at"], condition=~Q(refused_digest=""), name="contact_push_refused"
            ),
            models.Index(fields=["contact"], condition=Q(is_alone=True), name="contact_push_alone"),
        ]

    def __str__(self) -> str:
        return str(self.contact)


class SpokiContact(models.Model):
    """One contact at Spoki, as last read. Two of them may have one phone, and then one contact here."""

    spoki_id = models.BigIntegerField(unique=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="at_spoki")
    consent = models.CharField(max_length=10, choices=ConsentState.choices)
    is_blocked = models.BooleanField(default=False)
    has_invalid_phone = models.BooleanField(default=False)
    read_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("contact at Spoki")
        verbose_name_plural = _("contacts at Spoki")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(consent__in=ConsentState.values), name="spoki_contact_consent_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.spoki_id)


class ContactToRead(models.Model):
    """A contact to read again from Spoki: a webhook told of it, or a doubt arose.

    By `spoki_id`, or by `phone` where no id is known. Asking again moves `asked_at`.
    """

    key = models.CharField(max_length=40, unique=True)
    spoki_id = models.BigIntegerField(null=True)
    phone = models.CharField(max_length=16, blank=True, default="")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("contact to read again")
        verbose_name_plural = _("contacts to read again")

    def __str__(self) -> str:
        return f"contact to read {self.pk}"


class NumberToSilence(models.Model):
    """A number that a person gave up while Spoki held a consent for it: whoever has it next gave none.

    Spoki is told once, at `told_at`. What Spoki shows of the number afterwards is our own word, no news.
    """

    phone = models.CharField(_("phone"), max_length=16, unique=True)
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("number given up")
        verbose_name_plural = _("numbers given up")
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"], condition=Q(told_at=None), name="number_to_silence_due"
            )
        ]

    def __str__(self) -> str:
        return f"number given up {self.pk}"


class SpokiPace(models.Model):
    """When the next call of one kind may leave: one row for all processes."""

    kind = models.CharField(max_length=20, unique=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kind


class SpokiField(models.Model):
    """A custom field that Spoki knows, by its code (PET_NAME); the row "" says when all were read."""

    code = models.CharField(max_length=150, unique=True)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class ContactSyncRun(models.Model):
    """One push, one full read, or one round of single reads; unfinished ones are gone on with.

    `position` is where to go on: the last contact looked at (push), or the next page (sweep).
    """

    class Kind(models.TextChoices):
        PUSH = "push", _("sent to Spoki")
        SWEEP = "sweep", _("read from Spoki")
        NEWS = "news", _("single contacts read")

    class Error(models.TextChoices):
        NONE = "", _("none")
        KEY_REFUSED = "key_refused", _("Spoki refuses the API key")
        UNREACHABLE = "unreachable", _("Spoki does not answer")
        THROTTLED = "throttled", _("Spoki asks to slow down")
        UNREADABLE = "unreadable", _("Spoki's answer could not be read")
        REFUSED = "refused", _("Spoki refused the request")
        EMPTY = "empty", _("Spoki lists no contact at all")
        TOO_MANY_GONE = "too_many_gone", _("Spoki lists far fewer contacts than before")
        INTERRUPTED = "interrupted", _("it was interrupted")

    kind = models.CharField(_("direction"), max_length=5, choices=Kind.choices)
    started_at = models.DateTimeField(_("started"))
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    position = models.BigIntegerField(default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    pushed = models.PositiveIntegerField(_("sent"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    pulled = models.PositiveIntegerField(_("read"), default=0)
    created = models.PositiveIntegerField(_("new here"), default=0)
    withdrawn = models.PositiveIntegerField(_("unsubscribed"), default=0)
    conflicts = models.PositiveIntegerField(_("conflicts"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)
    skipped = models.PositiveIntegerField(_("without a usable phone"), default=0)
    calls = models.PositiveIntegerField(_("calls to Spoki"), default=0)
    throttled = models.PositiveIntegerField(_("times told to slow down"), default=0)
    unknown_fields = ArrayField(
        models.CharField(max_length=150), verbose_name=_("left out"), default=list, blank=True
    )
    error = models.CharField(
        _("error"), max_length=16, choices=Error, default=Error.NONE, blank=True
    )
    error_detail = models.CharField(_("detail"), max_length=300, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )

    class Meta:
        verbose_name = _("contact sync")
        verbose_name_plural = _("contact syncs")
        permissions = [("sync_contacts", _("Can sync contacts with Spoki now"))]
        get_latest_by = "started_at"
        indexes: ClassVar = [models.Index(fields=["-started_at"], name="contact_sync_latest")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(finished_at=None), name="contact_sync_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["push", "sweep", "news"]), name="contact_sync_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    error__in=[
                        "",
                        "key_refused",
                        "unreachable",
                        "throttled",
                        "unreadable",
                        "refused",
                        "empty",
                        "too_many_gone",
                        "interrupted",
                    ]
                ),
                name="contact_sync_error_known",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")),
                name="contact_sync_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.started_at:%d/%m/%Y %H:%M}"

    @property
    def is_complete(self) -> bool:
        return self.finished_at is not None and not self.error

    def duration(self, *, now: datetime) -> timedelta:
        return (self.finished_at or now) - self.started_at


class SyncConflict(models.Model):
    """The two sides disagreed about one value of one contact: both values, and whose was kept.

    The same disagreement again is counted, not added.
    """

    class Winner(models.TextChoices):
        OURS = "ours", _("ours")
        SPOKI = "spoki", _("Spoki's")

    class Kind(models.TextChoices):
        FIRST_NAME = "first_name", _("first name")
        LAST_NAME = "last_name", _("last name")
        EMAIL = "email", _("email")
        LANGUAGE = "language", _("language")
        CONSENT = "consent", _("marketing consent")
        ATTRIBUTE = "attribute", _("attribute")
        PHONE = "phone", _("phone")
        TWIN = "twin", _("two contacts at Spoki with one phone")

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        related_name="sync_conflicts",
        verbose_name=_("contact"),
    )
    kind = models.CharField(_("about"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("field"), max_length=150, blank=True, default="")
    ours = models.CharField(_("our value"), max_length=500, blank=True, default="")
    theirs = models.CharField(_("Spoki's value"), max_length=500, blank=True, default="")
    winner = models.CharField(_("kept"), max_length=5, choices=Winner.choices)
    first_at = models.DateTimeField(_("first seen"))
    last_at = models.DateTimeField(_("last seen"))
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("conflict with Spoki")
        verbose_name_plural = _("conflicts with Spoki")
        indexes: ClassVar = [models.Index(fields=["-last_at"], name="sync_conflict_latest")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact", "kind", "name", "ours", "theirs", "winner"],
                name="sync_conflict_once",
            ),
            models.CheckConstraint(
                condition=Q(winner__in=["ours", "spoki"]), name="sync_conflict_winner_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.contact_id}"
