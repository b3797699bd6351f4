"""A no with its reason: the value that pure rules return instead of raising."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """Why not: a stable code (said in words by ``workflow.messages``) and what it names."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
