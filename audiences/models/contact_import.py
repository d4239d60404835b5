"""A file of contacts: what it is, what was answered about it, how far it has come, which rows it lost."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ContactImport(models.Model):
    """One uploaded file, from the upload to the last row.

    `headings` are those of the file, `targets` what each column means (see `audiences.importing.columns`).
    `position` is the number of the last line that was dealt with; figures and position change in the
    transaction that writes the contacts, so whoever goes on after a stop repeats nothing.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("to be checked")
        RUNNING = "running", _("under way")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("finished")
        FAILED = "failed", _("cannot be read further")

    class Basis(models.TextChoices):
        """For whom a consent is recorded."""

        ROWS = "rows", _("Only for rows that bring their own proof")
        COLUMN = "column", _("For rows with yes in the consent column")
        EVERYBODY = "everybody", _("For everybody in the file")

    MOVES: ClassVar[Mapping[str, frozenset[str]]] = {
        Status.UPLOADED: frozenset({Status.RUNNING}),
        Status.RUNNING: frozenset({Status.STOPPED, Status.DONE, Status.FAILED}),
        Status.STOPPED: frozenset({Status.RUNNING}),
        Status.DONE: frozenset(),
        Status.FAILED: frozenset(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.UPLOADED
    )
    file_name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(max_length=64)
    headings = ArrayField(models.TextField(), default=list)
    targets = ArrayField(models.CharField(max_length=120, blank=True), default=list)
    total_rows = models.PositiveIntegerField(_("rows"), default=0)

    basis = models.CharField(_("consent"), max_length=10, choices=Basis.choices, default=Basis.ROWS)
    consent_source = models.CharField(_("where it comes from"), max_length=100, blank=True)
    consent_evidence = models.TextField(_("proof"), blank=True)
    consent_collected_by = models.CharField(_("collected by"), max_length=150, blank=True)
    consent_at = models.DateTimeField(_("date of the consent"), null=True, blank=True)

    position = models.PositiveIntegerField(default=0)
    done_rows = models.PositiveIntegerField(_("rows done"), default=0)
    created = models.PositiveIntegerField(_("new contacts"), default=0)
    updated = models.PositiveIntegerField(_("updated contacts"), default=0)
    unchanged = models.PositiveIntegerField(_("already the same"), default=0)
    refused = models.PositiveIntegerField(_("rows refused"), default=0)
    warned = models.PositiveIntegerField(_("without their consent"), default=0)

    uploaded_at = models.DateTimeField(_("uploaded"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    problems_erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import of contacts")
        verbose_name_plural = _("imports of contacts")
        indexes: ClassVar = [
            models.Index(
                fields=["started_at"], condition=Q(status="running"), name="contact_import_running"
            ),
            models.Index(fields=["digest"], name="contact_import_digest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["uploaded", "running", "stopped", "done", "failed"]),
                name="contact_import_status_known",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=["rows", "column", "everybody"]),
                name="contact_import_basis_known",
            ),
            models.CheckConstraint(
                condition=Q(basis="rows")
                | Q(consent_at__isnull=False) & ~Q(consent_source="") & ~Q(consent_evidence=""),
                name="contact_import_consent_needs_proof",
            ),
            models.CheckConstraint(
                condition=Q(status="uploaded") | Q(started_at__isnull=False),
                name="contact_import_begun_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(done_rows=F("created") + F("updated") + F("unchanged") + F("refused")),
                name="contact_import_every_row_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def imported(self) -> int:
        """Rows that went in, changed or not."""
        return self.created + self.updated + self.unchanged

    @property
    def is_waiting_for_columns(self) -> bool:
        return "phone" not in self.targets


class ContactImportPiece(models.Model):
    """A piece of the file, in order; deleted when nobody needs the file any more."""

    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="pieces"
    )
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact_import", "number"], name="contact_import_piece_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_import_id}/{self.number}"


class ContactImportProblem(models.Model):
    """A row that was refused, or that went in without its consent: its cells and the code of the reason."""

    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="problems"
    )
    line = models.PositiveIntegerField()
    is_refusal = models.BooleanField()
    code = models.CharField(max_length=30)
    values = models.JSONField(default=dict)
    cells = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact_import", "line"], name="contact_import_problem_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_import_id}/{self.line}"
