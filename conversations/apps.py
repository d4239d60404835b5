from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        """Offer what webhooks tell to whoever decides about unknown messages; messages follow their person."""
        from campaigns import evidence
        from conversations.card import history, replying, slots
        from conversations.evidence import told_by_webhooks
        from conversations.identity import register_mover
        from conversations.notices import register_words
        from conversations.privacy import register_keeper
        from conversations.replies.guard import register_guard

        evidence.register("webhooks", told_by_webhooks)
        register_mover()
        register_keeper()
        register_words()
        register_guard()
        slots.register(slots.REPLY, replying.SLOT)
        slots.register(slots.HISTORY, history.SLOT)
