import django.contrib.postgres.operations
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # What is checked of the big tables, and their index, come next: see 0006.
    dependencies = [
        ("audiences", "0004_contact_imports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("whatsapp_marketing", "Marketing on WhatsApp"),
                            ("order_updates", "Order updates on WhatsApp"),
                        ],
                        max_length=30,
                        verbose_name="purpose",
                    ),
                ),
                ("phone", models.CharField(max_length=16, verbose_name="for the number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting for the answer"),
                            ("confirmed", "Confirmed"),
                            ("declined", "Declined"),
                            ("expired", "No answer in time"),
                            ("cancelled", "No longer valid"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("expires_at", models.DateTimeField(verbose_name="valid until")),
                ("message_key", models.UUIDField(null=True, unique=True)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="answered")),
            ],
            options={
                "verbose_name": "request for consent",
                "verbose_name_plural": "requests for consent",
                "permissions": [("ask_consent", "Can ask a person to confirm a consent")],
            },
        ),
        migrations.CreateModel(
            name="ContactAlias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bsuid", "WhatsApp user id"),
                            ("parent_bsuid", "WhatsApp user id of a group of companies"),
                            ("username", "WhatsApp username"),
                            ("phone", "other phone"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("value", models.CharField(max_length=140, verbose_name="identifier")),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
            ],
            options={
                "verbose_name": "other identifier",
                "verbose_name_plural": "other identifiers",
            },
        ),
        migrations.CreateModel(
            name="ContactMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="merged")),
                ("why", models.CharField(blank=True, max_length=500, verbose_name="why")),
                ("before", models.JSONField(verbose_name="before")),
                ("kept", models.JSONField(verbose_name="kept")),
                ("figures", models.JSONField(default=dict, verbose_name="moved along")),
            ],
            options={
                "verbose_name": "merge of contacts",
                "verbose_name_plural": "merges of contacts",
            },
        ),
        migrations.CreateModel(
            name="NumberToSilence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", models.CharField(max_length=16, unique=True, verbose_name="phone")),
                ("asked_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "number given up",
                "verbose_name_plural": "numbers given up",
            },
        ),
        migrations.CreateModel(
            name="PhoneChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "old_phone",
                    models.CharField(
                        blank=True, db_index=True, max_length=16, verbose_name="old number"
                    ),
                ),
                (
                    "new_phone",
                    models.CharField(blank=True, max_length=16, verbose_name="new number"),
                ),
                ("at", models.DateTimeField(verbose_name="changed")),
                ("why", models.CharField(blank=True, max_length=500, verbose_name="why")),
                ("figures", models.JSONField(default=dict, verbose_name="moved along")),
            ],
            options={
                "verbose_name": "change of phone",
                "verbose_name_plural": "changes of phone",
            },
        ),
        migrations.AlterModelOptions(
            name="contact",
            options={
                "permissions": [
                    ("import_contact", "Can import contacts from a file"),
                    ("export_contact", "Can export contacts with their phones"),
                    (
                        "export_contact_without_phone",
                        "Can export contacts, without phone and email",
                    ),
                    ("merge_contact", "Can merge two contacts into one"),
                ],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.RemoveConstraint(
            model_name="consentrecord",
            name="consent_state_known",
        ),
        migrations.AddField(
            model_name="consentrecord",
            name="phone",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=16, verbose_name="for the number"
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="doubles",
                to="audiences.contact",
                verbose_name="merged into",
            ),
        ),
        migrations.AlterField(
            model_name="consentrecord",
            name="state",
            field=models.CharField(
                choices=[
                    ("given", "Given"),
                    ("withdrawn", "Withdrawn"),
                    ("asked", "Asked to confirm"),
                ],
                max_length=10,
                verbose_name="state",
            ),
        ),
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="consentrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["given", "withdrawn", "asked"])),
                name="consent_state_known",
            ),
        ),
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True), ("phone__isnull", True), _connector="OR"
                ),
                name="contact_merged_has_no_phone",
            ),
        ),
        migrations.AddField(
            model_name="consentrequest",
            name="asked",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audiences.consentrecord",
                verbose_name="first step",
            ),
        ),
        migrations.AddField(
            model_name="consentrequest",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="asked by",
            ),
        ),
        migrations.AddField(
            model_name="consentrequest",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consent_requests",
                to="audiences.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AddField(
            model_name="contactalias",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="aliases",
                to="audiences.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AddField(
            model_name="contactmerge",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="contactmerge",
            name="merged",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merge",
                to="audiences.contact",
                verbose_name="merged contact",
            ),
        ),
        migrations.AddField(
            model_name="contactmerge",
            name="survivor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merges",
                to="audiences.contact",
                verbose_name="kept contact",
            ),
        ),
        migrations.AddIndex(
            model_name="numbertosilence",
            index=models.Index(
                condition=models.Q(("told_at", None)),
                fields=["asked_at"],
                name="number_to_silence_due",
            ),
        ),
        migrations.AddField(
            model_name="phonechange",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="phonechange",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="phone_changes",
                to="audiences.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AddField(
            model_name="phonechange",
            name="merge",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audiences.contactmerge",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "pending")),
                fields=("contact", "purpose"),
                name="one_open_consent_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["pending", "confirmed", "declined", "expired", "cancelled"])
                ),
                name="consent_request_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "pending")),
                    models.Q(
                        models.Q(("state", "pending"), _negated=True), ("ended_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="consent_request_ends_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("asked_at"))),
                name="consent_request_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("phone", ""), _negated=True), name="consent_request_needs_phone"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactalias",
            constraint=models.UniqueConstraint(
                fields=("kind", "value"), name="alias_of_one_contact"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactalias",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["bsuid", "parent_bsuid", "username", "phone"])),
                name="alias_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactalias",
            constraint=models.CheckConstraint(
                condition=models.Q(("value", ""), _negated=True), name="alias_says_something"
            ),
        ),
        migrations.AddIndex(
            model_name="contactmerge",
            index=models.Index(fields=["-at"], name="contact_merge_latest"),
        ),
        migrations.AddConstraint(
            model_name="contactmerge",
            constraint=models.CheckConstraint(
                condition=models.Q(("survivor", models.F("merged")), _negated=True),
                name="merge_is_of_two",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="contactmerge",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="544a3e21370d762fdd682c2c5ce0ce3dce7ead3c",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_e4a08",
                    table="audiences_contactmerge",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="phonechange",
            constraint=models.CheckConstraint(
                condition=models.Q(("old_phone", models.F("new_phone")), _negated=True),
                name="phone_change_changes",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="phonechange",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="b08ecd2bc20e4cc0890d37769b2fb3c6b41fb6c9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_087a1",
                    table="audiences_phonechange",
                    when="BEFORE",
                ),
            ),
        ),
    ]
