"""
Buckets and objects for jobs to work on, and the jobs that AIStore starts by other requests than *start*.

The requests are those of ``aistore.sdk`` (``bucket.py``, ``multiobj/object_group.py``), without its retries.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import requests

from ais_jobcore import BucketRef
from ais_jobcore.drivers.config import ClientConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "ais-jobcore-test-"
"""What the names of all buckets begin with, should some ever be left behind."""


class Store:
    """
    Make buckets of its own on the cluster that the environment names, and destroy them at the end.

    Args:
        config: how to reach the cluster.
    """

    def __init__(self, config: ClientConfig) -> None:
        self._config = config
        self._buckets: list[BucketRef] = []
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = config.verify
        self._session.cert = config.client_cert

    @classmethod
    def of_environment(cls) -> Self:
        """Reach the cluster that ``AIS_ENDPOINT`` names, with the token of ``AIS_AUTHN_TOKEN``."""
        return cls(ClientConfig.from_environ(os.environ))

    def bucket(self, objects: Iterable[str] = ()) -> BucketRef:
        """Make a bucket with some small objects."""
        bucket = BucketRef(f"{PREFIX}{uuid4().hex[:12]}")
        self._act("POST", bucket, "create-bck")
        self._buckets.append(bucket)
        for name in objects:
            self._send("PUT", f"/v1/objects/{bucket.name}/{name}", _provider(bucket), data=name.encode())
        return bucket

    def copy(self, source: BucketRef, to: BucketRef) -> str:
        """Copy a bucket; return the id of the job."""
        query = _provider(source) | {"bck_to": f"{to.provider}/@#/{to.name}/"}
        return self._act("POST", source, "copy-bck", _COPY, query)

    def copy_objects(self, source: BucketRef, to: BucketRef, names: Iterable[str]) -> str:
        """Copy objects, and go on past those that cannot be; return the id of the job, which idles."""
        value = _COPY | {"objnames": [*names], "tobck": to.to_json(), "coer": True}
        return self._act("POST", source, "copy-listrange", value)

    def delete_objects(self, bucket: BucketRef, names: Iterable[str]) -> str:
        """Delete objects; return the id of the job."""
        return self._act("DELETE", bucket, "delete-listrange", {"objnames": [*names]})

    def close(self) -> None:
        """Destroy what was made. With a bucket the jobs on it end, too."""
        try:
            while self._buckets:
                self._act("DELETE", self._buckets.pop(), "destroy-bck")
        finally:
            self._session.close()

    def _act(
        self,
        method: str,
        bucket: BucketRef,
        action: str,
        value: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> str:
        message = {"action": action, "name": "", "value": value}
        return self._send(method, f"/v1/buckets/{bucket.name}", query or _provider(bucket), json=message)

    def _send(self, method: str, path: str, query: dict[str, str], **body: Any) -> str:  # noqa: ANN401
        config = self._config
        headers = {"Authorization": f"Bearer {config.token}"} if config.token else {}
        url = config.endpoints[0] + path
        while True:
            reply = self._session.request(
                method, url, params=query, headers=headers, timeout=60, allow_redirects=False, **body
            )
            if not reply.is_redirect:
                break
            # A proxy sends objects on to a target; requests would follow, and leave the token behind.
            url, query = reply.headers["Location"], {}
        assert reply.ok, f"{method} {path}: HTTP {reply.status_code}: {reply.text}"
        return reply.text.strip().strip('"')


def _provider(bucket: BucketRef) -> dict[str, str]:
    return {"provider": bucket.provider}


_COPY: dict[str, Any] = {
    "prefix": "",
    "prepend": "",
    "dry_run": False,
    "force": False,
    "latest-ver": False,
    "synchronize": False,
}
