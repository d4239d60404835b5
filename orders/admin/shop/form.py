"""The settings of the shop as a person ticks them: payment names that were seen, places of consent in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from audiences.models import ConsentPurpose
from campaigns.admin.number_fields import EuroField, ShareField
from orders.customers.sources import Kind, plain
from orders.models import Shop
from orders.shops import SeenGateway, seen_gateways

# Rows for places of consent: one for each kind there is.
PLACES = 5
_MOST_NAME = 255
_KINDS = (
    ("", gettext_lazy("–")),
    (Kind.NATIVE.value, gettext_lazy("Shopify's own consent to WhatsApp")),
    (Kind.ATTRIBUTE.value, gettext_lazy("An attribute of the order or cart")),
    (Kind.TAG.value, gettext_lazy("A tag of the customer")),
    (Kind.METAFIELD.value, gettext_lazy("A metafield of the customer")),
    (Kind.SMS.value, gettext_lazy("The SMS box (its label names WhatsApp)")),
)
_COVERS = (
    ("", gettext_lazy("Order messages and marketing")),
    (ConsentPurpose.ORDER_UPDATES.value, gettext_lazy("Order messages only")),
    (ConsentPurpose.WHATSAPP_MARKETING.value, gettext_lazy("Marketing only")),
)
_NAMED = frozenset({Kind.ATTRIBUTE, Kind.TAG, Kind.METAFIELD})
COLUMNS = ("writes_consent_back", "cod_tag", "accepts_unnamed_cod", "confirmed_tag", "changed_tag", "cancel_tag",
           "unanswered_tag", "refused_tags", "is_contract_basis", "remind_after_minutes",
           "unanswered_after_minutes", "courier_cutoff", "cod_holdout_share",
           "refused_parcel_cents", "storage_days", "unknown_after_days")  # fmt: skip


def _place_fields(number: int) -> Iterator[tuple[str, forms.Field]]:
    label = format_lazy("{} {}", gettext_lazy("Place"), number)
    yield (
        f"kind_{number}",
        forms.ChoiceField(
            label=label, choices=_KINDS, required=False, widget=UnfoldAdminSelectWidget
        ),
    )
    for name, text in (
        ("name", gettext_lazy("Name (of a metafield: namespace.key)")),
        ("value", gettext_lazy("Value that means yes (empty: any yes)")),
    ):
        yield (
            f"{name}_{number}",
            forms.CharField(
                label=text, max_length=_MOST_NAME, required=False, widget=UnfoldAdminTextInputWidget
            ),
        )
    yield (
        f"covers_{number}",
        forms.ChoiceField(
            label=gettext_lazy("What its label covers"),
            choices=_COVERS,
            required=False,
            widget=UnfoldAdminSelectWidget,
        ),
    )


if TYPE_CHECKING:
    Base = forms.ModelForm[Shop]
else:
    # A form's fields are declared with its class: the admin asks for them before there is a form.
    Base = type(forms.ModelForm)(
        "PlacesForm",
        (forms.ModelForm,),
        {name: field for number in range(1, PLACES + 1) for name, field in _place_fields(number)},
    )


class ShopForm(Base):
    """Payment names are ticked among those of the last 60 days; others can be written, one a line."""

    seen = forms.MultipleChoiceField(
        label=gettext_lazy("Payment names of the last 60 days that mean cash on delivery"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "None ticked or written: recognised by usual words, such as “contrassegno”."
        ),
    )
    others = forms.CharField(
        label=gettext_lazy("Other payment names, one a line"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    cod_holdout_share = ShareField(
        label=gettext_lazy("Control group"),
        help_text=gettext_lazy("Share of orders that are not asked, to measure the effect."),
        most=50,
    )
    refused_parcel_cents = EuroField(
        label=gettext_lazy("Cost of a refused parcel"),
        help_text=gettext_lazy("What you pay for the way there and back."),
    )

    class Meta:
        model = Shop
        fields = COLUMNS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = seen_gateways(now=timezone.now())
        self._offer_names(found)
        self._fill_places()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in range(1, PLACES + 1):
            kind, name = (
                cleaned.get(f"kind_{number}"),
                (cleaned.get(f"name_{number}") or "").strip(),
            )
            if kind in _NAMED and not name:
                self.add_error(f"name_{number}", _("Write its name, exactly as on Shopify."))
            if kind == Kind.METAFIELD and name and "." not in name:
                self.add_error(
                    f"name_{number}", _("Write namespace and key, such as custom.whatsapp.")
                )
        asked, silent = cleaned.get("remind_after_minutes"), cleaned.get("unanswered_after_minutes")
        if asked is not None and silent is not None and asked >= silent:
            self.add_error(
                "remind_after_minutes",
                _("The reminder goes out before the order is on the call list."),
            )
        return cleaned

    def save(self, commit: bool = True) -> Shop:
        self.instance.cod_gateways = self.chosen_names()
        self.instance.consent_sources = list(self._places())
        shop: Shop = super().save(commit=commit)
        return shop

    def chosen_names(self) -> list[str]:
        """The ticked names and the written ones, each once however it is spelled."""
        written = (line.strip()[:_MOST_NAME] for line in self.cleaned_data["others"].splitlines())
        names = [*self.cleaned_data["seen"], *(name for name in written if name)]
        kept: dict[str, str] = {}
        for name in names:
            kept.setdefault(plain(name), name)
        return list(kept.values())

    def _offer_names(self, found: Any) -> None:
        chosen = {plain(name): name for name in self.instance.cod_gateways}
        seen = {plain(one.name): one for one in found}
        field = self.fields["seen"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - narrows the type
        field.choices = [(one.name, _seen_words(one)) for one in seen.values()]
        self.initial["seen"] = [one.name for key, one in seen.items() if key in chosen]
        unseen = [name for key, name in chosen.items() if key not in seen]
        self.initial["others"] = "\n".join(unseen)
        if not field.choices:
            field.help_text = _("No order has come yet: write the name as Shopify shows it below.")

    def _fill_places(self) -> None:
        rows = (
            self.instance.consent_sources if isinstance(self.instance.consent_sources, list) else []
        )
        for number, row in enumerate(rows[:PLACES], start=1):
            covers = row.get("purposes") or []
            self.initial.update(
                {
                    f"kind_{number}": row.get("kind", ""),
                    f"name_{number}": row.get("name", ""),
                    f"value_{number}": row.get("value", ""),
                    f"covers_{number}": covers[0] if len(covers) == 1 else "",
                }
            )

    def _places(self) -> Iterator[dict[str, Any]]:
        for number in range(1, PLACES + 1):
            said = {
                key: self.cleaned_data.get(f"{key}_{number}") or ""
                for key in ("kind", "name", "value", "covers")
            }
            if not said["kind"]:
                continue
            row: dict[str, Any] = {"kind": said["kind"]}
            if said["kind"] in _NAMED:
                row |= {"name": said["name"].strip(), "value": said["value"].strip()}
            if said["covers"]:
                row["purposes"] = [said["covers"]]
            yield row


def _seen_words(one: SeenGateway) -> str:
    text = ngettext("%(name)s: %(count)d order", "%(name)s: %(count)d orders", one.orders)
    return text % {"name": one.name, "count": one.orders}
