"""What people asked of the shop about their data, and what became of it."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PrivacyRequest(models.Model):
    """One request that Shopify handed on (its privacy law compliance topics); it is answered within 30 days.

    Whose it is stands in `customer_id`, else `email`, else `phone`, else `order_ids`, as Shopify named her. After
    an erasure only the identifiers of Shopify stay: e-mail and phone go with the rest.
    """

    class Kind(models.TextChoices):
        DATA_REQUEST = "data_request", _("Wants her data")
        REDACT = "redact", _("Wants to be forgotten")
        SHOP_REDACT = "shop_redact", _("The shop's data must go")

    class State(models.TextChoices):
        WAITING = "waiting", _("To do")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Not carried out")

    NEXT: ClassVar = {
        State.WAITING: {State.DONE, State.REFUSED},
        State.DONE: set(),
        State.REFUSED: set(),
    }

    kind = models.CharField(_("request"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    shop_domain = models.CharField(_("shop"), max_length=255)
    # Shopify's number of a request for data; empty for the others.
    request_id = models.BigIntegerField(_("request of Shopify"), null=True, blank=True)
    customer_id = models.BigIntegerField(_("Shopify customer"), null=True, blank=True)
    email = models.CharField(_("email"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    order_ids = ArrayField(
        models.BigIntegerField(), verbose_name=_("orders"), default=list, blank=True
    )
    asked_at = models.DateTimeField(_("asked"))
    term_at = models.DateTimeField(_("to be done by"))
    # When a machine tries next; a request for data waits for a person.
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    downloaded_at = models.DateTimeField(_("file taken"), null=True, blank=True)
    downloaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file taken by"),
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    # How many rows of each kind were found or erased.
    figures = models.JSONField(_("what was done"), default=dict, blank=True)

    class Meta:
        verbose_name = _("privacy request")
        verbose_name_plural = _("privacy requests")
        permissions: ClassVar = [
            ("answer_privacyrequest", _("Can take the data of a privacy request and close it"))
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="privacy_request_due"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop_domain", "request_id"],
                condition=Q(kind="data_request"),
                name="privacy_data_request_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["data_request", "redact", "shop_redact"]),
                name="privacy_request_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "done", "refused"]),
                name="privacy_request_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(done_at__isnull=False),
                name="privacy_request_done_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%d/%m/%Y}"

    def days_left(self, *, now: datetime) -> int:
        """Return the whole days until the term; negative once it is over."""
        return (self.term_at - now).days
