"""Filters for templates: dates, years, figures and codes in the reader's language."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from flask import Flask

from web.language import locale
from workflow.calendar.era import (
    japanese_date,
    japanese_fiscal_year,
    japanese_year,
    short_fiscal_year,
)
from workflow.clock import OFFICE_ZONE
from workflow.definition.model import Stage
from workflow.messages import say, say_error

#: A SHA-256 within a sentence: eight digits tell two definitions apart on a page.
_LONG_HASH = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{56}\b")
_UNGROUPED = re.compile(r"([+-]?)([0-9]{4,})(\.[0-9]+)?")

KINDS = {"ex_ante": "事前評価", "interim": "事中評価", "ex_post": "事後評価"}
KINDS_EN = {"ex_ante": "ex-ante evaluation", "interim": "interim evaluation",
            "ex_post": "ex-post evaluation"}  # fmt: skip


def day(value: date | datetime | None, *, weekday: bool = True) -> str:
    """令和4年7月15日（金）; 15 Jul 2022 (Fri) in English."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(OFFICE_ZONE).date()
    return _written(value, locale(), weekday)


@lru_cache(4096)
def _written(value: date, language: str, weekday: bool) -> str:
    if language == "en":
        return f"{value.day} {value:%b %Y}" + (f" ({value:%a})" if weekday else "")
    return japanese_date(value, weekday=weekday)


def moment(value: datetime | None) -> str:
    """令和4年7月15日 10:32."""
    if value is None:
        return ""
    local = value.astimezone(OFFICE_ZONE)
    return f"{day(local.date(), weekday=False)} {local:%H:%M}"


def clock(value: datetime | None) -> str:
    """10:32."""
    return f"{value.astimezone(OFFICE_ZONE):%H:%M}" if value else ""


def short_day(value: date | datetime | None) -> str:
    """7/15."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(OFFICE_ZONE).date()
    return f"{value.month}/{value.day}"


def iso(value: datetime | date | None) -> str:
    """For ``datetime`` attributes."""
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value or "")


def calendar_year(value: int) -> str:
    """令和8年（2026年）, 平成31年・令和元年（2019年）; 2026."""
    return str(value) if locale() == "en" else f"{japanese_year(value)}（{value}年）"


def fiscal_year(value: int) -> str:
    """令和3年度; FY2021."""
    return f"FY{value}" if locale() == "en" else japanese_fiscal_year(value)


def year_mark(value: int) -> str:
    """R3; 2021."""
    return str(value) if locale() == "en" else short_fiscal_year(value)


def figure(value: int | Decimal | None) -> str:
    """1,129; a dash where there is none."""
    return "－" if value is None else f"{value:,}"


def printed(figure: str | None) -> str:
    """A stored figure with its thousands set apart; empty where there is none."""
    if figure is None:
        return ""
    match = _UNGROUPED.fullmatch(figure)
    if match is None:
        return figure
    return f"{match[1]}{int(match[2]):,}{match[3] or ''}"


def cycle_kind(value: str) -> str:
    """事後評価."""
    return KINDS_EN[value] if locale() == "en" else KINDS[value]


def stage_label(stage: Stage) -> str:
    """A stage's label in the reader's language."""
    return stage.label_en if locale() == "en" else stage.label


def with_short_hashes(text: str) -> str:
    """What an event says, without the whole of its hashes; the ledger keeps them."""
    return _LONG_HASH.sub(r"\1…", text)


def reason(code: str, **values: object) -> str:
    """A code in words."""
    return say(code, values, locale=locale())


def refusal(value: object) -> str:
    """A refusal in words."""
    return say(value.code, value.values, locale=locale())  # type: ignore[attr-defined]


def init_app(app: Flask) -> None:
    """Make the filters known to templates."""
    app.jinja_env.filters.update(
        day=day,
        short_day=short_day,
        moment=moment,
        clock=clock,
        iso=iso,
        fiscal_year=fiscal_year,
        calendar_year=calendar_year,
        year_mark=year_mark,
        figure=figure,
        printed=printed,
        cycle_kind=cycle_kind,
        stage_label=stage_label,
        refusal=refusal,
        with_short_hashes=with_short_hashes,
    )
    app.jinja_env.globals.update(reason=reason, say_error=_said)


def _said(error: object) -> str:
    return say_error(error, locale=locale())  # type: ignore[arg-type]
