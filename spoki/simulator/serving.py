"""Running a simulator until it is told to stop, or its parent is gone."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable

from aiohttp import web


def run(
    application: web.Application,
    *,
    host: str,
    port: int,
    ends_with_parent: bool,
    on_ready: Callable[[str], None] = lambda url: None,
) -> int:
    """Serve until interrupted; return the status for the shell, 1 when the port is taken.

    The address is told as a line of JSON, to `on_ready` first.
    """
    try:
        asyncio.run(_serve(application, host, port, ends_with_parent, on_ready))
    except OSError as error:
        sys.stderr.write(f"The simulator cannot listen on port {port}: {error.strerror}\n")
        return 1
    return 0


async def _serve(
    application: web.Application,
    host: str,
    port: int,
    ends_with_parent: bool,
    on_ready: Callable[[str], None],
) -> None:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if ends_with_parent:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        await site.start()
        url = f"http://{host}:{runner.addresses[0][1]}"
        on_ready(url)
        sys.stdout.write(json.dumps({"ready": True, "url": url}) + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()
