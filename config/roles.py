"""Who may do what: the table of groups and permissions, and the step that makes the database follow.

A permission is `app.codename`. `view` of a model is the page, `add`, `change` and `delete` are the
buttons; what moves money or messages has a permission of its own.
"""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission

MARKETER = "Marketer"
APPROVER = "Approver"
AGENT = "CS agent"
ADMIN = "Admin"

# Read by everybody who plans or judges a campaign.
_CAMPAIGN_READING = {
    "campaigns.view_automationroute",
    "campaigns.view_alert",
    "campaigns.acknowledge_alert",
    "campaigns.view_campaign",
    "campaigns.view_campaignevent",
    "campaigns.view_flow",
    "campaigns.view_flowentry",
    "campaigns.view_flowevent",
    "campaigns.view_flowversion",
    "campaigns.view_outboundmessage",
    "campaigns.view_settlement",
    "campaigns.view_spokiaccount",
    "campaigns.view_sendingpolicy",
    "campaigns.view_messagerate",
    "campaigns.view_whatsappnumber",
    "templates_sync.view_template",
    "templates_sync.view_templateversion",
    "templates_sync.view_syncrun",
    "templates_sync.view_templatedraft",
    "audiences.view_contact",
    "audiences.view_consentrecord",
    "audiences.view_contactmerge",
    "audiences.view_segment",
    "audiences.view_segmentversion",
    "audiences.view_snapshot",
    "audiences.view_snapshotmember",
    "audiences.view_contactsyncrun",
    "audiences.view_syncconflict",
    "audiences.view_contactpush",
    "orders.view_product",
}
_ORDER_READING = {
    "orders.view_shopcall",
    "orders.repeat_shopcall",
    "orders.view_product",
    "orders.view_order",
    "orders.view_orderline",
    "orders.view_checkout",
    "orders.view_parcel",
    "orders.view_parcelevent",
    "orders.view_codevent",
    "orders.view_addresschange",
    "orders.view_shopifycustomer",
    "orders.view_orderrefund",
    "orders.view_orderreturn",
}
_MARKETER = _CAMPAIGN_READING | {
    "campaigns.add_campaign",
    "campaigns.change_campaign",
    "campaigns.delete_campaign",
    "campaigns.submit_campaign",
    "campaigns.launch_campaign",
    "campaigns.pause_campaign",
    "campaigns.add_flow",
    "campaigns.change_flow",
    "campaigns.request_flow",
    "campaigns.disable_flow",
    "templates_sync.sync_template",
    "templates_sync.add_templatedraft",
    "templates_sync.change_templatedraft",
    "templates_sync.delete_templatedraft",
    "templates_sync.submit_templatedraft",
    "audiences.add_segment",
    "audiences.change_segment",
    "audiences.add_segmentversion",
    "audiences.export_members",
    "audiences.add_contact",
    "audiences.change_contact",
    "audiences.import_contact",
    "audiences.view_contactimport",
    "audiences.export_contact_without_phone",
    "audiences.merge_contact",
    "audiences.ask_consent",
    "audiences.sync_contacts",
}
_APPROVER = _CAMPAIGN_READING | {
    "campaigns.approve_campaign",
    "campaigns.pause_campaign",
    "campaigns.enable_flow",
    "campaigns.disable_flow",
    "campaigns.settle_outboundmessage",
    "templates_sync.sync_template",
    "templates_sync.review_templatedraft",
    # A category that Meta changed is another price.
    "templates_sync.accept_category",
}
_AGENT = _ORDER_READING | {
    "orders.decide_cod",
    "orders.export_cod_calls",
    "orders.view_addresschange",
    "orders.view_codevent",
    "audiences.view_contact",
    "audiences.view_consentrecord",
    "audiences.view_contactmerge",
    "audiences.change_contact",
    "audiences.merge_contact",
    "audiences.ask_consent",
    "conversations.view_message",
    "conversations.add_message",
    "conversations.add_note",
    "conversations.assign_conversation",
    "conversations.reply_conversation",
}
_ADMIN = (
    _MARKETER
    | _APPROVER
    | _AGENT
    | {
        "audiences.export_snapshot",
        "audiences.export_contact",
        "campaigns.add_automationroute",
        "campaigns.change_automationroute",
        "campaigns.probe_automationroute",
        "campaigns.switch_automationroute",
        "campaigns.change_spokiaccount",
        "campaigns.add_sendingpolicy",
        "campaigns.add_messagerate",
        "campaigns.change_whatsappnumber",
        "templates_sync.release_hold",
        "conversations.view_cardopening",
        "conversations.view_spokidelivery",
        "conversations.process_spokidelivery",
        "conversations.view_spokiwebhook",
        "conversations.register_spokiwebhook",
        "orders.view_shop",
        "orders.change_shop",
        "orders.view_privacyrequest",
        "orders.answer_privacyrequest",
        "orders.view_shopifydelivery",
        "orders.process_shopifydelivery",
        "orders.view_reconciliation",
        "orders.view_shopimport",
        "orders.import_shop",
        "auth.view_user",
        "auth.add_user",
        "auth.change_user",
        "auth.view_group",
        "authtoken.view_tokenproxy",
        "authtoken.add_tokenproxy",
        "authtoken.delete_tokenproxy",
        "django_celery_beat.view_periodictask",
        "django_celery_beat.change_periodictask",
    }
)
ROLES: Mapping[str, frozenset[str]] = {
    MARKETER: frozenset(_MARKETER),
    APPROVER: frozenset(_APPROVER),
    AGENT: frozenset(_AGENT),
    ADMIN: frozenset(_ADMIN),
}


def sync_roles() -> list[str]:
    """Give each group exactly the permissions of the table; what an operator adds elsewhere stays.

    Run it after the migrations: permissions of the models are made at their end. Returns the
    permissions of the table that no model has (yet), sorted; those are granted at a later run.
    """
    known = {
        f"{label}.{codename}": key
        for key, label, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for name, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([known[wanted] for wanted in permissions if wanted in known])
    return sorted(set().union(*ROLES.values()) - known.keys())
