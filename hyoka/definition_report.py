"""What ``hyoka definition check`` found, for a person in either language and for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow.definition.checker import Claim, Step
from workflow.messages import say
from workflow.queries.definition_check import CheckReport, Finding, Warned


def as_values(found: CheckReport) -> dict[str, Any]:
    """The report for a program."""
    return {
        "definition": found.definition,
        "proved": _proved(found),
        "bound": list(bound(found, "en")),
        "situations": found.situations,
        "offices": found.offices,
        "days": [day.isoformat() for day in found.days],
        "refutations": [
            {
                "claim": item.refutation.claim,
                "code": item.refutation.found.code,
                "finding": item.refutation.finding,
                "from_day": item.day.isoformat(),
                "measures": item.measures,
                "path": [step.__dict__ for step in item.refutation.path],
            }
            for item in found.findings
        ],
        "warnings": [
            {
                "warning": item.doubt.caution,
                "finding": str(item.doubt.found),
                "from_day": item.day.isoformat(),
                "measures": item.measures,
            }
            for item in found.warnings
        ],
    }


def as_lines(found: CheckReport, locale: str) -> Iterator[str]:
    """The report for a person."""
    for item in found.findings:
        words = item.refutation.found.said(locale)
        yield f"✗ {item.refutation.claim}: {words}{_where(item, locale)}"
        yield from (f"    {n}. {_words(s)}" for n, s in enumerate(item.refutation.path, 1))
    for one in found.warnings:
        yield f"! {one.doubt.caution}: {one.doubt.found.said(locale)}{_where(one, locale)}"
    yield say(
        "check_counted",
        {
            "name": found.definition,
            "refuted": len(found.findings),
            "proved": len(_proved(found)),
            "warned": len(found.warnings),
        },
        locale=locale,
    )
    yield from bound(found, locale)


def _proved(found: CheckReport) -> list[Claim]:
    refuted = {finding.refutation.claim for finding in found.findings}
    return [claim for claim in Claim if claim not in refuted]


def _where(item: Finding | Warned, locale: str) -> str:
    """For which sheets, and from which day on."""
    code = "check_holds_for" if item.measures else "check_holds_from"
    words = say(code, {"measures": item.measures, "day": item.day}, locale=locale)
    return f"（{words}）" if locale == "ja" else f" ({words})"


def bound(found: CheckReport, locale: str) -> Iterator[str]:
    """How far the proof reaches, in words."""
    values = {
        "situations": found.situations,
        "offices": found.offices,
        "days": len(found.days),
        "first": found.days[0],
        "last": found.days[-1],
    }
    for code in ("check_looked_at", "check_days", "check_rounds", "check_not_looked_at"):
        yield say(code, values, locale=locale)


def _words(step: Step) -> str:
    return f"{step.who} {step.action}: {step.source} → {step.target}".strip()
