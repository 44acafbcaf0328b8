"""Waits and groups as state machines: whatever happens in a small world, they decide rightly."""

from __future__ import annotations

from hypothesis import settings

from tests.proof.stateful.group import GroupMachine
from tests.proof.stateful.wait import WaitMachine

WaitMachine.TestCase.settings = settings(stateful_step_count=30, max_examples=2 * settings().max_examples)
GroupMachine.TestCase.settings = settings(stateful_step_count=30)


class TestWait(WaitMachine.TestCase):
    """A wait, and copies of it that are told the same in other ways."""


class TestGroup(GroupMachine.TestCase):
    """A group of waits."""
