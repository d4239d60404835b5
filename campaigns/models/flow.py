"""A flow: a standing rule “when this happens, send that template”, and who passes through it."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audiences.models import Contact
from campaigns.models.account import WhatsAppNumber
from campaigns.models.outbox import Lane, OutboundMessage
from templates_sync.models import TemplateVersion


class Flow(models.Model):
    """Edited while it is disabled; enabled by another person than who wrote or edited it last."""

    class Status(models.TextChoices):
        DISABLED = "disabled", pgettext_lazy("flow", "Disabled")
        ENABLED = "enabled", pgettext_lazy("flow", "Enabled")

    class Hours(models.TextChoices):
        """When it may arrive, by the clock of whoever gets it."""

        TRANSACTIONAL = "transactional", _("Hours of order messages")
        MARKETING = "marketing", _("Hours of marketing")

    NEXT: ClassVar = {
        Status.DISABLED: {Status.ENABLED},
        Status.ENABLED: {Status.DISABLED},
    }

    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(
        _("status"), max_length=8, choices=Status, default=Status.DISABLED, editable=False
    )
    # Which of the flows that come with the house it is (`campaigns.flows.shipped`); empty for all others.
    shipped_key = models.CharField(max_length=60, blank=True, default="", editable=False)
    # A key of `campaigns.flows.triggers`.
    trigger = models.CharField(_("when"), max_length=60)
    template_version = models.ForeignKey(
        TemplateVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="flows",
        verbose_name=_("template"),
    )
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    number = models.ForeignKey(
        WhatsAppNumber,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("from number"),
        help_text=_("Left empty: the default number."),
    )
    delay_minutes = models.PositiveIntegerField(
        _("wait (minutes)"), default=0, validators=[MaxValueValidator(60 * 24 * 365)]
    )
    conditions = models.JSONField(_("only if"), default=dict, blank=True)
    lane = models.PositiveSmallIntegerField(
        _("priority"),
        choices=[
            (Lane.TRANSACTIONAL.value, Lane.TRANSACTIONAL.label),
            (Lane.MARKETING.value, Lane.MARKETING.label),
        ],
        default=Lane.TRANSACTIONAL,
    )
    hours = models.CharField(_("hours"), max_length=13, choices=Hours, default=Hours.TRANSACTIONAL)
    holdout_share = models.DecimalField(
        _("control group"),
        max_digits=4,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal("0.5"))],
        help_text=_("Share of people who are not written to, to measure the effect."),
    )

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    last_editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)
    # Who asked for it to be enabled, and what they had in front of them.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    requested_at = models.DateTimeField(null=True, editable=False)
    enabled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    # What happened before is none of the flow's business.
    enabled_at = models.DateTimeField(_("enabled"), null=True, editable=False)
    # Why a machine disabled it: a code of `campaigns.reasons`, empty when a person did.
    stop_code = models.CharField(max_length=40, blank=True, editable=False)
    stop_detail = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("flow")
        verbose_name_plural = _("flows")
        permissions: ClassVar = [
            ("request_flow", "Can ask for a flow to be enabled"),
            ("enable_flow", "Can enable a flow"),
            ("disable_flow", "Can disable a flow"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="flow_status_known", condition=Q(status__in=["disabled", "enabled"])
            ),
            models.CheckConstraint(
                name="flow_enabled_by_another",
                condition=Q(status="disabled")
                | (
                    Q(enabled_by__isnull=False, enabled_at__isnull=False)
                    & ~Q(enabled_by=F("author"))
                    & ~Q(enabled_by=F("last_editor"))
                ),
            ),
            models.CheckConstraint(
                name="flow_enabled_has_a_template",
                condition=Q(status="disabled") | Q(template_version__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["shipped_key"],
                condition=~Q(shipped_key=""),
                name="flow_shipped_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FlowVersion(models.Model):
    """What a flow said when it was enabled; never changed."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    # Everything that decides who gets what and when, as it was.
    definition = models.JSONField(default=dict)
    template_version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("template")
    )
    at = models.DateTimeField(_("enabled"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("version of a flow")
        verbose_name_plural = _("versions of a flow")
        ordering: ClassVar = ["flow", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flow", "number"], name="flow_version_once")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} v{self.number}"


class FlowEvent(models.Model):
    """What happened to a flow, who did it and with which figures; never changed."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    # created, edited, requested, enabled, disabled, stopped, tested …
    verb = models.CharField(max_length=30)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("flow event")
        verbose_name_plural = _("flow events")
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["flow", "at"], name="flow_event_story")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.verb} at {self.at:%d/%m %H:%M}"


class FlowEntry(models.Model):
    """One person's passage through a flow for one thing that happened: at most one, whatever arrives.

    `subject` names the thing in the words of the trigger's owner ("order:17", "parcel:4").
    """

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("flow entry", "Waiting")
        QUEUED = "queued", pgettext_lazy("flow entry", "Handed to the sender")
        HELD_OUT = "held_out", pgettext_lazy("flow entry", "Control group")
        LEFT = "left", pgettext_lazy("flow entry", "Left the flow")

    NEXT: ClassVar = {
        Status.WAITING: {Status.QUEUED, Status.HELD_OUT, Status.LEFT},
        Status.QUEUED: set(),
        Status.HELD_OUT: set(),
        Status.LEFT: set(),
    }

    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, related_name="entries")
    version = models.ForeignKey(FlowVersion, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=80)
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="flow_entries", db_constraint=False
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    # Why the person left, or cannot be written to: a code of `campaigns.reasons` or of the trigger's owner.
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    happened_at = models.DateTimeField(_("happened"))
    due_at = models.DateTimeField(_("due"))
    # Later than this it is no news any more.
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    message = models.OneToOneField(
        OutboundMessage,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="flow_entry",
    )

    class Meta:
        verbose_name = _("passage through a flow")
        verbose_name_plural = _("passages through a flow")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flow", "subject"], name="one_entry_per_subject"),
            models.CheckConstraint(
                name="flow_entry_status_known",
                condition=Q(status__in=["waiting", "queued", "held_out", "left"]),
            ),
            models.CheckConstraint(
                name="flow_entry_queued_has_message",
                condition=~Q(status="queued") | Q(message__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(status="waiting"), name="flow_entry_due"),
            models.Index(fields=["subject"], name="flow_entry_subject"),
            models.Index(fields=["flow", "happened_at"], name="flow_entry_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id}: {self.subject}"


class FlowTest(models.Model):
    """A flow's message tried out on a phone of one's own: nobody's passage, and in no figure."""

    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, related_name="tests")
    message = models.OneToOneField(
        OutboundMessage, on_delete=models.PROTECT, related_name="flow_test"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("test of a flow")
        verbose_name_plural = _("tests of flows")
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["by", "at"], name="flow_test_of_a_person")]

    def __str__(self) -> str:
        return f"{self.flow_id} {self.at:%d/%m %H:%M}"
