"""Orders over HTTP, to read."""

from decimal import Decimal
from typing import ClassVar

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets

from audiences.api.permissions import ModelPermissions
from audiences.identity import normalise_phone
from orders.models import Order, Parcel, ParcelEvent


class ParcelEventOutput(serializers.ModelSerializer[ParcelEvent]):
    """News of a courier; `status` is Shopify's word."""

    class Meta:
        model = ParcelEvent
        fields = ("status", "message", "happened_at")
        read_only_fields = fields


class ParcelOutput(serializers.ModelSerializer[Parcel]):
    """`status` is of the request to ship, `shipment` what the courier said last, "" without news."""

    events = ParcelEventOutput(many=True, read_only=True)

    class Meta:
        model = Parcel
        fields = (
            "id",
            "name",
            "status",
            "shipment",
            "courier",
            "tracking_number",
            "tracking_url",
            "shipped_at",
            "attempted_at",
            "delivered_at",
            "events",
        )
        read_only_fields = fields


class OrderOutput(serializers.ModelSerializer[Order]):
    """Amounts are in units of their currency with two decimals, as text: `total` in `currency`, `amount_due` (what
    the courier collects) in `due_currency`. `shipping_address` is an object, empty for digital goods."""

    total = serializers.SerializerMethodField()
    amount_due = serializers.SerializerMethodField()
    shipping_address = serializers.SerializerMethodField()
    parcels = ParcelOutput(many=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "shopify_id",
            "name",
            "phone",
            "email",
            "contact",
            "placed_at",
            "total",
            "currency",
            "amount_due",
            "due_currency",
            "is_cod",
            "cod_status",
            "cod_reason",
            "asked_at",
            "answered_at",
            "financial_status",
            "fulfillment_status",
            "delivery_state",
            "outcome",
            "language",
            "tags",
            "is_test",
            "is_imported",
            "shipping_address",
            "parcels",
            "cancelled_at",
        )
        read_only_fields = fields

    def get_total(self, order: Order) -> str:
        return f"{Decimal(order.total_cents) / 100:.2f}"

    def get_amount_due(self, order: Order) -> str:
        return f"{Decimal(order.amount_due_cents) / 100:.2f}"

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_shipping_address(self, order: Order) -> object:
        return order.shipping_address


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc] # no types
    phone = django_filters.CharFilter(method="by_phone")

    class Meta:
        model = Order
        fields: ClassVar = ["cod_status", "phone", "is_cod", "delivery_state"]

    def by_phone(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        phone = normalise_phone(value).e164
        if not phone:
            return queryset.none()
        # An order may come without a number, from somebody whose number we have.
        return queryset.filter(Q(phone=phone) | Q(phone="", contact__phone=phone))


class OrderViewSet(viewsets.ReadOnlyModelViewSet[Order]):
    queryset = Order.objects.prefetch_related(
        Prefetch("parcels", Parcel.objects.order_by("pk")), "parcels__events"
    ).order_by("-placed_at", "-pk")
    serializer_class = OrderOutput
    permission_classes = (ModelPermissions,)
    filterset_class = OrderFilter
