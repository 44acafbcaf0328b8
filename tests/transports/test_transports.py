"""The transports of both drivers pass the suite that is shipped for the transports of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ais_jobcore.drivers.config import ClientConfig
from ais_jobcore.testing import AsyncTransportCompliance, TransportCompliance
from ais_jobcore_aiohttp import AiohttpTransport
from ais_jobcore_requests import RequestsTransport

if TYPE_CHECKING:
    from collections.abc import Sequence


class TestRequestsTransport(TransportCompliance):
    """The transport on requests."""

    def make(self, endpoints: Sequence[str], token: str) -> RequestsTransport:
        """Make it."""
        return RequestsTransport(ClientConfig(endpoints=endpoints, token=token))


class TestAiohttpTransport(AsyncTransportCompliance):
    """The transport on aiohttp."""

    def make(self, endpoints: Sequence[str], token: str) -> AiohttpTransport:
        """Make it."""
        return AiohttpTransport(ClientConfig(endpoints=endpoints, token=token))
