"""What a client takes over from the official SDK's request client. The SDK itself is never imported."""

from __future__ import annotations

from typing import Any, Protocol


class SDKRequestClient(Protocol):
    """What is read from an ``aistore.sdk.request_client.RequestClient``."""

    @property
    def base_url(self) -> str:
        """The endpoint, with ``/v1`` behind it."""
        ...

    @property
    def token(self) -> str | None:
        """The token."""
        ...

    @property
    def timeout(self) -> float | tuple[float | None, float | None] | None:
        """Seconds for connecting and for reading."""
        ...

    @property
    def session_manager(self) -> Any:  # noqa: ANN401 - aistore has no types to speak of
        """What has the ``requests`` session, and with it the settings of TLS."""
        ...
