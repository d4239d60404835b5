from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from campaigns.flows import news
        from orders.cod.deciding import register_callbacks
        from orders.cod.follow import message_told
        from orders.cod.question import register_questions
        from orders.customers.asking_back import register_listener
        from orders.figures.credit import register_credit_columns
        from orders.identity import register_mover
        from orders.notices import register_words
        from orders.parameters import register_order_parameters
        from orders.privacy.keeping import register_keeper
        from orders.segments import register_order_conditions
        from orders.shipped_flows import register_shipped_flows
        from orders.triggers import register_triggers

        register_order_conditions()
        register_order_parameters()
        register_mover()
        register_keeper()
        register_words()
        register_questions()
        register_callbacks()
        register_listener()
        news.register("cod", message_told)
        register_triggers()
        register_credit_columns()
        register_shipped_flows()
