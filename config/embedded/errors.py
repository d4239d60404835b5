"""What goes wrong with the embedded services, in words for the person at the keyboard."""


class EmbeddedError(Exception):
    """The embedded service cannot run; the text says why and what to do."""
