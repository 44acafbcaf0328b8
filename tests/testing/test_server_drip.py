"""A simulated server whose answers come a byte now and then."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from ais_jobcore.testing import Misbehaviour, SimCluster, SimServer


def test_answer_drips() -> None:
    """The answer is the true one, and takes its time."""
    cluster = SimCluster()
    cluster.add_job("lru", job_id="Jabcdefgh")
    body = b'{"id":"Jabcdefgh"}'
    whole = cluster.handle("GET", "/v1/cluster", {"what": "status"}, body, 0.0)
    with SimServer(cluster, fault=lambda *_: Misbehaviour.DRIP) as server:
        connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=10)
        connection.request("GET", "/v1/cluster?what=status", body)
        answer = connection.getresponse()
        began = time.monotonic()
        first = answer.read(1)
        assert 0.01 < time.monotonic() - began < 1.0
        connection.close()
    assert whole[2].startswith(first)
    assert (200, str(len(whole[2]))) == (answer.status, answer.headers["Content-Length"])
