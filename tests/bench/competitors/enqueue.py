"""`python -m tests.bench.competitors.enqueue`: one task per message that was not sent yet."""

import django


def main() -> None:
    django.setup()
    from tests.bench.competitors.celery_app import app, send_message
    from tests.bench.competitors.models import Message

    ids = Message.objects.filter(is_sent=False).order_by("pk").values_list("pk", flat=True)
    with app.producer_pool.acquire(block=True) as producer:
        for pk in ids:
            send_message.apply_async((pk,), producer=producer)


if __name__ == "__main__":
    main()
