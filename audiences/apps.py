from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AudiencesConfig(AppConfig):
    name = "audiences"
    verbose_name = _("Audiences")

    def ready(self) -> None:
        from audiences.conditions.contact import register_contact_conditions
        from audiences.erasing import register_keeper
        from audiences.parameters import register_contact_parameters

        register_contact_conditions()
        register_contact_parameters()
        register_keeper()
