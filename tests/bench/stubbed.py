"""The stub as a process, and what its log says about speed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class StubProcess:
    """A running stub; times are seconds of this machine's monotonic clock."""

    url: str

    def reset(self) -> None:
        self._get("reset")

    def count(self) -> int:
        return int(self._get("count"))

    def arrivals(self) -> list[tuple[float, str]]:
        """Return (when, message key) of everything that arrived since the last reset."""
        rows = (line.split() for line in self._get("log").splitlines())
        return [(float(at), key) for at, key in rows]

    def rate(self, expected: int) -> float:
        """Return messages a second from the first arrival to the last, start-up excluded.

        :raises RuntimeError: unless exactly `expected` arrived, each once.
        """
        arrivals = self.arrivals()
        keys = {key for _at, key in arrivals}
        if len(arrivals) != expected or len(keys) != expected:
            raise RuntimeError(f"{len(arrivals)} arrived, {len(keys)} different, not {expected}")
        times = [at for at, _key in arrivals]
        return (expected - 1) / (max(times) - min(times))

    def _get(self, name: str) -> str:
        # Never through the environment's proxies.
        session = requests.Session()
        session.trust_env = False
        return session.get(f"{self.url}/{name}", timeout=60).text


@contextmanager
def stub(latency_seconds: float = 0.0) -> Iterator[StubProcess]:
    """Run a stub for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.stub", str(latency_seconds)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield StubProcess(json.loads(process.stdout.readline())["url"])
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()
