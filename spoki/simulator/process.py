"""The simulator as its own process, for tests and benches."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from spoki.simulator.remote import Control

_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 20.0
DEFAULT_SECRET = "simulator-secret"  # noqa: S105  (guards nothing but the simulator)


class SimulatorDidNotStart(Exception):
    """The process ended or said nothing; the text holds what it wrote."""


class LocalProcess:
    """Runs a simulator on a free port of this machine for the length of a `with` block.

    The process ends with the block, and also when this process dies in any way. `module` prints one
    line of JSON with its `url` once it listens.
    """

    def __init__(self, module: str, options: Sequence[tuple[str, Any]]) -> None:
        self._module = module
        # In one piece: a key or a secret may begin with a dash.
        self._argv = [f"{name}={value}" for name, value in options]
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise SimulatorDidNotStart("The simulator is not running.")
        return self._process.pid

    def __enter__(self) -> Self:
        self._errors = tempfile.TemporaryFile(mode="w+")
        command = [sys.executable, "-m", self._module, "--until-stdin-closes", *self._argv]
        self._process = subprocess.Popen(  # noqa: S603  (our own module, our own arguments)
            command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        try:
            self.url = json.loads(self._first_line())["url"]
        except (ValueError, KeyError, queue.Empty) as error:
            said = self._said()
            self.stop()
            raise SimulatorDidNotStart(said) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process; harmless when it is already gone."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        if self._errors is not None:
            self._errors.close()
        self._process = None

    def _first_line(self) -> str:
        lines: queue.Queue[str] = queue.Queue()
        out = self._process.stdout if self._process else None
        if out is None:
            return ""
        threading.Thread(target=lambda: lines.put(out.readline()), daemon=True).start()
        return lines.get(timeout=_START_SECONDS)

    def _said(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read()[-2000:] or "The simulator said nothing."


class SimulatorProcess(LocalProcess):
    """Spoki, see `LocalProcess`."""

    def __init__(
        self,
        *,
        api_key: str = "simulator-key",
        webhook_url: str | None = None,
        webhook_secret: str | Sequence[str] = DEFAULT_SECRET,
        events: Sequence[str] = (),
        limits: Mapping[str, Any] | None = None,
        window_seconds: float | None = None,
        seed: int | None = 1,
        port: int = 0,
        **config: Any,
    ) -> None:
        self.api_key = api_key
        secrets = [webhook_secret] if isinstance(webhook_secret, str) else list(webhook_secret)
        self.webhook_secrets = secrets
        settings = {**config, **({"limits": dict(limits)} if limits else {})}
        options: list[tuple[str, Any]] = [("--port", port), ("--api-key", api_key)]
        options += [("--config", json.dumps(settings))]
        options += [("--webhook-url", webhook_url)] if webhook_url else []
        options += [("--webhook-secret", secret) for secret in secrets]
        options += [("--event", event) for event in events]
        options += [("--window-seconds", window_seconds)] if window_seconds is not None else []
        options += [("--seed", seed)] if seed is not None else []
        super().__init__("spoki.simulator", options)

    @property
    def control(self) -> Control:
        return Control(self.url)
