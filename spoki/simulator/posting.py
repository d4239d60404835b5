"""How simulators post webhooks: some at a time over kept connections, until cancelled."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import aiohttp


async def keep_posting(
    work: Callable[[aiohttp.ClientSession], Awaitable[None]], *, workers: int
) -> None:
    """Run so many workers over one session, which never goes through a proxy."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=None)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(workers):
            group.create_task(_coroutine(work, session))


async def post(
    session: aiohttp.ClientSession,
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout: aiohttp.ClientTimeout,
) -> tuple[int, str]:
    """Return the status of the answer, or 0 and what went wrong."""
    try:
        async with session.post(
            url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as response:
            with suppress(aiohttp.ClientError):
                await response.read()
            return response.status, ""
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return 0, type(error).__name__


async def _coroutine(
    work: Callable[[aiohttp.ClientSession], Awaitable[None]], session: aiohttp.ClientSession
) -> None:
    await work(session)
