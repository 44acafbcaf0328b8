"""
Load all that a wait can need, at its start.

``import ais_jobcore`` stays cheap, and no wait imports anything once it has begun: a package that is
upgraded or removed under a running wait does not lose its end.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..events import Reply
    from ..queries import Request
    from ..rules.table import Step
    from ..wire.observations import Observation


class Loaded(NamedTuple):
    """
    Hold the functions that the machines call.

    Attributes:
        decode: reads a reply.
        step: takes one input of a wait, and decides.
        step_shared: takes what came of a request that was sent for several waits, and decides.
    """

    decode: Callable[[Request, Reply], Observation]
    step: Callable[..., Step]
    step_shared: Callable[..., Step]


_ON_DEMAND = ("cattrs", "cattrs.gen", "cattrs.errors", "cattrs.preconf.json")
"""What reads full models and saved waits."""


@cache
def load() -> Loaded:
    """Import whatever a wait, a group or an operation of one request can need, once in a process."""
    from ..rules import outcome, saving  # noqa: F401, PLC0415 - needed at the end of a wait
    from ..rules.table import step, step_shared  # noqa: PLC0415 - not before a wait begins
    from ..wire import models  # noqa: F401, PLC0415
    from ..wire._fast import decoder  # noqa: PLC0415
    from ..wire.decode import decode  # noqa: PLC0415

    for name in _ON_DEMAND:
        import_module(name)
    decoder()
    return Loaded(decode, step, step_shared)
