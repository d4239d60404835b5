"""A gate for processes that may load, but not serve yet: the database is still being prepared."""

import os
from typing import Self

NAME = "HOUSE_GATE"


class Gate:
    """Closed inside its `with` block; children find it by their environment."""

    def __enter__(self) -> Self:
        self._waiting, self._holding = os.pipe()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._holding)  # whoever waits reads the end of the pipe and goes on
        os.close(self._waiting)

    def environment(self) -> dict[str, str]:
        return {NAME: str(self._waiting)}

    def descriptors(self) -> tuple[int, ...]:
        return (self._waiting,)


def wait() -> None:
    """Wait until the gate of this process opens; without a gate go on at once."""
    if descriptor := os.environ.pop(NAME, ""):
        os.read(int(descriptor), 1)
        os.close(int(descriptor))
