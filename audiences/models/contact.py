"""A person, known by phone, or for now only by another identifier (see `ContactAlias`)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ConsentState(models.TextChoices):
    """What the ledger says today about one purpose."""

    UNKNOWN = "unknown", _("No consent")
    GIVEN = "given", _("Consent given")
    WITHDRAWN = "withdrawn", _("Unsubscribed")


class Contact(models.Model):
    """The phone is E.164 and the natural key towards Spoki; a person without phone is kept, never written to.

    The consent columns are derived from the ledger: only `audiences.consent` writes them. Whoever turned out to
    be somebody else's double stays as a row that points to that person (`merged_into`, never to another double):
    ledger, snapshots and logs name it, nobody writes to it.
    """

    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True, unique=True)
    can_receive_whatsapp = models.BooleanField(_("mobile number"), default=False)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    email = models.EmailField(_("email"), blank=True, db_index=True)
    language = models.CharField(_("language"), max_length=10, default="it")
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Rome")
    province = models.CharField(_("province"), max_length=10, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    tags = ArrayField(
        models.CharField(max_length=100), verbose_name=_("tags"), default=list, blank=True
    )

    marketing_consent = models.CharField(
        _("marketing consent"),
        max_length=10,
        choices=ConsentState.choices,
        default=ConsentState.UNKNOWN,
    )
    marketing_consent_at = models.DateTimeField(_("since"), null=True, blank=True)
    orders_consent = models.CharField(
        _("order updates consent"),
        max_length=10,
        choices=ConsentState.choices,
        default=ConsentState.UNKNOWN,
    )
    orders_consent_at = models.DateTimeField(_("since"), null=True, blank=True)

    is_blocked = models.BooleanField(_("blocked at Spoki"), default=False)
    has_invalid_phone = models.BooleanField(_("number not on WhatsApp"), default=False)
    spoki_contact_id = models.BigIntegerField(_("Spoki contact"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        related_name="doubles",
        verbose_name=_("merged into"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        permissions = [
            ("import_contact", _("Can import contacts from a file")),
            ("export_contact", _("Can export contacts with their phones")),
            ("export_contact_without_phone", _("Can export contacts, without phone and email")),
            ("merge_contact", _("Can merge two contacts into one")),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["tags"], name="contact_tags"),
            GinIndex(fields=["attributes"], name="contact_attributes"),
            # Whoever looks for a person types the beginnings of names.
            GinIndex(
                SearchVector("first_name", "last_name", "email", config="simple"),
                name="contact_names",
            ),
            # A handful of rows among millions.
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="contact_merged",
            ),
            # All that decides whether somebody may be written to: counts leave the wide rows unread.
            models.Index(
                fields=["id"],
                include=[
                    "phone",
                    "can_receive_whatsapp",
                    "has_invalid_phone",
                    "is_blocked",
                    "marketing_consent",
                ],
                condition=Q(merged_into__isnull=True),
                name="contact_judged",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="contact_phone_is_e164",
            ),
            models.CheckConstraint(
                condition=Q(can_receive_whatsapp=False) | Q(phone__isnull=False),
                name="contact_whatsapp_needs_phone",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(phone__isnull=True),
                name="contact_merged_has_no_phone",
            ),
            models.CheckConstraint(
                condition=Q(marketing_consent__in=ConsentState.values),
                name="contact_marketing_consent_known",
            ),
            models.CheckConstraint(
                condition=Q(orders_consent__in=ConsentState.values),
                name="contact_orders_consent_known",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.phone or str(self.pk)

    @property
    def is_merged(self) -> bool:
        return self.merged_into_id is not None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
