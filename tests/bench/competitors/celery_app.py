"""One task per message, as careful as one writes it, on a broker that speaks Redis."""

import os

from celery import Celery
from django.utils import timezone

app = Celery("competitors")
app.conf.update(
    broker_url=os.environ["CELERY_BROKER_URL"],
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)
# Without it Celery opens a database connection per task, whatever CONN_MAX_AGE says.
app.conf.CELERY_DB_REUSE_MAX = 100_000


@app.task
def send_message(pk: int) -> None:
    """Send one message unless it says that it was sent."""
    from tests.bench.competitors.models import Message
    from tests.bench.competitors.transport import post

    message = Message.objects.get(pk=pk)
    if message.is_sent:
        return
    message.provider_uuid = post(message.key.hex, message.phone, message.params["FIRST_NAME"])
    message.is_sent, message.sent_at = True, timezone.now()
    message.save(update_fields=["is_sent", "sent_at", "provider_uuid"])
