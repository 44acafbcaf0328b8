"""
Wait for AIStore jobs, synchronously, through the ``requests`` library.

Code that used ``aistore.sdk.job`` changes one import.
"""

import importlib

try:
    importlib.import_module("requests")
except ModuleNotFoundError as error:
    if error.name not in {"requests", "urllib3"}:
        raise
    _msg = 'ais_jobcore_requests needs the requests library: pip install "ais-jobcore[requests]"'
    raise ImportError(_msg) from error

from ais_jobcore.limits import NUM_CONSECUTIVE_IDLE
from ais_jobcore.limits import WAIT_TIMEOUT as DEFAULT_JOB_WAIT_TIMEOUT

from .client import Client, Job
from .driver import logger, run
from .errors import RequestsFault
from .sdk import SDKRequestClient
from .transport import RequestsTransport

__all__ = [
    "DEFAULT_JOB_WAIT_TIMEOUT",
    "NUM_CONSECUTIVE_IDLE",
    "Client",
    "Job",
    "RequestsFault",
    "RequestsTransport",
    "SDKRequestClient",
    "logger",
    "run",
]
