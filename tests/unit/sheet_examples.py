"""Valid sheets for the unit tests: by hand (set only what matters) and for Hypothesis."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st
from pydantic import ValidationError

from workflow.sheet.content import Attachment, Indicator, ProjectLine, SheetContent
from workflow.sheet.judging import Direction


def an_indicator(number: int = 2, **fields: Any) -> dict[str, Any]:
    return {
        "number": number,
        "name": "プレスリリース件数",
        "unit": "件",
        "direction": "increase",
        "definition": "市側から提供する情報件数",
        "baseline_year": 2019,
        "baseline": "451",
        "targets": {2021: "500", 2022: "500"},
        "actuals": {2021: "341"},
        **fields,
    }


def a_project(code: str = "612010", cost: int | None = 0, **fields: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": "市民広聴事業",
        "is_major_project": False,
        "budget_accounts": ["02 01 03"],
        "project_cost": cost,
        "personnel_cost": 5878,
        "responsible_sections": ["市民相談課"],
        **fields,
    }


def sheet_fields(**fields: Any) -> dict[str, Any]:
    return {
        "target_fiscal_year": 2021,
        "pillar": {"code": "6", "name": "参画と協働・行政経営"},
        "policy": {"code": "61", "name": "参画と協働"},
        "measure": {
            "code": "612",
            "name": "市政情報の積極的な提供と共有",
            "is_regional_revitalization": False,
        },
        "responsible_department": "総合政策部",
        "related_departments": ["総務部", "市議会事務局", "市民自治部"],
        "lead_section": "広報・シティプロモーション課",
        "objective": "市の情報を届ける。",
        "annual_plan": "広報紙を配る。",
        "rating": 4,
        "rating_reason": "届いた。",
        "results": "届けた。",
        "issues": "速さ。",
        "next_year_actions": "速くする。",
        "indicators": [an_indicator()],
        "projects": [a_project(), a_project("612023", 93665)],
        "total_project_cost": 93665,
        **fields,
    }


def a_sheet(**fields: Any) -> SheetContent:
    return SheetContent.model_validate(sheet_fields(**fields))


def error_types(make: Callable[[], object]) -> list[tuple[str, tuple[int | str, ...]]]:
    with pytest.raises(ValidationError) as caught:
        make()
    return [(error["type"], error["loc"]) for error in caught.value.errors()]


texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20).filter(
    lambda text: not any(0x202A <= ord(char) <= 0x2069 for char in text)
)
names = st.text("市民課政策A1・（）", min_size=1, max_size=6)
printed = st.sampled_from(["0", "3", "3.16", "1,129", "３", "△5"])
by_year = st.dictionaries(st.integers(2019, 2026), printed, max_size=4)
costs = st.none() | st.integers(0, 10**6)
indicators = st.builds(
    Indicator,
    number=st.integers(1, 9),
    name=names,
    unit=st.sampled_from(["件", "％", ""]),
    direction=st.sampled_from(Direction),
    definition=texts,
    baseline_year=st.none() | st.just(2019),
    baseline=st.none() | printed,
    targets=by_year,
    actuals=by_year,
    note=texts,
)
projects = st.builds(
    ProjectLine,
    code=st.sampled_from(["612010", "612023", "612030", "433303"]),
    name=names,
    is_major_project=st.none() | st.booleans(),
    budget_accounts=st.lists(st.sampled_from(["02 01 03", "01 01 01"]), max_size=2).map(tuple),
    project_cost=costs,
    personnel_cost=costs,
    responsible_sections=st.lists(names, max_size=2).map(tuple),
    prior_year_project_cost=costs,
    prior_year_personnel_cost=costs,
)
attachments = st.builds(
    Attachment,
    name=st.sampled_from(["図.png", "表.xlsx"]),
    sha256=st.sampled_from(["0" * 64, "af" * 32]),
    size=st.integers(0, 10**9),
)


@st.composite
def sheets(draw: st.DrawFn) -> SheetContent:
    rows = draw(st.lists(projects, max_size=4, unique_by=lambda row: row.code))
    return a_sheet(
        rating=draw(st.none() | st.integers(1, 4)),
        related_departments=draw(st.lists(names, max_size=3)),
        **{path: draw(texts) for path in ("objective", "results", "issues")},
        indicators=draw(st.lists(indicators, max_size=3, unique_by=lambda row: row.number)),
        projects=rows,
        total_project_cost=sum(row.project_cost or 0 for row in rows),
        attachments=draw(st.lists(attachments, max_size=2, unique_by=lambda row: row.name)),
    )
