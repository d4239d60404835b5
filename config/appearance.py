"""How the admin looks and where its menu leads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the menu: shown to who has `permission`, where the address exists."""

    title: Text
    icon: str  # a name of Google's Material Symbols, the font the admin carries
    address: str
    # Any of them opens it.
    permission: str | tuple[str, ...] | None = None
    help: Text = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: Text
    entries: tuple[Entry, ...]
    is_folded: bool = False


MENU = (
    Section(
        _("Work"),
        (
            Entry(_("Dashboard"), "monitoring", "admin:index"),
            Entry(_("Inbox"), "inbox", "inbox", "conversations.view_message",
                  _("Conversations that wait for an answer.")),
            Entry(_("Campaigns"), "campaign", "admin:campaigns_campaign_changelist", "campaigns.view_campaign",
                  _("Prepare, have approved, launch and follow.")),
            Entry(_("Flows"), "account_tree", "admin:campaigns_flow_changelist", "campaigns.view_flow",
                  _("When something happens, a message goes by itself.")),
            Entry(_("Segments"), "filter_alt", "admin:audiences_segment_changelist", "audiences.view_segment",
                  _("Who receives a campaign, by rules.")),
            Entry(_("Templates"), "chat", "admin:templates_sync_template_changelist", "templates_sync.view_template",
                  _("The texts that WhatsApp has approved, with their versions.")),
            Entry(_("Template figures"), "leaderboard", "admin:campaigns_campaign_scoreboard", "campaigns.view_campaign",
                  _("Which text is read, answered, or makes people unsubscribe.")),
            Entry(_("Template drafts"), "edit_note", "admin:templates_sync_templatedraft_changelist",
                  "templates_sync.view_templatedraft", _("Write a text, have it reviewed, hand it to Meta.")),
            Entry(_("Contacts"), "group", "admin:audiences_contact_changelist", "audiences.view_contact",
                  _("People, their consents and what we know of them.")),
            Entry(_("Orders"), "local_shipping", "admin:orders_order_changelist", "orders.view_order",
                  _("Orders of the shop and cash on delivery.")),
            Entry(_("COD work"), "handshake", "admin:orders_cod_work", "orders.decide_cod",
                  _("Other addresses, cancellations and questions of cash-on-delivery orders.")),
            Entry(_("COD call list"), "call", "admin:orders_cod_calls", "orders.decide_cod",
                  _("Whom to call before the courier comes.")),
            Entry(_("COD figures"), "query_stats", "admin:orders_order_figures", ("orders.view_order", "campaigns.view_campaign"),
                  _("How cash-on-delivery orders end, and what asking saves.")),
            Entry(_("Perhaps unsubscribe"), "unsubscribe", "admin:conversations_message_judge", "conversations.view_message",
                  _("Words that a person must read: do they want no more marketing?")),
            Entry(_("Customers"), "contact_phone", "customers", "conversations.view_message",
                  _("Find a customer by phone, name or order, and see all there is.")),
        ),
    ),
    Section(
        _("Sending"),
        (
            Entry(_("Messages"), "outbox", "admin:campaigns_outboundmessage_changelist", "campaigns.view_outboundmessage",
                  _("Each message we meant to send and what became of it.")),
            Entry(_("Unknown outcomes"), "help", "admin:campaigns_outboundmessage_unknown", "campaigns.view_outboundmessage",
                  _("Messages that may have left or not: look and decide.")),
            Entry(_("Account and limits"), "speed", "admin:campaigns_spokiaccount_changelist", "campaigns.view_spokiaccount",
                  _("Limits, hours, quality and credit of the Spoki account.")),
            Entry(_("Automation routes"), "alt_route", "admin:campaigns_automationroute_changelist",
                  "campaigns.view_automationroute", _("Templates that leave by one of Spoki's automations.")),
            Entry(_("Sending policy"), "shield", "admin:campaigns_sendingpolicy_changelist", "campaigns.view_sendingpolicy",
                  _("How carefully we send: caps, first share, stops and limits by tier.")),
            Entry(_("Message rates"), "euro", "admin:campaigns_messagerate_changelist", "campaigns.view_messagerate",
                  _("What Meta charges, by country and category.")),
            Entry(_("Alerts"), "notifications", "admin:campaigns_alert_changelist", "campaigns.view_alert",
                  _("What you were told, and who has seen it.")),
            Entry(_("Snapshots"), "photo_camera", "admin:audiences_snapshot_changelist", "audiences.view_snapshot",
                  _("The audiences as they were when a campaign was launched.")),
            Entry(_("Customers' messages"), "forum", "admin:conversations_message_changelist", "conversations.view_message",
                  _("What customers wrote.")),
        ),
        is_folded=True,
    ),
    Section(
        _("System"),
        (
            Entry(_("Shop"), "storefront", "admin:orders_shop_changelist", "orders.view_shop",
                  _("What counts as cash on delivery, consents, tags, hours and costs.")),
            Entry(_("Privacy requests"), "privacy_tip", "admin:orders_privacyrequest_changelist",
                  "orders.view_privacyrequest"),
            Entry(_("Openings of cards"), "visibility", "admin:conversations_cardopening_changelist",
                  "conversations.view_cardopening"),
            Entry(_("Webhook deliveries"), "webhook", "admin:conversations_spokidelivery_changelist",
                  "conversations.view_spokidelivery"),
            Entry(_("Webhooks on Spoki"), "sensors", "admin:conversations_spokiwebhook_changelist",
                  "conversations.view_spokiwebhook"),
            Entry(_("Shopify deliveries"), "shopping_cart", "admin:orders_shopifydelivery_changelist",
                  "orders.view_shopifydelivery"),
            Entry(_("Calls to Shopify"), "outgoing_mail", "admin:orders_shopcall_changelist", "orders.view_shopcall"),
            Entry(_("Checks against Shopify"), "fact_check", "admin:orders_reconciliation_changelist",
                  "orders.view_reconciliation"),
            Entry(_("Imports of the shop"), "download", "admin:orders_shopimport_changelist", "orders.view_shopimport"),
            Entry(_("Template syncs"), "sync", "admin:templates_sync_syncrun_changelist", "templates_sync.view_syncrun"),
            Entry(_("Contact syncs"), "sync_alt", "admin:audiences_contactsyncrun_changelist", "audiences.view_contactsyncrun"),
            Entry(_("Conflicts with Spoki"), "difference", "admin:audiences_syncconflict_changelist",
                  "audiences.view_syncconflict"),
            Entry(_("Schedule"), "schedule", "admin:django_celery_beat_periodictask_changelist",
                  "django_celery_beat.view_periodictask"),
            Entry(_("Users"), "person", "admin:auth_user_changelist", "auth.view_user"),
            Entry(_("Groups"), "groups", "admin:auth_group_changelist", "auth.view_group"),
            Entry(_("API tokens"), "key", "admin:authtoken_tokenproxy_changelist", "authtoken.view_tokenproxy"),
            Entry(_("API documentation"), "api", "api-docs"),
        ),
        is_folded=True,
    ),
)  # fmt: skip


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu of the admin for who asks; of two entries that fit the page, the nearer is marked."""
    links = [link for section in MENU for _entry, link in reachable(section, request)]
    index = reverse("admin:index")
    inside = [link for link in links if link != index and request.path.startswith(link)]
    here = index if request.path == index else max(inside, key=len, default="")
    return [
        {
            "title": section.title,
            "separator": number > 0,
            "collapsible": section.is_folded,
            "items": [
                {"title": entry.title, "icon": entry.icon, "link": link, "active": link == here}
                for entry, link in reachable(section, request)
            ],
        }
        for number, section in enumerate(MENU)
    ]


def reachable(section: Section, request: HttpRequest) -> Iterator[tuple[Entry, str]]:
    """Yield the entries of `section` that exist and that the user may open, with their address."""
    for entry in section.entries:
        if entry.permission and not _may_open(request, entry.permission):
            continue
        try:
            yield entry, reverse(entry.address)
        except NoReverseMatch:
            continue


def _may_open(request: HttpRequest, permission: str | tuple[str, ...]) -> bool:
    names = (permission,) if isinstance(permission, str) else permission
    return any(request.user.has_perm(name) for name in names)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the first page where to begin, and the cards of the places the user may open."""
    # Models are not there yet when the settings read this file.
    from config.first_steps import first_steps
    from config.to_do import to_do

    cards = [
        {"title": entry.title, "icon": entry.icon, "help": entry.help, "link": link}
        for section in MENU
        for entry, link in reachable(section, request)
        if entry.help
    ]
    waiting = {"first_steps": first_steps(request), "to_do": to_do(request)}
    return context | {"cards": cards} | waiting


def environment(request: HttpRequest) -> list[Text] | None:
    """Return the label beside the user's name, and its colour."""
    return ["DEMO", "warning"] if settings.DEMO_MODE else None


def house_style(request: HttpRequest) -> str:
    return static("config/house.css")


def favicon(request: HttpRequest) -> str:
    return static("config/paw.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Zampa",
    "SITE_HEADER": "Zampa",
    "SITE_SUBHEADER": _("WhatsApp campaigns"),
    "SITE_SYMBOL": "pets",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "ENVIRONMENT": "config.appearance.environment",
    "DASHBOARD_CALLBACK": "config.appearance.dashboard",
    "STYLES": [house_style],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        # Emerald; white text on 600 and dark text on 500 keep the contrast that WCAG AA asks for.
        "primary": {
            "50": "#ecfdf5",
            "100": "#d1fae5",
            "200": "#a7f3d0",
            "300": "#6ee7b7",
            "400": "#34d399",
            "500": "#10b981",
            "600": "#047857",
            "700": "#065f46",
            "800": "#064e3b",
            "900": "#053f30",
            "950": "#022c22",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": sidebar,
    },
}
