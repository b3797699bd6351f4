"""The readers of BPMN, once per session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bpmn.readers import installed


@pytest.fixture(scope="session")
def readers(pytestconfig: pytest.Config) -> Path:
    """The folder with bpmnlint."""
    return installed(pytestconfig.cache.mkdir("bpmn-readers"))
