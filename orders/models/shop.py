"""The shop and how it wants to be served: what counts as cash on delivery, consent, tags, costs."""

from datetime import time
from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def default_consent_sources() -> list[dict[str, str]]:
    """Shopify's own WhatsApp consent (its API has it since 2026-07) is always a source."""
    return [{"kind": "native"}]


def _words() -> list[str]:
    return ["reso", "rifiutato", "giacenza", "rto"]


class Shop(models.Model):
    """Amounts are in euro cents. One row per `SHOPIFY_SHOP_DOMAIN`; see `orders.shops`."""

    domain = models.CharField(_("address on Shopify"), max_length=255, unique=True)
    cod_gateways = ArrayField(
        models.CharField(max_length=255),
        verbose_name=_("payment names that mean cash on delivery"),
        default=list,
        blank=True,
        help_text=_("Left empty: recognised by usual words, such as “contrassegno”."),
    )
    accepts_unnamed_cod = models.BooleanField(
        _("unpaid orders without a payment name are cash on delivery"), default=False
    )
    cod_tag = models.CharField(_("tag of COD orders"), max_length=40, default="COD", blank=True)
    confirmed_tag = models.CharField(
        _("tag when confirmed"), max_length=40, default="COD-confermato", blank=True
    )
    changed_tag = models.CharField(
        _("tag when a change is asked"), max_length=40, default="COD-modifica", blank=True
    )
    cancel_tag = models.CharField(
        _("tag when a cancellation is asked"), max_length=40, default="COD-annulla", blank=True
    )
    unanswered_tag = models.CharField(
        _("tag without answer"), max_length=40, default="COD-senza-risposta", blank=True
    )
    refused_tags = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("tags of refused parcels"),
        default=_words,
        blank=True,
    )
    # Ordered: [{"kind": "native"}, {"kind": "attribute", "name": …, "value": …}, {"kind": "tag", "name": …},
    # {"kind": "metafield", "name": "namespace.key", "value": …}, {"kind": "sms"}].
    consent_sources = models.JSONField(
        _("where consent to WhatsApp is found"), default=default_consent_sources, blank=True
    )
    writes_consent_back = models.BooleanField(
        _("write withdrawals to Shopify"),
        default=True,
        help_text=_(
            "Who unsubscribes in the chat, on the card or by the CRM is unsubscribed from WhatsApp on Shopify as well; "
            "who then starts again is subscribed there again. Needs the permission write_customers."
        ),
    )
    is_contract_basis = models.BooleanField(
        _("order messages without a consent of their own"),
        default=False,
        help_text=_("On the basis of the contract: ask your privacy adviser first."),
    )
    remind_after_minutes = models.PositiveIntegerField(_("remind after (minutes)"), default=240)
    unanswered_after_minutes = models.PositiveIntegerField(
        _("no answer after (minutes)"),
        default=480,
        help_text=_("From the question on; then the order is on the call list."),
    )
    courier_cutoff = models.TimeField(_("courier's pick-up"), default=time(16, 0))
    cod_holdout_share = models.DecimalField(
        _("control group"),
        max_digits=4,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal("0.5"))],
        help_text=_("Share of orders that are not asked, to measure the effect."),
    )
    refused_parcel_cents = models.PositiveIntegerField(
        _("cost of a refused parcel (cents)"), default=1400
    )
    storage_days = models.PositiveSmallIntegerField(_("days a courier keeps a parcel"), default=15)
    unknown_after_days = models.PositiveSmallIntegerField(
        _("days after which the end is not known"), default=45
    )
    uninstalled_at = models.DateTimeField(_("app removed"), null=True, blank=True)
    # When somebody said that the app is installed again: older news of its removal is old.
    connected_at = models.DateTimeField(_("connected again"), null=True, blank=True)
    # What Shopify lets us read and write, as it told last.
    scopes = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    scopes_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        permissions: ClassVar = [("import_shop", "Can read the whole shop again")]

    def __str__(self) -> str:
        return self.domain or str(self._meta.verbose_name)
