"""What takes long on millions of rows: nothing here keeps readers or writers waiting."""

import pgtrigger
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models, transaction

ROWS_AT_ONCE = 10_000
# Until now a contact never changed its number: what was said was said for the one it has.
_FILL = """
UPDATE audiences_consentrecord r SET phone = c.phone FROM audiences_contact c
WHERE c.id = r.contact_id AND c.phone IS NOT NULL AND r.phone = '' AND r.id BETWEEN %s AND %s
"""


def fill_phones(apps, schema_editor):
    record = apps.get_model("audiences", "ConsentRecord")
    last = record.objects.aggregate(last=models.Max("pk"))["last"] or 0
    for first in range(1, last + 1, ROWS_AT_ONCE):
        with (
            pgtrigger.ignore("audiences.ConsentRecord:append_only"),
            transaction.atomic(),
            schema_editor.connection.cursor() as cursor,
        ):
            cursor.execute(_FILL, [first, first + ROWS_AT_ONCE - 1])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("audiences", "0005_merges_aliases_and_double_opt_in"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="contact_merged",
            ),
        ),
        ValidateConstraint(model_name="contact", name="contact_merged_has_no_phone"),
        ValidateConstraint(model_name="consentrecord", name="consent_state_known"),
        migrations.RunPython(fill_phones, migrations.RunPython.noop),
    ]
