"""A clock that moves only when somebody sleeps on it."""

from __future__ import annotations

import asyncio

import pytest

from ais_jobcore.testing import VirtualClock


def test_starts_anywhere_and_moves_by_sleeping() -> None:
    """Time is what it was set to, and what was slept since."""
    clock = VirtualClock(1e6)
    clock.sleep(0.5)
    clock.advance(2)
    clock.sleep(0)
    assert clock.now() == 1e6 + 2.5
    assert repr(clock) == "VirtualClock(1000002.5)"


@pytest.mark.parametrize("seconds", [-1e-9, float("nan"), float("inf")])
def test_refuses_what_is_no_time(seconds: float) -> None:
    """Time neither runs back nor stops."""
    clock = VirtualClock()
    with pytest.raises(ValueError, match="time passes by 0 seconds or more"):
        clock.sleep(seconds)
    with pytest.raises(ValueError, match="time passes by 0 seconds or more"):
        asyncio.run(clock.async_sleep(seconds))
    assert clock.now() == 0


def test_one_task_sleeps_as_a_thread_does() -> None:
    """A lone task finds the time moved by what it slept."""
    clock = VirtualClock(10)

    async def sleep_twice() -> float:
        await clock.async_sleep(3)
        await clock.async_sleep(0)
        await clock.async_sleep(4)
        return clock.now()

    assert asyncio.run(sleep_twice()) == 17


def test_tasks_sleep_side_by_side() -> None:
    """Each task wakes at its own moment, the earliest first, and none of their times add up."""
    clock = VirtualClock()
    woken: list[tuple[str, float]] = []

    async def sleep(name: str, seconds: float, times: int) -> None:
        for _ in range(times):
            await clock.async_sleep(seconds)
            woken.append((name, clock.now()))

    async def both() -> None:
        await asyncio.gather(sleep("a", 2.0, 3), sleep("b", 3.0, 2), sleep("c", 3.0, 1))

    asyncio.run(both())
    expected = [("a", 2.0), ("b", 3.0), ("c", 3.0), ("a", 4.0), ("b", 6.0), ("a", 6.0)]
    assert sorted(woken) == sorted(expected)
    assert [moment for _, moment in expected] == [moment for _, moment in woken]


def test_who_waits_for_a_sleeper_acts_before_time_moves_on() -> None:
    """A task that another one's end sets going again still finds that moment."""
    clock = VirtualClock()

    async def parent() -> float:
        other = asyncio.create_task(clock.async_sleep(10))
        await asyncio.create_task(clock.async_sleep(1))
        await clock.async_sleep(1)
        at_two = clock.now()
        await other
        return at_two

    assert asyncio.run(parent()) == 2
    assert clock.now() == 10


def test_a_cancelled_sleeper_moves_no_time() -> None:
    """Who does not sleep any more is not waited for."""
    clock = VirtualClock()

    async def cancel_one() -> None:
        sleepers = [asyncio.create_task(clock.async_sleep(seconds)) for seconds in (1, 5, 5)]
        await asyncio.sleep(0)
        sleepers[0].cancel()
        sleepers[1].cancel()
        await asyncio.wait(sleepers)

    asyncio.run(cancel_one())
    assert clock.now() == 5


def test_a_sleeper_may_be_cancelled_at_the_moment_it_wakes() -> None:
    """Two wake at once, and one of them is gone in the same turn of the loop."""
    clock = VirtualClock()

    async def cancel_late() -> None:
        loop = asyncio.get_running_loop()
        sleepers = [asyncio.create_task(clock.async_sleep(1)) for _ in range(3)]
        await asyncio.sleep(0)
        loop.call_soon(sleepers[2].cancel)
        await asyncio.wait(sleepers)

    asyncio.run(cancel_late())
    assert clock.now() == 1


def test_serves_one_loop_after_the_other() -> None:
    """A loop that ends with sleepers in it leaves no trace in the next one."""
    clock = VirtualClock()

    async def leave() -> None:
        task = asyncio.create_task(clock.async_sleep(100))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    asyncio.run(clock.async_sleep(2))
    assert clock.now() == 2


def test_a_stale_loop_moves_nothing() -> None:
    """What a loop had still to do when another took over is not done."""
    clock = VirtualClock()
    old, new = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        late = old.create_task(clock.async_sleep(100))
        old.run_until_complete(asyncio.sleep(0))
        new.run_until_complete(clock.async_sleep(2))
        late.cancel()
        old.run_until_complete(asyncio.wait([late]))
        for _ in range(10):
            old.run_until_complete(asyncio.sleep(0))
    finally:
        old.close()
        new.close()
    assert clock.now() == 2


def test_a_thousand_sleepers_are_cheap() -> None:
    """Waking one of many does not wake them all."""
    clock = VirtualClock()

    async def sleep(seconds: float) -> None:
        for _ in range(5):
            await clock.async_sleep(seconds)

    async def many() -> None:
        await asyncio.gather(*(sleep(1 + number / 1000) for number in range(1000)))

    asyncio.run(many())
    assert clock.now() == pytest.approx(5 * 1.999)
