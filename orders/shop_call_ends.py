"""How a call to Shopify can end other than done. `code`s are of `orders.shopify_words`."""


class CallEnd(Exception):
    """`code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CallRefused(CallEnd):
    """It cannot be done, and another try would not change that."""


class NotNeeded(CallEnd):
    """There is nothing to be done, or nothing any more."""


class NotYet(CallEnd):
    """Shopify has accepted it and is still at it: look again later."""
