"""The bucket that the cost of questions is taken from ("GraphQL Admin API rate limits")."""


class Bucket:
    """Fills at so many points a second, up to its size. `now` is in seconds of one clock."""

    def __init__(self) -> None:
        self.available: float | None = None
        self._at = 0.0

    def fill(self, *, now: float, size: float, rate: float) -> float:
        """Return what is in it at `now`."""
        before = size if self.available is None else self.available
        self.available = min(size, before + (now - self._at) * rate) if self._at else size
        self._at = now
        return self.available

    def take(self, points: float) -> None:
        self.available = (self.available or 0.0) - points
