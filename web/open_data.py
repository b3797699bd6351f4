"""The published record as JSON, for other programs; the keys are described in docs/public-json.md.

Figures are strings of exact decimals beside the text as printed, years are Gregorian fiscal years
with the 和暦 beside them. Keys are only ever added; another meaning needs another FORMAT.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from web.published import IndicatorStory, Published, Tally, YearFigures, stories, tally
from workflow.calendar.era import japanese_fiscal_year
from workflow.queries.publications import PublicCycle, PublicSheet
from workflow.sheet.content import CodedName, ProjectLine
from workflow.sheet.fields import decimal_of

FORMAT = "hyoka-public-1"

#: Makes the address of a measure's JSON from its code.
Address = Callable[[str], str]


def index(published: Published, address: Address) -> dict[str, Any]:
    """What is published of a cycle, with the address of each measure's own record."""
    return {
        "format": FORMAT,
        "cycle": _cycle(published.cycle),
        "summary": {
            "measures": len(published.measures),
            "indicators": _tally(published.tally),
            "total_project_cost_thousand_yen": published.cost,
        },
        "pillars": [
            {
                **_named(pillar.pillar),
                "policies": [
                    {
                        **_named(policy.policy),
                        "measures": [
                            {
                                **_named(measure.content.measure),
                                "rating": measure.content.rating,
                                "indicators": _tally(measure.tally),
                                "total_project_cost_thousand_yen": (
                                    measure.content.total_project_cost
                                ),
                                "content_sha256": measure.sheet.content_hash,
                                "href": address(measure.content.measure.code),
                            }
                            for measure in policy.measures
                        ],
                    }
                    for policy in pillar.policies
                ],
            }
            for pillar in published.pillars
        ],
    }


def measure(sheet: PublicSheet) -> dict[str, Any]:
    """One published sheet, everything that its page shows."""
    content = sheet.content
    return {
        "format": FORMAT,
        "cycle": _cycle(sheet.cycle),
        "record": {
            "approved_at": sheet.approved_at.isoformat(timespec="seconds"),
            "first_published_at": sheet.first_published_at.isoformat(timespec="seconds"),
            "content_sha256": sheet.content_hash,
            "content_schema_version": content.schema_version,
        },
        "pillar": _named(content.pillar),
        "policy": _named(content.policy),
        "measure": {
            **_named(content.measure),
            "is_regional_revitalization": content.measure.is_regional_revitalization,
        },
        "responsible_department": content.responsible_department,
        "related_departments": list(content.related_departments),
        "lead_section": content.lead_section,
        "rating": content.rating,
        "rating_reason": content.rating_reason,
        "objective": content.objective,
        "annual_plan": content.annual_plan,
        "results": content.results,
        "issues": content.issues,
        "next_year_actions": content.next_year_actions,
        "indicators": [_indicator(story) for story in stories(content)],
        "indicator_summary": _tally(tally(content)),
        "projects": [_project(project) for project in content.projects],
        "total_project_cost_thousand_yen": content.total_project_cost,
    }


def _cycle(cycle: PublicCycle) -> dict[str, Any]:
    return {
        "municipality": cycle.municipality,
        "kind": cycle.kind,
        "number": cycle.number,
        "rating_levels": cycle.rating_levels,
        "version": cycle.version,
        "published_at": cycle.published_at.isoformat(timespec="seconds"),
        **_year(cycle.target_fiscal_year),
    }


def _year(fiscal_year: int) -> dict[str, Any]:
    return {
        "fiscal_year": fiscal_year,
        "fiscal_year_japanese": japanese_fiscal_year(fiscal_year),
    }


def _named(named: CodedName) -> dict[str, Any]:
    return {"code": named.code, "name": named.name}


def _tally(counted: Tally) -> dict[str, Any]:
    return {
        "total": counted.total,
        "achieved": counted.achieved,
        "nearly_achieved": counted.nearly,
        "not_achieved": counted.missed,
        "not_measured": counted.total - counted.measured,
        "met_percent": None if counted.share is None else str(counted.share),
    }


def _figure(text: str | None) -> dict[str, str] | None:
    return None if text is None else {"value": _plain(decimal_of(text)), "text": text}


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _indicator(story: IndicatorStory) -> dict[str, Any]:
    indicator = story.indicator
    baseline = None
    if indicator.baseline_year is not None:
        baseline = {**_year(indicator.baseline_year), "figure": _figure(indicator.baseline)}
    return {
        "number": indicator.number,
        "name": indicator.name,
        "definition": indicator.definition,
        "unit": indicator.unit,
        "direction": indicator.direction.value,
        "note": indicator.note,
        "baseline": baseline,
        "lower_bound": _figure(indicator.lower_bound),
        "upper_bound": _figure(indicator.upper_bound),
        "verdict": story.verdict.value,
        "achievement_percent": None if story.judged.rate is None else str(story.judged.rate),
        "years": [_figures_of(year) for year in story.years],
    }


def _figures_of(year: YearFigures) -> dict[str, Any]:
    return {
        **_year(year.fiscal_year),
        "target": _figure(year.target_text),
        "actual": _figure(year.actual_text),
        "verdict": None if year.verdict is None else year.verdict.value,
    }


def _project(project: ProjectLine) -> dict[str, Any]:
    return {
        "code": project.code,
        "name": project.name,
        "is_major_project": project.is_major_project,
        "budget_accounts": list(project.budget_accounts),
        "responsible_sections": list(project.responsible_sections),
        "project_cost_thousand_yen": project.project_cost,
        "personnel_cost_thousand_yen": project.personnel_cost,
        "prior_year_project_cost_thousand_yen": project.prior_year_project_cost,
        "prior_year_personnel_cost_thousand_yen": project.prior_year_personnel_cost,
    }
