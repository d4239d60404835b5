from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from orders.cod.question import register_questions
        from orders.figures.credit import register_credit_columns
        from orders.identity import register_mover
        from orders.parameters import register_order_parameters
        from orders.segments import register_order_conditions

        register_order_conditions()
        register_order_parameters()
        register_mover()
        register_questions()
        register_credit_columns()
