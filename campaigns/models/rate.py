"""What Meta charges for a delivered message: one row per market and day, none ever rewritten."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def _price(label: object) -> models.DecimalField:  # type: ignore[type-arg]  # generic in the stubs
    return models.DecimalField(
        label,  # type: ignore[arg-type]  # lazy texts are fine
        max_digits=9,
        decimal_places=6,
        validators=[MinValueValidator(0)],
    )


class MessageRate(models.Model):
    """Euro per delivered message in one market from `valid_from` on, without Spoki's own fee.

    The newest day that has come counts; of two rows for one day the later one, which corrects it.
    """

    market = models.CharField(_("market"), max_length=12)
    valid_from = models.DateField(_("valid from"))
    marketing = _price(_("marketing"))
    utility = _price(_("utility"))
    authentication = _price(_("authentication"))
    service = _price(_("free text"))
    is_estimate = models.BooleanField(_("estimate"), default=True)
    source = models.CharField(_("source"), max_length=300)
    verified_on = models.DateField(_("verified on"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("message rate")
        verbose_name_plural = _("message rates")
        default_permissions = ("add", "view")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rate_prices_not_negative",
                condition=Q(marketing__gte=0, utility__gte=0)
                & Q(authentication__gte=0, service__gte=0),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.market} {self.valid_from}"
