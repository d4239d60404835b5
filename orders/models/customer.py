"""A customer account of the shop, and the contact it leads to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact


class ShopifyCustomer(models.Model):
    """Two accounts may share a phone, hence a contact; one account never has two contacts."""

    shopify_id = models.BigIntegerField(_("Shopify id"), unique=True)
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="shopify_customers",
        verbose_name=_("contact"),
    )
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    email = models.EmailField(_("email"), blank=True)
    tags = ArrayField(
        models.CharField(max_length=255), verbose_name=_("tags"), default=list, blank=True
    )
    # What Shopify said last, by field of Contact: only what it says anew is handed on, so that it never
    # undoes by repetition what a person corrected here.
    said = models.JSONField(default=dict, db_default={}, blank=True)
    # The latest consents of the account by channel ("whatsapp", "sms"): they wait here for a phone.
    consents = models.JSONField(default=dict, db_default={}, blank=True)
    # Merged into another account, deleted or redacted on Shopify.
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)
    # Erased at the person's wish: nothing is learned of this account any more.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    shopify_updated_at = models.DateTimeField(_("changed on Shopify"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("Shopify customer")
        verbose_name_plural = _("Shopify customers")

    def __str__(self) -> str:
        return str(self.shopify_id)
