"""What a send is on the wire, and what its answer says: the same whoever carries it."""

from collections.abc import Mapping
from typing import Final

from spoki.checks import check_phone, check_text, check_variables
from spoki.exceptions import SpokiOutcomeUnknown
from spoki.outcomes import Effect, error_of_answer
from spoki.refusals import error_code
from spoki.types import AnySend, InteractiveSend, SendReceipt, TemplateSend

SEND_PATH: Final = "/api/1/messages/send/"


def operation_of(send: AnySend) -> str:
    """Return the word for this send in errors."""
    if isinstance(send, TemplateSend):
        return "send_template"
    return "send_interactive" if isinstance(send, InteractiveSend) else "send_text"


def body_of(send: AnySend) -> Mapping[str, object]:
    """Return the body of the call.

    :raises SpokiRefused: for what Meta would fail, before anything goes over the wire.
    """
    operation = operation_of(send)
    check_phone(operation, send.phone)
    if isinstance(send, TemplateSend):
        check_variables(operation, send.variables)
    else:
        check_text(operation, send.text)
    return send.to_payload()


def receipt_of(payload: object, *, operation: str) -> SendReceipt:
    """Read the JSON of a 2xx answer to a send, None where its body was empty.

    :raises SpokiOutcomeUnknown: for a body that makes no sense.
    :raises SpokiError: where the body refuses the message.
    """
    if payload is None:
        return SendReceipt(uuid=None, id=None)
    if not isinstance(payload, dict):
        raise SpokiOutcomeUnknown(operation)
    receipt = SendReceipt.from_payload(payload)
    if not receipt.is_confirmed and (payload.get("accepted") is False or error_code(payload)):
        raise error_of_answer(operation, effect=Effect.ONCE, status=200, payload=payload)
    return receipt
