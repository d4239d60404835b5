"""A wording without a problem, and changes of it."""

from __future__ import annotations

from typing import Any

from templates_sync.wording import ButtonWords, Wording


def make_wording(**changes: Any) -> Wording:
    fields: dict[str, Any] = {
        "name": "promo_umido",
        "language": "it",
        "category": "marketing",
        "body": "Ciao %%FIRST_NAME%%, oggi sconto 20% su tutto l'umido.",
        "footer": "Rispondi STOP per non ricevere altro",
        "examples": {"FIRST_NAME": "Ada"},
    } | changes
    return Wording(**fields)


def reply(text: str = "Mi interessa") -> ButtonWords:
    return ButtonWords("quick_reply", text)


def link(url: str = "https://zampa.example/umido", text: str = "Vai al negozio") -> ButtonWords:
    return ButtonWords("url", text, url=url)


def call(phone: str = "+39 02 1234567", text: str = "Chiama") -> ButtonWords:
    return ButtonWords("call", text, phone=phone)
