from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        """Tell the lower floors what they must know of campaigns.

        Fresh template states while a campaign runs, as Meta may pause one at any minute; what a
        message costs; who was written to often enough, received, read and answered what; where a
        template's figures are; and the way from a template or a segment to a campaign. Messages
        and flows follow a person who was merged or has another number, and go with who wants to be
        forgotten; what is queued follows a withdrawal. The sender asks once more whether a flow's message still holds.
        """
        from campaigns.caps import register_cap
        from campaigns.consent_question import register_lane
        from campaigns.flows import guard as flow_guard
        from campaigns.flows import identity as flow_identity
        from campaigns.flows.watching import is_template_unread
        from campaigns.identity import register_mover
        from campaigns.models import Campaign
        from campaigns.onward import register_onward
        from campaigns.privacy import register_keeper
        from campaigns.rates import price_at_home
        from campaigns.segments import register_campaign_conditions
        from campaigns.withdrawn import register_listener
        from templates_sync import prices, urgency

        at_work = (Campaign.Status.SCHEDULED, Campaign.Status.SENDING, Campaign.Status.PAUSED)
        urgency.register(
            "a campaign runs", lambda: Campaign.objects.filter(status__in=at_work).exists()
        )
        urgency.register("a flow's template was not read lately", is_template_unread)
        prices.register(price_at_home)
        register_cap()
        register_campaign_conditions()
        register_onward()
        register_mover()
        register_lane()
        register_keeper()
        register_listener()
        flow_identity.register_mover()
        flow_guard.register_guard()
