"""Files of messages: whence they may be fetched, and fetching one."""

from spoki.files.addresses import AddressRefused, Resolver, Rules
from spoki.files.download import HEAD_BYTES, DownloadFailed, Fetched, Limits, download

__all__ = [
    "HEAD_BYTES",
    "AddressRefused",
    "DownloadFailed",
    "Fetched",
    "Limits",
    "Resolver",
    "Rules",
    "download",
]
