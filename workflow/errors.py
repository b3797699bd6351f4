"""The tree of domain errors; ``workflow.messages`` says each code in words.

::

    HyokaError
    ├── Refused            the person may not, or not now            (web: 403)
    ├── Conflict           somebody was faster, the page is stale    (web: 409)
    ├── BadInput           what was typed or handed in is wrong      (web: 422, shell: 2)
    ├── NotFound           no such thing, or not for these eyes      (web: 404)
    └── BrokenRule         the program forgot a rule; never shown    (web: 500)

Every error carries a stable code and the values its sentence needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class HyokaError(Exception):
    """Something that the reader of a page or of the shell must be told.

    Attributes:
        code: stable, snake_case; the key into ``workflow.messages``.
        values: what the sentence names (people, states, dates), already in words.
    """

    def __init__(self, code: str, /, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, Any] = values

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.values.items())
        return f"{self.code}({details})" if details else self.code


class Refused(HyokaError):
    """The policy or the definition says no."""


class Conflict(HyokaError):
    """The record moved on since the page was made; nothing was changed."""


class NotFound(HyokaError):
    """There is no such row."""


class BrokenRule(HyokaError):
    """A rule of the house was broken by the program itself."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in an input.

    Attributes:
        path: where, e.g. ``measures[2].projects[0].project_cost`` or a form field's name.
        code: stable; the key into ``workflow.messages``.
        values: what the sentence names.
    """

    path: str
    code: str
    values: Mapping[str, Any]


class BadInput(HyokaError):
    """The input is refused as a whole; ``faults`` lists all that is wrong."""

    def __init__(self, code: str, /, faults: tuple[Fault, ...] = (), **values: Any) -> None:
        super().__init__(code, **values)
        self.faults = faults
