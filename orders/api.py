"""Orders over HTTP, to read."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets

from audiences.api.permissions import ModelPermissions
from audiences.identity import normalise_phone
from orders.models import Order


class OrderOutput(serializers.ModelSerializer[Order]):
    """Amounts are euros with two decimals, as text."""

    total = serializers.SerializerMethodField()
    amount_due = serializers.SerializerMethodField()
    shipping_address = serializers.SerializerMethodField()
    parcels = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            "id",
            "name",
            "phone",
            "contact",
            "placed_at",
            "total",
            "amount_due",
            "currency",
            "is_cod",
            "cod_status",
            "delivery_state",
            "shipping_address",
            "parcels",
            "cancelled_at",
        )
        read_only_fields = fields

    def get_total(self, order: Order) -> str:
        return f"{order.total_cents / 100:.2f}"

    def get_amount_due(self, order: Order) -> str:
        return f"{order.amount_due_cents / 100:.2f}"

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_shipping_address(self, order: Order) -> object:
        return order.shipping_address

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_parcels(self, order: Order) -> list[object]:
        """Empty until couriers are connected."""
        return []


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc] # no types
    phone = django_filters.CharFilter(method="by_phone")

    class Meta:
        model = Order
        fields: ClassVar = ["cod_status", "phone"]

    def by_phone(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        phone = normalise_phone(value).e164
        return queryset.filter(phone=phone) if phone else queryset.none()


class OrderViewSet(viewsets.ReadOnlyModelViewSet[Order]):
    queryset = Order.objects.order_by("-placed_at", "-pk")
    serializer_class = OrderOutput
    permission_classes = (ModelPermissions,)
    filterset_class = OrderFilter
