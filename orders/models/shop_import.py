"""The first import of a shop: which part is where, and the lines of Shopify's files until they are kept."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ShopImport(models.Model):
    """One run through products, customers and orders. Only one is under way at a time."""

    class Status(models.TextChoices):
        RUNNING = "running", _("under way")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("finished")
        FAILED = "failed", _("failed")

    NEXT: ClassVar = {
        Status.RUNNING: {Status.STOPPED, Status.DONE, Status.FAILED},
        Status.STOPPED: {Status.RUNNING},
        Status.FAILED: {Status.RUNNING},
        Status.DONE: set(),
    }

    status = models.CharField(
        _("status"), max_length=7, choices=Status.choices, default=Status.RUNNING
    )
    started_at = models.DateTimeField(_("started"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True)
    # A code of `orders.shopify_words`, and what Shopify itself said.
    error = models.CharField(_("error"), max_length=40, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import of the shop")
        verbose_name_plural = _("imports of the shop")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="one_shop_import_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["running", "stopped", "done", "failed"]),
                name="shop_import_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%d/%m/%Y %H:%M}"


class ShopImportPart(models.Model):
    """Everything of one kind: asked for, fetched line by line, then kept.

    `fetched_bytes` and `fetched_lines` move with the lines they count, `position` (the number of the
    last line kept) with the rows that were written: whoever goes on after a stop repeats nothing.
    """

    class Kind(models.TextChoices):
        PRODUCTS = "products", _("products")
        CUSTOMERS = "customers", _("customers")
        ORDERS = "orders", _("orders")

    class Step(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ASKED = "asked", _("Shopify is writing the file")
        FETCHING = "fetching", _("fetching the file")
        KEEPING = "keeping", _("reading")
        DONE = "done", _("finished")

    NEXT: ClassVar = {
        Step.WAITING: {Step.ASKED},
        # Back to the beginning where the file is gone.
        Step.ASKED: {Step.FETCHING, Step.DONE, Step.WAITING},
        Step.FETCHING: {Step.KEEPING, Step.WAITING},
        Step.KEEPING: {Step.DONE},
        Step.DONE: set(),
    }

    shop_import = models.ForeignKey(ShopImport, on_delete=models.CASCADE, related_name="parts")
    kind = models.CharField(_("what"), max_length=9, choices=Kind.choices)
    step = models.CharField(_("step"), max_length=8, choices=Step.choices, default=Step.WAITING)
    bulk_id = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField(null=True)
    # It carries the right to read the file: erased with the lines.
    file_url = models.TextField(blank=True, editable=False)
    # Shopify gave up half way: the file holds a part of the shop.
    is_partial = models.BooleanField(default=False)
    found = models.PositiveIntegerField(_("found by Shopify"), default=0)
    file_bytes = models.PositiveBigIntegerField(default=0)
    fetched_bytes = models.PositiveBigIntegerField(default=0)
    fetched_lines = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    position = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("already known"), default=0)
    unreadable = models.PositiveIntegerField(_("unreadable"), default=0)
    oldest_at = models.DateTimeField(_("oldest"), null=True)

    class Meta:
        verbose_name = _("part of an import")
        verbose_name_plural = _("parts of an import")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop_import", "kind"], name="shop_import_part_once"),
            models.CheckConstraint(
                condition=Q(step__in=["waiting", "asked", "fetching", "keeping", "done"]),
                name="shop_import_step_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["products", "customers", "orders"]),
                name="shop_import_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    done=models.F("created")
                    + models.F("changed")
                    + models.F("unchanged")
                    + models.F("unreadable")
                ),
                name="shop_import_every_one_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class ShopImportLine(models.Model):
    """A line of a file, until it is kept. Children may stand anywhere: the index finds them.

    `parent` is None for what was asked for (an order), the parent's number for what belongs to one.
    """

    part = models.ForeignKey(
        ShopImportPart, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    number = models.PositiveIntegerField()
    own = models.BigIntegerField(null=True)
    parent = models.BigIntegerField(null=True)
    body = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["part", "number"], name="shop_import_line_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["part", "parent"],
                condition=Q(parent__isnull=False),
                name="shop_import_children",
            ),
            models.Index(
                fields=["part", "number"],
                condition=Q(parent__isnull=True),
                name="shop_import_roots",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part_id}/{self.number}"
