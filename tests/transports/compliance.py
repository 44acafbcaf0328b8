"""The one suite that both drivers have to pass; its parts stand beside it."""

from __future__ import annotations

from tests.transports.client_compliance import ClientCompliance
from tests.transports.jobs_compliance import JobsCompliance, rig
from tests.transports.learning_compliance import LearningCompliance
from tests.transports.loaded_compliance import LoadedCompliance
from tests.transports.many_compliance import ManyCompliance
from tests.transports.options_compliance import OptionsCompliance
from tests.transports.pickle_compliance import PickleCompliance
from tests.transports.record_compliance import RecordCompliance, transcript
from tests.transports.sending_compliance import SendingCompliance
from tests.transports.trouble_compliance import TroubleCompliance
from tests.transports.trust_compliance import TrustCompliance
from tests.transports.wire_compliance import WireCompliance

__all__ = ["DriverCompliance", "rig", "transcript"]


class DriverCompliance(
    WireCompliance,
    SendingCompliance,
    TrustCompliance,
    ClientCompliance,
    JobsCompliance,
    ManyCompliance,
    LearningCompliance,
    LoadedCompliance,
    OptionsCompliance,
    PickleCompliance,
    RecordCompliance,
    TroubleCompliance,
):
    """Hold for a driver: its tests inherit from this, and provide the fixture ``driver``."""
