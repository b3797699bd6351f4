"""What several tests of the services begin with."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.recorders import Clock, RecordingTransport


@pytest.fixture
def quiet(city: City, clock: Clock, transport: RecordingTransport) -> RecordingTransport:
    """The mails of the opening are out and their grouping time is over."""
    city.tick(transport)
    transport.forget()
    clock.forward(minutes=10)
    return transport
