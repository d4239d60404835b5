"""What people are told about the shop on Shopify, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHOP: Final[Mapping[str, Promise]] = {
    "shopify_webhooks_missing": _(
        "Shopify does not tell us of {topics}: these webhooks are missing and could not be made again. "
        "Look at the app's scopes and at SHOPIFY_WEBHOOK_URL. Until then orders come every 15 minutes "
        "only. {detail}"
    ),
    "shopify_webhooks_unread": _(
        "The webhooks on Shopify could not be looked at: are the app's keys valid, is it still "
        "installed? {detail}"
    ),
    "shopify_read_old": _(
        "Shopify was last asked for changed orders at {at}: what no webhook brought is missing here. "
        "Look at System → Checks against Shopify for the reason."
    ),
    "shopify_calls_failed": _(
        "Shopify was not told of {count} answers of customers: look at Orders → Calls to Shopify, and "
        "repeat them."
    ),
    "shopify_deprecated": _(
        "Shopify warns that something we use of its API {asked} will end ({said}): ask for an update "
        "of this application."
    ),
    "shopify_version": _(
        "Shopify answers in version {said} of its API instead of {asked}: set SHOPIFY_API_VERSION to "
        "one that it still serves."
    ),
}
