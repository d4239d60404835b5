"""`python -m tests.bench.competitors.prepare`: tables, and one row of each kind to be multiplied."""

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    from django.db import connection
    from post_office import mail

    from tests.bench.competitors.models import Message

    call_command("migrate", verbosity=0, run_syncdb=True)
    if Message._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Message)
    Message.objects.create(phone="+393400000000", params={"FIRST_NAME": "Giulia"})
    mail.send(
        "a@example.com",
        "shop@example.com",
        subject="Natale",
        message="Ciao Giulia",
        headers={"X-Key": "0", "X-Phone": "+393400000000"},
    )


if __name__ == "__main__":
    main()
