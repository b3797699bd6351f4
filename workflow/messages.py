"""Says every code in words, in Japanese and English: what happened, why, and how to mend it.

The codes are stable and may be relied on; the sentences may change. Shown by the web (in the
reader's language) and by the command line. The sentences are ``workflow.sentences``; a
test holds the codes of the program against them, both ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from workflow.calendar.era import japanese_date
from workflow.clock import OFFICE_ZONE
from workflow.definition.label import Label, in_language
from workflow.errors import Fault, HyokaError
from workflow.sentences.checking import CHECKING
from workflow.sentences.places import PLACES
from workflow.sentences.refusals import REFUSALS
from workflow.sentences.typed import TYPED

#: code → (Japanese, English)
MESSAGES: Mapping[str, tuple[str, str]] = {**REFUSALS, **PLACES, **TYPED, **CHECKING}


class _Given(dict[str, Any]):
    """Values for a sentence; what is not given is left out instead of failing."""

    def __missing__(self, key: str) -> str:
        return "—"


def say(code: str, values: Mapping[str, Any] | None = None, *, locale: str = "ja") -> str:
    """The sentence for *code* in the reader's language; the code itself when it has none."""
    japanese, english = MESSAGES.get(code, (code, code))
    sentence = english if locale == "en" else japanese
    shown = {key: _shown(value, locale) for key, value in (values or {}).items()}
    return sentence.format_map(_Given(shown))


def say_error(error: HyokaError | Fault, *, locale: str = "ja") -> str:
    """The sentence for an error or a fault."""
    return say(error.code, error.values, locale=locale)


def _shown(value: object, locale: str) -> object:
    if isinstance(value, Label):
        return in_language(value, locale)
    if isinstance(value, datetime):
        local = value.astimezone(OFFICE_ZONE)
        if locale == "en":
            return f"{local:%Y-%m-%d %H:%M}"
        return f"{japanese_date(local.date(), weekday=False)} {local:%H:%M}"
    if isinstance(value, date):
        return value.isoformat() if locale == "en" else japanese_date(value, weekday=False)
    return value
