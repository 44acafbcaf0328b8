"""
Load all that a wait can need, at its start.

``import ais_jobcore`` stays cheap, and no wait imports anything once it has begun: a package that is
upgraded or removed under a running wait does not lose its end.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..decisions import Decision
    from ..events import Reply
    from ..queries import Request
    from ..results import WaitResult
    from ..rules.state import WaitState
    from ..rules.table import Step
    from ..schedules import Schedule
    from ..wire.observations import Observation


class Loaded(NamedTuple):
    """
    The functions that the machines call.

    Attributes:
        decode: reads a reply.
        step: takes one input of a wait, and decides.
        step_shared: takes what came of a request that was sent for several waits, and decides.
        dump: writes a wait as JSON.
        restore: reads what ``dump`` wrote.
    """

    decode: Callable[[Request, Reply], Observation]
    step: Callable[..., Step]
    step_shared: Callable[..., Step]
    dump: Callable[[WaitState, Decision[WaitResult] | None], str]
    restore: Callable[[str, float, float, Schedule | None], tuple[WaitState, Decision[WaitResult] | None]]


_ON_DEMAND: Final = ("cattrs", "cattrs.gen", "cattrs.errors", "cattrs.preconf.json")
"""What reads full models and saved waits."""


@cache
def load() -> Loaded:
    """
    Import whatever a wait, a group or an operation of one request can need once it is made.

    Every machine calls it when it starts. Call it yourself where imports should be over earlier: before a
    fork, or before a package is replaced.
    """
    # Rules, readers and models come with these; none of them is needed before a wait begins.
    from ..rules.saving import dump  # noqa: PLC0415
    from ..rules.saving import load as restore  # noqa: PLC0415
    from ..rules.table import step, step_shared  # noqa: PLC0415
    from ..wire._fast import decoder  # noqa: PLC0415
    from ..wire.decode import decode  # noqa: PLC0415

    for name in _ON_DEMAND:
        import_module(name)
    decoder()
    return Loaded(decode, step, step_shared, dump, restore)
