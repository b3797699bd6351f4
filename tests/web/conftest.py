"""The web over the sample city."""

from __future__ import annotations

import pytest

from tests.city import City
from tests.web.site import Site, site_of
from workflow.application import Application


@pytest.fixture
def site(application: Application, city: City) -> Site:
    """The web over a fresh sample city, in which one-time passwords may stay."""
    return site_of(application, city.passwords)
