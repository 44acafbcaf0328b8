"""
Wait for AIStore jobs in asyncio, through the ``aiohttp`` library.

The API is that of ``ais_jobcore_requests``, with ``await``. A fault of the transport is a plain
``TransportFault`` here, and no exception of aiohttp.
"""

import importlib

try:
    importlib.import_module("aiohttp")
except ModuleNotFoundError as error:
    if error.name != "aiohttp":
        raise
    _msg = 'ais_jobcore_aiohttp needs the aiohttp library: pip install "ais-jobcore[aiohttp]"'
    raise ImportError(_msg) from error

from ais_jobcore.limits import NUM_CONSECUTIVE_IDLE
from ais_jobcore.limits import WAIT_TIMEOUT as DEFAULT_JOB_WAIT_TIMEOUT

from .client import AsyncClient, AsyncJob
from .driver import logger, run
from .transport import AiohttpTransport

__all__ = [
    "DEFAULT_JOB_WAIT_TIMEOUT",
    "NUM_CONSECUTIVE_IDLE",
    "AiohttpTransport",
    "AsyncClient",
    "AsyncJob",
    "logger",
    "run",
]
