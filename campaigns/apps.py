from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        """Tell the lower floors what they must know of campaigns.

        Fresh template states while a campaign runs, as Meta may pause one at any minute; and who
        was written to often enough, received, read and answered what.
        """
        from campaigns.caps import register_cap
        from campaigns.models import Campaign
        from campaigns.segments import register_campaign_conditions
        from templates_sync import urgency

        at_work = (Campaign.Status.SCHEDULED, Campaign.Status.SENDING, Campaign.Status.PAUSED)
        urgency.register(
            "a campaign runs", lambda: Campaign.objects.filter(status__in=at_work).exists()
        )
        register_cap()
        register_campaign_conditions()
