"""By what else a person is known, which numbers she had, and which of our contacts turned out to be one."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audiences.models.contact import Contact


class ContactAlias(models.Model):
    """Another identifier of a person; each leads to one contact, never to a merged one.

    A business-scoped user id is two letters, a dot and up to 128 letters and digits, and is used whole (Meta,
    Business-scoped user IDs). A phone is here when it belonged to a contact that was merged: who writes about it
    means this person.
    """

    class Kind(models.TextChoices):
        BSUID = "bsuid", _("WhatsApp user id")
        PARENT_BSUID = "parent_bsuid", _("WhatsApp user id of a group of companies")
        USERNAME = "username", _("WhatsApp username")
        PHONE = "phone", _("other phone")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="aliases", verbose_name=_("contact")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    value = models.CharField(_("identifier"), max_length=140)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("other identifier")
        verbose_name_plural = _("other identifiers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value"], name="alias_of_one_contact"),
            models.CheckConstraint(
                condition=Q(kind__in=["bsuid", "parent_bsuid", "username", "phone"]),
                name="alias_kind_known",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="alias_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"


class ContactMerge(models.Model):
    """Two contacts were found to be one person: who decided it, why, and what both looked like before.

    `before` holds every value of both (`survivor`, `merged`), `kept` the name of each field with the side whose
    value was kept, `figures` how much moved along.
    """

    survivor = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="merges", verbose_name=_("kept contact")
    )
    merged = models.OneToOneField(
        Contact, on_delete=models.PROTECT, related_name="merge", verbose_name=_("merged contact")
    )
    at = models.DateTimeField(_("merged"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    why = models.CharField(_("why"), max_length=500, blank=True)
    before = models.JSONField(_("before"))
    kept = models.JSONField(_("kept"))
    figures = models.JSONField(_("moved along"), default=dict)

    class Meta:
        verbose_name = _("merge of contacts")
        verbose_name_plural = _("merges of contacts")
        indexes: ClassVar = [models.Index(fields=["-at"], name="contact_merge_latest")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(survivor=models.F("merged")), name="merge_is_of_two"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.survivor_id}"


class PhoneChange(models.Model):
    """A person has another number than before ("" = none): who said so, when and why.

    `merge` is set where the number was given up because two contacts were one person.
    """

    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="phone_changes", verbose_name=_("contact")
    )
    old_phone = models.CharField(_("old number"), max_length=16, blank=True, db_index=True)
    new_phone = models.CharField(_("new number"), max_length=16, blank=True)
    at = models.DateTimeField(_("changed"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    why = models.CharField(_("why"), max_length=500, blank=True)
    merge = models.ForeignKey(
        ContactMerge, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    figures = models.JSONField(_("moved along"), default=dict)

    class Meta:
        verbose_name = _("change of phone")
        verbose_name_plural = _("changes of phone")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(old_phone=models.F("new_phone")), name="phone_change_changes"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"change of phone {self.pk}"
