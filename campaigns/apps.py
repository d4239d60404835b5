from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        """Ask for fresh template states while a campaign runs: Meta may pause one at any minute."""
        from campaigns.models import Campaign
        from templates_sync import urgency

        at_work = (Campaign.Status.SCHEDULED, Campaign.Status.SENDING, Campaign.Status.PAUSED)
        urgency.register(
            "a campaign runs", lambda: Campaign.objects.filter(status__in=at_work).exists()
        )
