"""Addresses of conversations, from the root."""

from __future__ import annotations

from django.urls import path

from conversations.card import acting, explaining, history, page, replying, search, uploading
from conversations.file_views import customer_file, fetch_again
from conversations.header_files import template_header
from conversations.inbox import views as inbox
from conversations.webhooks import spoki_webhook

urlpatterns = [
    path("webhooks/spoki/", spoki_webhook, name="spoki-webhook"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/news/", inbox.news, name="inbox-news"),
    path("inbox/act/", inbox.act, name="inbox-act"),
    path("customers/files/<int:pk>/", customer_file, name="customer-file"),
    path("customers/files/<int:pk>/again/", fetch_again, name="customer-file-again"),
    path("customers/headers/<int:pk>/", template_header, name="template-header"),
    path("customers/", search.search, name="customers"),
    path("customers/new/", search.create, name="customer-new"),
    path("customers/<int:pk>/", page.card, name="customer"),
    path("customers/<int:pk>/news/", page.news, name="customer-news"),
    path("customers/<int:pk>/messages/", page.older, name="customer-messages"),
    path("customers/<int:pk>/notes/", acting.add_note, name="customer-note"),
    path("customers/<int:pk>/notes/<int:note>/remove/", acting.drop_note, name="customer-note-remove"),
    path("customers/<int:pk>/assign/", acting.give, name="customer-assign"),
    path("customers/<int:pk>/done/", acting.done, name="customer-done"),
    path("customers/<int:pk>/colleagues/", acting.whom, name="customer-colleagues"),
    path("customers/<int:pk>/opt-out/", acting.stop, name="customer-opt-out"),
    path("customers/<int:pk>/reply/", replying.reply, name="customer-reply"),
    path("customers/<int:pk>/reply/again/", replying.again, name="customer-reply-again"),
    path("customers/<int:pk>/reply/templates/", replying.templates, name="customer-templates"),
    path("customers/<int:pk>/reply/templates/<int:version>/", replying.template, name="customer-template"),
    path("customers/<int:pk>/why/", explaining.explain, name="customer-why"),
    path("customers/<int:pk>/history/", history.history, name="customer-history"),
    path("customers/<int:pk>/history/upload/", uploading.upload, name="customer-history-upload"),
    path("customers/<int:pk>/history/upload/<int:chat>/", uploading.check, name="customer-history-check"),
]  # fmt: skip
